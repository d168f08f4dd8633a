#include "crypto/field_kernels.h"

#if defined(__x86_64__)

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
        __m256i value = load(values + k);
        __m256i negative = _mm256_cmpgt_epi64(_mm256_setzero_si256(), value);
        __m256i modulus = _mm256_and_si256(negative, splat(FIELD_MODULUS));
        store(out + k, _mm256_add_epi64(value, modulus));
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
