/* What a server was given for a round, durable before it is acknowledged: owners' ciphertexts, and
 * the sums of the other servers. Files under <home>/rounds/<model>-<round>/. */
#ifndef TOOLS_SERVER_VAULT_H
#define TOOLS_SERVER_VAULT_H

#include "tools/server/server.h"

struct vault_round {
    uint64_t model;
    uint32_t round;
};

/* Keep a checked ciphertext. Writing the same again is harmless. */
NODISCARD bool vault_put_share(const struct aggregation_server *server,
                               const struct vault_round *round, const struct address *owner,
                               struct bytes ciphertext, struct fault *fault);
bool vault_has_share(const struct aggregation_server *server, const struct vault_round *round,
                     const struct address *owner);
NODISCARD bool vault_get_share(const struct aggregation_server *server,
                               const struct vault_round *round, const struct address *owner,
                               struct buffer *out, struct fault *fault);

/* Keep and get the sum of server j. */
NODISCARD bool vault_put_sum(const struct aggregation_server *server,
                             const struct vault_round *round, unsigned j, struct bytes sum,
                             struct fault *fault);
bool vault_has_sum(const struct aggregation_server *server, const struct vault_round *round,
                   unsigned j);
NODISCARD bool vault_get_sum(const struct aggregation_server *server,
                             const struct vault_round *round, unsigned j, struct buffer *out,
                             struct fault *fault);

/* The rounds of which something is kept, in *out, to be freed; returns their number. */
size_t vault_rounds(const struct aggregation_server *server, struct vault_round **out);

/* Remove everything of a round that has ended: later theft of keys must not open it. */
void vault_erase(const struct aggregation_server *server, const struct vault_round *round);

#endif /* TOOLS_SERVER_VAULT_H */
