/* Models and aggregates between a client and its node: /blob/<root>, in pieces that are asked for again
 * where the connection broke (docs/rpc.md). */
#ifndef TOOLS_CLIENT_BLOB_H
#define TOOLS_CLIENT_BLOB_H

#include "crypto/hash.h"
#include "tools/client/rpc.h"

#define BLOB_PIECE_SIZE ((size_t)1 << 20) /* bytes */

/* Put a blob to the node, or what is missing of it there. True once the node holds it on disk. Says on a
 * terminal how far it is. */
NODISCARD bool blob_put(struct rpc *rpc, struct bytes blob, struct fault *fault);

/* Replace `out` with the blob, and check that it has this root. */
NODISCARD bool blob_get(struct rpc *rpc, struct buffer *out, const struct hash *root, uint32_t size,
                        struct fault *fault);

#endif /* TOOLS_CLIENT_BLOB_H */
