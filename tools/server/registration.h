/* A server's keys, and how the chain comes to know them. */
#ifndef TOOLS_SERVER_REGISTRATION_H
#define TOOLS_SERVER_REGISTRATION_H

#include "tools/client/submit.h"
#include "tools/server/server.h"

/* Make <home>/wallets/identity.key and encryption.key. Refuses to replace either. */
NODISCARD bool server_keys_create(const char *home, const char *prefix,
                                  const struct wallet_password *password,
                                  const struct keystore_cost *cost, char address[ADDRESS_TEXT_MAX],
                                  struct fault *fault);

/* Open both keys into `server`, whose home is set. */
NODISCARD bool server_keys_open(struct aggregation_server *server,
                                const struct wallet_password *password, struct fault *fault);

/* The account of the server, without the password. */
NODISCARD bool server_keys_address(const char *home, char address[ADDRESS_TEXT_MAX],
                                   struct fault *fault);

/* What a server offers. */
struct server_offer {
    uint64_t stake;       /* units; 0: the chain's minimum */
    uint64_t fee_min;     /* units for a round; models that pay less may not name it */
    const char *endpoint; /* http://host:port */
};

/* Register on the chain. */
NODISCARD bool server_register(struct aggregation_server *server, const struct server_offer *offer,
                               struct submit_receipt *receipt, struct fault *fault);

#endif /* TOOLS_SERVER_REGISTRATION_H */
