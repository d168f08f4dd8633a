/* The state that a chain goes on from, as a file: what `soukd fork` writes beside the new genesis, and
 * what a node of the new chain reads at its first start. Every key with its value in bytewise order of
 * the keys, each as BCS bytes; the genesis names the root of the trie over them. */
#ifndef NODE_BASE_STATE_H
#define NODE_BASE_STATE_H

#include "node/state_store.h"

/* All zero before base_state_load(). */
struct base_state {
    struct buffer content;
    struct state_change *entries; /* ascending keys, borrowed from `content` */
    size_t count;
};

/* Read a whole file. False with one line in `error`: it cannot be read, is malformed, or its keys do
 * not ascend. Whether it has the right root is for the caller to see. base_state_close() in any case. */
NODISCARD bool base_state_load(struct base_state *out, const char *path, char *error,
                               size_t error_size);
void base_state_close(struct base_state *base);

/* Write the state of a snapshot, durably, to a file that does not exist yet. */
NODISCARD bool base_state_write(const char *path, struct state_snapshot *snapshot, char *error,
                                size_t error_size);

#endif /* NODE_BASE_STATE_H */
