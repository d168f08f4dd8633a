#include "base/buffer.h"

#include <string.h>

#include "base/memory.h"
#include "tests/lib/check_run.h"

START_TEST(grows_and_keeps_what_was_appended)
{
    struct buffer buffer = {0};
    for (unsigned i = 0; i < 10000; i++) {
        uint8_t byte = (uint8_t)i;
        buffer_append(&buffer, (struct bytes){&byte, 1});
    }
    ck_assert_uint_eq(buffer.size, 10000);
    for (unsigned i = 0; i < 10000; i++) {
        ck_assert_uint_eq(buffer.data[i], i & 0xff);
    }
    buffer_close(&buffer);
    ck_assert_ptr_null(buffer.data);
    ck_assert_uint_eq(buffer.capacity, 0);
}
END_TEST

START_TEST(an_empty_append_needs_no_memory)
{
    struct buffer buffer = {0};
    buffer_append(&buffer, (struct bytes){0});
    ck_assert_ptr_null(buffer.data);
    buffer_consume(&buffer, 0);
    ck_assert_str_eq(buffer_text(&buffer), "");
    ck_assert_uint_eq(buffer.size, 0);
    buffer_close(&buffer);
}
END_TEST

START_TEST(formats_text_of_any_length)
{
    struct buffer buffer = {0};
    char longest[500];
    memset(longest, 'x', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    buffer_append_text(&buffer, "a");
    buffer_format(&buffer, "%d%s", 42, longest);
    ck_assert_uint_eq(buffer.size, 1 + 2 + 499);
    ck_assert(strncmp(buffer_text(&buffer), "a42xxx", 6) == 0);
    ck_assert_uint_eq(strlen(buffer_text(&buffer)), buffer.size);
    buffer_close(&buffer);
}
END_TEST

START_TEST(consumes_from_the_front)
{
    struct buffer buffer = {0};
    buffer_append_text(&buffer, "hello world");
    buffer_consume(&buffer, 6);
    ck_assert_str_eq(buffer_text(&buffer), "world");
    buffer_consume(&buffer, 5);
    ck_assert_uint_eq(buffer.size, 0);
    buffer_append_text(&buffer, "again");
    ck_assert(bytes_equal(buffer_bytes(&buffer), bytes_of_text("again")));
    buffer_clear(&buffer);
    ck_assert_uint_eq(buffer.size, 0);
    ck_assert_uint_gt(buffer.capacity, 0);
    buffer_close(&buffer);
}
END_TEST

START_TEST(stops_at_consuming_more_than_there_is)
{
    struct buffer buffer = {0};
    buffer_consume(&buffer, 1);
}
END_TEST

START_TEST(new_memory_is_zero_and_never_null)
{
    static const uint8_t zeros[100];
    uint8_t *memory = memory_new(100);
    ck_assert(memcmp(memory, zeros, 100) == 0);
    memory[0] = 7;
    memory = memory_resize(memory, 100000);
    ck_assert_uint_eq(memory[0], 7);
    free(memory);
    memory = memory_new(0);
    ck_assert_ptr_nonnull(memory);
    memory = memory_resize(memory, 0);
    ck_assert_ptr_nonnull(memory);
    free(memory);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("buffer");
    tcase_add_test(tests, grows_and_keeps_what_was_appended);
    tcase_add_test(tests, an_empty_append_needs_no_memory);
    tcase_add_test(tests, formats_text_of_any_length);
    tcase_add_test(tests, consumes_from_the_front);
    tcase_add_test_raise_signal(tests, stops_at_consuming_more_than_there_is, 6);
    tcase_add_test(tests, new_memory_is_zero_and_never_null);
    return check_run("buffer", tests);
}
