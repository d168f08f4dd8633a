/* The inside of the pool, shared by mempool.c, mempool_gaps.c and mempool_build.c; nobody else includes it. */
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
    struct pooled *prev;
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
    struct pooled *gap;      /* the first that is gapped, as are all after it; NULL: none */
    uint64_t next_nonce;     /* of the chain, decided blocks included */
    uint64_t reach;          /* the first nonce from next_nonce on that is not here */
    uint64_t decided_height; /* last block that touched it and is not yet committed; 0: none */
    uint64_t gapped_cost;    /* bytes of memory that its gapped ones take */
    size_t crowd_place;      /* index in the pool's crowd + 1; 0: it is not there */
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
    uint32_t ready_count;           /* accounts that are ready */
    struct mempool_account **crowd; /* those with gapped ones: a heap, the highest cost on top */
    size_t crowd_count;
    size_t crowd_room;
    uint64_t arrivals;
    struct buffer built;          /* struct hash: ids of the last body */
    struct departure *departures; /* by height, until they are asked for */
    size_t departure_count;
    size_t departure_room;
};

/* Take a transaction out, which makes those after it gapped; its account stays, and is to be refreshed. */
void mempool_remove(struct mempool *pool, struct pooled *tx);
/* After any change of an account: its flag, its place in the crowd, and its end where nothing is left to
 * remember. */
void mempool_refresh(struct mempool *pool, struct mempool_account *account);
/* Drop what can no longer enter block `height`, whose bounds were set: expired ones, and those that fit no
 * block since governance lowered its bounds. */
void mempool_drop_useless(struct mempool *pool, uint64_t height);

/* Of mempool_gaps.c. `tx` is in its account's queue, at or above `reach`: it counts as gapped, or makes
 * itself and those that follow executable. */
void gaps_enter(struct mempool *pool, struct pooled *tx);
/* `tx` is about to leave its account's queue, at or above the account's next nonce. */
void gaps_leave(struct mempool *pool, struct pooled *tx);
/* The same for one that the chain has passed. */
void gaps_pass(struct mempool *pool, struct pooled *tx);
/* The account's next nonce is this one now, higher or lower, and nothing below it is in the queue. */
void gaps_move(struct mempool *pool, struct mempool_account *account, uint64_t next_nonce);
/* `tx` is about to give its place to `heir`, of the same nonce. */
void gaps_inherit(struct mempool *pool, struct pooled *tx, struct pooled *heir);
/* Bring the account to its place among those with gapped transactions. */
void gaps_place(struct mempool *pool, struct mempool_account *account);

/* Make room for an executable transaction of `size` bytes where `old`, which may be NULL, leaves: gapped
 * ones go. `account`, the sender's, may be NULL, and may be gone afterwards. */
NODISCARD enum mempool_status gaps_room_for_executable(struct mempool *pool,
                                                       struct mempool_account *account,
                                                       uint64_t size, const struct pooled *old);
/* The same for a gapped one of this nonce. */
NODISCARD enum mempool_status gaps_room_for_gapped(struct mempool *pool,
                                                   struct mempool_account *account, uint64_t nonce,
                                                   uint64_t size, const struct pooled *old);
/* Executable ones became gapped: drop what exceeds the part of the pool that those may take. */
void gaps_trim(struct mempool *pool);

#endif /* NODE_MEMPOOL_STATE_H */
