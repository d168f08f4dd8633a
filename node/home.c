#include "node/home.h"

#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "node/disk.h"

bool home_path(char out[HOME_PATH_MAX], const char *home, const char *name, char *error,
               size_t error_size)
{
    int size = snprintf(out, HOME_PATH_MAX, "%s/%s", home, name);
    if (size < 0 || size >= HOME_PATH_MAX) {
        (void)snprintf(error, error_size, "home: the path is too long, at most %d bytes",
                       HOME_PATH_MAX - 1);
        return false;
    }
    return true;
}

static bool make(const char *path, char *error, size_t error_size)
{
    int failure = disk_make_directory(path);
    if (failure != 0) {
        (void)snprintf(error, error_size, "%s: cannot make the directory: %s", path,
                       strerrordesc_np(failure));
    }
    return failure == 0;
}

bool home_create(const char *home, char *error, size_t error_size)
{
    static const char *const names[] = {HOME_CONFIG, HOME_DATA};
    if (!make(home, error, error_size)) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        char path[HOME_PATH_MAX];
        if (!home_path(path, home, names[i], error, error_size) || !make(path, error, error_size)) {
            return false;
        }
    }
    return true;
}

/* A directory of files, or of such directories. */
static void remove_half_made(const char *path)
{
    static const char *const stores[] = {"blocks", "state"};
    for (size_t i = 0; i < ARRAY_COUNT(stores); i++) {
        char store[HOME_PATH_MAX];
        if (home_path(store, path, stores[i], NULL, 0)) {
            disk_remove_directory(store);
        }
    }
    disk_remove_directory(path);
}

static void sweep(const char *home, const char *name, const char *prefix, const char *suffix)
{
    char directory[HOME_PATH_MAX];
    struct buffer names = {0};
    bool good = home_path(directory, home, name, NULL, 0) &&
                disk_list(directory, prefix, suffix, &names) == 0;
    for (size_t at = 0; good && at < names.size; at += strlen((const char *)names.data + at) + 1) {
        char path[HOME_PATH_MAX];
        if (home_path(path, directory, (const char *)names.data + at, NULL, 0)) {
            remove_half_made(path);
        }
    }
    buffer_close(&names);
}

void home_sweep(const char *home)
{
    sweep(home, HOME_DATA, "verify-", "");
    sweep(home, HOME_DATA, "", ".part");
    sweep(home, HOME_SNAPSHOTS, "", ".part");
}
