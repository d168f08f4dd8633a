/* The state of one height, read in pieces while blocks go on.
 *
 * A long snapshot of LMDB would keep all pages alive that later blocks replace. Instead the writing
 * thread, from the height on, puts aside the old value of each key that it changes for the first time;
 * a piece is read from a short snapshot of whatever height is there, and what was put aside stands
 * above it. What was put aside is bounded: beyond the bound the freeze is broken, and its reader has to
 * begin with a later height. */
#ifndef NODE_STATE_FREEZE_H
#define NODE_STATE_FREEZE_H

#include "node/state_store.h"

#define STATE_FREEZE_BYTES_MAX ((size_t)128 << 20) /* of old values */

/* The thread that writes, between two commits: the state as it is now stays readable. False where a
 * freeze is under way. */
NODISCARD bool state_freeze_begin(struct state_store *store, const struct state_head *head);
/* The thread that writes: these keys are about to change. */
void state_freeze_note(struct state_store *store, struct state_snapshot *before,
                       const struct state_change *changes, size_t count);

/* Any thread. Its head; false where none is under way. */
NODISCARD bool state_freeze_head(struct state_store *store, struct state_head *out);
void state_freeze_end(struct state_store *store);

/* Any thread, one at a time: append pairs (node/snapshot.h) from `from` on, empty for the first, until
 * `out` holds `size` bytes or more. `from` becomes the key to go on with; *more is false where there is
 * none. False where the freeze is broken or over. */
NODISCARD bool state_freeze_read(struct state_store *store, struct buffer *from, size_t size,
                                 struct buffer *out, uint64_t *key_count, bool *more);

#endif /* NODE_STATE_FREEZE_H */
