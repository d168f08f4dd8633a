/* What the stories of simulated replicas are told with: time passes, and the trace says what was done. */
#ifndef TESTS_LIB_STORY_H
#define TESTS_LIB_STORY_H

#include "tools/sim/sim.h"

/* The four replicas of a small story all have work. */
void story_work(struct sim *sim);

/* Go on until this time, or until all are at this height, which must be reached by `limit_ms`; nothing may
 * be wrong on the way. */
void story_run(struct sim *sim, uint64_t time_ms);
void story_reach(struct sim *sim, uint64_t height, uint64_t limit_ms);

/* How often the trace has this text. */
uint32_t story_told(struct sim *sim, const char *text);

#endif /* TESTS_LIB_STORY_H */
