/* Aggregation servers: registered with a stake and an encryption key, named by models, penalised for
 * what they fail to do. */
#ifndef MARKET_SERVERS_H
#define MARKET_SERVERS_H

#include "market/accounts.h"

/* False, and zeros, where the account never registered. `endpoint` is borrowed until the next write. */
bool server_load(struct state *state, const struct address *address, struct server *out);

/* What the proof of a registration signs: H_souk/server/v1(chain_id || address || encryption_key). */
void server_message(struct hash *out, const struct hash *chain_id, const struct address *address,
                    const struct point *encryption_key);

/* Is `endpoint` "http://host:port" with a port of 1 .. 65535 and no path? *wrong is the character at
 * which it is not. */
NODISCARD bool server_endpoint_valid(struct bytes endpoint, uint64_t *wrong);

/* Move up to `amount` of the stake to the treasury and count the penalty. Returns what was there. */
uint64_t server_penalise(struct state *state, const struct address *address, uint64_t amount);

/* One open model more (or fewer) names this registered server. */
void server_count_model(struct state *state, const struct address *address, bool opened);

bool servers_register(struct native_call *call); /* SERVER_REGISTER */
bool servers_leave(struct native_call *call);    /* SERVER_LEAVE */
bool servers_stake(struct native_call *call);    /* SERVER_STAKE: also while models name it */

#endif /* MARKET_SERVERS_H */
