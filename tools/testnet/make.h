/* Making the folder of a network: keys, wallets, homes and genesis. */
#ifndef TOOLS_TESTNET_MAKE_H
#define TOOLS_TESTNET_MAKE_H

#include "crypto/key.h"
#include "tools/testnet/net.h"

/* Make everything below net->home, which is empty or absent, or where `force` may hold an earlier
 * network, which is deleted. On false what was made is left to look at. */
NODISCARD bool make_network(const struct net *net, bool force, struct fault *fault);

/* The home of one node, by `soukd init`; gives its keys. */
NODISCARD bool make_node(const struct net *net, const struct part *part, struct public_key *key,
                         struct point *node_key, struct fault *fault);

/* Tell a node where the validators of `net` are: [peers] is the last section of its configuration.
 * node_keys[i - 1] is that of node i. */
NODISCARD bool make_peers(const struct net *net, uint32_t validator, const struct point *node_keys,
                          struct fault *fault);

#endif /* TOOLS_TESTNET_MAKE_H */
