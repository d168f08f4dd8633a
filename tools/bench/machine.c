#include "tools/bench/machine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

#define SYNC_BYTES 4096

uint64_t machine_now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void machine_read(struct machine *out)
{
    char line[256];
    (void)snprintf(out->cpu, sizeof(out->cpu), "unknown");
    out->cores = sysconf(_SC_NPROCESSORS_ONLN);
    FILE *file = fopen("/proc/cpuinfo", "re");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        const char *value = strstr(line, ": ");
        if (strncmp(line, "model name", 10) == 0 && value != NULL) {
            (void)snprintf(out->cpu, sizeof(out->cpu), "%.*s", (int)strcspn(value + 2, "\n"),
                           value + 2);
            break;
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
}

bool machine_time_sync(struct stats *out, const char *folder, size_t count, struct fault *fault)
{
    char path[4096];
    static const uint8_t block[SYNC_BYTES];
    (void)snprintf(path, sizeof(path), "%.4000s/souk-bench.XXXXXX", folder);
    int file = mkstemp(path);
    if (file < 0) {
        return fault_set(fault, "%.400s: %s", path, strerrordesc_np(errno));
    }
    (void)unlink(path);
    uint64_t *values = memory_new(count * sizeof(*values));
    bool good = true;
    for (size_t i = 0; good && i < count; i++) {
        uint64_t begin = machine_now_us();
        good = write(file, block, sizeof(block)) == (ssize_t)sizeof(block) && fdatasync(file) == 0;
        values[i] = machine_now_us() - begin;
    }
    int reason = errno;
    (void)close(file);
    stats_compute(out, values, count);
    free(values);
    return good || fault_set(fault, "%.400s: %s", folder, strerrordesc_np(reason));
}
