#include "tests/lib/wire_text.h"

#include <stdio.h>
#include <string.h>

/* ---- Tables */

struct table {
    struct buffer *out;
    size_t offset;
    bool fixed; /* the offset is the same in every value */
    size_t size_min;
    bool bounded;
};

static size_t integer_size(enum field_type type)
{
    switch (type) {
    case FIELD_U8:
    case FIELD_BOOL:
    case FIELD_ENUM:
        return 1;
    case FIELD_U16:
        return 2;
    case FIELD_U32:
        return 4;
    case FIELD_U64:
        return 8;
    case FIELD_ARRAY:
    case FIELD_BYTES:
    case FIELD_TEXT:
    case FIELD_STRUCT:
    case FIELD_LIST:
        break;
    }
    return 0;
}

static void describe(char *out, size_t size, const struct field *field)
{
    switch (field->type) {
    case FIELD_U8:
    case FIELD_U16:
    case FIELD_U32:
    case FIELD_U64:
        (void)snprintf(out, size, "u%zu", 8 * integer_size(field->type));
        return;
    case FIELD_BOOL:
        (void)snprintf(out, size, "bool: 0 or 1");
        return;
    case FIELD_ENUM: {
        int length = snprintf(out, size, "u8:");
        for (uint32_t i = 0; i < field->max && length < (int)size; i++) {
            length += snprintf(out + length, size - (size_t)length, "%s %u %s", i == 0 ? "" : ",",
                               i, field->names[i]);
        }
        return;
    }
    case FIELD_ARRAY:
        (void)snprintf(out, size, "%s", field->form == FORM_ADDRESS ? "address" : "fixed array");
        return;
    case FIELD_BYTES:
        (void)snprintf(out, size, "bytes: length, then at most %u bytes", field->max);
        return;
    case FIELD_TEXT:
        (void)snprintf(out, size, "text: length, then at most %u characters", field->max);
        return;
    case FIELD_LIST:
        (void)snprintf(out, size, "list: count of at most %u, then the elements", field->max);
        return;
    case FIELD_STRUCT:
        break;
    }
    assert(false && "structures are described leaf by leaf");
}

static void row(struct table *table, const char *prefix, const struct field *field, bool in_list)
{
    char kind[1024];
    size_t size = field->type == FIELD_ARRAY ? field->size : integer_size(field->type);
    describe(kind, sizeof(kind), field);
    if (in_list || !table->fixed) {
        buffer_append_text(table->out, "| ");
    } else {
        buffer_format(table->out, "| %zu ", table->offset);
    }
    if (size == 0) {
        buffer_append_text(table->out, "| 1.. ");
    } else {
        buffer_format(table->out, "| %zu ", size);
    }
    buffer_format(table->out, "| %s%s | %s |\n", prefix, field->name, kind);
    if (!in_list) {
        table->offset += size;
        table->size_min += size == 0 ? 1 : size;
        table->fixed = table->fixed && size != 0;
    }
}

static void rows_of_list(struct table *table, const struct field *field)
{
    char prefix[96];
    row(table, "", field, false);
    if (field->schema == NULL) {
        buffer_format(table->out, "| | %zu | %s[i] | %s |\n", field->size, field->name,
                      field->form == FORM_ADDRESS ? "address" : "fixed array");
        return;
    }
    (void)snprintf(prefix, sizeof(prefix), "%s[i].", field->name);
    for (size_t i = 0; i < field->schema->field_count; i++) {
        row(table, prefix, &field->schema->fields[i], true);
    }
}

void wire_text_table(struct buffer *out, const struct schema *schema)
{
    struct table table = {.out = out, .fixed = true};
    if (schema->field_count == 0) {
        buffer_append_text(out, "No bytes.\n");
        return;
    }
    buffer_append_text(out, "| offset | bytes | field | kind |\n|---|---|---|---|\n");
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        char prefix[96];
        (void)snprintf(prefix, sizeof(prefix), "%s.", field->name);
        if (field->type == FIELD_LIST) {
            rows_of_list(&table, field);
        } else if (field->type == FIELD_STRUCT) {
            for (size_t k = 0; k < field->schema->field_count; k++) {
                row(&table, prefix, &field->schema->fields[k], false);
            }
        } else {
            row(&table, "", field, false);
        }
    }
    if (table.fixed) {
        buffer_format(out, "\n%zu bytes.\n", table.offset);
    } else {
        buffer_format(out, "\nAt least %zu bytes.\n", table.size_min);
    }
}

/* ---- Examples */

static const uint8_t *counting(void)
{
    static uint8_t bytes[256];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)i;
    }
    return bytes;
}

static void fill_leaf(const struct field *field, uint8_t *member, uint8_t *next)
{
    struct bytes bytes;
    const bool truth = true;
    switch (field->type) {
    case FIELD_U8:
    case FIELD_U16:
    case FIELD_U32:
    case FIELD_U64:
    case FIELD_ARRAY:
        for (size_t i = 0; i < field->size; i++) {
            member[i] = (*next)++;
        }
        return;
    case FIELD_BOOL:
        memcpy(member, &truth, sizeof(truth));
        return;
    case FIELD_ENUM:
        *member = field->max > 1 ? 1 : 0;
        return;
    case FIELD_BYTES:
        *next = *next > 250 ? 1 : *next;
        bytes = (struct bytes){counting() + *next, 3};
        *next = (uint8_t)(*next + 3);
        memcpy(member, &bytes, sizeof(bytes));
        return;
    case FIELD_TEXT:
        bytes = bytes_of_text(field->name);
        memcpy(member, &bytes, sizeof(bytes));
        return;
    case FIELD_STRUCT:
    case FIELD_LIST:
        break;
    }
    assert(false && "leaves only");
}

static void fill_flat(const struct schema *schema, uint8_t *value, uint8_t *next)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        fill_leaf(&schema->fields[i], value + schema->fields[i].offset, next);
    }
}

static void fill_list(const struct field *field, uint8_t *value, uint8_t *next)
{
    const uint32_t count = field->max < 2 ? field->max : 2;
    memcpy(value + field->count_offset, &count, sizeof(count));
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *element = value + field->offset + i * field->size;
        if (field->schema != NULL) {
            fill_flat(field->schema, element, next);
        } else {
            for (size_t k = 0; k < field->size; k++) {
                element[k] = (*next)++;
            }
        }
    }
}

void wire_text_fill(const struct schema *schema, void *value)
{
    uint8_t next = 1;
    memset(value, 0, schema->size);
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        uint8_t *member = (uint8_t *)value + field->offset;
        if (field->type == FIELD_LIST) {
            fill_list(field, value, &next);
        } else if (field->type == FIELD_STRUCT) {
            fill_flat(field->schema, member, &next);
        } else {
            fill_leaf(field, member, &next);
        }
    }
}

static void dump_row(struct buffer *out, size_t offset, struct bytes bytes, const char *name)
{
    buffer_format(out, "| %zu | `", offset);
    for (size_t i = 0; i < bytes.size; i++) {
        buffer_format(out, "%02x", bytes.data[i]);
    }
    buffer_format(out, "` | %s |\n", name);
}

void wire_text_dump(struct buffer *out, const struct schema *schema, const void *value)
{
    struct buffer encoded = {0};
    size_t start = 0;
    buffer_append_text(out, "| offset | bytes | field |\n|---|---|---|\n");
    for (size_t i = 0; i < schema->field_count; i++) {
        /* The first i + 1 fields alone: what the last of them added is its encoding. */
        const struct schema part = {schema->name, schema->size, schema->fields, i + 1};
        buffer_clear(&encoded);
        schema_write(&encoded, &part, value);
        dump_row(out, start, (struct bytes){encoded.data + start, encoded.size - start},
                 schema->fields[i].name);
        start = encoded.size;
    }
    buffer_close(&encoded);
}
