/* When a leader builds its next block. A block costs its validators votes, syncs and system calls
 * whatever is in it, so under load few large blocks carry more than many small ones. A block with
 * many transactions says that they come faster than blocks do: after it the leader waits for as long
 * as that block took, and what comes meanwhile shares the cost of one. The larger the block, the less
 * of its time is what each block costs: above PACE_COUNT_FULL the wait is that part of it.
 * docs/decisions/0182-a-leader-under-load-waits.md */
#ifndef NODE_PACE_H
#define NODE_PACE_H

#include "base/bytes.h"

#define PACE_COUNT_MIN  8  /* transactions of a block, below which nobody waits */
#define PACE_COUNT_FULL 32 /* above which the wait is shorter than the block took */

/* All zero at the start but the bound. Times are of one clock that does not go back, and above 0. */
struct pace {
    uint64_t wait_max_us; /* of one wait; far below the time-out of a round */
    uint64_t begun_us;    /* the block under way: when it had our first vote; 0: not yet */
    uint64_t executed_us; /* the last one: when it was executed, */
    uint64_t cost_us;     /* how long after our first vote, */
    uint32_t count;       /* and the number of its transactions */
};

/* This node votes for the block under way. Of several votes the first counts. */
void pace_vote(struct pace *pace, uint64_t now_us);

/* The block is executed, and another may be built. */
void pace_executed(struct pace *pace, uint32_t count, uint64_t now_us);

/* How long to wait before the next one is built; 0: no longer. */
uint64_t pace_wait_us(const struct pace *pace, uint64_t now_us);

#endif /* NODE_PACE_H */
