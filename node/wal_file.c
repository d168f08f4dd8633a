#include "node/wal_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bcs.h"
#include "base/memory.h"

#define WAL_PREFIX       "wal-"
#define WAL_SUFFIX       ".log"
#define WAL_CONTENT_HEAD 9u /* bytes of type and height */

struct wal_file *wal_files_add(struct wal_files *files, uint64_t first)
{
    if (files->count == files->capacity) {
        files->capacity = files->capacity == 0 ? 8 : files->capacity * 2;
        files->list = memory_resize(files->list, files->capacity * sizeof *files->list);
    }
    struct wal_file *file = &files->list[files->count++];
    *file = (struct wal_file){.header = {.kind = SEGMENT_WAL, .first = first}};
    return file;
}

void wal_files_drop(struct wal_files *files, uint32_t count)
{
    assert(count <= files->count);
    files->count -= count;
    memmove(files->list, files->list + count, files->count * sizeof *files->list);
}

void wal_files_close(struct wal_files *files)
{
    free(files->list);
    *files = (struct wal_files){0};
}

static bool join(char out[DISK_PATH_MAX], const char *directory, const char *name)
{
    int size = snprintf(out, DISK_PATH_MAX, "%s/%s", directory, name);
    return size >= 0 && size < DISK_PATH_MAX;
}

void wal_file_path(char out[DISK_PATH_MAX], const char *directory, uint64_t first)
{
    char name[SEGMENT_NAME_MAX];
    segment_name(name, WAL_PREFIX, first, WAL_SUFFIX);
    bool fits = join(out, directory, name);
    assert(fits);
}

void wal_entry_write(struct buffer *out, uint8_t type, uint64_t height, struct bytes payload)
{
    bcs_write_length(out, WAL_CONTENT_HEAD + payload.size);
    bcs_write_u8(out, type);
    bcs_write_u64(out, height);
    buffer_append(out, payload);
}

bool wal_content_read(struct wal_record *out, struct bytes content)
{
    *out = (struct wal_record){0};
    if (content.size < WAL_CONTENT_HEAD || content.size - WAL_CONTENT_HEAD > WAL_PAYLOAD_MAX) {
        return false;
    }
    struct bcs_reader reader;
    bcs_reader_init(&reader, content);
    out->type = bcs_read_u8(&reader);
    out->height = bcs_read_u64(&reader);
    out->payload = (struct bytes){content.data + reader.offset, content.size - reader.offset};
    return true;
}

struct loader {
    const struct wal_options *options;
    struct wal_load *load;
    struct wal_file *file;
    char *error;
    size_t error_size;
    char path[DISK_PATH_MAX];
};

static enum wal_status io_error(const struct loader *loader, int failure)
{
    (void)snprintf(loader->error, loader->error_size, "%s: %s", loader->path,
                   disk_error_text(failure));
    return WAL_IO;
}

static enum wal_status corrupt(const struct loader *loader, uint64_t offset, const char *what)
{
    (void)snprintf(
        loader->error, loader->error_size,
        "%s: byte %llu: %s; no older copy of data/wal may take its place: replace a disk that is "
        "failing, remove data/wal, and the validator observes until it is safe to vote",
        loader->path, (unsigned long long)offset, what);
    return WAL_CORRUPT;
}

static bool take_record(void *context, const struct segment_record *raw)
{
    struct loader *loader = context;
    struct wal_record record;
    if (!wal_content_read(&record, raw->content)) {
        return false;
    }
    record.sequence = ++loader->load->last_sequence;
    if (record.height > loader->file->height_max) {
        loader->file->height_max = record.height;
    }
    const struct wal_options *options = loader->options;
    return options->on_record == NULL || options->on_record(options->context, &record);
}

static int cut_tail(const char *path, const struct wal_load *load)
{
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return errno;
    }
    int error = disk_truncate(descriptor, load->end);
    if (error == 0) {
        error = disk_allocate(descriptor, load->segment_size);
    }
    if (error == 0) {
        error = disk_sync(descriptor);
    }
    close(descriptor);
    return error;
}

/* The last group as its copy has it. A crash in the middle leaves the copy. */
static int restore(const char *path, const struct segment_scan *scan)
{
    int descriptor = open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return errno;
    }
    int error = disk_write(descriptor, scan->restored, scan->restored_at);
    if (error == 0) {
        error = disk_sync(descriptor);
    }
    close(descriptor);
    return error;
}

static enum wal_status read_content(struct loader *loader, struct bytes content, bool last)
{
    if (!segment_read_header(&loader->file->header, content, SEGMENT_WAL)) {
        return corrupt(loader, 0, "no valid header of a log segment");
    }
    struct segment_scan scan;
    switch (segment_scan(&scan, &loader->file->header, content, take_record, loader)) {
    case SEGMENT_GOOD:
        break;
    case SEGMENT_ROTTEN:
        return corrupt(loader, scan.end, "a durable record is damaged");
    case SEGMENT_REFUSED:
        (void)snprintf(loader->error, loader->error_size, "%s: byte %llu: the record is refused",
                       loader->path, (unsigned long long)scan.refused);
        return WAL_REFUSED;
    }
    if (!last && (scan.torn_size > 0 || scan.restored.size > 0)) {
        return corrupt(loader, scan.restored.size > 0 ? scan.restored_at : scan.end,
                       "a record is damaged, and later segments follow");
    }
    if (scan.restored.size > 0 && loader->load->repair) {
        int failure = restore(loader->path, &scan);
        if (failure != 0) {
            return io_error(loader, failure);
        }
    }
    loader->load->end = scan.end;
    loader->load->torn_size = scan.torn_size;
    return WAL_OK;
}

static enum wal_status read_file(struct loader *loader, uint64_t first, bool last)
{
    struct buffer content = {0};
    int failure = disk_read_file(loader->path, &content);
    enum wal_status status = failure != 0 ? io_error(loader, failure)
                                          : read_content(loader, buffer_bytes(&content), last);
    buffer_close(&content);
    if (status == WAL_OK && loader->file->header.first != first) {
        return corrupt(loader, 0, "the header does not fit the file's name");
    }
    if (status == WAL_OK && loader->load->repair && loader->load->torn_size > 0) {
        failure = cut_tail(loader->path, loader->load);
        status = failure != 0 ? io_error(loader, failure) : WAL_OK;
    }
    return status;
}

static enum wal_status read_files(struct wal_files *files, struct loader *loader,
                                  const struct buffer *names)
{
    for (size_t at = 0; at < names->size;) {
        const char *name = (const char *)names->data + at;
        at += strlen(name) + 1;
        uint64_t first;
        if (!join(loader->path, loader->options->directory, name)) {
            return io_error(loader, ENAMETOOLONG);
        }
        if (!segment_parse_name(&first, name, WAL_PREFIX, WAL_SUFFIX)) {
            (void)snprintf(loader->error, loader->error_size,
                           "%s: this is no name of a log segment: move the file away",
                           loader->path);
            return WAL_CORRUPT;
        }
        if (files->count == 0) {
            loader->load->last_sequence = first - 1;
        } else if (first != loader->load->last_sequence + 1) {
            return corrupt(loader, 0, "records before this segment are missing");
        }
        loader->file = wal_files_add(files, first);
        enum wal_status status = read_file(loader, first, at == names->size);
        if (status != WAL_OK) {
            return status;
        }
    }
    return WAL_OK;
}

/* What a crash during a creation left. */
static void remove_temporary(const char *directory)
{
    struct buffer names = {0};
    if (disk_list(directory, WAL_PREFIX, WAL_SUFFIX ".tmp", &names) == 0) {
        for (size_t at = 0; at < names.size; at += strlen((const char *)names.data + at) + 1) {
            char path[DISK_PATH_MAX];
            if (join(path, directory, (const char *)names.data + at)) {
                (void)unlink(path);
            }
        }
    }
    buffer_close(&names);
}

enum wal_status wal_files_load(struct wal_files *files, const struct wal_options *options,
                               struct wal_load *load, char *error, size_t error_size)
{
    struct loader loader = {.options = options, .load = load, .error_size = error_size};
    loader.error = error;
    (void)snprintf(loader.path, sizeof loader.path, "%s", options->directory);
    if (strlen(options->directory) + SEGMENT_NAME_MAX + 1 >= DISK_PATH_MAX) {
        return io_error(&loader, ENAMETOOLONG);
    }
    int failure = load->repair ? disk_make_directory(options->directory) : 0;
    if (failure != 0) {
        return io_error(&loader, failure);
    }
    if (load->repair) {
        remove_temporary(options->directory);
    }
    struct buffer names = {0};
    failure = disk_list(options->directory, WAL_PREFIX, WAL_SUFFIX, &names);
    enum wal_status status =
        failure != 0 ? io_error(&loader, failure) : read_files(files, &loader, &names);
    buffer_close(&names);
    return status;
}
