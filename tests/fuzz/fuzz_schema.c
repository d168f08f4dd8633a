/* The canonical encoding of table-described structures: what decodes encodes to the same bytes, and
 * decodes to the same value again. The first byte of the input chooses one of three layouts. */
#include <string.h>

#include "base/schema.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct leaves {
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    bool flag;
    uint8_t color;
    uint8_t array[7];
};

struct strings {
    struct bytes bytes;
    struct bytes text;
    struct bytes more;
};

struct nested {
    struct leaves first;
    uint32_t leaf_count;
    struct leaves list[5];
    uint32_t id_count;
    uint8_t ids[300][3];
    struct strings last;
};

static const char *const color_names[] = {"red", "green", "blue"};

static const struct field leaves_fields[] = {
    SCHEMA_U8(struct leaves, u8),
    SCHEMA_U16(struct leaves, u16),
    SCHEMA_U32(struct leaves, u32),
    SCHEMA_U64(struct leaves, u64),
    SCHEMA_BOOL(struct leaves, flag),
    SCHEMA_ENUM(struct leaves, color, color_names),
    SCHEMA_ARRAY(struct leaves, array, FORM_HEX),
};
static const struct schema leaves_schema = SCHEMA("leaves", struct leaves, leaves_fields);

static const struct field strings_fields[] = {
    SCHEMA_BYTES(struct strings, bytes, 1000),
    SCHEMA_TEXT(struct strings, text, 40),
    SCHEMA_BYTES(struct strings, more, 3),
};
static const struct schema strings_schema = SCHEMA("strings", struct strings, strings_fields);

static const struct field nested_fields[] = {
    SCHEMA_STRUCT(struct nested, first, &leaves_schema),
    SCHEMA_LIST(struct nested, list, leaf_count, &leaves_schema, FORM_HEX),
    SCHEMA_LIST(struct nested, ids, id_count, NULL, FORM_HEX),
    SCHEMA_STRUCT(struct nested, last, &strings_schema),
};
static const struct schema nested_schema = SCHEMA("nested", struct nested, nested_fields);

static void check(const struct schema *schema, void *value, void *again, struct bytes input)
{
    char error[200];
    struct buffer out = {0};
    struct buffer twice = {0};
    if (schema_decode(schema, value, input, error, sizeof(error))) {
        schema_write(&out, schema, value);
        assert(bytes_equal(buffer_bytes(&out), input));
        assert(out.size <= schema_size_max(schema));
        bool good = schema_decode(schema, again, buffer_bytes(&out), error, sizeof(error));
        assert(good);
        schema_write(&twice, schema, again);
        assert(bytes_equal(buffer_bytes(&twice), input));
    } else {
        assert(strlen(error) > 0);
    }
    buffer_close(&out);
    buffer_close(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct nested value;
    static struct nested again;
    static const struct schema *const schemas[] = {&leaves_schema, &strings_schema, &nested_schema};
    if (size == 0) {
        return 0;
    }
    const struct schema *schema = schemas[data[0] % ARRAY_COUNT(schemas)];
    check(schema, &value, &again, (struct bytes){data + 1, size - 1});
    return 0;
}
