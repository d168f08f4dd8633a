#include "base/bcs.h"

#include <string.h>

#include "tests/lib/check_run.h"

START_TEST(integers_are_little_endian_and_of_fixed_width)
{
    static const uint8_t expected[] = {1, 3, 2, 7, 6, 5, 4, 15, 14, 13, 12, 11, 10, 9, 8, 1, 0};
    struct buffer out = {0};
    struct bcs_reader reader;
    bcs_write_u8(&out, 1);
    bcs_write_u16(&out, 0x0203);
    bcs_write_u32(&out, 0x04050607);
    bcs_write_u64(&out, 0x08090a0b0c0d0e0f);
    bcs_write_bool(&out, true);
    bcs_write_bool(&out, false);
    ck_assert(bytes_equal(buffer_bytes(&out), BYTES_OF(expected)));
    bcs_reader_init(&reader, buffer_bytes(&out));
    ck_assert_uint_eq(bcs_read_u8(&reader), 1);
    ck_assert_uint_eq(bcs_read_u16(&reader), 0x0203);
    ck_assert_uint_eq(bcs_read_u32(&reader), 0x04050607);
    ck_assert_uint_eq(bcs_read_u64(&reader), 0x08090a0b0c0d0e0f);
    ck_assert(bcs_read_bool(&reader));
    ck_assert(!bcs_read_bool(&reader));
    ck_assert(bcs_reader_done(&reader));
    buffer_close(&out);
}
END_TEST

START_TEST(lengths_are_uleb128)
{
    static const struct {
        uint32_t value;
        const char *hex;
    } table[] = {
        {0, "00"},       {1, "01"},         {127, "7f"},           {128, "8001"},
        {16383, "ff7f"}, {16384, "808001"}, {2097152, "80808001"}, {UINT32_MAX, "ffffffff0f"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(table); i++) {
        struct buffer out = {0};
        struct bcs_reader reader;
        char hex[11];
        bcs_write_length(&out, table[i].value);
        hex_encode(hex, buffer_bytes(&out));
        ck_assert_str_eq(hex, table[i].hex);
        bcs_reader_init(&reader, buffer_bytes(&out));
        ck_assert_uint_eq(bcs_read_length(&reader, UINT32_MAX), table[i].value);
        ck_assert(bcs_reader_done(&reader));
        buffer_close(&out);
    }
}
END_TEST

static enum bcs_status length_status(const char *hex, uint32_t max)
{
    uint8_t data[16];
    size_t size = strlen(hex) / 2;
    struct bcs_reader reader;
    ck_assert(hex_decode(data, size, hex));
    bcs_reader_init(&reader, (struct bytes){data, size});
    ck_assert_uint_eq(bcs_read_length(&reader, max), 0);
    return reader.status;
}

START_TEST(rejects_every_other_form_of_a_length)
{
    ck_assert_int_eq(length_status("8000", UINT32_MAX), BCS_LENGTH_FORM);
    ck_assert_int_eq(length_status("ff00", UINT32_MAX), BCS_LENGTH_FORM);
    ck_assert_int_eq(length_status("8080808000", UINT32_MAX), BCS_LENGTH_FORM);
    ck_assert_int_eq(length_status("ffffffff10", UINT32_MAX), BCS_LENGTH_FORM);
    ck_assert_int_eq(length_status("ffffffff7f", UINT32_MAX), BCS_LENGTH_FORM);
    ck_assert_int_eq(length_status("808080808001", UINT32_MAX), BCS_LENGTH_FORM);
    ck_assert_int_eq(length_status("80", UINT32_MAX), BCS_TRUNCATED);
    ck_assert_int_eq(length_status("", UINT32_MAX), BCS_TRUNCATED);
    ck_assert_int_eq(length_status("0b", 10), BCS_TOO_LONG);
}
END_TEST

START_TEST(rejects_a_bool_other_than_0_and_1)
{
    for (unsigned value = 2; value < 256; value++) {
        uint8_t byte = (uint8_t)value;
        struct bcs_reader reader;
        bcs_reader_init(&reader, (struct bytes){&byte, 1});
        ck_assert(!bcs_read_bool(&reader));
        ck_assert_int_eq(reader.status, BCS_BOOL);
        ck_assert_uint_eq(reader.offset, 0);
    }
}
END_TEST

START_TEST(texts_are_printable_ascii)
{
    for (unsigned value = 0; value < 256; value++) {
        uint8_t data[2] = {1, (uint8_t)value};
        struct bcs_reader reader;
        bcs_reader_init(&reader, BYTES_OF(data));
        struct bytes text = bcs_read_text(&reader, 10);
        bool good = value >= ' ' && value <= '~';
        ck_assert_int_eq(reader.status, good ? BCS_OK : BCS_TEXT);
        ck_assert_uint_eq(text.size, good ? 1 : 0);
    }
}
END_TEST

START_TEST(rejects_trailing_bytes)
{
    uint8_t data[2] = {0};
    struct bcs_reader reader;
    char line[100];
    bcs_reader_init(&reader, BYTES_OF(data));
    (void)bcs_read_u8(&reader);
    ck_assert(!bcs_reader_done(&reader));
    bcs_error_text(&reader, line, sizeof(line));
    ck_assert_str_eq(line, "input at byte 1 of 2: bytes follow the value");
}
END_TEST

START_TEST(the_first_error_stays)
{
    uint8_t data[12] = {5, 1, 2};
    uint8_t array[4] = {9, 9, 9, 9};
    struct bcs_reader reader;
    char line[100];
    bcs_reader_init(&reader, (struct bytes){data, 3});
    reader.field = "amount";
    struct bytes bytes = bcs_read_bytes(&reader, 10);
    ck_assert_uint_eq(bytes.size, 0);
    ck_assert_int_eq(reader.status, BCS_TRUNCATED);
    ck_assert_uint_eq(bcs_read_u64(&reader), 0);
    bcs_read_array(&reader, array, sizeof(array));
    ck_assert_uint_eq(array[0], 0);
    bcs_reader_fail(&reader, BCS_VALUE);
    ck_assert(!bcs_reader_done(&reader));
    bcs_error_text(&reader, line, sizeof(line));
    ck_assert_str_eq(line, "amount at byte 1 of 3: the input ends too early");
}
END_TEST

START_TEST(every_status_has_a_text)
{
    for (int status = BCS_OK; status <= BCS_TEXT; status++) {
        ck_assert_str_ne(bcs_status_text((enum bcs_status)status), "unknown status");
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("bcs");
    tcase_add_test(tests, integers_are_little_endian_and_of_fixed_width);
    tcase_add_test(tests, lengths_are_uleb128);
    tcase_add_test(tests, rejects_every_other_form_of_a_length);
    tcase_add_test(tests, rejects_a_bool_other_than_0_and_1);
    tcase_add_test(tests, texts_are_printable_ascii);
    tcase_add_test(tests, rejects_trailing_bytes);
    tcase_add_test(tests, the_first_error_stays);
    tcase_add_test(tests, every_status_has_a_text);
    return check_run("bcs", tests);
}
