#include "base/bcs.h"

#include <stdio.h>
#include <string.h>

const char *bcs_status_text(enum bcs_status status)
{
#define BCS_STATUS_CASE(name, text)                                                                \
    case name:                                                                                     \
        return text;
    switch (status) {
        BCS_STATUS_LIST(BCS_STATUS_CASE)
    }
#undef BCS_STATUS_CASE
    return "unknown status";
}

void bcs_reader_init(struct bcs_reader *reader, struct bytes input)
{
    *reader = (struct bcs_reader){.input = input};
}

void bcs_reader_fail(struct bcs_reader *reader, enum bcs_status status)
{
    if (reader->status == BCS_OK) {
        reader->status = status;
    }
}

/* The next `size` bytes, or NULL after an error. */
static const uint8_t *take(struct bcs_reader *reader, size_t size)
{
    if (reader->status != BCS_OK) {
        return NULL;
    }
    if (reader->input.size - reader->offset < size) {
        bcs_reader_fail(reader, BCS_TRUNCATED);
        return NULL;
    }
    const uint8_t *data = reader->input.data + reader->offset;
    reader->offset += size;
    return data;
}

static uint64_t read_little_endian(struct bcs_reader *reader, size_t size)
{
    const uint8_t *data = take(reader, size);
    uint64_t value = 0;
    for (size_t i = 0; data != NULL && i < size; i++) {
        value |= (uint64_t)data[i] << (8 * i);
    }
    return value;
}

uint8_t bcs_read_u8(struct bcs_reader *reader)
{
    return (uint8_t)read_little_endian(reader, 1);
}

uint16_t bcs_read_u16(struct bcs_reader *reader)
{
    return (uint16_t)read_little_endian(reader, 2);
}

uint32_t bcs_read_u32(struct bcs_reader *reader)
{
    return (uint32_t)read_little_endian(reader, 4);
}

uint64_t bcs_read_u64(struct bcs_reader *reader)
{
    return read_little_endian(reader, 8);
}

bool bcs_read_bool(struct bcs_reader *reader)
{
    size_t start = reader->offset;
    uint8_t value = bcs_read_u8(reader);
    if (value > 1) {
        reader->offset = start;
        bcs_reader_fail(reader, BCS_BOOL);
        return false;
    }
    return value == 1;
}

uint32_t bcs_read_length(struct bcs_reader *reader, uint32_t max)
{
    size_t start = reader->offset;
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint8_t byte = bcs_read_u8(reader);
        if (reader->status != BCS_OK) {
            return 0;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) != 0) {
            continue;
        }
        bool shortest = byte != 0 || shift == 0;
        if (!shortest || value > UINT32_MAX) {
            break;
        }
        if (value > max) {
            reader->offset = start;
            bcs_reader_fail(reader, BCS_TOO_LONG);
            return 0;
        }
        return (uint32_t)value;
    }
    reader->offset = start;
    bcs_reader_fail(reader, BCS_LENGTH_FORM);
    return 0;
}

void bcs_read_array(struct bcs_reader *reader, uint8_t *out, size_t size)
{
    const uint8_t *data = take(reader, size);
    if (data == NULL) {
        memset(out, 0, size);
        return;
    }
    memcpy(out, data, size);
}

struct bytes bcs_read_bytes(struct bcs_reader *reader, uint32_t max)
{
    uint32_t size = bcs_read_length(reader, max);
    const uint8_t *data = take(reader, size);
    if (data == NULL) {
        return (struct bytes){0};
    }
    return (struct bytes){data, size};
}

struct bytes bcs_read_text(struct bcs_reader *reader, uint32_t max)
{
    size_t start = reader->offset;
    struct bytes text = bcs_read_bytes(reader, max);
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < ' ' || text.data[i] > '~') {
            reader->offset = start;
            bcs_reader_fail(reader, BCS_TEXT);
            return (struct bytes){0};
        }
    }
    return text;
}

bool bcs_reader_done(struct bcs_reader *reader)
{
    if (reader->status == BCS_OK && reader->offset != reader->input.size) {
        reader->field = NULL;
        reader->status = BCS_TRAILING;
    }
    return reader->status == BCS_OK;
}

void bcs_error_text(const struct bcs_reader *reader, char *out, size_t size)
{
    (void)snprintf(out, size, "%s at byte %zu of %zu: %s",
                   reader->field == NULL ? "input" : reader->field, reader->offset,
                   reader->input.size, bcs_status_text(reader->status));
}

static void write_little_endian(struct buffer *out, uint64_t value, size_t size)
{
    uint8_t data[8];
    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t)(value >> (8 * i));
    }
    buffer_append(out, (struct bytes){data, size});
}

void bcs_write_u8(struct buffer *out, uint8_t value)
{
    write_little_endian(out, value, 1);
}

void bcs_write_u16(struct buffer *out, uint16_t value)
{
    write_little_endian(out, value, 2);
}

void bcs_write_u32(struct buffer *out, uint32_t value)
{
    write_little_endian(out, value, 4);
}

void bcs_write_u64(struct buffer *out, uint64_t value)
{
    write_little_endian(out, value, 8);
}

void bcs_write_bool(struct buffer *out, bool value)
{
    bcs_write_u8(out, value ? 1 : 0);
}

void bcs_write_length(struct buffer *out, size_t length)
{
    assert(length <= UINT32_MAX);
    while (length >= 0x80) {
        bcs_write_u8(out, (uint8_t)(length & 0x7f) | 0x80);
        length >>= 7;
    }
    bcs_write_u8(out, (uint8_t)length);
}

void bcs_write_array(struct buffer *out, const uint8_t *data, size_t size)
{
    buffer_append(out, (struct bytes){data, size});
}

void bcs_write_bytes(struct buffer *out, struct bytes bytes)
{
    bcs_write_length(out, bytes.size);
    buffer_append(out, bytes);
}
