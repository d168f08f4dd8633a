#include "crypto/norm_kernels.h"

#if defined(__x86_64__)

#include "crypto/field_avx512.h"

#define VECTOR    __m512i
#define STEPS_MAX 1024 /* sums of products that fit their limbs */

#include "crypto/norm_vector.h"

WIDE static int64_t lanes_sum(__m512i value)
{
    return (int64_t)_mm512_reduce_add_epi64(value);
}

WIDE static void moments(struct norm_moments *sum, const int64_t *low, const int64_t *high,
                         size_t count)
{
    __m512i zero = _mm512_setzero_si512();
    __m512i aa = zero;
    __m512i ad = zero;
    __m512i dd = zero;
    __m512i sum_a = zero;
    __m512i sum_d = zero;
    size_t k = 0;
    for (; k + LANES <= count; k += LANES) {
        __m512i a = load(low + k);
        __m512i d = _mm512_sub_epi64(high == NULL ? zero : load(high + k), a);
        aa = _mm512_add_epi64(aa, _mm512_mul_epi32(a, a)); /* they fit 32 bits */
        ad = _mm512_add_epi64(ad, _mm512_mul_epi32(a, d));
        dd = _mm512_add_epi64(dd, _mm512_mul_epi32(d, d));
        sum_a = _mm512_add_epi64(sum_a, a);
        sum_d = _mm512_add_epi64(sum_d, d);
    }
    sum->aa += lanes_sum(aa);
    sum->ad += lanes_sum(ad);
    sum->dd += lanes_sum(dd);
    sum->a += lanes_sum(sum_a);
    sum->d += lanes_sum(sum_d);
    norm_kernels_portable.moments(sum, low + k, high == NULL ? NULL : high + k, count - k);
}

static struct norm_squares squares(const uint64_t *z_a, const uint64_t *z_b, size_t half)
{
    return norm_kernels_portable.squares(z_a, z_b, half);
}

/* (a + bX)^2 in limbs: a^2, b^2 and ab apart. */
struct square_sum {
    struct limbs aa;
    struct limbs bb;
    struct limbs ab;
};

IFMA static inline void add_square(struct square_sum *sum, __m512i a, __m512i b)
{
    limbs_add(&sum->aa, a, a);
    limbs_add(&sum->bb, b, b);
    limbs_add(&sum->ab, a, b);
}

IFMA static struct field_ext square_sum_value(const struct square_sum *sum)
{
    uint64_t bb = field_mul(limbs_value(&sum->bb), FIELD_NON_RESIDUE);
    uint64_t ab = limbs_value(&sum->ab);
    return (struct field_ext){field_add(limbs_value(&sum->aa), bb), field_add(ab, ab)};
}

IFMA static struct norm_squares squares_ifma(const uint64_t *z_a, const uint64_t *z_b, size_t half)
{
    struct norm_squares result = {{0, 0}, {0, 0}};
    if (half % LANES != 0) {
        return squares(z_a, z_b, half);
    }
    for (size_t k = 0; k < half;) {
        struct square_sum at_0 = {0};
        struct square_sum at_2 = {0};
        for (unsigned step = 0; step < STEPS_MAX && k < half; step++, k += LANES) {
            __m512i a = load(z_a + k);
            __m512i b = load(z_b + k);
            __m512i high_a = load(z_a + half + k);
            __m512i high_b = load(z_b + half + k);
            add_square(&at_0, a, b);
            add_square(&at_2, vector_sub(vector_add(high_a, high_a), a),
                       vector_sub(vector_add(high_b, high_b), b));
        }
        result.at_0 = field_ext_add(result.at_0, square_sum_value(&at_0));
        result.at_2 = field_ext_add(result.at_2, square_sum_value(&at_2));
    }
    return result;
}

const struct norm_kernels norm_kernels_avx512 = {
    .moments = moments,
    .fold_integers = fold_integers,
    .squares = squares,
    .fold = fold,
};

const struct norm_kernels norm_kernels_ifma = {
    .moments = moments,
    .fold_integers = fold_integers,
    .squares = squares_ifma,
    .fold = fold,
};

#endif
