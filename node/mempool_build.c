#include "node/mempool_state.h"

#include "base/checked.h"
#include "crypto/merkle.h"
#include "market/ledger.h"

#include <stdlib.h>

#define ENVELOPE_OVERHEAD 8  /* bytes of a length prefix in a body, generously */
#define LARGE_SHARE       64 /* a transaction is large above this part of a block's gas */

/* A binary heap of the transactions that may come next, one of each account. */
struct heap {
    const struct pooled **list;
    uint32_t count;
};

static bool goes_before(const struct pooled *a, const struct pooled *b)
{
    return a->gas_price != b->gas_price ? a->gas_price > b->gas_price : a->arrival < b->arrival;
}

static void sift_down(struct heap *heap, uint32_t at)
{
    for (;;) {
        uint32_t best = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < heap->count; child++) {
            best = goes_before(heap->list[child], heap->list[best]) ? child : best;
        }
        if (best == at) {
            return;
        }
        const struct pooled *moved = heap->list[at];
        heap->list[at] = heap->list[best];
        heap->list[best] = moved;
        at = best;
    }
}

static void heap_fill(struct heap *heap, const struct mempool *pool)
{
    heap->list = memory_new((pool->ready_count + 1) * sizeof(const struct pooled *));
    struct hash_table_walk walk;
    const struct mempool_account *account;
    hash_table_walk_init(&walk, &pool->accounts);
    while ((account = (const struct mempool_account *)hash_table_walk_next(&walk)) != NULL) {
        if (account->ready) {
            heap->list[heap->count++] = account->first;
        }
    }
    for (uint32_t i = heap->count; i > 0; i--) {
        sift_down(heap, i - 1);
    }
}

/* Put the account's next transaction in place of the one on top, or shrink. */
static void heap_advance(struct heap *heap, bool taken)
{
    const struct pooled *top = heap->list[0];
    if (taken && top->next != NULL && top->next->nonce == top->nonce + 1) {
        heap->list[0] = top->next;
    } else {
        heap->count--;
        heap->list[0] = heap->list[heap->count];
    }
    sift_down(heap, 0);
}

/* A block under construction. */
struct build {
    struct buffer *body;
    struct buffer *ids;
    struct hash *leaves;
    uint32_t count;
    uint32_t count_max;
    uint64_t bytes_max;
    uint64_t gas_left;
    uint64_t blobs_left;         /* bytes */
    const struct pooled **large; /* first transactions of accounts that wait for the second pass */
    uint32_t large_count;
};

static bool take(struct build *build, const struct pooled *tx)
{
    if (build->body->size + tx->envelope.size + ENVELOPE_OVERHEAD > build->bytes_max ||
        tx->blob_size > build->blobs_left ||
        !checked_sub(&build->gas_left, build->gas_left, tx->gas_limit)) {
        return false;
    }
    build->blobs_left -= tx->blob_size;
    ledger_append_envelope(build->body, tx->envelope);
    buffer_append(build->ids, BYTES_OF(tx->id));
    merkle_leaf(&build->leaves[build->count++], BYTES_OF(tx->id));
    return true;
}

/* Fill from a heap. Transactions with a limit above `gas_max` are set aside. */
static void fill(struct build *build, struct heap *heap, uint64_t gas_max)
{
    while (heap->count > 0 && build->count < build->count_max) {
        const struct pooled *top = heap->list[0];
        bool large = top->gas_limit > gas_max;
        if (large) {
            build->large[build->large_count++] = top;
        }
        heap_advance(heap, !large && take(build, top));
    }
}

/* A fee is paid for the gas used and not for the limit, so a limit that fills a block costs nothing:
 * large ones share what the others leave. */
static void fill_both(struct build *build, struct heap *heap, uint64_t gas_max)
{
    fill(build, heap, gas_max / LARGE_SHARE);
    struct heap second = {build->large, build->large_count};
    build->large = NULL;
    for (uint32_t i = second.count; i > 0; i--) {
        sift_down(&second, i - 1);
    }
    fill(build, &second, UINT64_MAX);
    free(second.list);
}

uint32_t mempool_build(struct mempool *pool, uint64_t height, struct buffer *body,
                       struct hash *root)
{
    mempool_drop_useless(pool, height);
    struct heap heap = {NULL, 0};
    heap_fill(&heap, pool);
    buffer_clear(&pool->built);
    struct build build = {.body = body,
                          .ids = &pool->built,
                          .count_max = pool->usage.count < pool->limits.body_count_max
                                           ? pool->usage.count
                                           : pool->limits.body_count_max,
                          .bytes_max = pool->limits.body_bytes_max,
                          .gas_left = pool->limits.body_gas_max,
                          .blobs_left = pool->limits.body_blobs_max};
    build.leaves = memory_new(((size_t)build.count_max + 1) * sizeof(*build.leaves));
    build.large = memory_new(((size_t)heap.count + 1) * sizeof(const struct pooled *));
    fill_both(&build, &heap, pool->limits.body_gas_max);
    merkle_root(root, build.leaves, build.count);
    free(build.leaves);
    free(heap.list);
    return build.count;
}

const struct hash *mempool_built(const struct mempool *pool, size_t *count)
{
    *count = pool->built.size / sizeof(struct hash);
    return (const struct hash *)(const void *)pool->built.data;
}
