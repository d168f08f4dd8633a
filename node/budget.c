#include "node/budget.h"

#define ONE 1000u /* so that a part of a second refills a part of one */

bool budget_take(struct budget *budget, uint64_t now_ms, uint32_t per_second)
{
    uint64_t full = (uint64_t)per_second * ONE;
    uint64_t elapsed_ms = now_ms - budget->refilled_ms;
    if (budget->refilled_ms == 0 || elapsed_ms >= ONE) {
        budget->left = full;
    } else {
        budget->left += elapsed_ms * per_second;
        budget->left = budget->left < full ? budget->left : full;
    }
    budget->refilled_ms = now_ms;
    if (budget->left < ONE) {
        return false;
    }
    budget->left -= ONE;
    return true;
}

uint64_t debt_left(struct debt *debt, uint64_t now_ms, uint64_t per_second)
{
    uint64_t elapsed_ms = now_ms - debt->counted_ms;
    bool over = elapsed_ms / 1000 > debt->bytes / per_second;
    uint64_t gone = over ? debt->bytes : elapsed_ms * per_second / 1000;
    debt->bytes -= gone < debt->bytes ? gone : debt->bytes;
    debt->counted_ms = now_ms;
    return debt->bytes;
}

void debt_add(struct debt *debt, uint64_t now_ms, uint64_t per_second, uint64_t bytes)
{
    debt->bytes = debt_left(debt, now_ms, per_second) + bytes;
}
