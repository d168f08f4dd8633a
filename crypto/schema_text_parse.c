#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/memory.h"
#include "crypto/address.h"
#include "crypto/schema_text.h"

#define FOUND_MAX 48 /* characters of the input in a message */

/* What stands there, short and printable. */
static void describe(char out[FOUND_MAX + 4], const char *input)
{
    size_t size = 0;
    while (size < FOUND_MAX && input[size] != '\0') {
        char c = input[size];
        out[size++] = '?';
        if (c >= ' ' && c <= '~') {
            out[size - 1] = c;
        }
    }
    memcpy(out + size, input[size] == '\0' ? "" : "...", input[size] == '\0' ? 1 : 4);
}

/* Always false, for `return expected(...)`. */
static bool expected(struct schema_text *text, const struct field *field, const char *input,
                     const char *what)
{
    char found[FOUND_MAX + 4];
    describe(found, input);
    (void)snprintf(text->error, sizeof(text->error), "%s is '%s', expected %s", field->name, found,
                   what);
    return false;
}

static uint8_t *new_block(struct schema_text *text, size_t size)
{
    text->blocks = memory_resize(text->blocks, (text->block_count + 1) * sizeof(*text->blocks));
    text->blocks[text->block_count] = memory_new(size);
    return text->blocks[text->block_count++];
}

static bool read_digits(const char *input, uint64_t *out)
{
    uint64_t value = 0;
    if (input[0] == '\0' || (input[0] == '0' && input[1] != '\0')) {
        return false;
    }
    for (; *input != '\0'; input++) {
        if (*input < '0' || *input > '9' || !checked_mul(&value, value, 10) ||
            !checked_add(&value, value, (uint64_t)(*input - '0'))) {
            return false;
        }
    }
    *out = value;
    return true;
}

static bool parse_number(const struct field *field, void *member, const char *input,
                         struct schema_text *text)
{
    uint64_t max = UINT64_MAX >> (64 - 8 * field->size);
    uint64_t value;
    if (!read_digits(input, &value) || value > max) {
        char what[64];
        (void)snprintf(what, sizeof(what), "a decimal number from 0 to %" PRIu64, max);
        return expected(text, field, input, what);
    }
    schema_store_integer(member, field->size, value);
    return true;
}

static bool parse_bool(const struct field *field, void *member, const char *input,
                       struct schema_text *text)
{
    bool truth = strcmp(input, "true") == 0;
    if (!truth && strcmp(input, "false") != 0) {
        return expected(text, field, input, "true or false");
    }
    memcpy(member, &truth, sizeof(truth));
    return true;
}

static bool parse_enum(const struct field *field, void *member, const char *input,
                       struct schema_text *text)
{
    char what[128] = "one of";
    size_t used = strlen(what);
    for (uint32_t i = 0; i < field->max; i++) {
        if (strcmp(field->names[i], input) == 0) {
            *(uint8_t *)member = (uint8_t)i;
            return true;
        }
        if (used < sizeof(what)) {
            int length = snprintf(what + used, sizeof(what) - used, "%s %s", i == 0 ? "" : ",",
                                  field->names[i]);
            used += length > 0 ? (size_t)length : 0;
        }
    }
    return expected(text, field, input, what);
}

static bool parse_array(const struct field *field, void *member, const char *input,
                        struct schema_text *text)
{
    if (field->form == FORM_ADDRESS) {
        struct address address;
        char error[128];
        assert(field->size == sizeof(address));
        if (!address_parse(&address, text->prefix, input, error, sizeof(error))) {
            (void)snprintf(text->error, sizeof(text->error), "%s: %s", field->name, error);
            return false;
        }
        memcpy(member, &address, sizeof(address));
        return true;
    }
    if (!hex_decode(member, field->size, input)) {
        char what[64];
        (void)snprintf(what, sizeof(what), "%zu hexadecimal digits", 2 * field->size);
        return expected(text, field, input, what);
    }
    return true;
}

static bool parse_bytes(const struct field *field, void *member, const char *input,
                        struct schema_text *text)
{
    const char *digits = strncmp(input, "0x", 2) == 0 ? input + 2 : input;
    size_t size = strlen(digits) / 2;
    struct bytes bytes = {NULL, size};
    if (size <= field->max && strlen(digits) % 2 == 0) {
        uint8_t *block = new_block(text, size);
        bytes.data = block;
        if (hex_decode(block, size, digits)) {
            memcpy(member, &bytes, sizeof(bytes));
            return true;
        }
    }
    char what[80];
    (void)snprintf(what, sizeof(what), "an even number of at most %" PRIu64 " hexadecimal digits",
                   2 * (uint64_t)field->max);
    return expected(text, field, input, what);
}

static bool parse_text(const struct field *field, void *member, const char *input,
                       struct schema_text *text)
{
    size_t size = strlen(input);
    bool printable = true;
    for (size_t i = 0; i < size; i++) {
        printable = printable && input[i] >= ' ' && input[i] <= '~';
    }
    if (size > field->max || !printable) {
        char what[64];
        (void)snprintf(what, sizeof(what), "at most %u printable ASCII characters",
                       (unsigned)field->max);
        return expected(text, field, input, what);
    }
    uint8_t *block = new_block(text, size);
    for (size_t i = 0; i < size; i++) {
        block[i] = (uint8_t)input[i];
    }
    struct bytes bytes = {block, size};
    memcpy(member, &bytes, sizeof(bytes));
    return true;
}

bool schema_text_parse_leaf(const struct field *field, void *member, const char *input,
                            struct schema_text *text)
{
    switch (field->type) {
    case FIELD_U8:
    case FIELD_U16:
    case FIELD_U32:
    case FIELD_U64:
        return parse_number(field, member, input, text);
    case FIELD_BOOL:
        return parse_bool(field, member, input, text);
    case FIELD_ENUM:
        return parse_enum(field, member, input, text);
    case FIELD_ARRAY:
    case FIELD_LIST:
        return parse_array(field, member, input, text);
    case FIELD_BYTES:
        return parse_bytes(field, member, input, text);
    case FIELD_TEXT:
        return parse_text(field, member, input, text);
    case FIELD_STRUCT:
        break;
    }
    assert(false && "a structure is no leaf");
    return false;
}

/* A whole structure: `at` walks over it, `token` holds the piece being read. */
struct cursor {
    const char *at;
    struct buffer token;
    struct schema_text *text;
};

static bool fail_here(struct cursor *cursor, const char *what)
{
    char found[FOUND_MAX + 4];
    describe(found, cursor->at);
    (void)snprintf(cursor->text->error, sizeof(cursor->text->error), "at '%s': expected %s", found,
                   what);
    return false;
}

static bool take(struct cursor *cursor, char wanted)
{
    if (*cursor->at != wanted) {
        char what[8] = {'\'', wanted, '\'', '\0'};
        return fail_here(cursor, what);
    }
    cursor->at++;
    return true;
}

/* Reads "name=" and looks the field up; NULL with an error where there is none or it came before. */
static const struct field *begin_field(struct cursor *cursor, const struct schema *schema,
                                       uint64_t *seen)
{
    assert(schema->field_count <= 64);
    size_t length = strcspn(cursor->at, "=, {}[]\"");
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        if (strlen(field->name) != length || strncmp(field->name, cursor->at, length) != 0) {
            continue;
        }
        if ((*seen & UINT64_C(1) << i) != 0) {
            (void)snprintf(cursor->text->error, sizeof(cursor->text->error), "%s is given twice",
                           field->name);
            return NULL;
        }
        *seen |= UINT64_C(1) << i;
        cursor->at += length;
        return take(cursor, '=') ? field : NULL;
    }
    char what[80];
    (void)snprintf(what, sizeof(what), "a field of %.40s", schema->name);
    (void)fail_here(cursor, what);
    return NULL;
}

static bool check_seen(struct cursor *cursor, const struct schema *schema, uint64_t seen)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        if ((seen & UINT64_C(1) << i) == 0) {
            (void)snprintf(cursor->text->error, sizeof(cursor->text->error), "%s is missing",
                           schema->fields[i].name);
            return false;
        }
    }
    return true;
}

static bool take_quoted(struct cursor *cursor)
{
    if (!take(cursor, '"')) {
        return false;
    }
    while (*cursor->at != '"') {
        if (*cursor->at == '\\') {
            cursor->at++;
            if (*cursor->at != '"' && *cursor->at != '\\') {
                return fail_here(cursor, "'\"' or '\\' after '\\'");
            }
        }
        if (*cursor->at == '\0') {
            return fail_here(cursor, "a closing '\"'");
        }
        buffer_append(&cursor->token, (struct bytes){(const uint8_t *)cursor->at, 1});
        cursor->at++;
    }
    return take(cursor, '"');
}

static bool read_leaf(struct cursor *cursor, const struct field *field, void *member)
{
    buffer_clear(&cursor->token);
    if (field->type == FIELD_TEXT) {
        if (!take_quoted(cursor)) {
            return false;
        }
    } else {
        size_t length = strcspn(cursor->at, " ,]}");
        buffer_append(&cursor->token, (struct bytes){(const uint8_t *)cursor->at, length});
        cursor->at += length;
    }
    return schema_text_parse_leaf(field, member, buffer_text(&cursor->token), cursor->text);
}

static bool read_flat(struct cursor *cursor, const struct schema *schema, uint8_t *value)
{
    uint64_t seen = 0;
    if (!take(cursor, '{')) {
        return false;
    }
    while (*cursor->at != '}') {
        if (seen != 0 && !take(cursor, ',')) {
            return false;
        }
        const struct field *field = begin_field(cursor, schema, &seen);
        if (field == NULL || !read_leaf(cursor, field, value + field->offset)) {
            return false;
        }
    }
    return take(cursor, '}') && check_seen(cursor, schema, seen);
}

static bool read_list(struct cursor *cursor, const struct field *field, uint8_t *value)
{
    uint32_t count = 0;
    if (!take(cursor, '[')) {
        return false;
    }
    while (*cursor->at != ']') {
        if (count > 0 && !take(cursor, ',')) {
            return false;
        }
        if (count == field->max) {
            char what[64];
            (void)snprintf(what, sizeof(what), "']' after at most %u elements of %.20s",
                           (unsigned)field->max, field->name);
            return fail_here(cursor, what);
        }
        uint8_t *element = value + field->offset + count * field->size;
        bool good = field->schema != NULL ? read_flat(cursor, field->schema, element)
                                          : read_leaf(cursor, field, element);
        if (!good) {
            return false;
        }
        count++;
    }
    memcpy(value + field->count_offset, &count, sizeof(count));
    return take(cursor, ']');
}

static void skip_spaces(struct cursor *cursor)
{
    cursor->at += strspn(cursor->at, " ");
}

static bool read_fields(struct cursor *cursor, const struct schema *schema, uint8_t *value)
{
    uint64_t seen = 0;
    for (skip_spaces(cursor); *cursor->at != '\0'; skip_spaces(cursor)) {
        const struct field *field = begin_field(cursor, schema, &seen);
        if (field == NULL) {
            return false;
        }
        bool good;
        if (field->type == FIELD_LIST) {
            good = read_list(cursor, field, value);
        } else if (field->type == FIELD_STRUCT) {
            good = read_flat(cursor, field->schema, value + field->offset);
        } else {
            good = read_leaf(cursor, field, value + field->offset);
        }
        if (!good) {
            return false;
        }
        if (*cursor->at != '\0' && *cursor->at != ' ') {
            return fail_here(cursor, "a space or the end");
        }
    }
    return check_seen(cursor, schema, seen);
}

bool schema_text_parse(const struct schema *schema, void *value, const char *input,
                       struct schema_text *text)
{
    memset(value, 0, schema->size);
    struct cursor cursor = {.at = input, .text = text};
    bool good = read_fields(&cursor, schema, value);
    buffer_close(&cursor.token);
    return good;
}
