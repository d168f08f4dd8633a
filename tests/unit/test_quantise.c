#include "tools/client/quantise.h"

#include <math.h>
#include <string.h>

#include "crypto/field.h"
#include "tests/lib/check_run.h"

static int64_t one(double value, uint8_t scale_bits)
{
    int64_t out = 0;
    struct fault fault;
    ck_assert_msg(quantise(&out, &value, 1,
                           &(struct quantise_rule){scale_bits, 1000, QUANTISE_REFUSE}, NULL,
                           &fault),
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
        const double values[2] = {1, bad[i]};
        int64_t out[2];
        struct fault fault;
        ck_assert(!quantise(out, values, 2, &(struct quantise_rule){4, 1000, QUANTISE_CLIP}, NULL,
                            &fault));
        ck_assert_ptr_nonnull(strstr(fault.text, "element 1 "));
        ck_assert_ptr_nonnull(strstr(fault.text, "a finite number is expected"));
    }
}
END_TEST

START_TEST(refuses_or_cuts_beyond_the_bound)
{
    const double values[] = {10, -10, 10.4, -10.6, 1e300};
    int64_t out[5];
    size_t clipped = 99;
    struct fault fault;
    ck_assert(quantise(out, values, 3, &(struct quantise_rule){0, 10, QUANTISE_REFUSE}, &clipped,
                       &fault));
    ck_assert_uint_eq(clipped, 0);
    ck_assert(!quantise(out, values, 5, &(struct quantise_rule){0, 10, QUANTISE_REFUSE}, &clipped,
                        &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "element 3 "));
    ck_assert_ptr_nonnull(strstr(fault.text, "bound is 10 steps"));
    const double huge = -1e300;
    ck_assert(!quantise(&out[0], &huge, 1, &(struct quantise_rule){16, 10, QUANTISE_REFUSE}, NULL,
                        &fault));
    ck_assert_str_eq(fault.text, "element 0 of the update is -1e+300, which is -6.5536e+304 steps "
                                 "of 2^-16; the model's bound is 10 steps (--clip cuts it)");
    ck_assert(
        quantise(out, values, 5, &(struct quantise_rule){0, 10, QUANTISE_CLIP}, &clipped, &fault));
    ck_assert_uint_eq(clipped, 2);
    ck_assert_int_eq(out[2], 10);
    ck_assert_int_eq(out[3], -10);
    ck_assert_int_eq(out[4], 10);
}
END_TEST

START_TEST(an_aggregate_is_read_as_signed_sums)
{
    const uint64_t elements[] = {0, 1, 256, FIELD_MODULUS - 1, FIELD_MODULUS - 256};
    const double expected[] = {0, 1.0 / 256, 1, -1.0 / 256, -1};
    uint8_t blob[40];
    double out[5];
    struct fault fault;
    for (size_t i = 0; i < 5; i++) {
        field_write(blob + 8 * i, elements[i]);
    }
    ck_assert_msg(dequantise(out, BYTES_OF(blob), 8, &fault), "%s", fault.text);
    ck_assert_mem_eq(out, expected, sizeof(expected));
}
END_TEST

START_TEST(refuses_an_aggregate_that_is_not_canonical)
{
    uint8_t blob[16] = {0};
    double out[2];
    struct fault fault;
    memset(blob + 8, 0xff, 8);
    ck_assert(!dequantise(out, BYTES_OF(blob), 8, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "element 1 "));
    ck_assert(!dequantise(out, (struct bytes){blob, 9}, 8, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "9 bytes, a multiple of 8"));
}
END_TEST

START_TEST(there_and_back_errs_by_at_most_half_a_step)
{
    uint64_t state = 1;
    for (int i = 0; i < 1000; i++) {
        double value = ((double)(check_random(&state) >> 11) * 0x1p-53 - 0.5) * 6;
        int64_t steps = 0;
        uint8_t blob[8];
        double back = 0;
        struct fault fault;
        ck_assert(quantise(&steps, &value, 1, &(struct quantise_rule){16, 1 << 20, QUANTISE_REFUSE},
                           NULL, &fault));
        field_write(blob, field_from_signed(steps));
        ck_assert(dequantise(&back, BYTES_OF(blob), 16, &fault));
        ck_assert(fabs(back - value) <= 0x1p-17);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("quantise");
    tcase_add_test(tests, rounds_halves_away_from_zero);
    tcase_add_test(tests, refuses_what_is_not_finite);
    tcase_add_test(tests, refuses_or_cuts_beyond_the_bound);
    tcase_add_test(tests, an_aggregate_is_read_as_signed_sums);
    tcase_add_test(tests, refuses_an_aggregate_that_is_not_canonical);
    tcase_add_test(tests, there_and_back_errs_by_at_most_half_a_step);
    return check_run("quantise", tests);
}
