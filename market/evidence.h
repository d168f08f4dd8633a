/* Evidence: two votes of one validator that contradict each other jail it.
 *
 * A jailed validator keeps its vote and does not lead. Nobody is paid for evidence, so nobody has a
 * reason to provoke it. Only governance lets a validator out, and then everything it did before is
 * forgiven. */
#ifndef MARKET_EVIDENCE_H
#define MARKET_EVIDENCE_H

#include "market/refusals.h"
#include "market/signing.h"

#define EVIDENCE_AGE_MAX 100000 /* blocks */

bool evidence_submit(struct native_call *call); /* EVIDENCE */

/* Whom would two votes of `sender`, an index of the set of their height, jail now? False: nobody, for it
 * is none of the validators any more, jailed, or pardoned since. `height` is at most two above the last
 * block executed. */
NODISCARD bool evidence_offender(struct state *state, uint32_t sender, uint64_t height,
                                 struct public_key *out);

/* The transaction by which `sender` reports, all but its signature: `wanted` has everything but the gas
 * and its price, which are set in both. The program is appended to `program`, which must outlive it. */
void evidence_transaction(struct transaction *out, struct buffer *program, struct state *state,
                          const struct public_key *sender, struct signing_evidence *wanted);

#endif /* MARKET_EVIDENCE_H */
