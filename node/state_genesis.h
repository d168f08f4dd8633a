/* The first state of a chain, written into an empty database. */
#ifndef NODE_STATE_GENESIS_H
#define NODE_STATE_GENESIS_H

#include "node/state_tables.h"

/* The set of heights 1 and 2; names are borrowed from `genesis`. */
void state_genesis_validators(struct validators *out, const struct genesis *genesis);

/* Apply the genesis and commit it as height 0, with the chain's identity. */
void state_genesis_write(struct state_store *store, const struct genesis *genesis);

/* Only the chain's identity: the state comes from elsewhere. */
void state_genesis_identify(struct state_store *store, const struct genesis *genesis);

#endif /* NODE_STATE_GENESIS_H */
