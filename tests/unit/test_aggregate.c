#include "crypto/aggregate.h"

#include <string.h>

#include "base/memory.h"
#include "tests/lib/check_run.h"
#include "tests/lib/sharing.h"

static struct sharing sharing;
static const struct hash last_beacon = {{3, 3}};
static const struct hash private_seed = {{4, 4}};

/* The round's end as all honest parties make it: sums, the aggregate, the check values. */
struct ending {
    uint64_t *sums[SHAMIR_SERVERS_MAX];
    struct buffer aggregate;
    struct field_ext claimed;
    struct shamir_values values;
};

static void ending_init(struct ending *ending, uint32_t owner_set)
{
    uint32_t dimension = sharing.round.dimension;
    struct aggregate_sums sums = {.dimension = dimension};
    *ending = (struct ending){0};
    struct multilinear form;
    aggregate_check_form(&form, &last_beacon, dimension);
    for (unsigned server = 1; server <= sharing.round.server_count; server++) {
        uint64_t *sum = sharing_sum_new(&sharing, server, owner_set);
        ending->sums[server - 1] = sum;
        sums.sums[server - 1] = sum;
        sums.servers |= shamir_set_of(server);
        shamir_values_set(&ending->values, server, aggregate_check_value(&form, sum, dimension));
    }
    uint64_t *total = memory_new(sizeof(*total) * dimension);
    uint32_t off;
    ck_assert(aggregate_combine(total, &sums, sharing.round.degree, 0, &private_seed, &off));
    ck_assert_uint_eq(off, 0);
    buffer_reserve(&ending->aggregate, FIELD_SIZE * dimension);
    field_write_all(ending->aggregate.data, total, dimension);
    ending->aggregate.size = FIELD_SIZE * dimension;
    ck_assert(aggregate_evaluate(&ending->claimed, &form, buffer_bytes(&ending->aggregate),
                                 dimension, NULL));
    free(total);
    multilinear_close(&form);
}

static void ending_close(struct ending *ending)
{
    for (unsigned i = 0; i < SHAMIR_SERVERS_MAX; i++) {
        free(ending->sums[i]);
    }
    buffer_close(&ending->aggregate);
}

static enum aggregate_result finish(const struct ending *ending, uint32_t *off)
{
    return aggregate_check(&ending->values, sharing.round.degree, 0, ending->claimed, off);
}

static void setup(void)
{
    sharing_init(&sharing, 4, 1, 100, 3, 21);
}

static void teardown(void)
{
    sharing_close(&sharing);
}

START_TEST(shares_summed_and_interpolated_are_the_sum_of_the_vectors)
{
    static const unsigned profiles[][2] = {{3, 1}, {4, 1}, {7, 2}, {10, 3}};
    static const uint32_t dimensions[] = {1, 2, 64, 65, 1000};
    for (size_t p = 0; p < ARRAY_COUNT(profiles); p++) {
        for (size_t k = 0; k < ARRAY_COUNT(dimensions); k++) {
            teardown();
            sharing_init(&sharing, profiles[p][0], profiles[p][1], dimensions[k], 4, p + 10 * k);
            struct ending ending;
            struct buffer plain = {0};
            uint32_t off = 1;
            uint32_t owners = 0xb; /* one owner was left out */
            ending_init(&ending, owners);
            sharing_plain_sum(&plain, &sharing, owners);
            ck_assert(bytes_equal(buffer_bytes(&plain), buffer_bytes(&ending.aggregate)));
            ck_assert_int_eq(finish(&ending, &off), AGGREGATE_ACCEPTED);
            ck_assert_uint_eq(off, 0);
            buffer_close(&plain);
            ending_close(&ending);
        }
    }
}
END_TEST

START_TEST(values_of_owners_must_combine_to_what_was_posted)
{
    struct field_ext gammas[3];
    struct field_ext singles[3];
    struct field_ext posted = {0};
    for (size_t i = 0; i < 3; i++) {
        gammas[i] = aggregate_gamma(&last_beacon, &sharing.owners[i].id);
        singles[i] = (struct field_ext){i + 1, FIELD_MODULUS - i};
        singles[i] = field_ext_mul(singles[i], gammas[0]);
        aggregate_fold(&posted, gammas[i], singles[i]);
    }
    ck_assert(aggregate_values_match(posted, gammas, singles, 3));
    ck_assert(!aggregate_values_match(posted, gammas, singles, 2));
    singles[2].a ^= 1;
    ck_assert(!aggregate_values_match(posted, gammas, singles, 3));
}
END_TEST

START_TEST(the_threshold_falls_with_every_proven_liar)
{
    ck_assert_uint_eq(aggregate_threshold(1, 0), 3);
    ck_assert_uint_eq(aggregate_threshold(3, 1), 6);
}
END_TEST

START_TEST(check_refuses_an_aggregate_with_one_element_off)
{
    struct ending ending;
    struct multilinear form;
    ending_init(&ending, 7);
    aggregate_check_form(&form, &last_beacon, 100);
    for (size_t k = 0; k < 100; k++) {
        uint32_t off = 1;
        uint8_t *element = ending.aggregate.data + FIELD_SIZE * k;
        *element ^= 1;
        ck_assert(
            aggregate_evaluate(&ending.claimed, &form, buffer_bytes(&ending.aggregate), 100, NULL));
        ck_assert_int_eq(finish(&ending, &off), AGGREGATE_SUM_WRONG);
        ck_assert_uint_eq(off, 0);
        *element ^= 1;
    }
    multilinear_close(&form);
    ending_close(&ending);
}
END_TEST

START_TEST(check_refuses_the_sum_over_another_set)
{
    struct ending ending;
    struct ending other;
    uint32_t off;
    ending_init(&ending, 7);
    ending_init(&other, 3);
    ending.claimed = other.claimed;
    ck_assert_int_eq(finish(&ending, &off), AGGREGATE_SUM_WRONG);
    ending_close(&ending);
    ending_close(&other);
}
END_TEST

START_TEST(check_names_a_server_that_is_off_among_four)
{
    struct ending ending;
    ending_init(&ending, 7);
    for (unsigned server = 1; server <= 4; server++) {
        uint32_t off = 0;
        struct shamir_values kept = ending.values;
        ending.values.values[server - 1].b = field_add(ending.values.values[server - 1].b, 1);
        ck_assert_int_eq(finish(&ending, &off), AGGREGATE_ACCEPTED);
        ck_assert_uint_eq(off, shamir_set_of(server));
        ending.claimed.a ^= 1; /* the leader lies too */
        ck_assert_int_eq(finish(&ending, &off), AGGREGATE_SUM_WRONG);
        ck_assert_uint_eq(off, shamir_set_of(server));
        ending.claimed.a ^= 1;
        ending.values = kept;
    }
    ending_close(&ending);
}
END_TEST

START_TEST(check_names_nobody_where_it_cannot)
{
    struct ending ending;
    uint32_t off = 9;
    ending_init(&ending, 7);
    struct shamir_values kept = ending.values;
    ending.values.values[0].a ^= 1;
    ending.values.values[1].a ^= 2; /* two of four */
    ck_assert_int_eq(finish(&ending, &off), AGGREGATE_INCONSISTENT);
    ck_assert_uint_eq(off, 0);
    ending.values = kept; /* one of three */
    ending.values.servers = 7;
    ending.values.values[0].a ^= 1;
    ck_assert_int_eq(finish(&ending, &off), AGGREGATE_INCONSISTENT);
    ck_assert_uint_eq(off, 0);
    ending.values.servers = 6; /* t + 1 that fit */
    ck_assert_int_eq(finish(&ending, &off), AGGREGATE_TOO_FEW);
    ending_close(&ending);
}
END_TEST

START_TEST(check_with_proven_liars_needs_fewer_values)
{
    teardown();
    sharing_init(&sharing, 7, 2, 40, 2, 23);
    struct ending ending;
    uint32_t off;
    ending_init(&ending, 3);
    ending.values.servers &= ~shamir_set_of(7) & ~shamir_set_of(1); /* five left */
    ending.values.values[2].a ^= 1;
    ck_assert_int_eq(finish(&ending, &off), AGGREGATE_INCONSISTENT);
    ck_assert_int_eq(aggregate_check(&ending.values, 2, 1, ending.claimed, &off),
                     AGGREGATE_ACCEPTED);
    ck_assert_uint_eq(off, shamir_set_of(3));
    ending_close(&ending);
}
END_TEST

START_TEST(evaluate_refuses_what_is_no_aggregate)
{
    struct ending ending;
    struct multilinear form;
    struct field_ext value;
    uint64_t index = 0;
    ending_init(&ending, 7);
    aggregate_check_form(&form, &last_beacon, 100);
    struct bytes aggregate = buffer_bytes(&ending.aggregate);
    ck_assert(!aggregate_evaluate(&value, &form, (struct bytes){aggregate.data, 799}, 100, &index));
    ck_assert_uint_eq(index, 100);
    ck_assert(!aggregate_evaluate(&value, &form, (struct bytes){aggregate.data, 792}, 100, NULL));
    ck_assert(!aggregate_evaluate(&value, &form, (struct bytes){0}, 100, NULL));
    field_write(ending.aggregate.data + FIELD_SIZE * 77, FIELD_MODULUS + 3);
    ck_assert(!aggregate_evaluate(&value, &form, aggregate, 100, &index));
    ck_assert_uint_eq(index, 77);
    multilinear_close(&form);
    ending_close(&ending);
}
END_TEST

START_TEST(the_leader_drops_a_server_that_is_off)
{
    struct ending ending;
    struct aggregate_sums sums = {.servers = 15, .dimension = 100};
    uint64_t out[100];
    uint8_t bytes[800];
    uint32_t off;
    ending_init(&ending, 7);
    for (size_t i = 0; i < 4; i++) {
        sums.sums[i] = ending.sums[i];
    }
    ending.sums[0][99] = field_add(ending.sums[0][99], 1);
    ck_assert(aggregate_combine(out, &sums, 1, 0, &private_seed, &off));
    ck_assert_uint_eq(off, shamir_set_of(1));
    field_write_all(bytes, out, 100);
    ck_assert(bytes_equal(BYTES_OF(bytes), buffer_bytes(&ending.aggregate)));
    ending.sums[1][0] = field_add(ending.sums[1][0], 1);
    ck_assert(!aggregate_combine(out, &sums, 1, 0, &private_seed, &off));
    ending.sums[1][0] = field_sub(ending.sums[1][0], 1);
    sums.servers = 7; /* three with one off, then two: nothing may be posted */
    ck_assert(!aggregate_combine(out, &sums, 1, 0, &private_seed, &off));
    sums.servers = 6;
    ck_assert(!aggregate_combine(out, &sums, 1, 0, &private_seed, NULL));
    sums.servers = 14;
    ck_assert(aggregate_combine(out, &sums, 1, 0, &private_seed, NULL));
    ending_close(&ending);
}
END_TEST

START_TEST(beacons_and_what_they_draw_differ)
{
    struct hash context = {{5}};
    struct hash block = {{6}};
    struct hash beacons[4];
    for (unsigned number = 1; number <= 3; number++) {
        aggregate_beacon(&beacons[number - 1], number, &context, &block);
    }
    context.bytes[0] = 7;
    aggregate_beacon(&beacons[3], 1, &context, &block);
    for (size_t i = 0; i < 4; i++) {
        for (size_t k = 0; k < i; k++) {
            ck_assert(!hash_equal(&beacons[i], &beacons[k]));
        }
    }
    struct field_ext first = aggregate_gamma(&beacons[0], &sharing.owners[0].id);
    ck_assert(!field_ext_equal(first, aggregate_gamma(&beacons[0], &sharing.owners[1].id)));
    ck_assert(!field_ext_equal(first, aggregate_gamma(&beacons[1], &sharing.owners[0].id)));
    struct multilinear first_form;
    struct multilinear second_form;
    aggregate_check_form(&first_form, &beacons[0], 100);
    aggregate_check_form(&second_form, &beacons[1], 100);
    ck_assert_uint_eq(first_form.variables, 7);
    ck_assert(!field_ext_equal(first_form.point[0], second_form.point[0]));
    multilinear_close(&first_form);
    multilinear_close(&second_form);
}
END_TEST

START_TEST(the_set_hash_binds_the_owners)
{
    struct public_key owners[2] = {{{1}}, {{2}}};
    struct hash both;
    struct hash one;
    aggregate_set_hash(&both, owners, 2);
    aggregate_set_hash(&one, owners, 1);
    ck_assert(!hash_equal(&both, &one));
    hash_plain(&one, BYTES_OF(owners));
    ck_assert(hash_equal(&both, &one));
}
END_TEST

START_TEST(stops_at_owners_that_are_not_sorted)
{
    struct public_key owners[2] = {{{2}}, {{2}}};
    struct hash out;
    aggregate_set_hash(&out, owners, 2);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("aggregate");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, shares_summed_and_interpolated_are_the_sum_of_the_vectors);
    tcase_add_test(tests, values_of_owners_must_combine_to_what_was_posted);
    tcase_add_test(tests, the_threshold_falls_with_every_proven_liar);
    tcase_add_test(tests, check_refuses_an_aggregate_with_one_element_off);
    tcase_add_test(tests, check_refuses_the_sum_over_another_set);
    tcase_add_test(tests, check_names_a_server_that_is_off_among_four);
    tcase_add_test(tests, check_names_nobody_where_it_cannot);
    tcase_add_test(tests, check_with_proven_liars_needs_fewer_values);
    tcase_add_test(tests, evaluate_refuses_what_is_no_aggregate);
    tcase_add_test(tests, the_leader_drops_a_server_that_is_off);
    tcase_add_test(tests, beacons_and_what_they_draw_differ);
    tcase_add_test(tests, the_set_hash_binds_the_owners);
    tcase_add_test_raise_signal(tests, stops_at_owners_that_are_not_sorted, 6);
    return check_run("aggregate", tests);
}
