/* Naming validators: by name or by key. */
#ifndef TOOLS_WALLET_VALIDATOR_H
#define TOOLS_WALLET_VALIDATOR_H

#include "tools/wallet/session.h"

/* The voting key of the validator with this name, or the key itself as 64 hexadecimal digits. */
NODISCARD bool validator_parse(const struct session *session, struct public_key *out,
                               const char *text, struct fault *fault);

/* `size` bytes in hexadecimal; `what` names them in the fault. */
NODISCARD bool validator_parse_hex(uint8_t *out, size_t size, const char *what, const char *text,
                                   struct fault *fault);

#endif /* TOOLS_WALLET_VALIDATOR_H */
