/* Naming a round on the command line. */
#ifndef TOOLS_WALLET_ROUND_H
#define TOOLS_WALLET_ROUND_H

#include "tools/wallet/session.h"

struct round_name {
    uint64_t model;
    uint32_t round;
};

/* MODEL and ROUND, the first two arguments; without ROUND the last round that was opened. */
NODISCARD bool round_name_read(struct session *session, struct round_name *out,
                               struct fault *fault);

#endif /* TOOLS_WALLET_ROUND_H */
