#include "node/mempool_state.h"

#include "base/checked.h"
#include "crypto/merkle.h"
#include "market/ledger.h"

#include <stdlib.h>

#define ENVELOPE_OVERHEAD 8 /* bytes of a length prefix in a body, generously */

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

uint32_t mempool_build(struct mempool *pool, uint64_t height, struct buffer *body,
                       struct hash *root)
{
    mempool_drop_expired(pool, height);
    struct heap heap = {NULL, 0};
    heap_fill(&heap, pool);
    uint32_t bound = pool->usage.count < pool->limits.body_count_max ? pool->usage.count
                                                                     : pool->limits.body_count_max;
    struct hash *leaves = memory_new((bound + 1) * sizeof(*leaves));
    uint32_t count = 0;
    uint64_t gas_left = pool->limits.body_gas_max;
    while (heap.count > 0 && count < bound) {
        const struct pooled *top = heap.list[0];
        bool fits =
            body->size + top->envelope.size + ENVELOPE_OVERHEAD <= pool->limits.body_bytes_max &&
            checked_sub(&gas_left, gas_left, top->gas_limit);
        if (fits) {
            ledger_append_envelope(body, top->envelope);
            merkle_leaf(&leaves[count++], BYTES_OF(top->id));
        }
        heap_advance(&heap, fits);
    }
    merkle_root(root, leaves, count);
    free(leaves);
    free(heap.list);
    return count;
}
