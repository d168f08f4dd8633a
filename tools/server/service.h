/* The HTTP side of a server: routes, and a worker for what has to ask the chain.
 *
 *     POST /share/<model>/<round>/<owner address>   an owner's ciphertext of its update
 *     POST /aux/<model>/<round>/<owner address>     and of what goes with its proof
 *     POST /share, /aux/<model>/<round>/pad         the model owner's pad
 *     POST /sum/<model>/<round>/<j>                 another server's sum
 *     GET  /livez /readyz /metrics /version */
#ifndef TOOLS_SERVER_SERVICE_H
#define TOOLS_SERVER_SERVICE_H

#include "tools/client/fault.h"
#include "tools/server/server.h"

/* Listen on host:port and serve until SIGTERM or SIGINT. Returns after everything was closed. */
NODISCARD bool service_run(struct aggregation_server *server, const char *host, uint16_t port,
                           struct fault *fault);

#endif /* TOOLS_SERVER_SERVICE_H */
