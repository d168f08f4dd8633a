#include "node/wal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bcs.h"
#include "base/memory.h"
#include "node/disk.h"
#include "node/fault.h"
#include "node/wal_file.h"

const uint64_t wal_bucket_us[WAL_BUCKET_COUNT] = {
    50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000, UINT64_MAX};

const char *wal_status_text(enum wal_status status)
{
#define WAL_STATUS_CASE(name, text)                                                                \
    case name:                                                                                     \
        return text;
    switch (status) {
        WAL_STATUS_LIST(WAL_STATUS_CASE)
    }
#undef WAL_STATUS_CASE
    return "unknown";
}

struct wal {
    char directory[DISK_PATH_MAX];
    size_t segment_size;
    void *context;
    void (*on_durable)(void *context, uint64_t sequence);
    void (*on_closed)(void *context);
    void *closed_context;
    uv_async_t async;
    uv_thread_t thread;

    uv_mutex_t mutex; /* guards what follows, up to `statistics` */
    uv_cond_t wake;
    uv_cond_t written;   /* something more is durable */
    struct buffer queue; /* entries, as wal_entry_write() makes them */
    uint64_t appended;   /* sequence of the last record */
    uint64_t flushed;    /* of the last that is to be written */
    uint64_t durable;
    size_t pending_size;
    uint64_t truncate_height;
    bool stopping;
    struct wal_statistics statistics;

    uint64_t reported; /* loop's: last sequence given to on_durable */

    struct wal_files files; /* the writer's */
    int descriptor;         /* of the last file */
    uint64_t offset;        /* where the next record goes */
    uint64_t synced;        /* durable up to here */
    struct buffer frames;
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void stop_on(const struct wal *wal, int error, const char *what)
{
    if (error != 0) {
        fault_stop(FAULT_DISK, "%s: write-ahead log: %s failed: %s", wal->directory, what,
                   strerrordesc_np(error));
    }
}

static void count_sync(struct wal *wal, uint64_t ns, uint64_t written)
{
    size_t bucket = 0;
    while (ns > wal_bucket_us[bucket] * 1000 && bucket + 1 < WAL_BUCKET_COUNT) {
        bucket++;
    }
    uv_mutex_lock(&wal->mutex);
    wal->statistics.buckets[bucket]++;
    wal->statistics.sync_count++;
    wal->statistics.sync_ns += ns;
    wal->statistics.written_bytes += written;
    uv_mutex_unlock(&wal->mutex);
}

static const struct segment_header *last_header(const struct wal *wal)
{
    return &wal->files.list[wal->files.count - 1].header;
}

/* Put what has been framed into the file and wait for the disk. */
static void write_frames(struct wal *wal)
{
    stop_on(wal, disk_write(wal->descriptor, buffer_bytes(&wal->frames), wal->synced), "write");
    uint64_t begin = now_ns();
    stop_on(wal, disk_sync(wal->descriptor), "fdatasync");
    count_sync(wal, now_ns() - begin, wal->frames.size);
    wal->synced = wal->offset;
    buffer_clear(&wal->frames);
}

/* Frame a copy of the first `size` bytes that are framed. */
static void add_copy(struct wal *wal, size_t size)
{
    static const uint8_t zeros[SEGMENT_COPY_ALIGN] = {0};
    uint64_t offset = segment_copy_offset(wal->offset);
    size_t pad = (size_t)(offset - wal->offset);
    buffer_reserve(&wal->frames, pad + SEGMENT_FRAME_SIZE + size); /* so that nothing moves */
    buffer_append(&wal->frames, (struct bytes){zeros, pad});
    segment_write_copy(&wal->frames, last_header(wal), offset, wal->synced,
                       (struct bytes){wal->frames.data, size});
    wal->offset = offset + SEGMENT_FRAME_SIZE + size;
}

/* Rot of the last group must not be taken for a tear: so there is a copy of it, under the same sync. Of a
 * large one, whose transfer takes longer than a sync, there is the word that it was durable. */
static void flush(struct wal *wal)
{
    size_t size = wal->frames.size;
    if (size == 0) {
        return;
    }
    if (size <= WAL_COPY_MAX) {
        add_copy(wal, size);
        write_frames(wal);
    } else {
        write_frames(wal);
        add_copy(wal, 0);
        write_frames(wal);
    }
}

/* Does a record with this content fit, and the copy of its group? */
static bool fits(const struct wal *wal, size_t content)
{
    uint64_t end = wal->offset + SEGMENT_FRAME_SIZE + content;
    uint64_t group = end - wal->synced;
    return segment_copy_offset(end) + SEGMENT_FRAME_SIZE + (group <= WAL_COPY_MAX ? group : 0) <=
           wal->segment_size;
}

static void open_last(struct wal *wal)
{
    char path[DISK_PATH_MAX];
    wal_file_path(path, wal->directory, wal->files.list[wal->files.count - 1].header.first);
    wal->descriptor = open(path, O_WRONLY | O_CLOEXEC);
    stop_on(wal, wal->descriptor < 0 ? errno : 0, "open");
}

static void set_file_count(struct wal *wal)
{
    uv_mutex_lock(&wal->mutex);
    wal->statistics.segment_count = wal->files.count;
    uv_mutex_unlock(&wal->mutex);
}

/* Begin a new file with record number `first`. All before it is durable: a file that is not the last
 * one is complete. */
static void rotate(struct wal *wal, uint64_t first)
{
    flush(wal);
    if (wal->descriptor >= 0) {
        close(wal->descriptor);
    }
    struct wal_file *file = wal_files_add(&wal->files, first);
    char path[DISK_PATH_MAX];
    wal_file_path(path, wal->directory, first);
    stop_on(wal, segment_create(path, &file->header, wal->segment_size), "creation of a segment");
    open_last(wal);
    wal->offset = SEGMENT_HEADER_SIZE;
    wal->synced = SEGMENT_HEADER_SIZE;
    set_file_count(wal);
}

static void write_entries(struct wal *wal, struct bytes entries, uint64_t sequence)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, entries);
    while (reader.offset < entries.size) {
        struct bytes content = bcs_read_bytes(&reader, UINT32_MAX);
        struct wal_record record;
        bool good = wal_content_read(&record, content);
        assert(good);
        if (!fits(wal, content.size) && wal->offset > SEGMENT_HEADER_SIZE) {
            rotate(wal, sequence);
        }
        struct wal_file *file = &wal->files.list[wal->files.count - 1];
        segment_write_record(&wal->frames, &file->header, wal->offset, wal->synced, content);
        wal->offset += SEGMENT_FRAME_SIZE + content.size;
        if (record.height > file->height_max) {
            file->height_max = record.height;
        }
        sequence++;
    }
    flush(wal);
}

static void remove_old(struct wal *wal, uint64_t height)
{
    uint32_t count = 0;
    while (count + 1 < wal->files.count && wal->files.list[count].height_max < height) {
        char path[DISK_PATH_MAX];
        wal_file_path(path, wal->directory, wal->files.list[count].header.first);
        stop_on(wal, disk_remove(path), "removal of a segment");
        /* One by one and oldest first: a crash may not leave a hole in the log. */
        stop_on(wal, disk_sync_directory(wal->directory), "fsync of the directory");
        count++;
    }
    if (count > 0) {
        wal_files_drop(&wal->files, count);
        set_file_count(wal);
    }
}

static void writer_main(void *argument)
{
    struct wal *wal = argument;
    struct buffer entries = {0};
    uint64_t truncated = 0;
    bool stopping = false;
    while (!stopping) {
        uv_mutex_lock(&wal->mutex);
        while (wal->flushed <= wal->durable && !wal->stopping &&
               wal->truncate_height == truncated) {
            uv_cond_wait(&wal->wake, &wal->mutex);
        }
        struct buffer taken = wal->queue;
        wal->queue = entries;
        uint64_t first = wal->durable + 1;
        uint64_t last = wal->appended;
        truncated = wal->truncate_height;
        stopping = wal->stopping;
        uv_mutex_unlock(&wal->mutex);

        write_entries(wal, buffer_bytes(&taken), first);
        entries = taken;
        buffer_clear(&entries);

        uv_mutex_lock(&wal->mutex);
        wal->durable = last;
        wal->pending_size = wal->queue.size;
        uv_cond_broadcast(&wal->written);
        uv_mutex_unlock(&wal->mutex);
        if (last >= first) {
            uv_async_send(&wal->async);
        }
        remove_old(wal, truncated);
    }
    buffer_close(&entries);
}

static void report(uv_async_t *async)
{
    struct wal *wal = async->data;
    uint64_t durable = wal_durable(wal);
    if (durable > wal->reported) {
        wal->reported = durable;
        wal->on_durable(wal->context, durable);
    }
}

static void free_wal(struct wal *wal)
{
    if (wal->descriptor >= 0) {
        close(wal->descriptor);
    }
    uv_cond_destroy(&wal->wake);
    uv_cond_destroy(&wal->written);
    uv_mutex_destroy(&wal->mutex);
    wal_files_close(&wal->files);
    buffer_close(&wal->queue);
    buffer_close(&wal->frames);
    free(wal);
}

static void start(struct wal *wal, const struct wal_load *load)
{
    wal->appended = load->last_sequence;
    wal->flushed = load->last_sequence;
    wal->durable = load->last_sequence;
    wal->reported = load->last_sequence;
    wal->statistics.segment_count = wal->files.count;
    if (wal->files.count == 0) {
        rotate(wal, 1);
    } else {
        open_last(wal);
        /* What a killed process wrote may still be only in the page cache. */
        stop_on(wal, disk_sync(wal->descriptor), "fdatasync");
        wal->offset = load->end;
        wal->synced = load->end;
    }
}

enum wal_status wal_open(struct wal **out, const struct wal_options *options, char *error,
                         size_t error_size)
{
    *out = NULL;
    struct wal *wal = memory_new(sizeof *wal);
    wal->descriptor = -1;
    wal->segment_size = options->segment_size == 0 ? WAL_SEGMENT_SIZE : options->segment_size;
    assert(wal->segment_size <= INT32_MAX && wal->segment_size > SEGMENT_HEADER_SIZE);
    (void)snprintf(wal->directory, sizeof wal->directory, "%s", options->directory);
    wal->context = options->context;
    wal->on_durable = options->on_durable;
    uv_mutex_init(&wal->mutex);
    uv_cond_init(&wal->wake);
    uv_cond_init(&wal->written);
    struct wal_load load = {.repair = true, .segment_size = wal->segment_size};
    enum wal_status status = wal_files_load(&wal->files, options, &load, error, error_size);
    if (status != WAL_OK) {
        free_wal(wal);
        return status;
    }
    start(wal, &load);
    wal->async.data = wal;
    if (uv_async_init(options->loop, &wal->async, report) != 0) {
        (void)snprintf(error, error_size, "%s: no event handle for the log", wal->directory);
        free_wal(wal);
        return WAL_IO;
    }
    int failure = uv_thread_create(&wal->thread, writer_main, wal);
    assert(failure == 0);
    *out = wal;
    return WAL_OK;
}

uint64_t wal_append(struct wal *wal, uint8_t type, uint64_t height, struct bytes payload)
{
    assert(payload.size <= WAL_PAYLOAD_MAX && !wal->stopping);
    uv_mutex_lock(&wal->mutex);
    size_t before = wal->queue.size;
    wal_entry_write(&wal->queue, type, height, payload);
    wal->pending_size += wal->queue.size - before;
    wal->statistics.record_count++;
    uint64_t sequence = ++wal->appended;
    uv_mutex_unlock(&wal->mutex);
    return sequence;
}

void wal_flush(struct wal *wal)
{
    uv_mutex_lock(&wal->mutex);
    if (wal->flushed < wal->appended) {
        wal->flushed = wal->appended;
        uv_cond_signal(&wal->wake);
    }
    uv_mutex_unlock(&wal->mutex);
}

uint64_t wal_durable(struct wal *wal)
{
    uv_mutex_lock(&wal->mutex);
    uint64_t sequence = wal->durable;
    uv_mutex_unlock(&wal->mutex);
    return sequence;
}

uint64_t wal_appended(struct wal *wal)
{
    uv_mutex_lock(&wal->mutex);
    uint64_t sequence = wal->appended;
    uv_mutex_unlock(&wal->mutex);
    return sequence;
}

size_t wal_pending_size(struct wal *wal)
{
    uv_mutex_lock(&wal->mutex);
    size_t size = wal->pending_size;
    uv_mutex_unlock(&wal->mutex);
    return size;
}

void wal_wait(struct wal *wal, uint64_t sequence)
{
    wal_flush(wal);
    uv_mutex_lock(&wal->mutex);
    assert(sequence <= wal->appended);
    while (wal->durable < sequence) {
        uv_cond_wait(&wal->written, &wal->mutex);
    }
    uv_mutex_unlock(&wal->mutex);
}

void wal_truncate_before(struct wal *wal, uint64_t height)
{
    uv_mutex_lock(&wal->mutex);
    if (height > wal->truncate_height) {
        wal->truncate_height = height;
        uv_cond_signal(&wal->wake);
    }
    uv_mutex_unlock(&wal->mutex);
}

static void finish_closing(uv_handle_t *handle)
{
    struct wal *wal = handle->data;
    void (*on_closed)(void *context) = wal->on_closed;
    void *context = wal->closed_context;
    free_wal(wal);
    if (on_closed != NULL) {
        on_closed(context);
    }
}

void wal_close(struct wal *wal, void (*on_closed)(void *context), void *context)
{
    uv_mutex_lock(&wal->mutex);
    wal->stopping = true;
    uv_cond_signal(&wal->wake);
    uv_mutex_unlock(&wal->mutex);
    uv_thread_join(&wal->thread);
    wal->on_closed = on_closed;
    wal->closed_context = context;
    uv_close((uv_handle_t *)&wal->async, finish_closing);
}

void wal_read_statistics(struct wal *wal, struct wal_statistics *out)
{
    uv_mutex_lock(&wal->mutex);
    *out = wal->statistics;
    uv_mutex_unlock(&wal->mutex);
}

enum wal_status wal_scan(const struct wal_options *options, uint64_t *torn_bytes, char *error,
                         size_t error_size)
{
    struct wal_files files = {0};
    struct wal_load load = {.repair = false};
    enum wal_status status = wal_files_load(&files, options, &load, error, error_size);
    if (torn_bytes != NULL) {
        *torn_bytes = load.torn_size;
    }
    wal_files_close(&files);
    return status;
}
