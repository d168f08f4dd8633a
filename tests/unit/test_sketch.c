#include "crypto/sketch.h"

#include "crypto/projection.h"
#include "crypto/zero_sharing.h"
#include "tests/lib/check_run.h"
#include "tests/lib/norm_fixture.h"

#define OWNERS 4
#define ROWS   60

static struct norm_fixture fixture;
static struct norm_owner owners[OWNERS];
static uint64_t sketches[OWNERS][SHAMIR_SERVERS_MAX][ROWS]; /* shares */
static int64_t plain[OWNERS][ROWS];
static struct zero_sharing zeros[SHAMIR_SERVERS_MAX]; /* what each server knows */
static struct zero_sharing_pair pair;

/* Keys as they are dealt: a server has none of the sets it is in. */
static void deal_keys(unsigned server_count, unsigned degree)
{
    for (unsigned i = 0; i < server_count; i++) {
        zero_sharing_init(&zeros[i], server_count, degree);
        for (unsigned set = 0; set < zeros[i].count; set++) {
            bool known = !shamir_set_has(zeros[i].sets[set], i + 1);
            uint64_t state = zeros[i].sets[set];
            if (known) {
                check_random_fill(&state, zeros[i].keys[set], XOF_SEED_SIZE);
            }
        }
    }
}

static void start(unsigned server_count, unsigned degree)
{
    struct norm_params params = norm_params_small(server_count, degree, 5000, 1 << 20);
    params.sketch_rows = ROWS;
    params.sketched = true;
    norm_fixture_init(&fixture, &params, 0, 8);
    deal_keys(server_count, degree);
    struct projection projection = {fixture.beacon_1, 5000, ROWS};
    for (unsigned i = 0; i < OWNERS; i++) {
        norm_owner_init(&owners[i], &fixture);
        norm_owner_honest(&owners[i], &fixture, 60 * (i + 1));
        projection_apply(plain[i], &projection, owners[i].vector);
        for (unsigned server = 0; server < server_count; server++) {
            sketch_of_aux(sketches[i][server], &fixture.layout, owners[i].shares[server] + 5000);
        }
    }
}

static void stop(void)
{
    for (unsigned i = 0; i < OWNERS; i++) {
        norm_owner_close(&owners[i]);
    }
    norm_fixture_close(&fixture);
}

static uint64_t share_of_distance(unsigned a, unsigned b, unsigned server)
{
    pair.first = (uint16_t)a;
    pair.second = (uint16_t)b;
    uint64_t square = sketch_distance(sketches[a][server - 1], sketches[b][server - 1], ROWS);
    return field_add(square, zero_sharing_value(&zeros[server - 1], server, &pair));
}

static int64_t true_distance(unsigned a, unsigned b)
{
    int64_t sum = 0;
    for (unsigned w = 0; w < ROWS; w++) {
        sum += (plain[a][w] - plain[b][w]) * (plain[a][w] - plain[b][w]);
    }
    return sum;
}

static void check_distance(unsigned a, unsigned b)
{
    unsigned server_count = fixture.layout.params.server_count;
    unsigned degree = fixture.layout.params.degree;
    struct shamir_values values = {0};
    int64_t distance;
    for (unsigned server = 1; server <= server_count; server++) {
        shamir_values_set(&values, server, field_ext_of(share_of_distance(a, b, server)));
    }
    ck_assert_int_eq(values_open_product(&distance, &values, degree, 0), VALUES_OK);
    ck_assert_int_eq(distance, true_distance(a, b));
    values.values[server_count - 1].a ^= 1; /* a liar is seen */
    ck_assert_int_eq(values_open_product(&distance, &values, degree, 0), VALUES_INCONSISTENT);
    values.servers &= ~UINT32_C(1);
    ck_assert_int_eq(values_open_product(&distance, &values, degree, 0), VALUES_TOO_FEW);
}

START_TEST(pairwise_distances_of_sketches_are_exact)
{
    static const unsigned profiles[][2] = {{4, 1}, {7, 2}};
    for (unsigned p = 0; p < 2; p++) {
        start(profiles[p][0], profiles[p][1]);
        for (unsigned a = 0; a < OWNERS; a++) {
            for (unsigned b = a + 1; b < OWNERS; b++) {
                check_distance(a, b);
            }
        }
        stop();
    }
}
END_TEST

START_TEST(a_sketch_may_be_opened)
{
    start(3, 1);
    for (unsigned w = 0; w < ROWS; w++) {
        struct shamir_values values = {0};
        int64_t entry;
        for (unsigned server = 1; server <= 3; server++) {
            shamir_values_set(&values, server, field_ext_of(sketches[1][server - 1][w]));
        }
        ck_assert_int_eq(values_open(&entry, &values, 1, 0, NULL), VALUES_OK);
        ck_assert_int_eq(entry, plain[1][w]);
    }
    stop();
}
END_TEST

START_TEST(distances_to_a_public_vector_are_exact)
{
    start(4, 1);
    static uint64_t direction[5000];
    int64_t expected = 0;
    for (unsigned k = 0; k < 5000; k++) {
        int64_t z = (int64_t)(k % 201) - 100;
        direction[k] = field_from_signed(z);
        expected += (owners[2].vector[k] - z) * (owners[2].vector[k] - z);
    }
    struct shamir_values values = {0};
    int64_t distance;
    uint32_t off;
    for (unsigned server = 1; server <= 4; server++) {
        const uint64_t *share = owners[2].shares[server - 1];
        uint64_t value = sketch_public_distance(&fixture.layout, share, share + 5000, direction);
        shamir_values_set(&values, server, field_ext_of(value));
    }
    ck_assert_int_eq(values_open(&distance, &values, 1, 0, &off), VALUES_OK);
    ck_assert_int_eq(distance, expected);
    values.values[1].a ^= 8; /* a liar is named */
    ck_assert_int_eq(values_open(&distance, &values, 1, 0, &off), VALUES_OK);
    ck_assert_int_eq(distance, expected);
    ck_assert_uint_eq(off, 2);
    values.servers = 7;
    ck_assert_int_eq(values_open(&distance, &values, 1, 0, &off), VALUES_INCONSISTENT);
    values.servers = 3;
    ck_assert_int_eq(values_open(&distance, &values, 1, 0, &off), VALUES_TOO_FEW);
    stop();
}
END_TEST

START_TEST(scores_are_exact_and_signed)
{
    start(4, 1);
    static uint64_t reference[5000];
    int64_t expected = 0;
    for (unsigned k = 0; k < 5000; k++) {
        reference[k] = field_from_signed(-(int64_t)k);
        expected -= (int64_t)k * owners[0].vector[k];
    }
    struct shamir_values values = {0};
    int64_t score;
    for (unsigned server = 1; server <= 4; server++) {
        uint64_t value = values_inner_product(reference, owners[0].shares[server - 1], 5000);
        shamir_values_set(&values, server, field_ext_of(value));
    }
    ck_assert_int_eq(values_open(&score, &values, 1, 0, NULL), VALUES_OK);
    ck_assert_int_eq(score, expected);
    stop();
}
END_TEST

/* ---- Zero sharing by itself */

START_TEST(zero_sharings_are_zero_at_0_and_of_degree_2t)
{
    static const unsigned profiles[][2] = {{4, 1}, {5, 2}, {7, 2}, {10, 3}, {10, 4}};
    for (unsigned p = 0; p < ARRAY_COUNT(profiles); p++) {
        unsigned server_count = profiles[p][0];
        unsigned degree = profiles[p][1];
        deal_keys(server_count, degree);
        struct shamir_values values = {0};
        struct shamir_values other = {0};
        for (unsigned server = 1; server <= server_count; server++) {
            struct zero_sharing_pair next = {.first = 1, .second = 2};
            uint64_t value = zero_sharing_value(&zeros[server - 1], server, &next);
            shamir_values_set(&values, server, field_ext_of(value));
            next.second = 3;
            value = zero_sharing_value(&zeros[server - 1], server, &next);
            shamir_values_set(&other, server, field_ext_of(value));
        }
        uint32_t all = (UINT32_C(1) << server_count) - 1;
        if (server_count > 2 * degree + 1) {
            ck_assert(shamir_consistent(&values, all, 2 * degree));
            ck_assert(!shamir_consistent(&values, all, 2 * degree - 1));
        }
        ck_assert(
            field_ext_equal(shamir_interpolate(&values, all, 2 * degree, 0), field_ext_of(0)));
        ck_assert(!field_ext_equal(values.values[0], other.values[0]));
    }
}
END_TEST

START_TEST(the_lowest_server_outside_a_set_deals)
{
    ck_assert_uint_eq(zero_sharing_dealer(1, 0xf), 2);
    ck_assert_uint_eq(zero_sharing_dealer(2, 0xf), 1);
    ck_assert_uint_eq(zero_sharing_dealer(7, 0xf), 4);
    ck_assert_uint_eq(zero_sharing_dealer(2, 0xe), 3); /* server 1 has left */
    ck_assert_uint_eq(zero_sharing_dealer(7, 0x7), 0);
    ck_assert_uint_eq(zero_sharing_dealers(4, 1, 0xf), 3);
    ck_assert_uint_eq(zero_sharing_dealers(4, 1, 0xe), 6);
    ck_assert_uint_eq(zero_sharing_dealers(10, 3, 0x3ff), 0xf);
    struct zero_sharing sharing;
    zero_sharing_init(&sharing, 10, 4);
    ck_assert_uint_eq(sharing.count, ZERO_SHARING_KEYS_MAX);
    zero_sharing_init(&sharing, 4, 1);
    ck_assert_uint_eq(sharing.count, 4);
    ck_assert_uint_eq(sharing.sets[3], 8);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("sketch");
    tcase_add_test(tests, pairwise_distances_of_sketches_are_exact);
    tcase_add_test(tests, a_sketch_may_be_opened);
    tcase_add_test(tests, distances_to_a_public_vector_are_exact);
    tcase_add_test(tests, scores_are_exact_and_signed);
    tcase_add_test(tests, zero_sharings_are_zero_at_0_and_of_degree_2t);
    tcase_add_test(tests, the_lowest_server_outside_a_set_deals);
    return check_run("sketch", tests);
}
