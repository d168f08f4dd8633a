#include "node/home_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "node/home.h"

/* Say who holds the lock; the file's content is only for people, and may be missing. */
static void name_holder(int descriptor, const char *home, char *error, size_t error_size)
{
    char pid[16] = "";
    ssize_t size = pread(descriptor, pid, sizeof pid - 1, 0);
    pid[size > 0 ? size : 0] = '\0';
    pid[strspn(pid, "0123456789")] = '\0';
    if (pid[0] == '\0') {
        (void)snprintf(error, error_size, "home %s is in use by another process", home);
    } else {
        (void)snprintf(error, error_size, "home %s is in use by process %s", home, pid);
    }
}

bool home_lock_take(struct home_lock *lock, const char *home, char *error, size_t error_size)
{
    lock->descriptor = -1;
    char path[HOME_PATH_MAX];
    if (!home_path(path, home, HOME_LOCK, error, error_size)) {
        return false;
    }
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        (void)snprintf(error, error_size, "%s: cannot open: %s", path, strerrordesc_np(errno));
        return false;
    }
    if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
        int failure = errno;
        if (failure == EWOULDBLOCK) {
            name_holder(descriptor, home, error, error_size);
        } else {
            (void)snprintf(error, error_size, "%s: cannot lock: %s", path,
                           strerrordesc_np(failure));
        }
        close(descriptor);
        return false;
    }
    /* Only for people: on a full disk the commands that make room must begin too. */
    bool named = ftruncate(descriptor, 0) == 0 && dprintf(descriptor, "%ld\n", (long)getpid()) > 0;
    (void)named;
    lock->descriptor = descriptor;
    return true;
}

void home_lock_release(struct home_lock *lock)
{
    if (lock->descriptor >= 0) {
        close(lock->descriptor);
        lock->descriptor = -1;
    }
}

bool home_lock_held(const char *home)
{
    char path[HOME_PATH_MAX];
    if (!home_path(path, home, HOME_LOCK, NULL, 0)) {
        return false;
    }
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0) {
        return false;
    }
    bool held = flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(descriptor);
    return held;
}
