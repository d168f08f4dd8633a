#include "crypto/projection.h"

#include <string.h>

#include "base/memory.h"
#include "crypto/field_vector.h"
#include "tests/lib/check_run.h"

/* One entry of P from the definition: the group's stream from its start. */
static int entry_of(const struct projection *projection, uint32_t row, uint32_t column)
{
    uint32_t group = column / (256 * 16);
    uint32_t block = column / 16 % 256;
    uint8_t binder[4] = {(uint8_t)group, (uint8_t)(group >> 8), 0, 0};
    size_t at = 4 * ((size_t)block * projection->rows + row);
    uint8_t *stream = memory_new(at + 4);
    struct xof xof;
    xof_init(&xof, projection->beacon.bytes, "PVS1/P", BYTES_OF(binder));
    xof_next(&xof, stream, at + 4);
    xof_close(&xof);
    const uint8_t *masks = stream + at;
    unsigned plus = (unsigned)(masks[0] | masks[1] << 8) >> column % 16 & 1;
    unsigned minus = (unsigned)(masks[2] | masks[3] << 8) >> column % 16 & 1;
    free(stream);
    return (int)plus - (int)minus;
}

/* q of every group, the last first. */
static void check_sum(const struct projection *projection, const struct field_ext *weights,
                      const struct field_ext *expected)
{
    uint64_t q_a[PROJECTION_GROUP_COLUMNS];
    uint64_t q_b[PROJECTION_GROUP_COLUMNS];
    struct projection_sum sum;
    projection_sum_init(&sum, projection, weights);
    for (uint32_t group = projection_group_count(projection); group-- > 0;) {
        uint32_t first = group * PROJECTION_GROUP_COLUMNS;
        uint32_t left = projection->dimension - first;
        uint32_t count = projection_sum_group(&sum, q_a, q_b, group);
        ck_assert_uint_eq(count, left < PROJECTION_GROUP_COLUMNS ? left : PROJECTION_GROUP_COLUMNS);
        for (uint32_t k = 0; k < count; k++) {
            ck_assert_uint_eq(q_a[k], expected[first + k].a);
            ck_assert_uint_eq(q_b[k], expected[first + k].b);
        }
    }
    projection_sum_close(&sum);
}

static void check_against_entries(uint32_t dimension, uint16_t rows, uint64_t seed)
{
    struct projection projection = {.dimension = dimension, .rows = rows};
    uint64_t state = seed;
    check_random_fill(&state, projection.beacon.bytes, 32);
    int64_t *x = memory_new(sizeof(*x) * dimension);
    int64_t *y = memory_new(sizeof(*y) * rows);
    struct field_ext *weights = memory_new(sizeof(*weights) * rows);
    struct field_ext *q = memory_new(sizeof(*q) * dimension);
    for (uint32_t k = 0; k < dimension; k++) {
        x[k] = (int64_t)(check_random(&state) % 2001) - 1000;
    }
    for (uint32_t w = 0; w < rows; w++) {
        weights[w] = w % 3 == 0 ? (struct field_ext){FIELD_MODULUS - 1, FIELD_MODULUS - w - 1}
                                : (struct field_ext){check_random(&state) % FIELD_MODULUS, w};
    }
    int64_t *expected = memory_new(sizeof(*expected) * rows);
    for (uint32_t w = 0; w < rows; w++) {
        for (uint32_t k = 0; k < dimension; k++) {
            int entry = entry_of(&projection, w, k);
            uint64_t factor = field_from_signed(entry);
            expected[w] += entry * x[k];
            q[k] = field_ext_add(q[k], field_ext_scale(weights[w], factor));
        }
    }
    enum field_level level = field_vector_level();
    for (unsigned forced = 0; forced < FIELD_LEVEL_COUNT; forced++) {
        if (!field_vector_force((enum field_level)forced)) {
            continue;
        }
        projection_apply(y, &projection, x);
        ck_assert_int_eq(memcmp(y, expected, sizeof(*y) * rows), 0);
        check_sum(&projection, weights, q);
    }
    ck_assert(field_vector_force(level));
    free(x);
    free(y);
    free(weights);
    free(q);
    free(expected);
}

START_TEST(rows_and_sums_are_those_of_the_entries)
{
    static const struct {
        uint32_t dimension;
        uint16_t rows;
    } cases[] = {{1, 1},    {15, 3},   {16, 8},   {17, 9},   {31, 7},  {33, 16},
                 {64, 100}, {500, 23}, {4095, 5}, {4097, 4}, {4112, 2}};
    for (unsigned i = 0; i < ARRAY_COUNT(cases); i++) {
        check_against_entries(cases[i].dimension, cases[i].rows, i);
    }
}
END_TEST

/* All rows of the largest matrix, entries at the edge of the norm: nothing overflows. */
START_TEST(the_largest_vector_does_not_overflow)
{
    struct projection projection = {.dimension = 8192, .rows = 512};
    int64_t *x = memory_new(sizeof(*x) * projection.dimension);
    int64_t y[512];
    for (unsigned i = 0; i < 3; i++) {
        memset(x, 0, sizeof(*x) * projection.dimension);
        uint32_t used = i == 0 ? 1 : i == 1 ? 16 : projection.dimension;
        int64_t entry = i == 0 ? 33554431 : i == 1 ? 8388607 : 370727; /* |x| < 2^25 */
        for (uint32_t k = 0; k < used; k++) {
            x[k] = k % 2 == 0 ? entry : -entry;
        }
        projection_apply(y, &projection, x);
        for (unsigned w = 0; w < 512 && i < 2; w += 37) {
            int64_t expected = 0;
            for (uint32_t k = 0; k < used; k++) {
                expected += entry_of(&projection, w, k) * x[k];
            }
            ck_assert_int_eq(y[w], expected);
        }
        int64_t limit = (int64_t)used * entry;
        for (unsigned w = 0; w < 512; w++) {
            ck_assert(y[w] >= -limit && y[w] <= limit);
        }
    }
    free(x);
}
END_TEST

/* Half of the entries are 0, a quarter each is +1 and -1. */
START_TEST(entries_have_the_right_distribution)
{
    struct projection projection = {.dimension = 4096, .rows = 100};
    uint8_t *masks = memory_new(projection_group_size(&projection));
    unsigned counts[3] = {0};
    ck_assert_uint_eq(projection_group(masks, &projection, 0), 4096);
    for (size_t i = 0; i < 25600; i++) {
        for (unsigned bit = 0; bit < 16; bit++) {
            unsigned plus = masks[4 * i + bit / 8] >> bit % 8 & 1;
            unsigned minus = masks[4 * i + 2 + bit / 8] >> bit % 8 & 1;
            counts[1 + plus - minus]++;
        }
    }
    ck_assert_uint_ge(counts[0], 101000); /* 102400 is expected, with a deviation of 277 */
    ck_assert_uint_le(counts[0], 103800);
    ck_assert_uint_ge(counts[2], 101000);
    ck_assert_uint_le(counts[2], 103800);
    free(masks);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("projection");
    tcase_add_test(tests, rows_and_sums_are_those_of_the_entries);
    tcase_add_test(tests, the_largest_vector_does_not_overflow);
    tcase_add_test(tests, entries_have_the_right_distribution);
    return check_run("projection", tests);
}
