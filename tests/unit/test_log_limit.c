#include "node/log_limit.h"

#include "tests/lib/check_run.h"

#define AT UINT64_C(5000)

static uint32_t take(struct log_limit *limit, uint64_t now_ms, uint32_t count)
{
    uint32_t written = 0;
    for (uint32_t i = 0; i < count; i++) {
        written += log_limit_take(limit, now_ms) ? 1 : 0;
    }
    return written;
}

START_TEST(a_flood_leaves_a_few_lines_and_a_count)
{
    struct log_limit limit = {0};
    ck_assert_uint_eq(take(&limit, AT, 1800), LOG_LIMIT_LINES);
    ck_assert_uint_eq(log_limit_over(&limit, AT + LOG_LIMIT_WINDOW_MS - 1), 0);
    ck_assert_uint_eq(log_limit_over(&limit, AT + LOG_LIMIT_WINDOW_MS), 1800 - LOG_LIMIT_LINES);
    ck_assert_uint_eq(log_limit_over(&limit, AT + LOG_LIMIT_WINDOW_MS + 1), 0);
}
END_TEST

START_TEST(a_line_now_and_then_is_always_written)
{
    struct log_limit limit = {0};
    for (uint64_t i = 1; i < 1000; i++) {
        ck_assert_uint_eq(log_limit_over(&limit, i * LOG_LIMIT_WINDOW_MS / LOG_LIMIT_LINES), 0);
        ck_assert(log_limit_take(&limit, i * LOG_LIMIT_WINDOW_MS / LOG_LIMIT_LINES));
    }
}
END_TEST

START_TEST(what_was_withheld_is_not_forgotten_by_a_new_window)
{
    struct log_limit limit = {0};
    ck_assert_uint_eq(take(&limit, AT, 7), LOG_LIMIT_LINES);
    ck_assert_uint_eq(take(&limit, AT + LOG_LIMIT_WINDOW_MS, 7), LOG_LIMIT_LINES);
    ck_assert_uint_eq(log_limit_over(&limit, AT + 2 * LOG_LIMIT_WINDOW_MS),
                      2 * (7 - LOG_LIMIT_LINES));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("log_limit");
    tcase_add_test(tests, a_flood_leaves_a_few_lines_and_a_count);
    tcase_add_test(tests, a_line_now_and_then_is_always_written);
    tcase_add_test(tests, what_was_withheld_is_not_forgotten_by_a_new_window);
    return check_run("log_limit", tests);
}
