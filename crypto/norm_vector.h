/* The loops of norm_kernels.h over lanes. Included by one file for each set of instructions, which has
 * WIDE, LANES, VECTOR and the arithmetic of field_avx2.h or field_avx512.h. */
#ifndef CRYPTO_NORM_VECTOR_H
#define CRYPTO_NORM_VECTOR_H

#include "crypto/norm_kernels.h"

#if defined(VECTOR) /* alone it is empty */

WIDE static void fold_integers(uint64_t *z_a, uint64_t *z_b, const int64_t *low,
                               const int64_t *high, size_t count, const struct norm_step *step)
{
    size_t k = 0;
    for (; k + LANES <= count; k += LANES) {
        VECTOR a = vector_from_signed(load(low + k));
        VECTOR d = vector_sub(high == NULL ? splat(0) : vector_from_signed(load(high + k)), a);
        VECTOR base = vector_add(a, splat(step->shift.a));
        store(z_a + k, vector_add(base, vector_mul(d, splat(step->rho.a))));
        store(z_b + k, vector_add(splat(step->shift.b), vector_mul(d, splat(step->rho.b))));
    }
    norm_kernels_portable.fold_integers(z_a + k, z_b + k, low + k, high == NULL ? NULL : high + k,
                                        count - k, step);
}

WIDE static void fold(uint64_t *z_a, uint64_t *z_b, size_t half, struct field_ext rho)
{
    VECTOR rho_a = splat(rho.a);
    VECTOR rho_b = splat(rho.b);
    VECTOR rho_7b = splat(field_mul(rho.b, FIELD_NON_RESIDUE));
    if (half % LANES != 0) {
        norm_kernels_portable.fold(z_a, z_b, half, rho);
        return;
    }
    for (size_t k = 0; k < half; k += LANES) {
        VECTOR a = vector_sub(load(z_a + half + k), load(z_a + k));
        VECTOR b = vector_sub(load(z_b + half + k), load(z_b + k));
        VECTOR step_a = vector_add(vector_mul(a, rho_a), vector_mul(b, rho_7b));
        VECTOR step_b = vector_add(vector_mul(b, rho_a), vector_mul(a, rho_b));
        store(z_a + k, vector_add(load(z_a + k), step_a));
        store(z_b + k, vector_add(load(z_b + k), step_b));
    }
}

#endif

#endif /* CRYPTO_NORM_VECTOR_H */
