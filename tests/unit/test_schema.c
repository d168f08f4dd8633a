#include "base/schema.h"

#include <string.h>

#include "tests/lib/check_run.h"

struct pair {
    uint16_t left;
    uint8_t right[3];
};

struct sample {
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    bool flag;
    uint8_t color;
    uint8_t array[4];
    struct bytes bytes;
    struct bytes text;
    struct pair pair;
    uint32_t pair_count;
    struct pair pairs[3];
    uint32_t id_count;
    uint8_t ids[2][5];
};

static const char *const color_names[] = {"red", "green", "blue"};

static const struct field pair_fields[] = {
    SCHEMA_U16(struct pair, left),
    SCHEMA_ARRAY(struct pair, right, FORM_HEX),
};
static const struct schema pair_schema = SCHEMA("pair", struct pair, pair_fields);

static const struct field sample_fields[] = {
    SCHEMA_U8(struct sample, u8),
    SCHEMA_U16(struct sample, u16),
    SCHEMA_U32(struct sample, u32),
    SCHEMA_U64(struct sample, u64),
    SCHEMA_BOOL(struct sample, flag),
    SCHEMA_ENUM(struct sample, color, color_names),
    SCHEMA_ARRAY(struct sample, array, FORM_HEX),
    SCHEMA_BYTES(struct sample, bytes, 6),
    SCHEMA_TEXT(struct sample, text, 5),
    SCHEMA_STRUCT(struct sample, pair, &pair_schema),
    SCHEMA_LIST(struct sample, pairs, pair_count, &pair_schema, FORM_HEX),
    SCHEMA_LIST(struct sample, ids, id_count, NULL, FORM_HEX),
};
static const struct schema sample_schema = SCHEMA("sample", struct sample, sample_fields);

static const char sample_hex[] = "01"
                                 "0302"
                                 "07060504"
                                 "0f0e0d0c0b0a0908"
                                 "01"
                                 "02"
                                 "a0a1a2a3"
                                 "02b0b1"
                                 "026869"
                                 "1100c0c1c2"
                                 "02"
                                 "2100d0d1d2"
                                 "2200e0e1e2"
                                 "01"
                                 "f0f1f2f3f4";

static struct sample make_sample(void)
{
    static const uint8_t bytes[2] = {0xb0, 0xb1};
    return (struct sample){
        .u8 = 1,
        .u16 = 0x0203,
        .u32 = 0x04050607,
        .u64 = 0x08090a0b0c0d0e0f,
        .flag = true,
        .color = 2,
        .array = {0xa0, 0xa1, 0xa2, 0xa3},
        .bytes = BYTES_OF(bytes),
        .text = bytes_of_text("hi"),
        .pair = {0x11, {0xc0, 0xc1, 0xc2}},
        .pair_count = 2,
        .pairs = {{0x21, {0xd0, 0xd1, 0xd2}}, {0x22, {0xe0, 0xe1, 0xe2}}},
        .id_count = 1,
        .ids = {{0xf0, 0xf1, 0xf2, 0xf3, 0xf4}},
    };
}

static void encode(struct buffer *out)
{
    struct sample sample = make_sample();
    schema_write(out, &sample_schema, &sample);
}

START_TEST(writes_the_fields_in_order)
{
    struct buffer out = {0};
    char hex[sizeof(sample_hex)];
    encode(&out);
    ck_assert_uint_eq(2 * out.size + 1, sizeof(hex));
    hex_encode(hex, buffer_bytes(&out));
    ck_assert_str_eq(hex, sample_hex);
    buffer_close(&out);
}
END_TEST

START_TEST(reads_what_was_written)
{
    struct buffer out = {0};
    struct buffer again = {0};
    struct sample sample;
    char error[100];
    encode(&out);
    ck_assert(schema_decode(&sample_schema, &sample, buffer_bytes(&out), error, sizeof(error)));
    ck_assert_uint_eq(sample.u64, 0x08090a0b0c0d0e0f);
    ck_assert_uint_eq(sample.pairs[1].left, 0x22);
    ck_assert(bytes_equal(sample.text, bytes_of_text("hi")));
    schema_write(&again, &sample_schema, &sample);
    ck_assert(bytes_equal(buffer_bytes(&out), buffer_bytes(&again)));
    buffer_close(&out);
    buffer_close(&again);
}
END_TEST

START_TEST(rejects_every_cut_and_every_addition)
{
    struct buffer out = {0};
    struct sample sample;
    char error[100];
    encode(&out);
    for (size_t size = 0; size < out.size; size++) {
        struct bytes cut = {out.data, size};
        ck_assert(!schema_decode(&sample_schema, &sample, cut, error, sizeof(error)));
        ck_assert(!schema_decode(&sample_schema, &sample, cut, NULL, 0));
    }
    bcs_write_u8(&out, 0);
    ck_assert(!schema_decode(&sample_schema, &sample, buffer_bytes(&out), error, sizeof(error)));
    ck_assert_str_eq(error, "sample: input at byte 49 of 50: bytes follow the value");
    buffer_close(&out);
}
END_TEST

/* Change one byte of the encoding and expect one line about it. */
static void expect_error(size_t offset, uint8_t value, const char *line)
{
    struct buffer out = {0};
    struct sample sample;
    char error[100];
    encode(&out);
    out.data[offset] = value;
    ck_assert(!schema_decode(&sample_schema, &sample, buffer_bytes(&out), error, sizeof(error)));
    ck_assert_str_eq(error, line);
    buffer_close(&out);
}

START_TEST(names_the_field_that_is_wrong)
{
    expect_error(15, 2, "sample: flag at byte 15 of 49: a bool is neither 0 nor 1");
    expect_error(16, 3, "sample: color at byte 16 of 49: a value is outside its range");
    expect_error(21, 7, "sample: bytes at byte 21 of 49: longer than allowed");
    expect_error(24, 6, "sample: text at byte 24 of 49: longer than allowed");
    expect_error(25, 10, "sample: text at byte 24 of 49: a text is not printable ASCII");
    expect_error(32, 4, "sample: pairs at byte 32 of 49: longer than allowed");
    expect_error(43, 3, "sample: ids at byte 43 of 49: longer than allowed");
    expect_error(43, 2, "sample: ids at byte 49 of 49: the input ends too early");
    expect_error(43, 0, "sample: input at byte 44 of 49: bytes follow the value");
}
END_TEST

START_TEST(what_decodes_encodes_to_the_same_bytes)
{
    uint64_t seed = 4;
    struct buffer out = {0};
    unsigned good = 0;
    for (unsigned round = 0; round < 20000; round++) {
        struct buffer again = {0};
        struct sample sample;
        buffer_clear(&out);
        encode(&out);
        size_t at = (size_t)(check_random(&seed) % out.size);
        out.data[at] = (uint8_t)(check_random(&seed) % 8);
        if (schema_decode(&sample_schema, &sample, buffer_bytes(&out), NULL, 0)) {
            schema_write(&again, &sample_schema, &sample);
            ck_assert(bytes_equal(buffer_bytes(&out), buffer_bytes(&again)));
            good++;
        }
        buffer_close(&again);
    }
    ck_assert_uint_gt(good, 1000);
    buffer_close(&out);
}
END_TEST

START_TEST(what_was_not_read_is_zero)
{
    struct sample sample;
    uint8_t input[] = {1, 2};
    memset(&sample, 0xff, sizeof(sample));
    ck_assert(!schema_decode(&sample_schema, &sample, BYTES_OF(input), NULL, 0));
    ck_assert_uint_eq(sample.u64, 0);
    ck_assert_uint_eq(sample.pair_count, 0);
    ck_assert_ptr_null(sample.bytes.data);
}
END_TEST

START_TEST(the_longest_encoding_is_bounded)
{
    struct buffer out = {0};
    static const uint8_t full[6] = {0};
    struct sample sample = make_sample();
    sample.bytes = BYTES_OF(full);
    sample.text = bytes_of_text("hello");
    sample.pair_count = 3;
    sample.id_count = 2;
    schema_write(&out, &sample_schema, &sample);
    size_t max = schema_size_max(&sample_schema);
    ck_assert_uint_ge(max, out.size);
    ck_assert_uint_le(max, out.size + 20);
    buffer_close(&out);
}
END_TEST

START_TEST(stops_at_writing_what_cannot_be_read)
{
    struct buffer out = {0};
    struct sample sample = make_sample();
    sample.pair_count = 4;
    schema_write(&out, &sample_schema, &sample);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("schema");
    tcase_add_test(tests, writes_the_fields_in_order);
    tcase_add_test(tests, reads_what_was_written);
    tcase_add_test(tests, rejects_every_cut_and_every_addition);
    tcase_add_test(tests, names_the_field_that_is_wrong);
    tcase_add_test(tests, what_decodes_encodes_to_the_same_bytes);
    tcase_add_test(tests, what_was_not_read_is_zero);
    tcase_add_test(tests, the_longest_encoding_is_bounded);
    tcase_add_test_raise_signal(tests, stops_at_writing_what_cannot_be_read, 6);
    return check_run("schema", tests);
}
