/* The loops of the sumcheck over 2^m elements. None branches on a value or looks it up. */
#ifndef CRYPTO_NORM_KERNELS_H
#define CRYPTO_NORM_KERNELS_H

#include "crypto/field.h"

/* Of pairs (a, b) of integers with d = b - a: what round 1 is a polynomial of. */
struct norm_moments {
    int64_t aa;
    int64_t ad;
    int64_t dd;
    int64_t a;
    int64_t d;
};

/* Sums of squares in K of the lower half of a table, and of twice the upper half less the lower. */
struct norm_squares {
    struct field_ext at_0;
    struct field_ext at_2;
};

/* How round 1 folds: z = low + rho (high - low) + shift. */
struct norm_step {
    struct field_ext rho;
    struct field_ext shift;
};

struct norm_kernels {
    /* Add the moments of `count` pairs low[k], high[k]; the sum of all squares is below 2^52. */
    void (*moments)(struct norm_moments *sum, const int64_t *low, const int64_t *high,
                    size_t count);
    /* z[k] of low[k] and high[k], where `high` is NULL for zeros. */
    void (*fold_integers)(uint64_t *z_a, uint64_t *z_b, const int64_t *low, const int64_t *high,
                          size_t count, const struct norm_step *step);
    /* Of a table of 2 * half elements a + bX. */
    struct norm_squares (*squares)(const uint64_t *z_a, const uint64_t *z_b, size_t half);
    /* z[k] = z[k] + rho (z[half + k] - z[k]). */
    void (*fold)(uint64_t *z_a, uint64_t *z_b, size_t half, struct field_ext rho);
};

extern const struct norm_kernels norm_kernels_portable;
#if defined(__x86_64__)
extern const struct norm_kernels norm_kernels_avx2;
extern const struct norm_kernels norm_kernels_avx512;
extern const struct norm_kernels norm_kernels_ifma;
#endif

const struct norm_kernels *norm_kernels(void); /* Of field_vector_level(). */

#endif /* CRYPTO_NORM_KERNELS_H */
