/* The inside of the pool, shared by mempool.c and mempool_build.c; nobody else includes it. */
#ifndef NODE_MEMPOOL_STATE_H
#define NODE_MEMPOOL_STATE_H

#include "base/memory.h"
#include "base/table.h"
#include "node/hash_table.h"
#include "node/mempool.h"

struct pooled {
    struct hash_table_entry entry; /* by id */
    struct hash id;
    struct mempool_account *account;
    struct pooled *next; /* of the account, by nonce */
    uint64_t nonce;
    uint64_t gas_limit;
    uint64_t gas_price;
    uint64_t expires_at;
    struct hash blob_root;
    uint32_t blob_size; /* 0: none */
    uint64_t arrival;   /* counts up */
    uint64_t arrived_us;
    struct bytes envelope; /* owned, behind the struct */
};

struct mempool_account {
    struct hash_table_entry entry; /* by address */
    struct address address;
    struct pooled *first;    /* lowest nonce */
    struct pooled *last;     /* highest; NULL where there is none */
    uint64_t next_nonce;     /* of the chain, decided blocks included */
    uint64_t decided_height; /* last block that touched it and is not yet committed; 0: none */
    uint32_t count;
    bool ready; /* first->nonce == next_nonce */
};

/* A transaction that is in a decided block. */
struct departure {
    uint64_t height;
    uint64_t arrived_us;
};

struct mempool {
    struct mempool_limits limits;
    struct hash_table by_id;
    struct hash_table accounts;
    struct mempool_usage usage;
    uint32_t ready_count; /* accounts that are ready */
    uint64_t arrivals;
    struct buffer built;          /* struct hash: ids of the last body */
    struct departure *departures; /* by height, until they are asked for */
    size_t departure_count;
    size_t departure_room;
};

/* Take a transaction out; its account stays, with `ready` as before. */
void mempool_remove(struct mempool *pool, struct pooled *tx);
/* After any change of an account: its flag, and its end where nothing is left to remember. */
void mempool_refresh(struct mempool *pool, struct mempool_account *account);
/* Drop what can no longer enter block `height`. */
void mempool_drop_expired(struct mempool *pool, uint64_t height);

#endif /* NODE_MEMPOOL_STATE_H */
