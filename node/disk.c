#include "node/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_uint_fast64_t operation_count;
static atomic_uint_fast64_t inject_at = UINT64_MAX;
static atomic_int inject_error;

void disk_inject(uint64_t operations, int error)
{
    uint64_t now = atomic_load(&operation_count);
    atomic_store(&inject_error, error);
    atomic_store(&inject_at, operations > UINT64_MAX - now ? UINT64_MAX : now + operations);
}

uint64_t disk_operations(void)
{
    return atomic_load(&operation_count);
}

/* Count one operation. Returns the injected error or 0; *crash says to die in the middle. */
static int begin(bool *crash)
{
    uint64_t number = atomic_fetch_add(&operation_count, 1);
    *crash = false;
    if (number < atomic_load(&inject_at)) {
        return 0;
    }
    int error = atomic_load(&inject_error);
    *crash = error == 0;
    return error;
}

/* The same for operations that are atomic: a crash falls before them. */
static int begin_atomic(void)
{
    bool crash;
    int error = begin(&crash);
    if (crash) {
        _exit(DISK_CRASH_CODE);
    }
    return error;
}

int disk_write(int descriptor, struct bytes data, uint64_t offset)
{
    bool crash;
    int error = begin(&crash);
    if (error != 0) {
        return error;
    }
    if (crash) {
        data.size /= 2;
    }
    size_t done = 0;
    while (done < data.size) {
        ssize_t size =
            pwrite(descriptor, data.data + done, data.size - done, (off_t)(offset + done));
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size <= 0) {
            return size < 0 ? errno : EIO;
        }
        done += (size_t)size;
    }
    if (crash) {
        _exit(DISK_CRASH_CODE);
    }
    return 0;
}

int disk_sync(int descriptor)
{
    int error = begin_atomic();
    if (error != 0) {
        return error;
    }
    return fdatasync(descriptor) == 0 ? 0 : errno;
}

int disk_sync_directory(const char *directory)
{
    int error = begin_atomic();
    if (error != 0) {
        return error;
    }
    int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return errno;
    }
    error = fsync(descriptor) == 0 ? 0 : errno;
    close(descriptor);
    return error;
}

int disk_allocate(int descriptor, uint64_t size)
{
    int error = begin_atomic();
    if (error != 0) {
        return error;
    }
    do {
        error = posix_fallocate(descriptor, 0, (off_t)size);
    } while (error == EINTR);
    return error;
}

int disk_truncate(int descriptor, uint64_t size)
{
    int error = begin_atomic();
    if (error != 0) {
        return error;
    }
    return ftruncate(descriptor, (off_t)size) == 0 ? 0 : errno;
}

int disk_remove(const char *path)
{
    int error = begin_atomic();
    if (error != 0) {
        return error;
    }
    return unlink(path) == 0 ? 0 : errno;
}

/* The directory that holds `path`. */
static void parent_of(char out[DISK_PATH_MAX], const char *path)
{
    (void)snprintf(out, DISK_PATH_MAX, "%s", path);
    char *slash = strrchr(out, '/');
    if (slash == NULL) {
        (void)snprintf(out, DISK_PATH_MAX, ".");
    } else {
        slash[slash == out ? 1 : 0] = '\0';
    }
}

static int sync_parent(const char *path)
{
    char parent[DISK_PATH_MAX];
    parent_of(parent, path);
    return disk_sync_directory(parent);
}

void disk_remove_directory(const char *directory)
{
    DIR *stream = opendir(directory);
    const struct dirent *entry;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this thread's own
    while (stream != NULL && (entry = readdir(stream)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            (void)unlinkat(dirfd(stream), entry->d_name, 0);
        }
    }
    if (stream != NULL) {
        (void)closedir(stream);
    }
    (void)rmdir(directory);
}

int disk_make_directory(const char *directory)
{
    if (mkdir(directory, 0700) == 0) {
        return sync_parent(directory);
    }
    if (errno != EEXIST) {
        return errno;
    }
    struct stat status;
    if (stat(directory, &status) != 0) {
        return errno;
    }
    return S_ISDIR(status.st_mode) ? 0 : ENOTDIR;
}

static int fill(int descriptor, struct bytes content, uint64_t size)
{
    int error = size > content.size ? disk_allocate(descriptor, size) : 0;
    if (error == 0) {
        error = disk_write(descriptor, content, 0);
    }
    return error == 0 ? disk_sync(descriptor) : error;
}

int disk_create(const char *path, struct bytes content, uint64_t size)
{
    char temporary[DISK_PATH_MAX];
    int length = snprintf(temporary, sizeof temporary, "%s.tmp", path);
    if (length < 0 || (size_t)length >= sizeof temporary) {
        return ENAMETOOLONG;
    }
    int descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return errno;
    }
    int error = fill(descriptor, content, size);
    close(descriptor);
    if (error == 0) {
        error = begin_atomic();
    }
    if (error == 0 && rename(temporary, path) != 0) {
        error = errno;
    }
    if (error != 0) {
        (void)unlink(temporary);
        return error;
    }
    return sync_parent(path);
}

int disk_read(int descriptor, uint64_t offset, size_t size, struct buffer *out)
{
    buffer_reserve(out, size);
    size_t done = 0;
    while (done < size) {
        ssize_t got = pread(descriptor, out->data + out->size, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return errno;
        }
        if (got == 0) {
            return 0;
        }
        done += (size_t)got;
        out->size += (size_t)got;
    }
    return 0;
}

const char *disk_error_text(int error)
{
    const char *text = strerrordesc_np(error);
    if (error == DISK_NOT_REGULAR) {
        return "not a regular file";
    }
    return text == NULL ? "unknown error" : text;
}

static int judge_input(const struct stat *status, bool given)
{
    if (S_ISDIR(status->st_mode)) {
        return EISDIR;
    }
    return S_ISREG(status->st_mode) || given ? 0 : DISK_NOT_REGULAR;
}

static bool begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Twice, because opening a FIFO or a device does something already, and what is there may change. */
static int open_input(const char *path, bool given, int *descriptor)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return errno;
    }
    int error = judge_input(&status, given);
    if (error != 0) {
        return error;
    }
    *descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (*descriptor < 0) {
        return errno;
    }
    error = fstat(*descriptor, &status) == 0 ? judge_input(&status, given) : errno;
    if (error == 0 && fcntl(*descriptor, F_SETFL, 0) != 0) {
        error = errno;
    }
    if (error != 0) {
        close(*descriptor);
        *descriptor = -1;
    }
    return error;
}

int disk_open_input(const char *path, int *descriptor)
{
    bool given = strcmp(path, "/dev/stdin") == 0 || begins_with(path, "/dev/fd/") ||
                 begins_with(path, "/proc/self/fd/");
    *descriptor = -1;
    return open_input(path, given, descriptor);
}

int disk_read_input(int descriptor, void *out, size_t room, size_t *size)
{
    uint8_t *to = out;
    *size = 0;
    while (*size < room) {
        ssize_t got = read(descriptor, to + *size, room - *size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got < 0 ? errno : 0;
        }
        *size += (size_t)got;
    }
    return 0;
}

int disk_read_file(const char *path, struct buffer *out)
{
    int descriptor = -1;
    struct stat status;
    int error = open_input(path, false, &descriptor);
    if (error != 0) {
        return error;
    }
    error = fstat(descriptor, &status) == 0 ? 0 : errno;
    if (error == 0) {
        error = disk_read(descriptor, 0, (size_t)status.st_size, out);
    }
    close(descriptor);
    return error;
}

struct pattern {
    size_t prefix_size, suffix_size;
    const char *prefix, *suffix;
};

static bool matches(const struct pattern *pattern, const char *name)
{
    size_t size = strlen(name);
    return size >= pattern->prefix_size + pattern->suffix_size &&
           memcmp(name, pattern->prefix, pattern->prefix_size) == 0 &&
           memcmp(name + size - pattern->suffix_size, pattern->suffix, pattern->suffix_size) == 0;
}

int disk_list(const char *directory, const char *prefix, const char *suffix, struct buffer *names)
{
    struct dirent **entries = NULL;
    int count = scandir(directory, &entries, NULL, alphasort);
    if (count < 0) {
        return errno;
    }
    struct pattern pattern = {strlen(prefix), strlen(suffix), prefix, suffix};
    for (int i = 0; i < count; i++) {
        if (matches(&pattern, entries[i]->d_name)) {
            buffer_append_text(names, entries[i]->d_name);
            buffer_append(names, (struct bytes){(const uint8_t *)"", 1});
        }
        free(entries[i]);
    }
    free(entries);
    return 0;
}
