/* Making the folder of a network: keys, wallets, homes and genesis. */
#ifndef TOOLS_TESTNET_MAKE_H
#define TOOLS_TESTNET_MAKE_H

#include "tools/testnet/net.h"

/* Make everything below net->home, which is empty or absent, or where `force` may hold an earlier
 * network, which is deleted. On false what was made is left to look at. */
NODISCARD bool make_network(const struct net *net, bool force, struct fault *fault);

#endif /* TOOLS_TESTNET_MAKE_H */
