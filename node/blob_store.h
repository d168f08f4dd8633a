/* Blobs on disk: files of the home named by their Merkle root, whole or not there.
 *
 * A blob is written to a file of its own, in any order, and counts as held once its root was computed
 * from what is in the file, and file and name are durable. What a block names stays as long as blocks
 * do, since whoever executes the block needs it. What no block names yet, an upload before its
 * transaction, counts against a quota, and gives way to others when it is old.
 *
 *     <root>          held
 *     <root>.N.part   being written; removed when the store opens
 *
 * Calls marked "any thread" may be made from any; the others from one thread, the loop's. A failure of
 * the disk other than its being full ends the process (node/fault.h). */
#ifndef NODE_BLOB_STORE_H
#define NODE_BLOB_STORE_H

#include "base/buffer.h"
#include "crypto/merkle.h"

#define BLOB_SIZE_MAX     (UINT32_C(1) << 27) /* bytes */
#define BLOB_UNUSED_S_MIN 600 /* a blob that no block names gives way after as long */

#define BLOB_STATUS_LIST(X)                                                                        \
    X(BLOB_OK, "ok")                                                                               \
    X(BLOB_SIZE, "a blob has 1 to 134217728 bytes")                                                \
    X(BLOB_QUOTA, "the quota for blobs that no block names is used up")                            \
    X(BLOB_DISK_FULL, "the disk is full")                                                          \
    X(BLOB_WRONG, "the bytes do not have this root")

#define BLOB_STATUS_ENUM(name, text) name,
enum blob_status { BLOB_STATUS_LIST(BLOB_STATUS_ENUM) };
#undef BLOB_STATUS_ENUM

const char *blob_status_text(enum blob_status status); /* Static string; never NULL. */

struct blob_store;

struct blob_store_options {
    const char *directory;
    bool read_only; /* of a stopped node: nothing is made, removed or written */
    uint64_t quota; /* bytes of blobs that no block names, with those being written */
    void *context;
    /* Is this blob, which no block names, still waited for? Then it stays, however old. May be NULL.
     * Called from blob_writer_open(), and must not call the store. */
    bool (*wanted)(void *context, const struct hash *root);
};

/* Open the directory, make it where it is missing, remove what was not finished. False with one line
 * in `error`. */
NODISCARD bool blob_store_open(struct blob_store **out, const struct blob_store_options *options,
                               char *error, size_t error_size);
void blob_store_close(struct blob_store *store); /* NULL is allowed. */

/* Is a blob of this root and size held? With size 0: of any size. Any thread. */
bool blob_store_has(struct blob_store *store, const struct hash *root, uint32_t size);
uint32_t blob_store_size(struct blob_store *store, const struct hash *root); /* 0: not held. */

/* A block names it: it stays, and no longer counts against the quota. Any thread. */
void blob_store_keep(struct blob_store *store, const struct hash *root);

/* Lend the whole blob, read only, until blob_store_unmap(). Its root is computed the first time in a
 * process: a file that changed ends it (FAULT_CORRUPT). False where it is not held. Any thread. */
NODISCARD bool blob_store_map(struct blob_store *store, const struct hash *root, struct bytes *out);
void blob_store_unmap(struct bytes blob);

/* An open file that stays readable though the blob may be removed: -1 where it is not held. The caller
 * closes it. Any thread. */
NODISCARD int blob_store_descriptor(struct blob_store *store, const struct hash *root);

/* Hashes of its segments, appended to `out`: merkle_segment_count() of them. Computed once; reads the
 * whole blob then. False where it is not held. Any thread. */
NODISCARD bool blob_store_segments(struct blob_store *store, const struct hash *root,
                                   struct buffer *out);

struct blob_usage {
    uint64_t count;        /* held */
    uint64_t bytes;        /* of them */
    uint64_t unused_bytes; /* of those that no block names */
    uint64_t open_bytes;   /* of those being written */
};
void blob_store_read_usage(struct blob_store *store, struct blob_usage *out);

/* Writing. A writer is used by one thread at a time. */
struct blob_writer;

/* Begin a blob: BLOB_SIZE, BLOB_QUOTA, BLOB_DISK_FULL. Old unused blobs are removed for its sake.
 * `needed` writes beyond the quota: a block that is decided or voted for is waiting. */
NODISCARD enum blob_status blob_writer_open(struct blob_writer **out, struct blob_store *store,
                                            const struct hash *root, uint32_t size, bool needed);

/* Write bytes that lie within the size (asserted). BLOB_DISK_FULL. */
NODISCARD enum blob_status blob_writer_put(struct blob_writer *writer, uint32_t offset,
                                           struct bytes data);

/* All is written: check the root, make it durable, hold it. BLOB_WRONG, BLOB_DISK_FULL. The writer is
 * still to be closed. Any thread. */
NODISCARD enum blob_status blob_writer_finish(struct blob_writer *writer);

/* Frees the writer; removes what was not finished. NULL is allowed. */
void blob_writer_close(struct blob_writer *writer);

#endif /* NODE_BLOB_STORE_H */
