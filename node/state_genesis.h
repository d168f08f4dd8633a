/* The first state of a chain, written into an empty database. */
#ifndef NODE_STATE_GENESIS_H
#define NODE_STATE_GENESIS_H

#include "node/state_tables.h"

/* Apply the genesis and commit it as height 0, with the chain's identity. `base_path` is the file of the
 * state that a fork goes on from; NULL: there is none. False with one line in `error` where a fork's
 * cannot be read or has another root than the genesis names; nothing was written. */
NODISCARD bool state_genesis_write(struct state_store *store, const struct genesis *genesis,
                                   const char *base_path, char *error, size_t error_size);

/* Only the chain's identity: the state comes from elsewhere. */
void state_genesis_identify(struct state_store *store, const struct genesis *genesis);

#endif /* NODE_STATE_GENESIS_H */
