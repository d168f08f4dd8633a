#include "node/block_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/bcs.h"
#include "base/memory.h"
#include "node/crc32c.h"

static const uint8_t magic[8] = {'S', 'O', 'U', 'K', 'B', 'I', 'D', 'X'};

#define INDEX_OVERHEAD 24u /* bytes of a file without entries */

void block_index_close(struct block_index *index)
{
    for (uint32_t i = 0; i < index->count; i++) {
        free(index->segments[i].places);
    }
    free(index->segments);
    *index = (struct block_index){0};
}

struct block_segment *block_index_add(struct block_index *index, uint64_t first)
{
    if (index->count == index->capacity) {
        index->capacity = index->capacity == 0 ? 16 : index->capacity * 2;
        index->segments = memory_resize(index->segments, index->capacity * sizeof *index->segments);
    }
    struct block_segment *segment = &index->segments[index->count++];
    *segment = (struct block_segment){.header = {.kind = SEGMENT_BLOCKS, .first = first},
                                      .end = SEGMENT_HEADER_SIZE};
    return segment;
}

void block_index_drop_first(struct block_index *index)
{
    assert(index->count > 0);
    free(index->segments[0].places);
    index->count--;
    memmove(index->segments, index->segments + 1, index->count * sizeof *index->segments);
}

void block_segment_add(struct block_segment *segment, const struct block_place *place)
{
    if (segment->count == segment->capacity) {
        segment->capacity = segment->capacity == 0 ? 64 : segment->capacity * 2;
        segment->places =
            memory_resize(segment->places, segment->capacity * sizeof *segment->places);
    }
    segment->places[segment->count++] = *place;
    segment->end = (uint64_t)place->offset + place->size;
}

bool block_index_find(const struct block_index *index, uint64_t height,
                      const struct block_segment **segment, struct block_place *place)
{
    uint32_t low = 0;
    uint32_t high = index->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (index->segments[middle].header.first <= height) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0) {
        return false;
    }
    *segment = &index->segments[low - 1];
    uint64_t at = height - (*segment)->header.first;
    if (at >= (*segment)->count) {
        return false;
    }
    *place = (*segment)->places[at];
    return true;
}

uint64_t block_index_next(const struct block_index *index)
{
    if (index->count == 0) {
        return 0;
    }
    const struct block_segment *last = &index->segments[index->count - 1];
    return last->header.first + last->count;
}

void block_segment_write_index(struct buffer *out, const struct block_segment *segment)
{
    size_t begin = out->size;
    bcs_write_array(out, magic, sizeof magic);
    bcs_write_u64(out, segment->header.first);
    bcs_write_u32(out, segment->count);
    for (uint32_t i = 0; i < segment->count; i++) {
        bcs_write_u32(out, segment->places[i].offset);
        bcs_write_u32(out, segment->places[i].size);
    }
    bcs_write_u32(out, crc32c_add(0, (struct bytes){out->data + begin, out->size - begin}));
}

static bool frame_good(struct bcs_reader *reader, const struct block_segment *segment,
                       struct bytes content, uint32_t *count)
{
    uint8_t found[sizeof magic];
    bcs_read_array(reader, found, sizeof found);
    uint64_t first = bcs_read_u64(reader);
    *count = bcs_read_u32(reader);
    if (reader->status != BCS_OK || memcmp(found, magic, sizeof magic) != 0 ||
        first != segment->header.first || content.size != INDEX_OVERHEAD + (uint64_t)*count * 8) {
        return false;
    }
    struct bcs_reader tail;
    bcs_reader_init(&tail, (struct bytes){content.data + content.size - 4, 4});
    return bcs_read_u32(&tail) == crc32c_add(0, (struct bytes){content.data, content.size - 4});
}

bool block_segment_read_index(struct block_segment *segment, struct bytes content)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, content);
    uint32_t count;
    if (!frame_good(&reader, segment, content, &count)) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct block_place place = {.offset = bcs_read_u32(&reader), .size = bcs_read_u32(&reader)};
        if (place.offset != segment->end || place.size <= SEGMENT_FRAME_SIZE ||
            place.size > UINT32_MAX - place.offset) {
            segment->count = 0;
            segment->end = SEGMENT_HEADER_SIZE;
            return false;
        }
        block_segment_add(segment, &place);
    }
    return true;
}
