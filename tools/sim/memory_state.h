/* A whole state in memory, with its trie: what a node keeps in its database. */
#ifndef TOOLS_SIM_MEMORY_STATE_H
#define TOOLS_SIM_MEMORY_STATE_H

#include "crypto/hash.h"
#include "vm/state.h"

struct memory_state;

struct memory_state *memory_state_new(void);         /* Empty; memory_state_free() it. */
void memory_state_free(struct memory_state *memory); /* NULL is allowed. */

/* The view to execute on; owned by `memory`. */
struct state *memory_state_view(struct memory_state *memory);

/* Take over what the view changed, and give the new state root. */
void memory_state_commit(struct memory_state *memory, struct hash *root);

#endif /* TOOLS_SIM_MEMORY_STATE_H */
