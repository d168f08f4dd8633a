#include "tools/server/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "tools/client/file.h"
#include "tools/client/log.h"

/* The keys of this home were opened, so its path is shorter than WALLET_PATH_MAX; the rest fits. */
static void path_of(char out[WALLET_PATH_MAX + 64], const char *home, const char *name)
{
    (void)snprintf(out, WALLET_PATH_MAX + 64, "%s/rounds/incoming%s%.40s", home,
                   name[0] == '\0' ? "" : "/", name);
}

bool spool_open(const char *home, struct fault *fault)
{
    char folder[WALLET_PATH_MAX + 64];
    struct dirent **entries = NULL;
    path_of(folder, home, "");
    if (!file_make_folder(folder, fault)) {
        return false;
    }
    int count = scandir(folder, &entries, NULL, NULL);
    for (int i = 0; i < count; i++) {
        char path[WALLET_PATH_MAX + 64];
        path_of(path, home, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && unlink(path) != 0) {
            log_warn("spool", "file=%s reason=\"cannot be removed\"", path);
        }
        free(entries[i]);
    }
    free(entries);
    return true;
}

struct spool_file *spool_new(const char *home)
{
    static atomic_ulong count;
    char name[24];
    struct spool_file *file = memory_new(sizeof(*file));
    (void)snprintf(name, sizeof(name), "%lu", atomic_fetch_add(&count, 1));
    path_of(file->path, home, name);
    file->descriptor = open(file->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file->descriptor < 0) {
        int reason = errno;
        log_warn("spool", "file=%s reason=\"%s\"", file->path, strerrordesc_np(reason));
        free(file);
        errno = reason;
        return NULL;
    }
    return file;
}

bool spool_write(struct spool_file *file, struct bytes part)
{
    while (part.size > 0) {
        ssize_t put = write(file->descriptor, part.data, part.size);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            int reason = errno;
            log_warn("spool", "file=%s reason=\"%s\"", file->path, strerrordesc_np(reason));
            errno = reason;
            return false;
        }
        part.data += put;
        part.size -= (size_t)put;
        file->size += (uint64_t)put;
    }
    return true;
}

bool spool_read(const struct spool_file *file, uint64_t offset, void *out, size_t size)
{
    return file_read_at(file->descriptor, offset, out, size);
}

bool spool_keep(struct spool_file *file, const char *path, struct fault *fault)
{
    if (fsync(file->descriptor) != 0 || rename(file->path, path) != 0) {
        return fault_set(fault, "%s: %s", path, strerrordesc_np(errno));
    }
    file->path[0] = '\0';
    return file_sync_folder_of(path, fault);
}

void spool_close(struct spool_file *file)
{
    if (file != NULL) {
        if (file->path[0] != '\0') {
            (void)unlink(file->path);
        }
        (void)close(file->descriptor);
        free(file);
    }
}

static void *sink_open(void *context, size_t size)
{
    (void)size;
    return spool_new(context);
}

static bool sink_write(void *body, struct bytes part)
{
    return spool_write(body, part);
}

static void sink_close(void *body)
{
    spool_close(body);
}

struct http_sink spool_sink(const char *home)
{
    return (struct http_sink){
        // NOLINTNEXTLINE(performance-no-int-to-ptr): it is const again in sink_open
        .context = (void *)(uintptr_t)home,
        .open = sink_open,
        .write = sink_write,
        .close = sink_close,
    };
}
