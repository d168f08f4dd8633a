#include "tests/lib/storage_fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/disk.h"

void fixture_directory(char out[FIXTURE_PATH_MAX])
{
    const char *base = getenv("TMPDIR"); // NOLINT(concurrency-mt-unsafe): one thread here
    (void)snprintf(out, FIXTURE_PATH_MAX, "%s/souk-storage-XXXXXX", base == NULL ? "/tmp" : base);
    const char *made = mkdtemp(out);
    assert(made != NULL);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void fixture_remove(const char *directory)
{
    // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread here
    (void)nftw(directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void fixture_path(char out[FIXTURE_PATH_MAX], const char *directory, const char *name)
{
    int size = snprintf(out, FIXTURE_PATH_MAX, "%s/%s", directory, name);
    assert(size > 0 && size < FIXTURE_PATH_MAX);
}

void fixture_read_file(const char *path, struct buffer *out)
{
    buffer_clear(out);
    int error = disk_read_file(path, out);
    assert(error == 0);
}

void fixture_write_file(const char *path, struct bytes content)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert(descriptor >= 0);
    int error = disk_write(descriptor, content, 0);
    assert(error == 0);
    close(descriptor);
}

bool fixture_file(char out[FIXTURE_PATH_MAX], const char *directory, const char *suffix, size_t n)
{
    struct buffer names = {0};
    int error = disk_list(directory, "", suffix, &names);
    assert(error == 0);
    bool found = false;
    for (size_t at = 0; at < names.size && !found; n--) {
        const char *name = (const char *)names.data + at;
        at += strlen(name) + 1;
        if (n == 0) {
            fixture_path(out, directory, name);
            found = true;
        }
    }
    buffer_close(&names);
    return found;
}

static void read_all(int descriptor, struct buffer *out)
{
    uint8_t part[1024];
    for (;;) {
        ssize_t size = read(descriptor, part, sizeof part);
        if (size <= 0) {
            return;
        }
        if (out != NULL) {
            buffer_append(out, (struct bytes){part, (size_t)size});
        }
    }
}

int fixture_child(void (*body)(void *context), void *context, struct buffer *output)
{
    int ends[2];
    int failure = pipe(ends);
    assert(failure == 0);
    (void)fflush(NULL);
    pid_t child = fork();
    assert(child >= 0);
    if (child == 0) {
        close(ends[0]);
        (void)dup2(ends[1], STDERR_FILENO);
        close(ends[1]);
        body(context);
        _exit(0);
    }
    close(ends[1]);
    if (output != NULL) {
        buffer_clear(output);
    }
    read_all(ends[0], output);
    close(ends[0]);
    int status = 0;
    pid_t ended = waitpid(child, &status, 0);
    assert(ended == child);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool fixture_mount_small(const char *directory, size_t size)
{
    char options[64];
    (void)snprintf(options, sizeof options, "size=%zu", size);
    if (mount("tmpfs", directory, "tmpfs", 0, options) != 0) {
        (void)printf("skipped: a small file system cannot be mounted here\n");
        return false;
    }
    return true;
}

void fixture_unmount(const char *directory)
{
    (void)umount2(directory, MNT_DETACH);
}
