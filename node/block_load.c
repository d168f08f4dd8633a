#include "node/block_load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void block_file_path(char out[DISK_PATH_MAX], const char *directory, uint64_t first,
                     const char *suffix)
{
    char name[SEGMENT_NAME_MAX];
    segment_name(name, BLOCK_FILE_PREFIX, first, suffix);
    int size = snprintf(out, DISK_PATH_MAX, "%s/%s", directory, name);
    assert(size > 0 && size < DISK_PATH_MAX);
}

int block_file_write_index(const char *directory, const struct block_segment *segment)
{
    char path[DISK_PATH_MAX];
    block_file_path(path, directory, segment->header.first, BLOCK_INDEX_SUFFIX);
    struct buffer content = {0};
    block_segment_write_index(&content, segment);
    int error = disk_create(path, buffer_bytes(&content), 0);
    buffer_close(&content);
    return error;
}

struct loader {
    const struct block_store_options *options;
    struct block_segment *segment;
    uint64_t height; /* of the next record */
    char *error;
    size_t error_size;
    char path[DISK_PATH_MAX];
};

static enum block_store_status io_error(const struct loader *loader, int failure)
{
    (void)snprintf(loader->error, loader->error_size, "%s: %s", loader->path,
                   disk_error_text(failure));
    return BLOCK_STORE_IO;
}

static enum block_store_status corrupt(const struct loader *loader, uint64_t offset,
                                       const char *what)
{
    (void)snprintf(loader->error, loader->error_size,
                   "%s: byte %llu: %s; remove data/blocks and data/state, keep data/wal, and the "
                   "node catches up",
                   loader->path, (unsigned long long)offset, what);
    return BLOCK_STORE_CORRUPT;
}

static bool take_record(void *context, const struct segment_record *raw)
{
    struct loader *loader = context;
    struct block_record record;
    if (!block_record_read(&record, raw->content) || record.height != loader->height) {
        return false;
    }
    struct block_place place = {(uint32_t)raw->offset,
                                (uint32_t)(SEGMENT_FRAME_SIZE + raw->content.size)};
    block_segment_add(loader->segment, &place);
    loader->height++;
    return true;
}

static enum block_store_status scan(struct loader *loader, struct bytes content, bool last,
                                    bool *torn)
{
    loader->height = loader->segment->header.first;
    struct segment_scan result;
    switch (segment_scan(&result, &loader->segment->header, content, take_record, loader)) {
    case SEGMENT_GOOD:
        break;
    case SEGMENT_ROTTEN:
        return corrupt(loader, result.end, "a durable block is damaged");
    case SEGMENT_REFUSED:
        return corrupt(loader, result.refused, "the record is not the next block");
    }
    *torn = result.end < content.size;
    if (*torn && !last) {
        return corrupt(loader, result.end, "a block is damaged, and later segments follow");
    }
    return BLOCK_STORE_OK;
}

static int cut_tail(const struct loader *loader)
{
    int descriptor = open(loader->path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return errno;
    }
    int error = disk_truncate(descriptor, loader->segment->end);
    if (error == 0) {
        error = disk_sync(descriptor);
    }
    close(descriptor);
    return error;
}

static enum block_store_status scan_file(struct loader *loader, bool last)
{
    struct buffer content = {0};
    bool torn = false;
    int failure = disk_read_file(loader->path, &content);
    enum block_store_status status = failure != 0
                                         ? io_error(loader, failure)
                                         : scan(loader, buffer_bytes(&content), last, &torn);
    buffer_close(&content);
    if (status == BLOCK_STORE_OK && torn && !loader->options->read_only) {
        failure = cut_tail(loader);
        status = failure != 0 ? io_error(loader, failure) : BLOCK_STORE_OK;
    }
    return status;
}

/* A finished segment by its index alone. False where that is not good enough. */
static bool load_by_index(struct loader *loader)
{
    char path[DISK_PATH_MAX];
    block_file_path(path, loader->options->directory, loader->segment->header.first,
                    BLOCK_INDEX_SUFFIX);
    struct buffer content = {0};
    bool good = disk_read_file(path, &content) == 0 &&
                block_segment_read_index(loader->segment, buffer_bytes(&content));
    buffer_close(&content);
    struct stat status;
    if (good &&
        (stat(loader->path, &status) != 0 || (uint64_t)status.st_size != loader->segment->end)) {
        loader->segment->count = 0;
        loader->segment->end = SEGMENT_HEADER_SIZE;
        good = false;
    }
    return good;
}

static enum block_store_status load_header(struct loader *loader, uint64_t first)
{
    struct buffer content = {0};
    int descriptor = open(loader->path, O_RDONLY | O_CLOEXEC);
    int failure = descriptor < 0 ? errno : disk_read(descriptor, 0, SEGMENT_HEADER_SIZE, &content);
    if (descriptor >= 0) {
        close(descriptor);
    }
    struct segment_header header = {.kind = SEGMENT_BLOCKS};
    bool good = failure == 0 &&
                segment_read_header(&header, buffer_bytes(&content), SEGMENT_BLOCKS) &&
                header.first == first;
    buffer_close(&content);
    loader->segment->header = header;
    if (failure != 0) {
        return io_error(loader, failure);
    }
    return good ? BLOCK_STORE_OK : corrupt(loader, 0, "no valid header of a block segment");
}

static enum block_store_status load_segment(struct block_index *index, struct loader *loader,
                                            uint64_t first, bool last)
{
    uint64_t next = block_index_next(index);
    if (first == 0 || (next != 0 && first != next)) {
        return corrupt(loader, 0, "blocks before this segment are missing");
    }
    loader->segment = block_index_add(index, first);
    enum block_store_status status = load_header(loader, first);
    if (status != BLOCK_STORE_OK || (!last && load_by_index(loader))) {
        return status;
    }
    status = scan_file(loader, last);
    if (status == BLOCK_STORE_OK && !last && !loader->options->read_only) {
        /* It only spares a scan: without room for it the commands that make room must open the store. */
        int failure = block_file_write_index(loader->options->directory, loader->segment);
        status = failure != 0 && failure != ENOSPC ? io_error(loader, failure) : BLOCK_STORE_OK;
    }
    return status;
}

static enum block_store_status load_names(struct block_index *index, struct loader *loader,
                                          const struct buffer *names)
{
    for (size_t at = 0; at < names->size;) {
        const char *name = (const char *)names->data + at;
        at += strlen(name) + 1;
        uint64_t first;
        int size =
            snprintf(loader->path, sizeof loader->path, "%s/%s", loader->options->directory, name);
        if (size < 0 || (size_t)size >= sizeof loader->path) {
            return io_error(loader, ENAMETOOLONG);
        }
        if (!segment_parse_name(&first, name, BLOCK_FILE_PREFIX, BLOCK_FILE_SUFFIX)) {
            (void)snprintf(loader->error, loader->error_size,
                           "%s: this is no name of a block segment: move the file away",
                           loader->path);
            return BLOCK_STORE_CORRUPT;
        }
        enum block_store_status status = load_segment(index, loader, first, at == names->size);
        if (status != BLOCK_STORE_OK) {
            return status;
        }
    }
    return BLOCK_STORE_OK;
}

enum block_store_status block_load(struct block_index *index,
                                   const struct block_store_options *options, char *error,
                                   size_t error_size)
{
    struct loader loader = {.options = options, .error_size = error_size};
    loader.error = error;
    (void)snprintf(loader.path, sizeof loader.path, "%s", options->directory);
    if (strlen(options->directory) + SEGMENT_NAME_MAX + 1 >= DISK_PATH_MAX) {
        return io_error(&loader, ENAMETOOLONG);
    }
    int failure = options->read_only ? 0 : disk_make_directory(options->directory);
    struct buffer names = {0};
    if (failure == 0) {
        failure = disk_list(options->directory, BLOCK_FILE_PREFIX, BLOCK_FILE_SUFFIX, &names);
    }
    enum block_store_status status =
        failure != 0 ? io_error(&loader, failure) : load_names(index, &loader, &names);
    buffer_close(&names);
    return status;
}
