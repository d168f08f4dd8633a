/* The files of a write-ahead log: their list, their records, and what a crash left in them. */
#ifndef NODE_WAL_FILE_H
#define NODE_WAL_FILE_H

#include "base/buffer.h"
#include "node/disk.h"
#include "node/segment.h"
#include "node/wal.h"

struct wal_file {
    struct segment_header header; /* first: sequence of its first record */
    uint64_t height_max;          /* of its records; 0 where it has none */
};

/* All zero is an empty list. In order of sequence. */
struct wal_files {
    struct wal_file *list;
    uint32_t count;
    uint32_t capacity;
};

struct wal_file *wal_files_add(struct wal_files *files, uint64_t first);
void wal_files_drop(struct wal_files *files, uint32_t count); /* The oldest `count` ones. */
void wal_files_close(struct wal_files *files);
void wal_file_path(char out[DISK_PATH_MAX], const char *directory, uint64_t first);

/* Content of a record: u8 type, u64 height, payload. An entry is a content with its length (BCS). */
void wal_entry_write(struct buffer *out, uint8_t type, uint64_t height, struct bytes payload);
NODISCARD bool wal_content_read(struct wal_record *out, struct bytes content);

struct wal_load {
    bool repair; /* in: make the directory, mend the last group by its copy, cut a torn tail off */
    size_t segment_size; /* in: to allocate again after a cut */
    uint64_t last_sequence;
    uint64_t end;       /* of the last record in the last file */
    uint64_t torn_size; /* bytes dropped */
};

/* Read all files of options->directory, give the records to options->on_record. One line in `error`
 * unless WAL_OK. */
NODISCARD enum wal_status wal_files_load(struct wal_files *files, const struct wal_options *options,
                                         struct wal_load *load, char *error, size_t error_size);

#endif /* NODE_WAL_FILE_H */
