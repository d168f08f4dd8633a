/* A wide-area network: how long a message takes between ten cities, and what a block costs there. */
#ifndef TOOLS_SIM_WAN_H
#define TOOLS_SIM_WAN_H

#include "tools/sim/sim.h"

/* One way between the cities of two validators, in microseconds: validator i is in city i mod 10. */
uint32_t wan_delay_us(uint32_t from, uint32_t to);

struct wan_result {
    uint32_t validators;
    uint64_t messages;   /* on the wire for one block, of all validators together, but for STATUS */
    uint64_t bytes;      /* likewise, without the transport's */
    uint64_t block_ms;   /* from one block to the next */
    uint64_t decided_ms; /* from the proposal until the last validator has decided */
};

/* Run `heights` blocks with this many honest validators, whose votes go to all, or to a leader that
 * collects them. False where a checker found a fault. */
NODISCARD bool wan_measure(struct wan_result *out, uint32_t validators, bool collect,
                           uint64_t heights);

/* The table of docs/performance.md, for 4 to 100 validators; prints as it goes. Returns whether all
 * ran well. */
bool wan_print(void);

#endif /* TOOLS_SIM_WAN_H */
