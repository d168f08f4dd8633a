#include "crypto/norm_kernels.h"

#include "crypto/field_vector.h"

static void moments(struct norm_moments *sum, const int64_t *low, const int64_t *high, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        int64_t a = low[k];
        int64_t d = (high == NULL ? 0 : high[k]) - a;
        sum->aa += a * a;
        sum->ad += a * d;
        sum->dd += d * d;
        sum->a += a;
        sum->d += d;
    }
}

static void fold_integers(uint64_t *z_a, uint64_t *z_b, const int64_t *low, const int64_t *high,
                          size_t count, const struct norm_step *step)
{
    for (size_t k = 0; k < count; k++) {
        int64_t a = low[k];
        uint64_t d = field_from_signed((high == NULL ? 0 : high[k]) - a);
        uint64_t base = field_add(field_from_signed(a), step->shift.a);
        z_a[k] = field_add(base, field_mul(step->rho.a, d));
        z_b[k] = field_add(step->shift.b, field_mul(step->rho.b, d));
    }
}

/* (a + bX)^2 = a^2 + 7 b^2 + 2abX, with the three sums kept apart. */
struct square_sum {
    struct field_sum aa;
    struct field_sum bb;
    struct field_sum ab;
};

static inline void add_square(struct square_sum *sum, uint64_t a, uint64_t b)
{
    field_sum_add(&sum->aa, a, a);
    field_sum_add(&sum->bb, b, b);
    field_sum_add(&sum->ab, a, b);
}

static struct field_ext square_sum_value(const struct square_sum *sum)
{
    uint64_t bb = field_mul(field_sum_value(&sum->bb), FIELD_NON_RESIDUE);
    uint64_t ab = field_sum_value(&sum->ab);
    return (struct field_ext){field_add(field_sum_value(&sum->aa), bb), field_add(ab, ab)};
}

static struct norm_squares squares(const uint64_t *z_a, const uint64_t *z_b, size_t half)
{
    struct square_sum at_0 = {0};
    struct square_sum at_2 = {0};
    for (size_t k = 0; k < half; k++) {
        uint64_t high_a = z_a[half + k];
        uint64_t high_b = z_b[half + k];
        add_square(&at_0, z_a[k], z_b[k]);
        add_square(&at_2, field_sub(field_add(high_a, high_a), z_a[k]),
                   field_sub(field_add(high_b, high_b), z_b[k]));
    }
    return (struct norm_squares){square_sum_value(&at_0), square_sum_value(&at_2)};
}

/* a x + b y modulo p; 2^128 = -2^32 modulo p. */
static inline uint64_t two_products(uint64_t a, uint64_t x, uint64_t b, uint64_t y)
{
    field_wide first = (field_wide)a * x;
    field_wide sum = first + (field_wide)b * y;
    uint64_t carry = (uint64_t)(sum < first);
    return field_sub(field_reduce(sum), carry << 32);
}

static void fold(uint64_t *z_a, uint64_t *z_b, size_t half, struct field_ext rho)
{
    uint64_t rho_7b = field_mul(rho.b, FIELD_NON_RESIDUE);
    for (size_t k = 0; k < half; k++) {
        uint64_t a = field_sub(z_a[half + k], z_a[k]);
        uint64_t b = field_sub(z_b[half + k], z_b[k]);
        z_a[k] = field_add(z_a[k], two_products(rho.a, a, rho_7b, b));
        z_b[k] = field_add(z_b[k], two_products(rho.a, b, rho.b, a));
    }
}

const struct norm_kernels norm_kernels_portable = {
    .moments = moments,
    .fold_integers = fold_integers,
    .squares = squares,
    .fold = fold,
};

const struct norm_kernels *norm_kernels(void)
{
#if defined(__x86_64__)
    switch (field_vector_level()) {
    case FIELD_LEVEL_PORTABLE:
        break;
    case FIELD_LEVEL_AVX2:
        return &norm_kernels_avx2;
    case FIELD_LEVEL_AVX512:
        return &norm_kernels_avx512;
    case FIELD_LEVEL_IFMA:
        return &norm_kernels_ifma;
    }
#endif
    return &norm_kernels_portable;
}
