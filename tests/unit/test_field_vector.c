/* Every level that this machine has gives what the functions of field.h give for single elements. */
#include "crypto/field_vector.h"

#include <string.h>

#include "tests/lib/check_run.h"

#define COUNT_MAX 20000 /* more elements than a kernel sums without a reduction */
#define GUARD     UINT64_C(0x5a5a5a5a5a5a5a5a)

static const uint64_t edges[] = {
    0,
    1,
    UINT64_C(0xffffffff),
    UINT64_C(0x100000000),
    UINT64_C(0x3fffff),           /* 22 bits, */
    UINT64_C(0xfffffffffffff),    /* 52 bits: where kernels split */
    UINT64_C(0x7fffffff80000000), /* (p-1)/2 */
    UINT64_C(0x8000000000000000),
    FIELD_MODULUS - UINT64_C(0xffffffff),
    FIELD_MODULUS - 2,
    FIELD_MODULUS - 1,
};

/* Sizes around the widths of vectors, and around the sizes of blocks. */
static const size_t counts[] = {0,  1,  3,   4,   5,    7,    8,    9,    12,   15,   16,
                                17, 31, 100, 513, 4096, 8191, 8192, 8193, 8200, 16389};

static void fill(uint64_t *out, size_t count, uint64_t *state)
{
    for (size_t k = 0; k < count; k++) {
        uint64_t random = check_random(state);
        out[k] = random % 3 == 0 ? edges[random / 3 % ARRAY_COUNT(edges)]
                                 : check_random(state) % FIELD_MODULUS;
    }
}

/* Force the level of a loop test; false where there is none such. */
static bool use(int level)
{
    bool here = field_vector_force((enum field_level)level);
    ck_assert(!here || field_vector_level() == (enum field_level)level);
    return here;
}

START_TEST(adds_and_subtracts_as_single_elements_do)
{
    static uint64_t a[COUNT_MAX + 1];
    static uint64_t b[COUNT_MAX + 1];
    static uint64_t sum[COUNT_MAX + 1];
    uint64_t state = 1;
    if (!use(_i)) {
        return;
    }
    for (size_t i = 0; i < ARRAY_COUNT(counts); i++) {
        size_t count = counts[i];
        fill(a, count, &state);
        fill(b, count, &state);
        memcpy(sum, a, sizeof(*a) * count);
        sum[count] = GUARD;
        field_vector_add(sum, b, count);
        for (size_t k = 0; k < count; k++) {
            ck_assert_uint_eq(sum[k], field_add(a[k], b[k]));
        }
        memcpy(sum, a, sizeof(*a) * count);
        field_vector_subtract(sum, b, count);
        for (size_t k = 0; k < count; k++) {
            ck_assert_uint_eq(sum[k], field_sub(a[k], b[k]));
        }
        ck_assert_uint_eq(sum[count], GUARD);
    }
}
END_TEST

START_TEST(every_pair_of_edges_is_right)
{
    uint64_t a[ARRAY_COUNT(edges) * ARRAY_COUNT(edges)];
    uint64_t b[ARRAY_COUNT(a)];
    uint64_t sum[ARRAY_COUNT(a)];
    if (!use(_i)) {
        return;
    }
    for (size_t i = 0; i < ARRAY_COUNT(a); i++) {
        a[i] = sum[i] = edges[i / ARRAY_COUNT(edges)];
        b[i] = edges[i % ARRAY_COUNT(edges)];
    }
    field_vector_add(sum, b, ARRAY_COUNT(a));
    for (size_t i = 0; i < ARRAY_COUNT(a); i++) {
        const uint64_t *inputs[1] = {&a[i]};
        uint64_t eight[8] = {a[i], a[i], a[i], a[i], a[i], a[i], a[i], a[i]};
        uint64_t scaled[8];
        uint64_t product = field_mul(a[i], b[i]);
        ck_assert_uint_eq(sum[i], field_add(a[i], b[i]));
        field_vector_combine(scaled, inputs, &b[i], 1, 1);
        ck_assert_uint_eq(scaled[0], product);
        inputs[0] = eight;
        field_vector_combine(scaled, inputs, &b[i], 1, 8);
        for (size_t k = 0; k < 8; k++) {
            ck_assert_uint_eq(scaled[k], product);
        }
        uint64_t ones[8] = {b[i], b[i], b[i], b[i], b[i], b[i], b[i], b[i]};
        struct field_ext dot = field_vector_dot(eight, ones, eight, 8);
        ck_assert_uint_eq(dot.a, field_mul(8, product));
        ck_assert_uint_eq(dot.b, field_mul(8, field_mul(a[i], a[i])));
    }
}
END_TEST

START_TEST(signed_integers_become_elements)
{
    static const int64_t some[] = {0, 1, -1, 1048575, -1048576, INT64_MAX, INT64_MIN};
    int64_t values[100];
    uint64_t out[101] = {[100] = GUARD};
    uint64_t state = 2;
    if (!use(_i)) {
        return;
    }
    for (size_t k = 0; k < 100; k++) {
        values[k] = k < 21 ? some[k % ARRAY_COUNT(some)] : (int64_t)check_random(&state);
    }
    for (size_t count = 0; count <= 100; count++) {
        field_vector_from_signed(out, values, count);
        for (size_t k = 0; k < count; k++) {
            ck_assert_uint_eq(out[k], field_from_signed(values[k]));
        }
        ck_assert_uint_eq(out[100], GUARD);
    }
}
END_TEST

START_TEST(finds_the_first_element_that_is_not_below_p)
{
    static const uint64_t bad[] = {FIELD_MODULUS, FIELD_MODULUS + 1, UINT64_MAX};
    uint64_t elements[40];
    uint8_t bytes[sizeof(elements) + 1];
    uint64_t state = 3;
    if (!use(_i)) {
        return;
    }
    fill(elements, ARRAY_COUNT(elements), &state);
    elements[13] = FIELD_MODULUS - 1;
    uint8_t *in = bytes + 1; /* not aligned */
    for (size_t at = 0; at < 40; at++) {
        field_write_all(in, elements, 40);
        ck_assert_uint_eq(field_vector_check(in, 40), 40);
        ck_assert_uint_eq(field_vector_check(in, at), at);
        field_write(in + FIELD_SIZE * at, bad[at % 3]);
        ck_assert_uint_eq(field_vector_check(in, 40), at);
        ck_assert_uint_eq(field_vector_check(in, at), at);
        field_write(in + FIELD_SIZE * 39, FIELD_MODULUS);
        ck_assert_uint_eq(field_vector_check(in, 40), at);
    }
}
END_TEST

/* The coefficients: `kind` 0 any, 1 small of either sign, 2 the largest that count as small and the
 * smallest that do not. */
static void fill_coefficients(uint64_t *out, unsigned kind, uint64_t *state)
{
    static const uint64_t limits[] = {(UINT64_C(1) << 20) - 1,
                                      FIELD_MODULUS - ((UINT64_C(1) << 20) - 1), UINT64_C(1) << 20,
                                      FIELD_MODULUS - (UINT64_C(1) << 20)};
    fill(out, FIELD_COMBINE_MAX, state);
    for (unsigned i = 0; i < FIELD_COMBINE_MAX && kind > 0; i++) {
        uint64_t random = check_random(state);
        int64_t small = (int64_t)(random % 2521) - 1260;
        out[i] = kind == 1 ? field_from_signed(small) : limits[random % (kind == 2 ? 2 : 4)];
    }
}

START_TEST(combines_as_single_products_do)
{
    static uint64_t vectors[FIELD_COMBINE_MAX][600];
    const uint64_t *inputs[FIELD_COMBINE_MAX];
    uint64_t coefficients[FIELD_COMBINE_MAX];
    uint64_t out[601] = {[600] = GUARD};
    uint64_t state = 4;
    if (!use(_i)) {
        return;
    }
    for (unsigned i = 0; i < FIELD_COMBINE_MAX; i++) {
        fill(vectors[i], 600, &state);
        vectors[i][17] = FIELD_MODULUS - 1;
        vectors[i][18] = 0;
        inputs[i] = vectors[i];
    }
    for (unsigned turn = 0; turn < 4 * (FIELD_COMBINE_MAX + 1); turn++) {
        unsigned input_count = turn / 4;
        size_t count = turn % 5 == 0 ? 600 : (size_t)(check_random(&state) % 600);
        fill_coefficients(coefficients, turn % 4, &state);
        field_vector_combine(out, inputs, coefficients, input_count, count);
        for (size_t k = 0; k < count; k++) {
            uint64_t expected = 0;
            for (unsigned i = 0; i < input_count; i++) {
                expected = field_add(expected, field_mul(coefficients[i], vectors[i][k]));
            }
            ck_assert_uint_eq(out[k], expected);
        }
        ck_assert_uint_eq(out[600], GUARD);
    }
}
END_TEST

static struct field_ext plain_dot(const uint64_t *x, const uint64_t *a, const uint64_t *b,
                                  size_t count)
{
    struct field_ext sum = {0};
    for (size_t k = 0; k < count; k++) {
        sum.a = field_add(sum.a, field_mul(x[k], a[k]));
        sum.b = field_add(sum.b, field_mul(x[k], b[k]));
    }
    return sum;
}

START_TEST(inner_products_agree_with_single_products)
{
    static uint64_t x[COUNT_MAX];
    static uint64_t a[COUNT_MAX];
    static uint64_t b[COUNT_MAX];
    uint64_t state = 5;
    if (!use(_i)) {
        return;
    }
    for (unsigned turn = 0; turn < 3; turn++) {
        fill(x, COUNT_MAX, &state);
        fill(a, COUNT_MAX, &state);
        fill(b, COUNT_MAX, &state);
        for (size_t k = 0; k < COUNT_MAX && turn > 0; k++) {
            /* All limbs of 22, 32 and 52 bits at their largest, then p-1. */
            x[k] = a[k] = turn == 1 ? UINT64_C(0xfffffffeffffffff) : FIELD_MODULUS - 1;
            b[k] = FIELD_MODULUS - 1;
        }
        for (size_t i = 0; i < ARRAY_COUNT(counts); i++) {
            struct field_ext dot = field_vector_dot(x + 3, a + 1, b + 2, counts[i]);
            ck_assert(field_ext_equal(dot, plain_dot(x + 3, a + 1, b + 2, counts[i])));
        }
    }
}
END_TEST

START_TEST(the_widest_level_is_the_first_choice)
{
    enum field_level chosen = field_vector_level();
    for (unsigned level = (unsigned)chosen + 1; level < FIELD_LEVEL_COUNT; level++) {
        ck_assert(!field_vector_force((enum field_level)level));
    }
    ck_assert_uint_eq(field_vector_level(), chosen);
    ck_assert(field_vector_force(FIELD_LEVEL_PORTABLE));
    ck_assert_uint_eq(field_vector_level(), FIELD_LEVEL_PORTABLE);
    ck_assert_str_eq(field_level_text(FIELD_LEVEL_PORTABLE), "portable");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("field_vector");
    tcase_add_loop_test(tests, adds_and_subtracts_as_single_elements_do, 0, FIELD_LEVEL_COUNT);
    tcase_add_loop_test(tests, every_pair_of_edges_is_right, 0, FIELD_LEVEL_COUNT);
    tcase_add_loop_test(tests, signed_integers_become_elements, 0, FIELD_LEVEL_COUNT);
    tcase_add_loop_test(tests, finds_the_first_element_that_is_not_below_p, 0, FIELD_LEVEL_COUNT);
    tcase_add_loop_test(tests, combines_as_single_products_do, 0, FIELD_LEVEL_COUNT);
    tcase_add_loop_test(tests, inner_products_agree_with_single_products, 0, FIELD_LEVEL_COUNT);
    tcase_add_test(tests, the_widest_level_is_the_first_choice);
    return check_run("field_vector", tests);
}
