/* The masked sumcheck of the norm proof (pv-snip 5.2, steps 3 to 5).
 *
 * Z has x, then the weighted bits, then zeros, 2^m in all, and Z^(X) = Z~(X) + X_1 (1 - X_1) R0. The
 * prover shows that Z^^2 + g sums to H over the cube, where g masks every message, and ends with
 * v = Z^(rho). Time and memory access depend on the layout alone. */
#ifndef CRYPTO_NORM_SUMCHECK_H
#define CRYPTO_NORM_SUMCHECK_H

#include "crypto/norm_equations.h"

struct norm_sumcheck {
    const struct norm_layout *layout;
    const int64_t *vector;        /* x */
    const struct field_ext *tail; /* Z from index d on: layout->product_count elements */
    struct field_ext masks[NORM_MASKS_MAX];
    struct field_ext blind; /* R0 */
    /* Entries of a table that is kept, 16 bytes each; 0: the usual 2^20. It is at least 2^(m - 6)
     * (asserted), and the proof does not depend on it. */
    size_t table_max;
};

/* `transcript` has absorbed H. Writes the rounds and v of the proof. */
void norm_sumcheck_prove(struct norm_proof *proof, struct transcript *transcript,
                         const struct norm_sumcheck *input);

#endif /* CRYPTO_NORM_SUMCHECK_H */
