#include "crypto/field_kernels.h"

#if defined(__x86_64__)

#include "crypto/field_avx2.h"

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
        __m256i over = is_less(splat(FIELD_MODULUS - 1), load(in + FIELD_SIZE * k));
        if (_mm256_movemask_epi8(over) != 0) {
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
        __m256i sum = _mm256_setzero_si256();
        for (unsigned i = 0; i < input_count; i++) {
            sum = vector_add(sum, vector_mul(load(inputs[i] + k), splat(factors[i].value)));
        }
        store(out + k, sum);
    }
    field_rest(rest, inputs, input_count, k);
    field_kernels_portable.combine(out + k, rest, factors, input_count, count - k);
}

/* low + 2^32 high modulo p for both below 2^63. */
WIDE static inline __m256i join_halves(__m256i low, __m256i high)
{
    __m256i sum = _mm256_add_epi64(low, _mm256_slli_epi64(high, 32));
    __m256i carry = is_less(sum, low); /* -1 where there is one */
    return reduce(sum, _mm256_sub_epi64(_mm256_srli_epi64(high, 32), carry));
}

/* The halves of an element times 20 bits are 52 bits, so 16 of them can be summed. */
WIDE static void combine_small(uint64_t *out, const uint64_t *const *inputs,
                               const struct field_factor *factors, unsigned input_count,
                               size_t count)
{
    const uint64_t *rest[FIELD_COMBINE_MAX];
    size_t k = 0;
    for (; k + LANES <= count; k += LANES) {
        __m256i low = _mm256_setzero_si256();
        __m256i high = _mm256_setzero_si256();
        for (unsigned i = 0; i < input_count; i++) {
            uint64_t modulus = (FIELD_MODULUS + 1) & factors[i].negative;
            __m256i magnitude = splat(factors[i].magnitude);
            __m256i flipped = _mm256_xor_si256(load(inputs[i] + k), splat(factors[i].negative));
            __m256i element = _mm256_add_epi64(flipped, splat(modulus));
            low = _mm256_add_epi64(low, _mm256_mul_epu32(element, magnitude));
            element = _mm256_srli_epi64(element, 32);
            high = _mm256_add_epi64(high, _mm256_mul_epu32(element, magnitude));
        }
        store(out + k, join_halves(low, high));
    }
    field_rest(rest, inputs, input_count, k);
    field_kernels_portable.combine_small(out + k, rest, factors, input_count, count - k);
}

/* Products of a half of an element and 22 bits of a weight are 54 bits, so 1024 of them can be summed
 * as they are: [i] is the sum for bits 22 i of the weight. */
#define LIMB_BITS 22
#define STEPS_MAX ((size_t)1024)

struct limbs {
    __m256i low[3];
    __m256i high[3];
};

WIDE static inline void limbs_add(struct limbs *sum, __m256i x, __m256i weight)
{
    __m256i mask = splat((UINT64_C(1) << LIMB_BITS) - 1);
    __m256i x_high = _mm256_srli_epi64(x, 32);
    __m256i w0 = _mm256_and_si256(weight, mask);
    __m256i w1 = _mm256_and_si256(_mm256_srli_epi64(weight, LIMB_BITS), mask);
    __m256i w2 = _mm256_srli_epi64(weight, 2 * LIMB_BITS);
    sum->low[0] = _mm256_add_epi64(sum->low[0], _mm256_mul_epu32(x, w0));
    sum->low[1] = _mm256_add_epi64(sum->low[1], _mm256_mul_epu32(x, w1));
    sum->low[2] = _mm256_add_epi64(sum->low[2], _mm256_mul_epu32(x, w2));
    sum->high[0] = _mm256_add_epi64(sum->high[0], _mm256_mul_epu32(x_high, w0));
    sum->high[1] = _mm256_add_epi64(sum->high[1], _mm256_mul_epu32(x_high, w1));
    sum->high[2] = _mm256_add_epi64(sum->high[2], _mm256_mul_epu32(x_high, w2));
}

WIDE static field_wide lanes_sum(__m256i value)
{
    uint64_t lanes[LANES];
    store(lanes, value);
    return (field_wide)lanes[0] + lanes[1] + lanes[2] + lanes[3];
}

WIDE static uint64_t limbs_value(const struct limbs *sum)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 3; i++) {
        field_wide low = lanes_sum(sum->low[i]);
        field_wide high = lanes_sum(sum->high[i]);
        uint64_t part = field_reduce(low + (high << 32));
        value = field_add(value, field_mul(part, UINT64_C(1) << (LIMB_BITS * i)));
    }
    return value;
}

/* One weight at a time: the sums of both would not fit the registers. */
WIDE static uint64_t dot_one(const uint64_t *elements, const uint64_t *weights, size_t count)
{
    struct limbs sum = {0};
    for (size_t k = 0; k < count; k += LANES) {
        limbs_add(&sum, load(elements + k), load(weights + k));
    }
    return limbs_value(&sum);
}

WIDE static struct field_ext dot(const uint64_t *elements, const uint64_t *a, const uint64_t *b,
                                 size_t count)
{
    struct field_ext result = {0};
    size_t whole = count - count % LANES;
    size_t part = 0;
    for (size_t k = 0; k < whole; k += part) {
        part = whole - k < STEPS_MAX * LANES ? whole - k : STEPS_MAX * LANES;
        result.a = field_add(result.a, dot_one(elements + k, a + k, part));
        result.b = field_add(result.b, dot_one(elements + k, b + k, part));
    }
    return field_ext_add(
        result, field_kernels_portable.dot(elements + whole, a + whole, b + whole, count - whole));
}

const struct field_kernels field_kernels_avx2 = {
    .add = add,
    .subtract = subtract,
    .from_signed = from_signed,
    .check = check,
    .combine = combine,
    .combine_small = combine_small,
    .dot = dot,
};

#endif
