/* The signer's Unix socket: requests in, answers out, in order, for a few nodes at once. */
#ifndef TOOLS_SIGNER_SERVICE_H
#define TOOLS_SIGNER_SERVICE_H

#include "tools/signer/signer.h"

#define SIGNER_CONNECTIONS_MAX 16

/* Serve on the socket `path` (mode 0600, replaced where it is left over) until SIGTERM or SIGINT. Only
 * processes of the own user and of root may connect. False where the socket cannot be made, or the
 * signer's state could not be stored. */
NODISCARD bool signer_serve(struct signer *signer, const char *path, struct fault *fault);

#endif /* TOOLS_SIGNER_SERVICE_H */
