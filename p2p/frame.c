#include "p2p/frame.h"

#include <string.h>

#define MEMORY_KEPT 65536 /* a longer payload's memory is given back once it was delivered */

const char *frame_status_text(enum frame_status status)
{
#define FRAME_STATUS_TEXT(name, text) [name] = (text),
    static const char *const texts[] = {FRAME_STATUS_LIST(FRAME_STATUS_TEXT)};
#undef FRAME_STATUS_TEXT
    return (size_t)status < ARRAY_COUNT(texts) ? texts[status] : "unknown status";
}

void frame_reader_init(struct frame_reader *reader, const struct frame_table *table)
{
    memset(reader, 0, sizeof(*reader));
    reader->table = table;
}

void frame_reader_close(struct frame_reader *reader)
{
    buffer_close(&reader->payload);
}

static void forget_delivered(struct frame_reader *reader)
{
    if (reader->payload.capacity > MEMORY_KEPT) {
        buffer_close(&reader->payload);
    }
    buffer_clear(&reader->payload);
    reader->header_size = 0;
    reader->delivered = false;
}

static struct bytes take(struct bytes *input, size_t size)
{
    struct bytes taken = {input->data, input->size < size ? input->size : size};
    if (taken.size > 0) {
        input->data += taken.size;
        input->size -= taken.size;
    }
    return taken;
}

static uint32_t payload_size(const struct frame_reader *reader)
{
    const uint8_t *h = reader->header;
    return h[0] | (uint32_t)h[1] << 8 | (uint32_t)h[2] << 16 | (uint32_t)h[3] << 24;
}

static enum frame_status check_header(const struct frame_reader *reader)
{
    uint8_t type = reader->header[4];
    if (!reader->table->types[type].allowed) {
        return FRAME_UNKNOWN_TYPE;
    }
    bool fits = payload_size(reader) <= reader->table->types[type].size_max;
    return fits ? FRAME_OK : FRAME_TOO_LONG;
}

/* Complete the header; FRAME_OK where it is there and allowed. */
static enum frame_status read_header(struct frame_reader *reader, struct bytes *input)
{
    if (reader->header_size == FRAME_HEADER_SIZE) {
        return FRAME_OK;
    }
    struct bytes part = take(input, FRAME_HEADER_SIZE - reader->header_size);
    if (part.size > 0) {
        memcpy(reader->header + reader->header_size, part.data, part.size);
    }
    reader->header_size += (uint32_t)part.size;
    return reader->header_size < FRAME_HEADER_SIZE ? FRAME_MORE : check_header(reader);
}

enum frame_status frame_read(struct frame_reader *reader, struct bytes *input, struct frame *out)
{
    out->payload = (struct bytes){NULL, 0};
    if (reader->delivered) {
        forget_delivered(reader);
    }
    if (reader->status == FRAME_OK) {
        enum frame_status status = read_header(reader, input);
        if (status == FRAME_MORE) {
            return FRAME_MORE;
        }
        reader->status = status;
    }
    out->type = reader->header[4];
    if (reader->status != FRAME_OK) {
        return reader->status;
    }
    size_t missing = payload_size(reader) - reader->payload.size;
    struct bytes part = take(input, missing);
    if (part.size < missing) {
        buffer_append(&reader->payload, part);
        return FRAME_MORE;
    }
    reader->delivered = true;
    if (reader->payload.size == 0) {
        out->payload = part; /* the whole payload came in one piece: no copy */
        return FRAME_OK;
    }
    buffer_append(&reader->payload, part);
    out->payload = buffer_bytes(&reader->payload);
    return FRAME_OK;
}

void frame_write(struct buffer *out, uint8_t type, struct bytes payload)
{
    assert(payload.size <= UINT32_MAX);
    uint32_t size = (uint32_t)payload.size;
    const uint8_t header[FRAME_HEADER_SIZE] = {(uint8_t)size, (uint8_t)(size >> 8),
                                               (uint8_t)(size >> 16), (uint8_t)(size >> 24), type};
    buffer_append(out, BYTES_OF(header));
    buffer_append(out, payload);
}
