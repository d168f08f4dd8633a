/* Inside of the state store: what one block changes, as a list of writes. */
#ifndef NODE_STATE_BATCH_H
#define NODE_STATE_BATCH_H

#include "node/state_tables.h"

struct state_batch_node; /* a node of the trie, written or erased */

struct state_batch {
    struct state_snapshot *snapshot; /* NULL: nothing is below (genesis) */
    struct state_batch_node *nodes;
    /* u8 table, bool erased, bytes key, bytes value (BCS), one after another */
    struct buffer writes;
    uint32_t write_count;
    uint64_t height; /* of the head in it */
};

void state_batch_write(struct state_batch *batch, enum state_table table, struct bytes key,
                       struct bytes value);

/* Nothing more is read or added: close the snapshot, add the nodes of the trie to the writes. */
void state_batch_finish(struct state_batch *batch);

#endif /* NODE_STATE_BATCH_H */
