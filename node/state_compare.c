#include "node/state_compare.h"

#include <inttypes.h>
#include <stdio.h>

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
    static const enum state_table tables[] = {STATE_TABLE_STATE,        STATE_TABLE_TRIE,
                                              STATE_TABLE_RECEIPTS,     STATE_TABLE_EVENTS,
                                              STATE_TABLE_TRANSACTIONS, STATE_TABLE_BLOBS};
    const bool forgets = state_snapshot_base(stored) > 1;
    bool good = true;
    for (size_t i = 0; good && i < ARRAY_COUNT(tables); i++) {
        struct comparison comparison = {.computed = computed, .table = tables[i]};
        const bool whole = !forgets || i < 2; /* the state itself is never forgotten */
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
