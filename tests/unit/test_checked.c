#include "base/checked.h"

#include "tests/lib/check_run.h"

START_TEST(sums_fit_or_are_refused)
{
    uint64_t out;
    ck_assert(checked_add(&out, UINT64_MAX - 1, 1) && out == UINT64_MAX);
    ck_assert(checked_add(&out, 0, 0) && out == 0);
    ck_assert(!checked_add(&out, UINT64_MAX, 1));
    ck_assert(!checked_add(&out, UINT64_MAX, UINT64_MAX));
}
END_TEST

START_TEST(differences_fit_or_are_refused)
{
    uint64_t out;
    ck_assert(checked_sub(&out, 5, 5) && out == 0);
    ck_assert(checked_sub(&out, UINT64_MAX, 1) && out == UINT64_MAX - 1);
    ck_assert(!checked_sub(&out, 0, 1));
    ck_assert(!checked_sub(&out, 5, UINT64_MAX));
}
END_TEST

START_TEST(products_fit_or_are_refused)
{
    uint64_t out;
    ck_assert(checked_mul(&out, 0, UINT64_MAX) && out == 0);
    ck_assert(checked_mul(&out, UINT32_MAX, UINT32_MAX) && out == 0xfffffffe00000001);
    ck_assert(!checked_mul(&out, (uint64_t)1 << 32, (uint64_t)1 << 32));
    ck_assert(!checked_mul(&out, UINT64_MAX, 2));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("checked");
    tcase_add_test(tests, sums_fit_or_are_refused);
    tcase_add_test(tests, differences_fit_or_are_refused);
    tcase_add_test(tests, products_fit_or_are_refused);
    return check_run("checked", tests);
}
