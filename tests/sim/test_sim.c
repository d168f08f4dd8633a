/* Storms of the simulator: each seed must pass all checkers and come to its goal. */
#include <stdio.h>

#include "tests/lib/check_run.h"
#include "tools/sim/jobs.h"
#include "tools/sim/wan.h"

enum {
    SEEDS = 200,
    COUNT_MIN = 4,
    COUNT_MAX = 10,
    HEIGHTS = 12,
};

static void storm(uint64_t seed, uint32_t validators, uint64_t heights, struct sim_report *report)
{
    struct sim_options options;
    sim_options_storm(&options, seed, validators, heights);
    sim_seed(&options, report);
    ck_assert_msg(report->passed, "souk-sim --seed %llu --n %u --heights %llu: %s",
                  (unsigned long long)seed, validators, (unsigned long long)heights,
                  report->failure);
}

static uint32_t validators_of(uint64_t seed)
{
    return COUNT_MIN + (uint32_t)(seed % (COUNT_MAX - COUNT_MIN + 1));
}

static void run_seed(const void *data, uint64_t seed, struct sim_report *report)
{
    struct sim_options options;
    (void)data;
    sim_options_storm(&options, seed, validators_of(seed), HEIGHTS);
    sim_seed(&options, report);
}

static void tell_seed(const void *data, uint64_t seed, const struct sim_report *report)
{
    (void)data;
    if (!report->passed) {
        (void)printf("souk-sim --seed %llu --n %u --heights %d: %s\n", (unsigned long long)seed,
                     validators_of(seed), HEIGHTS, report->failure);
    }
}

/* The storms are no calm: every rare branch was met by some seed. */
START_TEST(storms_over_4_to_10_validators_meet_every_branch)
{
    const struct jobs jobs = {
        .first = 1, .seeds = SEEDS, .count = jobs_processors(), .run = run_seed, .tell = tell_seed};
    struct jobs_totals totals;
    ck_assert_msg(jobs_run(&jobs, &totals), "%llu seeds of %llu failed: they are named above",
                  (unsigned long long)totals.failures, (unsigned long long)totals.seeds);
    for (size_t i = 0; i < SIM_BRANCH_COUNT; i++) {
        ck_assert_msg(totals.met[i] > 0, "no seed met: %s", sim_branch_text((enum sim_branch)i));
    }
}
END_TEST

START_TEST(storms_over_other_numbers_of_validators)
{
    static const uint32_t counts[] = {1, 2, 3, 13};
    struct sim_report report;
    for (size_t i = 0; i < ARRAY_COUNT(counts); i++) {
        for (uint64_t seed = 300; seed < 302; seed++) {
            storm(seed, counts[i], HEIGHTS, &report);
        }
    }
}
END_TEST

START_TEST(a_seed_replays_its_history)
{
    struct sim_report first;
    struct sim_report again;
    for (uint64_t seed = 7; seed < 10; seed++) {
        storm(seed, 4, HEIGHTS, &first);
        storm(seed, 4, HEIGHTS, &again);
        ck_assert(hash_equal(&first.trace, &again.trace));
    }
}
END_TEST

/* Between cities a block takes three hops where each vote goes to everybody, five where the leader
 * collects. */
START_TEST(a_block_between_cities)
{
    struct wan_result four;
    struct wan_result seven;
    struct wan_result collected;
    ck_assert(wan_measure(&four, 4, false, 10));
    ck_assert(wan_measure(&seven, 7, false, 10));
    ck_assert(wan_measure(&collected, 7, true, 10));
    ck_assert_uint_eq(four.messages, 3 + 2 * 4 * 3);
    ck_assert_uint_eq(four.decided_ms, 83);
    ck_assert_uint_eq(seven.decided_ms, 186);
    ck_assert_uint_gt(seven.bytes, four.bytes);
    ck_assert_uint_ge(collected.messages, 5UL * 6); /* and votes that STATUS has asked for again */
    ck_assert_uint_lt(collected.messages, seven.messages / 2);
    ck_assert_uint_gt(collected.decided_ms, seven.decided_ms);
    ck_assert_uint_eq(wan_delay_us(0, 13), wan_delay_us(10, 3));
    ck_assert_uint_eq(wan_delay_us(0, 3), 61500);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("sim");
    tcase_add_test(tests, storms_over_4_to_10_validators_meet_every_branch);
    tcase_add_test(tests, storms_over_other_numbers_of_validators);
    tcase_add_test(tests, a_seed_replays_its_history);
    tcase_add_test(tests, a_block_between_cities);
    return check_run_within("sim", tests, 1800);
}
