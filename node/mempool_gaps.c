/* Which transactions are gapped, and which of those go where room is needed. */
#include "node/mempool_state.h"

static uint64_t cost_of_size(uint64_t size)
{
    return sizeof(struct pooled) + size;
}

static void count_gapped(struct mempool *pool, const struct pooled *tx)
{
    pool->usage.gapped++;
    pool->usage.gapped_bytes += tx->envelope.size;
    tx->account->gapped_cost += cost_of_size(tx->envelope.size);
}

static void uncount_gapped(struct mempool *pool, const struct pooled *tx)
{
    pool->usage.gapped--;
    pool->usage.gapped_bytes -= tx->envelope.size;
    tx->account->gapped_cost -= cost_of_size(tx->envelope.size);
}

static void advance(struct mempool *pool, struct mempool_account *account)
{
    while (account->gap != NULL && account->gap->nonce == account->reach) {
        uncount_gapped(pool, account->gap);
        account->gap = account->gap->next;
        account->reach++;
    }
}

/* The executable ones from `first` on, which may be NULL, are gapped now; `nonce` is not here. */
static void retreat(struct mempool *pool, struct mempool_account *account, struct pooled *first,
                    uint64_t nonce)
{
    for (struct pooled *tx = first; tx != account->gap; tx = tx->next) {
        count_gapped(pool, tx);
    }
    account->gap = first;
    account->reach = nonce;
}

void gaps_enter(struct mempool *pool, struct pooled *tx)
{
    struct mempool_account *account = tx->account;
    count_gapped(pool, tx);
    if (account->gap == NULL || tx->nonce < account->gap->nonce) {
        account->gap = tx;
    }
    advance(pool, account);
}

void gaps_pass(struct mempool *pool, struct pooled *tx)
{
    struct mempool_account *account = tx->account;
    if (tx->nonce >= account->reach) {
        uncount_gapped(pool, tx);
        account->gap = account->gap == tx ? tx->next : account->gap;
    }
}

void gaps_leave(struct mempool *pool, struct pooled *tx)
{
    if (tx->nonce < tx->account->reach) {
        retreat(pool, tx->account, tx->next, tx->nonce);
    } else {
        gaps_pass(pool, tx);
    }
}

void gaps_move(struct mempool *pool, struct mempool_account *account, uint64_t next_nonce)
{
    if (next_nonce < account->next_nonce) {
        retreat(pool, account, account->first, next_nonce);
    } else if (next_nonce > account->reach) {
        account->reach = next_nonce;
    }
    account->next_nonce = next_nonce;
    advance(pool, account);
}

void gaps_inherit(struct mempool *pool, struct pooled *tx, struct pooled *heir)
{
    struct mempool_account *account = tx->account;
    if (tx->nonce >= account->reach) {
        uncount_gapped(pool, tx);
        count_gapped(pool, heir);
        account->gap = account->gap == tx ? heir : account->gap;
    }
}

/* The crowd. */

static void put_at(struct mempool *pool, size_t at, struct mempool_account *account)
{
    pool->crowd[at] = account;
    account->crowd_place = at + 1;
}

static void sift_up(struct mempool *pool, struct mempool_account *account)
{
    size_t at = account->crowd_place - 1;
    while (at > 0 && pool->crowd[(at - 1) / 2]->gapped_cost < account->gapped_cost) {
        put_at(pool, at, pool->crowd[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    put_at(pool, at, account);
}

static void sift_down(struct mempool *pool, struct mempool_account *account)
{
    size_t at = account->crowd_place - 1;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child + 1 < pool->crowd_count &&
            pool->crowd[child + 1]->gapped_cost > pool->crowd[child]->gapped_cost) {
            child++;
        }
        if (child >= pool->crowd_count || pool->crowd[child]->gapped_cost <= account->gapped_cost) {
            break;
        }
        put_at(pool, at, pool->crowd[child]);
        at = child;
    }
    put_at(pool, at, account);
}

static void join_crowd(struct mempool *pool, struct mempool_account *account)
{
    if (pool->crowd_count == pool->crowd_room) {
        pool->crowd_room = 2 * pool->crowd_room + 64;
        pool->crowd =
            memory_resize(pool->crowd, pool->crowd_room * sizeof(struct mempool_account *));
    }
    put_at(pool, pool->crowd_count++, account);
}

static void leave_crowd(struct mempool *pool, struct mempool_account *account)
{
    struct mempool_account *moved = pool->crowd[--pool->crowd_count];
    if (moved != account) {
        put_at(pool, account->crowd_place - 1, moved);
        sift_up(pool, moved);
        sift_down(pool, moved);
    }
    account->crowd_place = 0;
}

void gaps_place(struct mempool *pool, struct mempool_account *account)
{
    if (account->gapped_cost == 0) {
        if (account->crowd_place != 0) {
            leave_crowd(pool, account);
        }
        return;
    }
    if (account->crowd_place == 0) {
        join_crowd(pool, account);
    }
    sift_up(pool, account);
    sift_down(pool, account);
}

/* Room. */

static void evict(struct mempool *pool, struct mempool_account *account)
{
    assert(account->gap != NULL);
    mempool_remove(pool, account->last);
    mempool_refresh(pool, account);
    pool->usage.evicted++;
}

/* Has the account a gapped one that is worth less to it than one of this nonce? */
static bool gives_way(const struct mempool_account *account, uint64_t nonce)
{
    return account != NULL && account->gap != NULL && account->last->nonce > nonce;
}

/* What is in the pool when `count` and `bytes` of it have left. */
static bool pool_takes(const struct mempool *pool, uint32_t count, uint64_t bytes, uint64_t size)
{
    return pool->usage.count - count < pool->limits.count_max &&
           pool->usage.bytes - bytes + size <= pool->limits.bytes_max;
}

static bool account_full(const struct mempool *pool, const struct mempool_account *account)
{
    return account != NULL && account->count >= pool->limits.account_count_max;
}

enum mempool_status gaps_room_for_executable(struct mempool *pool, struct mempool_account *account,
                                             uint64_t size, const struct pooled *old)
{
    const struct mempool_usage *usage = &pool->usage;
    uint32_t count = old == NULL ? 0 : 1;
    uint64_t bytes = old == NULL ? 0 : old->envelope.size;
    bool crowded = old == NULL && account_full(pool, account);
    if (crowded && account->gap == NULL) {
        return MEMPOOL_ACCOUNT_LIMIT;
    }
    if (!pool_takes(pool, usage->gapped + count, usage->gapped_bytes + bytes, size)) {
        return MEMPOOL_FULL;
    }
    if (crowded) {
        evict(pool, account);
    }
    while (!pool_takes(pool, count, bytes, size)) {
        evict(pool, pool->crowd[0]);
    }
    return MEMPOOL_OK;
}

static bool gapped_take(const struct mempool *pool, uint32_t count, uint64_t bytes, uint64_t size)
{
    return pool->usage.gapped - count < pool->limits.count_max / MEMPOOL_GAPPED_PART &&
           pool->usage.gapped_bytes - bytes + size <= pool->limits.bytes_max / MEMPOOL_GAPPED_PART;
}

static enum mempool_status ask_for_gapped(const struct mempool *pool, const struct pooled *leaving,
                                          uint64_t size)
{
    uint32_t count = leaving == NULL ? 0 : 1;
    uint64_t bytes = leaving == NULL ? 0 : leaving->envelope.size;
    if (!gapped_take(pool, count, bytes, size)) {
        return MEMPOOL_GAPPED;
    }
    return pool_takes(pool, count, bytes, size) ? MEMPOOL_OK : MEMPOOL_FULL;
}

/* Whose last one leaves for it; NULL: nobody's. Only an account that takes more than the sender would: so
 * two senders cannot displace each other in turn, each time with a transaction that goes to all validators. */
static struct mempool_account *choose_victim(const struct mempool *pool,
                                             struct mempool_account *account, uint64_t nonce,
                                             uint64_t size)
{
    uint64_t cost = cost_of_size(size) + (account == NULL ? 0 : account->gapped_cost);
    if (pool->crowd_count > 0 && pool->crowd[0]->gapped_cost > cost) {
        return pool->crowd[0];
    }
    return gives_way(account, nonce) ? account : NULL;
}

enum mempool_status gaps_room_for_gapped(struct mempool *pool, struct mempool_account *account,
                                         uint64_t nonce, uint64_t size, const struct pooled *old)
{
    struct mempool_account *victim = NULL;
    if (old != NULL) {
        return ask_for_gapped(pool, old, size);
    }
    enum mempool_status status = ask_for_gapped(pool, NULL, size);
    if (account_full(pool, account)) {
        if (!gives_way(account, nonce)) {
            return MEMPOOL_ACCOUNT_LIMIT;
        }
        victim = account;
    } else if (status != MEMPOOL_OK) {
        victim = choose_victim(pool, account, nonce, size);
    }
    if (victim != NULL) {
        status = ask_for_gapped(pool, victim->last, size);
    }
    if (victim != NULL && status == MEMPOOL_OK) {
        evict(pool, victim);
    }
    return status;
}

void gaps_trim(struct mempool *pool)
{
    while (pool->usage.gapped > pool->limits.count_max / MEMPOOL_GAPPED_PART ||
           pool->usage.gapped_bytes > pool->limits.bytes_max / MEMPOOL_GAPPED_PART) {
        evict(pool, pool->crowd[0]);
    }
}
