#include "base/bytes.h"

#include <string.h>

#include "tests/lib/check_run.h"

START_TEST(equal_means_same_size_and_content)
{
    uint8_t a[3] = {1, 2, 3};
    uint8_t b[3] = {1, 2, 3};
    ck_assert(bytes_equal(BYTES_OF(a), BYTES_OF(b)));
    ck_assert(!bytes_equal(BYTES_OF(a), (struct bytes){b, 2}));
    ck_assert(bytes_equal((struct bytes){0}, (struct bytes){a, 0}));
    b[2] = 4;
    ck_assert(!bytes_equal(BYTES_OF(a), BYTES_OF(b)));
}
END_TEST

START_TEST(order_is_bytewise_with_prefixes_first)
{
    static const char *const sorted[] = {"", "a", "aa", "ab", "b", "\xff"};
    for (size_t i = 0; i < ARRAY_COUNT(sorted); i++) {
        for (size_t j = 0; j < ARRAY_COUNT(sorted); j++) {
            int order = bytes_compare(bytes_of_text(sorted[i]), bytes_of_text(sorted[j]));
            ck_assert_int_eq((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
}
END_TEST

START_TEST(hexadecimal_is_written_in_lower_case)
{
    uint8_t data[] = {0x00, 0x1f, 0xa0, 0xff};
    char text[9];
    hex_encode(text, BYTES_OF(data));
    ck_assert_str_eq(text, "001fa0ff");
    hex_encode(text, (struct bytes){0});
    ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(hexadecimal_is_read_in_either_case_and_with_prefix)
{
    static const uint8_t expected[] = {0xab, 0xcd};
    static const char *const good[] = {"abcd", "ABCD", "aBcD", "0xabcd"};
    uint8_t out[2];
    for (size_t i = 0; i < ARRAY_COUNT(good); i++) {
        ck_assert(hex_decode(out, sizeof(out), good[i]));
        ck_assert(memcmp(out, expected, sizeof(out)) == 0);
    }
    ck_assert(hex_decode(out, 0, ""));
    ck_assert(hex_decode(out, 0, "0x"));
}
END_TEST

START_TEST(anything_else_is_not_hexadecimal)
{
    static const char *const bad[] = {"",      "a",      "abc",    "abcde", "abcdef", "abcg",
                                      " abcd", "abcd ",  "0Xabcd", "0x",    "0xabc",  "ab cd",
                                      "-bcd",  "ab\ncd", "/:@G",   "`gab"};
    uint8_t out[2];
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        ck_assert_msg(!hex_decode(out, sizeof(out), bad[i]), "%s", bad[i]);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("bytes");
    tcase_add_test(tests, equal_means_same_size_and_content);
    tcase_add_test(tests, order_is_bytewise_with_prefixes_first);
    tcase_add_test(tests, hexadecimal_is_written_in_lower_case);
    tcase_add_test(tests, hexadecimal_is_read_in_either_case_and_with_prefix);
    tcase_add_test(tests, anything_else_is_not_hexadecimal);
    return check_run("bytes", tests);
}
