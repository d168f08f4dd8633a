/* The validator's side of the norm proof: replay, constants, the batch check, disputes (pv-snip 5.3,
 * 5.5, 4.3). Pure, and independent of the dimension but for its logarithm.
 *
 * Servers post E_j = sum over I of gamma_i e_ij. For an honest owner the e_ij lie on one polynomial of
 * degree t whose value at 0 is -c0_i, and c0_i is public. */
#ifndef CRYPTO_NORM_VERIFY_H
#define CRYPTO_NORM_VERIFY_H

#include "crypto/norm_proof.h"

/* theta_0 .. theta_{4+k} = XofField(B2, "PVS1/theta", ""). */
#define NORM_THETA_MAX (5 + NORM_ROWS_MAX)
struct norm_theta {
    struct field_ext weights[NORM_THETA_MAX];
};

void norm_theta_draw(struct norm_theta *out, const struct norm_layout *layout,
                     const struct hash *beacon_2);

/* What the transcript gives. */
struct norm_replay {
    struct field_ext chi[NORM_CHI_MAX];
    struct field_ext rho[NORM_VARIABLES_MAX];
    struct field_ext claim; /* of the last round of the sumcheck */
};

/* About 15 us. Never fails: a false proof shows in the batch check. */
void norm_replay(struct norm_replay *out, const struct norm_layout *layout,
                 const struct norm_statement *statement, const struct norm_proof *proof);

/* All that is needed of a proof after beacon 2: what a chain keeps for each owner. */
struct norm_outcome {
    struct field_ext sum; /* H */
    struct field_ext claim;
    struct field_ext value; /* v */
};

struct norm_outcome norm_outcome_of(const struct norm_replay *replay,
                                    const struct norm_proof *proof);

/* c0_i. */
struct field_ext norm_constant(const struct norm_layout *layout, const struct norm_theta *theta,
                               const struct norm_outcome *outcome);

#define NORM_VERDICT_LIST(X)                                                                       \
    X(NORM_ACCEPTED, "the values are those of an accepted owner")                                  \
    X(NORM_TOO_FEW, "fewer values than the threshold were posted")                                 \
    X(NORM_INCONSISTENT, "the values do not lie on one polynomial")                                \
    X(NORM_FALSE, "the values do not belong to a vector within the bound")

#define NORM_VERDICT_ENUM(name, text) name,
enum norm_verdict { NORM_VERDICT_LIST(NORM_VERDICT_ENUM) };
#undef NORM_VERDICT_ENUM

const char *norm_verdict_text(enum norm_verdict verdict); /* Static string; never NULL. */

/* V1 and V2: all posted values lie on one polynomial f of degree <= t, they are at least
 * 2 t + 1 - liar_count, and f(0) + constant = 0. For the batch the values are E_j and the constant is
 * the sum of gamma_i c0_i (aggregate_fold()); for one owner in the fallback e_ij and c0_i. */
NODISCARD enum norm_verdict norm_decide(const struct shamir_values *values, unsigned degree,
                                        unsigned liar_count, struct field_ext constant);

/* ---- Disputes on one owner whose values are NORM_INCONSISTENT (4.3) */

#define NORM_DISPUTE_LIST(X)                                                                       \
    X(NORM_OWNER_GUILTY, "the owner shared what lies on no polynomial")                            \
    X(NORM_BLAMED, "some servers are blamed and must justify themselves")                          \
    X(NORM_CLAIM_NEEDED, "too few values to tell: the owner must post its claim")

#define NORM_DISPUTE_ENUM(name, text) name,
enum norm_dispute { NORM_DISPUTE_LIST(NORM_DISPUTE_ENUM) };
#undef NORM_DISPUTE_ENUM

const char *norm_dispute_text(enum norm_dispute dispute); /* Static string; never NULL. */

/* Case 1, where at least 3 t + 1 - 2 liar_count values were posted: the servers off the one polynomial
 * that fits all but t - liar_count go to *blamed. Blame is no proof: a liar can shift it to an honest
 * server, who then justifies itself. NORM_CLAIM_NEEDED with fewer values. *blamed is 0 but for
 * NORM_BLAMED. */
NODISCARD enum norm_dispute norm_dispute_values(const struct shamir_values *posted, unsigned degree,
                                                unsigned liar_count, uint32_t *blamed);

/* Case 2: the owner's CLAIM has a value for each server of `posted` (asserted). GUILTY where it is not
 * on a polynomial of degree t, is wrong at 0, or differs from more than t - liar_count posts. */
NODISCARD enum norm_dispute norm_dispute_claim(const struct shamir_values *claimed,
                                               const struct shamir_values *posted, unsigned degree,
                                               unsigned liar_count, struct field_ext constant,
                                               uint32_t *blamed);

#endif /* CRYPTO_NORM_VERIFY_H */
