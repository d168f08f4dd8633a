/* Erase what is left of rounds that ended while nobody looked: while this server was away, or after a
 * late delivery. */
#ifndef TOOLS_SERVER_SWEEP_H
#define TOOLS_SERVER_SWEEP_H

#include "tools/client/rpc.h"
#include "tools/server/vault.h"

/* Ask the chain about every round of which files are kept, and erase those that are over. False, with
 * a line, where a round's phase could not be learned; it stays and should be asked for again. */
NODISCARD bool sweep(const struct aggregation_server *server, struct rpc *rpc, struct fault *fault);

#endif /* TOOLS_SERVER_SWEEP_H */
