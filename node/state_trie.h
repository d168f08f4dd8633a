/* From changed state keys to the new state root. */
#ifndef NODE_STATE_TRIE_H
#define NODE_STATE_TRIE_H

#include "crypto/trie.h"
#include "vm/state.h"

/* Apply what state_changes() gave to a trie and its root: hash keys and values, sort by key hash,
 * update. */
void state_trie_update(struct trie_store *trie, const struct state_change *changes, size_t count,
                       struct hash *root);

#endif /* NODE_STATE_TRIE_H */
