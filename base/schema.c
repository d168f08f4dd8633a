#include "base/schema.h"

#include <stdio.h>
#include <string.h>

uint64_t schema_load_integer(const void *member, size_t size)
{
    uint8_t u8 = 0;
    uint16_t u16 = 0;
    uint32_t u32 = 0;
    uint64_t u64 = 0;
    switch (size) {
    case 1:
        memcpy(&u8, member, size);
        return u8;
    case 2:
        memcpy(&u16, member, size);
        return u16;
    case 4:
        memcpy(&u32, member, size);
        return u32;
    default:
        assert(size == 8);
        memcpy(&u64, member, size);
        return u64;
    }
}

void schema_store_integer(void *member, size_t size, uint64_t value)
{
    uint8_t u8 = (uint8_t)value;
    uint16_t u16 = (uint16_t)value;
    uint32_t u32 = (uint32_t)value;
    assert(size == 8 || value >> (8 * size) == 0);
    switch (size) {
    case 1:
        memcpy(member, &u8, size);
        return;
    case 2:
        memcpy(member, &u16, size);
        return;
    case 4:
        memcpy(member, &u32, size);
        return;
    default:
        assert(size == 8);
        memcpy(member, &value, size);
    }
}

static void write_leaf(struct buffer *out, const struct field *field, const uint8_t *member)
{
    struct bytes bytes;
    switch (field->type) {
    case FIELD_U8:
        bcs_write_u8(out, *member);
        return;
    case FIELD_U16:
        bcs_write_u16(out, (uint16_t)schema_load_integer(member, 2));
        return;
    case FIELD_U32:
        bcs_write_u32(out, (uint32_t)schema_load_integer(member, 4));
        return;
    case FIELD_U64:
        bcs_write_u64(out, schema_load_integer(member, 8));
        return;
    case FIELD_BOOL:
        bcs_write_bool(out, *member != 0);
        return;
    case FIELD_ENUM:
        assert(*member < field->max);
        bcs_write_u8(out, *member);
        return;
    case FIELD_ARRAY:
        bcs_write_array(out, member, field->size);
        return;
    case FIELD_BYTES:
    case FIELD_TEXT:
        memcpy(&bytes, member, sizeof(bytes));
        assert(bytes.size <= field->max);
        bcs_write_bytes(out, bytes);
        return;
    case FIELD_STRUCT:
    case FIELD_LIST:
        break;
    }
    assert(false && "a flat structure holds leaves only");
}

static void write_flat(struct buffer *out, const struct schema *schema, const uint8_t *value)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        write_leaf(out, &schema->fields[i], value + schema->fields[i].offset);
    }
}

static void write_list(struct buffer *out, const struct field *field, const uint8_t *value)
{
    uint32_t count = (uint32_t)schema_load_integer(value + field->count_offset, 4);
    assert(count <= field->max);
    bcs_write_length(out, count);
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *element = value + field->offset + i * field->size;
        if (field->schema == NULL) {
            bcs_write_array(out, element, field->size);
        } else {
            write_flat(out, field->schema, element);
        }
    }
}

void schema_write(struct buffer *out, const struct schema *schema, const void *value)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        const uint8_t *member = (const uint8_t *)value + field->offset;
        if (field->type == FIELD_LIST) {
            write_list(out, field, value);
        } else if (field->type == FIELD_STRUCT) {
            write_flat(out, field->schema, member);
        } else {
            write_leaf(out, field, member);
        }
    }
}

static void read_enum(struct bcs_reader *reader, const struct field *field, uint8_t *member)
{
    size_t start = reader->offset;
    uint8_t value = bcs_read_u8(reader);
    if (value >= field->max) {
        reader->offset = start;
        bcs_reader_fail(reader, BCS_VALUE);
        value = 0;
    }
    *member = value;
}

static void read_leaf(struct bcs_reader *reader, const struct field *field, uint8_t *member)
{
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    bool truth;
    struct bytes bytes;
    if (reader->status != BCS_OK) {
        return;
    }
    reader->field = field->name;
    switch (field->type) {
    case FIELD_U8:
        *member = bcs_read_u8(reader);
        return;
    case FIELD_U16:
        u16 = bcs_read_u16(reader);
        memcpy(member, &u16, sizeof(u16));
        return;
    case FIELD_U32:
        u32 = bcs_read_u32(reader);
        memcpy(member, &u32, sizeof(u32));
        return;
    case FIELD_U64:
        u64 = bcs_read_u64(reader);
        memcpy(member, &u64, sizeof(u64));
        return;
    case FIELD_BOOL:
        truth = bcs_read_bool(reader);
        memcpy(member, &truth, sizeof(truth));
        return;
    case FIELD_ENUM:
        read_enum(reader, field, member);
        return;
    case FIELD_ARRAY:
        bcs_read_array(reader, member, field->size);
        return;
    case FIELD_BYTES:
        bytes = bcs_read_bytes(reader, field->max);
        memcpy(member, &bytes, sizeof(bytes));
        return;
    case FIELD_TEXT:
        bytes = bcs_read_text(reader, field->max);
        memcpy(member, &bytes, sizeof(bytes));
        return;
    case FIELD_STRUCT:
    case FIELD_LIST:
        break;
    }
    assert(false && "a flat structure holds leaves only");
}

static void read_flat(struct bcs_reader *reader, const struct schema *schema, uint8_t *value)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        read_leaf(reader, &schema->fields[i], value + schema->fields[i].offset);
    }
}

static void read_list(struct bcs_reader *reader, const struct field *field, uint8_t *value)
{
    if (reader->status != BCS_OK) {
        return;
    }
    reader->field = field->name;
    uint32_t count = bcs_read_length(reader, field->max);
    for (uint32_t i = 0; i < count && reader->status == BCS_OK; i++) {
        uint8_t *element = value + field->offset + i * field->size;
        if (field->schema == NULL) {
            bcs_read_array(reader, element, field->size);
        } else {
            read_flat(reader, field->schema, element);
        }
    }
    memcpy(value + field->count_offset, &count, sizeof(count));
}

void schema_read(struct bcs_reader *reader, const struct schema *schema, void *value)
{
    memset(value, 0, schema->size);
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        uint8_t *member = (uint8_t *)value + field->offset;
        if (field->type == FIELD_LIST) {
            read_list(reader, field, value);
        } else if (field->type == FIELD_STRUCT) {
            read_flat(reader, field->schema, member);
        } else {
            read_leaf(reader, field, member);
        }
    }
}

bool schema_decode(const struct schema *schema, void *value, struct bytes input, char *error,
                   size_t error_size)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, input);
    schema_read(&reader, schema, value);
    if (bcs_reader_done(&reader)) {
        return true;
    }
    char line[160];
    bcs_error_text(&reader, line, sizeof(line));
    if (error_size > 0) {
        (void)snprintf(error, error_size, "%s: %s", schema->name, line);
    }
    memset(value, 0, schema->size);
    return false;
}

static size_t saturating_sum(size_t a, size_t b)
{
    return a > SIZE_MAX / 2 - b ? SIZE_MAX / 2 : a + b;
}

static size_t leaf_size_max(const struct field *field)
{
    bool prefixed = field->type == FIELD_BYTES || field->type == FIELD_TEXT;
    return prefixed ? (size_t)field->max + 5 : field->size;
}

static size_t flat_size_max(const struct schema *schema)
{
    size_t total = 0;
    for (size_t i = 0; i < schema->field_count; i++) {
        total = saturating_sum(total, leaf_size_max(&schema->fields[i]));
    }
    return total;
}

size_t schema_size_max(const struct schema *schema)
{
    size_t total = 0;
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        if (field->type == FIELD_LIST) {
            size_t element = field->schema == NULL ? field->size : flat_size_max(field->schema);
            for (uint32_t n = 0; n < field->max; n++) {
                total = saturating_sum(total, element);
            }
            total = saturating_sum(total, 5);
        } else if (field->type == FIELD_STRUCT) {
            total = saturating_sum(total, flat_size_max(field->schema));
        } else {
            total = saturating_sum(total, leaf_size_max(field));
        }
    }
    return total;
}
