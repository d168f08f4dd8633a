/* The genesis of a local network: who is there, what they own and the rules. */
#ifndef TOOLS_TESTNET_GENESIS_H
#define TOOLS_TESTNET_GENESIS_H

#include "market/genesis.h"
#include "tools/testnet/net.h"

/* The texts that the genesis borrows. All zero is empty. */
struct genesis_names {
    char validators[NET_VALIDATORS_MAX][GENESIS_NAME_MAX];
};

/* Fill in all but validators and accounts. */
void genesis_begin(struct genesis *genesis, const struct net *net, uint64_t time_ms);

/* Add one; the name is copied to `names`. The tables hold what a net may have. */
void genesis_add_validator(struct genesis *genesis, struct genesis_names *names,
                           const struct part *part, const struct public_key *key,
                           const struct point *node_key);
void genesis_add_account(struct genesis *genesis, const struct address *address, uint64_t balance,
                         uint8_t roles);

/* Check it and append its text. */
NODISCARD bool genesis_write(struct buffer *out, const struct genesis *genesis,
                             struct fault *fault);

#endif /* TOOLS_TESTNET_GENESIS_H */
