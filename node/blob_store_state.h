/* The inside of the blob store, shared by blob_store.c and blob_writer.c; nobody else includes it. */
#ifndef NODE_BLOB_STORE_STATE_H
#define NODE_BLOB_STORE_STATE_H

#include <uv.h>

#include "node/blob_store.h"
#include "node/disk.h"
#include "node/hash_table.h"

struct blob_held {
    struct hash_table_entry entry;
    struct hash root;
    uint32_t size;
    bool kept;             /* a block names it */
    int64_t time_s;        /* when it was written, Unix time */
    struct hash *segments; /* NULL: the file was not read in this process yet */
};

struct blob_store {
    struct blob_store_options options; /* `directory` is the next member's */
    char *directory;
    uint64_t parts;   /* numbers the files being written; the loop's */
    uv_mutex_t mutex; /* guards what follows */
    struct hash_table held;
    struct blob_usage usage;
};

/* Path of a blob, or of the part-th file being written for it (from 1). */
void blob_store_path(const struct blob_store *store, const struct hash *root, uint64_t part,
                     char out[DISK_PATH_MAX]);
int64_t blob_store_now_s(void);

/* With the mutex held. `segments` may be NULL; copied. */
void blob_store_add(struct blob_store *store, const struct hash *root, uint32_t size,
                    const struct hash *segments, int64_t time_s);
void blob_store_remove(struct blob_store *store, struct blob_held *held);

void blob_hash(struct hash *root, struct hash *segments, struct bytes blob);
/* A shared, read-only mapping; a failure ends the process. */
struct bytes blob_map_file(int descriptor, size_t size, const char *path);

#endif /* NODE_BLOB_STORE_STATE_H */
