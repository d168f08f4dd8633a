/* Is what a database holds what the blocks lead to? LMDB's pages have no checksums: for `soukd verify`. */
#ifndef NODE_STATE_COMPARE_H
#define NODE_STATE_COMPARE_H

#include "node/state_store.h"

/* Compare the keys of the state, the trie's nodes, handovers, receipts, events and places of `stored` with
 * those of `computed`, which stands at the same height. What was forgotten from `stored` may be missing there.
 * False with one line in `error` that names table and key. */
NODISCARD bool state_compare(struct state_snapshot *stored, struct state_snapshot *computed,
                             char *error, size_t error_size);

/* The same for the nodes of the trie alone. */
NODISCARD bool state_compare_trie(struct state_snapshot *stored, struct state_snapshot *computed,
                                  char *error, size_t error_size);

/* Where what a state says about its validators comes from. */
struct state_origin {
    const struct hash *chain_id;
    const struct validators *validators; /* of the genesis */
    uint64_t first;                      /* height of the first block that is there */
};

/* Do the handovers of `stored` lead from the set of the genesis to that of origin->first, and on to that of the block
 * after its head? A node that began from a named block need not have those up to origin->first. False with one line
 * in `error`. Checks every signature: about 40 us for each. */
NODISCARD bool state_compare_handovers(struct state_snapshot *stored,
                                       const struct state_origin *origin, char *error,
                                       size_t error_size);

#endif /* NODE_STATE_COMPARE_H */
