#include "crypto/selection.h"

#include "crypto/credit.h"
#include "tests/lib/check_run.h"

#define OWNERS 8

/* Distances of points on a line. */
static void distances_of(uint64_t *out, const int64_t *points, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            out[count * i + k] = (uint64_t)((points[i] - points[k]) * (points[i] - points[k]));
        }
    }
}

START_TEST(krum_takes_the_crowd_and_leaves_who_is_far)
{
    static const int64_t points[OWNERS] = {5, 1000, 0, 2, -1000, 3, 4, 1};
    uint64_t distances[OWNERS * OWNERS];
    bool taken[OWNERS];
    distances_of(distances, points, OWNERS);
    ck_assert(selection_krum(taken, distances, OWNERS, 2, 2));
    /* Four neighbours count: 2 has 0 1 3 4 (10), 3 has 1 2 4 5 (10), others more; both are taken. */
    for (size_t i = 0; i < OWNERS; i++) {
        ck_assert_int_eq(taken[i], points[i] == 2 || points[i] == 3);
    }
    ck_assert(selection_krum(taken, distances, OWNERS, 1, 4));
    ck_assert(!taken[1] && !taken[4]);
}
END_TEST

START_TEST(krum_prefers_the_lower_id_of_equals)
{
    uint64_t distances[36] = {0};
    bool taken[6];
    ck_assert(selection_krum(taken, distances, 6, 1, 2));
    for (size_t i = 0; i < 6; i++) {
        ck_assert_int_eq(taken[i], i < 2);
    }
}
END_TEST

START_TEST(krum_refuses_more_bad_owners_than_it_can_bear)
{
    uint64_t distances[OWNERS * OWNERS] = {0};
    bool taken[OWNERS] = {true};
    ck_assert(selection_krum(taken, distances, OWNERS, 2, 2));
    ck_assert(!selection_krum(taken, distances, OWNERS, 3, 2)); /* 2 * 3 + 2 > 8 - 2 */
    ck_assert(!taken[0]);
    ck_assert(!selection_krum(taken, distances, OWNERS, 2, 3));
    ck_assert(!selection_krum(taken, distances, OWNERS, 0, 0));
    ck_assert(!selection_krum(taken, distances, OWNERS, 0, 9));
    ck_assert(!selection_krum(taken, distances, OWNERS, SIZE_MAX, 1));
    ck_assert(selection_krum(taken, distances, OWNERS, 0, 6));
    ck_assert(!selection_krum(taken, distances, 0, 0, 1));
}
END_TEST

/* Distances 1, 1, 1, 1, 11: mean 3, variance (sample) 20, so 11 is 1.789 deviations above: 457.9 / 256. */
START_TEST(sigma_removes_who_is_above_and_is_exact)
{
    field_wide distances[5] = {1, 1, 1, 1, 11};
    bool taken[5];
    selection_sigma(taken, distances, 5, 457);
    for (size_t i = 0; i < 5; i++) {
        ck_assert_int_eq(taken[i], i < 4);
    }
    selection_sigma(taken, distances, 5, 458);
    ck_assert(taken[4]);
    selection_sigma(taken, distances, 5, 0); /* all above the mean go */
    ck_assert(!taken[4] && taken[0]);
    for (size_t i = 0; i < 5; i++) {
        distances[i] = 7;
    }
    selection_sigma(taken, distances, 5, 0); /* nobody is above it */
    ck_assert(taken[0] && taken[4]);
    selection_sigma(taken, distances, 1, 0);
    ck_assert(taken[0]);
}
END_TEST

START_TEST(sigma_does_not_overflow)
{
    static field_wide distances[SELECTION_OWNERS_MAX];
    static bool taken[SELECTION_OWNERS_MAX];
    for (size_t i = 0; i < SELECTION_OWNERS_MAX; i++) {
        distances[i] = i == 0 ? ~(field_wide)0 : ~(field_wide)0 >> 1;
    }
    selection_sigma(taken, distances, SELECTION_OWNERS_MAX, UINT16_MAX);
    ck_assert(taken[0] && taken[1]); /* it is 64 deviations above; 256 are allowed */
    selection_sigma(taken, distances, SELECTION_OWNERS_MAX, 60 * 256);
    ck_assert(!taken[0] && taken[1]);
}
END_TEST

START_TEST(mean_distances_are_those_of_the_points)
{
    static const int64_t points[4] = {0, 4, 8, 100}; /* mean 28 */
    uint64_t distances[16];
    field_wide out[4];
    distances_of(distances, points, 4);
    selection_mean_distances(out, distances, 4);
    for (size_t i = 0; i < 4; i++) {
        int64_t off = points[i] - 28;
        ck_assert_uint_eq((uint64_t)out[i], (uint64_t)(off * off) * 2 * 4 * 4);
    }
}
END_TEST

/* ---- Credits */

START_TEST(credits_sum_to_the_square_of_the_aggregate)
{
    static const int64_t vectors[3][4] = {{1, 2, 3, 4}, {-5, 0, 1, 1}, {7, -7, 7, -7}};
    int64_t credits[3] = {0};
    uint64_t aggregate[4];
    for (size_t k = 0; k < 4; k++) {
        int64_t sum = vectors[0][k] + vectors[1][k] + vectors[2][k];
        aggregate[k] = field_from_signed(sum);
        for (size_t i = 0; i < 3; i++) {
            credits[i] += sum * vectors[i][k];
        }
    }
    ck_assert(credit_check(credits, 3, aggregate, 4));
    credits[1]++;
    ck_assert(!credit_check(credits, 3, aggregate, 4));
    credits[0] -= 1;
    ck_assert(credit_check(credits, 3, aggregate, 4)); /* the sum alone is checked */
    uint64_t huge[3] = {(FIELD_MODULUS - 1) / 2, (FIELD_MODULUS + 1) / 2, 1};
    int64_t all[3] = {INT64_MAX, INT64_MAX, INT64_MAX};
    ck_assert(!credit_check(all, 3, huge, 3));
}
END_TEST

START_TEST(a_reward_is_split_by_positive_credits)
{
    static const int64_t credits[4] = {1, -5, 2, 0};
    uint64_t shares[4];
    ck_assert_uint_eq(credit_split(shares, credits, 4, 100), 1);
    ck_assert_uint_eq(shares[0], 33);
    ck_assert_uint_eq(shares[1], 0);
    ck_assert_uint_eq(shares[2], 66);
    ck_assert_uint_eq(shares[3], 0);
    static const int64_t none[2] = {-1, 0};
    ck_assert_uint_eq(credit_split(shares, none, 2, 100), 100);
    static const int64_t large[2] = {INT64_MAX, INT64_MAX};
    ck_assert_uint_eq(credit_split(shares, large, 2, UINT64_MAX), 1);
    ck_assert_uint_eq(shares[0], UINT64_MAX / 2);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("selection");
    tcase_add_test(tests, krum_takes_the_crowd_and_leaves_who_is_far);
    tcase_add_test(tests, krum_prefers_the_lower_id_of_equals);
    tcase_add_test(tests, krum_refuses_more_bad_owners_than_it_can_bear);
    tcase_add_test(tests, sigma_removes_who_is_above_and_is_exact);
    tcase_add_test(tests, sigma_does_not_overflow);
    tcase_add_test(tests, mean_distances_are_those_of_the_points);
    tcase_add_test(tests, credits_sum_to_the_square_of_the_aggregate);
    tcase_add_test(tests, a_reward_is_split_by_positive_credits);
    return check_run("selection", tests);
}
