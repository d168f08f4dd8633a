#include "node/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "node/executor.h"
#include "node/offline.h"
#include "node/signer_mark.h"
#include "node/snapshot_load.h"

static const char usage[] = "soukd rollback HEIGHT --home DIR";

#define SNAPSHOTS_MAX 64

/* Stores up to a lower height, made aside from the blocks that are there. */
struct rollback {
    struct offline offline;
    const char *home;
    uint64_t height; /* to go back to */
    uint64_t first;  /* of the blocks that are there */
    uint64_t last;   /* and the last of them */
    uint64_t begin;  /* height of the snapshot to begin from; 0: the genesis */
    struct restore restore;
    struct block_store *blocks; /* the new ones */
    struct state_store *states;
    struct hash root; /* of the new state */
    char error[OFFLINE_ERROR_SIZE];
};

static bool fail(struct rollback *rollback, const char *what)
{
    (void)snprintf(rollback->error, sizeof rollback->error, "%s", what);
    return false;
}

/* The blocks to execute are there from 1 on, or from a kept snapshot on. */
static bool find_begin(struct rollback *rollback)
{
    uint64_t heights[SNAPSHOTS_MAX];
    char snapshots[HOME_PATH_MAX];
    struct block_store *blocks = rollback->offline.blocks;
    rollback->first = block_store_first_height(blocks);
    rollback->last = block_store_last_height(blocks);
    if (rollback->height >= rollback->last) {
        (void)snprintf(rollback->error, sizeof rollback->error,
                       "HEIGHT: %" PRIu64 ", expected below the last block, %" PRIu64,
                       rollback->height, rollback->last);
        return false;
    }
    if (rollback->first <= 1) {
        return true;
    }
    if (!home_path(snapshots, rollback->home, HOME_SNAPSHOTS, rollback->error,
                   sizeof rollback->error)) {
        return false;
    }
    uint32_t count = snapshot_list(snapshots, heights, SNAPSHOTS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        if (heights[i] <= rollback->height && heights[i] >= rollback->first) {
            rollback->begin = heights[i];
        }
    }
    if (rollback->begin == 0) {
        (void)snprintf(rollback->error, sizeof rollback->error,
                       "blocks begin at %" PRIu64 " and no snapshot from there to %" PRIu64
                       " is kept: that state cannot be computed; soukd reset begins anew from the "
                       "other nodes",
                       rollback->first, rollback->height);
        return false;
    }
    return true;
}

/* Our own block at this height is what the snapshot is trusted by. */
static bool find_trust(struct rollback *rollback, struct snapshot_trust *out)
{
    struct buffer storage = {0};
    struct block_record record;
    struct block *block = memory_new(sizeof *block);
    snapshot_trust_genesis(out, rollback->offline.genesis);
    bool good = block_store_read(rollback->offline.blocks, rollback->begin, &storage, &record) ==
                    BLOCK_STORE_OK &&
                block_decode(block, record.block, NULL, 0);
    if (good) {
        out->height = rollback->begin;
        block_digest(&out->block, &block->header);
    }
    buffer_close(&storage);
    free(block);
    return good || fail(rollback, "the block of the snapshot cannot be read");
}

static bool begin_stores(struct rollback *rollback)
{
    char snapshots[HOME_PATH_MAX];
    char directory[DISK_PATH_MAX];
    struct snapshot_trust trust;
    char *error = rollback->error;
    if (rollback->begin == 0) {
        return restore_begin(&rollback->restore, rollback->home, error, sizeof rollback->error);
    }
    if (!home_path(snapshots, rollback->home, HOME_SNAPSHOTS, error, sizeof rollback->error) ||
        !find_trust(rollback, &trust)) {
        return false;
    }
    snapshot_directory(directory, snapshots, rollback->begin);
    const struct snapshot_source source = {rollback->offline.genesis, &trust, directory};
    return snapshot_restore_part(&rollback->restore, rollback->home, &source, error,
                                 sizeof rollback->error);
}

static bool open_stores(struct rollback *rollback)
{
    char base[HOME_PATH_MAX];
    char *error = rollback->error;
    const struct block_store_options blocks = {.directory = rollback->restore.blocks};
    struct state_store_options states = {.directory = rollback->restore.state,
                                         .genesis = &rollback->offline.genesis->genesis,
                                         .base_state = base};
    return home_path(base, rollback->home, HOME_BASE_STATE, error, sizeof rollback->error) &&
           block_store_open(&rollback->blocks, &blocks, error, sizeof rollback->error) ==
               BLOCK_STORE_OK &&
           state_store_open(&rollback->states, &states, error, sizeof rollback->error) ==
               STATE_STORE_OK;
}

static bool copy_blocks(struct rollback *rollback)
{
    struct buffer storage = {0};
    bool good = true;
    for (uint64_t height = rollback->begin + 1; good && height <= rollback->height; height++) {
        struct block_record record;
        enum block_store_status status =
            block_store_read(rollback->offline.blocks, height, &storage, &record);
        good = status == BLOCK_STORE_OK;
        if (good) {
            block_store_append(rollback->blocks, &record);
        } else {
            block_store_explain(rollback->offline.blocks, height, status, rollback->error,
                                sizeof rollback->error);
        }
    }
    block_store_sync(rollback->blocks);
    buffer_close(&storage);
    return good;
}

/* What the block above certifies is what came out. */
static bool certified(struct rollback *rollback, const struct state_head *head)
{
    struct buffer storage = {0};
    struct block_record record;
    struct block *block = memory_new(sizeof *block);
    bool good = block_store_read(rollback->offline.blocks, head->height + 1, &storage, &record) ==
                    BLOCK_STORE_OK &&
                block_decode(block, record.block, NULL, 0) &&
                hash_equal(&block->header.parent, &head->digest) &&
                hash_equal(&block->header.state_root, &head->state_root);
    rollback->root = head->state_root;
    buffer_close(&storage);
    free(block);
    return good || fail(rollback, "the next block certifies another state than was computed");
}

static void show_progress(void *context, uint64_t height, uint64_t last)
{
    (void)context;
    if (height % 1000 == 0 || height == last) {
        (void)fprintf(stderr, "block %" PRIu64 " of %" PRIu64 "\n", height, last);
    }
}

static bool execute(struct rollback *rollback)
{
    struct state_head head;
    const struct executor_options options = {.state_store = rollback->states,
                                             .block_store = rollback->blocks,
                                             .blob_store = rollback->offline.blobs,
                                             .chain_id = rollback->offline.genesis->chain_id};
    struct executor *executor = executor_new(&options);
    bool good = executor_replay(executor, show_progress, rollback->error, sizeof rollback->error);
    executor_head(executor, &head);
    executor_close(executor, NULL, NULL);
    return good && certified(rollback, &head);
}

/* First of all: what was signed above the height stays signed, and the log does not fit the state. */
static bool distrust_log(struct rollback *rollback)
{
    struct signer_mark mark;
    bool found;
    if (!signer_mark_load(&mark, &found, rollback->home, rollback->error, sizeof rollback->error)) {
        return false;
    }
    mark.sequence = SIGNER_MARK_NEVER;
    return !found || hash_is_zero(&mark.chain_id) ||
           signer_mark_store(rollback->home, &mark, rollback->error, sizeof rollback->error);
}

static bool put_in_place(struct rollback *rollback)
{
    bool found;
    char log[HOME_PATH_MAX];
    char *error = rollback->error;
    if (!home_path(log, rollback->home, HOME_WAL, error, sizeof rollback->error) ||
        !distrust_log(rollback) ||
        !restore_complete(&rollback->restore, rollback->home, error, sizeof rollback->error) ||
        !restore_finish(rollback->home, &found, error, sizeof rollback->error)) {
        return false;
    }
    snapshot_remove(log);
    return true;
}

static bool run(struct rollback *rollback)
{
    if (!offline_open(&rollback->offline, rollback->home, false, rollback->error,
                      sizeof rollback->error) ||
        !find_begin(rollback) || !begin_stores(rollback)) {
        return false;
    }
    bool good = open_stores(rollback) && copy_blocks(rollback) && execute(rollback);
    state_store_close(rollback->states);
    block_store_close(rollback->blocks);
    if (!good) {
        restore_abandon(&rollback->restore);
    }
    return good && put_in_place(rollback);
}

static bool read_height(const char *word, uint64_t *out)
{
    *out = strtoull(word, NULL, 10);
    return word[0] != '\0' && strspn(word, "0123456789") == strlen(word) && strlen(word) <= 18 &&
           *out > 0;
}

int command_rollback(int argc, char **argv)
{
    const char **rest = memory_new((size_t)argc * sizeof *rest);
    int rest_count = 0;
    struct rollback *rollback = memory_new(sizeof *rollback);
    rollback->home = offline_arguments(argc, argv, usage, rest, &rest_count);
    int code = 2;
    if (rollback->home != NULL && rest_count == 1 && read_height(rest[0], &rollback->height)) {
        bool good = run(rollback);
        if (good) {
            char root[65];
            hex_encode(root, BYTES_OF(rollback->root.bytes));
            (void)printf("{\"height\":\"%" PRIu64 "\",\"state_root\":\"%s\",\"executed_from\":"
                         "\"%" PRIu64 "\"}\n",
                         rollback->height, root, rollback->begin + 1);
        } else {
            (void)fprintf(stderr, "soukd: %s\n", rollback->error);
        }
        code = good ? 0 : 1;
        offline_close(&rollback->offline);
    } else if (rollback->home != NULL) {
        (void)fprintf(stderr, "usage: %s\n", usage);
    }
    free(rest);
    free(rollback);
    return code;
}
