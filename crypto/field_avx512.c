#include "crypto/field_kernels.h"

#if defined(__x86_64__)

#include "crypto/field_avx512.h"

WIDE static void add(uint64_t *sum, const uint64_t *terms, size_t count)
{
    size_t k = 0;
    for (; k + LANES <= count; k += LANES) {
        store(sum + k, vector_add(load(sum + k), load(terms + k)));
    }
    field_kernels_portable.add(sum + k, terms + k, count - k);
}

WIDE static void subtract(uint64_t *sum, const uint64_t *terms, size_t count)
{
    size_t k = 0;
    for (; k + LANES <= count; k += LANES) {
        store(sum + k, vector_sub(load(sum + k), load(terms + k)));
    }
    field_kernels_portable.subtract(sum + k, terms + k, count - k);
}

WIDE static void from_signed(uint64_t *out, const int64_t *values, size_t count)
{
    size_t k = 0;
    for (; k + LANES <= count; k += LANES) {
        store(out + k, vector_from_signed(load(values + k)));
    }
    field_kernels_portable.from_signed(out + k, values + k, count - k);
}

WIDE static size_t check(const uint8_t *in, size_t count)
{
    size_t k = 0;
    for (; k + LANES <= count; k += LANES) {
        if (_mm512_cmpge_epu64_mask(load(in + FIELD_SIZE * k), splat(FIELD_MODULUS)) != 0) {
            break; /* Which of these it is, the rest finds out. */
        }
    }
    return k + field_kernels_portable.check(in + FIELD_SIZE * k, count - k);
}

WIDE static void combine(uint64_t *out, const uint64_t *const *inputs,
                         const struct field_factor *factors, unsigned input_count, size_t count)
{
    const uint64_t *rest[FIELD_COMBINE_MAX];
    size_t k = 0;
    for (; k + LANES <= count; k += LANES) {
        __m512i sum = _mm512_setzero_si512();
        for (unsigned i = 0; i < input_count; i++) {
            sum = vector_add(sum, vector_mul(load(inputs[i] + k), splat(factors[i].value)));
        }
        store(out + k, sum);
    }
    field_rest(rest, inputs, input_count, k);
    field_kernels_portable.combine(out + k, rest, factors, input_count, count - k);
}

/* low + 2^32 high modulo p for both below 2^63. */
WIDE static inline __m512i join_halves(__m512i low, __m512i high)
{
    __m512i sum = _mm512_add_epi64(low, _mm512_slli_epi64(high, 32));
    __mmask8 carry = _mm512_cmplt_epu64_mask(sum, low);
    high = _mm512_srli_epi64(high, 32);
    high = _mm512_mask_add_epi64(high, carry, high, splat(1));
    return reduce(sum, high);
}

/* The halves of an element times 20 bits are 52 bits, so 16 of them can be summed. */
WIDE static void combine_small(uint64_t *out, const uint64_t *const *inputs,
                               const struct field_factor *factors, unsigned input_count,
                               size_t count)
{
    const uint64_t *rest[FIELD_COMBINE_MAX];
    size_t k = 0;
    for (; k + LANES <= count; k += LANES) {
        __m512i low = _mm512_setzero_si512();
        __m512i high = _mm512_setzero_si512();
        for (unsigned i = 0; i < input_count; i++) {
            __m512i element = load(inputs[i] + k);
            __m512i magnitude = splat(factors[i].magnitude);
            __mmask8 negative = (__mmask8)factors[i].negative;
            element = _mm512_mask_sub_epi64(element, negative, splat(FIELD_MODULUS), element);
            low = _mm512_add_epi64(low, _mm512_mul_epu32(element, magnitude));
            element = _mm512_srli_epi64(element, 32);
            high = _mm512_add_epi64(high, _mm512_mul_epu32(element, magnitude));
        }
        store(out + k, join_halves(low, high));
    }
    field_rest(rest, inputs, input_count, k);
    field_kernels_portable.combine_small(out + k, rest, factors, input_count, count - k);
}

/* Products of a half of an element and 22 bits of a weight are 54 bits, so 1024 of them can be summed
 * as they are: [i] is the sum for bits 22 i of the weight. */
#define PART_BITS 22
#define STEPS_MAX 1024

struct parts {
    __m512i low[3];
    __m512i high[3];
};

WIDE static inline void parts_add(struct parts *sum, __m512i x, __m512i weight)
{
    __m512i mask = splat((UINT64_C(1) << PART_BITS) - 1);
    __m512i x_high = _mm512_srli_epi64(x, 32);
    __m512i w0 = _mm512_and_si512(weight, mask);
    __m512i w1 = _mm512_and_si512(_mm512_srli_epi64(weight, PART_BITS), mask);
    __m512i w2 = _mm512_srli_epi64(weight, 2 * PART_BITS);
    sum->low[0] = _mm512_add_epi64(sum->low[0], _mm512_mul_epu32(x, w0));
    sum->low[1] = _mm512_add_epi64(sum->low[1], _mm512_mul_epu32(x, w1));
    sum->low[2] = _mm512_add_epi64(sum->low[2], _mm512_mul_epu32(x, w2));
    sum->high[0] = _mm512_add_epi64(sum->high[0], _mm512_mul_epu32(x_high, w0));
    sum->high[1] = _mm512_add_epi64(sum->high[1], _mm512_mul_epu32(x_high, w1));
    sum->high[2] = _mm512_add_epi64(sum->high[2], _mm512_mul_epu32(x_high, w2));
}

/* The sum of the lanes: of halves first, which do not overflow. */
WIDE static inline field_wide lanes_sum(__m512i value)
{
    __m512i low = _mm512_and_si512(value, splat(FIELD_EPSILON));
    uint64_t high = (uint64_t)_mm512_reduce_add_epi64(_mm512_srli_epi64(value, 32));
    return ((field_wide)high << 32) + (uint64_t)_mm512_reduce_add_epi64(low);
}

WIDE static uint64_t parts_value(const struct parts *sum)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 3; i++) {
        field_wide part = lanes_sum(sum->low[i]) + (lanes_sum(sum->high[i]) << 32);
        value = field_add(value, field_mul(field_reduce(part), UINT64_C(1) << (PART_BITS * i)));
    }
    return value;
}

WIDE static struct field_ext dot(const uint64_t *elements, const uint64_t *a, const uint64_t *b,
                                 size_t count)
{
    struct field_ext result = {0};
    size_t k = 0;
    while (k + LANES <= count) {
        struct parts sum_a = {0};
        struct parts sum_b = {0};
        for (unsigned step = 0; step < STEPS_MAX && k + LANES <= count; step++, k += LANES) {
            __m512i element = load(elements + k);
            parts_add(&sum_a, element, load(a + k));
            parts_add(&sum_b, element, load(b + k));
        }
        struct field_ext part = {parts_value(&sum_a), parts_value(&sum_b)};
        result = field_ext_add(result, part);
    }
    return field_ext_add(result, field_kernels_portable.dot(elements + k, a + k, b + k, count - k));
}

IFMA static struct field_ext dot_ifma(const uint64_t *elements, const uint64_t *a,
                                      const uint64_t *b, size_t count)
{
    struct field_ext result = {0};
    size_t k = 0;
    while (k + LANES <= count) {
        struct limbs sum_a = {0};
        struct limbs sum_b = {0};
        for (unsigned step = 0; step < STEPS_MAX && k + LANES <= count; step++, k += LANES) {
            __m512i element = load(elements + k);
            limbs_add(&sum_a, element, load(a + k));
            limbs_add(&sum_b, element, load(b + k));
        }
        struct field_ext part = {limbs_value(&sum_a), limbs_value(&sum_b)};
        result = field_ext_add(result, part);
    }
    return field_ext_add(result, field_kernels_portable.dot(elements + k, a + k, b + k, count - k));
}

const struct field_kernels field_kernels_avx512 = {
    .add = add,
    .subtract = subtract,
    .from_signed = from_signed,
    .check = check,
    .combine = combine,
    .combine_small = combine_small,
    .dot = dot,
};

const struct field_kernels field_kernels_ifma = {
    .add = add,
    .subtract = subtract,
    .from_signed = from_signed,
    .check = check,
    .combine = combine,
    .combine_small = combine_small,
    .dot = dot_ifma,
};

#endif
