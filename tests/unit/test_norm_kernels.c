#include "crypto/norm_kernels.h"

#include <string.h>

#include "base/memory.h"
#include "crypto/field_vector.h"
#include "tests/lib/check_run.h"

#define COUNT 20008 /* more than two runs of sums without a carry, and a rest */

static const uint64_t edges[] = {0,
                                 1,
                                 FIELD_MODULUS - 1,
                                 FIELD_MODULUS - 2,
                                 UINT32_MAX,
                                 UINT64_C(1) << 32,
                                 (UINT64_C(1) << 52) - 1,
                                 FIELD_MODULUS - UINT32_MAX};

static uint64_t tables[2][2 * COUNT];
static int64_t integers[2][COUNT];

/* Kind 0 is random, 1 is edges in turn, 2 is the largest element everywhere. */
static void fill(unsigned kind)
{
    uint64_t state = kind;
    for (size_t k = 0; k < ARRAY_COUNT(tables[0]); k++) {
        for (unsigned i = 0; i < 2; i++) {
            tables[i][k] = kind == 0   ? check_random(&state) % FIELD_MODULUS
                           : kind == 1 ? edges[(k + (size_t)3 * i + k / 8) % ARRAY_COUNT(edges)]
                                       : FIELD_MODULUS - 1;
        }
    }
    for (size_t k = 0; k < COUNT; k++) { /* the sum of all squares is below 2^52 */
        int64_t limit = kind == 1 && k == 17 ? 30854650 : 1 << 17;
        integers[0][k] = kind == 0 ? (int64_t)(check_random(&state) >> 46) - limit : limit;
        integers[1][k] = kind == 0 ? (int64_t)(check_random(&state) >> 46) - limit : -limit;
    }
}

static const struct norm_kernels *kernels_of(unsigned level)
{
    return field_vector_force((enum field_level)level) ? norm_kernels() : NULL;
}

static const struct norm_kernels *tested;
static struct field_ext rho;

static void compare_fold(size_t half)
{
    static uint64_t expected[2][2 * COUNT];
    static uint64_t folded[2][2 * COUNT];
    memcpy(expected, tables, sizeof(tables));
    memcpy(folded, tables, sizeof(tables));
    struct norm_squares a = norm_kernels_portable.squares(tables[0], tables[1], half);
    struct norm_squares b = tested->squares(tables[0], tables[1], half);
    ck_assert_mem_eq(&a, &b, sizeof(a));
    norm_kernels_portable.fold(expected[0], expected[1], half, rho);
    tested->fold(folded[0], folded[1], half, rho);
    ck_assert_mem_eq(expected, folded, sizeof(folded));
}

static void compare_integers(size_t count, bool high)
{
    static uint64_t expected[2][COUNT];
    static uint64_t folded[2][COUNT];
    struct norm_moments a = {1, 2, 3, 4, 5};
    struct norm_moments b = a;
    struct norm_step step = {rho, {FIELD_MODULUS - 1, 7}};
    const int64_t *upper = high ? integers[1] : NULL;
    norm_kernels_portable.moments(&a, integers[0], upper, count);
    tested->moments(&b, integers[0], upper, count);
    ck_assert_mem_eq(&a, &b, sizeof(a));
    norm_kernels_portable.fold_integers(expected[0], expected[1], integers[0], upper, count, &step);
    tested->fold_integers(folded[0], folded[1], integers[0], upper, count, &step);
    ck_assert_mem_eq(expected, folded, sizeof(folded));
}

START_TEST(levels_agree_on_random_and_edge_values)
{
    static const size_t sizes[] = {1, 2, 3, 4, 7, 8, 9, 16, 40, 8192, 8200, COUNT - 3, COUNT};
    static const struct field_ext challenges[] = {
        {0, 0}, {1, 0}, {0, 1}, {FIELD_MODULUS - 1, FIELD_MODULUS - 1}, {UINT32_MAX, 12345}};
    enum field_level level = field_vector_level();
    tested = kernels_of((unsigned)_i);
    for (unsigned kind = 0; kind < 3 && tested != NULL; kind++) {
        fill(kind);
        for (unsigned c = 0; c < ARRAY_COUNT(challenges); c++) {
            rho = challenges[c];
            for (unsigned i = 0; i < ARRAY_COUNT(sizes); i++) {
                compare_fold(sizes[i]);
                compare_integers(sizes[i], false);
                compare_integers(sizes[i], true);
            }
        }
    }
    ck_assert(field_vector_force(level));
}
END_TEST

/* The portable loops themselves, against elements of K one by one. */
START_TEST(portable_loops_are_those_of_single_elements)
{
    static uint64_t folded[2][2 * COUNT];
    fill(1);
    memcpy(folded, tables, sizeof(tables));
    rho = (struct field_ext){FIELD_MODULUS - 3, FIELD_MODULUS - 1};
    struct norm_squares expected = {{0, 0}, {0, 0}};
    for (size_t k = 0; k < COUNT; k++) {
        struct field_ext low = {tables[0][k], tables[1][k]};
        struct field_ext high = {tables[0][COUNT + k], tables[1][COUNT + k]};
        struct field_ext twice = field_ext_sub(field_ext_add(high, high), low);
        expected.at_0 = field_ext_add(expected.at_0, field_ext_mul(low, low));
        expected.at_2 = field_ext_add(expected.at_2, field_ext_mul(twice, twice));
    }
    struct norm_squares squares = norm_kernels_portable.squares(tables[0], tables[1], COUNT);
    ck_assert_mem_eq(&squares, &expected, sizeof(squares));
    norm_kernels_portable.fold(folded[0], folded[1], COUNT, rho);
    for (size_t k = 0; k < COUNT; k++) {
        struct field_ext low = {tables[0][k], tables[1][k]};
        struct field_ext high = {tables[0][COUNT + k], tables[1][COUNT + k]};
        struct field_ext z = field_ext_add(low, field_ext_mul(rho, field_ext_sub(high, low)));
        ck_assert_uint_eq(folded[0][k], z.a);
        ck_assert_uint_eq(folded[1][k], z.b);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("norm_kernels");
    tcase_add_loop_test(tests, levels_agree_on_random_and_edge_values, 0, FIELD_LEVEL_COUNT);
    tcase_add_test(tests, portable_loops_are_those_of_single_elements);
    return check_run("norm_kernels", tests);
}
