/* The pool of transactions that wait for a block.
 *
 * Each account has a queue by nonce. A transaction is executable when all from the account's next nonce
 * up to its own are here, and gapped otherwise. Blocks take executable ones: the better gas price goes
 * first, then the older.
 *
 * Gapped ones pay nothing and leave by no block, so they only borrow room: at most one half of the pool,
 * and an executable one that finds no other room takes the place of a gapped one. That is the last of
 * the account whose gapped ones take the most memory, so that a flood displaces itself. Within an account the
 * lower nonce displaces the highest. Blocks drain executable ones, whether these can pay or not.
 *
 * An add costs O(log accounts), and O(account_count_max) where it comes out of order.
 *
 * A data structure without I/O: what comes in was checked by node/verify.h. */
#ifndef NODE_MEMPOOL_H
#define NODE_MEMPOOL_H

#include "base/buffer.h"
#include "crypto/address.h"
#include "market/records.h"

#define MEMPOOL_STATUS_LIST(X)                                                                     \
    X(MEMPOOL_OK, "ok")                                                                            \
    X(MEMPOOL_KNOWN, "the transaction is in the pool already")                                     \
    X(MEMPOOL_STALE, "a transaction with this nonce is in a block already")                        \
    X(MEMPOOL_FULL, "the pool is full")                                                            \
    X(MEMPOOL_ACCOUNT_LIMIT, "the account has as many transactions in the pool as it may")         \
    X(MEMPOOL_UNDERPRICED, "the nonce is taken; replacing needs a gas price 10 % higher")          \
    X(MEMPOOL_TOO_LARGE, "the transaction does not fit into a block")                              \
    X(MEMPOOL_EXPIRY_FAR, "the transaction expires too far ahead")                                 \
    X(MEMPOOL_GAPPED, "one with a lower nonce is missing, and no more that wait for such fit")

#define MEMPOOL_STATUS_ENUM(name, text) name,
enum mempool_status { MEMPOOL_STATUS_LIST(MEMPOOL_STATUS_ENUM) };
#undef MEMPOOL_STATUS_ENUM
#define MEMPOOL_STATUS_ONE(name, text) +1
#define MEMPOOL_STATUS_COUNT           (0 MEMPOOL_STATUS_LIST(MEMPOOL_STATUS_ONE))

const char *mempool_status_text(enum mempool_status status); /* Static string; never NULL. */
const char *mempool_status_name(enum mempool_status status); /* "MEMPOOL_FULL" */

#define MEMPOOL_GAPPED_PART 2 /* gapped ones take at most one part in so many of count and bytes */

struct mempool_limits {
    uint32_t count_max;         /* transactions */
    uint64_t bytes_max;         /* of envelopes */
    uint32_t account_count_max; /* transactions of one account */
    uint64_t expiry_max;        /* heights ahead */
    uint64_t body_bytes_max;    /* of a block's body */
    uint32_t body_count_max;    /* transactions of a block */
    uint64_t body_gas_max;      /* gas limits of a block's transactions together */
    uint64_t body_blobs_max;    /* bytes of the blobs that they name together */
};

/* A checked transaction. */
struct mempool_offer {
    struct hash id;
    struct address sender;
    uint64_t nonce;
    uint64_t gas_limit;
    uint64_t gas_price; /* units for one gas */
    uint64_t expires_at;
    struct hash blob_root;
    uint32_t blob_size;    /* bytes of the blob that it names; 0: none */
    uint64_t arrived_us;   /* by the caller's clock; the pool only keeps it */
    struct bytes envelope; /* copied */
};

struct mempool;

struct mempool *mempool_new(const struct mempool_limits *limits); /* Copies. */
void mempool_free(struct mempool *pool);                          /* NULL is allowed. */

/* The bounds of a block's body are those of these parameters from now on. */
void mempool_set_body(struct mempool *pool, const struct parameters *parameters);

/* Offer a transaction while the committed state is at `height` and the sender's next nonce there is
 * `next_nonce`. Every status but MEMPOOL_OK leaves the pool as it was; with that, gapped ones may have
 * left. MEMPOOL_FULL: executable ones alone leave no room, or what is left is too little for a gapped
 * one. MEMPOOL_ACCOUNT_LIMIT: no gapped one of the account has a higher nonce. */
NODISCARD enum mempool_status mempool_add(struct mempool *pool, const struct mempool_offer *offer,
                                          uint64_t next_nonce, uint64_t height);

/* The envelope of a transaction in the pool, borrowed until the pool changes. */
NODISCARD bool mempool_find(const struct mempool *pool, const struct hash *id,
                            struct bytes *envelope);

/* The nonce for a new transaction after those in the pool without a gap; `next_nonce` from state. */
uint64_t mempool_next_nonce(const struct mempool *pool, const struct address *sender,
                            uint64_t next_nonce);

/* Does a transaction in the pool name this blob? */
bool mempool_names_blob(const struct mempool *pool, const struct hash *root);

bool mempool_ready(const struct mempool *pool); /* Could a block be filled with something? */

/* Append to `body` what a block of `height` takes, and give its root. Returns the number of transactions;
 * with 0 the body is empty. Drops those that expired, and those that fit no block. */
uint32_t mempool_build(struct mempool *pool, uint64_t height, struct buffer *body,
                       struct hash *root);

/* The ids of what the last mempool_build() took, in order; borrowed until the next one. */
const struct hash *mempool_built(const struct mempool *pool, size_t *count);

/* A block was decided: its transactions leave the pool, and their senders' nonces move on. */
void mempool_decided(struct mempool *pool, uint64_t height, struct bytes body);

/* The state of `height` is committed: take the next nonces of the accounts that blocks up to it
 * touched from there, and drop what expired. */
void mempool_committed(struct mempool *pool, uint64_t height,
                       uint64_t (*next_nonce)(void *context, const struct address *sender),
                       void *context);

/* Call `each` with the `arrived_us` of every transaction that left the pool by a block up to `height`:
 * once for each. */
void mempool_take_arrivals(struct mempool *pool, uint64_t height,
                           void (*each)(void *context, uint64_t arrived_us), void *context);

/* Every envelope until `each` returns false: first the executable ones, and those of each account by their
 * nonce, so that who is given some of them can use them. */
void mempool_walk(const struct mempool *pool, bool (*each)(void *context, struct bytes envelope),
                  void *context);

/* The same with their ids, in no particular order and to the end. */
void mempool_walk_ids(const struct mempool *pool,
                      void (*each)(void *context, const struct hash *id, struct bytes envelope),
                      void *context);

struct mempool_usage {
    uint32_t count;
    uint32_t accounts;
    uint64_t bytes;
    uint32_t gapped;       /* of `count` */
    uint64_t gapped_bytes; /* of `bytes` */
    uint64_t evicted;      /* gapped ones that had to make room, since the start */
};
void mempool_read_usage(const struct mempool *pool, struct mempool_usage *out);

#endif /* NODE_MEMPOOL_H */
