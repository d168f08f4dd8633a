/* Opening the block store: the index from the files, and what a crash left in the last one. */
#ifndef NODE_BLOCK_LOAD_H
#define NODE_BLOCK_LOAD_H

#include "node/block_index.h"
#include "node/block_store.h"

void block_file_path(char out[DISK_PATH_MAX], const char *directory, uint64_t first,
                     const char *suffix);

/* Fill an empty index. Unless options->read_only: make the directory, cut a torn tail off, write
 * indexes that are missing. One line in `error` unless BLOCK_STORE_OK. */
NODISCARD enum block_store_status block_load(struct block_index *index,
                                             const struct block_store_options *options, char *error,
                                             size_t error_size);

/* Returns 0 or an errno. */
NODISCARD int block_file_write_index(const char *directory, const struct block_segment *segment);

#endif /* NODE_BLOCK_LOAD_H */
