/* Decided blocks, in order of height, in append-only segment files.
 *
 * A record is two byte strings that the store does not read: the block as block_encode() writes it
 * (consensus/block.h) and the certificate that decided it. Heights are consecutive. Appending does not
 * wait for the disk; block_store_sync() does, and a block counts as kept only then: the write-ahead
 * log of its height and the state that it led to may rely on it only after that. A torn tail is dropped at opening. A failed write or fsync stops the process
 * (node/fault.h).
 *
 * Reading is for any thread. Appending is for one thread, syncing for one, which may be another. */
#ifndef NODE_BLOCK_STORE_H
#define NODE_BLOCK_STORE_H

#include "base/buffer.h"

#define BLOCK_STORE_SEGMENT_SIZE (64u << 20) /* bytes, after which a new file is begun */
#define BLOCK_SIZE_MAX           (8u << 20)  /* bytes of one encoded block */
#define BLOCK_CERTIFICATE_MAX    (64u << 10) /* bytes */

#define BLOCK_STORE_STATUS_LIST(X)                                                                 \
    X(BLOCK_STORE_OK, "ok")                                                                        \
    X(BLOCK_STORE_IO, "the block store cannot be read or written")                                 \
    X(BLOCK_STORE_CORRUPT, "a durable block is damaged on disk")                                   \
    X(BLOCK_STORE_ABSENT, "no block has this height")

#define BLOCK_STORE_STATUS_ENUM(name, text) name,
enum block_store_status { BLOCK_STORE_STATUS_LIST(BLOCK_STORE_STATUS_ENUM) };
#undef BLOCK_STORE_STATUS_ENUM

const char *block_store_status_text(enum block_store_status status);

struct block_record {
    uint64_t height;
    struct bytes block;       /* block_encode(): header, body, last_commit */
    struct bytes certificate; /* certificate_encode(): what decided this block */
};

struct block_store_options {
    const char *directory; /* made where it is missing; its parent exists */
    size_t segment_size;   /* bytes; 0: BLOCK_STORE_SEGMENT_SIZE */
    bool read_only;        /* change nothing on disk: a torn tail is only ignored */
};

struct block_store;

/* Open or create. Reads one small index per finished segment and scans the last segment; an index
 * that is missing or damaged is made anew. On error *out is NULL and `error` holds one line that names
 * the file, the byte and the reason. */
NODISCARD enum block_store_status block_store_open(struct block_store **out,
                                                   const struct block_store_options *options,
                                                   char *error, size_t error_size);
void block_store_close(struct block_store *store); /* Syncs first. NULL is allowed. */

uint64_t block_store_first_height(struct block_store *store); /* 0 where the store is empty */
uint64_t block_store_last_height(struct block_store *store);  /* 0 where the store is empty */
uint64_t block_store_durable_height(struct block_store *store);
uint64_t block_store_size(struct block_store *store); /* Bytes of all segments. */

/* Append the block after the last one (any height where the store is empty; asserted, as are the
 * bounds above). Readable at once, kept after block_store_sync(). */
void block_store_append(struct block_store *store, const struct block_record *record);
void block_store_sync(struct block_store *store);

/* Delete the segments whose blocks are all below `height`, oldest first; the last one stays. For the
 * appending thread; readers find the blocks absent. */
void block_store_drop_before(struct block_store *store, uint64_t height);

/* Read one block, checked against its checksum. `storage` is cleared and owns what *out borrows.
 * BLOCK_STORE_ABSENT, BLOCK_STORE_IO or BLOCK_STORE_CORRUPT otherwise, and *out is zero. */
NODISCARD enum block_store_status block_store_read(struct block_store *store, uint64_t height,
                                                   struct buffer *storage,
                                                   struct block_record *out);

/* One line about a read that failed: which file, where, and what to do. */
void block_store_explain(struct block_store *store, uint64_t height, enum block_store_status status,
                         char *error, size_t error_size);

/* How many blocks from `height` on fit in `size_max` bytes together, at most `count_max`: at least 1
 * where `height` is there, 0 where it is not. For answers to peers that catch up. */
uint32_t block_store_range(struct block_store *store, uint64_t height, uint32_t count_max,
                           size_t size_max);

/* The content of a record on disk, without its frame: u64 height, then block and certificate, each
 * length-prefixed (BCS). Public for `soukd verify` and the fuzzer. False where it is not
 * canonical or out of bounds. *out borrows `input`. */
void block_record_write(struct buffer *out, const struct block_record *record);
NODISCARD bool block_record_read(struct block_record *out, struct bytes input);

#endif /* NODE_BLOCK_STORE_H */
