/* Storms of the simulator: each seed must pass all checkers and come to its goal. */
#include "tests/lib/check_run.h"
#include "tools/sim/sim.h"

static void storm(uint64_t seed, uint32_t validators, uint64_t heights, struct sim_report *report)
{
    struct sim_options options;
    sim_options_storm(&options, seed, validators, heights);
    sim_seed(&options, report);
    ck_assert_msg(report->passed, "souk-sim --seed %llu --n %u --heights %llu: %s",
                  (unsigned long long)seed, validators, (unsigned long long)heights,
                  report->failure);
}

START_TEST(thirty_storms_over_four_validators)
{
    struct sim_report report;
    struct sim_report total = {0};
    for (uint64_t seed = 1; seed <= 30; seed++) {
        storm(seed, 4, 40, &report);
        total.stops += report.stops;
        total.evidence += report.evidence;
        total.refused += report.refused;
        total.round_max = report.round_max > total.round_max ? report.round_max : total.round_max;
    }
    /* The storms are no calm: each kind of weather has been met. */
    ck_assert_uint_gt(total.stops, 30);
    ck_assert_uint_gt(total.evidence, 0);
    ck_assert_uint_gt(total.refused, 0);
    ck_assert_uint_gt(total.round_max, 2);
}
END_TEST

START_TEST(storms_over_other_numbers_of_validators)
{
    static const uint32_t counts[] = {1, 2, 3, 5, 7, 10};
    struct sim_report report;
    for (size_t i = 0; i < ARRAY_COUNT(counts); i++) {
        for (uint64_t seed = 100; seed < 104; seed++) {
            storm(seed, counts[i], 12, &report);
        }
    }
}
END_TEST

START_TEST(a_seed_replays_its_history)
{
    struct sim_report first;
    struct sim_report again;
    for (uint64_t seed = 7; seed < 10; seed++) {
        storm(seed, 4, 20, &first);
        storm(seed, 4, 20, &again);
        ck_assert(hash_equal(&first.trace, &again.trace));
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("sim");
    tcase_add_test(tests, thirty_storms_over_four_validators);
    tcase_add_test(tests, storms_over_other_numbers_of_validators);
    tcase_add_test(tests, a_seed_replays_its_history);
    return check_run("sim", tests);
}
