/* Asking a candidate's node to sign that it follows the chain. */
#ifndef TOOLS_CLIENT_HEARTBEAT_H
#define TOOLS_CLIENT_HEARTBEAT_H

#include "market/operands.h"
#include "tools/client/fault.h"

/* What the node at `url` signs, as the operand of HEARTBEAT. False where it does not answer, has no
 * validator key, or answers something else. */
NODISCARD bool heartbeat_fetch(const char *url, struct heartbeat_operand *out, struct fault *fault);

#endif /* TOOLS_CLIENT_HEARTBEAT_H */
