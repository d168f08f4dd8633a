#include "tools/client/fault.h"

#include <string.h>

#include "tests/lib/check_run.h"

START_TEST(sets_one_line_and_returns_false)
{
    struct fault fault;
    ck_assert(!fault_set(&fault, "%s is %d, %d is expected", "port", 7, 8));
    ck_assert_str_eq(fault.text, "port is 7, 8 is expected");
}
END_TEST

START_TEST(lets_no_control_character_of_a_stranger_through)
{
    struct fault fault;
    ck_assert(!fault_set(&fault, "http://x: %s", "a\nlevel=error\r\t\x1b[2J\x7f \xc3\xa9"));
    ck_assert_str_eq(fault.text, "http://x: a?level=error???[2J? \xc3\xa9");
}
END_TEST

START_TEST(cuts_what_does_not_fit)
{
    struct fault fault;
    char text[2 * sizeof(fault.text)];
    memset(text, 'a', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    ck_assert(!fault_set(&fault, "%s", text));
    ck_assert_uint_eq(strlen(fault.text), sizeof(fault.text) - 1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("fault");
    tcase_add_test(tests, sets_one_line_and_returns_false);
    tcase_add_test(tests, lets_no_control_character_of_a_stranger_through);
    tcase_add_test(tests, cuts_what_does_not_fit);
    return check_run("faults", tests);
}
