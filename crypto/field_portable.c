#include "crypto/field_kernels.h"

static void add(uint64_t *sum, const uint64_t *terms, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        sum[k] = field_add(sum[k], terms[k]);
    }
}

static void subtract(uint64_t *sum, const uint64_t *terms, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        sum[k] = field_sub(sum[k], terms[k]);
    }
}

static void from_signed(uint64_t *out, const int64_t *values, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        out[k] = field_from_signed(values[k]);
    }
}

static size_t check(const uint8_t *in, size_t count)
{
    size_t k = 0;
    while (k < count && field_load(in + FIELD_SIZE * k) < FIELD_MODULUS) {
        k++;
    }
    return k;
}

static void combine(uint64_t *out, const uint64_t *const *inputs,
                    const struct field_factor *factors, unsigned input_count, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        struct field_sum sum = {0};
        for (unsigned i = 0; i < input_count; i++) {
            field_sum_add(&sum, inputs[i][k], factors[i].value);
        }
        out[k] = field_sum_value(&sum);
    }
}

/* Products of less than 2^84: their sum needs no more than one word and is reduced once. */
static void combine_small(uint64_t *out, const uint64_t *const *inputs,
                          const struct field_factor *factors, unsigned input_count, size_t count)
{
    for (size_t k = 0; k < count; k++) {
        field_wide sum = 0;
        for (unsigned i = 0; i < input_count; i++) {
            uint64_t flipped = inputs[i][k] ^ factors[i].negative;
            uint64_t element = flipped + ((FIELD_MODULUS + 1) & factors[i].negative);
            sum += (field_wide)element * factors[i].magnitude;
        }
        out[k] = field_reduce(sum);
    }
}

static struct field_ext dot(const uint64_t *elements, const uint64_t *a, const uint64_t *b,
                            size_t count)
{
    struct field_sum sum_a = {0};
    struct field_sum sum_b = {0};
    for (size_t k = 0; k < count; k++) {
        field_sum_add(&sum_a, elements[k], a[k]);
        field_sum_add(&sum_b, elements[k], b[k]);
    }
    return (struct field_ext){field_sum_value(&sum_a), field_sum_value(&sum_b)};
}

const struct field_kernels field_kernels_portable = {
    .add = add,
    .subtract = subtract,
    .from_signed = from_signed,
    .check = check,
    .combine = combine,
    .combine_small = combine_small,
    .dot = dot,
};
