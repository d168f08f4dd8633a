/* A segment file is whatever the disk gives back: reading it neither crashes nor loses what is whole.
 * The input is cut into a good log and damage to it: byte 0 says how many records, and whether each has a
 * copy, then pairs of offset and value overwrite the file. One damaged byte of a log with copies loses nothing
 * unsaid. */
#include "base/bcs.h"
#include "node/segment.h"
#include "node/wal_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct count {
    uint32_t records;
    uint64_t end;
};

static bool count_record(void *context, const struct segment_record *record)
{
    struct count *count = context;
    struct wal_record decoded;
    assert(record->offset >= count->end); /* a copy may stand between */
    count->end = record->offset + SEGMENT_FRAME_SIZE + record->content.size;
    count->records++;
    return wal_content_read(&decoded, record->content);
}

/* The raw input as a file, whatever its header says. */
static void read_raw(const struct segment_header *header, struct bytes file)
{
    struct segment_header found;
    struct segment_scan scan;
    struct count count = {0, SEGMENT_HEADER_SIZE};
    bool known = segment_read_header(&found, file, SEGMENT_WAL);
    enum segment_verdict verdict =
        segment_scan(&scan, known ? &found : header, file, count_record, &count);
    assert(verdict == SEGMENT_REFUSED ||
           (scan.record_count == count.records && scan.end >= count.end));
}

/* Of all from `begin` on. */
static void add_copy(struct buffer *file, const struct segment_header *header, size_t begin)
{
    static const uint8_t zeros[SEGMENT_COPY_ALIGN];
    struct buffer group = {0};
    size_t offset = (size_t)segment_copy_offset(file->size);
    buffer_append(&group, (struct bytes){file->data + begin, file->size - begin});
    buffer_append(file, (struct bytes){zeros, offset - file->size});
    segment_write_copy(file, header, offset, begin, buffer_bytes(&group));
    buffer_close(&group);
}

static void read_damaged(const struct segment_header *header, struct bytes damage)
{
    struct buffer file = {0};
    uint8_t blank[SEGMENT_HEADER_SIZE] = {0};
    buffer_append(&file, BYTES_OF(blank));
    uint32_t total = damage.data[0] % 16;
    bool copies = damage.data[0] >= 128;
    for (uint32_t i = 0; i < total; i++) {
        struct buffer entry = {0};
        wal_entry_write(&entry, (uint8_t)i, i, damage);
        struct bcs_reader reader;
        bcs_reader_init(&reader, buffer_bytes(&entry));
        struct bytes content = bcs_read_bytes(&reader, UINT32_MAX);
        size_t begin = file.size;
        segment_write_record(&file, header, begin, begin, content);
        if (copies) {
            add_copy(&file, header, begin);
        }
        buffer_close(&entry);
    }
    uint32_t changed = 0;
    for (size_t i = 1; i + 3 <= damage.size && i < 30; i += 3) {
        size_t at = ((size_t)damage.data[i] << 8 | damage.data[i + 1]) % file.size;
        if (at >= SEGMENT_HEADER_SIZE && file.data[at] != damage.data[i + 2]) {
            file.data[at] = damage.data[i + 2];
            changed++;
        }
    }
    struct segment_scan scan;
    enum segment_verdict verdict = segment_scan(&scan, header, buffer_bytes(&file), NULL, NULL);
    assert(verdict != SEGMENT_REFUSED);
    assert(changed > 1 || !copies || verdict == SEGMENT_ROTTEN || scan.record_count == total);
    assert(changed > 0 || (verdict == SEGMENT_GOOD && scan.record_count == total));
    buffer_close(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct segment_header header = {SEGMENT_WAL, 1, 0x12345678};
    struct bytes input = {data, size};
    read_raw(&header, input);
    if (size > 0 && size < 4096) {
        read_damaged(&header, input);
    }
    return 0;
}
