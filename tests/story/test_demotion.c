/* Leaders that fail cost one time-out, and then none for a while. */
#include <stdio.h>

#include "tests/lib/check_run.h"
#include "tests/lib/story.h"

static struct sim *sim;

static void begin(uint32_t validators, uint64_t heights)
{
    struct sim_options options;
    sim_options_quiet(&options, validators);
    options.heights = heights;
    options.work = true;
    sim = sim_new(&options);
}

static void teardown(void)
{
    if (sim != NULL) {
        sim_free(sim);
    }
}

/* Time passes until host 0 is there: those that were stopped never are. */
static void reach(uint64_t height)
{
    struct sim_report report;
    bool calm = true;
    for (uint64_t i = 0; calm && sim_height(sim, 0) < height && i < 4000; i++) {
        sim_report(sim, &report);
        calm = sim_run(sim, report.time_ms + 50);
    }
    sim_report(sim, &report);
    ck_assert_msg(calm, "%s", report.failure);
    ck_assert_uint_ge(sim_height(sim, 0), height);
}

/* Height 3 needs a second round. Block 4 shows it, so 3 leads none of the heights 6 to 13. */
START_TEST(a_dead_leader_costs_one_timeout_and_then_none_for_its_term)
{
    begin(4, 24);
    sim_stop(sim, 3);
    reach(13);
    ck_assert_uint_eq(story_told(sim, "0: height 3 round 0: timeout"), 1);
    ck_assert_uint_eq(story_told(sim, "0: height 3 round 1: decided"), 1);
    ck_assert_uint_eq(story_told(sim, ": timeout"), 3);
    /* Its turn comes again at height 15, and the next term is twice as long. */
    reach(24);
    ck_assert_uint_eq(story_told(sim, "0: height 15 round 0: timeout"), 1);
    ck_assert_uint_eq(story_told(sim, ": timeout"), 6);
}
END_TEST

START_TEST(who_comes_back_leads_again_after_its_term)
{
    begin(4, 30);
    sim_stop(sim, 3);
    reach(5);
    sim_start(sim, 3);
    reach(30);
    ck_assert_uint_eq(story_told(sim, "3: height 7 round 0: propose"), 0);
    ck_assert_uint_eq(story_told(sim, "3: height 11 round 0: propose"), 0);
    ck_assert_uint_eq(story_told(sim, "3: height 15 round 0: propose"), 1);
    ck_assert_uint_eq(story_told(sim, "3: height 19 round 0: propose"), 1);
}
END_TEST

/* Time passes until host 0 has given up a round once more. */
static void fail_once(void)
{
    struct sim_report report;
    const uint32_t before = story_told(sim, ": timeout");
    bool calm = true;
    for (uint64_t i = 0; calm && story_told(sim, ": timeout") == before && i < 4000; i++) {
        sim_report(sim, &report);
        calm = sim_run(sim, report.time_ms + 50);
    }
    ck_assert(calm);
    ck_assert_uint_gt(story_told(sim, ": timeout"), before);
}

/* At how many heights, of `from` and those below `to`, host 0 gave up round 0. */
static uint32_t failed_between(uint64_t from, uint64_t to)
{
    uint32_t count = 0;
    for (uint64_t height = from; height < to; height++) {
        char text[64];
        (void)snprintf(text, sizeof(text), "\n0: height %llu round 0: timeout",
                       (unsigned long long)height);
        count += story_told(sim, text);
    }
    return count;
}

/* Host 3 is away at five of its turns, so it is demoted for 128 heights, and healthy from then on. Host 1 dies.
 * Within twelve heights it is demoted: while 3 still fetches what it missed, a turn of 2 may be lost besides.
 * In the next 60 heights its terms of 8, 16 and 32 heights end. */
START_TEST(who_used_to_fail_gives_its_place_to_who_is_dead)
{
    begin(4, 240);
    for (uint32_t failures = 0; failures < 5; failures++) {
        sim_stop(sim, 3);
        fail_once();
        sim_start(sim, 3);
    }
    reach(sim_height(sim, 0) + 3);
    ck_assert_uint_eq(story_told(sim, ": timeout"), 5 * 3);
    const uint64_t died = sim_height(sim, 0) + 1;
    sim_stop(sim, 1);
    reach(died + 72);
    uint32_t before = failed_between(died, died + 12);
    uint32_t after = failed_between(died + 12, died + 72);
    ck_assert_uint_ge(before, 1);
    ck_assert_msg(before <= 3 && after <= 3, "%u of 12 heights and %u of 60 waited for a leader",
                  before, after);
}
END_TEST

/* What a replica knows of turns comes from its last block alone. */
START_TEST(turns_are_known_after_a_restart)
{
    begin(4, 6);
    sim_stop(sim, 3);
    reach(6);
    struct sim_report report;
    sim_report(sim, &report);
    ck_assert(sim_run(sim, report.time_ms + 1000)); /* The others are there, too. */
    for (uint32_t host = 0; host < 3; host++) {
        struct pbft_summary summary;
        sim_stop(sim, host);
        sim_start(sim, host);
        sim_summary(sim, host, &summary);
        /* Its newest block may be lost with the power: then it waits for height 6. */
        ck_assert_uint_ge(summary.height, 6);
        ck_assert_uint_eq(summary.leader, summary.height % 3);
    }
}
END_TEST

/* Simulated milliseconds from height 16n to height 100n of host 0, on links of 40 ms, without the last
 * `dead` validators: by then these have failed four times, and some fail again. */
static uint64_t duration_ms(uint32_t validators, uint32_t dead)
{
    struct sim_options options;
    struct sim_report begun;
    struct sim_report done;
    sim_options_quiet(&options, validators);
    options.heights = (uint64_t)100 * validators;
    options.work = true;
    options.delay_min_us = 40000;
    options.delay_max_us = 40000;
    sim = sim_new(&options);
    for (uint32_t i = validators - dead; i < validators; i++) {
        sim_stop(sim, i);
    }
    reach((uint64_t)16 * validators);
    sim_report(sim, &begun);
    reach(options.heights);
    sim_report(sim, &done);
    sim_free(sim);
    sim = NULL;
    return done.time_ms - begun.time_ms;
}

START_TEST(f_dead_for_ever_leave_nine_tenths_of_the_throughput)
{
    static const uint32_t sizes[] = {4, 7};
    uint32_t validators = sizes[_i];
    uint64_t whole = duration_ms(validators, 0);
    uint64_t maimed = duration_ms(validators, validators_fault_count(validators));
    ck_assert_msg(whole * 10 >= maimed * 9, "%u validators: %llu ms whole, %llu ms with f dead",
                  validators, (unsigned long long)whole, (unsigned long long)maimed);
    (void)printf("%u validators: %llu ms whole, %llu ms with f dead\n", validators,
                 (unsigned long long)whole, (unsigned long long)maimed);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("demotion");
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, a_dead_leader_costs_one_timeout_and_then_none_for_its_term);
    tcase_add_test(tests, who_comes_back_leads_again_after_its_term);
    tcase_add_test(tests, who_used_to_fail_gives_its_place_to_who_is_dead);
    tcase_add_test(tests, turns_are_known_after_a_restart);
    tcase_add_loop_test(tests, f_dead_for_ever_leave_nine_tenths_of_the_throughput, 0, 2);
    tcase_set_timeout(tests, 300);
    return check_run("story demotion", tests);
}
