/* Is what a database holds what the blocks lead to? LMDB's pages have no checksums: for `soukd verify`. */
#ifndef NODE_STATE_COMPARE_H
#define NODE_STATE_COMPARE_H

#include "node/state_store.h"

/* Compare the keys of the state, the trie's nodes, receipts, events and places of `stored` with those of `computed`,
 * which stands at the same height. What was forgotten from `stored` may be missing there. False with one line in
 * `error` that names table and key. */
NODISCARD bool state_compare(struct state_snapshot *stored, struct state_snapshot *computed,
                             char *error, size_t error_size);

/* The same for the nodes of the trie alone. */
NODISCARD bool state_compare_trie(struct state_snapshot *stored, struct state_snapshot *computed,
                                  char *error, size_t error_size);

#endif /* NODE_STATE_COMPARE_H */
