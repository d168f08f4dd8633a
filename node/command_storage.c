/* Commands that make room on the disk of a stopped node. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "node/command.h"
#include "node/offline.h"
#include "node/prune.h"
#include "node/snapshot.h"
#include "node/state_prune.h"

struct job {
    struct offline offline;
    const char *home;
    char error[OFFLINE_ERROR_SIZE];
};

static bool fail(struct job *job, const char *path, const char *what)
{
    (void)snprintf(job->error, sizeof job->error, "%.500s: %s", path, what);
    return false;
}

/* The stores, to be written. */
static bool open_stores(struct job *job, struct block_store **blocks, struct state_store **states)
{
    char blocks_path[HOME_PATH_MAX];
    char state_path[HOME_PATH_MAX];
    *blocks = NULL;
    *states = NULL;
    if (!offline_lock(&job->offline, job->home, job->error, sizeof job->error) ||
        !home_path(blocks_path, job->home, HOME_BLOCKS, job->error, sizeof job->error) ||
        !home_path(state_path, job->home, HOME_STATE, job->error, sizeof job->error)) {
        return false;
    }
    const struct block_store_options block_options = {.directory = blocks_path};
    const struct state_store_options state_options = {.directory = state_path,
                                                      .genesis = &job->offline.genesis->genesis};
    return block_store_open(blocks, &block_options, job->error, sizeof job->error) ==
               BLOCK_STORE_OK &&
           state_store_open(states, &state_options, job->error, sizeof job->error) ==
               STATE_STORE_OK;
}

/* Who asks for 100 blocks and keeps 200,100 has to know why. */
static void report_pruned(struct state_store *states, struct block_store *blocks,
                          const struct prune_extent *extent)
{
    uint64_t windows;
    uint64_t kept = prune_kept(states, extent, &windows);
    struct state_snapshot *snapshot = state_snapshot_open(states);
    (void)printf("{\"lowest_block\":\"%" PRIu64 "\",\"lowest_receipts\":\"%" PRIu64
                 "\",\"blocks_bytes\":\"%" PRIu64 "\",\"kept_blocks\":\"%" PRIu64 "\"}\n",
                 block_store_first_height(blocks), state_snapshot_base(snapshot),
                 block_store_size(blocks), kept);
    state_snapshot_close(snapshot);
    (void)fprintf(stderr,
                  "soukd: the last %" PRIu64 " blocks are kept: %" PRIu64
                  " as asked for, and %" PRIu64
                  ", two windows of a round (window_max), for the rounds that are not over; older "
                  "ones go by %u at a time\n",
                  kept, kept - windows, windows, PRUNE_STEP);
}

static bool prune(struct job *job, uint64_t keep)
{
    struct block_store *blocks;
    struct state_store *states;
    struct prune_extent extent = {.keep = keep};
    bool good = open_stores(job, &blocks, &states);
    if (good) {
        extent.window_max = job->offline.genesis->genesis.parameters.window_max;
        good = prune_all(states, blocks, &extent, job->error, sizeof job->error);
    }
    if (good) {
        report_pruned(states, blocks, &extent);
    }
    state_store_close(states);
    block_store_close(blocks);
    return good;
}

static uint64_t size_of(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

/* The copy takes the file's place in one step; before it, nothing has changed. */
static bool replace_database(struct job *job, const char *copy, const char *state_path)
{
    char from[DISK_PATH_MAX];
    char to[DISK_PATH_MAX];
    (void)snprintf(from, sizeof from, "%.4000s/data.mdb", copy);
    (void)snprintf(to, sizeof to, "%.4000s/data.mdb", state_path);
    uint64_t before = size_of(to);
    int descriptor = open(from, O_RDWR | O_CLOEXEC);
    int failure = descriptor < 0 ? errno : disk_sync(descriptor);
    if (descriptor >= 0) {
        close(descriptor);
    }
    if (failure == 0 && rename(from, to) != 0) {
        failure = errno;
    }
    failure = failure == 0 ? disk_sync_directory(state_path) : failure;
    if (failure != 0) {
        return fail(job, to, strerrordesc_np(failure));
    }
    (void)printf("{\"before_bytes\":\"%" PRIu64 "\",\"after_bytes\":\"%" PRIu64 "\"}\n", before,
                 size_of(to));
    return true;
}

static bool compact(struct job *job)
{
    char state_path[HOME_PATH_MAX];
    char copy[HOME_PATH_MAX];
    if (!offline_open(&job->offline, job->home, true, job->error, sizeof job->error) ||
        !home_path(state_path, job->home, HOME_STATE, job->error, sizeof job->error) ||
        !home_path(copy, job->home, HOME_DATA "/compact.part", job->error, sizeof job->error)) {
        return false;
    }
    snapshot_remove(copy);
    int failure = disk_make_directory(copy);
    failure = failure == 0 ? state_store_copy(job->offline.states, copy) : failure;
    bool good = failure == 0 || fail(job, copy, mdb_strerror(failure));
    state_store_close(job->offline.states);
    job->offline.states = NULL;
    good = good && replace_database(job, copy, state_path);
    snapshot_remove(copy);
    return good;
}

/* What a start makes anew from the others. The signer's mark stays in config/: so a validator observes
 * until it is safe to vote. */
static bool reset(struct job *job)
{
    static const char *const names[] = {HOME_RESTORE "/state",
                                        HOME_RESTORE "/blocks",
                                        HOME_RESTORE,
                                        HOME_WAL,
                                        HOME_STATE,
                                        HOME_BLOCKS,
                                        HOME_FETCH};
    if (!offline_lock(&job->offline, job->home, job->error, sizeof job->error)) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        char path[HOME_PATH_MAX];
        if (!home_path(path, job->home, names[i], job->error, sizeof job->error)) {
            return false;
        }
        snapshot_remove(path);
        if (access(path, F_OK) == 0) {
            return fail(job, path, "cannot be removed");
        }
    }
    (void)printf("{\"reset\":true}\n");
    return true;
}

static bool confirmed(const char *home)
{
    char answer[8] = "";
    (void)fprintf(stderr, "Remove blocks, state and log of %s? Type yes: ", home);
    return fgets(answer, sizeof answer, stdin) != NULL && strcmp(answer, "yes\n") == 0;
}

static int finish(struct job *job, bool good)
{
    if (!good) {
        (void)fprintf(stderr, "soukd: %s\n", job->error);
    }
    offline_close(&job->offline);
    free(job);
    return good ? 0 : 1;
}

/* The home, and the one other word where there is one. NULL: wrong usage, said on stderr. */
static struct job *begin(int argc, char **argv, const char *usage, const char **word)
{
    const char **rest = memory_new((size_t)argc * sizeof *rest);
    int rest_count = 0;
    const char *home = offline_arguments(argc, argv, usage, rest, &rest_count);
    *word = rest_count == 1 ? rest[0] : NULL;
    free(rest);
    if (home == NULL || rest_count > 1) {
        if (home != NULL) {
            (void)fprintf(stderr, "usage: %s\n", usage);
        }
        return NULL;
    }
    struct job *job = memory_new(sizeof *job);
    job->home = home;
    return job;
}

int command_prune(int argc, char **argv)
{
    const char *word;
    struct job *job = begin(argc, argv, "soukd prune KEEP --home DIR", &word);
    if (job == NULL) {
        return 2;
    }
    if (word == NULL || strspn(word, "0123456789") != strlen(word) || strlen(word) > 18 ||
        strtoull(word, NULL, 10) < PRUNE_KEEP_MIN) {
        (void)fprintf(stderr,
                      "soukd: prune: the number of blocks to keep is expected, at least %u\n",
                      PRUNE_KEEP_MIN);
        free(job);
        return 2;
    }
    return finish(job, prune(job, strtoull(word, NULL, 10)));
}

int command_compact(int argc, char **argv)
{
    const char *word;
    struct job *job = begin(argc, argv, "soukd compact --home DIR", &word);
    if (job != NULL && word != NULL) {
        (void)fprintf(stderr, "soukd: compact takes no arguments\n");
    }
    if (job == NULL || word != NULL) {
        free(job);
        return 2;
    }
    return finish(job, compact(job));
}

int command_reset(int argc, char **argv)
{
    const char *word;
    struct job *job = begin(argc, argv, "soukd reset [yes] --home DIR", &word);
    bool wrong = job != NULL && word != NULL && strcmp(word, "yes") != 0;
    if (wrong) {
        (void)fprintf(stderr, "soukd: reset: '%.40s' is not yes\n", word);
    }
    if (job == NULL || wrong) {
        free(job);
        return 2;
    }
    if (word == NULL && !confirmed(job->home)) {
        (void)fprintf(stderr, "soukd: nothing was removed\n");
        free(job);
        return 1;
    }
    return finish(job, reset(job));
}
