/* Evidence: two votes of one validator that contradict each other jail it.
 *
 * A jailed validator keeps its vote and never leads. Nobody is paid for evidence, so nobody has a
 * reason to provoke it. Only governance lets a validator out, and then everything it did before is
 * forgiven. */
#ifndef MARKET_EVIDENCE_H
#define MARKET_EVIDENCE_H

#include "market/refusals.h"

#define EVIDENCE_AGE_MAX 100000 /* blocks */

bool evidence_submit(struct native_call *call); /* EVIDENCE */

#endif /* MARKET_EVIDENCE_H */
