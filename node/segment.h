/* Segments: append-only files of checked records, shared by the write-ahead log and the block store.
 *
 * A file is a 32-byte header {"SOUKSEGM", u32 version, u64 first, u32 salt, u32 kind, u32 crc32c of
 * what is before} and then records {u32 mark, u32 size, u32 synced, u32 crc32c, content}, all
 * little-endian. `first` is the number of the first record (a sequence, or a height); `salt` is
 * random; mark = salt ^ offset of the record; `synced` is the offset up to which the file was durable
 * when the record was written; the checksum covers mark, size, synced and content.
 *
 * So a reader can tell the two ways in which a record is bad: where a later good record says that the
 * bad place was durable, the disk has rotted; otherwise a crash tore what no fsync had covered, and it
 * may be dropped. The salt keeps content that others chose from looking like a record.
 *
 * The last record has no later one. The log therefore puts a copy after what it writes, on a page of its own:
 * a frame whose mark is ~(salt ^ its offset) and whose content is what stands from `synced` on. An empty one
 * only says, as a later record would, that all before `synced` was durable. docs/decisions/0210. */
#ifndef NODE_SEGMENT_H
#define NODE_SEGMENT_H

#include "base/buffer.h"

#define SEGMENT_HEADER_SIZE 32   /* bytes */
#define SEGMENT_FRAME_SIZE  16   /* bytes before a record's content */
#define SEGMENT_NAME_MAX    40   /* characters of a file name with its terminator */
#define SEGMENT_COPY_ALIGN  4096 /* bytes: a copy begins at a multiple, so no sector has both */

enum segment_kind {
    SEGMENT_WAL = 1,
    SEGMENT_BLOCKS = 2,
};

struct segment_header {
    enum segment_kind kind;
    uint64_t first;
    uint32_t salt;
};

/* Create an empty segment file, whole or not at all; fills in a random salt. Returns 0 or an
 * errno. `size` bytes are allocated; 0: none ahead. */
NODISCARD int segment_create(const char *path, struct segment_header *header, uint64_t size);

/* False where `content` does not begin with a header of this kind. */
NODISCARD bool segment_read_header(struct segment_header *out, struct bytes content,
                                   enum segment_kind kind);

/* Append the frame and the content of a record that will stand at `offset` in the file. */
void segment_write_record(struct buffer *out, const struct segment_header *header, uint64_t offset,
                          uint64_t synced, struct bytes content);

/* Where the copy of what ends at `end` begins. */
uint64_t segment_copy_offset(uint64_t end);

/* Append a copy that will stand at `offset`, of `content`, which stands at `begin`. */
void segment_write_copy(struct buffer *out, const struct segment_header *header, uint64_t offset,
                        uint64_t begin, struct bytes content);

/* The record at `offset` of a whole file, or, with `base` > 0, of a part that begins there. False
 * where there is no good record. *content borrows `file`. */
struct segment_record {
    uint64_t offset; /* in the file */
    uint64_t synced;
    struct bytes content;
};

NODISCARD bool segment_read_record(struct segment_record *out, const struct segment_header *header,
                                   struct bytes file, uint64_t base, uint64_t offset);

enum segment_verdict {
    SEGMENT_GOOD,    /* read to the end, or to a torn tail */
    SEGMENT_ROTTEN,  /* a record that was durable is bad */
    SEGMENT_REFUSED, /* `each` returned false */
};

struct segment_scan {
    uint64_t end;          /* of the last good record or copy; the first bad byte where rotten */
    uint64_t torn_size;    /* bytes from `end` to the last one that is not zero */
    uint64_t witness;      /* SEGMENT_ROTTEN: offset of the later record or copy that says so */
    struct bytes restored; /* read from a copy, borrowed from the file; empty: nothing was */
    uint64_t restored_at;  /* where it belongs */
    uint64_t refused;      /* SEGMENT_REFUSED: offset of the record */
    uint32_t record_count; /* good ones */
};

/* Read a whole file whose header was read. `each` (may be NULL) sees the good records in order. Where the last ones
 * are bad and there is a whole copy of them they come from that. */
NODISCARD enum segment_verdict
segment_scan(struct segment_scan *out, const struct segment_header *header, struct bytes file,
             bool (*each)(void *context, const struct segment_record *record), void *context);

/* File names: prefix, the first record's number in 16 hexadecimal digits, suffix. */
void segment_name(char out[SEGMENT_NAME_MAX], const char *prefix, uint64_t first,
                  const char *suffix);
NODISCARD bool segment_parse_name(uint64_t *first, const char *name, const char *prefix,
                                  const char *suffix);

#endif /* NODE_SEGMENT_H */
