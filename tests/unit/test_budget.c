#include "node/budget.h"

#include "tests/lib/check_run.h"

static uint32_t take_all(struct budget *budget, uint64_t now_ms, uint32_t per_second)
{
    uint32_t taken = 0;
    while (taken < 1000000 && budget_take(budget, now_ms, per_second)) {
        taken++;
    }
    return taken;
}

START_TEST(gives_a_seconds_worth_at_once)
{
    struct budget budget = {0};
    ck_assert_uint_eq(take_all(&budget, 5000, 20), 20);
    ck_assert(!budget_take(&budget, 5000, 20));
}
END_TEST

START_TEST(refills_with_time_and_no_further)
{
    struct budget budget = {0};
    ck_assert_uint_eq(take_all(&budget, 1, 20), 20);
    ck_assert(!budget_take(&budget, 50, 20));
    ck_assert(budget_take(&budget, 51, 20));
    ck_assert_uint_eq(take_all(&budget, 551, 20), 10);
    ck_assert_uint_eq(take_all(&budget, 1000000, 20), 20);
    ck_assert_uint_eq(take_all(&budget, UINT64_MAX, 20), 20);
}
END_TEST

START_TEST(takes_at_a_steady_rate_are_all_granted)
{
    struct budget budget = {0};
    for (uint64_t now_ms = 1; now_ms < 100000; now_ms += 50) {
        ck_assert(budget_take(&budget, now_ms, 20));
    }
}
END_TEST

START_TEST(a_debt_goes_away_with_time)
{
    struct debt debt = {0};
    ck_assert_uint_eq(debt_left(&debt, 5000, 1000), 0);
    debt_add(&debt, 5000, 1000, 2500);
    ck_assert_uint_eq(debt_left(&debt, 5000, 1000), 2500);
    ck_assert_uint_eq(debt_left(&debt, 6500, 1000), 1000);
    debt_add(&debt, 7000, 1000, 10);
    ck_assert_uint_eq(debt_left(&debt, 7000, 1000), 510);
    ck_assert_uint_eq(debt_left(&debt, 7511, 1000), 0);
    debt_add(&debt, 8000, UINT64_C(1) << 30, UINT64_C(1) << 40);
    ck_assert_uint_eq(debt_left(&debt, UINT64_MAX, UINT64_C(1) << 30), 0);
}
END_TEST

START_TEST(who_is_sent_what_goes_away_meanwhile_owes_nothing_more)
{
    struct debt debt = {0};
    for (uint64_t now_ms = 1; now_ms < 100000; now_ms += 50) {
        debt_add(&debt, now_ms, 2000, 100);
        ck_assert_uint_eq(debt_left(&debt, now_ms, 2000), 100);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("budget");
    tcase_add_test(tests, gives_a_seconds_worth_at_once);
    tcase_add_test(tests, refills_with_time_and_no_further);
    tcase_add_test(tests, takes_at_a_steady_rate_are_all_granted);
    tcase_add_test(tests, a_debt_goes_away_with_time);
    tcase_add_test(tests, who_is_sent_what_goes_away_meanwhile_owes_nothing_more);
    return check_run("budget", tests);
}
