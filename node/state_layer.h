/* Inside of the state store: one executed block's writes, in memory over the database.
 *
 * A layer is made from a batch, never changes, and is found by binary search. Snapshots look through
 * the layers from the newest down and then into LMDB; several layers are written to LMDB in one
 * transaction. There may be hundreds of layers, and most do not have a key: a bit for each key's hash
 * tells so without a search. */
#ifndef NODE_STATE_LAYER_H
#define NODE_STATE_LAYER_H

#include "node/state_tables.h"

struct state_entry {
    bool erased;
    uint32_t order; /* of entries with the same key the highest counts */
    struct bytes key;
    struct bytes value;
};

/* Of one table. */
struct state_writes {
    struct buffer entries; /* struct state_entry */
    struct buffer data;    /* of each entry its key and its value */
};

void state_writes_close(struct state_writes *writes);

struct state_layer {
    uint64_t height;
    uint32_t references;                           /* guarded by the store's mutex */
    struct state_writes writes[STATE_TABLE_COUNT]; /* sorted, each key once */
    uint64_t *filter; /* bits: those at the hashes of the keys are set */
    uint64_t filter_mask;
};

/* Takes the writes of the batch, whose snapshot it closes, and frees it. One reference. */
struct state_layer *state_layer_new(struct state_batch *batch);
void state_layers_release(struct state_layer *const *layers,
                          uint32_t count); /* One reference each. */

/* For the filters: computed once for all layers. */
uint64_t state_layer_hash(enum state_table table, struct bytes key);

/* The entry of a key, whose hash is this, or NULL. */
const struct state_entry *state_layer_find(const struct state_layer *layer, enum state_table table,
                                           struct bytes key, uint64_t hash);
/* The entries of a table, sorted. */
const struct state_entry *state_layer_entries(const struct state_layer *layer,
                                              enum state_table table, size_t *count);
/* Index of the first entry of `table` at or after `key`, or their count. */
size_t state_layer_seek(const struct state_layer *layer, enum state_table table, struct bytes key);

/* Do all of the layers, oldest first, in a write transaction. Returns an LMDB result; MDB_MAP_FULL is
 * the caller's to mend. */
NODISCARD int state_layers_apply(struct state_layer *const *layers, uint32_t count,
                                 const struct state_store *store, MDB_txn *txn);

#endif /* NODE_STATE_LAYER_H */
