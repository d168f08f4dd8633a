/* souk-sim: run seeds of the simulator and say which failed. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/sim/jobs.h"
#include "tools/sim/wan.h"

enum { COUNT_MAX = SIM_VALIDATORS_MAX - 4 }; /* some keys stay for those that enter */
enum { EXIT_PASSED = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct arguments {
    uint64_t seed;
    uint64_t seeds;
    uint64_t count_min;
    uint64_t count_max;
    uint64_t heights;
    uint64_t jobs;
    bool json;
    bool stop;
    bool twice;
    bool quiet;
};

static const char help[] =
    "usage: souk-sim [--seed N] [--seeds K] [--n 4|4-10] [--heights 40] [--jobs J]\n"
    "                [--twice] [--stop] [--quiet] [--json]\n"
    "       souk-sim --wan\n"
    "\n"
    "Run whole networks of consensus replicas, each in one thread and driven by one seed: through "
    "a\n"
    "storm of lost messages, broken links, power cuts and faulty validators, then on a healed\n"
    "network to the goal. Checkers outside the replicas watch for forks, double votes and halts.\n"
    "\n"
    "  --seed N     first seed (1)\n"
    "  --seeds K    how many seeds, one after the other in each process (1)\n"
    "  --n N        validators, 1 to 96 (4); with MIN-MAX the seed chooses\n"
    "  --heights H  blocks that every honest validator must decide, 4 to 100000 (40)\n"
    "  --jobs J     processes that share the seeds, 1 to 256 (one for each processor)\n"
    "  --twice      run each seed twice and compare the histories\n"
    "  --stop       end at the first failure\n"
    "  --quiet      only failures, progress every ten seconds, and the totals\n"
    "  --json       one JSON object for each seed, as they end\n"
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
        (void)printf("seed %" PRIu64 ": ok, n %u, %" PRIu64 " heights in %" PRIu64 " ms, %" PRIu64
                     " messages, %" PRIu64 " refused, %" PRIu64 " power cuts, %" PRIu64
                     " proofs of double votes, highest round %u, trace %.16s\n",
                     seed, options->validator_count, report->height, report->time_ms,
                     report->messages, report->refused, report->stops, report->evidence,
                     report->round_max, trace);
    }
}

static void options_of(const struct arguments *arguments, uint64_t seed, struct sim_options *out)
{
    uint64_t range = arguments->count_max - arguments->count_min + 1;
    sim_options_storm(out, seed, (uint32_t)(arguments->count_min + seed % range),
                      arguments->heights);
}

static void run_seed(const void *data, uint64_t seed, struct sim_report *report)
{
    const struct arguments *arguments = data;
    struct sim_options options;
    options_of(arguments, seed, &options);
    sim_seed(&options, report);
    if (arguments->twice && report->passed) {
        struct sim_report again;
        sim_seed(&options, &again);
        if (!hash_equal(&report->trace, &again.trace)) {
            report->passed = false;
            (void)snprintf(report->failure, sizeof(report->failure), "two runs have two histories");
        }
    }
}

static void tell_seed(const void *data, uint64_t seed, const struct sim_report *report)
{
    const struct arguments *arguments = data;
    struct sim_options options;
    char trace[65];
    options_of(arguments, seed, &options);
    hex_encode(trace, BYTES_OF(report->trace.bytes));
    if (arguments->json) {
        print_json(&options, seed, report, trace);
    } else {
        print_text(&options, seed, arguments->quiet, report, trace);
    }
}

static void print_totals(const void *data, const struct jobs_totals *totals)
{
    uint64_t spent_ms = totals->spent_ms + 1;
    uint64_t speed_milli = totals->simulated_ms * 1000 / spent_ms;
    (void)data;
    (void)printf("%" PRIu64 " seeds, %" PRIu64 " failed; %" PRIu64 " simulated seconds in %" PRIu64
                 ".%03" PRIu64 " s: %" PRIu64 ".%03" PRIu64 " simulated seconds per second\n",
                 totals->seeds, totals->failures, totals->simulated_ms / 1000, spent_ms / 1000,
                 spent_ms % 1000, speed_milli / 1000, speed_milli % 1000);
}

static void print_met(const struct jobs_totals *totals)
{
    for (size_t i = 0; i < SIM_BRANCH_COUNT; i++) {
        (void)printf("%10" PRIu64 "  %s\n", totals->met[i], sim_branch_text((enum sim_branch)i));
    }
}

/* Returns an exit code. */
static int run_all(const struct arguments *arguments)
{
    const struct jobs jobs = {.first = arguments->seed,
                              .seeds = arguments->seeds,
                              .count = (uint32_t)arguments->jobs,
                              .stop = arguments->stop,
                              .run = run_seed,
                              .tell = tell_seed,
                              .progress =
                                  arguments->quiet && !arguments->json ? print_totals : NULL,
                              .data = arguments};
    struct jobs_totals totals;
    bool passed = jobs_run(&jobs, &totals);
    if (!arguments->json) {
        print_totals(NULL, &totals);
        if (totals.seeds > 1) {
            print_met(&totals);
        }
    }
    return passed ? EXIT_PASSED : EXIT_FAILED;
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
    case 'p':
        return parse_number(optarg, 1, JOBS_MAX, &arguments->jobs) ? -1 : EXIT_USAGE;
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
        {"seed", required_argument, NULL, 's'},
        {"seeds", required_argument, NULL, 'k'},
        {"n", required_argument, NULL, 'n'},
        {"heights", required_argument, NULL, 'H'},
        {"json", no_argument, NULL, 'j'},
        {"twice", no_argument, NULL, 't'},
        {"quiet", no_argument, NULL, 'q'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {"stop", no_argument, NULL, 'x'},
        {"wan", no_argument, NULL, 'w'},
        {"jobs", required_argument, NULL, 'p'},
        {NULL, 0, NULL, 0},
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
    struct arguments arguments = {.seed = 1,
                                  .seeds = 1,
                                  .count_min = 4,
                                  .count_max = 4,
                                  .heights = 40,
                                  .jobs = jobs_processors()};
    /* Also on a terminal what is said of a seed leaves as one. */
    (void)setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
    int code = parse(argc, argv, &arguments);
    return code >= 0 ? code : run_all(&arguments);
}
