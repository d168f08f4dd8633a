/* The norm proofs of a round's owners, kept from PROVE to the round's end. */
#ifndef MARKET_PROOFS_H
#define MARKET_PROOFS_H

#include "crypto/norm_verify.h"
#include "market/participants.h"

/* What a proof is about. */
struct norm_statement proof_statement(const struct round_work *work,
                                      const struct participant *participant);

/* The proof of a seat that proved (asserted). `outcome` may be NULL. */
void proof_load(struct norm_proof *proof, struct norm_outcome *outcome,
                const struct round_work *work, const struct norm_layout *layout, uint16_t index);
void proof_erase_all(const struct round_work *work); /* Of all seats. */

#endif /* MARKET_PROOFS_H */
