/* Where a program's blobs come from: files too large for a transaction, named by their Merkle root.
 *
 * The machine reads no files. Whoever runs it lends it bytes through this table: a node from its blob
 * store, the simulator and the tests from memory. */
#ifndef VM_BLOBS_H
#define VM_BLOBS_H

#include "crypto/hash.h"

struct blob_source {
    void *context;
    /* The blob with this root and size (bytes), borrowed until the block has been executed. False where
     * it is not here. */
    bool (*read)(void *context, const struct hash *root, uint32_t size, struct bytes *out);
};

/* The same in memory. */
struct blob_memory;
struct blob_memory *blob_memory_new(void);
void blob_memory_free(struct blob_memory *memory);                    /* NULL is allowed. */
void blob_memory_add(struct blob_memory *memory, struct bytes bytes); /* Copied. */
struct blob_source blob_memory_source(struct blob_memory *memory);

#endif /* VM_BLOBS_H */
