#include "node/log.h"

#include <string.h>

#include "tests/lib/check_run.h"

START_TEST(quotes_what_could_break_a_line)
{
    char out[32];
    ck_assert_str_eq(log_quote(out, sizeof(out), "a \"b\"\n\\\xff"), "\"a 'b'???\"");
    ck_assert_str_eq(log_quote(out, 6, "abcdefgh"), "\"abc\"");
    ck_assert_str_eq(log_quote(out, sizeof(out), ""), "\"\"");
}
END_TEST

START_TEST(knows_four_levels)
{
    enum log_level level;
    for (int i = 0; i < LOG_LEVEL_COUNT; i++) {
        ck_assert(log_level_parse(&level, log_level_text((enum log_level)i)));
        ck_assert_int_eq((int)level, i);
    }
    ck_assert(!log_level_parse(&level, "loud"));
}
END_TEST

START_TEST(drops_what_is_above_the_level)
{
    log_set_level(LOG_LEVEL_WARN);
    ck_assert(log_enabled(LOG_LEVEL_ERROR));
    ck_assert(log_enabled(LOG_LEVEL_WARN));
    ck_assert(!log_enabled(LOG_LEVEL_INFO));
    log_set_level(LOG_LEVEL_INFO);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("log");
    tcase_add_test(tests, quotes_what_could_break_a_line);
    tcase_add_test(tests, knows_four_levels);
    tcase_add_test(tests, drops_what_is_above_the_level);
    return check_run("log", tests);
}
