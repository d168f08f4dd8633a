#include "tools/server/vault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "crypto/share.h"
#include "tools/client/file.h"
#include "tools/client/log.h"

#define FILE_SIZE_MAX (8 * (size_t)SHARE_DIMENSION_MAX + 65536)

/* The keys of this home were opened, so its path is shorter than WALLET_PATH_MAX; the rest always
 * fits. */
struct path {
    char text[WALLET_PATH_MAX + 128];
};

/* <home>/rounds/<model>-<round>, and a file in it. */
static void folder_path(struct path *out, const struct aggregation_server *server,
                        const struct vault_round *round)
{
    // cppcheck-suppress ctuuninitvar; it is what is written
    (void)snprintf(out->text, sizeof(out->text), "%s/rounds/%" PRIu64 "-%" PRIu32, server->home,
                   round->model, round->round);
}

static void file_path(struct path *out, const struct aggregation_server *server,
                      const struct vault_round *round, const char *kind, const char *name)
{
    // cppcheck-suppress ctuuninitvar; it is what is written
    (void)snprintf(out->text, sizeof(out->text), "%s/rounds/%" PRIu64 "-%" PRIu32 "/%s-%.60s",
                   server->home, round->model, round->round, kind, name);
}

static void delivery_path(struct path *out, const struct aggregation_server *server,
                          const struct vault_round *round, enum vault_kind kind,
                          const struct address *owner)
{
    static const char *const names[] = {"x", "aux", "pad-x", "pad-aux"};
    char hex[2 * sizeof(owner->bytes) + 1];
    hex_encode(hex, BYTES_OF(owner->bytes));
    file_path(out, server, round, names[kind], hex);
}

static void sum_path(struct path *out, const struct aggregation_server *server,
                     const struct vault_round *round, unsigned j)
{
    char number[16];
    (void)snprintf(number, sizeof(number), "%u", j);
    file_path(out, server, round, "sum", number);
}

static bool put(const struct aggregation_server *server, const struct vault_round *round,
                const struct path *path, struct bytes content, struct fault *fault)
{
    /* An owner may deliver twice at once, and both would write the same temporary file. */
    static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;
    struct path folder;
    folder_path(&folder, server, round);
    (void)pthread_mutex_lock(&writing);
    bool good =
        file_make_folder(folder.text, fault) && file_write(path->text, content, 0600, fault);
    (void)pthread_mutex_unlock(&writing);
    return good;
}

static bool get(const struct path *path, struct buffer *out, struct fault *fault)
{
    buffer_clear(out);
    return file_read(out, path->text, FILE_SIZE_MAX, fault);
}

static bool keep(const struct aggregation_server *server, const struct vault_round *round,
                 const struct path *path, struct spool_file *file, struct fault *fault)
{
    struct path folder;
    folder_path(&folder, server, round);
    return file_make_folder(folder.text, fault) && spool_keep(file, path->text, fault);
}

bool vault_keep_delivery(const struct aggregation_server *server, const struct vault_round *round,
                         enum vault_kind kind, const struct address *owner,
                         struct spool_file *delivery, struct fault *fault)
{
    struct path path;
    delivery_path(&path, server, round, kind, owner);
    return keep(server, round, &path, delivery, fault);
}

bool vault_has_delivery(const struct aggregation_server *server, const struct vault_round *round,
                        enum vault_kind kind, const struct address *owner)
{
    struct path path;
    delivery_path(&path, server, round, kind, owner);
    return file_exists(path.text);
}

void vault_reader_close(struct vault_reader *reader)
{
    if (reader->descriptor >= 0) {
        (void)close(reader->descriptor);
    }
    reader->descriptor = -1;
}

static bool open_reader(struct vault_reader *out, const struct path *path, struct fault *fault)
{
    memcpy(out->path, path->text, sizeof(out->path));
    struct stat status;
    out->descriptor = open(out->path, O_RDONLY | O_CLOEXEC);
    if (out->descriptor < 0 || fstat(out->descriptor, &status) != 0) {
        (void)fault_set(fault, "%s: %s", out->path, strerrordesc_np(errno));
        vault_reader_close(out);
        return false;
    }
    out->size = (uint64_t)status.st_size;
    return true;
}

bool vault_reader_open(struct vault_reader *out, const struct aggregation_server *server,
                       const struct vault_round *round, enum vault_kind kind,
                       const struct address *owner, struct fault *fault)
{
    struct path path;
    delivery_path(&path, server, round, kind, owner);
    return open_reader(out, &path, fault);
}

bool vault_reader_at(const struct vault_reader *reader, uint64_t offset, void *out, size_t size,
                     struct fault *fault)
{
    return file_read_at(reader->descriptor, offset, out, size) ||
           fault_set(fault, "%s: %s", reader->path,
                     errno == 0 ? "the file is too short" : strerrordesc_np(errno));
}

bool vault_keep_sum(const struct aggregation_server *server, const struct vault_round *round,
                    unsigned j, struct spool_file *message, struct fault *fault)
{
    struct path path;
    sum_path(&path, server, round, j);
    return keep(server, round, &path, message, fault);
}

bool vault_reader_open_sum(struct vault_reader *out, const struct aggregation_server *server,
                           const struct vault_round *round, unsigned j, struct fault *fault)
{
    struct path path;
    sum_path(&path, server, round, j);
    return open_reader(out, &path, fault);
}

bool vault_has_sum(const struct aggregation_server *server, const struct vault_round *round,
                   unsigned j)
{
    struct path path;
    sum_path(&path, server, round, j);
    return file_exists(path.text);
}

bool vault_put_post(const struct aggregation_server *server, const struct vault_round *round,
                    const char *post, struct bytes content, struct fault *fault)
{
    struct path path;
    file_path(&path, server, round, "post", post);
    return put(server, round, &path, content, fault);
}

bool vault_has_post(const struct aggregation_server *server, const struct vault_round *round,
                    const char *post)
{
    struct path path;
    file_path(&path, server, round, "post", post);
    return file_exists(path.text);
}

bool vault_get_post(const struct aggregation_server *server, const struct vault_round *round,
                    const char *post, struct buffer *out, struct fault *fault)
{
    struct path path;
    file_path(&path, server, round, "post", post);
    return get(&path, out, fault);
}

bool vault_keep_post(const struct aggregation_server *server, const struct vault_round *round,
                     const char *post, struct spool_file *content, struct fault *fault)
{
    struct path path;
    file_path(&path, server, round, "post", post);
    return keep(server, round, &path, content, fault);
}

bool vault_reader_open_post(struct vault_reader *out, const struct aggregation_server *server,
                            const struct vault_round *round, const char *post, struct fault *fault)
{
    struct path path;
    file_path(&path, server, round, "post", post);
    return open_reader(out, &path, fault);
}

void vault_erase(const struct aggregation_server *server, const struct vault_round *round)
{
    struct path folder;
    struct dirent **entries = NULL;
    folder_path(&folder, server, round);
    int count = scandir(folder.text, &entries, NULL, NULL);
    for (int i = 0; i < count; i++) {
        struct path path;
        const char *name = entries[i]->d_name;
        bool fits = snprintf(path.text, sizeof(path.text), "%s/%s", folder.text, name) <
                    (int)sizeof(path.text);
        if (name[0] != '.' && (!fits || unlink(path.text) != 0)) {
            log_warn("erase", "file=%s/%s reason=\"cannot be removed\"", folder.text, name);
        }
        free(entries[i]);
    }
    free(entries);
    (void)rmdir(folder.text);
}

/* "<model>-<round>", as folder_path() writes it. */
static bool parse_folder(const char *name, struct vault_round *out)
{
    char again[64];
    char *end = NULL;
    out->model = strtoull(name, &end, 10);
    out->round = *end == '-' ? (uint32_t)strtoul(end + 1, NULL, 10) : 0;
    (void)snprintf(again, sizeof(again), "%" PRIu64 "-%" PRIu32, out->model, out->round);
    return strcmp(name, again) == 0;
}

size_t vault_rounds(const struct aggregation_server *server, struct vault_round **out)
{
    struct path folder;
    struct dirent **entries = NULL;
    size_t kept = 0;
    // cppcheck-suppress ctuuninitvar; it is what is written
    (void)snprintf(folder.text, sizeof(folder.text), "%s/rounds", server->home);
    int count = scandir(folder.text, &entries, NULL, NULL);
    *out = memory_new((count > 0 ? (size_t)count : 1) * sizeof(**out));
    for (int i = 0; i < count; i++) {
        kept += parse_folder(entries[i]->d_name, &(*out)[kept]) ? 1 : 0;
        free(entries[i]);
    }
    free(entries);
    return kept;
}
