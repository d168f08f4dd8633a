/* Blobs: the sidecars of executed transactions, found by their Merkle root. */
#ifndef NODE_BLOB_H
#define NODE_BLOB_H

#include "node/block_store.h"
#include "node/state_store.h"

/* Read a blob and check it against its root. `out` is cleared first. False where there is none, or
 * where the block that holds it is no longer there. */
NODISCARD bool blob_read(struct state_snapshot *snapshot, struct block_store *blocks,
                         const struct hash *root, struct buffer *out);

#endif /* NODE_BLOB_H */
