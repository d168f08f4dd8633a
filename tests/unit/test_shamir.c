#include "crypto/shamir.h"

#include <string.h>

#include "crypto/field_vector.h"
#include "tests/lib/check_run.h"

static struct field_ext random_ext(uint64_t *state)
{
    return (struct field_ext){check_random(state) % FIELD_MODULUS,
                              check_random(state) % FIELD_MODULUS};
}

/* Values of a random polynomial of this degree at 1 .. count; returns its value at 0. */
static struct field_ext random_polynomial(struct shamir_values *out, unsigned degree,
                                          unsigned count, uint64_t *state)
{
    struct field_ext coefficients[SHAMIR_SERVERS_MAX];
    *out = (struct shamir_values){0};
    for (unsigned i = 0; i <= degree; i++) {
        coefficients[i] = random_ext(state);
    }
    for (unsigned x = 1; x <= count; x++) {
        struct field_ext value = {0};
        for (unsigned i = degree + 1; i-- > 0;) {
            value = field_ext_add(field_ext_scale(value, x), coefficients[i]);
        }
        shamir_values_set(out, x, value);
    }
    return coefficients[0];
}

START_TEST(sets_count_and_order_servers)
{
    uint32_t set = shamir_set_of(3) | shamir_set_of(10);
    ck_assert_uint_eq(shamir_set_count(set), 2);
    ck_assert_uint_eq(shamir_set_first(set), 3);
    ck_assert(shamir_set_has(set, 10) && !shamir_set_has(set, 1));
    ck_assert_uint_eq(shamir_set_count(0), 0);
}
END_TEST

/* Shares of one secret, inputs[0], where servers 1 .. degree have inputs[1] ... */
static void share_secret(uint64_t *shares, const uint64_t *inputs, unsigned degree, unsigned count)
{
    const uint64_t *vectors[SHAMIR_SERVERS_MAX];
    for (unsigned i = 0; i <= degree; i++) {
        vectors[i] = &inputs[i];
    }
    for (unsigned server = 1; server <= count; server++) {
        uint64_t coefficients[SHAMIR_SERVERS_MAX];
        shares[server - 1] = inputs[server <= degree ? server : 0];
        if (server > degree) {
            shamir_share_coefficients(coefficients, degree, server);
            field_vector_combine(&shares[server - 1], vectors, coefficients, degree + 1, 1);
        }
    }
}

static uint64_t open_secret(const uint64_t *shares, uint32_t set)
{
    uint64_t coefficients[SHAMIR_SERVERS_MAX];
    const uint64_t *vectors[SHAMIR_SERVERS_MAX];
    uint64_t secret;
    unsigned taken = 0;
    for (unsigned server = 1; server <= SHAMIR_SERVERS_MAX; server++) {
        if (shamir_set_has(set, server)) {
            vectors[taken++] = &shares[server - 1];
        }
    }
    shamir_zero_coefficients(coefficients, set);
    field_vector_combine(&secret, vectors, coefficients, taken, 1);
    return secret;
}

START_TEST(shares_of_every_large_enough_set_give_the_secret)
{
    static const unsigned profiles[][2] = {{3, 1}, {4, 1}, {7, 2}, {10, 3}};
    uint64_t state = 1;
    for (size_t p = 0; p < ARRAY_COUNT(profiles); p++) {
        unsigned count = profiles[p][0];
        unsigned degree = profiles[p][1];
        uint64_t inputs[SHAMIR_SERVERS_MAX];
        uint64_t shares[SHAMIR_SERVERS_MAX];
        for (unsigned i = 0; i <= degree; i++) {
            inputs[i] = check_random(&state) % FIELD_MODULUS;
        }
        share_secret(shares, inputs, degree, count);
        for (uint32_t set = 1; set < UINT32_C(1) << count; set++) {
            if (shamir_set_count(set) > degree) {
                ck_assert_uint_eq(open_secret(shares, set), inputs[0]);
            }
        }
    }
}
END_TEST

START_TEST(share_coefficients_are_small_integers)
{
    uint64_t coefficients[2];
    shamir_share_coefficients(coefficients, 1, 4);
    ck_assert_int_eq(field_to_signed(coefficients[0]), -3);
    ck_assert_int_eq(field_to_signed(coefficients[1]), 4);
}
END_TEST

START_TEST(values_of_one_polynomial_fit_and_no_others)
{
    uint64_t state = 2;
    for (unsigned degree = 1; degree <= 4; degree++) {
        for (unsigned count = degree + 1; count <= SHAMIR_SERVERS_MAX; count++) {
            struct shamir_values values;
            struct field_ext at_zero = random_polynomial(&values, degree, count, &state);
            ck_assert(shamir_consistent(&values, values.servers, degree));
            ck_assert(
                field_ext_equal(shamir_interpolate(&values, values.servers, degree, 0), at_zero));
            for (unsigned bad = 0; bad < count; bad++) {
                struct shamir_values changed = values;
                changed.values[bad].b = field_add(changed.values[bad].b, 1);
                ck_assert(shamir_consistent(&changed, changed.servers, degree) ==
                          (count == degree + 1));
            }
        }
    }
}
END_TEST

START_TEST(too_few_values_are_never_consistent)
{
    uint64_t state = 3;
    struct shamir_values values;
    (void)random_polynomial(&values, 2, 2, &state);
    ck_assert(!shamir_consistent(&values, values.servers, 2));
    ck_assert(!shamir_consistent(&values, 0, 2));
}
END_TEST

/* Every set of at most `errors` servers among the fewest that allow it to be told. */
static void find_every_set(unsigned degree, unsigned errors, uint64_t *state)
{
    unsigned count = degree + 1 + 2 * errors;
    for (uint32_t bad = 0; bad < UINT32_C(1) << count; bad++) {
        if (shamir_set_count(bad) > errors) {
            continue;
        }
        struct shamir_values values;
        uint32_t off = UINT32_MAX;
        (void)random_polynomial(&values, degree, count, state);
        for (unsigned server = 1; server <= count; server++) {
            if (shamir_set_has(bad, server)) {
                values.values[server - 1] = random_ext(state);
            }
        }
        ck_assert(shamir_decode(&values, degree, errors, &off));
        ck_assert_uint_eq(off, bad);
        /* With a suspect who is not off, and without one who is. */
        uint32_t suspects = bad | (shamir_set_count(bad) < errors ? 1U : 0U);
        ck_assert(shamir_off_among(&values, suspects, degree, &off));
        ck_assert_uint_eq(off, bad);
        if (bad != 0) {
            ck_assert(!shamir_off_among(&values, bad & (bad - 1), degree, &off));
            ck_assert_uint_eq(off, 0);
        }
    }
}

START_TEST(finds_exactly_the_servers_that_are_off)
{
    uint64_t state = 4;
    for (unsigned degree = 1; degree <= 3; degree++) {
        for (unsigned errors = 0; errors <= degree; errors++) {
            find_every_set(degree, errors, &state);
        }
    }
}
END_TEST

START_TEST(finds_servers_that_are_off_among_a_subset)
{
    uint64_t state = 5;
    struct shamir_values values;
    uint32_t off;
    (void)random_polynomial(&values, 2, 10, &state);
    values.servers &= ~(shamir_set_of(1) | shamir_set_of(5) | shamir_set_of(6));
    values.values[0] = field_ext_of(1); /* not posted: never looked at */
    values.values[9].a ^= 1;
    values.values[1].a ^= 1;
    ck_assert(shamir_decode(&values, 2, 2, &off));
    ck_assert_uint_eq(off, shamir_set_of(10) | shamir_set_of(2));
}
END_TEST

START_TEST(refuses_to_name_anyone_where_it_would_not_be_unique)
{
    uint64_t state = 6;
    struct shamir_values values;
    uint32_t off = 1;
    (void)random_polynomial(&values, 1, 3, &state);
    values.values[2].a ^= 1;
    ck_assert(!shamir_decode(&values, 1, 1, &off)); /* three values, one error: any may be it */
    ck_assert_uint_eq(off, 0);
    (void)random_polynomial(&values, 1, 4, &state);
    values.values[2].a ^= 1;
    values.values[1].a ^= 2;
    ck_assert(!shamir_decode(&values, 1, 1, &off)); /* two errors */
    ck_assert_uint_eq(off, 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("shamir");
    tcase_add_test(tests, sets_count_and_order_servers);
    tcase_add_test(tests, shares_of_every_large_enough_set_give_the_secret);
    tcase_add_test(tests, share_coefficients_are_small_integers);
    tcase_add_test(tests, values_of_one_polynomial_fit_and_no_others);
    tcase_add_test(tests, too_few_values_are_never_consistent);
    tcase_add_test(tests, finds_exactly_the_servers_that_are_off);
    tcase_add_test(tests, finds_servers_that_are_off_among_a_subset);
    tcase_add_test(tests, refuses_to_name_anyone_where_it_would_not_be_unique);
    return check_run("shamir", tests);
}
