/* What a model may offer. */
#ifndef MARKET_TERMS_H
#define MARKET_TERMS_H

#include "crypto/norm_layout.h"
#include "market/accounts.h"

#define TERMS_SCALE_BITS_MAX 48
#define TERMS_PUBLISH_BLOCKS 10 /* heights of PUBLISH beside those that publish_cap fills */
#define TERMS_OWNERS_MIN     3  /* with fewer, the sum says too much of a single owner */

/* Units of escrow for one round: reward and a fee for every server. False where it does not fit. */
NODISCARD bool terms_round_cost(const struct model_terms *terms, uint64_t *cost);

/* The layout of the norm proof; of terms that passed terms_check() (asserted). */
void terms_layout(struct norm_layout *out, const struct model_terms *terms);

/* Every rule that terms must meet, each refused with a code of its own. */
NODISCARD bool terms_check(struct native_call *call, const struct model_terms *terms);

#endif /* MARKET_TERMS_H */
