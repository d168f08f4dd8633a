#include "crypto/schema_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/address.h"

void schema_text_init(struct schema_text *text, const char *prefix)
{
    *text = (struct schema_text){.prefix = prefix};
}

void schema_text_close(struct schema_text *text)
{
    for (size_t i = 0; i < text->block_count; i++) {
        free(text->blocks[i]);
    }
    free(text->blocks);
    text->blocks = NULL;
    text->block_count = 0;
}

/* Printing. */

static void print_hex(struct buffer *out, struct bytes bytes)
{
    buffer_reserve(out, 2 * bytes.size + 1);
    hex_encode((char *)out->data + out->size, bytes);
    out->size += 2 * bytes.size;
}

static void print_array(const struct field *field, const uint8_t *member, const char *prefix,
                        struct buffer *out)
{
    if (field->form != FORM_ADDRESS) {
        print_hex(out, (struct bytes){member, field->size});
        return;
    }
    struct address address;
    assert(field->size == sizeof(address));
    memcpy(&address, member, sizeof(address));
    char text[ADDRESS_TEXT_MAX];
    address_print(text, prefix, &address);
    buffer_append_text(out, text);
}

void schema_text_print_leaf(const struct field *field, const void *member, const char *prefix,
                            struct buffer *out)
{
    struct bytes bytes;
    switch (field->type) {
    case FIELD_U8:
    case FIELD_U16:
    case FIELD_U32:
    case FIELD_U64:
        buffer_format(out, "%" PRIu64, schema_load_integer(member, field->size));
        return;
    case FIELD_BOOL:
        buffer_append_text(out, *(const uint8_t *)member != 0 ? "true" : "false");
        return;
    case FIELD_ENUM:
        assert(*(const uint8_t *)member < field->max);
        buffer_append_text(out, field->names[*(const uint8_t *)member]);
        return;
    case FIELD_ARRAY:
    case FIELD_LIST:
        print_array(field, member, prefix, out);
        return;
    case FIELD_BYTES:
        memcpy(&bytes, member, sizeof(bytes));
        print_hex(out, bytes);
        return;
    case FIELD_TEXT:
        memcpy(&bytes, member, sizeof(bytes));
        buffer_append(out, bytes);
        return;
    case FIELD_STRUCT:
        break;
    }
    assert(false && "a structure is no leaf");
}

static void print_quoted(struct buffer *out, struct bytes text)
{
    buffer_append_text(out, "\"");
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"' || text.data[i] == '\\') {
            buffer_append_text(out, "\\");
        }
        buffer_append(out, (struct bytes){&text.data[i], 1});
    }
    buffer_append_text(out, "\"");
}

/* As schema_text_print_leaf(), with quotes around texts. */
static void print_leaf(const struct field *field, const uint8_t *member, const char *prefix,
                       struct buffer *out)
{
    if (field->type == FIELD_TEXT) {
        struct bytes text;
        memcpy(&text, member, sizeof(text));
        print_quoted(out, text);
    } else {
        schema_text_print_leaf(field, member, prefix, out);
    }
}

static void print_flat(const struct schema *schema, const uint8_t *value, const char *prefix,
                       struct buffer *out)
{
    buffer_append_text(out, "{");
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        buffer_format(out, "%s%s=", i == 0 ? "" : ",", field->name);
        print_leaf(field, value + field->offset, prefix, out);
    }
    buffer_append_text(out, "}");
}

static void print_list(const struct field *field, const uint8_t *value, const char *prefix,
                       struct buffer *out)
{
    uint64_t count = schema_load_integer(value + field->count_offset, sizeof(uint32_t));
    buffer_append_text(out, "[");
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *element = value + field->offset + i * field->size;
        buffer_append_text(out, i == 0 ? "" : ",");
        if (field->schema != NULL) {
            print_flat(field->schema, element, prefix, out);
        } else {
            print_leaf(field, element, prefix, out);
        }
    }
    buffer_append_text(out, "]");
}

void schema_text_print(const struct schema *schema, const void *value, const char *prefix,
                       struct buffer *out)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        const uint8_t *member = (const uint8_t *)value + field->offset;
        buffer_format(out, "%s%s=", i == 0 ? "" : " ", field->name);
        if (field->type == FIELD_LIST) {
            print_list(field, value, prefix, out);
        } else if (field->type == FIELD_STRUCT) {
            print_flat(field->schema, member, prefix, out);
        } else {
            print_leaf(field, member, prefix, out);
        }
    }
}
