/* Writing the files of a snapshot. For the maker and for the command. */
#ifndef NODE_SNAPSHOT_WRITE_H
#define NODE_SNAPSHOT_WRITE_H

#include "node/block_store.h"
#include "node/snapshot.h"
#include "node/state_store.h"

struct snapshot_writer {
    char directory[DISK_PATH_MAX]; /* of the unfinished snapshot */
    struct state_head head;
    struct buffer hashes; /* of the chunks so far */
    struct buffer from;   /* next key */
    struct buffer chunk;
    uint64_t key_count;
    bool done; /* all keys are written */
};

/* Begin data/snapshots/<height>.part anew. False with one line in `error`. */
NODISCARD bool snapshot_writer_begin(struct snapshot_writer *writer, const char *snapshots,
                                     const struct state_head *head, char *error, size_t error_size);
/* Write the next chunk of the frozen state; `done` says when that was the last one. */
NODISCARD bool snapshot_writer_chunk(struct snapshot_writer *writer, struct state_store *store,
                                     char *error, size_t error_size);
/* Write base and manifest, and give the directory its name. The block after the snapshot's is in the
 * store. */
NODISCARD bool snapshot_writer_finish(struct snapshot_writer *writer, const char *snapshots,
                                      const struct hash *chain_id, struct state_store *store,
                                      struct block_store *blocks, char *error, size_t error_size);
void snapshot_writer_close(struct snapshot_writer *writer); /* Removes what is unfinished. */

/* Keep the newest `count` snapshots. */
void snapshot_keep(const char *snapshots, uint32_t count);

#endif /* NODE_SNAPSHOT_WRITE_H */
