/* What can be checked of a stopped node that does not have all blocks, because it began from a snapshot or
 * has forgotten old ones: everything but the execution of blocks whose state before is not there. */
#ifndef NODE_VERIFY_KEPT_H
#define NODE_VERIFY_KEPT_H

#include "node/offline.h"

/* Check, in this order: that the keys of the stored state lead to the state root of its head; that the
 * handovers lead from the genesis to the validators of the first block, where this node has them, and on to
 * those of the block after the head; and of each block that it is well made, decided by a quorum of its
 * height's validators, and follows the one before; the last of them is the head's. `scratch` is empty, and is
 * filled. `progress` is called after each block. False with one line in `error`. */
NODISCARD bool verify_kept(const struct offline *offline, struct state_store *scratch,
                           void (*progress)(void *context, uint64_t height, uint64_t last),
                           void *context, char *error, size_t error_size);

#endif /* NODE_VERIFY_KEPT_H */
