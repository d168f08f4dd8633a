/* One more validator for a network that runs. */
#ifndef TOOLS_TESTNET_JOIN_H
#define TOOLS_TESTNET_JOIN_H

#include "tools/testnet/net.h"

/* Make the home of the next node; let the validators permit it to connect; start it and wait until it
 * follows the chain; record its heartbeat; let the validators vote it in; wait until it votes itself.
 * The network runs, and at least a quorum of it answers. On success `net` counts it, also on disk. */
NODISCARD bool join_network(struct net *net, struct part *joined, struct fault *fault);

#endif /* TOOLS_TESTNET_JOIN_H */
