/* The state database: one LMDB environment with the state after the last executed block, its trie,
 * and what clients ask for (receipts, transactions, events, blobs).
 *
 * Reading is by snapshots, from any thread; a snapshot sees one height and is held only shortly (it
 * keeps pages from being reused and the map from growing). Writing is one batch for each block, one
 * write transaction, by one thread, the executor's. A storage fault stops the process
 * (node/fault.h). Tables and keys: docs/storage.md. */
#ifndef NODE_STATE_STORE_H
#define NODE_STATE_STORE_H

#include "base/buffer.h"
#include "consensus/validator_set.h"
#include "crypto/hash.h"
#include "crypto/trie.h"
#include "market/genesis.h"
#include "market/ledger.h"
#include "vm/receipt.h"
#include "vm/state.h"

#define STATE_STORE_SCHEMA 2   /* version of the tables */
#define STATE_LAYERS_MAX   512 /* blocks over the database that are not in it yet */

#define STATE_STORE_STATUS_LIST(X)                                                                 \
    X(STATE_STORE_OK, "ok")                                                                        \
    X(STATE_STORE_IO, "the state database cannot be opened")                                       \
    X(STATE_STORE_GENESIS, "the first state cannot be made")                                       \
    X(STATE_STORE_CORRUPT, "the state database is damaged")                                        \
    X(STATE_STORE_WRONG_CHAIN, "the state database belongs to another chain")                      \
    X(STATE_STORE_WRONG_VERSION, "the state database was written by another version")

#define STATE_STORE_STATUS_ENUM(name, text) name,
enum state_store_status { STATE_STORE_STATUS_LIST(STATE_STORE_STATUS_ENUM) };
#undef STATE_STORE_STATUS_ENUM

const char *state_store_status_text(enum state_store_status status);

/* Where the state stands. */
struct state_head {
    uint64_t height;           /* last executed block; 0: genesis */
    uint64_t time_ms;          /* of its header; at height 0 the time of the genesis */
    struct hash digest;        /* of its header; at height 0 the chain id */
    struct hash state_root;    /* after it */
    struct hash receipts_root; /* of it; zero at height 0 */
    bool deadlines_pending;    /* more blocks are needed even without transactions */
};

extern const struct schema state_head_schema;

struct state_store_options {
    const char *directory;         /* made where it is missing; its parent exists */
    const struct genesis *genesis; /* passed genesis_check(); NULL: open what is there (inspect) */
    const char *base_state;        /* file that a fork begins with (node/base_state.h); or NULL */
    size_t map_size;               /* bytes to begin with; 0: 1 GiB. Grows by itself */
    bool read_only;
    bool scratch; /* never synced: for a temporary copy */
    bool empty;   /* make it without the first state: state_store_begin_at() completes it */
};

struct state_store;

/* Open, or create with the first state of `genesis`. On error *out is NULL and `error` holds one line
 * that names the file, what is wrong and what to do (restore a copy, or remove it and let the node
 * rebuild it from its blocks). A read-only or genesis-less opening of nothing is STATE_STORE_IO. */
NODISCARD enum state_store_status state_store_open(struct state_store **out,
                                                   const struct state_store_options *options,
                                                   char *error, size_t error_size);
void state_store_close(struct state_store *store); /* No snapshot is open. NULL is allowed. */

/* The state was put in by batches whose root is that of `head`: it stands there now. For a store that
 * was opened as `empty`. */
void state_store_begin_at(struct state_store *store, const struct state_head *head);

/* Copy the database without its free pages into the empty directory `directory`, durable on return. 0 or
 * an LMDB or errno code. */
NODISCARD int state_store_copy(struct state_store *store, const char *directory);

struct state_store_usage {
    uint64_t map_size;   /* bytes */
    uint64_t used_bytes; /* of the map */
};

void state_store_read_usage(struct state_store *store, struct state_store_usage *out);

/* A view of one height. Used by one thread at a time. */
struct state_snapshot;

struct state_snapshot *state_snapshot_open(struct state_store *store);
void state_snapshot_close(struct state_snapshot *snapshot); /* NULL is allowed. */
void state_snapshot_head(struct state_snapshot *snapshot, struct state_head *out);

/* The genesis of the chain in BCS (genesis_schema), appended to `out`. */
void state_snapshot_genesis(struct state_snapshot *snapshot, struct buffer *out);

/* Value of a state key, appended to `value`. False where there is none. */
NODISCARD bool state_snapshot_get(struct state_snapshot *snapshot, struct bytes key,
                                  struct buffer *value);

/* The snapshot as the ground of a state view (state_new()), and as a trie for trie_prove(), whose
 * put and erase it has not. Valid as long as the snapshot. */
struct state_source state_snapshot_source(struct state_snapshot *snapshot);
struct trie_store state_snapshot_trie(struct state_snapshot *snapshot);

/* The path that proves the key's value, or its absence, under the head's state root. */
void state_snapshot_prove(struct state_snapshot *snapshot, struct bytes key,
                          struct trie_proof *out);

/* Walk the state's keys in bytewise order, from the first >= `from`. Ends where `each` returns
 * false. Key and value are borrowed for the call. */
void state_snapshot_walk(struct state_snapshot *snapshot, struct bytes from,
                         bool (*each)(void *context, struct bytes key, struct bytes value),
                         void *context);

/* Encoded receipt `index` of block `height`, appended to `out`; the block's own receipt is the last.
 * False where there is none. */
NODISCARD bool state_snapshot_receipt(struct state_snapshot *snapshot, uint64_t height,
                                      uint32_t index, struct buffer *out);

/* Where a transaction was executed: height, and index in the block. False where it was not. */
struct transaction_place {
    uint64_t height;
    uint32_t index;
};

NODISCARD bool state_snapshot_transaction(struct state_snapshot *snapshot, const struct hash *id,
                                          struct transaction_place *out);

/* The validator set of a height, at most two above the head, out of the state: a new reference. */
struct validator_set *state_snapshot_validators(struct state_snapshot *snapshot, uint64_t height);

/* Append the links (consensus/handover.h) that lead from the set of the genesis to that of `height`. */
void state_snapshot_handovers(struct state_snapshot *snapshot, uint64_t height, struct buffer *out);

/* Position of an event: the n-th of receipt `index` of block `height`, counted from 0. */
struct event_cursor {
    uint64_t height;
    uint32_t index;
    uint32_t n;
};

/* Walk the events strictly after `after` in order; all zero begins at the first. Ends where `each`
 * returns false. event->data is borrowed for the call. */
void state_snapshot_events(struct state_snapshot *snapshot, const struct event_cursor *after,
                           bool (*each)(void *context, const struct event_cursor *cursor,
                                        const struct event *event),
                           void *context);

/* Where the bytes of a blob are: sidecars are kept once, in the block that brought them. Read them by
 * blob_read() (node/blob.h). */
struct blob_place {
    uint64_t height;
    uint32_t offset; /* bytes, into block_record.block */
    uint32_t size;   /* bytes */
};

NODISCARD bool state_snapshot_blob(struct state_snapshot *snapshot, const struct hash *root,
                                   struct blob_place *out);
void state_snapshot_blobs(struct state_snapshot *snapshot,
                          void (*each)(void *context, const struct hash *root,
                                       const struct blob_place *place),
                          void *context); /* All of them. */

/* What one block changes, gathered in memory. Reads of the trie see what the batch holds, then the
 * snapshot. */
struct state_batch;

/* `snapshot` is borrowed until the batch is committed or freed. */
struct state_batch *state_batch_new(struct state_snapshot *snapshot);
void state_batch_free(struct state_batch *batch); /* NULL is allowed. */
/* The changes of the state, as state_changes() gave them; `root` goes in as the root before them and
 * comes out as the one after. */
void state_batch_state(struct state_batch *batch, const struct state_change *changes, size_t count,
                       struct hash *root);
void state_batch_receipts(struct state_batch *batch, uint64_t height,
                          const struct ledger_results *results); /* and their events */
void state_batch_transaction(struct state_batch *batch, const struct hash *id,
                             const struct transaction_place *place);
void state_batch_blob(struct state_batch *batch, const struct hash *root,
                      const struct blob_place *place);
void state_batch_handover(struct state_batch *batch, uint64_t since, struct bytes link);
void state_batch_head(struct state_batch *batch, const struct state_head *head);

/* As state_snapshot_open(), for the thread that executes: sees also what is not shown. */
struct state_snapshot *state_snapshot_open_newest(struct state_store *store);

/* Put the batch over the state, in memory: the next block is executed on it. Closes the batch's snapshot
 * and frees the batch. Heights are consecutive (asserted). The thread that executes. */
void state_store_add(struct state_store *store, struct state_batch *batch);

/* Snapshots that are opened from now on see the blocks up to `height`. What they see must never be
 * taken back: the caller knows that these blocks are on disk. Any thread. */
void state_store_show(struct state_store *store, uint64_t height);

/* Write all blocks that are shown to the database, in one transaction. They are durable on return,
 * unless the machine itself loses power in the same instant: then at worst they are executed again.
 * One thread, which need not be the one that executes. */
void state_store_flush(struct state_store *store);

/* All three, for one block. */
void state_store_commit(struct state_store *store, struct state_batch *batch);

#endif /* NODE_STATE_STORE_H */
