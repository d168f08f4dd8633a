/* Validators come and go while the chain runs. */
#include "tests/lib/check_run.h"
#include "tests/lib/story.h"

static struct sim *sim;
static uint32_t hosts;

static void begin(uint32_t validators, uint32_t spares, uint64_t heights)
{
    struct sim_options options;
    sim_options_quiet(&options, validators);
    options.spare_count = spares;
    options.heights = heights;
    options.work = true;
    hosts = validators + spares;
    sim = sim_new(&options);
}

static void teardown(void)
{
    sim_free(sim);
}

START_TEST(a_newcomer_votes_from_the_second_height_after_its_block)
{
    begin(4, 1, 9);
    sim_plan_change(sim, 2, SIM_CHANGE_ADD, 4);
    story_reach(sim, 9, 10000);
    ck_assert_uint_eq(story_told(sim, "4: height 3 round 0: prepare"), 0);
    ck_assert_uint_eq(story_told(sim, "4: height 4 round 0: prepare"), 1);
    /* 9 mod 5: the newcomer's turn. */
    ck_assert_uint_eq(story_told(sim, "4: height 9 round 0: propose"), 1);
}
END_TEST

START_TEST(who_was_removed_follows_and_is_not_needed)
{
    begin(4, 0, 12);
    sim_plan_change(sim, 2, SIM_CHANGE_REMOVE, 0);
    story_reach(sim, 6, 10000);
    ck_assert_uint_eq(story_told(sim, "0: height 3 round 0: commit"), 1);
    ck_assert_uint_eq(story_told(sim, "0: height 4 round 0: commit"), 0);
    sim_stop(sim, 0);
    bool calm = sim_run(sim, 15000);
    ck_assert(calm);
    ck_assert_uint_eq(sim_height(sim, 1), 12);
    ck_assert_uint_eq(story_told(sim, "timeout"), 0);
}
END_TEST

/* Class 24 of docs/testing.md: Quorum pull request 796, a chain that grows from one validator. */
START_TEST(a_chain_grows_from_one_validator_to_four)
{
    begin(1, 3, 12);
    sim_plan_change(sim, 1, SIM_CHANGE_ADD, 1);
    sim_plan_change(sim, 2, SIM_CHANGE_ADD, 2);
    sim_plan_change(sim, 3, SIM_CHANGE_ADD, 3);
    story_reach(sim, 12, 20000);
    ck_assert_uint_eq(story_told(sim, "timeout"), 0);
    for (uint32_t i = 1; i < hosts; i++) {
        sim_stop(sim, i);
        sim_start(sim, i);
    }
}
END_TEST

/* Class 24 of docs/testing.md: axyl issue 84. Who enters without being there takes the slack, no more. */
START_TEST(a_newcomer_that_is_away_costs_its_turns_only)
{
    begin(4, 1, 12);
    sim_plan_change(sim, 1, SIM_CHANGE_ADD, 4);
    sim_stop(sim, 4);
    bool calm = sim_run(sim, 20000);
    ck_assert(calm);
    for (uint32_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(sim_height(sim, i), 12);
    }
    sim_start(sim, 4);
    story_reach(sim, 12, 40000);
}
END_TEST

START_TEST(who_is_jailed_votes_and_never_leads)
{
    begin(4, 0, 12);
    sim_plan_change(sim, 1, SIM_CHANGE_JAIL, 2);
    story_reach(sim, 12, 10000);
    ck_assert_uint_eq(story_told(sim, "2: height 12 round 0: prepare"), 1);
    ck_assert_uint_eq(story_told(sim, "2: height 2 round 0: propose"), 1);
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(story_told(sim, i == 0   ? "2: height 6 round 0: propose"
                                          : i == 1 ? "2: height 10 round 0: propose"
                                                   : "2: height 5 round 0: propose"),
                          0);
    }
    ck_assert_uint_eq(story_told(sim, "timeout"), 0);
}
END_TEST

START_TEST(power_comes_back_to_a_validator_that_entered_meanwhile)
{
    begin(4, 1, 14);
    sim_plan_change(sim, 4, SIM_CHANGE_ADD, 4);
    sim_plan_change(sim, 5, SIM_CHANGE_REMOVE, 1);
    story_reach(sim, 3, 10000);
    sim_stop(sim, 4);
    bool calm = sim_run(sim, 6000);
    ck_assert(calm);
    sim_start(sim, 4);
    story_reach(sim, 14, 40000);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("membership");
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, a_newcomer_votes_from_the_second_height_after_its_block);
    tcase_add_test(tests, who_was_removed_follows_and_is_not_needed);
    tcase_add_test(tests, a_chain_grows_from_one_validator_to_four);
    tcase_add_test(tests, a_newcomer_that_is_away_costs_its_turns_only);
    tcase_add_test(tests, who_is_jailed_votes_and_never_leads);
    tcase_add_test(tests, power_comes_back_to_a_validator_that_entered_meanwhile);
    return check_run("membership", tests);
}
