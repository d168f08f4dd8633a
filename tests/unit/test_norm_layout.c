#include "crypto/norm_layout.h"

#include <string.h>

#include "tests/lib/check_run.h"

/* The default task: every rule is met. */
static struct norm_params usual(void)
{
    return (struct norm_params){
        .dimension = 1000000,
        .bound = 1 << 20,
        .server_count = 4,
        .degree = 1,
        .rows = 100,
        .sketch_rows = 100,
        .owners_min = 8,
        .owners_max = 100,
    };
}

static struct norm_params usual_cosine(void)
{
    struct norm_params params = usual();
    params.reference = NORM_REFERENCE_COSINE;
    params.reference_bits = 50;
    params.reference_drop = 19;
    params.reference_rest = 62;
    params.kappa = 1000;
    return params;
}

static enum norm_status status_of(const struct norm_params *params)
{
    struct norm_layout layout;
    enum norm_status status = norm_layout_init(&layout, params);
    if (status != NORM_OK) {
        ck_assert_uint_eq(layout.aux_count, 0);
        ck_assert_uint_eq(layout.params.dimension, 0);
    }
    return status;
}

/* The figures of pv-snip section 2. */
START_TEST(counts_the_default_task)
{
    struct norm_params params = usual();
    struct norm_layout layout;
    ck_assert_int_eq(norm_layout_init(&layout, &params), NORM_OK);
    ck_assert_uint_eq(layout.window, 1 << 24);
    ck_assert_uint_eq(layout.row_bits, 25);
    ck_assert_uint_eq(layout.norm_bits, 41);
    ck_assert_uint_eq(layout.bit_count, 2582);
    ck_assert_uint_eq(layout.product_count, 2582);
    ck_assert_uint_eq(layout.variables, 20);
    ck_assert_uint_eq(layout.chi_count, 13);
    ck_assert_uint_eq(layout.mask_count, 43);
    ck_assert_uint_eq(layout.aux_count, 2670);
    ck_assert_uint_eq(layout.blind_start, 2668);
    params.sketch_rows = 160;
    ck_assert_int_eq(norm_layout_init(&layout, &params), NORM_OK);
    ck_assert_uint_eq(layout.aux_count, 2730);
    ck_assert_uint_eq(layout.mask_start, 2642);
    params = usual_cosine();
    ck_assert_int_eq(norm_layout_init(&layout, &params), NORM_OK);
    ck_assert_uint_eq(layout.bit_count, 2582 + 112);
    ck_assert_uint_eq(layout.product_count, 2582 + 113);
    ck_assert_uint_eq(layout.reference_start, 2582);
}
END_TEST

START_TEST(counts_the_largest_task)
{
    struct norm_params params = usual_cosine();
    struct norm_layout layout;
    params.dimension = NORM_DIMENSION_MAX;
    params.bound = NORM_BOUND_MAX;
    params.rows = 512;
    params.sketch_rows = 512;
    ck_assert_int_eq(norm_layout_init(&layout, &params), NORM_OK);
    ck_assert_uint_eq(layout.window, 1 << 28);
    ck_assert_uint_eq(layout.row_bits, 29);
    ck_assert_uint_eq(layout.norm_bits, 50);
    ck_assert_uint_eq(layout.variables, 25);
    ck_assert_uint_le(layout.chi_count, NORM_CHI_MAX);
}
END_TEST

/* One field at a time: the last good and the first bad value. */
#define EDGE(field, good, bad, reason)                                                             \
    do {                                                                                           \
        struct norm_params edge = base;                                                            \
        edge.field = (good);                                                                       \
        ck_assert_int_eq(status_of(&edge), NORM_OK);                                               \
        edge.field = (bad);                                                                        \
        ck_assert_int_eq(status_of(&edge), reason);                                                \
    } while (0)

START_TEST(refuses_each_parameter_out_of_its_range)
{
    struct norm_params base = usual();
    EDGE(dimension, 64, 63, NORM_DIMENSION);
    EDGE(dimension, 1 << 24, (1 << 24) + 1, NORM_DIMENSION);
    EDGE(degree, 1, 0, NORM_DEGREE);
    EDGE(degree, 1, 2, NORM_SERVERS);
    EDGE(server_count, 3, 2, NORM_SERVERS);
    EDGE(server_count, 10, 11, NORM_SERVERS);
    EDGE(bound, 1, 0, NORM_BOUND);
    EDGE(bound, 30854650, 30854651, NORM_BOUND);
    EDGE(rows, 1, 0, NORM_ROWS);
    EDGE(sketch_rows, 100, 99, NORM_SKETCH_ROWS);
    EDGE(sketch_rows, 512, 513, NORM_SKETCH_ROWS);
    EDGE(owners_min, 3, 2, NORM_OWNERS);
    EDGE(owners_min, 100, 101, NORM_OWNERS);
    EDGE(owners_max, 4096, 4097, NORM_OWNERS);
    base.sketch_rows = 512;
    EDGE(rows, 512, 513, NORM_ROWS);
    base = usual();
    base.sketched = true;
    EDGE(dimension, 6400, 6399, NORM_SKETCH_LEAKS);
    base.sketched = false;
    EDGE(dimension, 6400, 63, NORM_DIMENSION);
}
END_TEST

START_TEST(refuses_each_parameter_of_a_public_test_out_of_its_range)
{
    struct norm_params base = usual_cosine();
    EDGE(reference_bits, 50, 51, NORM_REFERENCE_DROP); /* 32 bits are kept */
    EDGE(reference_drop, 49, 50, NORM_REFERENCE_DROP);
    EDGE(reference_drop, 19, 18, NORM_REFERENCE_DROP);
    EDGE(reference_rest, 62, 63, NORM_REFERENCE_REST);
    EDGE(reference_rest, 1, 0, NORM_REFERENCE_REST);
    EDGE(kappa, 1 << 21, (1 << 21) + 1, NORM_KAPPA); /* 2^62 / 2^41 */
    EDGE(kappa, 1, 0, NORM_KAPPA);
    EDGE(threshold, 0, 1, NORM_REFERENCE_UNUSED);
    EDGE(reference, NORM_REFERENCE_COSINE, (enum norm_reference)3, NORM_REFERENCE);
    base.reference_drop = 31;
    EDGE(reference_bits, 62, 63, NORM_REFERENCE_BITS);
    EDGE(reference_bits, 62, 0, NORM_REFERENCE_BITS);
    base = usual();
    EDGE(kappa, 0, 1, NORM_REFERENCE_UNUSED);
    EDGE(reference_bits, 0, 1, NORM_REFERENCE_UNUSED);
    EDGE(threshold, 0, 1, NORM_REFERENCE_UNUSED);
    base.reference = NORM_REFERENCE_INNER;
    base.reference_bits = 40;
    EDGE(threshold, -5, -5, NORM_OK);
    EDGE(reference_rest, 0, 1, NORM_REFERENCE_UNUSED);
    EDGE(reference_drop, 0, 1, NORM_REFERENCE_UNUSED);
}
END_TEST

START_TEST(bounds_a_reference_by_the_norm)
{
    struct norm_params params = usual_cosine();
    struct norm_layout layout;
    int64_t reference[64] = {0};
    params.dimension = 64;
    ck_assert_int_eq(norm_layout_init(&layout, &params), NORM_OK);
    reference[5] = (INT64_C(1) << 42) - 1; /* times 2^20 it is below 2^62 */
    ck_assert_int_eq(norm_reference_check(&layout, reference), NORM_OK);
    reference[5]++;
    ck_assert_int_eq(norm_reference_check(&layout, reference), NORM_REFERENCE_SIZE);
    reference[5] = INT64_MIN;
    ck_assert_int_eq(norm_reference_check(&layout, reference), NORM_REFERENCE_SIZE);
    params = usual();
    params.dimension = 64;
    params.bound = 1;
    params.reference = NORM_REFERENCE_INNER;
    params.reference_bits = 10;
    params.threshold = -24;
    ck_assert_int_eq(norm_layout_init(&layout, &params), NORM_OK);
    memset(reference, 0, sizeof(reference));
    reference[0] = -999;
    ck_assert_int_eq(norm_reference_check(&layout, reference), NORM_OK);
    reference[63] = 45; /* 999^2 + 45^2 > 1000^2 */
    ck_assert_int_eq(norm_reference_check(&layout, reference), NORM_REFERENCE_SIZE);
    reference[63] = 44;
    ck_assert_int_eq(norm_reference_check(&layout, reference), NORM_OK);
    layout.params.threshold = 1024;
    ck_assert_int_eq(norm_reference_check(&layout, reference), NORM_REFERENCE_SIZE);
}
END_TEST

START_TEST(every_status_has_a_text)
{
    for (unsigned i = 0; i <= NORM_REFERENCE_SIZE; i++) {
        ck_assert_str_ne(norm_status_text((enum norm_status)i), "unknown status");
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("norm_layout");
    tcase_add_test(tests, counts_the_default_task);
    tcase_add_test(tests, counts_the_largest_task);
    tcase_add_test(tests, refuses_each_parameter_out_of_its_range);
    tcase_add_test(tests, refuses_each_parameter_of_a_public_test_out_of_its_range);
    tcase_add_test(tests, bounds_a_reference_by_the_norm);
    tcase_add_test(tests, every_status_has_a_text);
    return check_run("norm_layout", tests);
}
