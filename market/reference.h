/* g0, the public vector of a model's tests and values (pv-snip.md 6b, 6c).
 *
 * MODEL_PUBLISH brings it as its sidecar: a server that cannot have it would be silent, and penalised. */
#ifndef MARKET_REFERENCE_H
#define MARKET_REFERENCE_H

#include "market/accounts.h"

/* d elements of F, canonical (whoever stored them checked that), as centred integers; to be freed. */
int64_t *reference_read(struct bytes blob);

/* Is the call's sidecar the reference of terms that passed all other rules; none where they have none? It
 * must be canonical, with |g0| B < 2^62, what the reference test asks for beyond it, and with MODE_DISTANCE
 * |g0| <= 2^30, so that no value wraps. */
NODISCARD bool reference_check(struct native_call *call, const struct model_terms *terms);

#endif /* MARKET_REFERENCE_H */
