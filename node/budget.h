/* How often a peer may ask for work: a bucket of one second's worth that refills with time. And how much it is sent for
 * that: what it costs is known only then, so it is counted as a debt that goes away with time. */
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

/* All zero is none. */
struct debt {
    uint64_t counted_ms;
    uint64_t bytes;
};

/* What is left of the debt, of which `per_second` bytes go in a second. `now_ms` does not go back. */
NODISCARD uint64_t debt_left(struct debt *debt, uint64_t now_ms, uint64_t per_second);
void debt_add(struct debt *debt, uint64_t now_ms, uint64_t per_second, uint64_t bytes);

#endif /* NODE_BUDGET_H */
