#include "tools/sim/wan.h"

#include <inttypes.h>
#include <stdio.h>

enum { CITIES = 10, HEIGHTS = 10, LIMIT_MS = 600000 };

/* Round trips in milliseconds, averages of 27 July to 25 August 2024, as IBM publishes them for its
 * cloud: cloud.ibm.com/docs/vpc, "Network latency dashboards". Dallas, Toronto, Washington, Frankfurt,
 * London, Madrid, Osaka, Sydney, Tokyo, Sao Paulo. Within a city 1 ms. */
static const uint16_t round_trips[CITIES][CITIES] = {
    {1, 34, 31, 123, 113, 119, 150, 186, 143, 146},
    {34, 1, 19, 93, 82, 108, 168, 215, 162, 129},
    {31, 19, 1, 91, 75, 87, 172, 214, 164, 118},
    {123, 93, 91, 1, 13, 29, 232, 250, 233, 198},
    {113, 83, 75, 13, 1, 27, 244, 261, 243, 188},
    {122, 106, 88, 29, 27, 1, 257, 275, 258, 209},
    {150, 169, 172, 231, 243, 257, 1, 122, 9, 293},
    {186, 214, 214, 249, 261, 275, 122, 1, 115, 328},
    {143, 162, 166, 233, 244, 256, 9, 115, 1, 284},
    {144, 128, 119, 196, 187, 208, 291, 328, 283, 1},
};

uint32_t wan_delay_us(uint32_t from, uint32_t to)
{
    return round_trips[from % CITIES][to % CITIES] * 500U;
}

bool wan_measure(struct wan_result *out, uint32_t validators, uint64_t heights)
{
    struct sim_options options;
    struct sim_report report;
    sim_options_quiet(&options, validators);
    options.wan = true;
    options.heights = heights;
    options.work = true;
    options.keep_trace = false;
    options.round_timeout_ms = 5000;
    struct sim *sim = sim_new(&options);
    bool good = sim_run_until_height(sim, heights, LIMIT_MS);
    sim_report(sim, &report);
    *out = (struct wan_result){.validators = validators,
                               .messages = report.sent / heights,
                               .bytes = report.sent_bytes / heights,
                               .block_ms = report.time_ms / heights,
                               .decided_ms = report.decided_ms / heights};
    sim_free(sim);
    return good && report.round_max == 0;
}

static void print_bar(uint64_t value, uint64_t unit)
{
    for (uint64_t i = 0; i < value / unit; i++) {
        (void)putchar('#');
    }
    (void)putchar('\n');
}

bool wan_print(void)
{
    static const uint32_t counts[] = {4, 7, 16, 31, 64, 100};
    struct wan_result results[ARRAY_COUNT(counts)];
    bool good = true;
    (void)printf("| validators | messages | bytes | proposal to last decision | block to block |\n"
                 "|---|---|---|---|---|\n");
    for (size_t i = 0; i < ARRAY_COUNT(counts); i++) {
        struct wan_result *result = &results[i];
        good = wan_measure(result, counts[i], HEIGHTS) && good;
        (void)printf("| %" PRIu32 " | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " ms | %" PRIu64
                     " ms |\n",
                     result->validators, result->messages, result->bytes, result->decided_ms,
                     result->block_ms);
        (void)fflush(stdout);
    }
    (void)printf("\nmessages for one block, # is 500\n");
    for (size_t i = 0; i < ARRAY_COUNT(counts); i++) {
        (void)printf("%5" PRIu32 " ", counts[i]);
        print_bar(results[i].messages, 500);
    }
    (void)printf("\nproposal to last decision, # is 10 ms\n");
    for (size_t i = 0; i < ARRAY_COUNT(counts); i++) {
        (void)printf("%5" PRIu32 " ", counts[i]);
        print_bar(results[i].decided_ms, 10);
    }
    return good;
}
