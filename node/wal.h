/* The consensus write-ahead log: what must be on disk before a vote may be sent.
 *
 * Records are appended from the loop's thread into memory; at a flush one writer thread writes
 * everything that has gathered with one pwrite and one fdatasync (group commit) and then tells the
 * loop. The log is a directory of preallocated segments; a segment is deleted when all its heights
 * are decided and durable in the block store. A write or fsync that fails stops the process
 * (node/fault.h).
 *
 * A crash may tear the records that no fdatasync covered. Opening drops such a tail silently: nothing
 * was sent on the strength of it. A damaged record that was durable and is followed by later ones is no
 * tear but a broken disk, and the log is refused. The last group has none after it, so it is written twice:
 * where it was torn or has rotted, its copy is read. A large one is not; a second fdatasync then covers a mark
 * that it was durable, and without it the log is refused. docs/storage.md has the byte tables and the
 * argument. */
#ifndef NODE_WAL_H
#define NODE_WAL_H

#include <uv.h>

#include "base/bytes.h"

#define WAL_SEGMENT_SIZE ((size_t)16 * 1024 * 1024) /* bytes */
#define WAL_PAYLOAD_MAX  ((size_t)12 * 1024 * 1024) /* bytes of one record */
#define WAL_COPY_MAX     ((size_t)256 * 1024)       /* bytes of a group that is written twice */
#define WAL_BUCKET_COUNT 14

#define WAL_STATUS_LIST(X)                                                                         \
    X(WAL_OK, "ok")                                                                                \
    X(WAL_IO, "the log cannot be read or written")                                                 \
    X(WAL_CORRUPT, "a durable record of the log is damaged")                                       \
    X(WAL_REFUSED, "the reader of the log refused a record")

#define WAL_STATUS_ENUM(name, text) name,
enum wal_status { WAL_STATUS_LIST(WAL_STATUS_ENUM) };
#undef WAL_STATUS_ENUM

const char *wal_status_text(enum wal_status status);

struct wal_record {
    uint64_t sequence;    /* 1, 2, 3 ... over the life of the log */
    uint64_t height;      /* the consensus height it belongs to */
    uint8_t type;         /* the caller's */
    struct bytes payload; /* borrowed for the call */
};

struct wal_options {
    const char *directory; /* made where it is missing; its parent exists */
    size_t segment_size;   /* bytes; 0: WAL_SEGMENT_SIZE. Tests use small ones */
    uv_loop_t *loop;       /* on whose thread on_durable runs; outlives the log's closing */
    void *context;         /* for the two calls below */
    /* Called in order for every record that survived, during wal_open(). False ends the opening
     * with WAL_REFUSED. NULL: not wanted. */
    bool (*on_record)(void *context, const struct wal_record *record);
    /* On the loop's thread: all records up to and including `sequence` are on disk. Calls may be
     * merged; `sequence` grows. Never called from inside wal_append(). */
    void (*on_durable)(void *context, uint64_t sequence);
};

struct wal;

/* Open or create the log, drop a torn tail, give the records to on_record, start the writer. On error
 * *out is NULL and `error` holds one line that names file, byte and reason. */
NODISCARD enum wal_status wal_open(struct wal **out, const struct wal_options *options, char *error,
                                   size_t error_size);

/* Append a record and return its sequence. Loop's thread only; copies the payload, at most
 * WAL_PAYLOAD_MAX bytes (asserted). It is written after the next wal_flush(). */
uint64_t wal_append(struct wal *wal, uint8_t type, uint64_t height, struct bytes payload);

/* Have what was appended written: records that belong together are appended first, so that one sync
 * makes them durable. Loop's thread only; does not block on the disk. */
void wal_flush(struct wal *wal);

uint64_t wal_durable(struct wal *wal);    /* Sequence up to which records are on disk. */
uint64_t wal_appended(struct wal *wal);   /* Sequence of the last record, 0 where there is none. */
size_t wal_pending_size(struct wal *wal); /* Bytes appended and not yet durable. */
/* Flush, and block until it is durable: for the start. */
void wal_wait(struct wal *wal, uint64_t sequence);

/* Records below `height` are no longer needed: the blocks of those heights are durable elsewhere
 * (block_store_durable_height()). Whole segments are deleted, soon, by the writer thread. */
void wal_truncate_before(struct wal *wal, uint64_t height);

/* Make everything appended durable, stop the writer, and free the log once `on_closed` (may be NULL)
 * has been called on the loop. The loop must run until then. Loop's thread only. */
void wal_close(struct wal *wal, void (*on_closed)(void *context), void *context);

struct wal_statistics {
    uint64_t sync_count;
    uint64_t sync_ns;                   /* spent in fdatasync, together */
    uint64_t buckets[WAL_BUCKET_COUNT]; /* syncs that took at most wal_bucket_us[i]; not summed */
    uint64_t written_bytes;
    uint64_t record_count;  /* appended since the log was opened */
    uint32_t segment_count; /* files */
};

/* Upper bounds of the buckets of wal_fsync_seconds, in microseconds; the last is UINT64_MAX. */
extern const uint64_t wal_bucket_us[WAL_BUCKET_COUNT];
void wal_read_statistics(struct wal *wal, struct wal_statistics *out); /* Any thread. */

/* Read a log without changing it, as wal_open() would see it; for `soukd verify` and `inspect`.
 * *torn_bytes (may be NULL) is what a start would drop. */
NODISCARD enum wal_status wal_scan(const struct wal_options *options, uint64_t *torn_bytes,
                                   char *error, size_t error_size);

#endif /* NODE_WAL_H */
