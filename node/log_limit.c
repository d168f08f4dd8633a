#include "node/log_limit.h"

static bool is_over(const struct log_limit *limit, uint64_t now_ms)
{
    return limit->begun_ms != 0 && now_ms - limit->begun_ms >= LOG_LIMIT_WINDOW_MS;
}

bool log_limit_take(struct log_limit *limit, uint64_t now_ms)
{
    /* What was withheld stays counted until somebody has asked for it. */
    if (limit->begun_ms == 0 || is_over(limit, now_ms)) {
        limit->begun_ms = now_ms;
        limit->lines = 0;
    }
    if (limit->lines == LOG_LIMIT_LINES) {
        limit->withheld++;
        return false;
    }
    limit->lines++;
    return true;
}

uint64_t log_limit_over(struct log_limit *limit, uint64_t now_ms)
{
    if (!is_over(limit, now_ms)) {
        return 0;
    }
    uint64_t withheld = limit->withheld;
    *limit = (struct log_limit){0};
    return withheld;
}
