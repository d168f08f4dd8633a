/* Old blocks make room: first what the database has of them, then their segment files. */
#ifndef NODE_PRUNE_H
#define NODE_PRUNE_H

#include "node/block_store.h"
#include "node/state_store.h"

#define PRUNE_STEP     256u /* blocks forgotten in one transaction */
#define PRUNE_KEEP_MIN 100u /* blocks that are always kept */

/* Forget what the database has of blocks that are further below `head` than `keep`, a step of them; two
 * windows of a round are kept besides, for a round may still be checked by what they brought: of
 * `window_max` heights, or of the parameter in force where that is more. The database holds the blocks up to `head`; for the thread that writes to it. Returns the lowest height that
 * is left, for block_store_drop_before(), or 0 where nothing was due. A crash anywhere leaves stores
 * that open. */
uint64_t prune_step(struct state_store *states, struct block_store *blocks, uint64_t head,
                    uint64_t keep, uint64_t window_max);

/* Are the blocks there from the lowest on that the database knows, or from 1 on where it is to be made of them?
 * Forgetting leaves it so, the loss of a file does not. False with one line in `error`. */
NODISCARD bool prune_blocks_fit(struct state_store *states, struct block_store *blocks, char *error,
                                size_t error_size);

#endif /* NODE_PRUNE_H */
