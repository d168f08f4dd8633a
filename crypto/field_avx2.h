/* Arithmetic of F in four lanes. For the kernels alone: whoever includes it has seen that the processor
 * has AVX2. Elements are below p, as everywhere. */
#ifndef CRYPTO_FIELD_AVX2_H
#define CRYPTO_FIELD_AVX2_H

#include "crypto/field.h"

#include <immintrin.h>

#define WIDE __attribute__((target("avx2")))

#define LANES 4

WIDE static inline __m256i load(const void *from)
{
    return _mm256_loadu_si256(from);
}

WIDE static inline void store(uint64_t *to, __m256i value)
{
    _mm256_storeu_si256((__m256i *)(void *)to, value);
}

WIDE static inline __m256i splat(uint64_t value)
{
    return _mm256_set1_epi64x((long long)value);
}

/* All bits set in the lanes where a < b: there are only signed comparisons. */
WIDE static inline __m256i is_less(__m256i a, __m256i b)
{
    __m256i sign = splat(UINT64_C(1) << 63);
    return _mm256_cmpgt_epi64(_mm256_xor_si256(b, sign), _mm256_xor_si256(a, sign));
}

/* Operands are below p, as are results. */
WIDE static inline __m256i vector_sub(__m256i a, __m256i b)
{
    __m256i modulus = _mm256_and_si256(is_less(a, b), splat(FIELD_MODULUS));
    return _mm256_add_epi64(_mm256_sub_epi64(a, b), modulus);
}

WIDE static inline __m256i vector_add(__m256i a, __m256i b)
{
    return vector_sub(a, _mm256_sub_epi64(splat(FIELD_MODULUS), b)); /* p itself does no harm. */
}

/* Any 64-bit integer modulo p. */
WIDE static inline __m256i canonical(__m256i a)
{
    __m256i over = is_less(splat(FIELD_MODULUS - 1), a);
    return _mm256_sub_epi64(a, _mm256_and_si256(over, splat(FIELD_MODULUS)));
}

/* field_reduce(). */
WIDE static inline __m256i reduce(__m256i low, __m256i high)
{
    __m256i epsilon = splat(FIELD_EPSILON);
    __m256i top = _mm256_srli_epi64(high, 32);
    __m256i borrow = _mm256_and_si256(is_less(low, top), epsilon);
    __m256i rest = _mm256_sub_epi64(_mm256_sub_epi64(low, top), borrow);
    __m256i middle = _mm256_mul_epu32(high, epsilon);
    __m256i sum = _mm256_add_epi64(rest, middle);
    __m256i carry = _mm256_and_si256(is_less(sum, middle), epsilon);
    return canonical(_mm256_add_epi64(sum, carry));
}

WIDE static inline __m256i vector_mul(__m256i x, __m256i y)
{
    __m256i x_high = _mm256_srli_epi64(x, 32);
    __m256i y_high = _mm256_srli_epi64(y, 32);
    __m256i low = _mm256_mul_epu32(x, y);
    __m256i cross = _mm256_mul_epu32(x, y_high);
    __m256i middle =
        _mm256_add_epi64(_mm256_mul_epu32(x_high, y), _mm256_srli_epi64(low, 32)); /* fits */
    cross = _mm256_add_epi64(cross, _mm256_and_si256(middle, splat(FIELD_EPSILON)));
    __m256i high =
        _mm256_add_epi64(_mm256_mul_epu32(x_high, y_high), _mm256_srli_epi64(middle, 32));
    high = _mm256_add_epi64(high, _mm256_srli_epi64(cross, 32));
    low = _mm256_blend_epi32(low, _mm256_slli_epi64(cross, 32), 0xaa);
    return reduce(low, high);
}

WIDE static inline __m256i vector_from_signed(__m256i value)
{
    __m256i negative = _mm256_cmpgt_epi64(_mm256_setzero_si256(), value);
    return _mm256_add_epi64(value, _mm256_and_si256(negative, splat(FIELD_MODULUS)));
}

#endif /* CRYPTO_FIELD_AVX2_H */
