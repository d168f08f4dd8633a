/* Stores that replace those of a home: made aside, then moved into place. */
#include "node/snapshot_load.h"

#include "node/disk.h"
#include "node/home.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(const char *path, int failure, char *error, size_t error_size)
{
    (void)snprintf(error, error_size, "%.300s: %s", path, strerrordesc_np(failure));
    return false;
}

static void join(char out[DISK_PATH_MAX], const char *directory, const char *name)
{
    int size = snprintf(out, DISK_PATH_MAX, "%s/%s", directory, name);
    assert(size > 0 && size < DISK_PATH_MAX);
}

bool restore_begin(struct restore *restore, const char *home, char *error, size_t error_size)
{
    if (!home_path(restore->part, home, HOME_RESTORE ".part", error, error_size) ||
        strlen(restore->part) + 16 >= DISK_PATH_MAX) {
        return false;
    }
    join(restore->blocks, restore->part, "blocks");
    join(restore->state, restore->part, "state");
    restore_abandon(restore);
    int failure = disk_make_directory(restore->part);
    return failure == 0 || fail(restore->part, failure, error, error_size);
}

void restore_abandon(const struct restore *restore)
{
    disk_remove_directory(restore->blocks);
    disk_remove_directory(restore->state);
    (void)rmdir(restore->part);
}

static int move(const char *from, const char *to, const char *parent)
{
    return rename(from, to) == 0 ? disk_sync_directory(parent) : errno;
}

bool restore_complete(const struct restore *restore, const char *home, char *error,
                      size_t error_size)
{
    char whole[HOME_PATH_MAX];
    char data[HOME_PATH_MAX];
    if (!home_path(whole, home, HOME_RESTORE, error, error_size) ||
        !home_path(data, home, HOME_DATA, error, error_size)) {
        return false;
    }
    int failure = disk_sync_directory(restore->state); /* LMDB does not do it */
    failure = failure == 0 ? disk_sync_directory(restore->part) : failure;
    failure = failure == 0 ? move(restore->part, whole, data) : failure;
    return failure == 0 || fail(whole, failure, error, error_size);
}

/* Put one store in place, where it still waits. */
static bool put(const char *whole, const char *name, const char *home, const char *place,
                char *error, size_t error_size)
{
    char from[DISK_PATH_MAX];
    char to[HOME_PATH_MAX];
    char data[HOME_PATH_MAX];
    join(from, whole, name);
    if (!home_path(to, home, place, error, error_size) ||
        !home_path(data, home, HOME_DATA, error, error_size)) {
        return false;
    }
    if (access(from, F_OK) != 0) {
        return true;
    }
    disk_remove_directory(to);
    int failure = move(from, to, data);
    return failure == 0 || fail(to, failure, error, error_size);
}

bool restore_finish(const char *home, bool *found, char *error, size_t error_size)
{
    char whole[HOME_PATH_MAX];
    if (!home_path(whole, home, HOME_RESTORE, error, error_size)) {
        return false;
    }
    *found = access(whole, F_OK) == 0;
    if (!*found) {
        return true;
    }
    if (!put(whole, "state", home, HOME_STATE, error, error_size) ||
        !put(whole, "blocks", home, HOME_BLOCKS, error, error_size)) {
        return false;
    }
    return rmdir(whole) == 0 || fail(whole, errno, error, error_size);
}
