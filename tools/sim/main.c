/* souk-sim: run seeds of the simulator and say which failed. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/sim/sim.h"
#include "tools/sim/wan.h"

enum { COUNT_MAX = SIM_VALIDATORS_MAX - 4 }; /* some keys stay for those that enter */
enum { EXIT_PASSED = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct arguments {
    uint64_t seed;
    uint64_t seeds;
    uint64_t count_min;
    uint64_t count_max;
    uint64_t heights;
    bool json;
    bool stop;
    bool twice;
    bool quiet;
};

struct totals {
    uint64_t begin_ms;
    uint64_t told_ms; /* when progress was told last */
    uint64_t simulated_ms;
    uint64_t seeds;
    uint64_t failures;
    uint64_t met[SIM_BRANCH_COUNT];
};

static const char help[] =
    "usage: souk-sim [--seed N] [--seeds K] [--n 4|4-10] [--heights 40] [--twice] [--stop]\n"
    "                [--quiet] [--json]\n"
    "       souk-sim --wan\n"
    "\n"
    "Run whole networks of consensus replicas in one thread, each driven by one seed: through a\n"
    "storm of lost messages, broken links, power cuts and faulty validators, then on a healed\n"
    "network to the goal. Checkers outside the replicas watch for forks, double votes and halts.\n"
    "\n"
    "  --seed N     first seed (1)\n"
    "  --seeds K    how many seeds, one after the other (1)\n"
    "  --n N        validators, 1 to 96 (4); with MIN-MAX the seed chooses\n"
    "  --heights H  blocks that every honest validator must decide, 4 to 100000 (40)\n"
    "  --twice      run each seed twice and compare the histories\n"
    "  --stop       end at the first failure\n"
    "  --quiet      only failures, progress every ten seconds, and the totals\n"
    "  --json       one JSON object for each seed\n"
    "  --wan        instead: what a block costs between ten cities, for 4 to 100 validators\n"
    "  --help       this text\n"
    "  --version    the version\n"
    "\n"
    "Exit code 0: all passed; 1: a seed failed (its line says how to run it again); 2: usage.\n";

static bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *text == '-' || value < min || value > max) {
        (void)fprintf(stderr,
                      "souk-sim: '%s': a number from %" PRIu64 " to %" PRIu64 " is expected\n",
                      text, min, max);
        return false;
    }
    *out = value;
    return true;
}

/* "4" or "4-10" */
static bool parse_range(char *text, uint64_t max, uint64_t *low, uint64_t *high)
{
    char *second = strchr(text, '-');
    if (second == NULL || second == text) {
        bool parsed = parse_number(text, 1, max, low);
        *high = *low;
        return parsed;
    }
    *second = '\0';
    return parse_number(text, 1, max, low) && parse_number(second + 1, *low, max, high);
}

static uint64_t wall_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void print_json(const struct sim_options *options, uint64_t seed,
                       const struct sim_report *report, const char *trace)
{
    (void)printf("{\"seed\":\"%" PRIu64 "\",\"validators\":%u,\"passed\":%s,"
                 "\"failure\":\"%s\",\"height\":\"%" PRIu64 "\",\"simulated_ms\":\"%" PRIu64
                 "\",\"steps\":\"%" PRIu64 "\",\"messages\":\"%" PRIu64 "\",\"refused\":\"%" PRIu64
                 "\",\"stops\":\"%" PRIu64 "\",\"evidence\":\"%" PRIu64
                 "\",\"round_max\":%u,\"trace\":\"%s\"}\n",
                 seed, options->validator_count, report->passed ? "true" : "false", report->failure,
                 report->height, report->time_ms, report->steps, report->messages, report->refused,
                 report->stops, report->evidence, report->round_max, trace);
}

static void print_text(const struct sim_options *options, uint64_t seed, bool quiet,
                       const struct sim_report *report, const char *trace)
{
    if (!report->passed) {
        (void)printf("seed %" PRIu64 ": FAILED: %s\n  again: souk-sim --seed %" PRIu64
                     " --n %u --heights %" PRIu64 "\n",
                     seed, report->failure, seed, options->validator_count, options->heights);
    } else if (!quiet) {
        (void)printf("seed %" PRIu64 ": ok, %" PRIu64 " heights in %" PRIu64 " ms, %" PRIu64
                     " messages, %" PRIu64 " refused, %" PRIu64 " power cuts, %" PRIu64
                     " proofs of double votes, highest round %u, trace %.16s\n",
                     seed, report->height, report->time_ms, report->messages, report->refused,
                     report->stops, report->evidence, report->round_max, trace);
    }
}

static void add_up(struct totals *totals, const struct sim_report *report)
{
    totals->seeds++;
    totals->failures += report->passed ? 0 : 1;
    totals->simulated_ms += report->time_ms;
    for (size_t i = 0; i < SIM_BRANCH_COUNT; i++) {
        totals->met[i] += report->met[i];
    }
}

static void run_seed(const struct arguments *arguments, uint64_t seed, struct totals *totals)
{
    struct sim_options options;
    struct sim_report report;
    uint64_t range = arguments->count_max - arguments->count_min + 1;
    sim_options_storm(&options, seed, (uint32_t)(arguments->count_min + seed % range),
                      arguments->heights);
    sim_seed(&options, &report);
    if (arguments->twice && report.passed) {
        struct sim_report again;
        sim_seed(&options, &again);
        if (!hash_equal(&report.trace, &again.trace)) {
            report.passed = false;
            (void)snprintf(report.failure, sizeof(report.failure), "two runs have two histories");
        }
    }
    char trace[65];
    hex_encode(trace, BYTES_OF(report.trace.bytes));
    add_up(totals, &report);
    if (arguments->json) {
        print_json(&options, seed, &report, trace);
    } else {
        print_text(&options, seed, arguments->quiet, &report, trace);
    }
    (void)fflush(stdout);
}

static void print_totals(const struct totals *totals)
{
    uint64_t spent_ms = wall_ms() - totals->begin_ms + 1;
    uint64_t hours_milli = totals->simulated_ms * 1000 / 3600 / spent_ms;
    (void)printf("%" PRIu64 " seeds, %" PRIu64 " failed; %" PRIu64 " simulated seconds in %" PRIu64
                 ".%03" PRIu64 " s: %" PRIu64 ".%03" PRIu64 " simulated hours per second\n",
                 totals->seeds, totals->failures, totals->simulated_ms / 1000, spent_ms / 1000,
                 spent_ms % 1000, hours_milli / 1000, hours_milli % 1000);
    (void)fflush(stdout);
}

static void print_met(const struct totals *totals)
{
    for (size_t i = 0; i < SIM_BRANCH_COUNT; i++) {
        (void)printf("%10" PRIu64 "  %s\n", totals->met[i], sim_branch_text((enum sim_branch)i));
    }
}

static void run_all(const struct arguments *arguments, struct totals *totals)
{
    totals->begin_ms = wall_ms();
    totals->told_ms = totals->begin_ms;
    for (uint64_t i = 0; i < arguments->seeds; i++) {
        run_seed(arguments, arguments->seed + i, totals);
        if (arguments->stop && totals->failures > 0) {
            return;
        }
        if (arguments->quiet && !arguments->json && wall_ms() - totals->told_ms >= 10000) {
            totals->told_ms = wall_ms();
            print_totals(totals);
        }
    }
}

/* Returns -1 to go on, or an exit code. */
static int parse_option(int option, struct arguments *arguments)
{
    switch (option) {
    case 's':
        return parse_number(optarg, 0, UINT64_MAX, &arguments->seed) ? -1 : EXIT_USAGE;
    case 'k':
        return parse_number(optarg, 1, UINT32_MAX, &arguments->seeds) ? -1 : EXIT_USAGE;
    case 'n':
        return parse_range(optarg, COUNT_MAX, &arguments->count_min, &arguments->count_max)
                   ? -1
                   : EXIT_USAGE;
    case 'H':
        return parse_number(optarg, 4, 100000, &arguments->heights) ? -1 : EXIT_USAGE;
    case 'j':
        arguments->json = true;
        return -1;
    case 't':
        arguments->twice = true;
        return -1;
    case 'q':
        arguments->quiet = true;
        return -1;
    case 'x':
        arguments->stop = true;
        return -1;
    case 'w':
        return wan_print() ? EXIT_PASSED : EXIT_FAILED;
    case 'h':
        (void)fputs(help, stdout);
        return EXIT_PASSED;
    case 'v':
        (void)puts("souk-sim " SOUK_VERSION);
        return EXIT_PASSED;
    default:
        (void)fputs("souk-sim: --help shows the options\n", stderr);
        return EXIT_USAGE;
    }
}

static int parse(int argc, char **argv, struct arguments *arguments)
{
    static const struct option options[] = {
        {"seed", required_argument, NULL, 's'}, {"seeds", required_argument, NULL, 'k'},
        {"n", required_argument, NULL, 'n'},    {"heights", required_argument, NULL, 'H'},
        {"json", no_argument, NULL, 'j'},       {"twice", no_argument, NULL, 't'},
        {"quiet", no_argument, NULL, 'q'},      {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},    {"stop", no_argument, NULL, 'x'},
        {"wan", no_argument, NULL, 'w'},        {NULL, 0, NULL, 0},
    };
    int option;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        int code = parse_option(option, arguments);
        if (code >= 0) {
            return code;
        }
    }
    if (optind < argc) {
        (void)fprintf(stderr, "souk-sim: unexpected argument '%s'\n", argv[optind]);
        return EXIT_USAGE;
    }
    return -1;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {
        .seed = 1, .seeds = 1, .count_min = 4, .count_max = 4, .heights = 40};
    struct totals totals = {0};
    int code = parse(argc, argv, &arguments);
    if (code >= 0) {
        return code;
    }
    run_all(&arguments, &totals);
    if (!arguments.json) {
        print_totals(&totals);
        if (totals.seeds > 1) {
            print_met(&totals);
        }
    }
    return totals.failures == 0 ? EXIT_PASSED : EXIT_FAILED;
}
