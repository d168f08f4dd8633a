#include "node/block_store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/bcs.h"
#include "base/memory.h"
#include "node/block_index.h"
#include "node/block_load.h"
#include "node/fault.h"

struct block_store {
    char directory[DISK_PATH_MAX];
    size_t segment_size;
    bool read_only;
    uv_mutex_t mutex; /* guards what follows: one thread appends, one syncs, others read */
    struct block_index index;
    uint64_t durable;
    int descriptor;  /* of the last segment; -1: none */
    uint64_t synced; /* the last segment is durable up to here */

    /* The appending thread's. */
    struct buffer content;
    struct buffer frame;
};

const char *block_store_status_text(enum block_store_status status)
{
#define BLOCK_STORE_STATUS_CASE(name, text)                                                        \
    case name:                                                                                     \
        return text;
    switch (status) {
        BLOCK_STORE_STATUS_LIST(BLOCK_STORE_STATUS_CASE)
    }
#undef BLOCK_STORE_STATUS_CASE
    return "unknown";
}

void block_record_write(struct buffer *out, const struct block_record *record)
{
    bcs_write_u64(out, record->height);
    bcs_write_bytes(out, record->block);
    bcs_write_bytes(out, record->certificate);
}

bool block_record_read(struct block_record *out, struct bytes input)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, input);
    out->height = bcs_read_u64(&reader);
    out->block = bcs_read_bytes(&reader, BLOCK_SIZE_MAX);
    out->certificate = bcs_read_bytes(&reader, BLOCK_CERTIFICATE_MAX);
    bool done = bcs_reader_done(&reader);
    if (!done) {
        *out = (struct block_record){0};
    }
    return done;
}

static void stop_on(const struct block_store *store, int error, const char *what)
{
    if (error != 0) {
        fault_stop(FAULT_DISK, "%s: block store: %s failed: %s", store->directory, what,
                   strerrordesc_np(error));
    }
}

static struct block_segment *last_segment(struct block_store *store)
{
    assert(store->index.count > 0);
    return &store->index.segments[store->index.count - 1];
}

static void open_last(struct block_store *store)
{
    char path[DISK_PATH_MAX];
    block_file_path(path, store->directory, last_segment(store)->header.first, BLOCK_FILE_SUFFIX);
    store->descriptor = open(path, O_WRONLY | O_CLOEXEC);
    stop_on(store, store->descriptor < 0 ? errno : 0, "open");
}

enum block_store_status block_store_open(struct block_store **out,
                                         const struct block_store_options *options, char *error,
                                         size_t error_size)
{
    *out = NULL;
    struct block_store *store = memory_new(sizeof *store);
    (void)snprintf(store->directory, sizeof store->directory, "%s", options->directory);
    store->segment_size =
        options->segment_size == 0 ? BLOCK_STORE_SEGMENT_SIZE : options->segment_size;
    assert(store->segment_size <= INT32_MAX);
    store->read_only = options->read_only;
    store->descriptor = -1;
    uv_mutex_init(&store->mutex);
    enum block_store_status status = block_load(&store->index, options, error, error_size);
    if (status == BLOCK_STORE_OK && store->index.count > 0 && !store->read_only) {
        open_last(store);
        /* What a killed process wrote may still be only in the page cache. */
        stop_on(store, disk_sync(store->descriptor), "fdatasync");
        store->synced = last_segment(store)->end;
    }
    store->durable = store->index.count == 0 ? 0 : block_index_next(&store->index) - 1;
    if (status != BLOCK_STORE_OK) {
        block_store_close(store);
        return status;
    }
    *out = store;
    return BLOCK_STORE_OK;
}

void block_store_close(struct block_store *store)
{
    if (store == NULL) {
        return;
    }
    if (store->descriptor >= 0) {
        block_store_sync(store);
        close(store->descriptor);
    }
    uv_mutex_destroy(&store->mutex);
    block_index_close(&store->index);
    buffer_close(&store->content);
    buffer_close(&store->frame);
    free(store);
}

uint64_t block_store_first_height(struct block_store *store)
{
    uv_mutex_lock(&store->mutex);
    uint64_t height = 0;
    if (store->index.count > 0 && store->index.segments[0].count > 0) {
        height = store->index.segments[0].header.first;
    }
    uv_mutex_unlock(&store->mutex);
    return height;
}

/* 0 also where the only segment has no block yet. */
static uint64_t last_height(const struct block_index *index)
{
    bool empty = index->count == 0 || (index->count == 1 && index->segments[0].count == 0);
    return empty ? 0 : block_index_next(index) - 1;
}

uint64_t block_store_last_height(struct block_store *store)
{
    uv_mutex_lock(&store->mutex);
    uint64_t height = last_height(&store->index);
    uv_mutex_unlock(&store->mutex);
    return height;
}

uint64_t block_store_durable_height(struct block_store *store)
{
    uv_mutex_lock(&store->mutex);
    uint64_t height = store->durable;
    uv_mutex_unlock(&store->mutex);
    return height;
}

uint64_t block_store_size(struct block_store *store)
{
    uv_mutex_lock(&store->mutex);
    uint64_t size = 0;
    for (uint32_t i = 0; i < store->index.count; i++) {
        size += store->index.segments[i].end;
    }
    uv_mutex_unlock(&store->mutex);
    return size;
}

static void begin_segment(struct block_store *store, uint64_t height)
{
    int before = store->descriptor;
    if (before >= 0) {
        block_store_sync(store);
        stop_on(store, block_file_write_index(store->directory, last_segment(store)),
                "writing an index");
    }
    struct segment_header header = {.kind = SEGMENT_BLOCKS, .first = height};
    char path[DISK_PATH_MAX];
    block_file_path(path, store->directory, height, BLOCK_FILE_SUFFIX);
    stop_on(store, segment_create(path, &header, 0), "creation of a segment");
    uv_mutex_lock(&store->mutex);
    block_index_add(&store->index, height)->header = header;
    open_last(store);
    store->synced = SEGMENT_HEADER_SIZE;
    uv_mutex_unlock(&store->mutex);
    if (before >= 0) {
        close(before);
    }
}

void block_store_append(struct block_store *store, const struct block_record *record)
{
    assert(!store->read_only && record->height > 0);
    assert(record->block.size <= BLOCK_SIZE_MAX &&
           record->certificate.size <= BLOCK_CERTIFICATE_MAX);
    uint64_t last = last_height(&store->index);
    assert(last == 0 || record->height == last + 1);
    /* A segment that a crash left empty keeps its height; only a full one is followed. */
    if (store->index.count == 0 || last_segment(store)->end >= store->segment_size) {
        begin_segment(store, record->height);
    }
    const struct block_segment *segment = last_segment(store);
    assert(segment->header.first + segment->count == record->height);
    buffer_clear(&store->content);
    buffer_clear(&store->frame);
    block_record_write(&store->content, record);
    uv_mutex_lock(&store->mutex);
    uint64_t synced = store->synced;
    uv_mutex_unlock(&store->mutex);
    segment_write_record(&store->frame, &segment->header, segment->end, synced,
                         buffer_bytes(&store->content));
    stop_on(store, disk_write(store->descriptor, buffer_bytes(&store->frame), segment->end),
            "write");
    struct block_place place = {(uint32_t)segment->end, (uint32_t)store->frame.size};
    uv_mutex_lock(&store->mutex);
    block_segment_add(last_segment(store), &place);
    uv_mutex_unlock(&store->mutex);
}

void block_store_sync(struct block_store *store)
{
    uv_mutex_lock(&store->mutex);
    bool needed = store->index.count > 0 && store->synced < last_segment(store)->end;
    uint64_t first = needed ? last_segment(store)->header.first : 0;
    uint64_t end = needed ? last_segment(store)->end : 0;
    uint64_t height = last_height(&store->index);
    /* The file may be finished and closed while we wait for the disk. */
    int descriptor = needed ? dup(store->descriptor) : -1;
    int failure = needed && descriptor < 0 ? errno : 0;
    uv_mutex_unlock(&store->mutex);
    if (!needed) {
        return;
    }
    stop_on(store, failure, "dup");
    stop_on(store, disk_sync(descriptor), "fdatasync");
    close(descriptor);
    uv_mutex_lock(&store->mutex);
    if (last_segment(store)->header.first == first && end > store->synced) {
        store->synced = end;
    }
    store->durable = height > store->durable ? height : store->durable;
    uv_mutex_unlock(&store->mutex);
}

/* The index file first: a segment without one is scanned, an index without one would stay. */
static void drop_first(struct block_store *store)
{
    char path[DISK_PATH_MAX];
    uint64_t first = store->index.segments[0].header.first;
    uv_mutex_lock(&store->mutex);
    block_index_drop_first(&store->index);
    uv_mutex_unlock(&store->mutex);
    block_file_path(path, store->directory, first, BLOCK_INDEX_SUFFIX);
    int error = disk_remove(path);
    stop_on(store, error == ENOENT ? 0 : error, "removing an index");
    block_file_path(path, store->directory, first, BLOCK_FILE_SUFFIX);
    stop_on(store, disk_remove(path), "removing a segment");
    stop_on(store, disk_sync_directory(store->directory), "syncing the directory");
}

void block_store_drop_before(struct block_store *store, uint64_t height)
{
    assert(!store->read_only);
    while (store->index.count > 1 && store->index.segments[1].header.first <= height) {
        drop_first(store);
    }
}

static enum block_store_status read_place(const char *path, const struct segment_header *header,
                                          const struct block_place *place, struct buffer *storage,
                                          struct segment_record *record)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return errno == ENOENT ? BLOCK_STORE_ABSENT : BLOCK_STORE_IO; /* pruned meanwhile */
    }
    int error = disk_read(descriptor, place->offset, place->size, storage);
    close(descriptor);
    if (error != 0) {
        return BLOCK_STORE_IO;
    }
    return segment_read_record(record, header, buffer_bytes(storage), place->offset, place->offset)
               ? BLOCK_STORE_OK
               : BLOCK_STORE_CORRUPT;
}

enum block_store_status block_store_read(struct block_store *store, uint64_t height,
                                         struct buffer *storage, struct block_record *out)
{
    *out = (struct block_record){0};
    buffer_clear(storage);
    const struct block_segment *segment = NULL;
    struct block_place place;
    struct segment_header header = {.kind = SEGMENT_BLOCKS};
    uv_mutex_lock(&store->mutex);
    bool found = block_index_find(&store->index, height, &segment, &place);
    if (found) {
        header = segment->header;
    }
    uv_mutex_unlock(&store->mutex);
    if (!found) {
        return BLOCK_STORE_ABSENT;
    }
    char path[DISK_PATH_MAX];
    block_file_path(path, store->directory, header.first, BLOCK_FILE_SUFFIX);
    struct segment_record record;
    enum block_store_status status = read_place(path, &header, &place, storage, &record);
    if (status == BLOCK_STORE_OK &&
        (!block_record_read(out, record.content) || out->height != height)) {
        *out = (struct block_record){0};
        status = BLOCK_STORE_CORRUPT;
    }
    return status;
}

void block_store_explain(struct block_store *store, uint64_t height, enum block_store_status status,
                         char *error, size_t error_size)
{
    const struct block_segment *segment;
    struct block_place place;
    char path[DISK_PATH_MAX];
    uv_mutex_lock(&store->mutex);
    bool found = block_index_find(&store->index, height, &segment, &place);
    uint64_t first = found ? segment->header.first : 0;
    uv_mutex_unlock(&store->mutex);
    if (!found) {
        (void)snprintf(error, error_size, "block %" PRIu64 ": %s", height,
                       block_store_status_text(status));
        return;
    }
    block_file_path(path, store->directory, first, BLOCK_FILE_SUFFIX);
    (void)snprintf(error, error_size,
                   "%s: byte %" PRIu32 ": block %" PRIu64
                   ": %s; remove data/blocks and data/state, "
                   "keep data/wal, and the node catches up",
                   path, place.offset, height, block_store_status_text(status));
}

uint32_t block_store_range(struct block_store *store, uint64_t height, uint32_t count_max,
                           size_t size_max)
{
    uint32_t count = 0;
    size_t size = 0;
    uv_mutex_lock(&store->mutex);
    const struct block_segment *segment;
    struct block_place place;
    while (count < count_max && block_index_find(&store->index, height + count, &segment, &place)) {
        size += place.size;
        if (size > size_max && count > 0) {
            break;
        }
        count++;
    }
    uv_mutex_unlock(&store->mutex);
    return count;
}
