/* Seeds that several processes share: each takes the next one when it is done with the last. A process and no
 * thread, so that a broken assertion ends one seed and not the run. */
#ifndef TOOLS_SIM_JOBS_H
#define TOOLS_SIM_JOBS_H

#include "tools/sim/sim.h"

enum { JOBS_MAX = 256 };

struct jobs_totals {
    uint64_t spent_ms; /* by the wall clock */
    uint64_t simulated_ms;
    uint64_t seeds; /* that were run to their end, or crashed */
    uint64_t failures;
    uint64_t met[SIM_BRANCH_COUNT];
};

struct jobs {
    uint64_t first; /* seed */
    uint64_t seeds;
    uint32_t count; /* of processes, 1 to JOBS_MAX. A single seed runs in the caller's. */
    bool stop;      /* all end at the first failure */
    /* Run one seed. */
    void (*run)(const void *data, uint64_t seed, struct sim_report *report);
    /* Print what became of a seed, at most PIPE_BUF bytes on stdout: they leave as one, so the lines of several
     * processes do not mix. Of a seed whose process crashed the report says nothing but that. */
    void (*tell)(const void *data, uint64_t seed, const struct sim_report *report);
    /* Print how far it is, every ten seconds. NULL: do not. */
    void (*progress)(const void *data, const struct jobs_totals *totals);
    const void *data;
};

uint32_t jobs_processors(void); /* That are online, JOBS_MAX at most. */

/* Returns whether all seeds were run and passed. The processes end with the caller, however it ends. */
NODISCARD bool jobs_run(const struct jobs *jobs, struct jobs_totals *totals);

#endif /* TOOLS_SIM_JOBS_H */
