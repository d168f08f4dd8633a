/* Models and aggregates between a client and its node: /blob/<root>, in pieces that are asked for again
 * where the connection broke (docs/rpc.md). */
#ifndef TOOLS_CLIENT_BLOB_H
#define TOOLS_CLIENT_BLOB_H

#include "crypto/hash.h"
#include "tools/client/rpc.h"
#include "tools/client/source.h"

#define BLOB_PIECE_SIZE ((size_t)1 << 20) /* bytes */

/* Put a blob with this root to the node, or what is missing of it there. True once the node holds it on disk. Says on a
 * terminal how far it is. */
NODISCARD bool blob_put(struct rpc *rpc, const struct hash *root, const struct source *blob,
                        struct fault *fault);

/* Give a blob to `take` in order, in pieces of BLOB_PIECE_SIZE, the last one shorter. True once all of it
 * was taken and has this root. */
NODISCARD bool blob_each(struct rpc *rpc, const struct hash *root, uint32_t size, source_take *take,
                         void *context, struct fault *fault);

/* Replace `out` with the blob, and check that it has this root. */
NODISCARD bool blob_get(struct rpc *rpc, struct buffer *out, const struct hash *root, uint32_t size,
                        struct fault *fault);

#endif /* TOOLS_CLIENT_BLOB_H */
