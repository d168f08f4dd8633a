/* The only source of chance in the simulator: SplitMix64 (Steele, Lea and Flood 2014). One seed
 * gives one history. */
#ifndef TOOLS_SIM_RANDOM_H
#define TOOLS_SIM_RANDOM_H

#include "base/bytes.h"

struct sim_random {
    uint64_t state;
};

uint64_t random_next(struct sim_random *random);
uint64_t random_below(struct sim_random *random, uint64_t bound); /* 0 where the bound is 0. */
bool random_chance(struct sim_random *random, uint32_t per_mille);

#endif /* TOOLS_SIM_RANDOM_H */
