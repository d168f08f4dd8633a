#include "node/pace.h"

#include "tests/lib/check_run.h"

#define WAIT_MAX_US 50000

/* A block that had our vote at `begin_us` and was executed after `cost_us`. */
static uint64_t block(struct pace *pace, uint64_t begin_us, uint64_t cost_us, uint32_t count)
{
    pace_vote(pace, begin_us);
    pace_executed(pace, count, begin_us + cost_us);
    return begin_us + cost_us;
}

START_TEST(nobody_waits_for_the_first_block)
{
    struct pace pace = {.wait_max_us = WAIT_MAX_US};
    ck_assert_uint_eq(pace_wait_us(&pace, 1), 0);
}
END_TEST

START_TEST(nobody_waits_after_a_small_block)
{
    struct pace pace = {.wait_max_us = WAIT_MAX_US};
    uint64_t now_us = block(&pace, 1000, 30000, PACE_COUNT_MIN - 1);
    ck_assert_uint_eq(pace_wait_us(&pace, now_us), 0);
    now_us = block(&pace, now_us, 30000, 0);
    ck_assert_uint_eq(pace_wait_us(&pace, now_us), 0);
}
END_TEST

START_TEST(after_a_large_one_as_long_as_it_took)
{
    struct pace pace = {.wait_max_us = WAIT_MAX_US};
    uint64_t now_us = block(&pace, 1000, 7000, PACE_COUNT_MIN);
    ck_assert_uint_eq(pace_wait_us(&pace, now_us), 7000);
    ck_assert_uint_eq(pace_wait_us(&pace, now_us + 6999), 1);
    ck_assert_uint_eq(pace_wait_us(&pace, now_us + 7000), 0);
    ck_assert_uint_eq(pace_wait_us(&pace, now_us + 10000000), 0);
}
END_TEST

START_TEST(waiting_is_no_part_of_the_cost)
{
    struct pace pace = {.wait_max_us = WAIT_MAX_US};
    uint64_t now_us = 1000;
    for (int i = 0; i < 10; i++) {
        now_us = block(&pace, now_us, 7000, 20);
        now_us += pace_wait_us(&pace, now_us);
    }
    ck_assert_uint_eq(now_us, 1000 + UINT64_C(10) * 14000);
}
END_TEST

START_TEST(no_longer_than_the_bound)
{
    struct pace pace = {.wait_max_us = WAIT_MAX_US};
    uint64_t now_us = block(&pace, 1000, 900000, PACE_COUNT_FULL); /* a round timed out */
    ck_assert_uint_eq(pace_wait_us(&pace, now_us), WAIT_MAX_US);
}
END_TEST

START_TEST(the_larger_the_block_the_less)
{
    struct pace pace = {.wait_max_us = WAIT_MAX_US};
    uint64_t now_us = block(&pace, 1000, 12000, PACE_COUNT_FULL);
    ck_assert_uint_eq(pace_wait_us(&pace, now_us), 12000);
    now_us = block(&pace, now_us, 12000, 3 * PACE_COUNT_FULL);
    ck_assert_uint_eq(pace_wait_us(&pace, now_us), 4000);
    now_us = block(&pace, now_us, 12000, UINT32_MAX);
    ck_assert_uint_eq(pace_wait_us(&pace, now_us), 0);
}
END_TEST

START_TEST(the_first_vote_for_a_block_counts)
{
    struct pace pace = {.wait_max_us = WAIT_MAX_US};
    pace_vote(&pace, 1000);
    pace_vote(&pace, 4000);
    pace_executed(&pace, 20, 6000);
    ck_assert_uint_eq(pace_wait_us(&pace, 6000), 5000);
}
END_TEST

START_TEST(a_block_without_our_vote_has_no_cost)
{
    struct pace pace = {.wait_max_us = WAIT_MAX_US};
    uint64_t now_us = block(&pace, 1000, 7000, 100);
    pace_executed(&pace, 100, now_us + 20);
    ck_assert_uint_eq(pace_wait_us(&pace, now_us + 20), 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pace");
    tcase_add_test(tests, nobody_waits_for_the_first_block);
    tcase_add_test(tests, nobody_waits_after_a_small_block);
    tcase_add_test(tests, after_a_large_one_as_long_as_it_took);
    tcase_add_test(tests, waiting_is_no_part_of_the_cost);
    tcase_add_test(tests, no_longer_than_the_bound);
    tcase_add_test(tests, the_larger_the_block_the_less);
    tcase_add_test(tests, the_first_vote_for_a_block_counts);
    tcase_add_test(tests, a_block_without_our_vote_has_no_cost);
    return check_run("pace", tests);
}
