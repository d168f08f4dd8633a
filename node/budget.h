/* How often a peer may ask for work: a bucket of one second's worth that refills with time. */
#ifndef NODE_BUDGET_H
#define NODE_BUDGET_H

#include "base/bytes.h"

/* All zero is a full bucket. */
struct budget {
    uint64_t refilled_ms; /* 0: never used */
    uint64_t left;        /* in thousandths */
};

/* Take one of `per_second`. False where it is used up. `now_ms` is above 0 and does not go back. */
NODISCARD bool budget_take(struct budget *budget, uint64_t now_ms, uint32_t per_second);

#endif /* NODE_BUDGET_H */
