#include "node/state_compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "consensus/handover.h"
#include "node/state_prune.h"
#include "node/state_tables.h"

#define STATE_COMPARE_KEY_MAX 80  /* bytes that are shown */
#define LMDB_KEY_MAX          511 /* bytes */

struct comparison {
    struct state_snapshot *computed;
    enum state_table table;
    uint64_t count; /* of pairs that are the same */
    bool differs;
    char key[2 * STATE_COMPARE_KEY_MAX + 1]; /* the first that does, in hexadecimal */
};

static bool compare_pair(void *context, struct bytes key, struct bytes value)
{
    struct comparison *comparison = context;
    struct bytes expected;
    /* LMDB takes no other keys, and would blame the database that is asked. */
    bool possible = key.size > 0 && key.size <= LMDB_KEY_MAX;
    if (possible && state_lookup(comparison->computed, comparison->table, key, &expected) &&
        bytes_equal(expected, value)) {
        comparison->count++;
        return true;
    }
    comparison->differs = true;
    key.size = key.size > STATE_COMPARE_KEY_MAX ? STATE_COMPARE_KEY_MAX : key.size;
    hex_encode(comparison->key, key);
    return false;
}

static bool count_pair(void *context, struct bytes key, struct bytes value)
{
    uint64_t *count = context;
    (void)key;
    (void)value;
    (*count)++;
    return true;
}

static const char *table_name(enum state_table table)
{
#define STATE_TABLE_TEXT(name, text) text,
    static const char *const names[] = {STATE_TABLE_LIST(STATE_TABLE_TEXT)};
#undef STATE_TABLE_TEXT
    return names[table];
}

/* `whole`: nothing may be missing in `stored`. */
static bool compare_table(struct state_snapshot *stored, struct comparison *comparison, bool whole,
                          char *error, size_t error_size)
{
    const struct bytes all = {0};
    uint64_t expected = 0;
    state_walk(stored, comparison->table, all, compare_pair, comparison);
    if (comparison->differs) {
        (void)snprintf(error, error_size,
                       "data/state: table %s, key %s: not what the blocks lead to",
                       table_name(comparison->table), comparison->key);
        return false;
    }
    state_walk(comparison->computed, comparison->table, all, count_pair, &expected);
    if (whole && comparison->count != expected) {
        (void)snprintf(error, error_size,
                       "data/state: table %s has %" PRIu64 " keys, the blocks lead to %" PRIu64,
                       table_name(comparison->table), comparison->count, expected);
        return false;
    }
    return true;
}

bool state_compare(struct state_snapshot *stored, struct state_snapshot *computed, char *error,
                   size_t error_size)
{
    static const enum state_table tables[] = {
        STATE_TABLE_STATE,  STATE_TABLE_TRIE,         STATE_TABLE_HANDOVERS, STATE_TABLE_RECEIPTS,
        STATE_TABLE_EVENTS, STATE_TABLE_TRANSACTIONS, STATE_TABLE_BLOBS};
    const bool forgets = state_snapshot_base(stored) > 1;
    bool good = true;
    for (size_t i = 0; good && i < ARRAY_COUNT(tables); i++) {
        struct comparison comparison = {.computed = computed, .table = tables[i]};
        const bool whole = !forgets || i < 3; /* the state itself is never forgotten */
        good = compare_table(stored, &comparison, whole, error, error_size);
    }
    return good;
}

bool state_compare_trie(struct state_snapshot *stored, struct state_snapshot *computed, char *error,
                        size_t error_size)
{
    struct comparison comparison = {.computed = computed, .table = STATE_TABLE_TRIE};
    return compare_table(stored, &comparison, true, error, error_size);
}

/* The handovers of a state whose first blocks are gone: no block leads to them, they lead to what it says. */
struct following {
    struct state_snapshot *stored;
    const struct hash *chain_id;
    struct validators *set; /* the one that was reached; its names are borrowed */
    uint64_t first;
    struct validator_set *present; /* of `first`; NULL: what follows is not above it yet */
    uint32_t count;                /* of handovers up to `first` */
    bool good;
    char *error;
    size_t error_size;
};

static bool reaches(struct following *following, uint64_t height)
{
    struct hash hash;
    struct validator_set *expected = state_snapshot_validators(following->stored, height);
    validators_hash(&hash, following->set);
    bool good = hash_equal(&hash, &expected->hash);
    if (!good) {
        (void)snprintf(following->error, following->error_size,
                       "data/state: the handovers do not lead to the validators of block %" PRIu64,
                       height);
    }
    validator_set_release(expected);
    return good;
}

/* From the set of `first` on, whether handovers led to it or not. */
static bool cross(struct following *following)
{
    bool good = following->count == 0 || reaches(following, following->first);
    following->present = state_snapshot_validators(following->stored, following->first);
    *following->set = following->present->validators;
    return good;
}

/* A node that began from a named block lacks the handovers before it, so its oldest need not follow. */
static bool follow_link(const struct following *following, uint64_t since, struct bytes link,
                        char *line, size_t line_size)
{
    uint64_t brought = 0;
    bool oldest = following->count == 0 && following->present == NULL;
    bool good =
        handovers_follow(following->set, &brought, following->chain_id, link, line, line_size) ||
        (oldest &&
         handover_begin(following->set, &brought, following->chain_id, link, line, line_size));
    if (good && brought != since) {
        (void)snprintf(line, line_size, "it begins at %" PRIu64, brought);
    }
    return good && brought == since;
}

static bool follow_pair(void *context, struct bytes key, struct bytes value)
{
    struct following *following = context;
    uint64_t since;
    char line[160] = "not a height";
    bool good = state_key_read_height(&since, key);
    if (good && since > following->first && following->present == NULL && !cross(following)) {
        following->good = false;
        return false;
    }
    if (!good || !follow_link(following, since, value, line, sizeof line)) {
        char text[2 * STATE_COMPARE_KEY_MAX + 1];
        key.size = key.size > STATE_COMPARE_KEY_MAX ? STATE_COMPARE_KEY_MAX : key.size;
        hex_encode(text, key);
        (void)snprintf(following->error, following->error_size,
                       "data/state: table handovers, key %s: %s", text, line);
        following->good = false;
        return false;
    }
    following->count += following->present == NULL ? 1 : 0;
    return true;
}

bool state_compare_handovers(struct state_snapshot *stored, const struct state_origin *origin,
                             char *error, size_t error_size)
{
    const struct bytes all = {0};
    struct state_head head;
    struct following following = {.stored = stored,
                                  .chain_id = origin->chain_id,
                                  .set = memory_new(sizeof *following.set),
                                  .first = origin->first,
                                  .good = true,
                                  .error_size = error_size};
    following.error = error;
    *following.set = *origin->validators;
    state_snapshot_head(stored, &head);
    state_walk(stored, STATE_TABLE_HANDOVERS, all, follow_pair, &following);
    bool good = following.good && (following.present != NULL || cross(&following)) &&
                reaches(&following, head.height + 1);
    validator_set_release(following.present);
    free(following.set);
    return good;
}
