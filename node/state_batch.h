/* Inside of the state store: what one block changes, as a list of writes that can be done again. */
#ifndef NODE_STATE_BATCH_H
#define NODE_STATE_BATCH_H

#include "node/state_tables.h"

struct state_batch_node; /* a node of the trie, written or erased */

struct state_batch {
    struct state_batch *next;        /* in a group of commits */
    struct state_snapshot *snapshot; /* NULL: nothing is below (genesis) */
    struct state_batch_node *nodes;
    struct buffer
        writes; /* u8 table, bool erased, bytes key, bytes value (BCS), one after another */
};

void state_batch_write(struct state_batch *batch, enum state_table table, struct bytes key,
                       struct bytes value);

/* Do all of it in a write transaction. Returns an LMDB result; MDB_MAP_FULL is the caller's to
 * mend. */
NODISCARD int state_batch_apply(struct state_batch *batch, const struct state_store *store,
                                MDB_txn *txn);

#endif /* NODE_STATE_BATCH_H */
