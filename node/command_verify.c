#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "node/command.h"
#include "node/execution.h"
#include "node/offline.h"
#include "node/state_compare.h"
#include "node/verify_kept.h"
#include "node/wal.h"

static const char usage[] = "soukd verify --home DIR";

/* A whole chain checked from its genesis, or what is kept of one (node/verify_kept.h). */
struct verification {
    struct offline offline;
    char scratch[HOME_PATH_MAX]; /* directory of the temporary state; empty: none */
    struct state_store *states;  /* the temporary one */
    struct execution_setting setting;
    struct block_rules rules; /* of the chain */
    struct state_head stored; /* of the node's own database */
    bool has_stored;
    bool partial;                    /* the blocks do not begin at 1 */
    struct parameters parameters[2]; /* of the block to execute next, and of the one after it */
    uint64_t transaction_count;
    time_t shown; /* when progress was last printed */
    struct block *block;
    struct certificate *certificate;
    char error[OFFLINE_ERROR_SIZE];
};

static bool body_digest(void *data, struct hash *out, struct bytes body)
{
    const struct verification *verification = data;
    struct ledger_body_rules rules = {.parameters = &verification->parameters[0],
                                      .chain_id = &verification->offline.genesis->chain_id};
    return ledger_check_body(body, &rules, out, NULL, 0);
}

static bool open_scratch(struct verification *verification)
{
    char *error = verification->error;
    size_t error_size = sizeof verification->error;
    char path[HOME_PATH_MAX];
    if (!home_path(path, verification->offline.home, HOME_SCRATCH, error, error_size)) {
        return false;
    }
    if (mkdtemp(path) == NULL) {
        (void)snprintf(error, error_size, "%.512s: %s", path, strerrordesc_np(errno));
        return false;
    }
    (void)snprintf(verification->scratch, sizeof verification->scratch, "%s", path);
    char base[HOME_PATH_MAX];
    if (!home_path(base, verification->offline.home, HOME_BASE_STATE, error, error_size)) {
        return false;
    }
    struct state_store_options options = {.directory = path,
                                          .genesis = &verification->offline.genesis->genesis,
                                          .base_state = base,
                                          .empty = verification->partial,
                                          .scratch = true};
    return state_store_open(&verification->states, &options, error, error_size) == STATE_STORE_OK;
}

static void close_scratch(struct verification *verification)
{
    static const char *const names[] = {"data.mdb", "lock.mdb"};
    state_store_close(verification->states);
    for (size_t i = 0; i < ARRAY_COUNT(names) && verification->scratch[0] != '\0'; i++) {
        char path[HOME_PATH_MAX];
        if (home_path(path, verification->scratch, names[i], verification->error, 0)) {
            (void)unlink(path);
        }
    }
    if (verification->scratch[0] != '\0') {
        (void)rmdir(verification->scratch);
    }
}

static bool check_wal(struct verification *verification)
{
    char path[HOME_PATH_MAX];
    if (!home_path(path, verification->offline.home, HOME_WAL, verification->error,
                   sizeof verification->error)) {
        return false;
    }
    if (access(path, F_OK) != 0) {
        (void)fprintf(stderr, "write-ahead log: none\n");
        return true;
    }
    uint64_t torn = 0;
    struct wal_options options = {.directory = path};
    if (wal_scan(&options, &torn, verification->error, sizeof verification->error) != WAL_OK) {
        return false;
    }
    (void)fprintf(stderr, "write-ahead log: good, %llu bytes of a torn tail\n",
                  (unsigned long long)torn);
    return true;
}

/* Roots alone would not show what rotted below them. */
static bool holds_what_was_computed(struct verification *verification)
{
    char line[320] = "";
    struct state_snapshot *stored = state_snapshot_open(verification->offline.states);
    struct state_snapshot *computed = state_snapshot_open(verification->states);
    bool good = state_compare(stored, computed, line, sizeof line);
    state_snapshot_close(computed);
    state_snapshot_close(stored);
    if (!good) {
        (void)snprintf(verification->error, sizeof verification->error,
                       "%s: remove data/state, the node rebuilds it from its blocks", line);
    }
    return good;
}

/* What the node itself computed at this height, where its database stands there. */
static bool agrees_with_stored(struct verification *verification)
{
    const struct state_head *stored = &verification->stored;
    const struct state_head *head = &verification->setting.head;
    if (!verification->has_stored || stored->height != head->height) {
        return true;
    }
    if (hash_equal(&stored->state_root, &head->state_root) &&
        hash_equal(&stored->receipts_root, &head->receipts_root) &&
        hash_equal(&stored->digest, &head->digest)) {
        return holds_what_was_computed(verification);
    }
    char stored_text[65];
    char our_text[65];
    hex_encode(stored_text, BYTES_OF(stored->state_root.bytes));
    hex_encode(our_text, BYTES_OF(head->state_root.bytes));
    (void)snprintf(verification->error, sizeof verification->error,
                   "data/state at height %llu has state root %s, execution from genesis gives %s: "
                   "remove data/state, the node rebuilds it from its blocks",
                   (unsigned long long)head->height, stored_text, our_text);
    return false;
}

/* Everything that a block must be. */
static bool check_block(struct verification *verification, uint64_t height,
                        struct block_record *record)
{
    char line[320] = "";
    struct block *block = verification->block;
    struct certificate *certificate = verification->certificate;
    struct block_rules rules;
    block_rules_at(&rules, &verification->rules, verification->setting.present,
                   verification->setting.last);
    bool good = block_decode(block, record->block, line, sizeof line) &&
                certificate_decode(certificate, record->certificate, line, sizeof line) &&
                block_verify_proposed(block, &rules, line, sizeof line) &&
                block_verify_decided(block, certificate, &rules, line, sizeof line);
    struct execution execution = {.certificate = record->certificate};
    good = good && execution_run(&execution, &verification->setting, block, record->block, line,
                                 sizeof line);
    if (!good) {
        (void)snprintf(verification->error, sizeof verification->error, "block %llu: %s",
                       (unsigned long long)height, line);
    } else {
        verification->transaction_count += execution.report.transaction_count;
        verification->parameters[0] = verification->parameters[1];
        verification->parameters[1] = execution.report.parameters;
        execution_commit(&execution, &verification->setting);
    }
    execution_close(&execution);
    return good && agrees_with_stored(verification);
}

static void show_progress(void *context, uint64_t height, uint64_t last)
{
    struct verification *verification = context;
    time_t now = time(NULL);
    if (now != verification->shown || height == last) {
        verification->shown = now;
        (void)fprintf(stderr, "block %llu of %llu\n", (unsigned long long)height,
                      (unsigned long long)last);
    }
}

static bool check_blocks(struct verification *verification)
{
    struct block_store *blocks = verification->offline.blocks;
    uint64_t last = block_store_last_height(blocks);
    struct buffer storage = {0};
    bool good = agrees_with_stored(verification);
    for (uint64_t height = 1; good && height <= last; height++) {
        struct block_record record;
        enum block_store_status status = block_store_read(blocks, height, &storage, &record);
        if (status != BLOCK_STORE_OK) {
            block_store_explain(blocks, height, status, verification->error,
                                sizeof verification->error);
            good = false;
        } else {
            good = check_block(verification, height, &record);
        }
        if (good) {
            show_progress(verification, height, last);
        }
    }
    buffer_close(&storage);
    if (good && verification->has_stored && verification->stored.height > last) {
        (void)snprintf(verification->error, sizeof verification->error,
                       "data/state is at height %llu, the stored blocks end at %llu: remove "
                       "data/blocks and data/state, keep data/wal, and the node catches up",
                       (unsigned long long)verification->stored.height, (unsigned long long)last);
        good = false;
    }
    return good;
}

static bool verify(struct verification *verification, const char *home)
{
    if (!offline_open(&verification->offline, home, false, verification->error,
                      sizeof verification->error)) {
        return false;
    }
    const struct genesis_file *genesis = verification->offline.genesis;
    if (verification->offline.states != NULL) {
        struct state_snapshot *snapshot = state_snapshot_open(verification->offline.states);
        state_snapshot_head(snapshot, &verification->stored);
        state_snapshot_close(snapshot);
        verification->has_stored = true;
    } else {
        (void)fprintf(stderr, "state database: none\n");
    }
    verification->partial = block_store_first_height(verification->offline.blocks) > 1;
    verification->parameters[0] = genesis->genesis.parameters;
    verification->parameters[1] = genesis->genesis.parameters;
    block_rules_init(&verification->rules, &genesis->chain_id, &genesis->validators, body_digest,
                     verification);
    if (!check_wal(verification) || !open_scratch(verification)) {
        return false;
    }
    if (verification->partial) {
        return verify_kept(&verification->offline, verification->states, show_progress,
                           verification, verification->error, sizeof verification->error);
    }
    const struct execution_stores stores = {verification->states, verification->offline.blocks,
                                            verification->offline.blobs};
    execution_setting_init(&verification->setting, &stores, &genesis->chain_id);
    return check_blocks(verification);
}

static void report(const struct verification *verification)
{
    char root[65];
    const struct state_head *head =
        verification->partial ? &verification->stored : &verification->setting.head;
    hex_encode(root, BYTES_OF(head->state_root.bytes));
    if (verification->partial) {
        (void)printf("good: blocks %llu to %llu, state root %s; not executed again, because the "
                     "blocks before are not here\n",
                     (unsigned long long)block_store_first_height(verification->offline.blocks),
                     (unsigned long long)head->height, root);
    } else {
        (void)printf("good: %llu blocks, %llu transactions, state root %s\n",
                     (unsigned long long)head->height,
                     (unsigned long long)verification->transaction_count, root);
    }
}

int command_verify(int argc, char **argv)
{
    const char **rest = memory_new((size_t)argc * sizeof *rest);
    int rest_count = 0;
    const char *home = offline_arguments(argc, argv, usage, rest, &rest_count);
    free(rest);
    if (home == NULL || rest_count > 0) {
        if (home != NULL) {
            (void)fprintf(stderr, "soukd: verify takes no arguments\nusage: %s\n", usage);
        }
        return 2;
    }
    struct verification *verification = memory_new(sizeof *verification);
    verification->block = memory_new(sizeof *verification->block);
    verification->certificate = memory_new(sizeof *verification->certificate);
    bool good = verify(verification, home);
    if (good) {
        report(verification);
    } else {
        (void)fprintf(stderr, "soukd: %s\n", verification->error);
    }
    execution_setting_close(&verification->setting);
    close_scratch(verification);
    offline_close(&verification->offline);
    free(verification->certificate);
    free(verification->block);
    free(verification);
    return good ? 0 : 1;
}
