/* Forgetting what clients asked for of old blocks: receipts, events, places of transactions and sidecars. */
#ifndef NODE_STATE_PRUNE_H
#define NODE_STATE_PRUNE_H

#include "node/state_store.h"

struct state_prune {
    uint64_t until;             /* of heights below it everything goes */
    struct buffer transactions; /* ids in those blocks, struct hash each */
    struct buffer sidecars;     /* roots of the sidecars in those blocks */
};

/* One transaction, durable on return. For the thread that writes to the database, where it holds all
 * blocks below `until`. What a later block brought again stays. */
void state_store_prune(struct state_store *store, const struct state_prune *prune);

/* The same where the disk may be full, on which a database that copies what it changes cannot even forget: in one
 * transaction if it can be, or else in small ones. They need STATE_PRUNE_ROOM at most. Returns 0, or ENOSPC where
 * there is not so much. After that, or a crash between them, the base is `until` or what it was, and keys below it that
 * nobody asks for may be left: another call erases them. */
NODISCARD int state_store_prune_in_parts(struct state_store *store,
                                         const struct state_prune *prune);

#define STATE_PRUNE_ROOM ((uint64_t)1 << 20) /* bytes */

/* Lowest height whose receipts and events are there. */
uint64_t state_snapshot_base(struct state_snapshot *snapshot);

#endif /* NODE_STATE_PRUNE_H */
