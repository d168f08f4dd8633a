#include "node/log_guard.h"

#include "node/disk.h"
#include "node/home.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MARK_SIZE (2 * sizeof(struct hash) + 1) /* the chain id in hexadecimal, and a line feed */

static void mark_of(char out[MARK_SIZE + 1], const struct hash *chain_id)
{
    hex_encode(out, BYTES_OF(*chain_id));
    (void)snprintf(out + MARK_SIZE - 1, 2, "\n");
}

static bool fail(const char *path, int failure, char *error, size_t error_size)
{
    (void)snprintf(error, error_size, "%.300s: %s", path, strerrordesc_np(failure));
    return false;
}

/* Is there a mark of this chain? One of another chain is of no interest: its votes mean nothing here. */
static bool read_mark(const char *path, const char *mark, bool *found, char *error,
                      size_t error_size)
{
    struct buffer content = {0};
    int failure = disk_read_file(path, &content);
    *found = failure == 0 && bytes_equal(buffer_bytes(&content), bytes_of_text(mark));
    buffer_close(&content);
    return failure == 0 || failure == ENOENT || fail(path, failure, error, error_size);
}

static bool has_log(const char *directory, bool *found, char *error, size_t error_size)
{
    struct buffer names = {0};
    int failure = disk_list(directory, "wal-", ".log", &names);
    *found = names.size > 0;
    buffer_close(&names);
    return failure == 0 || failure == ENOENT || fail(directory, failure, error, error_size);
}

static bool lost(const char *directory, uint64_t height, char *error, size_t error_size)
{
    (void)snprintf(
        error, error_size,
        "%.200s: no log, but this validator took part in the chain (blocks here: %" PRIu64
        "): it could vote twice; restore the log, or move config/validator_key away to "
        "observe, or, where all begin anew, remove " HOME_LOG_BEGUN " and data/",
        directory, height);
    return false;
}

bool log_guard_check(const char *home, const struct hash *chain_id, uint64_t height, char *error,
                     size_t error_size)
{
    char path[HOME_PATH_MAX];
    char directory[HOME_PATH_MAX];
    char mark[MARK_SIZE + 1];
    bool marked;
    bool logged;
    mark_of(mark, chain_id);
    if (!home_path(path, home, HOME_LOG_BEGUN, error, error_size) ||
        !home_path(directory, home, HOME_WAL, error, error_size) ||
        !read_mark(path, mark, &marked, error, error_size) ||
        !has_log(directory, &logged, error, error_size)) {
        return false;
    }
    if (!logged && (marked || height > 0)) {
        return lost(directory, height, error, error_size);
    }
    return true;
}

bool log_guard_mark(const char *home, const struct hash *chain_id, char *error, size_t error_size)
{
    char path[HOME_PATH_MAX];
    char mark[MARK_SIZE + 1];
    bool marked;
    mark_of(mark, chain_id);
    if (!home_path(path, home, HOME_LOG_BEGUN, error, error_size) ||
        !read_mark(path, mark, &marked, error, error_size)) {
        return false;
    }
    int failure = marked ? 0 : disk_create(path, bytes_of_text(mark), 0);
    return failure == 0 || fail(path, failure, error, error_size);
}
