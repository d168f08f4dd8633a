#include "tools/bench/arrivals.h"

#include <math.h>

/* SplitMix64. */
static uint64_t next(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = *state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

void arrivals_draw(uint64_t *out, size_t count, double rate, uint64_t seed)
{
    double at = 0;
    for (size_t i = 0; i < count; i++) {
        /* 53 bits in (0, 1]: the logarithm is finite. */
        double uniform = ((double)(next(&seed) >> 11) + 1) / 9007199254740992.0;
        at += -log(uniform) / rate;
        out[i] = (uint64_t)(at * 1e6);
    }
}
