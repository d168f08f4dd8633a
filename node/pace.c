#include "node/pace.h"

void pace_vote(struct pace *pace, uint64_t now_us)
{
    if (pace->begun_us == 0) {
        pace->begun_us = now_us;
    }
}

void pace_executed(struct pace *pace, uint32_t count, uint64_t now_us)
{
    pace->cost_us = pace->begun_us == 0 ? 0 : now_us - pace->begun_us;
    pace->executed_us = now_us;
    pace->count = count;
    pace->begun_us = 0;
}

uint64_t pace_wait_us(const struct pace *pace, uint64_t now_us)
{
    if (pace->count < PACE_COUNT_MIN) {
        return 0;
    }
    uint64_t wait_us = pace->cost_us < pace->wait_max_us ? pace->cost_us : pace->wait_max_us;
    if (pace->count > PACE_COUNT_FULL) {
        wait_us = wait_us * PACE_COUNT_FULL / pace->count;
    }
    uint64_t passed_us = now_us - pace->executed_us;
    return passed_us < wait_us ? wait_us - passed_us : 0;
}
