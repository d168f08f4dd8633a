#include "node/awaited.h"

#include "tests/lib/check_run.h"

static const struct awaited awaited = {.nonce = 4, .expires_at = 100};
static struct refusal why;

START_TEST(one_whose_turn_may_come_is_awaited)
{
    ck_assert(!awaited_in_vain(&awaited, 99, 0, &why));
    ck_assert(!awaited_in_vain(&awaited, 99, 4, &why));
}
END_TEST

START_TEST(one_whose_nonce_is_passed_is_awaited_in_vain)
{
    ck_assert(awaited_in_vain(&awaited, 10, 5, &why));
    ck_assert_uint_eq(why.code, VM_NONCE);
    ck_assert_uint_eq(why.got, 4);
    ck_assert_uint_eq(why.want, 5);
}
END_TEST

START_TEST(one_whose_last_block_is_executed_is_awaited_in_vain)
{
    ck_assert(awaited_in_vain(&awaited, 100, 4, &why));
    ck_assert_uint_eq(why.code, VM_EXPIRED);
    ck_assert_uint_eq(why.got, 101);
    ck_assert_uint_eq(why.want, 100);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("awaited");
    tcase_add_test(tests, one_whose_turn_may_come_is_awaited);
    tcase_add_test(tests, one_whose_nonce_is_passed_is_awaited_in_vain);
    tcase_add_test(tests, one_whose_last_block_is_executed_is_awaited_in_vain);
    return check_run("awaited", tests);
}
