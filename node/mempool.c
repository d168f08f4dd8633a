#include "node/mempool.h"

#include "market/ledger.h"
#include "node/mempool_state.h"

#include <stdlib.h>
#include <string.h>

#define ENVELOPE_OVERHEAD 8  /* bytes of a length prefix in a body, generously */
#define SWEEP_INTERVAL    16 /* heights between two searches for expired transactions */
#define REPLACE_PERCENT   10

#define STATUS_TEXT(name, text) text,
#define STATUS_NAME(name, text) #name,
static const char *const status_texts[] = {MEMPOOL_STATUS_LIST(STATUS_TEXT)};
static const char *const status_names[] = {MEMPOOL_STATUS_LIST(STATUS_NAME)};

const char *mempool_status_text(enum mempool_status status)
{
    assert((size_t)status < ARRAY_COUNT(status_texts));
    return status_texts[status];
}

const char *mempool_status_name(enum mempool_status status)
{
    assert((size_t)status < ARRAY_COUNT(status_names));
    return status_names[status];
}

void mempool_set_body(struct mempool *pool, const struct parameters *parameters)
{
    pool->limits.body_bytes_max = parameters->block_bytes_max;
    pool->limits.body_count_max = parameters->block_transactions_max;
    pool->limits.body_gas_max = parameters->gas_limit_max;
}

struct mempool *mempool_new(const struct mempool_limits *limits)
{
    struct mempool *pool = memory_new(sizeof(*pool));
    pool->limits = *limits;
    hash_table_init(&pool->by_id, sizeof(struct hash));
    hash_table_init(&pool->accounts, sizeof(struct address));
    return pool;
}

static void free_all(struct hash_table *table)
{
    struct hash_table_walk walk;
    struct hash_table_entry *entry;
    hash_table_walk_init(&walk, table);
    while ((entry = hash_table_walk_next(&walk)) != NULL) {
        free(entry); /* the first member of what was allocated */
    }
    hash_table_close(table);
}

void mempool_free(struct mempool *pool)
{
    if (pool != NULL) {
        free_all(&pool->by_id);
        free_all(&pool->accounts);
        buffer_close(&pool->built);
        free(pool->departures);
        free(pool->crowd);
        free(pool);
    }
}

static struct mempool_account *find_account(const struct mempool *pool,
                                            const struct address *address)
{
    return (struct mempool_account *)hash_table_find(&pool->accounts, address);
}

static struct mempool_account *take_account(struct mempool *pool, const struct address *address,
                                            uint64_t next_nonce)
{
    struct mempool_account *account = find_account(pool, address);
    if (account == NULL) {
        account = memory_new(sizeof(*account));
        account->address = *address;
        account->next_nonce = next_nonce;
        account->reach = next_nonce;
        hash_table_add(&pool->accounts, &account->entry, &account->address);
        pool->usage.accounts++;
    }
    return account;
}

void mempool_refresh(struct mempool *pool, struct mempool_account *account)
{
    bool ready = account->first != NULL && account->first->nonce == account->next_nonce;
    pool->ready_count += (uint32_t)ready;
    pool->ready_count -= (uint32_t)account->ready;
    account->ready = ready;
    gaps_place(pool, account);
    if (account->first == NULL && account->decided_height == 0) {
        hash_table_remove(&pool->accounts, &account->entry);
        pool->usage.accounts--;
        free(account);
    }
}

/* The end of a transaction that is in its account's queue no more. */
static void forget(struct mempool *pool, struct pooled *tx)
{
    tx->account->count--;
    pool->usage.count--;
    pool->usage.bytes -= tx->envelope.size;
    hash_table_remove(&pool->by_id, &tx->entry);
    free(tx);
}

static void unlink_tx(struct pooled *tx)
{
    struct mempool_account *account = tx->account;
    *(tx->prev == NULL ? &account->first : &tx->prev->next) = tx->next;
    *(tx->next == NULL ? &account->last : &tx->next->prev) = tx->prev;
}

void mempool_remove(struct mempool *pool, struct pooled *tx)
{
    gaps_leave(pool, tx);
    unlink_tx(tx);
    forget(pool, tx);
}

static void link_after(struct mempool_account *account, struct pooled *before, struct pooled *tx)
{
    tx->prev = before;
    tx->next = before == NULL ? account->first : before->next;
    *(before == NULL ? &account->first : &before->next) = tx;
    *(tx->next == NULL ? &account->last : &tx->next->prev) = tx;
}

/* A sender counts up: it mostly goes to the end, or fills the first gap. */
static void put_in_order(struct mempool_account *account, struct pooled *tx)
{
    struct pooled *before = account->last;
    if (tx->nonce == account->reach && account->gap != NULL) {
        before = account->gap->prev;
    }
    while (before != NULL && before->nonce > tx->nonce) {
        before = before->prev;
    }
    link_after(account, before, tx);
}

static struct pooled *make(struct mempool *pool, struct mempool_account *account,
                           const struct mempool_offer *offer)
{
    struct pooled *tx = memory_new(sizeof(*tx) + offer->envelope.size);
    uint8_t *copy = (uint8_t *)(tx + 1);
    memcpy(copy, offer->envelope.data, offer->envelope.size);
    tx->id = offer->id;
    tx->account = account;
    tx->nonce = offer->nonce;
    tx->gas_limit = offer->gas_limit;
    tx->gas_price = offer->gas_price;
    tx->expires_at = offer->expires_at;
    tx->blob_root = offer->blob_root;
    tx->blob_size = offer->blob_size;
    tx->arrival = ++pool->arrivals;
    tx->arrived_us = offer->arrived_us;
    tx->envelope = (struct bytes){copy, offer->envelope.size};
    account->count++;
    pool->usage.count++;
    pool->usage.bytes += tx->envelope.size;
    hash_table_add(&pool->by_id, &tx->entry, &tx->id);
    return tx;
}

/* In place, so that those after it do not become gapped for a moment. */
static void replace(struct mempool *pool, struct pooled *old, struct pooled *tx)
{
    gaps_inherit(pool, old, tx);
    link_after(tx->account, old, tx);
    unlink_tx(old);
    forget(pool, old);
}

static struct pooled *find_nonce(const struct mempool_account *account, uint64_t nonce)
{
    if (account->last == NULL || account->last->nonce < nonce) {
        return NULL;
    }
    struct pooled *tx = nonce < account->reach ? account->first : account->gap;
    for (; tx != NULL && tx->nonce <= nonce; tx = tx->next) {
        if (tx->nonce == nonce) {
            return tx;
        }
    }
    return NULL;
}

static bool pays_for_replacing(uint64_t price, uint64_t old)
{
    uint64_t wanted;
    uint64_t step = old / 100 * REPLACE_PERCENT + (old % 100 * REPLACE_PERCENT + 99) / 100;
    return !__builtin_add_overflow(old, step, &wanted) && price >= wanted && price > old;
}

static enum mempool_status check_offer(const struct mempool *pool,
                                       const struct mempool_offer *offer, uint64_t height)
{
    if (hash_table_find(&pool->by_id, &offer->id) != NULL) {
        return MEMPOOL_KNOWN;
    }
    if (offer->envelope.size + ENVELOPE_OVERHEAD > pool->limits.body_bytes_max ||
        offer->blob_size > pool->limits.body_blobs_max) {
        return MEMPOOL_TOO_LARGE;
    }
    if (offer->expires_at > height && offer->expires_at - height > pool->limits.expiry_max) {
        return MEMPOOL_EXPIRY_FAR;
    }
    return MEMPOOL_OK;
}

enum mempool_status mempool_add(struct mempool *pool, const struct mempool_offer *offer,
                                uint64_t next_nonce, uint64_t height)
{
    enum mempool_status status = check_offer(pool, offer, height);
    if (status != MEMPOOL_OK) {
        return status;
    }
    struct mempool_account *account = find_account(pool, &offer->sender);
    uint64_t next = account == NULL ? next_nonce : account->next_nonce;
    if (offer->nonce < next) {
        return MEMPOOL_STALE;
    }
    struct pooled *old = account == NULL ? NULL : find_nonce(account, offer->nonce);
    if (old != NULL && !pays_for_replacing(offer->gas_price, old->gas_price)) {
        return MEMPOOL_UNDERPRICED;
    }
    uint64_t size = offer->envelope.size;
    if (offer->nonce <= (account == NULL ? next : account->reach)) {
        status = gaps_room_for_executable(pool, account, size, old);
    } else {
        status = gaps_room_for_gapped(pool, account, offer->nonce, size, old);
    }
    if (status != MEMPOOL_OK) {
        return status;
    }
    account = take_account(pool, &offer->sender, next);
    struct pooled *tx = make(pool, account, offer);
    if (old != NULL) {
        replace(pool, old, tx);
    } else {
        put_in_order(account, tx);
        gaps_enter(pool, tx);
    }
    mempool_refresh(pool, account);
    return MEMPOOL_OK;
}

bool mempool_find(const struct mempool *pool, const struct hash *id, struct bytes *envelope)
{
    const struct pooled *tx = (const struct pooled *)hash_table_find(&pool->by_id, id);
    *envelope = tx == NULL ? (struct bytes){NULL, 0} : tx->envelope;
    return tx != NULL;
}

uint64_t mempool_next_nonce(const struct mempool *pool, const struct address *sender,
                            uint64_t next_nonce)
{
    const struct mempool_account *account = find_account(pool, sender);
    if (account == NULL) {
        return next_nonce;
    }
    uint64_t next = account->next_nonce > next_nonce ? account->next_nonce : next_nonce;
    for (const struct pooled *tx = account->first; tx != NULL; tx = tx->next) {
        next += tx->nonce == next ? 1 : 0;
    }
    return next;
}

bool mempool_ready(const struct mempool *pool)
{
    return pool->ready_count > 0;
}

/* The chain has come to this nonce: the account's queue loses what lies below. */
static void move_on(struct mempool *pool, struct mempool_account *account, uint64_t next_nonce)
{
    while (account->first != NULL && account->first->nonce < next_nonce) {
        struct pooled *stale = account->first;
        gaps_pass(pool, stale);
        account->first = stale->next;
        *(stale->next == NULL ? &account->last : &stale->next->prev) = NULL;
        forget(pool, stale);
    }
    gaps_move(pool, account, next_nonce);
    mempool_refresh(pool, account);
}

static void note_departure(struct mempool *pool, uint64_t height, uint64_t arrived_us)
{
    if (pool->departure_count == pool->departure_room) {
        pool->departure_room = 2 * pool->departure_room + 64;
        pool->departures =
            memory_resize(pool->departures, pool->departure_room * sizeof(*pool->departures));
    }
    pool->departures[pool->departure_count++] = (struct departure){height, arrived_us};
}

void mempool_take_arrivals(struct mempool *pool, uint64_t height,
                           void (*each)(void *context, uint64_t arrived_us), void *context)
{
    size_t taken = 0;
    while (taken < pool->departure_count && pool->departures[taken].height <= height) {
        each(context, pool->departures[taken++].arrived_us);
    }
    if (taken > 0) {
        pool->departure_count -= taken;
        memmove(pool->departures, pool->departures + taken,
                pool->departure_count * sizeof(*pool->departures));
    }
}

void mempool_decided(struct mempool *pool, uint64_t height, struct bytes body)
{
    size_t offset = 0;
    struct bytes envelope;
    bool malformed = false;
    while (ledger_next_envelope(body, &offset, &envelope, &malformed)) {
        struct transaction tx;
        struct bytes sidecar;
        struct address sender;
        if (transaction_decode(&tx, &sidecar, envelope, NULL, 0) != TRANSACTION_OK) {
            continue;
        }
        address_of(&sender, &tx.sender);
        struct mempool_account *account = take_account(pool, &sender, 0);
        const struct pooled *pooled = find_nonce(account, tx.nonce);
        if (pooled != NULL && bytes_equal(pooled->envelope, envelope)) {
            note_departure(pool, height, pooled->arrived_us);
        }
        account->decided_height = height;
        move_on(pool, account,
                tx.nonce >= account->next_nonce ? tx.nonce + 1 : account->next_nonce);
    }
}

static bool fits_body(const struct mempool_limits *limits, const struct pooled *tx)
{
    return tx->envelope.size + ENVELOPE_OVERHEAD <= limits->body_bytes_max &&
           tx->gas_limit <= limits->body_gas_max;
}

static void sweep(struct mempool *pool, uint64_t height, bool building)
{
    struct hash_table_walk walk;
    struct pooled *tx;
    hash_table_walk_init(&walk, &pool->by_id);
    while ((tx = (struct pooled *)hash_table_walk_next(&walk)) != NULL) {
        if (tx->expires_at < height || (building && !fits_body(&pool->limits, tx))) {
            struct mempool_account *account = tx->account;
            mempool_remove(pool, tx);
            mempool_refresh(pool, account);
        }
    }
    gaps_trim(pool);
}

void mempool_drop_useless(struct mempool *pool, uint64_t height)
{
    sweep(pool, height, true);
}

void mempool_committed(struct mempool *pool, uint64_t height,
                       uint64_t (*next_nonce)(void *context, const struct address *sender),
                       void *context)
{
    struct hash_table_walk walk;
    struct mempool_account *account;
    hash_table_walk_init(&walk, &pool->accounts);
    while ((account = (struct mempool_account *)hash_table_walk_next(&walk)) != NULL) {
        if (account->decided_height != 0 && account->decided_height <= height) {
            account->decided_height = 0;
            move_on(pool, account, next_nonce(context, &account->address));
        }
    }
    gaps_trim(pool);
    if (height % SWEEP_INTERVAL == 0) {
        sweep(pool, height + 1, false);
    }
}

/* The account's executable ones, or its gapped ones. False where `each` wants no more. */
static bool walk_account(const struct mempool_account *account, bool gapped,
                         bool (*each)(void *context, struct bytes envelope), void *context)
{
    const struct pooled *end = gapped ? NULL : account->gap;
    for (const struct pooled *tx = gapped ? account->gap : account->first; tx != end;
         tx = tx->next) {
        if (!each(context, tx->envelope)) {
            return false;
        }
    }
    return true;
}

void mempool_walk(const struct mempool *pool, bool (*each)(void *context, struct bytes envelope),
                  void *context)
{
    for (int gapped = 0; gapped <= 1; gapped++) {
        struct hash_table_walk walk;
        const struct mempool_account *account;
        hash_table_walk_init(&walk, &pool->accounts);
        while ((account = (const struct mempool_account *)hash_table_walk_next(&walk)) != NULL) {
            if (!walk_account(account, gapped == 1, each, context)) {
                return;
            }
        }
    }
}

void mempool_walk_ids(const struct mempool *pool,
                      void (*each)(void *context, const struct hash *id, struct bytes envelope),
                      void *context)
{
    struct hash_table_walk walk;
    const struct pooled *tx;
    hash_table_walk_init(&walk, &pool->by_id);
    while ((tx = (const struct pooled *)hash_table_walk_next(&walk)) != NULL) {
        each(context, &tx->id, tx->envelope);
    }
}

void mempool_read_usage(const struct mempool *pool, struct mempool_usage *out)
{
    *out = pool->usage;
}

bool mempool_names_blob(const struct mempool *pool, const struct hash *root)
{
    struct hash_table_walk walk;
    const struct pooled *tx;
    hash_table_walk_init(&walk, &pool->by_id);
    while ((tx = (const struct pooled *)hash_table_walk_next(&walk)) != NULL) {
        if (tx->blob_size > 0 && hash_equal(&tx->blob_root, root)) {
            return true;
        }
    }
    return false;
}
