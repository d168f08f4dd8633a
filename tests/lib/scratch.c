#include "tests/lib/scratch.h"

#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

void scratch_open(struct scratch *scratch)
{
    (void)snprintf(scratch->folder, sizeof(scratch->folder), "/tmp/souk_test_XXXXXX");
    const char *made = mkdtemp(scratch->folder);
    assert(made != NULL);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void scratch_close(struct scratch *scratch)
{
    // NOLINTNEXTLINE(concurrency-mt-unsafe): tests remove their folders in one thread
    (void)nftw(scratch->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_path(const struct scratch *scratch, const char *name)
{
    static char paths[4][SCRATCH_PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, SCRATCH_PATH_MAX, "%s/%s", scratch->folder, name);
    return path;
}
