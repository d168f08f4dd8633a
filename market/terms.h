/* What a model may offer. */
#ifndef MARKET_TERMS_H
#define MARKET_TERMS_H

#include "crypto/norm_layout.h"
#include "market/accounts.h"

#define TERMS_SCALE_BITS_MAX      48
#define TERMS_PUBLISH_BLOCKS      10 /* heights of PUBLISH beside those that publish_cap fills */
#define TERMS_JUSTIFY_ELEMENT_GAS 4  /* for each element of a share */
#define TERMS_JUSTIFY_BASE_GAS    1000000 /* at most, for all that does not depend on the dimension */
#define TERMS_JUSTIFY_ENTRIES     32      /* of the projection for one gas */
#define TERMS_OWNERS_MIN          3       /* with fewer, the sum says too much of a single owner */

/* Units of escrow for one round: reward and a fee for every server. False where it does not fit. */
NODISCARD bool terms_round_cost(const struct model_terms *terms, uint64_t *cost);

/* What the norm proof is about. */
struct norm_params terms_norm_params(const struct model_terms *terms);

/* The layout of the norm proof; of terms that passed terms_check() (asserted). */
void terms_layout(struct norm_layout *out, const struct model_terms *terms);

/* Gas that DISPUTE_JUSTIFY charges for what it computes: a share of d + nA elements, hashed, decrypted and
 * weighed, and the projection of d columns and k rows made anew. */
uint64_t terms_justify_gas(const struct model_terms *terms);

/* Every rule that terms must meet, each refused with a code of its own. */
NODISCARD bool terms_check(struct native_call *call, const struct model_terms *terms);

#endif /* MARKET_TERMS_H */
