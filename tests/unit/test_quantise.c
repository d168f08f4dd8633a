#include "tools/client/quantise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/field.h"
#include "tests/lib/check_run.h"

#define COUNT_MAX 1000

/* A vector without a name. `values` is not written. */
static struct tensors vector(double *values, size_t count, struct tensor *part)
{
    *part = (struct tensor){.shape = {count}, .dimensions = 1, .count = count};
    return (struct tensors){.values = values, .count = count, .parts = part, .part_count = 1};
}

static bool convert(int64_t *out, double *values, size_t count, const struct quantise_rule *rule,
                    double *factor, struct fault *fault)
{
    struct tensor part;
    int64_t *steps = NULL;
    double *copy = memory_new((count + 1) * sizeof(*copy));
    memcpy(copy, values, count * sizeof(*copy));
    struct tensors update = vector(copy, count, &part);
    bool good = quantise(&steps, &update, rule, factor, fault);
    ck_assert_msg((steps != NULL) == good && (update.values == NULL) == good, "who owns it");
    if (good) {
        memcpy(out, steps, count * sizeof(*out));
    } else {
        ck_assert_mem_eq(update.values, values, count * sizeof(*values));
    }
    free(steps);
    free(update.values);
    return good;
}

static uint64_t squares(const int64_t *steps, size_t count)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (uint64_t)(steps[i] * steps[i]);
    }
    return sum;
}

static int64_t one(double value, uint8_t scale_bits)
{
    int64_t out = 0;
    struct fault fault;
    ck_assert_msg(convert(&out, &value, 1,
                          &(struct quantise_rule){scale_bits, 1000, QUANTISE_REFUSE}, NULL, &fault),
                  "%s", fault.text);
    return out;
}

START_TEST(rounds_halves_away_from_zero)
{
    ck_assert_int_eq(one(0.5, 0), 1);
    ck_assert_int_eq(one(-0.5, 0), -1);
    ck_assert_int_eq(one(1.5, 0), 2);
    ck_assert_int_eq(one(2.5, 0), 3);
    ck_assert_int_eq(one(-2.5, 0), -3);
    ck_assert_int_eq(one(nextafter(0.5, 0), 0), 0);
    ck_assert_int_eq(one(-0.0, 0), 0);
    ck_assert_int_eq(one(0.75, 1), 2);
    ck_assert_int_eq(one(1.0 / 3, 8), 85);
}
END_TEST

START_TEST(refuses_what_is_not_finite)
{
    const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
    for (size_t i = 0; i < ARRAY_COUNT(bad); i++) {
        double values[2] = {1, bad[i]};
        int64_t out[2];
        struct fault fault;
        ck_assert(!convert(out, values, 2, &(struct quantise_rule){4, 1000, QUANTISE_SCALE}, NULL,
                           &fault));
        ck_assert_ptr_nonnull(strstr(fault.text, "element [1] of the update is "));
        ck_assert_ptr_nonnull(strstr(fault.text, "a finite number is expected"));
    }
}
END_TEST

START_TEST(a_norm_at_the_bound_passes_and_one_step_more_does_not)
{
    static const struct quantise_rule rule = {0, 5, QUANTISE_REFUSE};
    double at[2] = {3, -4};
    double beyond[3] = {3, -4, 1};
    int64_t out[3];
    double factor = 0;
    struct fault fault;
    ck_assert(convert(out, at, 2, &rule, &factor, &fault));
    ck_assert(factor >= 1 && factor <= 1);
    ck_assert_int_eq(out[1], -4);
    ck_assert(!convert(out, beyond, 3, &rule, &factor, &fault));
    ck_assert_str_eq(fault.text,
                     "the update has norm 5.09902, which is 5.09901951359278 steps of 2^-0; the "
                     "model's bound is 5 steps (without --no-clip it is scaled down)");
    double huge = -1e300;
    ck_assert(
        !convert(out, &huge, 1, &(struct quantise_rule){62, 5, QUANTISE_REFUSE}, NULL, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "norm 1e+300"));
}
END_TEST

START_TEST(scales_down_to_the_bound_and_keeps_the_direction)
{
    static const struct quantise_rule rule = {4, 30854650, QUANTISE_SCALE};
    double values[COUNT_MAX];
    int64_t out[COUNT_MAX];
    double factor = 0;
    struct fault fault;
    uint64_t state = 3;
    for (size_t i = 0; i < COUNT_MAX; i++) {
        values[i] = ((double)(check_random(&state) >> 11) * 0x1p-53 - 0.5) * 1e300;
    }
    ck_assert(convert(out, values, COUNT_MAX, &rule, &factor, &fault));
    uint64_t sum = squares(out, COUNT_MAX);
    uint64_t bound = (uint64_t)rule.norm_bound * rule.norm_bound;
    ck_assert_uint_le(sum, bound);
    ck_assert_uint_ge(sum, bound - bound / 10000);
    for (size_t i = 0; i < COUNT_MAX; i++) {
        ck_assert(fabs((double)out[i] - values[i] * factor * 16) <= 1.5);
    }
}
END_TEST

START_TEST(never_ends_above_the_bound)
{
    uint64_t state = 5;
    for (uint32_t bound = 1; bound < 500; bound++) {
        double values[7];
        int64_t out[7];
        struct fault fault;
        for (size_t i = 0; i < ARRAY_COUNT(values); i++) {
            values[i] = (double)(int64_t)(check_random(&state) % 2001) - 1000;
        }
        ck_assert(convert(out, values, ARRAY_COUNT(values),
                          &(struct quantise_rule){0, bound, QUANTISE_SCALE}, NULL, &fault));
        ck_assert_uint_le(squares(out, ARRAY_COUNT(values)), (uint64_t)bound * bound);
    }
    double zeros[2] = {0, -0.0};
    int64_t out[2] = {1, 1};
    struct fault fault;
    ck_assert(convert(out, zeros, 2, &(struct quantise_rule){0, 1, QUANTISE_REFUSE}, NULL, &fault));
    ck_assert_uint_eq(squares(out, 2), 0);
}
END_TEST

START_TEST(an_aggregate_is_read_as_signed_sums)
{
    const uint64_t elements[] = {0, 1, 256, FIELD_MODULUS - 1, FIELD_MODULUS - 256};
    const double expected[] = {0, 1.0 / 256, 1, -1.0 / 256, -1};
    double out[5];
    dequantise(out, elements, ARRAY_COUNT(elements), 8);
    ck_assert_mem_eq(out, expected, sizeof(expected));
}
END_TEST

START_TEST(there_and_back_errs_by_at_most_half_a_step)
{
    uint64_t state = 1;
    for (int i = 0; i < 1000; i++) {
        double value = ((double)(check_random(&state) >> 11) * 0x1p-53 - 0.5) * 6;
        int64_t steps = 0;
        double back = 0;
        struct fault fault;
        ck_assert(convert(&steps, &value, 1, &(struct quantise_rule){16, 1 << 20, QUANTISE_REFUSE},
                          NULL, &fault));
        uint64_t element = field_from_signed(steps);
        dequantise(&back, &element, 1, 16);
        ck_assert(fabs(back - value) <= 0x1p-17);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("quantise");
    tcase_add_test(tests, rounds_halves_away_from_zero);
    tcase_add_test(tests, refuses_what_is_not_finite);
    tcase_add_test(tests, a_norm_at_the_bound_passes_and_one_step_more_does_not);
    tcase_add_test(tests, scales_down_to_the_bound_and_keeps_the_direction);
    tcase_add_test(tests, never_ends_above_the_bound);
    tcase_add_test(tests, an_aggregate_is_read_as_signed_sums);
    tcase_add_test(tests, there_and_back_errs_by_at_most_half_a_step);
    return check_run("quantise", tests);
}
