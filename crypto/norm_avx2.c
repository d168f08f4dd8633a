#include "crypto/norm_kernels.h"

#if defined(__x86_64__)

#include "crypto/field_avx2.h"

#define VECTOR __m256i

#include "crypto/norm_vector.h"

/* Sums of the lanes; they are below 2^63 in magnitude, because the sum of all squares is below 2^52. */
WIDE static int64_t lanes_sum(__m256i value)
{
    uint64_t lanes[LANES];
    store(lanes, value);
    return (int64_t)(lanes[0] + lanes[1] + lanes[2] + lanes[3]);
}

WIDE static void moments(struct norm_moments *sum, const int64_t *low, const int64_t *high,
                         size_t count)
{
    __m256i zero = _mm256_setzero_si256();
    __m256i aa = zero;
    __m256i ad = zero;
    __m256i dd = zero;
    __m256i sum_a = zero;
    __m256i sum_d = zero;
    size_t k = 0;
    for (; k + LANES <= count; k += LANES) {
        __m256i a = load(low + k);
        __m256i d = _mm256_sub_epi64(high == NULL ? zero : load(high + k), a);
        aa = _mm256_add_epi64(aa, _mm256_mul_epi32(a, a)); /* they fit 32 bits */
        ad = _mm256_add_epi64(ad, _mm256_mul_epi32(a, d));
        dd = _mm256_add_epi64(dd, _mm256_mul_epi32(d, d));
        sum_a = _mm256_add_epi64(sum_a, a);
        sum_d = _mm256_add_epi64(sum_d, d);
    }
    sum->aa += lanes_sum(aa);
    sum->ad += lanes_sum(ad);
    sum->dd += lanes_sum(dd);
    sum->a += lanes_sum(sum_a);
    sum->d += lanes_sum(sum_d);
    norm_kernels_portable.moments(sum, low + k, high == NULL ? NULL : high + k, count - k);
}

/* Squares are summed by the 64-bit multiplier: in four lanes a product takes longer. */
static struct norm_squares squares(const uint64_t *z_a, const uint64_t *z_b, size_t half)
{
    return norm_kernels_portable.squares(z_a, z_b, half);
}

const struct norm_kernels norm_kernels_avx2 = {
    .moments = moments,
    .fold_integers = fold_integers,
    .squares = squares,
    .fold = fold,
};

#endif
