/* When an open-loop load sends: Poisson arrivals, the same for the same seed. */
#ifndef TOOLS_BENCH_ARRIVALS_H
#define TOOLS_BENCH_ARRIVALS_H

#include "base/bytes.h"

/* Fill `out` with ascending times in microseconds from 0, whose gaps are exponential with mean
 * 1 / rate seconds. `rate` is positive. */
void arrivals_draw(uint64_t *out, size_t count, double rate, uint64_t seed);

#endif /* TOOLS_BENCH_ARRIVALS_H */
