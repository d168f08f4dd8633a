/* Old blocks make room: first what the database has of them, then their segment files. */
#ifndef NODE_PRUNE_H
#define NODE_PRUNE_H

#include "node/block_store.h"
#include "node/state_store.h"

#define PRUNE_STEP     256u /* blocks forgotten in one transaction */
#define PRUNE_KEEP_MIN 100u /* blocks that are always kept */

/* What to keep: as in prune_step(). */
struct prune_extent {
    uint64_t keep;
    uint64_t window_max;
};

/* How many blocks below the head are kept with this extent, or UINT64_MAX where that is more than a number holds.
 * *windows: those of them that are kept for rounds. */
uint64_t prune_kept(struct state_store *states, const struct prune_extent *extent,
                    uint64_t *windows);

/* Forget what the database has of blocks that are further below `head` than `keep`, a step of them; two
 * windows of a round are kept besides, for a round may still be checked by what they brought: of
 * `window_max` heights, or of the parameter in force where that is more. The database holds the blocks up to `head`; for the thread that writes to it. Returns the lowest height that
 * is left, for block_store_drop_before(), or 0 where nothing was due. A crash anywhere leaves stores
 * that open. A full disk stops the process. */
uint64_t prune_step(struct state_store *states, struct block_store *blocks, uint64_t head,
                    uint64_t keep, uint64_t window_max);

/* All steps that are due, and the blocks' files, on a stopped node, whose disk may be full: a step that finds no
 * room is done in small transactions. What an earlier call left undone is done first. False with one line in
 * `error` where there is no room even for these: it says how much to make, and what is done stays done. */
NODISCARD bool prune_all(struct state_store *states, struct block_store *blocks,
                         const struct prune_extent *extent, char *error, size_t error_size);

/* Are the blocks there from the lowest on that the database knows, or from 1 on where it is to be made of them?
 * Forgetting leaves it so, the loss of a file does not. False with one line in `error`. */
NODISCARD bool prune_blocks_fit(struct state_store *states, struct block_store *blocks, char *error,
                                size_t error_size);

#endif /* NODE_PRUNE_H */
