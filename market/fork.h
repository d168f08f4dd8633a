/* A chain that goes on from the state of another: the way out when more than f validators are gone
 * for ever and no quorum can be made any more.
 *
 * A genesis whose base_chain_id is not zero begins such a chain. Its first state is the old chain's
 * after block base_height, whose root it names, with what follows; the blocks begin at 1 again. The new
 * chain has an id of its own, so no transaction of the old one is valid on it. */
#ifndef MARKET_FORK_H
#define MARKET_FORK_H

#include "market/genesis.h"

/* Turn the old state into the first one of the new chain. The genesis is one of a fork and passed
 * genesis_check(). Accounts, servers, models and settled rounds stay as they are;
 *   - parameters and validators are those of the genesis; nobody is jailed, no pardon is remembered
 *   - open rounds are aborted: stakes and escrow go back, as their deadlines are heights of the old chain
 *   - features that were on are on from block 1, those that were to come are forgotten
 *   - permitted nodes, proposals and heartbeats stay; checkpoints are forgotten
 * Units are conserved. */
void fork_apply(const struct genesis *genesis, struct state *state);

#endif /* MARKET_FORK_H */
