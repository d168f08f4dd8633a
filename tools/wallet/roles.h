/* Roles of accounts as words. */
#ifndef TOOLS_WALLET_ROLES_H
#define TOOLS_WALLET_ROLES_H

#include "tools/client/fault.h"

/* "publisher,contributor" or "none" as a mask. */
NODISCARD bool roles_parse(const char *text, uint8_t *mask, struct fault *fault);

#endif /* TOOLS_WALLET_ROLES_H */
