/* Seeds that several processes share, with a stand-in for the simulator. */
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/check_run.h"
#include "tools/sim/jobs.h"

enum { FIRST = 5, SEEDS = 40, COUNT = 3 };

static int told[2]; /* a pipe: what is told of the seeds */

/* Seed 7 fails, 9 breaks an assertion, 11 ends its process. `data` is the highest seed that does so. */
static void run(const void *data, uint64_t seed, struct sim_report *report)
{
    const uint64_t *last_bad = data;
    *report = (struct sim_report){.passed = true, .time_ms = seed};
    report->met[SIM_SPLIT] = 1;
    if (seed == 7 && seed <= *last_bad) {
        report->passed = false;
        (void)strcpy(report->failure, "a fault");
    } else if (seed == 9 && seed <= *last_bad) {
        abort();
    } else if (seed == 11 && seed <= *last_bad) {
        _exit(42);
    }
}

static void tell(const void *data, uint64_t seed, const struct sim_report *report)
{
    char line[300];
    (void)data;
    int size = snprintf(line, sizeof(line), "%llu %s\n", (unsigned long long)seed, report->failure);
    ck_assert_int_eq(write(told[1], line, (size_t)size), size);
}

static bool run_jobs(uint32_t count, const uint64_t *last_bad, struct jobs_totals *totals)
{
    const struct jobs jobs = {
        .first = FIRST, .seeds = SEEDS, .count = count, .run = run, .tell = tell, .data = last_bad};
    ck_assert_int_eq(pipe(told), 0);
    return jobs_run(&jobs, totals);
}

/* How often each seed was told, and what of it: the text of the last time. */
static void read_told(unsigned times[FIRST + SEEDS], char words[FIRST + SEEDS][256])
{
    ck_assert_int_eq(close(told[1]), 0);
    FILE *lines = fdopen(told[0], "r");
    char line[300];
    ck_assert_ptr_nonnull(lines);
    while (fgets(line, sizeof(line), lines) != NULL) {
        char *end;
        unsigned long seed = strtoul(line, &end, 10);
        ck_assert_uint_lt(seed, FIRST + SEEDS);
        times[seed]++;
        (void)snprintf(words[seed], 256, "%.*s", (int)strcspn(end + 1, "\n"), end + 1);
    }
    (void)fclose(lines);
}

START_TEST(each_seed_is_run_once)
{
    static const uint64_t none = 0;
    for (uint32_t count = 1; count <= 50; count += 7) {
        struct jobs_totals totals;
        unsigned times[FIRST + SEEDS] = {0};
        char words[FIRST + SEEDS][256] = {{0}};
        ck_assert(run_jobs(count, &none, &totals));
        read_told(times, words);
        for (uint64_t seed = 0; seed < FIRST + SEEDS; seed++) {
            ck_assert_uint_eq(times[seed], seed < FIRST ? 0 : 1);
        }
        ck_assert_uint_eq(totals.seeds, SEEDS);
        ck_assert_uint_eq(totals.failures, 0);
        ck_assert_uint_eq(totals.met[SIM_SPLIT], SEEDS);
        ck_assert_uint_eq(totals.simulated_ms, SEEDS * (2 * FIRST + SEEDS - 1) / 2);
    }
}
END_TEST

/* The seeds after one that crashed are run too, by one process as by three. */
START_TEST(a_crash_is_told_with_its_seed_and_costs_no_other)
{
    static const uint64_t eleven = 11;
    for (uint32_t count = 1; count <= COUNT; count++) {
        struct jobs_totals totals;
        unsigned times[FIRST + SEEDS] = {0};
        char words[FIRST + SEEDS][256] = {{0}};
        ck_assert(!run_jobs(count, &eleven, &totals));
        read_told(times, words);
        ck_assert_str_eq(words[7], "a fault");
        ck_assert_str_eq(words[9], "its process ended by signal 6");
        ck_assert_str_eq(words[11], "its process ended with code 42");
        for (uint64_t seed = FIRST; seed < FIRST + SEEDS; seed++) {
            ck_assert_uint_eq(times[seed], 1);
        }
        ck_assert_uint_eq(totals.seeds, SEEDS);
        ck_assert_uint_eq(totals.failures, 3);
        ck_assert_uint_eq(totals.met[SIM_SPLIT], SEEDS - 2);
    }
}
END_TEST

/* After seed 7 the others never come to an end by themselves. */
static void run_or_hang(const void *data, uint64_t seed, struct sim_report *report)
{
    run(data, seed, report);
    if (seed != 7) {
        (void)pause();
    }
}

START_TEST(a_failure_stops_all)
{
    static const uint64_t seven = 7;
    const struct jobs jobs = {.first = FIRST,
                              .seeds = SEEDS,
                              .count = COUNT,
                              .stop = true,
                              .run = run_or_hang,
                              .tell = tell,
                              .data = &seven};
    struct jobs_totals totals;
    unsigned times[FIRST + SEEDS] = {0};
    char words[FIRST + SEEDS][256] = {{0}};
    ck_assert_int_eq(pipe(told), 0);
    ck_assert(!jobs_run(&jobs, &totals));
    read_told(times, words); /* its end says that all are gone */
    ck_assert_str_eq(words[7], "a fault");
    ck_assert_uint_eq(totals.failures, 1);
    ck_assert_uint_eq(totals.seeds, 1);
}
END_TEST

START_TEST(a_crash_stops_all)
{
    static const uint64_t nine = 9;
    const struct jobs jobs = {.first = 8,
                              .seeds = SEEDS,
                              .count = 1,
                              .stop = true,
                              .run = run,
                              .tell = tell,
                              .data = &nine};
    struct jobs_totals totals;
    ck_assert_int_eq(pipe(told), 0);
    ck_assert(!jobs_run(&jobs, &totals));
    ck_assert_uint_eq(totals.seeds, 2);
    ck_assert_uint_eq(totals.failures, 1);
}
END_TEST

static void say_and_hang(const void *data, uint64_t seed, struct sim_report *report)
{
    (void)data;
    (void)seed;
    (void)report;
    ck_assert_int_eq(write(told[1], "x", 1), 1);
    (void)pause();
}

START_TEST(the_processes_end_with_the_caller)
{
    const struct jobs jobs = {
        .first = FIRST, .seeds = SEEDS, .count = COUNT, .run = say_and_hang, .tell = tell};
    ck_assert_int_eq(pipe(told), 0);
    pid_t caller = fork();
    ck_assert_int_ge(caller, 0);
    if (caller == 0) {
        struct jobs_totals totals;
        _exit(jobs_run(&jobs, &totals) ? 0 : 1);
    }
    ck_assert_int_eq(close(told[1]), 0);
    char byte;
    for (int i = 0; i < COUNT; i++) {
        ck_assert_int_eq(read(told[0], &byte, 1), 1);
    }
    ck_assert_int_eq(kill(caller, SIGKILL), 0);
    ck_assert_int_eq(read(told[0], &byte, 1), 0); /* nobody is left who could write */
    ck_assert_int_eq(waitpid(caller, NULL, 0), caller);
}
END_TEST

/* A debugger sees it, and a crash is the program's own. */
START_TEST(a_single_seed_runs_in_the_process_of_the_caller)
{
    static const uint64_t nine = 9;
    const struct jobs jobs = {
        .first = 9, .seeds = 1, .count = COUNT, .run = run, .tell = tell, .data = &nine};
    struct jobs_totals totals;
    ck_assert(!jobs_run(&jobs, &totals));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("jobs");
    tcase_add_test(tests, each_seed_is_run_once);
    tcase_add_test(tests, a_crash_is_told_with_its_seed_and_costs_no_other);
    tcase_add_test(tests, a_failure_stops_all);
    tcase_add_test(tests, a_crash_stops_all);
    tcase_add_test(tests, the_processes_end_with_the_caller);
    tcase_add_test_raise_signal(tests, a_single_seed_runs_in_the_process_of_the_caller, SIGABRT);
    return check_run("jobs", tests);
}
