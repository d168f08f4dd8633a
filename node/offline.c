#include "node/offline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *offline_arguments(int argc, char **argv, const char *usage, const char **rest,
                              int *rest_count)
{
    const char *home = NULL;
    *rest_count = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--home") == 0 && i + 1 < argc) {
            home = argv[++i];
        } else if (strncmp(argv[i], "--home=", 7) == 0) {
            home = argv[i] + 7;
        } else if (argv[i][0] == '-') {
            (void)fprintf(stderr, "soukd: %s: unknown option\nusage: %s\n", argv[i], usage);
            return NULL;
        } else {
            rest[(*rest_count)++] = argv[i];
        }
    }
    if (home == NULL) {
        home = secure_getenv("SOUKD_HOME");
    }
    if (home == NULL || home[0] == '\0') {
        (void)fprintf(stderr, "soukd: --home is missing, and so is SOUKD_HOME\nusage: %s\n", usage);
        return NULL;
    }
    return home;
}

static bool open_blocks(struct offline *offline, char *error, size_t error_size)
{
    char path[HOME_PATH_MAX];
    if (!home_path(path, offline->home, HOME_BLOCKS, error, error_size)) {
        return false;
    }
    struct block_store_options options = {.directory = path, .read_only = true};
    return block_store_open(&offline->blocks, &options, error, error_size) == BLOCK_STORE_OK;
}

static bool open_blobs(struct offline *offline, char *error, size_t error_size)
{
    char path[HOME_PATH_MAX];
    if (!home_path(path, offline->home, HOME_BLOBS, error, error_size)) {
        return false;
    }
    struct blob_store_options options = {.directory = path, .read_only = true};
    return blob_store_open(&offline->blobs, &options, error, error_size);
}

static bool open_states(struct offline *offline, bool needed, char *error, size_t error_size)
{
    char path[HOME_PATH_MAX];
    if (!home_path(path, offline->home, HOME_STATE "/data.mdb", error, error_size)) {
        return false;
    }
    if (!needed && access(path, F_OK) != 0 && errno == ENOENT) {
        return true;
    }
    if (!home_path(path, offline->home, HOME_STATE, error, error_size)) {
        return false;
    }
    struct state_store_options options = {
        .directory = path, .genesis = &offline->genesis->genesis, .read_only = true};
    return state_store_open(&offline->states, &options, error, error_size) == STATE_STORE_OK;
}

bool offline_lock(struct offline *offline, const char *home, char *error, size_t error_size)
{
    char path[HOME_PATH_MAX];
    *offline = (struct offline){.home = home};
    if (!home_path(path, home, HOME_GENESIS, error, error_size) ||
        !genesis_file_load(&offline->genesis, path, error, error_size)) {
        return false;
    }
    offline->locked = home_lock_take(&offline->lock, home, error, error_size);
    if (offline->locked) {
        home_sweep(home);
    }
    return offline->locked;
}

bool offline_open(struct offline *offline, const char *home, bool state_needed, char *error,
                  size_t error_size)
{
    return offline_lock(offline, home, error, error_size) &&
           open_blocks(offline, error, error_size) && open_blobs(offline, error, error_size) &&
           open_states(offline, state_needed, error, error_size);
}

void offline_close(struct offline *offline)
{
    state_store_close(offline->states);
    blob_store_close(offline->blobs);
    block_store_close(offline->blocks);
    if (offline->locked) {
        home_lock_release(&offline->lock);
    }
    genesis_file_free(offline->genesis);
    *offline = (struct offline){0};
}
