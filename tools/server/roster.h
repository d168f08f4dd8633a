/* The owners of a round, as the chain has them, and this server's share of each. */
#ifndef TOOLS_SERVER_ROSTER_H
#define TOOLS_SERVER_ROSTER_H

#include "tools/client/round_setting.h"
#include "tools/server/vault.h"

struct roster {
    struct participant *owners; /* by index */
    uint16_t count;
    uint16_t *accepted; /* indices of the set I, in order of owner key */
    uint16_t accepted_count;
};

NODISCARD bool roster_load(struct rpc *rpc, const struct round *round, struct roster *out,
                           struct fault *fault);
void roster_close(struct roster *roster);

/* One round as this server sees it. */
struct duty_round {
    struct round_setting setting;
    struct roster roster;
    unsigned self; /* j of this server */
    struct vault_round name;
};

/* Has this server all it needs for its share of an owner? Servers 1 .. t always have. */
bool roster_holds(const struct aggregation_server *server, const struct duty_round *duty,
                  const struct participant *owner);

/* This server's share of an owner: share_count() elements, to be freed by the caller. NULL with a
 * line in `fault`. */
uint64_t *roster_share(const struct aggregation_server *server, const struct duty_round *duty,
                       const struct participant *owner, struct fault *fault);

#endif /* TOOLS_SERVER_ROSTER_H */
