#include "node/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "node/offline.h"
#include "node/signer_mark.h"
#include "node/wal.h"

static const char usage[] = "soukd signer [show|trust] --home DIR";

static bool last_record(void *context, const struct wal_record *record)
{
    uint64_t *sequence = context;
    *sequence = record->sequence;
    return true;
}

static bool read_log(const char *home, uint64_t *sequence, char *error, size_t error_size)
{
    char path[HOME_PATH_MAX];
    *sequence = 0;
    const struct wal_options options = {
        .directory = path, .context = sequence, .on_record = last_record};
    if (!home_path(path, home, HOME_WAL, error, error_size)) {
        return false;
    }
    return (access(path, F_OK) != 0 && errno == ENOENT) || /* as after a reset */
           wal_scan(&options, NULL, error, error_size) == WAL_OK;
}

static void print_mark(const struct signer_mark *mark, enum signer_trust trust)
{
    char chain[65];
    hex_encode(chain, BYTES_OF(mark->chain_id));
    (void)printf("{\"chain_id\":\"%s\",\"height\":\"%" PRIu64 "\",\"log_record\":\"%" PRIu64
                 "\",\"trusted\":%s,\"text\":\"%s\"}\n",
                 chain, mark->height, mark->sequence, trust == SIGNER_TRUSTED ? "true" : "false",
                 signer_trust_text(trust));
}

/* The operator vouches that the log is the newest: the mark speaks of it from now on. */
static bool trust_log(struct signer_mark *mark, const struct genesis_file *genesis,
                      const char *home, uint64_t sequence, char *error, size_t error_size)
{
    if (sequence == 0) {
        (void)snprintf(error, error_size, "data/wal has no record: there is no log to trust");
        return false;
    }
    mark->chain_id = genesis->chain_id;
    mark->sequence = sequence;
    return signer_mark_identify(mark, home, error, error_size) &&
           signer_mark_store(home, mark, error, error_size);
}

static bool run(struct offline *offline, const char *home, bool trusts, char *error,
                size_t error_size)
{
    struct signer_mark mark;
    bool found;
    uint64_t sequence;
    enum signer_trust trust;
    if (!offline_lock(offline, home, error, error_size) ||
        !read_log(home, &sequence, error, error_size) ||
        !signer_mark_load(&mark, &found, home, error, error_size) ||
        (trusts && !trust_log(&mark, offline->genesis, home, sequence, error, error_size)) ||
        !signer_mark_judge(&trust, found || trusts ? &mark : NULL, &offline->genesis->chain_id,
                           home, sequence, error, error_size)) {
        return false;
    }
    print_mark(&mark, trust);
    return true;
}

int command_signer(int argc, char **argv)
{
    char error[OFFLINE_ERROR_SIZE] = "";
    const char **rest = memory_new((size_t)argc * sizeof *rest);
    int rest_count = 0;
    const char *home = offline_arguments(argc, argv, usage, rest, &rest_count);
    const char *verb = rest_count == 0 ? "show" : rest[0];
    bool trusts = strcmp(verb, "trust") == 0;
    bool good_usage = rest_count <= 1 && (trusts || strcmp(verb, "show") == 0);
    free(rest);
    if (home == NULL || !good_usage) {
        (void)fprintf(stderr, "usage: %s\n", usage);
        return 2;
    }
    struct offline offline = {0};
    bool good = run(&offline, home, trusts, error, sizeof error);
    if (!good) {
        (void)fprintf(stderr, "soukd: %s\n", error);
    }
    offline_close(&offline);
    return good ? 0 : 1;
}
