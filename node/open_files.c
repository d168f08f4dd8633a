#include "node/open_files.h"

#include "node/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

static uint64_t raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return UINT64_MAX;
    }
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

bool open_files_fit(uint32_t *connections_max, uint32_t peer_count, char *error, size_t error_size)
{
    uint64_t limit = raise_limit();
    uint64_t own = OPEN_FILES_OWN + (uint64_t)OPEN_FILES_PER_PEER * peer_count;
    if (limit < own + OPEN_FILES_CLIENTS_MIN) {
        (void)snprintf(error, error_size,
                       "the limit of open files is %" PRIu64 ", at least %" PRIu64
                       " is expected (ulimit -n, LimitNOFILE=)",
                       limit, own + OPEN_FILES_CLIENTS_MIN);
        return false;
    }
    if (limit - own < *connections_max) {
        log_write(LOG_LEVEL_WARN, "open_files",
                  "limit=%" PRIu64 " rpc_connections_max=%" PRIu64 " text=\"fewer connections\"",
                  limit, limit - own);
        *connections_max = (uint32_t)(limit - own);
    }
    return true;
}
