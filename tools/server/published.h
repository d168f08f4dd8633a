/* Ciphertexts that owners published on the chain for this server, because it said it had none: to be
 * fetched before values are computed. */
#ifndef TOOLS_SERVER_PUBLISHED_H
#define TOOLS_SERVER_PUBLISHED_H

#include "tools/server/roster.h"

/* Fetch and keep every one of this round that is for this server and that it does not hold. False, with
 * a line, where one could not be had; it should be tried again. */
NODISCARD bool published_fetch(const struct aggregation_server *server, struct rpc *rpc,
                               const struct duty_round *duty, struct fault *fault);

#endif /* TOOLS_SERVER_PUBLISHED_H */
