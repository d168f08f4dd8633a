#include "tests/lib/story.h"

#include <check.h>
#include <string.h>

void story_work(struct sim *sim)
{
    for (uint32_t i = 0; i < 4; i++) {
        sim_work(sim, i);
    }
}

void story_run(struct sim *sim, uint64_t time_ms)
{
    struct sim_report report;
    bool calm = sim_run(sim, time_ms);
    sim_report(sim, &report);
    ck_assert_msg(calm, "%s", report.failure);
}

void story_reach(struct sim *sim, uint64_t height, uint64_t limit_ms)
{
    struct sim_report report;
    bool reached = sim_run_until_height(sim, height, limit_ms);
    sim_report(sim, &report);
    ck_assert_msg(reached, "at height %llu: %s", (unsigned long long)report.height, report.failure);
}

uint32_t story_told(struct sim *sim, const char *text)
{
    uint32_t count = 0;
    for (const char *at = sim_trace(sim); (at = strstr(at, text)) != NULL; at += strlen(text)) {
        count++;
    }
    return count;
}
