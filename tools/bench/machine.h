/* The machine that a figure was measured on. */
#ifndef TOOLS_BENCH_MACHINE_H
#define TOOLS_BENCH_MACHINE_H

#include "tools/bench/stats.h"
#include "tools/client/fault.h"

struct machine {
    char cpu[128];
    long cores;
};

void machine_read(struct machine *out);

/* Time `count` writes of 4 KiB, each with fdatasync, to a file in `folder`: what a block costs on
 * this disk at least twice. The file is deleted. */
NODISCARD bool machine_time_sync(struct stats *out, const char *folder, size_t count,
                                 struct fault *fault);

uint64_t machine_now_us(void); /* of the monotonic clock */

#endif /* TOOLS_BENCH_MACHINE_H */
