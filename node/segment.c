#include "node/segment.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/bcs.h"
#include "node/crc32c.h"
#include "node/disk.h"

#define SEGMENT_VERSION 1u

static const uint8_t magic[8] = {'S', 'O', 'U', 'K', 'S', 'E', 'G', 'M'};

int segment_create(const char *path, struct segment_header *header, uint64_t size)
{
    if (getrandom(&header->salt, sizeof header->salt, 0) != (ssize_t)sizeof header->salt) {
        return EIO;
    }
    struct buffer content = {0};
    bcs_write_array(&content, magic, sizeof magic);
    bcs_write_u32(&content, SEGMENT_VERSION);
    bcs_write_u64(&content, header->first);
    bcs_write_u32(&content, header->salt);
    bcs_write_u32(&content, (uint32_t)header->kind);
    bcs_write_u32(&content, crc32c_add(0, buffer_bytes(&content)));
    assert(content.size == SEGMENT_HEADER_SIZE);
    int error = disk_create(path, buffer_bytes(&content), size);
    buffer_close(&content);
    return error;
}

bool segment_read_header(struct segment_header *out, struct bytes content, enum segment_kind kind)
{
    *out = (struct segment_header){.kind = kind};
    if (content.size < SEGMENT_HEADER_SIZE) {
        return false;
    }
    struct bcs_reader reader;
    bcs_reader_init(&reader, (struct bytes){content.data, SEGMENT_HEADER_SIZE});
    uint8_t found[sizeof magic];
    bcs_read_array(&reader, found, sizeof found);
    uint32_t version = bcs_read_u32(&reader);
    out->first = bcs_read_u64(&reader);
    out->salt = bcs_read_u32(&reader);
    uint32_t found_kind = bcs_read_u32(&reader);
    uint32_t crc = bcs_read_u32(&reader);
    return bcs_reader_done(&reader) && memcmp(found, magic, sizeof magic) == 0 &&
           version == SEGMENT_VERSION && found_kind == (uint32_t)kind &&
           crc == crc32c_add(0, (struct bytes){content.data, SEGMENT_HEADER_SIZE - 4});
}

static uint32_t mark_at(const struct segment_header *header, uint64_t offset)
{
    return header->salt ^ (uint32_t)offset;
}

static uint32_t copy_mark_at(const struct segment_header *header, uint64_t offset)
{
    return ~mark_at(header, offset);
}

static void write_frame(struct buffer *out, uint32_t mark, uint64_t offset, uint64_t synced,
                        struct bytes content)
{
    assert(offset + SEGMENT_FRAME_SIZE + content.size <= UINT32_MAX && synced <= offset);
    size_t begin = out->size;
    bcs_write_u32(out, mark);
    bcs_write_u32(out, (uint32_t)content.size);
    bcs_write_u32(out, (uint32_t)synced);
    uint32_t crc = crc32c_add(0, (struct bytes){out->data + begin, 12});
    bcs_write_u32(out, crc32c_add(crc, content));
    buffer_append(out, content);
}

void segment_write_record(struct buffer *out, const struct segment_header *header, uint64_t offset,
                          uint64_t synced, struct bytes content)
{
    write_frame(out, mark_at(header, offset), offset, synced, content);
}

uint64_t segment_copy_offset(uint64_t end)
{
    return (end + SEGMENT_COPY_ALIGN - 1) / SEGMENT_COPY_ALIGN * SEGMENT_COPY_ALIGN;
}

void segment_write_copy(struct buffer *out, const struct segment_header *header, uint64_t offset,
                        uint64_t begin, struct bytes content)
{
    write_frame(out, copy_mark_at(header, offset), offset, begin, content);
}

static uint32_t load_u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool read_frame(struct segment_record *out, uint32_t mark, struct bytes file, uint64_t base,
                       uint64_t offset)
{
    *out = (struct segment_record){.offset = offset};
    uint64_t end = base + file.size;
    if (offset < base || end < SEGMENT_FRAME_SIZE || offset > end - SEGMENT_FRAME_SIZE) {
        return false;
    }
    const uint8_t *frame = file.data + (offset - base);
    uint32_t size = load_u32(frame + 4);
    uint32_t synced = load_u32(frame + 8);
    if (load_u32(frame) != mark || synced > offset || size > end - offset - SEGMENT_FRAME_SIZE) {
        return false;
    }
    struct bytes content = {frame + SEGMENT_FRAME_SIZE, size};
    uint32_t crc = crc32c_add(crc32c_add(0, (struct bytes){frame, 12}), content);
    if (crc != load_u32(frame + 12)) {
        return false;
    }
    out->synced = synced;
    out->content = content;
    return true;
}

bool segment_read_record(struct segment_record *out, const struct segment_header *header,
                         struct bytes file, uint64_t base, uint64_t offset)
{
    return read_frame(out, mark_at(header, offset), file, base, offset);
}

/* Of anything: what it repeats is for the caller to see. */
static bool read_copy(struct segment_record *out, const struct segment_header *header,
                      struct bytes file, uint64_t offset)
{
    return read_frame(out, copy_mark_at(header, offset), file, 0, offset);
}

/* Where a good record or copy after `end` says that `end` was durable, its offset; otherwise 0. */
static uint64_t find_witness(const struct segment_header *header, struct bytes file, uint64_t end)
{
    for (uint64_t offset = end; offset + SEGMENT_FRAME_SIZE <= file.size; offset++) {
        struct segment_record record;
        uint32_t mark = load_u32(file.data + offset);
        if ((mark == mark_at(header, offset) || mark == copy_mark_at(header, offset)) &&
            read_frame(&record, mark, file, 0, offset) && record.synced > end) {
            return offset;
        }
    }
    return 0;
}

/* A copy after `end` of what stands there. */
static bool find_copy(struct segment_scan *out, const struct segment_header *header,
                      struct bytes file)
{
    for (uint64_t offset = segment_copy_offset(out->end); offset + SEGMENT_FRAME_SIZE <= file.size;
         offset += SEGMENT_COPY_ALIGN) {
        struct segment_record copy;
        if (read_copy(&copy, header, file, offset) && copy.synced <= out->end &&
            out->end - copy.synced < copy.content.size) {
            out->restored = copy.content;
            out->restored_at = copy.synced;
            return true;
        }
    }
    return false;
}

/* Where it is, or in the copy that was found. */
static bool read_next(struct segment_record *record, const struct segment_scan *scan,
                      const struct segment_header *header, struct bytes file)
{
    return segment_read_record(record, header, file, 0, scan->end) ||
           segment_read_record(record, header, scan->restored, scan->restored_at, scan->end);
}

static uint64_t last_used(struct bytes file, uint64_t end)
{
    uint64_t last = file.size;
    while (last > end && file.data[last - 1] == 0) {
        last--;
    }
    return last;
}

/* The copy of what ends here, whole, is passed over. One of what did not come so far is not: it is needed. */
static bool pass_copy(struct segment_record *copy, const struct segment_scan *scan,
                      const struct segment_header *header, struct bytes file)
{
    return read_copy(copy, header, file, segment_copy_offset(scan->end)) &&
           copy->synced + copy->content.size == scan->end;
}

/* Read on until a place that has neither a record nor a copy. */
static bool scan_on(struct segment_scan *out, const struct segment_header *header,
                    struct bytes file,
                    bool (*each)(void *context, const struct segment_record *record), void *context)
{
    struct segment_record record;
    for (;;) {
        if (read_next(&record, out, header, file)) {
            if (each != NULL && !each(context, &record)) {
                out->refused = record.offset;
                return false;
            }
            out->record_count++;
        } else if (!pass_copy(&record, out, header, file)) {
            return true;
        }
        out->end = record.offset + SEGMENT_FRAME_SIZE + record.content.size;
    }
}

enum segment_verdict segment_scan(struct segment_scan *out, const struct segment_header *header,
                                  struct bytes file,
                                  bool (*each)(void *context, const struct segment_record *record),
                                  void *context)
{
    *out = (struct segment_scan){.end = SEGMENT_HEADER_SIZE};
    do {
        if (!scan_on(out, header, file, each, context)) {
            return SEGMENT_REFUSED;
        }
        out->torn_size = last_used(file, out->end) - out->end;
        out->witness = out->torn_size > 0 ? find_witness(header, file, out->end) : 0;
        if (out->witness != 0) {
            return SEGMENT_ROTTEN;
        }
    } while (out->restored.size == 0 && out->torn_size > 0 && find_copy(out, header, file));
    return SEGMENT_GOOD;
}

void segment_name(char out[SEGMENT_NAME_MAX], const char *prefix, uint64_t first,
                  const char *suffix)
{
    int size =
        snprintf(out, SEGMENT_NAME_MAX, "%s%016llx%s", prefix, (unsigned long long)first, suffix);
    assert(size > 0 && size < SEGMENT_NAME_MAX);
}

bool segment_parse_name(uint64_t *first, const char *name, const char *prefix, const char *suffix)
{
    *first = 0;
    size_t prefix_size = strlen(prefix);
    if (strlen(name) != prefix_size + 16 + strlen(suffix)) {
        return false;
    }
    char digits[17];
    memcpy(digits, name + prefix_size, 16);
    digits[16] = '\0';
    uint8_t number[8];
    if (!hex_decode(number, sizeof number, digits)) {
        return false;
    }
    for (size_t i = 0; i < sizeof number; i++) {
        *first = *first << 8 | number[i];
    }
    char again[SEGMENT_NAME_MAX];
    segment_name(again, prefix, *first, suffix);
    return strcmp(again, name) == 0;
}
