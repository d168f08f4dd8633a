/* Inside of the state store: what one block changes, as a list of writes. */
#ifndef NODE_STATE_BATCH_H
#define NODE_STATE_BATCH_H

#include "node/state_layer.h"

struct state_batch {
    struct state_snapshot *snapshot; /* NULL: nothing is below (genesis) */
    /* In the order of writing; the entries' keys and values have their sizes, and no address yet. */
    struct state_writes writes[STATE_TABLE_COUNT];
    uint64_t height; /* of the head in it */
};

void state_batch_write(struct state_batch *batch, enum state_table table, struct bytes key,
                       struct bytes value);

#endif /* NODE_STATE_BATCH_H */
