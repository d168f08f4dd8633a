/* A prover that follows pv-snip 5.2 word by word, over tables of elements of K, for any vector of
 * elements and any auxiliary vector: a second implementation of the fast one, and the tool of a
 * prover that cheats. */
#ifndef TESTS_LIB_NORM_SLOW_H
#define TESTS_LIB_NORM_SLOW_H

#include "crypto/norm_verify.h"

/* What a test switches off, to show that it is needed. */
enum norm_ablation {
    NORM_ABLATION_NONE = 0,
    NORM_ABLATION_ROWS,  /* no equation <P_w, x> = bits */
    NORM_ABLATION_BITS,  /* no constraint that a bit is one */
    NORM_ABLATION_CHI_0, /* the bits' weights start with 1 */
};

void norm_ablate_chi(struct field_ext chi[NORM_CHI_MAX], enum norm_ablation ablation);
void norm_ablate_theta(struct norm_theta *theta, const struct norm_layout *layout,
                       enum norm_ablation ablation);

/* Fill in all of *proof but root2 and nonce2, which it has. `x` and `aux` are plain elements. */
void norm_prove_slowly(struct norm_proof *proof, const struct norm_layout *layout,
                       const struct norm_statement *statement, const uint64_t *x,
                       const uint64_t *aux, enum norm_ablation ablation);

#endif /* TESTS_LIB_NORM_SLOW_H */
