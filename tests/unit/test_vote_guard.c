#include "consensus/vote_guard.h"

#include "tests/lib/check_run.h"

static struct vote_guard guard;

static enum vote_guard_verdict take(enum vote_type type, uint64_t height, uint32_t round,
                                    uint8_t digest)
{
    const struct vote vote = {
        .type = (uint8_t)type, .height = height, .round = round, .digest = {{digest}}};
    return vote_guard_take(&guard, &vote);
}

static void set_up(void)
{
    guard = (struct vote_guard){0};
}

START_TEST(signs_a_height_in_order)
{
    ck_assert_int_eq(take(VOTE_PROPOSE, 7, 0, 1), VOTE_GUARD_NEW);
    ck_assert_int_eq(take(VOTE_PREPARE, 7, 0, 1), VOTE_GUARD_NEW);
    ck_assert_int_eq(take(VOTE_COMMIT, 7, 0, 1), VOTE_GUARD_NEW);
    ck_assert_int_eq(take(VOTE_PREPARE, 8, 0, 2), VOTE_GUARD_NEW);
    ck_assert_uint_eq(vote_guard_height(&guard), 8);
}
END_TEST

START_TEST(repeats_the_newest_vote_of_each_type)
{
    ck_assert_int_eq(take(VOTE_PREPARE, 7, 0, 1), VOTE_GUARD_NEW);
    ck_assert_int_eq(take(VOTE_COMMIT, 7, 0, 1), VOTE_GUARD_NEW);
    ck_assert_int_eq(take(VOTE_PREPARE, 7, 0, 1), VOTE_GUARD_REPEATED);
    ck_assert_int_eq(take(VOTE_COMMIT, 7, 0, 1), VOTE_GUARD_REPEATED);
}
END_TEST

START_TEST(refuses_a_second_digest_of_a_round)
{
    for (enum vote_type type = VOTE_PROPOSE; type <= VOTE_ROUND_CHANGE; type++) {
        set_up();
        ck_assert_int_eq(take(type, 7, 3, 1), VOTE_GUARD_NEW);
        ck_assert_int_eq(take(type, 7, 3, 2), VOTE_GUARD_CONFLICT);
        ck_assert_int_eq(take(type, 7, 3, 1), VOTE_GUARD_REPEATED);
    }
}
END_TEST

START_TEST(refuses_what_is_over)
{
    ck_assert_int_eq(take(VOTE_PREPARE, 7, 3, 1), VOTE_GUARD_NEW);
    ck_assert_int_eq(take(VOTE_PREPARE, 7, 2, 1), VOTE_GUARD_ROUND_OVER);
    ck_assert_int_eq(take(VOTE_PREPARE, 7, 4, 2), VOTE_GUARD_NEW);
    ck_assert_int_eq(take(VOTE_PREPARE, 7 + VOTE_GUARD_HEIGHTS, 0, 1), VOTE_GUARD_NEW);
    ck_assert_int_eq(take(VOTE_COMMIT, 7, 9, 1), VOTE_GUARD_HEIGHT_OVER);
}
END_TEST

/* A node that lost the end of its log says again what it said a few blocks ago. */
START_TEST(remembers_the_heights_of_a_moment_ago)
{
    for (uint64_t height = 1; height <= 40; height++) {
        ck_assert_int_eq(take(VOTE_PREPARE, height, 0, 1), VOTE_GUARD_NEW);
        ck_assert_int_eq(take(VOTE_COMMIT, height, 0, 1), VOTE_GUARD_NEW);
    }
    for (uint64_t height = 41 - VOTE_GUARD_HEIGHTS; height <= 40; height++) {
        ck_assert_int_eq(take(VOTE_COMMIT, height, 0, 1), VOTE_GUARD_REPEATED);
        ck_assert_int_eq(take(VOTE_COMMIT, height, 0, 2), VOTE_GUARD_CONFLICT);
    }
    ck_assert_int_eq(take(VOTE_COMMIT, 40 - VOTE_GUARD_HEIGHTS, 0, 1), VOTE_GUARD_HEIGHT_OVER);
}
END_TEST

START_TEST(names_the_round_from_which_all_is_free)
{
    ck_assert_uint_eq(vote_guard_free_round(&guard, 7), 0);
    ck_assert_int_eq(take(VOTE_COMMIT, 7, 3, 1), VOTE_GUARD_NEW);
    ck_assert_int_eq(take(VOTE_ROUND_CHANGE, 7, 5, 1), VOTE_GUARD_NEW);
    ck_assert_uint_eq(vote_guard_free_round(&guard, 7), 6);
    ck_assert_uint_eq(vote_guard_free_round(&guard, 8), 0);
    ck_assert_int_eq(take(VOTE_ROUND_CHANGE, 7, UINT32_MAX, 1), VOTE_GUARD_NEW);
    ck_assert_uint_eq(vote_guard_free_round(&guard, 7), UINT32_MAX);
}
END_TEST

START_TEST(refuses_votes_of_a_round_that_was_left)
{
    ck_assert_int_eq(take(VOTE_ROUND_CHANGE, 7, 2, 9), VOTE_GUARD_NEW);
    ck_assert_int_eq(take(VOTE_PROPOSE, 7, 1, 1), VOTE_GUARD_ROUND_LEFT);
    ck_assert_int_eq(take(VOTE_PREPARE, 7, 0, 1), VOTE_GUARD_ROUND_LEFT);
    ck_assert_int_eq(take(VOTE_COMMIT, 7, 1, 1), VOTE_GUARD_ROUND_LEFT);
    ck_assert_int_eq(take(VOTE_COMMIT, 7, 2, 1), VOTE_GUARD_NEW);
    ck_assert_int_eq(take(VOTE_ROUND_CHANGE, 7, 1, 9), VOTE_GUARD_ROUND_OVER);
}
END_TEST

START_TEST(a_new_height_forgets_the_rounds_of_the_old)
{
    ck_assert_int_eq(take(VOTE_ROUND_CHANGE, 7, 5, 9), VOTE_GUARD_NEW);
    ck_assert_int_eq(take(VOTE_PREPARE, 8, 0, 1), VOTE_GUARD_NEW);
}
END_TEST

START_TEST(what_binds_nobody_is_free_and_leaves_no_trace)
{
    ck_assert_int_eq(take(VOTE_PREPARE, 7, 0, 1), VOTE_GUARD_NEW);
    const struct vote_guard before = guard;
    ck_assert_int_eq(take(VOTE_STATUS, 3, 9, 5), VOTE_GUARD_FREE);
    ck_assert_int_eq(take(VOTE_GET_BODY, 900, 0, 5), VOTE_GUARD_FREE);
    ck_assert_int_eq(take(VOTE_BODY, 900, 0, 6), VOTE_GUARD_FREE);
    ck_assert_mem_eq(&guard, &before, sizeof(guard));
}
END_TEST

START_TEST(a_raised_guard_signs_nothing_below)
{
    vote_guard_raise(&guard, 100);
    vote_guard_raise(&guard, 50);
    ck_assert_int_eq(take(VOTE_COMMIT, 99, 0, 1), VOTE_GUARD_HEIGHT_OVER);
    ck_assert_int_eq(take(VOTE_COMMIT, 100, 0, 1), VOTE_GUARD_NEW);
}
END_TEST

/* The property itself: whatever is asked, in whatever order, no two votes that were allowed have one
 * type, height and round and two digests, and none is of a round that was left before. */
START_TEST(random_requests_never_yield_two_votes_for_one_place)
{
    enum { HEIGHTS = 24, ROUNDS = 4, REQUESTS = 1200 };
    uint64_t random = 11;
    for (unsigned run = 0; run < 500; run++) {
        uint8_t signed_for[VOTE_GUARD_TYPES][HEIGHTS][ROUNDS] = {{{0}}};
        uint32_t changed_to[HEIGHTS] = {0};
        set_up();
        for (unsigned i = 0; i < REQUESTS; i++) {
            enum vote_type type = (enum vote_type)(check_random(&random) % VOTE_GUARD_TYPES);
            uint64_t height = check_random(&random) % HEIGHTS;
            uint32_t round = (uint32_t)(check_random(&random) % ROUNDS);
            uint8_t digest = (uint8_t)(1 + check_random(&random) % 2);
            if (take(type, height, round, digest) > VOTE_GUARD_FREE) {
                continue;
            }
            uint8_t *place = &signed_for[type][height][round];
            ck_assert(*place == 0 || *place == digest);
            ck_assert(type == VOTE_ROUND_CHANGE || *place != 0 || round >= changed_to[height]);
            *place = digest;
            if (type == VOTE_ROUND_CHANGE) {
                changed_to[height] = round;
            }
        }
    }
}
END_TEST

START_TEST(its_state_survives_its_encoding)
{
    struct buffer wire = {0};
    struct vote_guard again;
    char error[160];
    ck_assert_int_eq(take(VOTE_PREPARE, 7, 2, 1), VOTE_GUARD_NEW);
    schema_write(&wire, &vote_guard_schema, &guard);
    ck_assert_msg(
        schema_decode(&vote_guard_schema, &again, buffer_bytes(&wire), error, sizeof(error)), "%s",
        error);
    guard = again;
    ck_assert_int_eq(take(VOTE_PREPARE, 7, 2, 2), VOTE_GUARD_CONFLICT);
    buffer_close(&wire);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("vote_guard");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, signs_a_height_in_order);
    tcase_add_test(tests, repeats_the_newest_vote_of_each_type);
    tcase_add_test(tests, refuses_a_second_digest_of_a_round);
    tcase_add_test(tests, refuses_what_is_over);
    tcase_add_test(tests, remembers_the_heights_of_a_moment_ago);
    tcase_add_test(tests, names_the_round_from_which_all_is_free);
    tcase_add_test(tests, refuses_votes_of_a_round_that_was_left);
    tcase_add_test(tests, a_new_height_forgets_the_rounds_of_the_old);
    tcase_add_test(tests, what_binds_nobody_is_free_and_leaves_no_trace);
    tcase_add_test(tests, a_raised_guard_signs_nothing_below);
    tcase_add_test(tests, random_requests_never_yield_two_votes_for_one_place);
    tcase_add_test(tests, its_state_survives_its_encoding);
    return check_run("vote_guard", tests);
}
