/* Storms of the simulator: each seed must pass all checkers and come to its goal. */
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/check_run.h"
#include "tools/sim/sim.h"
#include "tools/sim/wan.h"

enum {
    SEEDS = 200,
    COUNT_MIN = 4,
    COUNT_MAX = 10,
    HEIGHTS = 12,
    WORKERS = 2,
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

/* One of the processes that share the seeds; what it met goes down the pipe. */
static void work(uint64_t first, int out)
{
    struct sim_report report;
    uint64_t met[SIM_BRANCH_COUNT] = {0};
    for (uint64_t seed = first; seed <= SEEDS; seed += WORKERS) {
        storm(seed, COUNT_MIN + (uint32_t)(seed % (COUNT_MAX - COUNT_MIN + 1)), HEIGHTS, &report);
        for (size_t i = 0; i < SIM_BRANCH_COUNT; i++) {
            met[i] += report.met[i];
        }
    }
    ck_assert_int_eq(write(out, met, sizeof(met)), sizeof(met));
}

static int begin_worker(uint64_t first)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        work(first, ends[1]);
        _exit(0);
    }
    ck_assert_int_eq(close(ends[1]), 0);
    return ends[0];
}

/* The storms are no calm: every rare branch was met by some seed. */
START_TEST(storms_over_4_to_10_validators_meet_every_branch)
{
    uint64_t met[SIM_BRANCH_COUNT] = {0};
    int pipes[WORKERS];
    for (uint64_t i = 0; i < WORKERS; i++) {
        pipes[i] = begin_worker(1 + i);
    }
    for (size_t i = 0; i < WORKERS; i++) {
        uint64_t part[SIM_BRANCH_COUNT];
        ssize_t size = read(pipes[i], part, sizeof(part));
        ck_assert_msg(size == sizeof(part), "a worker failed: its message is above");
        for (size_t j = 0; j < SIM_BRANCH_COUNT; j++) {
            met[j] += part[j];
        }
    }
    while (wait(NULL) > 0) {
    }
    for (size_t i = 0; i < SIM_BRANCH_COUNT; i++) {
        ck_assert_msg(met[i] > 0, "no seed met: %s", sim_branch_text((enum sim_branch)i));
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
    ck_assert_uint_ge(collected.messages, 5 * 6); /* and votes that STATUS has asked for again */
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
