/* What prover, validator and server compute alike: the start of the transcript, the weights of the bit
 * constraints, and the weights of the sumcheck's mask (pv-snip 5.2). */
#ifndef CRYPTO_NORM_EQUATIONS_H
#define CRYPTO_NORM_EQUATIONS_H

#include "crypto/norm_proof.h"
#include "crypto/transcript.h"

#define NORM_MASKS_MAX (5 + 2 * (NORM_VARIABLES_MAX - 1))

/* Absorb the statement with root2 and draw layout->chi_count challenges. */
void norm_transcript_start(struct transcript *out, struct field_ext chi[NORM_CHI_MAX],
                           const struct norm_layout *layout, const struct norm_statement *statement,
                           const struct hash *root2);

/* c_k = chi_0 times the product of chi_{b+1} over the bits b of k, k < layout->product_count. chi_0 is
 * essential: with c_0 = 1 the first bit's constraint can cancel the norm equation. */
void norm_weights(struct field_ext *out, const struct norm_layout *layout,
                  const struct field_ext chi[NORM_CHI_MAX]);

/* The weight of mask coefficient `index` in G, the sum of g over the cube: 2^m for the constant, else
 * 2^(m-1). */
uint64_t norm_mask_total(const struct norm_layout *layout, unsigned index);

/* The monomials of g at rho: 1, rho_1 .. rho_1^4, rho_2, rho_2^2, rho_3 .. */
void norm_mask_monomials(struct field_ext out[NORM_MASKS_MAX], const struct norm_layout *layout,
                         const struct field_ext *rho);

/* rho (1 - rho): the weight of R0 at rho_1. */
struct field_ext norm_blind_weight(struct field_ext rho);

#endif /* CRYPTO_NORM_EQUATIONS_H */
