#include "tools/server/vault.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "tools/client/file.h"
#include "tools/client/log.h"
#include "vm/transaction.h"

#define SHARE_FILE_MAX (TRANSACTION_SIDECAR_MAX + 64)

/* The keys of this home were opened, so its path is shorter than WALLET_PATH_MAX; the rest always
 * fits. */
struct path {
    char text[WALLET_PATH_MAX + 128];
};

static void folder_path(struct path *out, const struct aggregation_server *server,
                        const struct vault_round *round)
{
    // cppcheck-suppress ctuuninitvar; it is what is written
    (void)snprintf(out->text, sizeof(out->text), "%s/rounds/%" PRIu64 "-%" PRIu32, server->home,
                   round->model, round->round);
}

static void share_path(struct path *out, const struct aggregation_server *server,
                       const struct vault_round *round, const struct address *owner)
{
    char hex[2 * sizeof(owner->bytes) + 1];
    hex_encode(hex, BYTES_OF(owner->bytes));
    // cppcheck-suppress ctuuninitvar; it is what is written
    (void)snprintf(out->text, sizeof(out->text), "%s/rounds/%" PRIu64 "-%" PRIu32 "/share-%s",
                   server->home, round->model, round->round, hex);
}

static void sum_path(struct path *out, const struct aggregation_server *server,
                     const struct vault_round *round, unsigned j)
{
    // cppcheck-suppress ctuuninitvar; it is what is written
    (void)snprintf(out->text, sizeof(out->text), "%s/rounds/%" PRIu64 "-%" PRIu32 "/sum-%u",
                   server->home, round->model, round->round, j);
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

bool vault_put_share(const struct aggregation_server *server, const struct vault_round *round,
                     const struct address *owner, struct bytes ciphertext, struct fault *fault)
{
    struct path path;
    share_path(&path, server, round, owner);
    return put(server, round, &path, ciphertext, fault);
}

bool vault_has_share(const struct aggregation_server *server, const struct vault_round *round,
                     const struct address *owner)
{
    struct path path;
    share_path(&path, server, round, owner);
    return file_exists(path.text);
}

bool vault_get_share(const struct aggregation_server *server, const struct vault_round *round,
                     const struct address *owner, struct buffer *out, struct fault *fault)
{
    struct path path;
    share_path(&path, server, round, owner);
    buffer_clear(out);
    return file_read(out, path.text, SHARE_FILE_MAX, fault);
}

bool vault_put_sum(const struct aggregation_server *server, const struct vault_round *round,
                   unsigned j, struct bytes sum, struct fault *fault)
{
    struct path path;
    sum_path(&path, server, round, j);
    return put(server, round, &path, sum, fault);
}

bool vault_has_sum(const struct aggregation_server *server, const struct vault_round *round,
                   unsigned j)
{
    struct path path;
    sum_path(&path, server, round, j);
    return file_exists(path.text);
}

bool vault_get_sum(const struct aggregation_server *server, const struct vault_round *round,
                   unsigned j, struct buffer *out, struct fault *fault)
{
    struct path path;
    sum_path(&path, server, round, j);
    buffer_clear(out);
    return file_read(out, path.text, SHARE_FILE_MAX, fault);
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
