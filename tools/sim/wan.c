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

bool wan_measure(struct wan_result *out, uint32_t validators, bool collect, uint64_t heights)
{
    struct sim_options options;
    struct sim_report report;
    sim_options_quiet(&options, validators);
    options.wan = true;
    options.collect_above = collect ? 0 : VALIDATORS_MAX;
    options.heights = heights;
    options.work = true;
    options.keep_trace = false;
    options.round_timeout_ms = 5000;
    struct sim *sim = sim_new(&options);
    bool good = sim_run_until_height(sim, heights, LIMIT_MS);
    sim_report(sim, &report);
    *out = (struct wan_result){.validators = validators,
                               .messages = (report.sent - report.status) / heights,
                               .bytes = (report.sent_bytes - report.status_bytes) / heights,
                               .block_ms = report.time_ms / heights,
                               .decided_ms = report.decided_ms / heights};
    sim_free(sim);
    return good && report.round_max == 0;
}

bool wan_print(void)
{
    static const uint32_t counts[] = {4, 7, 16, 31, 64, 100};
    bool good = true;
    (void)printf("| validators | votes go to | messages | bytes | proposal to last decision | "
                 "block to block |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < 2 * ARRAY_COUNT(counts); i++) {
        struct wan_result result;
        bool collect = i % 2 == 1;
        good = wan_measure(&result, counts[i / 2], collect, HEIGHTS) && good;
        (void)printf("| %" PRIu32 " | %s | %" PRIu64 " | %" PRIu64 " | %" PRIu64 " ms | %" PRIu64
                     " ms |\n",
                     result.validators, collect ? "the leader" : "all", result.messages,
                     result.bytes, result.decided_ms, result.block_ms);
        (void)fflush(stdout);
    }
    return good;
}
