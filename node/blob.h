/* Blobs by their root, wherever they are: small ones, sidecars inside a block, in the block store; large
 * ones in the blob store. */
#ifndef NODE_BLOB_H
#define NODE_BLOB_H

#include "node/blob_store.h"
#include "node/block_store.h"
#include "node/state_store.h"
#include "vm/blobs.h"

/* Read a sidecar that stands in a block, and check it against its root. `out` is cleared first. False
 * where there is none, or where the block that holds it is no longer there. */
NODISCARD bool blob_read(struct state_snapshot *snapshot, struct block_store *blocks,
                         const struct hash *root, struct buffer *out);

/* What an execution reads: the bytes are lent until it is closed. One thread. */
struct blob_reading {
    struct state_snapshot *snapshot; /* borrowed, as are the stores */
    struct block_store *blocks;
    struct blob_store *blobs;
    struct buffer lent; /* what was read */
};

void blob_reading_open(struct blob_reading *out, struct state_snapshot *snapshot,
                       struct block_store *blocks, struct blob_store *blobs);
/* Take every blob that a body names. False with the first one that is not here. */
NODISCARD bool blob_reading_take(struct blob_reading *reading, struct bytes body,
                                 struct hash *missing, uint32_t *size);
struct blob_source blob_reading_source(struct blob_reading *reading); /* Borrows it. */
void blob_reading_close(struct blob_reading *reading);

#endif /* NODE_BLOB_H */
