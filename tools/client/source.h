/* Bytes that are sent or hashed: in memory, or a part of an open file that is read as it is needed. */
#ifndef TOOLS_CLIENT_SOURCE_H
#define TOOLS_CLIENT_SOURCE_H

#include "crypto/hash.h"
#include "tools/client/fault.h"

#define SOURCE_PIECE 262144 /* bytes that are worth reading at once */

struct source {
    uint64_t size;
    const uint8_t *memory; /* borrowed; NULL: a file */
    int descriptor;        /* borrowed */
    uint64_t offset;       /* of the first byte in the file */
};

struct source source_of_bytes(struct bytes bytes);
struct source source_of_file(int descriptor, uint64_t offset, uint64_t size);

/* `size` bytes from `at` on (asserted to be within). False where the file cannot be read. */
NODISCARD bool source_read(const struct source *source, uint64_t at, void *out, size_t size,
                           struct fault *fault);

/* Give all of it to `take`, in order, at most SOURCE_PIECE bytes at a time, until that is false. */
typedef bool source_take(void *context, struct bytes piece, struct fault *fault);
NODISCARD bool source_each(const struct source *source, source_take *take, void *context,
                           struct fault *fault);

/* The root of its blob tree. */
NODISCARD bool source_root(struct hash *out, const struct source *source, struct fault *fault);

#endif /* TOOLS_CLIENT_SOURCE_H */
