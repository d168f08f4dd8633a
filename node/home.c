#include "node/home.h"

#include <stdio.h>
#include <string.h>

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
