#include "node/signer_mark.h"

#include "base/bcs.h"
#include "node/crc32c.h"
#include "node/disk.h"
#include "node/home.h"
#include "node/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MARK_VERSION 1u
#define LOG_PREFIX   "wal-"
#define LOG_SUFFIX   ".log"

static const struct field mark_fields[] = {
    SCHEMA_U32(struct signer_mark, version), SCHEMA_ARRAY(struct signer_mark, chain_id, FORM_HEX),
    SCHEMA_U64(struct signer_mark, height),  SCHEMA_U64(struct signer_mark, sequence),
    SCHEMA_U64(struct signer_mark, segment), SCHEMA_U64(struct signer_mark, inode),
    SCHEMA_U64(struct signer_mark, born_ns),
};
const struct schema signer_mark_schema = SCHEMA("signer_mark", struct signer_mark, mark_fields);

static bool fail(const char *path, const char *what, char *error, size_t error_size)
{
    (void)snprintf(error, error_size, "%.300s: %s", path, what);
    return false;
}

/* The file. */

void signer_mark_encode(struct buffer *out, const struct signer_mark *mark)
{
    size_t begin = out->size;
    schema_write(out, &signer_mark_schema, mark);
    bcs_write_u32(out, crc32c_add(0, (struct bytes){out->data + begin, out->size - begin}));
}

bool signer_mark_decode(struct signer_mark *out, struct bytes content)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, content);
    schema_read(&reader, &signer_mark_schema, out);
    size_t size = reader.offset;
    uint32_t crc = bcs_read_u32(&reader);
    return bcs_reader_done(&reader) && out->version == MARK_VERSION &&
           crc == crc32c_add(0, (struct bytes){content.data, size});
}

bool signer_mark_load(struct signer_mark *out, bool *found, const char *home, char *error,
                      size_t error_size)
{
    char path[HOME_PATH_MAX];
    *out = (struct signer_mark){0};
    *found = false;
    if (!home_path(path, home, HOME_SIGNER_MARK, error, error_size)) {
        return false;
    }
    struct buffer content = {0};
    int failure = disk_read_file(path, &content);
    *found = failure == 0;
    bool good = failure != 0 || signer_mark_decode(out, buffer_bytes(&content));
    buffer_close(&content);
    if (failure != 0 && failure != ENOENT) {
        return fail(path, disk_error_text(failure), error, error_size);
    }
    return good || fail(path,
                        "the mark of what was signed is damaged; remove it, and the validator "
                        "observes until it is safe to vote",
                        error, error_size);
}

bool signer_mark_store(const char *home, const struct signer_mark *mark, char *error,
                       size_t error_size)
{
    char path[HOME_PATH_MAX];
    if (!home_path(path, home, HOME_SIGNER_MARK, error, error_size)) {
        return false;
    }
    struct signer_mark written = *mark;
    written.version = MARK_VERSION;
    struct buffer content = {0};
    signer_mark_encode(&content, &written);
    int failure = disk_create(path, buffer_bytes(&content), 0);
    buffer_close(&content);
    return failure == 0 || fail(path, disk_error_text(failure), error, error_size);
}

bool signer_mark_begin(const char *home, char *error, size_t error_size)
{
    struct signer_mark mark;
    bool found;
    return signer_mark_load(&mark, &found, home, error, error_size) &&
           (found || signer_mark_store(home, &mark, error, error_size));
}

/* Which log it is. */

/* The numbers of the oldest and the newest file of the log; zero where there is none. */
static bool log_range(const char *home, uint64_t *oldest, uint64_t *newest, char *error,
                      size_t error_size)
{
    char directory[HOME_PATH_MAX];
    struct buffer names = {0};
    *oldest = 0;
    *newest = 0;
    if (!home_path(directory, home, HOME_WAL, error, error_size)) {
        return false;
    }
    int failure = disk_list(directory, LOG_PREFIX, LOG_SUFFIX, &names);
    for (size_t at = 0; at < names.size;) {
        const char *name = (const char *)names.data + at;
        at += strlen(name) + 1;
        uint64_t number;
        if (segment_parse_name(&number, name, LOG_PREFIX, LOG_SUFFIX)) {
            *oldest = *oldest == 0 ? number : *oldest;
            *newest = number;
        }
    }
    buffer_close(&names);
    return failure == 0 || failure == ENOENT ||
           fail(directory, disk_error_text(failure), error, error_size);
}

static bool identify(struct signer_mark *mark, const char *home, uint64_t segment, char *error,
                     size_t error_size)
{
    char name[SEGMENT_NAME_MAX];
    char directory[HOME_PATH_MAX];
    char path[HOME_PATH_MAX];
    struct statx status;
    segment_name(name, LOG_PREFIX, segment, LOG_SUFFIX);
    if (!home_path(directory, home, HOME_WAL, error, error_size) ||
        !home_path(path, directory, name, error, error_size)) {
        return false;
    }
    if (statx(AT_FDCWD, path, 0, STATX_INO | STATX_BTIME, &status) != 0) {
        return fail(path, strerrordesc_np(errno), error, error_size);
    }
    bool born = (status.stx_mask & STATX_BTIME) != 0;
    mark->segment = segment;
    mark->inode = status.stx_ino;
    mark->born_ns =
        born ? (uint64_t)status.stx_btime.tv_sec * 1000000000u + (uint64_t)status.stx_btime.tv_nsec
             : 0;
    return true;
}

bool signer_mark_identify(struct signer_mark *mark, const char *home, char *error,
                          size_t error_size)
{
    uint64_t oldest;
    uint64_t newest;
    mark->segment = 0;
    mark->inode = 0;
    mark->born_ns = 0;
    return log_range(home, &oldest, &newest, error, error_size) &&
           (newest == 0 || identify(mark, home, newest, error, error_size));
}

const char *signer_trust_text(enum signer_trust trust)
{
    switch (trust) {
    case SIGNER_TRUSTED:
        return "the log is the newest";
    case SIGNER_NO_MARK:
        return "config/signer_mark is missing: nobody knows what this key has signed";
    case SIGNER_NO_LOG:
        return "data/wal is missing, and this key has signed on this chain";
    case SIGNER_OLD_LOG:
        return "data/wal is an old copy: votes are missing";
    case SIGNER_COPY:
        return "data/wal is a copy: it may lack the last votes";
    case SIGNER_DISTRUST:
        return "the log was given up before";
    }
    return "unknown";
}

/* The file that was the newest when the mark was written: is it still that one? It may have been
 * deleted since, as all do in their time. */
static bool judge_file(enum signer_trust *out, const struct signer_mark *mark, uint64_t oldest,
                       const char *home, char *error, size_t error_size)
{
    struct signer_mark now = {0};
    if (oldest > mark->segment) {
        return true;
    }
    if (!identify(&now, home, mark->segment, error, error_size)) {
        return false;
    }
    if (now.inode != mark->inode || now.born_ns != mark->born_ns) {
        *out = SIGNER_COPY;
    }
    return true;
}

// NOLINTNEXTLINE(readability-function-size): a mark, a log, and where the error goes
bool signer_mark_judge(enum signer_trust *out, const struct signer_mark *mark,
                       const struct hash *chain_id, const char *home, uint64_t sequence,
                       char *error, size_t error_size)
{
    uint64_t oldest;
    uint64_t newest;
    *out = SIGNER_TRUSTED;
    if (mark == NULL) {
        *out = SIGNER_NO_MARK;
        return true;
    }
    if (!hash_equal(&mark->chain_id, chain_id)) {
        return true; /* what was signed on another chain means nothing here */
    }
    if (!log_range(home, &oldest, &newest, error, error_size)) {
        return false;
    }
    if (mark->sequence == SIGNER_MARK_NEVER) {
        *out = SIGNER_DISTRUST;
    } else if (sequence == 0 && mark->sequence > 0) {
        *out = SIGNER_NO_LOG;
    } else if (sequence < mark->sequence || newest < mark->segment) {
        *out = SIGNER_OLD_LOG;
    } else {
        return judge_file(out, mark, oldest, home, error, error_size);
    }
    return true;
}
