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

/* What a report would do in the next block. */
enum evidence_outlook {
    EVIDENCE_EARLY, /* be refused, and perhaps not later: the votes are of a block above it */
    EVIDENCE_JAILS, /* jail */
    EVIDENCE_VAIN,  /* be refused, now and later */
};

/* Two votes of `validator` for `height`, which contradict each other, are known; the state is that after
 * block `executed`. In vain are votes that are too old, or whose signer was none of the validators of their
 * height, is none any more, is jailed, or was pardoned since. Nothing is said of votes above the next block:
 * this state need not know the set of their height. */
enum evidence_outlook evidence_foresee(struct state *state, uint64_t executed,
                                       const struct public_key *validator, uint64_t height);

/* The transaction by which `sender` reports, all but its signature: `wanted` has everything but the gas
 * and its price, which are set in both. The program is appended to `program`, which must outlive it. */
void evidence_transaction(struct transaction *out, struct buffer *program, struct state *state,
                          const struct public_key *sender, struct signing_evidence *wanted);

#endif /* MARKET_EVIDENCE_H */
