/* Percentiles of durations. */
#ifndef TOOLS_BENCH_STATS_H
#define TOOLS_BENCH_STATS_H

#include <jansson.h>

#include "base/bytes.h"

struct stats {
    size_t count;
    uint64_t p50; /* microseconds, as the rest */
    uint64_t p90;
    uint64_t p99;
    uint64_t max;
};

/* Sorts `values`. The p-th percentile is the smallest value that p percent do not exceed (nearest
 * rank). All zero where there are none. */
void stats_compute(struct stats *out, uint64_t *values, size_t count);

void stats_print(const struct stats *stats, const char *name); /* one line, in ms */
json_t *stats_json(const struct stats *stats);                 /* in microseconds */

#endif /* TOOLS_BENCH_STATS_H */
