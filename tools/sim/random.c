#include "tools/sim/random.h"

uint64_t random_next(struct sim_random *random)
{
    random->state += 0x9E3779B97F4A7C15U;
    uint64_t z = random->state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

uint64_t random_below(struct sim_random *random, uint64_t bound)
{
    return bound == 0 ? 0 : random_next(random) % bound;
}

bool random_chance(struct sim_random *random, uint32_t per_mille)
{
    return random_below(random, 1000) < per_mille;
}
