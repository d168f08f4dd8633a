/* Arithmetic of F in eight lanes. For the kernels alone: whoever includes it has seen that the processor
 * has AVX-512 F, DQ and VL, and IFMA for what is marked so. Elements are below p, as everywhere. */
#ifndef CRYPTO_FIELD_AVX512_H
#define CRYPTO_FIELD_AVX512_H

#include "crypto/field.h"

#include <immintrin.h>

#define WIDE __attribute__((target("avx512f,avx512dq,avx512vl")))
#define IFMA __attribute__((target("avx512f,avx512dq,avx512vl,avx512ifma")))

#define LANES 8

WIDE static inline __m512i load(const void *from)
{
    return _mm512_loadu_si512(from);
}

WIDE static inline __m512i splat(uint64_t value)
{
    return _mm512_set1_epi64((long long)value);
}

/* Operands are below p, as are results. */
WIDE static inline __m512i vector_sub(__m512i a, __m512i b)
{
    __mmask8 borrow = _mm512_cmplt_epu64_mask(a, b);
    __m512i difference = _mm512_sub_epi64(a, b);
    return _mm512_mask_add_epi64(difference, borrow, difference, splat(FIELD_MODULUS));
}

WIDE static inline __m512i vector_add(__m512i a, __m512i b)
{
    return vector_sub(a, _mm512_sub_epi64(splat(FIELD_MODULUS), b)); /* p itself does no harm. */
}

/* Any 64-bit integer modulo p. */
WIDE static inline __m512i canonical(__m512i a)
{
    return _mm512_min_epu64(a, _mm512_sub_epi64(a, splat(FIELD_MODULUS)));
}

/* field_reduce(). */
WIDE static inline __m512i reduce(__m512i low, __m512i high)
{
    __m512i epsilon = splat(FIELD_EPSILON);
    __m512i top = _mm512_srli_epi64(high, 32);
    __mmask8 borrow = _mm512_cmplt_epu64_mask(low, top);
    __m512i rest = _mm512_sub_epi64(low, top);
    rest = _mm512_mask_sub_epi64(rest, borrow, rest, epsilon);
    __m512i middle = _mm512_mul_epu32(high, epsilon);
    __m512i sum = _mm512_add_epi64(rest, middle);
    __mmask8 carry = _mm512_cmplt_epu64_mask(sum, middle);
    return canonical(_mm512_mask_add_epi64(sum, carry, sum, epsilon));
}

WIDE static inline __m512i vector_mul(__m512i x, __m512i y)
{
    __m512i x_high = _mm512_srli_epi64(x, 32);
    __m512i y_high = _mm512_srli_epi64(y, 32);
    __m512i low = _mm512_mul_epu32(x, y);
    __m512i cross = _mm512_mul_epu32(x, y_high);
    __m512i middle =
        _mm512_add_epi64(_mm512_mul_epu32(x_high, y), _mm512_srli_epi64(low, 32)); /* fits */
    cross = _mm512_add_epi64(cross, _mm512_and_si512(middle, splat(FIELD_EPSILON)));
    __m512i high =
        _mm512_add_epi64(_mm512_mul_epu32(x_high, y_high), _mm512_srli_epi64(middle, 32));
    high = _mm512_add_epi64(high, _mm512_srli_epi64(cross, 32));
    low = _mm512_mask_blend_epi32(0xaaaa, low, _mm512_slli_epi64(cross, 32));
    return reduce(low, high);
}

WIDE static inline void store(uint64_t *to, __m512i value)
{
    _mm512_storeu_si512(to, value);
}

WIDE static inline __m512i vector_from_signed(__m512i value)
{
    __mmask8 negative = _mm512_movepi64_mask(value);
    return _mm512_mask_add_epi64(value, negative, value, splat(FIELD_MODULUS));
}

/* Sums of products as c0 + 2^52 c1 + 2^104 c2, a product being split in limbs of 52 bits. Each step
 * adds less than 3 * 2^52 to c1, so 1024 of them, and up to 1365, fit. */
#define LIMB_BITS  52
#define LIMB_MASK  ((UINT64_C(1) << LIMB_BITS) - 1)
#define TWO_TO_104 (FIELD_MODULUS - 256) /* 2^104 = 2^8 * 2^96 modulo p */

struct limbs {
    __m512i c0;
    __m512i c1;
    __m512i c2;
};

IFMA static inline void limbs_add(struct limbs *sum, __m512i x, __m512i y)
{
    __m512i x_high = _mm512_srli_epi64(x, LIMB_BITS);
    __m512i y_high = _mm512_srli_epi64(y, LIMB_BITS);
    sum->c0 = _mm512_madd52lo_epu64(sum->c0, x, y); /* It reads the low 52 bits of each. */
    sum->c1 = _mm512_madd52hi_epu64(sum->c1, x, y);
    sum->c1 = _mm512_madd52lo_epu64(sum->c1, x, y_high);
    sum->c1 = _mm512_madd52lo_epu64(sum->c1, x_high, y);
    sum->c2 = _mm512_madd52hi_epu64(sum->c2, x, y_high);
    sum->c2 = _mm512_madd52hi_epu64(sum->c2, x_high, y);
    sum->c2 = _mm512_madd52lo_epu64(sum->c2, x_high, y_high);
}

/* Carries are settled first, so that eight lanes can be added up in 64 bits. */
IFMA static inline uint64_t limbs_value(const struct limbs *sum)
{
    __m512i mask = splat(LIMB_MASK);
    __m512i c1 = _mm512_add_epi64(sum->c1, _mm512_srli_epi64(sum->c0, LIMB_BITS));
    __m512i c2 = _mm512_add_epi64(sum->c2, _mm512_srli_epi64(c1, LIMB_BITS));
    uint64_t w0 = (uint64_t)_mm512_reduce_add_epi64(_mm512_and_si512(sum->c0, mask));
    uint64_t w1 = (uint64_t)_mm512_reduce_add_epi64(_mm512_and_si512(c1, mask));
    uint64_t w2 = (uint64_t)_mm512_reduce_add_epi64(c2);
    uint64_t below = field_reduce(((field_wide)w1 << LIMB_BITS) + w0);
    return field_add(below, field_mul(w2, TWO_TO_104));
}

#endif /* CRYPTO_FIELD_AVX512_H */
