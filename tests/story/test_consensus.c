/* What four replicas do when all goes well, and when the leader is silent: word for word. */
#include "tests/lib/check_run.h"
#include "tests/lib/story.h"

static struct sim *sim;

static void setup(void)
{
    struct sim_options options;
    sim_options_quiet(&options, 4);
    sim = sim_new(&options);
}

static void teardown(void)
{
    sim_free(sim);
}

START_TEST(a_block_is_decided_in_three_hops)
{
    ck_assert_str_eq(sim_trace(sim), "0: height 1 round 0: start d3ecd5f1\n"
                                     "1: height 1 round 0: start d3ecd5f1\n"
                                     "2: height 1 round 0: start d3ecd5f1\n"
                                     "3: height 1 round 0: start d3ecd5f1\n");
    sim_trace_clear(sim);
    story_work(sim);
    story_run(sim, 50);
    ck_assert_str_eq(sim_trace(sim), "1: height 1 round 0: build\n"
                                     "1: height 1 round 0: propose 2ad248cd\n"
                                     "1: height 1 round 0: prepare 2ad248cd\n"
                                     "0: height 1 round 0: proposal 2ad248cd\n"
                                     "2: height 1 round 0: proposal 2ad248cd\n"
                                     "3: height 1 round 0: proposal 2ad248cd\n"
                                     "0: height 1 round 0: prepare 2ad248cd\n"
                                     "2: height 1 round 0: prepare 2ad248cd\n"
                                     "3: height 1 round 0: prepare 2ad248cd\n"
                                     "2: height 1 round 0: commit 2ad248cd\n"
                                     "3: height 1 round 0: commit 2ad248cd\n"
                                     "0: height 1 round 0: commit 2ad248cd\n"
                                     "1: height 1 round 0: commit 2ad248cd\n"
                                     "0: height 1 round 0: decided 2ad248cd\n"
                                     "1: height 1 round 0: decided 2ad248cd\n"
                                     "2: height 1 round 0: decided 2ad248cd\n"
                                     "3: height 1 round 0: decided 2ad248cd\n");
    for (uint32_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(sim_height(sim, i), 1);
    }
}
END_TEST

START_TEST(the_next_leader_takes_over_from_a_silent_one)
{
    sim_stop(sim, 1);
    sim_trace_clear(sim);
    story_work(sim);
    story_run(sim, 600);
    ck_assert_str_eq(sim_trace(sim), "0: height 1 round 0: timeout\n"
                                     "0: height 1 round 1: round change\n"
                                     "2: height 1 round 0: timeout\n"
                                     "2: height 1 round 1: round change\n"
                                     "3: height 1 round 0: timeout\n"
                                     "3: height 1 round 1: round change\n"
                                     "2: height 1 round 1: build\n"
                                     "2: height 1 round 1: propose b47fece0\n"
                                     "2: height 1 round 1: prepare b47fece0\n"
                                     "0: height 1 round 1: proposal b47fece0\n"
                                     "3: height 1 round 1: proposal b47fece0\n"
                                     "0: height 1 round 1: prepare b47fece0\n"
                                     "3: height 1 round 1: prepare b47fece0\n"
                                     "3: height 1 round 1: commit b47fece0\n"
                                     "0: height 1 round 1: commit b47fece0\n"
                                     "2: height 1 round 1: commit b47fece0\n"
                                     "2: height 1 round 1: decided b47fece0\n"
                                     "0: height 1 round 1: decided b47fece0\n"
                                     "3: height 1 round 1: decided b47fece0\n");
    ck_assert_uint_eq(sim_height(sim, 0), 1);
}
END_TEST

/* Class 18 of docs/testing.md: Besu issues 2095, 10917, 8354, FISCO pull request 3305. */
START_TEST(an_idle_chain_is_silent)
{
    sim_trace_clear(sim);
    story_run(sim, 600000);
    ck_assert_str_eq(sim_trace(sim), "");
}
END_TEST

START_TEST(the_lead_rotates_and_blocks_follow_each_other)
{
    for (uint64_t height = 1; height <= 8; height++) {
        story_work(sim);
        ck_assert(sim_run_until_height(sim, height, height * 100));
        story_run(sim, height * 100);
    }
    ck_assert(story_told(sim, "0: height 4 round 0: propose"));
    ck_assert(story_told(sim, "1: height 5 round 0: propose"));
    ck_assert(story_told(sim, "2: height 6 round 0: propose"));
    ck_assert(story_told(sim, "3: height 7 round 0: propose"));
    ck_assert(!story_told(sim, "round 1"));
}
END_TEST

START_TEST(one_history_for_one_seed)
{
    struct sim_options options;
    struct sim_report a;
    struct sim_report b;
    sim_options_storm(&options, 42, 4, 12);
    sim_seed(&options, &a);
    sim_seed(&options, &b);
    ck_assert_msg(a.passed, "%s", a.failure);
    ck_assert(hash_equal(&a.trace, &b.trace));
    options.seed++;
    sim_seed(&options, &b);
    ck_assert(!hash_equal(&a.trace, &b.trace));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("consensus");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_block_is_decided_in_three_hops);
    tcase_add_test(tests, the_next_leader_takes_over_from_a_silent_one);
    tcase_add_test(tests, an_idle_chain_is_silent);
    tcase_add_test(tests, the_lead_rotates_and_blocks_follow_each_other);
    tcase_add_test(tests, one_history_for_one_seed);
    return check_run("consensus", tests);
}
