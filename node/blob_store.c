#include "node/blob_store.h"

#include "base/memory.h"
#include "node/blob_store_state.h"
#include "node/disk.h"
#include "node/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NAME_SIZE 64 /* characters of a root */

const char *blob_status_text(enum blob_status status)
{
#define BLOB_STATUS_CASE(name, text)                                                               \
    case name:                                                                                     \
        return text;
    switch (status) {
        BLOB_STATUS_LIST(BLOB_STATUS_CASE)
    }
#undef BLOB_STATUS_CASE
    return "unknown status";
}

void blob_store_path(const struct blob_store *store, const struct hash *root, uint64_t part,
                     char out[DISK_PATH_MAX])
{
    char name[NAME_SIZE + 1];
    hex_encode(name, BYTES_OF(root->bytes));
    int length = part == 0 ? snprintf(out, DISK_PATH_MAX, "%s/%s", store->directory, name)
                           : snprintf(out, DISK_PATH_MAX, "%s/%s.%" PRIu64 ".part",
                                      store->directory, name, part);
    assert(length > 0 && length < DISK_PATH_MAX && "the directory's length was checked");
}

int64_t blob_store_now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec;
}

static struct blob_held *find(const struct blob_store *store, const struct hash *root)
{
    return (struct blob_held *)hash_table_find(&store->held, root);
}

void blob_store_add(struct blob_store *store, const struct hash *root, uint32_t size,
                    const struct hash *segments, int64_t time_s)
{
    struct blob_held *held = find(store, root);
    if (held != NULL && held->size == size) {
        return; /* written twice at the same time: the same bytes */
    }
    if (held == NULL) {
        held = memory_new(sizeof(*held));
        held->root = *root;
        hash_table_add(&store->held, &held->entry, &held->root);
        store->usage.count++;
    }
    /* A file that was cut off or grew while the node was stopped has been replaced by the right one. */
    store->usage.bytes += (uint64_t)size - held->size;
    store->usage.unused_bytes += held->kept ? 0 : (uint64_t)size - held->size;
    held->size = size;
    held->time_s = time_s;
    free(held->segments);
    held->segments = NULL;
    if (segments != NULL) {
        size_t bytes = merkle_segment_count(size) * sizeof(*segments);
        held->segments = memory_new(bytes);
        memcpy(held->segments, segments, bytes);
    }
}

void blob_store_remove(struct blob_store *store, struct blob_held *held)
{
    char path[DISK_PATH_MAX];
    blob_store_path(store, &held->root, 0, path);
    int error = disk_remove(path);
    if (error != 0) {
        fault_stop(FAULT_DISK, "%s: cannot be removed: %s", path, strerrordesc_np(error));
    }
    assert(!held->kept);
    store->usage.count--;
    store->usage.bytes -= held->size;
    store->usage.unused_bytes -= held->size;
    hash_table_remove(&store->held, &held->entry);
    free(held->segments);
    free(held);
}

/* Opening. */

static bool fail(char *error, size_t error_size, const char *path, int number)
{
    (void)snprintf(error, error_size, "%.200s: %s", path, strerrordesc_np(number));
    return false;
}

static bool remove_parts(const struct blob_store *store, char *error, size_t error_size)
{
    struct buffer names = {0};
    int number = disk_list(store->directory, "", ".part", &names);
    for (size_t at = 0; number == 0 && at < names.size;
         at += strlen((const char *)names.data + at) + 1) {
        char path[DISK_PATH_MAX];
        (void)snprintf(path, sizeof(path), "%.3900s/%.190s", store->directory,
                       (const char *)names.data + at);
        number = disk_remove(path);
    }
    buffer_close(&names);
    return number == 0 || fail(error, error_size, store->directory, number);
}

static bool prepare(const struct blob_store *store, char *error, size_t error_size)
{
    int number = disk_make_directory(store->directory);
    return (number == 0 || fail(error, error_size, store->directory, number)) &&
           remove_parts(store, error, error_size);
}

/* What has another name than a root is somebody else's and is left alone. */
static bool find_held(struct blob_store *store, char *error, size_t error_size)
{
    struct buffer names = {0};
    int number = disk_list(store->directory, "", "", &names);
    const char *name = (const char *)names.data;
    for (size_t at = 0; number == 0 && at < names.size; at += strlen(name + at) + 1) {
        struct hash root;
        struct stat status;
        char path[DISK_PATH_MAX];
        if (!hex_decode(root.bytes, sizeof(root.bytes), name + at)) {
            continue;
        }
        blob_store_path(store, &root, 0, path);
        if (stat(path, &status) != 0) {
            number = errno;
        } else if (status.st_size > 0 && status.st_size <= BLOB_SIZE_MAX) {
            blob_store_add(store, &root, (uint32_t)status.st_size, NULL, status.st_mtim.tv_sec);
        }
    }
    buffer_close(&names);
    bool absent = number == ENOENT && store->options.read_only;
    return number == 0 || absent || fail(error, error_size, store->directory, number);
}

bool blob_store_open(struct blob_store **out, const struct blob_store_options *options, char *error,
                     size_t error_size)
{
    struct blob_store *store = memory_new(sizeof(*store));
    *out = NULL;
    store->options = *options;
    hash_table_init(&store->held, sizeof(struct hash));
    (void)uv_mutex_init(&store->mutex);
    store->directory = strdup(options->directory);
    assert(store->directory != NULL);
    bool good = strlen(store->directory) + NAME_SIZE + 32 < DISK_PATH_MAX ||
                fail(error, error_size, store->directory, ENAMETOOLONG);
    good = good && (options->read_only || prepare(store, error, error_size)) &&
           find_held(store, error, error_size);
    if (!good) {
        blob_store_close(store);
        return false;
    }
    *out = store;
    return true;
}

void blob_store_close(struct blob_store *store)
{
    if (store == NULL) {
        return;
    }
    struct hash_table_walk walk;
    struct blob_held *held;
    hash_table_walk_init(&walk, &store->held);
    while ((held = (struct blob_held *)hash_table_walk_next(&walk)) != NULL) {
        hash_table_remove(&store->held, &held->entry);
        free(held->segments);
        free(held);
    }
    hash_table_close(&store->held);
    uv_mutex_destroy(&store->mutex);
    free(store->directory);
    free(store);
}

/* Asking. */

uint32_t blob_store_size(struct blob_store *store, const struct hash *root)
{
    uv_mutex_lock(&store->mutex);
    const struct blob_held *held = find(store, root);
    uint32_t size = held == NULL ? 0 : held->size;
    uv_mutex_unlock(&store->mutex);
    return size;
}

bool blob_store_has(struct blob_store *store, const struct hash *root, uint32_t size)
{
    uint32_t held = blob_store_size(store, root);
    return held > 0 && (size == 0 || held == size);
}

void blob_store_keep(struct blob_store *store, const struct hash *root)
{
    uv_mutex_lock(&store->mutex);
    struct blob_held *held = find(store, root);
    if (held != NULL && !held->kept) {
        held->kept = true;
        store->usage.unused_bytes -= held->size;
    }
    uv_mutex_unlock(&store->mutex);
}

void blob_store_read_usage(struct blob_store *store, struct blob_usage *out)
{
    uv_mutex_lock(&store->mutex);
    *out = store->usage;
    uv_mutex_unlock(&store->mutex);
}

/* Reading. */

int blob_store_descriptor(struct blob_store *store, const struct hash *root)
{
    char path[DISK_PATH_MAX];
    blob_store_path(store, root, 0, path);
    uv_mutex_lock(&store->mutex); /* a blob that is known is there until it is removed */
    int descriptor = find(store, root) == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    bool lost = descriptor < 0 && find(store, root) != NULL;
    uv_mutex_unlock(&store->mutex);
    if (lost) {
        fault_stop(FAULT_DISK, "%s: cannot be opened: %s", path, strerrordesc_np(errno));
    }
    return descriptor;
}

void blob_hash(struct hash *root, struct hash *segments, struct bytes blob)
{
    uint32_t count = merkle_segment_count(blob.size);
    for (uint32_t i = 0; i < count; i++) {
        size_t at = (size_t)i * MERKLE_SEGMENT_SIZE;
        size_t left = blob.size - at;
        merkle_segment(&segments[i], i,
                       (struct bytes){blob.data + at,
                                      left < MERKLE_SEGMENT_SIZE ? left : MERKLE_SEGMENT_SIZE});
    }
    struct hash *scratch = memory_new(count * sizeof(*scratch));
    memcpy(scratch, segments, count * sizeof(*scratch));
    merkle_segments_root(root, scratch, blob.size);
    free(scratch);
}

struct bytes blob_map_file(int descriptor, size_t size, const char *path)
{
    void *data = mmap(NULL, size, PROT_READ, MAP_SHARED, descriptor, 0);
    if (data == MAP_FAILED) {
        fault_stop(FAULT_DISK, "%s: cannot be mapped: %s", path, strerrordesc_np(errno));
    }
    return (struct bytes){data, size};
}

/* Compute the root of a blob that was on disk when the process began, and note its segments. */
static void verify(struct blob_store *store, const struct hash *root, struct bytes blob)
{
    uv_mutex_lock(&store->mutex);
    const struct blob_held *held = find(store, root);
    bool known = held == NULL || held->segments != NULL;
    uv_mutex_unlock(&store->mutex);
    if (known) {
        return;
    }
    struct hash found;
    struct hash *segments = memory_new(merkle_segment_count(blob.size) * sizeof(*segments));
    blob_hash(&found, segments, blob);
    if (!hash_equal(&found, root)) {
        char path[DISK_PATH_MAX];
        blob_store_path(store, root, 0, path);
        fault_stop(FAULT_CORRUPT,
                   "%s: the bytes do not have this root: remove the file, and the "
                   "node fetches it again",
                   path);
    }
    uv_mutex_lock(&store->mutex);
    struct blob_held *still = find(store, root);
    if (still != NULL && still->segments == NULL) {
        still->segments = segments;
        segments = NULL;
    }
    uv_mutex_unlock(&store->mutex);
    free(segments);
}

bool blob_store_map(struct blob_store *store, const struct hash *root, struct bytes *out)
{
    char path[DISK_PATH_MAX];
    struct stat status;
    *out = (struct bytes){0};
    int descriptor = blob_store_descriptor(store, root);
    if (descriptor < 0) {
        return false;
    }
    blob_store_path(store, root, 0, path);
    if (fstat(descriptor, &status) != 0 || status.st_size <= 0) {
        fault_stop(FAULT_CORRUPT, "%s: the file is empty", path);
    }
    *out = blob_map_file(descriptor, (size_t)status.st_size, path);
    (void)close(descriptor);
    verify(store, root, *out);
    return true;
}

void blob_store_unmap(struct bytes blob)
{
    if (blob.size > 0) {
        void *data; /* ours to unmap, though not to write */
        memcpy(&data, &blob.data, sizeof(data));
        (void)munmap(data, blob.size);
    }
}

bool blob_store_segments(struct blob_store *store, const struct hash *root, struct buffer *out)
{
    struct bytes blob;
    if (!blob_store_map(store, root, &blob)) {
        return false;
    }
    uv_mutex_lock(&store->mutex);
    const struct blob_held *held = find(store, root);
    if (held != NULL) {
        buffer_append(out, (struct bytes){held->segments->bytes,
                                          merkle_segment_count(held->size) * sizeof(struct hash)});
    }
    uv_mutex_unlock(&store->mutex);
    blob_store_unmap(blob);
    return held != NULL;
}
