/* Where each block is: segments in order of height, and in each the offsets of its records. */
#ifndef NODE_BLOCK_INDEX_H
#define NODE_BLOCK_INDEX_H

#include "node/disk.h"
#include "node/segment.h"

#define BLOCK_FILE_PREFIX  "blocks-"
#define BLOCK_FILE_SUFFIX  ".seg"
#define BLOCK_INDEX_SUFFIX ".idx"

struct block_place {
    uint32_t offset; /* of the record in its segment */
    uint32_t size;   /* of frame and content together */
};

struct block_segment {
    struct segment_header header; /* first: height of its first block */
    struct block_place *places;
    uint32_t count;
    uint32_t capacity;
    uint64_t end; /* bytes of the file that are records */
};

/* All zero is empty. Heights are consecutive through all segments. */
struct block_index {
    struct block_segment *segments;
    uint32_t count;
    uint32_t capacity;
};

void block_index_close(struct block_index *index);
struct block_segment *block_index_add(struct block_index *index, uint64_t first);
void block_segment_add(struct block_segment *segment, const struct block_place *place);

void block_index_drop_first(struct block_index *index); /* Forget the first segment. */

/* The segment and place of a height. False where it is not there. */
NODISCARD bool block_index_find(const struct block_index *index, uint64_t height,
                                const struct block_segment **segment, struct block_place *place);
uint64_t block_index_next(const struct block_index *index); /* Height after the last; 0: empty. */

/* The index of a finished segment as a file: "SOUKBIDX", u64 first, u32 count, count times {u32
 * offset, u32 size}, u32 crc32c of all before; little-endian. It only spares a scan: reading gives
 * false for one that is damaged or does not fit. */
void block_segment_write_index(struct buffer *out, const struct block_segment *segment);
NODISCARD bool block_segment_read_index(struct block_segment *segment, struct bytes content);

#endif /* NODE_BLOCK_INDEX_H */
