#include "node/accusations.h"

#include <string.h>

#include "tests/lib/check_run.h"

static struct accusations accusations;
static const struct public_key offender = {{1}};

static struct accusation *hold(const struct public_key *validator, uint64_t height)
{
    const struct conflict conflict = {.height = height};
    return accusations_hold(&accusations, validator, &conflict, 20);
}

static void set_up(void)
{
    memset(&accusations, 0, sizeof(accusations));
}

/* A report with nonce 7 that the pool took while height 10 was committed. */
static struct accusation *pooled(void)
{
    struct accusation *accusation = hold(&offender, 10);
    accusation_report(accusation, 10, 7);
    accusation_checked(accusation, true);
    return accusation;
}

START_TEST(a_new_one_is_due_at_once)
{
    ck_assert(accusation_due(hold(&offender, 10), 10, 7, 7));
}
END_TEST

START_TEST(a_report_that_is_under_way_is_not_made_twice)
{
    struct accusation *accusation = hold(&offender, 10);
    accusation_report(accusation, 10, 7);
    ck_assert(!accusation_due(accusation, 100, 7, 7));
    accusation_checked(accusation, true);
    ck_assert(!accusation_due(accusation, 100, 7, 8)); /* in the pool, or decided */
}
END_TEST

START_TEST(a_report_that_left_the_pool_is_made_again)
{
    ck_assert(accusation_due(pooled(), 11, 7, 7));
}
END_TEST

START_TEST(a_report_whose_nonce_is_executed_is_made_again)
{
    ck_assert(accusation_due(pooled(), 11, 8, 8));
}
END_TEST

START_TEST(a_report_that_was_refused_is_made_again_in_the_next_block)
{
    struct accusation *accusation = hold(&offender, 10);
    accusation_report(accusation, 10, 7);
    accusation_checked(accusation, false);
    ck_assert(!accusation_due(accusation, 10, 7, 8));
    ck_assert(accusation_due(accusation, 11, 7, 8));
}
END_TEST

START_TEST(reports_come_ever_less_often)
{
    struct accusation *accusation = hold(&offender, 10);
    uint64_t height = 10;
    for (uint64_t wait = 1; wait <= ACCUSATION_WAIT_MAX; wait *= 2) {
        accusation_report(accusation, height, 7);
        accusation_checked(accusation, false);
        ck_assert(!accusation_due(accusation, height + wait - 1, 7, 7));
        height += wait;
        ck_assert(accusation_due(accusation, height, 7, 7));
    }
    accusation_report(accusation, height, 7);
    accusation_checked(accusation, false);
    ck_assert(accusation_due(accusation, height + ACCUSATION_WAIT_MAX, 7, 7));
}
END_TEST

START_TEST(the_newest_conflict_of_a_validator_is_kept)
{
    struct accusation *accusation = hold(&offender, 10);
    ck_assert_ptr_eq(hold(&offender, 12), accusation);
    ck_assert_ptr_eq(hold(&offender, 11), accusation);
    ck_assert_uint_eq(accusation->conflict.height, 12);
    ck_assert_uint_eq(accusations.count, 1);
}
END_TEST

START_TEST(a_conflict_that_waits_for_its_height_is_not_replaced)
{
    const struct accusation *accusation = hold(&offender, 21); /* 20 is committed */
    (void)hold(&offender, 22);
    ck_assert_uint_eq(accusation->conflict.height, 22);
    (void)hold(&offender, 23);
    ck_assert_uint_eq(accusation->conflict.height, 22);
}
END_TEST

START_TEST(who_is_forgotten_is_accused_anew)
{
    struct accusation *accusation = pooled();
    ck_assert(accusations_forget(&accusations, accusation));
    ck_assert_uint_eq(accusations.count, 0);
    ck_assert(accusation_due(hold(&offender, 11), 10, 7, 8)); /* a pardon, and again */
}
END_TEST

START_TEST(one_that_is_being_checked_is_kept_for_the_answer)
{
    struct accusation *accusation = hold(&offender, 10);
    accusation_report(accusation, 10, 7);
    ck_assert(!accusations_forget(&accusations, accusation));
    ck_assert(accusation->held);
    accusation_checked(accusation, true);
    ck_assert(accusations_forget(&accusations, accusation));
    ck_assert(!accusation->held);
}
END_TEST

START_TEST(there_is_room_for_as_many_as_may_vote)
{
    for (unsigned i = 0; i < VALIDATORS_MAX; i++) {
        const struct public_key validator = {{(uint8_t)i}};
        ck_assert_ptr_nonnull(hold(&validator, 10));
    }
    const struct public_key one_more = {{VALIDATORS_MAX}};
    ck_assert_ptr_null(hold(&one_more, 10));
    ck_assert(accusations_forget(&accusations, &accusations.list[3]));
    ck_assert_ptr_eq(hold(&one_more, 10), &accusations.list[3]);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("accusations");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, a_new_one_is_due_at_once);
    tcase_add_test(tests, a_report_that_is_under_way_is_not_made_twice);
    tcase_add_test(tests, a_report_that_left_the_pool_is_made_again);
    tcase_add_test(tests, a_report_whose_nonce_is_executed_is_made_again);
    tcase_add_test(tests, a_report_that_was_refused_is_made_again_in_the_next_block);
    tcase_add_test(tests, reports_come_ever_less_often);
    tcase_add_test(tests, the_newest_conflict_of_a_validator_is_kept);
    tcase_add_test(tests, a_conflict_that_waits_for_its_height_is_not_replaced);
    tcase_add_test(tests, who_is_forgotten_is_accused_anew);
    tcase_add_test(tests, one_that_is_being_checked_is_kept_for_the_answer);
    tcase_add_test(tests, there_is_room_for_as_many_as_may_vote);
    return check_run("accusations", tests);
}
