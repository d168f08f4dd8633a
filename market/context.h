/* The context of a round: what every commitment, key and beacon in it is bound to (pv-snip section 3).
 *
 * params_hash = H("PVS1/params" || Params) over all of the specification's fields in their order. There
 * is no beacon_mode but 0. task = LE64 model || 24 zero bytes. */
#ifndef MARKET_CONTEXT_H
#define MARKET_CONTEXT_H

#include "crypto/share.h"
#include "market/records.h"

/* The hash of the parameters alone. */
void context_params_hash(struct hash *out, const struct model_terms *terms,
                         const struct point *server_keys);

/* Fill everything that owners, servers and validators of a round share. `server_keys` are the
 * encryption keys of terms->servers, in order. */
void context_round(struct share_round *out, const struct hash *chain_id, const struct round *round,
                   const struct model_terms *terms, const struct point *server_keys);

/* The same from the state; the servers are registered while an open model names them (asserted). */
void context_load(struct share_round *out, struct state *state, const struct hash *chain_id,
                  const struct round *round, const struct model_terms *terms);

#endif /* MARKET_CONTEXT_H */
