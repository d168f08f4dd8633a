#include "node/prune.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "consensus/block.h"
#include "market/ledger.h"
#include "market/parameter_rules.h"
#include "node/state_prune.h"
#include "vm/transaction.h"

/* The ids and sidecars of one block. */
static void list_block(struct state_prune *prune, struct bytes body)
{
    size_t offset = 0;
    bool malformed = false;
    struct bytes envelope;
    while (ledger_next_envelope(body, &offset, &envelope, &malformed)) {
        struct transaction transaction;
        struct bytes sidecar;
        struct hash id;
        if (transaction_decode(&transaction, &sidecar, envelope, NULL, 0) != TRANSACTION_OK) {
            return; /* rotted on disk: its places stay, and nobody finds it */
        }
        transaction_id(&id, &transaction);
        buffer_append(&prune->transactions, BYTES_OF(id.bytes));
        if (sidecar.size > 0) {
            buffer_append(&prune->sidecars, BYTES_OF(transaction.sidecar_root.bytes));
        }
    }
}

static void list_blocks(struct state_prune *prune, struct block_store *blocks, uint64_t from)
{
    struct buffer storage = {0};
    struct block_record record;
    struct block *block = memory_new(sizeof *block);
    for (uint64_t height = from; height < prune->until; height++) {
        if (block_store_read(blocks, height, &storage, &record) == BLOCK_STORE_OK &&
            block_decode(block, record.block, NULL, 0)) {
            list_block(prune, block->body);
        }
    }
    free(block);
    buffer_close(&storage);
}

/* The longest window that a round which is still open may have had: votes can change the parameter. */
static uint64_t longest_window(struct state_snapshot *snapshot, uint64_t head, uint64_t window_max)
{
    struct state_source source = state_snapshot_source(snapshot);
    struct state *state = state_new(&source);
    for (uint64_t i = 0; i <= PARAMETER_DELAY; i++) {
        struct parameters parameters;
        parameters_at(state, head + i, &parameters);
        window_max = parameters.window_max > window_max ? parameters.window_max : window_max;
    }
    state_free(state);
    return window_max;
}

bool prune_blocks_fit(struct state_store *states, struct block_store *blocks, char *error,
                      size_t error_size)
{
    struct state_snapshot *snapshot = state_snapshot_open(states);
    uint64_t base = state_snapshot_base(snapshot);
    uint64_t first = block_store_first_height(blocks);
    state_snapshot_close(snapshot);
    if (first > base) {
        (void)snprintf(error, error_size,
                       "data/blocks begins at block %" PRIu64
                       ", data/state needs them from %" PRIu64
                       " on: remove data/blocks and data/state, keep data/wal, and the node "
                       "catches up",
                       first, base);
    }
    return first <= base;
}

static uint64_t total(const struct prune_extent *extent, uint64_t windows)
{
    uint64_t keep = extent->keep < PRUNE_KEEP_MIN ? PRUNE_KEEP_MIN : extent->keep;
    return keep > UINT64_MAX - windows ? UINT64_MAX : keep + windows;
}

uint64_t prune_kept(struct state_store *states, const struct prune_extent *extent,
                    uint64_t *windows)
{
    struct state_head head;
    struct state_snapshot *snapshot = state_snapshot_open(states);
    state_snapshot_head(snapshot, &head);
    *windows = 2 * longest_window(snapshot, head.height, extent->window_max);
    state_snapshot_close(snapshot);
    return total(extent, *windows);
}

/* Heights from *base on, up to which the result, are due; 0: none are. */
static uint64_t due(struct state_store *states, uint64_t head, const struct prune_extent *extent,
                    uint64_t *base)
{
    struct state_snapshot *snapshot = state_snapshot_open(states);
    *base = state_snapshot_base(snapshot);
    uint64_t windows = 2 * longest_window(snapshot, head, extent->window_max);
    state_snapshot_close(snapshot);
    uint64_t keep = total(extent, windows);
    uint64_t until = head > keep ? head - keep : 0;
    return until < *base + PRUNE_STEP ? 0 : *base + PRUNE_STEP;
}

uint64_t prune_step(struct state_store *states, struct block_store *blocks, uint64_t head,
                    uint64_t keep, uint64_t window_max)
{
    uint64_t base;
    const struct prune_extent extent = {keep, window_max};
    struct state_prune prune = {.until = due(states, head, &extent, &base)};
    if (prune.until > 0) {
        list_blocks(&prune, blocks, base);
        state_store_prune(states, &prune);
        buffer_close(&prune.transactions);
        buffer_close(&prune.sidecars);
    }
    return prune.until;
}

/* Blocks from..until - 1. False where the disk is full. */
static bool forget(struct state_store *states, struct block_store *blocks, uint64_t from,
                   uint64_t until)
{
    struct state_prune prune = {.until = until};
    list_blocks(&prune, blocks, from);
    int result = state_store_prune_in_parts(states, &prune);
    buffer_close(&prune.transactions);
    buffer_close(&prune.sidecars);
    return result == 0;
}

/* What an earlier call left of blocks below the base, whose files are there still. */
static bool finish_earlier(struct state_store *states, struct block_store *blocks)
{
    struct state_snapshot *snapshot = state_snapshot_open(states);
    uint64_t base = state_snapshot_base(snapshot);
    uint64_t from = block_store_first_height(blocks);
    state_snapshot_close(snapshot);
    bool good = true;
    for (; good && from > 0 && from < base; from += PRUNE_STEP) {
        good = forget(states, blocks, from, base - from > PRUNE_STEP ? from + PRUNE_STEP : base);
    }
    block_store_drop_before(blocks, good ? base : 0);
    return good;
}

bool prune_all(struct state_store *states, struct block_store *blocks,
               const struct prune_extent *extent, char *error, size_t error_size)
{
    struct state_head head;
    struct state_snapshot *snapshot = state_snapshot_open(states);
    uint64_t base;
    uint64_t until = 0;
    state_snapshot_head(snapshot, &head);
    state_snapshot_close(snapshot);
    bool good = finish_earlier(states, blocks);
    while (good && (until = due(states, head.height, extent, &base)) != 0) {
        good = forget(states, blocks, base, until);
        if (good) {
            block_store_drop_before(blocks, until);
        }
    }
    if (!good) {
        (void)snprintf(
            error, error_size,
            "data/state: the disk is full, and forgetting needs some room to begin with: "
            "make %" PRIu64 " MiB on it, for example by removing a directory of "
            "data/snapshots, and repeat",
            STATE_PRUNE_ROOM >> 20);
    }
    return good;
}
