#include "tools/bench/stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static uint64_t rank(const uint64_t *values, size_t count, size_t percent)
{
    return values[(count * percent + 99) / 100 - 1];
}

void stats_compute(struct stats *out, uint64_t *values, size_t count)
{
    memset(out, 0, sizeof(*out));
    out->count = count;
    if (count > 0) {
        qsort(values, count, sizeof(*values), compare);
        out->p50 = rank(values, count, 50);
        out->p90 = rank(values, count, 90);
        out->p99 = rank(values, count, 99);
        out->max = values[count - 1];
    }
}

static double ms(uint64_t us)
{
    return (double)us / 1000;
}

void stats_print(const struct stats *stats, const char *name)
{
    printf("%-22s p50 %8.2f  p90 %8.2f  p99 %8.2f  max %8.2f ms\n", name, ms(stats->p50),
           ms(stats->p90), ms(stats->p99), ms(stats->max));
}

json_t *stats_json(const struct stats *stats)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "count", (json_int_t)stats->count, "p50_us",
                     (json_int_t)stats->p50, "p90_us", (json_int_t)stats->p90, "p99_us",
                     (json_int_t)stats->p99, "max_us", (json_int_t)stats->max);
}
