#include "p2p/json_schema.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERROR_TEXT_MAX 48 /* characters of a refused value that an error quotes */

/* What a reader carries along. `path` names the value being read. */
struct reading {
    const char *prefix;
    struct json_arena *arena;
    char path[JSON_PATH_MAX];
    char *error;
    size_t error_size;
};

void json_arena_close(struct json_arena *arena)
{
    for (size_t i = 0; i < arena->count; i++) {
        free(arena->blocks[i]);
    }
    free(arena->blocks);
    memset(arena, 0, sizeof(*arena));
}

static uint8_t *arena_take(struct json_arena *arena, size_t size)
{
    arena->blocks = memory_resize(arena->blocks, (arena->count + 1) * sizeof(void *));
    uint8_t *block = memory_new(size);
    arena->blocks[arena->count] = block;
    arena->count++;
    return block;
}

json_t *json_text_parse(struct bytes text, char *error, size_t error_size)
{
    json_error_t fault;
    json_t *json = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES, &fault);
    if (json == NULL && error_size > 0) {
        /* jansson names a flag of its own there, which says nothing to who wrote the text. */
        bool nul = json_error_code(&fault) == json_error_null_character;
        (void)snprintf(error, error_size, "line %d, column %d: %s", fault.line, fault.column,
                       nul ? "this JSON has the character \\u0000, which is not allowed in it"
                           : fault.text);
        for (char *c = error; *c != '\0'; c++) {
            if (*c < ' ' || *c > '~') {
                *c = '?';
            }
        }
    }
    return json;
}

const char *json_next_key(const json_t *object, void **at)
{
    json_t *walked; /* jansson has no walk over a constant object, and changes nothing in it */
    memcpy(&walked, &object, sizeof(object)); // NOLINT(bugprone-sizeof-expression)
    *at = *at == NULL ? json_object_iter(walked) : json_object_iter_next(walked, *at);
    return *at == NULL ? NULL : json_object_iter_key(*at);
}

/* Writing. */

json_t *json_u64(uint64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%" PRIu64, value);
    return json_string(text);
}

json_t *json_hex(struct bytes bytes)
{
    char *text = memory_new(2 * bytes.size + 1);
    hex_encode(text, bytes);
    json_t *json = json_stringn_nocheck(text, 2 * bytes.size);
    free(text);
    return json;
}

json_t *json_text(struct bytes text)
{
    return json_stringn(text.size == 0 ? "" : (const char *)text.data, text.size);
}

json_t *json_address(const struct address *address, const char *prefix)
{
    char text[ADDRESS_TEXT_MAX];
    address_print(text, prefix, address);
    return json_string(text);
}

static json_t *write_array(const struct field *field, const uint8_t *member, const char *prefix)
{
    if (field->form == FORM_ADDRESS) {
        struct address address;
        assert(field->size == sizeof(address));
        memcpy(&address, member, sizeof(address));
        return json_address(&address, prefix);
    }
    return json_hex((struct bytes){member, field->size});
}

static json_t *write_leaf(const struct field *field, const uint8_t *member, const char *prefix)
{
    struct bytes bytes;
    switch (field->type) {
    case FIELD_U8:
    case FIELD_U16:
    case FIELD_U32:
        return json_integer((json_int_t)schema_load_integer(member, field->size));
    case FIELD_U64:
        return json_u64(schema_load_integer(member, field->size));
    case FIELD_BOOL:
        return json_boolean(*member != 0);
    case FIELD_ENUM:
        assert(*member < field->max);
        return json_string(field->names[*member]);
    case FIELD_ARRAY:
        return write_array(field, member, prefix);
    case FIELD_BYTES:
        memcpy(&bytes, member, sizeof(bytes));
        return json_hex(bytes);
    case FIELD_TEXT:
        memcpy(&bytes, member, sizeof(bytes));
        return json_text(bytes);
    case FIELD_STRUCT:
    case FIELD_LIST:
        break;
    }
    assert(false && "a flat structure holds leaves only");
    return NULL;
}

static json_t *write_flat(const struct schema *schema, const uint8_t *value, const char *prefix)
{
    json_t *object = json_object();
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        (void)json_object_set_new(object, field->name,
                                  write_leaf(field, value + field->offset, prefix));
    }
    return object;
}

static json_t *write_list(const struct field *field, const uint8_t *value, const char *prefix)
{
    json_t *array = json_array();
    uint64_t count = schema_load_integer(value + field->count_offset, 4);
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *element = value + field->offset + i * field->size;
        (void)json_array_append_new(array, field->schema == NULL
                                               ? write_array(field, element, prefix)
                                               : write_flat(field->schema, element, prefix));
    }
    return array;
}

json_t *json_schema_write(const struct schema *schema, const void *value, const char *prefix)
{
    json_t *object = json_object();
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        const uint8_t *member = (const uint8_t *)value + field->offset;
        json_t *json;
        if (field->type == FIELD_LIST) {
            json = write_list(field, value, prefix);
        } else if (field->type == FIELD_STRUCT) {
            json = write_flat(field->schema, member, prefix);
        } else {
            json = write_leaf(field, member, prefix);
        }
        (void)json_object_set_new(object, field->name, json);
    }
    return object;
}

/* Reading. */

static bool refuse(char *error, size_t error_size, const char *name, const char *what)
{
    if (error_size > 0) {
        (void)snprintf(error, error_size, "%s: %s", name, what);
    }
    return false;
}

static const char *json_type_text(const json_t *json)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a text";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        break;
    }
    return "null";
}

static bool refuse_type(char *error, size_t error_size, const char *name, const json_t *json,
                        const char *wanted)
{
    char what[120];
    (void)snprintf(what, sizeof(what), "it is %s, %s is expected", json_type_text(json), wanted);
    return refuse(error, error_size, name, what);
}

/* Digits only, no leading zero: one number has one text. */
static bool decimal_parse(uint64_t *out, const char *text)
{
    size_t length = strlen(text);
    *out = 0;
    if (length == 0 || length > 20 || (text[0] == '0' && length > 1)) {
        return false;
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < '0' || *c > '9' || __builtin_mul_overflow(*out, 10U, out) ||
            __builtin_add_overflow(*out, (uint64_t)(*c - '0'), out)) {
            return false;
        }
    }
    return true;
}

bool json_read_u64(uint64_t *out, const json_t *json, uint64_t max, const char *name, char *error,
                   size_t error_size)
{
    bool exact = false;
    if (json_is_integer(json)) {
        exact = json_integer_value(json) >= 0;
        *out = exact ? (uint64_t)json_integer_value(json) : 0;
    } else if (json_is_string(json)) {
        exact = decimal_parse(out, json_string_value(json));
    } else {
        return refuse_type(error, error_size, name, json, "a whole number");
    }
    if (!exact || *out > max) {
        char what[160];
        (void)snprintf(what, sizeof(what),
                       "the value is no whole number from 0 to %" PRIu64 " in decimal", max);
        return refuse(error, error_size, name, what);
    }
    return true;
}

bool json_read_hex(uint8_t *out, size_t size, const json_t *json, const char *name, char *error,
                   size_t error_size)
{
    if (!json_is_string(json)) {
        return refuse_type(error, error_size, name, json, "a hexadecimal text");
    }
    if (strlen(json_string_value(json)) == json_string_length(json) &&
        hex_decode(out, size, json_string_value(json))) {
        return true;
    }
    char what[120];
    (void)snprintf(what, sizeof(what), "%zu characters, %zu hexadecimal digits expected",
                   json_string_length(json), 2 * size);
    return refuse(error, error_size, name, what);
}

static bool fail(struct reading *reading, const char *what)
{
    return refuse(reading->error, reading->error_size, reading->path, what);
}

static bool read_integer(struct reading *reading, const struct field *field, uint8_t *member,
                         const json_t *json)
{
    uint64_t value = 0;
    uint64_t max = field->size == 8 ? UINT64_MAX : (UINT64_C(1) << (8 * field->size)) - 1;
    if (!json_read_u64(&value, json, max, reading->path, reading->error, reading->error_size)) {
        return false;
    }
    schema_store_integer(member, field->size, value);
    return true;
}

static bool read_enum(struct reading *reading, const struct field *field, uint8_t *member,
                      const json_t *json)
{
    const char *text = json_string_value(json);
    for (uint32_t i = 0; text != NULL && i < field->max; i++) {
        if (strcmp(text, field->names[i]) == 0) {
            *member = (uint8_t)i;
            return true;
        }
    }
    char what[160];
    int used = snprintf(what, sizeof(what), "one of these is expected:");
    for (uint32_t i = 0; i < field->max && used > 0 && (size_t)used < sizeof(what); i++) {
        used += snprintf(what + used, sizeof(what) - (size_t)used, " %s", field->names[i]);
    }
    return fail(reading, what);
}

static bool read_address(struct reading *reading, uint8_t *member, const json_t *json)
{
    if (!json_is_string(json) || strlen(json_string_value(json)) != json_string_length(json)) {
        return refuse_type(reading->error, reading->error_size, reading->path, json, "an address");
    }
    char what[200];
    struct address address;
    if (!address_parse(&address, reading->prefix, json_string_value(json), what, sizeof(what))) {
        return fail(reading, what);
    }
    memcpy(member, &address, sizeof(address));
    return true;
}

static bool read_array(struct reading *reading, const struct field *field, uint8_t *member,
                       const json_t *json)
{
    if (field->form == FORM_ADDRESS) {
        return read_address(reading, member, json);
    }
    return json_read_hex(member, field->size, json, reading->path, reading->error,
                         reading->error_size);
}

static bool read_bytes(struct reading *reading, const struct field *field, uint8_t *member,
                       const json_t *json)
{
    if (!json_is_string(json)) {
        return refuse_type(reading->error, reading->error_size, reading->path, json,
                           "a hexadecimal text");
    }
    const char *text = json_string_value(json);
    size_t digits = json_string_length(json) - (strncmp(text, "0x", 2) == 0 ? 2 : 0);
    if (digits % 2 != 0 || digits / 2 > field->max) {
        char what[120];
        (void)snprintf(what, sizeof(what),
                       "%zu hexadecimal digits, an even number up to %" PRIu64 " expected", digits,
                       2 * (uint64_t)field->max);
        return fail(reading, what);
    }
    struct bytes bytes = {NULL, digits / 2};
    uint8_t *block = arena_take(reading->arena, bytes.size);
    if (!json_read_hex(block, bytes.size, json, reading->path, reading->error,
                       reading->error_size)) {
        return false;
    }
    bytes.data = block;
    memcpy(member, &bytes, sizeof(bytes));
    return true;
}

static bool read_text(struct reading *reading, const struct field *field, uint8_t *member,
                      const json_t *json)
{
    if (!json_is_string(json)) {
        return refuse_type(reading->error, reading->error_size, reading->path, json, "a text");
    }
    struct bytes text = {(const uint8_t *)json_string_value(json), json_string_length(json)};
    if (text.size > field->max) {
        char what[120];
        (void)snprintf(what, sizeof(what), "%zu characters, at most %u expected", text.size,
                       field->max);
        return fail(reading, what);
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < ' ' || text.data[i] > '~') {
            return fail(reading, "printable ASCII is expected");
        }
    }
    memcpy(member, &text, sizeof(text));
    return true;
}

static bool read_leaf(struct reading *reading, const struct field *field, uint8_t *member,
                      const json_t *json)
{
    bool truth;
    switch (field->type) {
    case FIELD_U8:
    case FIELD_U16:
    case FIELD_U32:
    case FIELD_U64:
        return read_integer(reading, field, member, json);
    case FIELD_BOOL:
        if (!json_is_boolean(json)) {
            return fail(reading, "true or false is expected");
        }
        truth = json_is_true(json);
        memcpy(member, &truth, sizeof(truth));
        return true;
    case FIELD_ENUM:
        return read_enum(reading, field, member, json);
    case FIELD_ARRAY:
        return read_array(reading, field, member, json);
    case FIELD_BYTES:
        return read_bytes(reading, field, member, json);
    case FIELD_TEXT:
        return read_text(reading, field, member, json);
    case FIELD_STRUCT:
    case FIELD_LIST:
        break;
    }
    assert(false && "a flat structure holds leaves only");
    return false;
}

/* Extend the path for a while: returns its length before, for path_leave(). */
static size_t path_enter(struct reading *reading, const char *name)
{
    size_t length = strlen(reading->path);
    (void)snprintf(reading->path + length, sizeof(reading->path) - length, "%s%s",
                   length == 0 ? "" : ".", name);
    return length;
}

static size_t path_enter_index(struct reading *reading, size_t index)
{
    size_t length = strlen(reading->path);
    (void)snprintf(reading->path + length, sizeof(reading->path) - length, "[%zu]", index);
    return length;
}

static void path_leave(struct reading *reading, size_t length)
{
    reading->path[length] = '\0';
}

/* An object, and no key that the schema does not know. */
static bool check_keys(struct reading *reading, const struct schema *schema, const json_t *json)
{
    if (!json_is_object(json)) {
        const char *name = reading->path[0] == '\0' ? schema->name : reading->path;
        return refuse_type(reading->error, reading->error_size, name, json, "an object");
    }
    void *at = NULL;
    const char *key;
    while ((key = json_next_key(json, &at)) != NULL) {
        bool known = false;
        for (size_t i = 0; i < schema->field_count && !known; i++) {
            known = strcmp(key, schema->fields[i].name) == 0;
        }
        if (!known) {
            char name[ERROR_TEXT_MAX];
            (void)snprintf(name, sizeof(name), "%s", key);
            (void)path_enter(reading, name);
            return fail(reading, "unknown key");
        }
    }
    return true;
}

static bool read_flat(struct reading *reading, const struct schema *schema, uint8_t *value,
                      const json_t *json)
{
    if (!check_keys(reading, schema, json)) {
        return false;
    }
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        size_t length = path_enter(reading, field->name);
        const json_t *inner = json_object_get(json, field->name);
        if (inner == NULL) {
            return fail(reading, "missing");
        }
        if (!read_leaf(reading, field, value + field->offset, inner)) {
            return false;
        }
        path_leave(reading, length);
    }
    return true;
}

static bool read_list(struct reading *reading, const struct field *field, uint8_t *value,
                      const json_t *json)
{
    if (!json_is_array(json)) {
        return refuse_type(reading->error, reading->error_size, reading->path, json, "a list");
    }
    if (json_array_size(json) > field->max) {
        char what[120];
        (void)snprintf(what, sizeof(what), "%zu elements, at most %u expected",
                       json_array_size(json), field->max);
        return fail(reading, what);
    }
    uint32_t count = (uint32_t)json_array_size(json);
    memcpy(value + field->count_offset, &count, sizeof(count));
    for (size_t i = 0; i < count; i++) {
        uint8_t *element = value + field->offset + i * field->size;
        const json_t *inner = json_array_get(json, i);
        size_t length = path_enter_index(reading, i);
        bool good = field->schema == NULL ? read_array(reading, field, element, inner)
                                          : read_flat(reading, field->schema, element, inner);
        if (!good) {
            return false;
        }
        path_leave(reading, length);
    }
    return true;
}

/* NOLINTNEXTLINE(readability-function-size): one value, its source, and what both need */
bool json_schema_read(const struct schema *schema, void *value, const json_t *json,
                      const char *prefix, struct json_arena *arena, char *error, size_t error_size)
{
    struct reading reading = {.prefix = prefix, .arena = arena, .error_size = error_size};
    reading.error = error;
    memset(value, 0, schema->size);
    if (!check_keys(&reading, schema, json)) {
        return false;
    }
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct field *field = &schema->fields[i];
        uint8_t *member = (uint8_t *)value + field->offset;
        size_t length = path_enter(&reading, field->name);
        const json_t *inner = json_object_get(json, field->name);
        if (inner == NULL) {
            return fail(&reading, "missing");
        }
        bool good;
        if (field->type == FIELD_LIST) {
            good = read_list(&reading, field, value, inner);
        } else if (field->type == FIELD_STRUCT) {
            good = read_flat(&reading, field->schema, member, inner);
        } else {
            good = read_leaf(&reading, field, member, inner);
        }
        if (!good) {
            return false;
        }
        path_leave(&reading, length);
    }
    return true;
}
