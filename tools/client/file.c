#include "tools/client/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static bool read_all(struct buffer *out, int descriptor, size_t max)
{
    size_t start = out->size;
    for (;;) {
        buffer_reserve(out, 65536);
        ssize_t got = read(descriptor, out->data + out->size, 65536);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got == 0;
        }
        out->size += (size_t)got;
        if (out->size - start > max) {
            errno = EFBIG;
            return false;
        }
    }
}

/* A FIFO would wait for who writes it, and a device may have no end. What this process was given open may
 * be a pipe: a shell's <(command) is one. */
static bool readable(const struct stat *status, const char *path, struct fault *fault)
{
    bool given = strcmp(path, "/dev/stdin") == 0 || strncmp(path, "/dev/fd/", 8) == 0 ||
                 strncmp(path, "/proc/self/fd/", 14) == 0;
    if (S_ISDIR(status->st_mode)) {
        return fault_set(fault, "%s: %s", path, strerrordesc_np(EISDIR));
    }
    return S_ISREG(status->st_mode) || given || fault_set(fault, "%s: not a regular file", path);
}

/* Judged twice, because opening a FIFO or a device does something already, and what is there may change. */
static int open_input(const char *path, struct fault *fault)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        (void)fault_set(fault, "%s: %s", path, strerrordesc_np(errno));
        return -1;
    }
    if (!readable(&status, path, fault)) {
        return -1;
    }
    int descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0 || fstat(descriptor, &status) != 0 || fcntl(descriptor, F_SETFL, 0) != 0) {
        (void)fault_set(fault, "%s: %s", path, strerrordesc_np(errno));
    } else if (readable(&status, path, fault)) {
        return descriptor;
    }
    if (descriptor >= 0) {
        (void)close(descriptor);
    }
    return -1;
}

bool file_read(struct buffer *out, const char *path, size_t max, struct fault *fault)
{
    int descriptor = open_input(path, fault);
    if (descriptor < 0) {
        return false;
    }
    bool good = read_all(out, descriptor, max);
    int reason = errno;
    (void)close(descriptor);
    if (!good && reason == EFBIG) {
        return fault_set(fault, "%s: larger than the %zu bytes allowed", path, max);
    }
    return good || fault_set(fault, "%s: %s", path, strerrordesc_np(reason));
}

static bool write_all(int descriptor, struct bytes content)
{
    while (content.size > 0) {
        ssize_t put = write(descriptor, content.data, content.size);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return false;
        }
        content.data += put;
        content.size -= (size_t)put;
    }
    return true;
}

/* The folder that `path` is in; false where it is too long. */
static bool folder_of(char out[PATH_MAX], const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    if (length >= PATH_MAX) {
        return false;
    }
    if (length == 0) {
        (void)snprintf(out, PATH_MAX, "%s", slash == NULL ? "." : "/");
    } else {
        (void)snprintf(out, PATH_MAX, "%.*s", (int)length, path);
    }
    return true;
}

/* A rename is durable only once its folder is. */
static bool sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    if (!folder_of(folder, path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return false;
    }
    bool good = fsync(descriptor) == 0;
    return close(descriptor) == 0 && good;
}

static bool next_whole(void *context, struct bytes *out)
{
    struct bytes *content = context;
    *out = *content;
    *content = (struct bytes){0};
    return out->size > 0;
}

bool file_write(const char *path, struct bytes content, mode_t mode, struct fault *fault)
{
    return file_write_parts(path, next_whole, &content, mode, fault);
}

bool file_write_parts(const char *path, file_next_part *next, void *context, mode_t mode,
                      struct fault *fault)
{
    struct bytes part;
    char temporary[PATH_MAX];
    if (snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary)) {
        return fault_set(fault, "%s: the path is too long", path);
    }
    int descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (descriptor < 0) {
        return fault_set(fault, "%s: %s", temporary, strerrordesc_np(errno));
    }
    bool good = true;
    while (good && next(context, &part)) {
        good = write_all(descriptor, part);
    }
    good = good && fsync(descriptor) == 0;
    good = close(descriptor) == 0 && good;
    good = good && rename(temporary, path) == 0 && sync_folder_of(path);
    if (!good) {
        int reason = errno;
        (void)unlink(temporary);
        return fault_set(fault, "%s: %s", path, strerrordesc_np(reason));
    }
    return true;
}

bool file_sync_folder_of(const char *path, struct fault *fault)
{
    return sync_folder_of(path) || fault_set(fault, "%s: %s", path, strerrordesc_np(errno));
}

bool file_read_at(int descriptor, uint64_t offset, void *out, size_t size)
{
    uint8_t *to = out;
    while (size > 0) {
        ssize_t got = pread(descriptor, to, size, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            errno = got == 0 ? 0 : errno;
            return false;
        }
        to += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return true;
}

bool file_write_at(int descriptor, uint64_t offset, struct bytes content)
{
    while (content.size > 0) {
        ssize_t put = pwrite(descriptor, content.data, content.size, (off_t)offset);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return false;
        }
        content.data += put;
        offset += (uint64_t)put;
        content.size -= (size_t)put;
    }
    return true;
}

int file_unnamed(const char *folder, struct fault *fault)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof(path), "%s/unnamed-XXXXXX", folder) >= (int)sizeof(path)) {
        (void)fault_set(fault, "%s: the path is too long", folder);
        return -1;
    }
    int descriptor = mkostemp(path, O_CLOEXEC);
    if (descriptor < 0 || unlink(path) != 0) {
        (void)fault_set(fault, "%s: %s", path, strerrordesc_np(errno));
        if (descriptor >= 0) {
            (void)close(descriptor);
        }
        return -1;
    }
    return descriptor;
}

/* A folder that is there is as good as one that was made; a file in its place is not. What is kept in a new
 * one is durable only once the folder itself is. */
static bool make_one(const char *path)
{
    struct stat status;
    if (mkdir(path, 0700) == 0) {
        return sync_folder_of(path);
    }
    if (errno != EEXIST || stat(path, &status) != 0) {
        return false;
    }
    errno = ENOTDIR;
    return S_ISDIR(status.st_mode);
}

bool file_make_folder(const char *path, struct fault *fault)
{
    char part[PATH_MAX];
    if (snprintf(part, sizeof(part), "%s", path) >= (int)sizeof(part)) {
        return fault_set(fault, "%s: the path is too long", path);
    }
    for (size_t end = 1; part[end - 1] != '\0'; end++) {
        char kept = part[end];
        if (kept != '/' && kept != '\0') {
            continue;
        }
        part[end] = '\0';
        if (!make_one(part)) {
            return fault_set(fault, "%s: %s", part, strerrordesc_np(errno));
        }
        part[end] = kept;
    }
    return part[0] != '\0' || fault_set(fault, "the path of a folder is empty");
}

bool file_make_folder_of(const char *path, struct fault *fault)
{
    char folder[PATH_MAX];
    if (!folder_of(folder, path)) {
        return fault_set(fault, "%s: the path is too long", path);
    }
    return file_make_folder(folder, fault);
}
