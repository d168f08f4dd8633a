#include "node/blob_store_state.h"

#include "base/memory.h"
#include "node/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct blob_writer {
    struct blob_store *store;
    struct hash root;
    uint32_t size;
    int descriptor;
    bool finished; /* the file has its name */
    char path[DISK_PATH_MAX];
};

/* The oldest blob that no block names and that had its time, or NULL. Mutex held. */
static struct blob_held *oldest_unused(const struct blob_store *store)
{
    int64_t before = blob_store_now_s() - BLOB_UNUSED_S_MIN;
    struct hash_table_walk walk;
    struct blob_held *held;
    struct blob_held *oldest = NULL;
    hash_table_walk_init(&walk, &store->held);
    while ((held = (struct blob_held *)hash_table_walk_next(&walk)) != NULL) {
        if (!held->kept && held->time_s <= before &&
            (oldest == NULL || held->time_s < oldest->time_s)) {
            oldest = held;
        }
    }
    return oldest;
}

/* Remove the oldest that nobody waits for; the others begin their time anew. */
static bool make_room(struct blob_store *store)
{
    const struct blob_store_options *options = &store->options;
    struct blob_held *held;
    while ((held = oldest_unused(store)) != NULL) {
        if (options->wanted == NULL || !options->wanted(options->context, &held->root)) {
            blob_store_remove(store, held);
            return true;
        }
        held->time_s = blob_store_now_s();
    }
    return false;
}

static bool fits(const struct blob_store *store, uint32_t size)
{
    const struct blob_usage *usage = &store->usage;
    return usage->unused_bytes + usage->open_bytes + size <= store->options.quota;
}

static bool reserve(struct blob_store *store, uint32_t size, bool needed)
{
    uv_mutex_lock(&store->mutex);
    while (!fits(store, size) && make_room(store)) {
    }
    bool room = needed || fits(store, size);
    store->usage.open_bytes += room ? size : 0;
    uv_mutex_unlock(&store->mutex);
    return room;
}

/* A full disk is the operator's to see to, and refuses one blob; anything else is the end. */
static enum blob_status disk_status(int error, const char *path)
{
    if (error == 0) {
        return BLOB_OK;
    }
    if (error != ENOSPC && error != EDQUOT && error != EFBIG) {
        fault_stop(FAULT_DISK, "%s: %s", path, strerrordesc_np(error));
    }
    return BLOB_DISK_FULL;
}

enum blob_status blob_writer_open(struct blob_writer **out, struct blob_store *store,
                                  const struct hash *root, uint32_t size, bool needed)
{
    *out = NULL;
    if (size == 0 || size > BLOB_SIZE_MAX) {
        return BLOB_SIZE;
    }
    if (!reserve(store, size, needed)) {
        return BLOB_QUOTA;
    }
    struct blob_writer *writer = memory_new(sizeof(*writer));
    writer->store = store;
    writer->root = *root;
    writer->size = size;
    blob_store_path(store, root, ++store->parts, writer->path);
    writer->descriptor = open(writer->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int error = writer->descriptor < 0 ? errno : disk_allocate(writer->descriptor, size);
    enum blob_status status = disk_status(error, writer->path);
    if (status != BLOB_OK) {
        blob_writer_close(writer);
        return status;
    }
    *out = writer;
    return BLOB_OK;
}

enum blob_status blob_writer_put(struct blob_writer *writer, uint32_t offset, struct bytes data)
{
    assert(!writer->finished && offset <= writer->size && data.size <= writer->size - offset);
    return disk_status(disk_write(writer->descriptor, data, offset), writer->path);
}

/* The file's bytes are durable before it has its name, and the name before the blob is held. */
static enum blob_status publish(struct blob_writer *writer, const struct hash *segments)
{
    struct blob_store *store = writer->store;
    char path[DISK_PATH_MAX];
    if (blob_store_has(store, &writer->root, writer->size)) {
        return BLOB_OK; /* somebody else wrote it meanwhile */
    }
    enum blob_status status = disk_status(disk_sync(writer->descriptor), writer->path);
    if (status != BLOB_OK) {
        return status;
    }
    blob_store_path(store, &writer->root, 0, path);
    status = disk_status(rename(writer->path, path) == 0 ? 0 : errno, path);
    if (status != BLOB_OK) {
        return status;
    }
    writer->finished = true;
    status = disk_status(disk_sync_directory(store->directory), store->directory);
    uv_mutex_lock(&store->mutex);
    if (status == BLOB_OK) {
        blob_store_add(store, &writer->root, writer->size, segments, blob_store_now_s());
    }
    uv_mutex_unlock(&store->mutex);
    return status;
}

enum blob_status blob_writer_finish(struct blob_writer *writer)
{
    struct hash root;
    struct hash *segments = memory_new(merkle_segment_count(writer->size) * sizeof(*segments));
    struct bytes blob = blob_map_file(writer->descriptor, writer->size, writer->path);
    blob_hash(&root, segments, blob);
    blob_store_unmap(blob);
    enum blob_status status =
        hash_equal(&root, &writer->root) ? publish(writer, segments) : BLOB_WRONG;
    free(segments);
    return status;
}

void blob_writer_close(struct blob_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    struct blob_store *store = writer->store;
    if (writer->descriptor >= 0) {
        (void)close(writer->descriptor);
    }
    if (writer->descriptor >= 0 && !writer->finished) {
        (void)!disk_remove(writer->path); /* what stays goes when the store opens again */
    }
    uv_mutex_lock(&store->mutex);
    store->usage.open_bytes -= writer->size;
    uv_mutex_unlock(&store->mutex);
    free(writer);
}
