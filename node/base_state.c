#include "node/base_state.h"

#include "base/bcs.h"
#include "base/memory.h"
#include "node/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_SIZE ((size_t)1 << 20)

static bool fail(char *error, size_t error_size, const char *path, const char *what)
{
    (void)snprintf(error, error_size, "%s: %s", path, what);
    return false;
}

static bool read_all(struct buffer *out, const char *path, char *error, size_t error_size)
{
    int file;
    int failure = disk_open_input(path, &file);
    if (failure != 0) {
        return fail(error, error_size, path, disk_error_text(failure));
    }
    uint8_t *block = memory_new(BLOCK_SIZE);
    size_t got = BLOCK_SIZE;
    while (failure == 0 && got == BLOCK_SIZE) {
        failure = disk_read_input(file, block, BLOCK_SIZE, &got);
        buffer_append(out, (struct bytes){block, got});
    }
    (void)close(file);
    free(block);
    return failure == 0 || fail(error, error_size, path, disk_error_text(failure));
}

bool base_state_load(struct base_state *out, const char *path, char *error, size_t error_size)
{
    size_t room = 0;
    struct bcs_reader reader;
    if (!read_all(&out->content, path, error, error_size)) {
        return false;
    }
    bcs_reader_init(&reader, buffer_bytes(&out->content));
    while (reader.offset < reader.input.size) {
        struct state_change entry = {.key = bcs_read_bytes(&reader, STATE_KEY_MAX)};
        entry.value = bcs_read_bytes(&reader, STATE_VALUE_MAX);
        if (reader.status != BCS_OK || entry.key.size == 0) {
            return fail(error, error_size, path, "is not a list of keys and values");
        }
        if (out->count > 0 && bytes_compare(out->entries[out->count - 1].key, entry.key) >= 0) {
            return fail(error, error_size, path, "has keys that do not ascend");
        }
        if (out->count == room) {
            room = room == 0 ? 1024 : 2 * room;
            out->entries = memory_resize(out->entries, room * sizeof(*out->entries));
        }
        out->entries[out->count++] = entry;
    }
    return out->count > 0 || fail(error, error_size, path, "is empty");
}

void base_state_close(struct base_state *base)
{
    buffer_close(&base->content);
    free(base->entries);
    *base = (struct base_state){0};
}

struct writing {
    FILE *file;
    struct buffer entry;
    bool good;
};

static bool write_entry(void *context, struct bytes key, struct bytes value)
{
    struct writing *writing = context;
    buffer_clear(&writing->entry);
    bcs_write_bytes(&writing->entry, key);
    bcs_write_bytes(&writing->entry, value);
    writing->good =
        fwrite(writing->entry.data, 1, writing->entry.size, writing->file) == writing->entry.size;
    return writing->good;
}

bool base_state_write(const char *path, struct state_snapshot *snapshot, char *error,
                      size_t error_size)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    struct writing writing = {.good = true};
    if (descriptor >= 0) {
        writing.file = fdopen(descriptor, "w");
    }
    if (writing.file == NULL) {
        return fail(error, error_size, path, strerrordesc_np(errno));
    }
    state_snapshot_walk(snapshot, (struct bytes){0}, write_entry, &writing);
    writing.good = writing.good && fflush(writing.file) == 0 && fsync(descriptor) == 0;
    writing.good = fclose(writing.file) == 0 && writing.good;
    buffer_close(&writing.entry);
    if (!writing.good) {
        (void)unlink(path);
    }
    return writing.good || fail(error, error_size, path, "cannot be written");
}
