#include "crypto/share_owner.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/sharing.h"

static const uint8_t zeros[32];

/* The plain value of element `k`, from the shares of the servers of `set`. */
static uint64_t reconstruct(const struct sharing_owner *owner, uint32_t set, size_t k)
{
    uint64_t coefficients[SHAMIR_SERVERS_MAX];
    uint64_t sum = 0;
    unsigned taken = 0;
    shamir_zero_coefficients(coefficients, set);
    for (unsigned server = 1; server <= SHAMIR_SERVERS_MAX; server++) {
        if (shamir_set_has(set, server)) {
            uint64_t share = owner->shares[server - 1][k];
            sum = field_add(sum, field_mul(coefficients[taken++], share));
        }
    }
    return sum;
}

START_TEST(any_t_plus_1_servers_hold_the_vector)
{
    static const unsigned profiles[][2] = {{3, 1}, {4, 1}, {7, 2}, {10, 3}};
    static struct sharing sharing;
    for (size_t p = 0; p < ARRAY_COUNT(profiles); p++) {
        unsigned server_count = profiles[p][0];
        unsigned degree = profiles[p][1];
        sharing_init(&sharing, server_count, degree, 21, 1, p);
        const struct sharing_owner *owner = &sharing.owners[0];
        for (uint32_t set = 1; set < UINT32_C(1) << server_count; set++) {
            for (size_t k = 0; k < 21 && shamir_set_count(set) > degree; k++) {
                int64_t value = field_to_signed(reconstruct(owner, set, k));
                ck_assert_int_eq(value, owner->vector[k]);
            }
        }
        sharing_close(&sharing);
    }
}
END_TEST

/* Below, at and above a segment of the generator and a block of the owner's work. */
START_TEST(lengths_around_the_borders_of_segments_are_shared_whole)
{
    static const uint32_t dimensions[] = {1, 2, 509, 510, 511, 512, 16381, 16382, 16383, 16384};
    static struct sharing sharing;
    for (size_t i = 0; i < ARRAY_COUNT(dimensions); i++) {
        uint32_t dimension = dimensions[i];
        sharing_init(&sharing, 3, 1, dimension, 1, i);
        const struct sharing_owner *owner = &sharing.owners[0];
        for (uint32_t k = 0; k < dimension; k++) {
            int64_t value = field_to_signed(reconstruct(owner, 5, k));
            ck_assert_int_eq(value, owner->vector[k]);
        }
        for (uint32_t k = dimension; k < dimension + 2; k++) {
            ck_assert_uint_eq(reconstruct(owner, 5, k), reconstruct(owner, 6, k));
        }
        sharing_close(&sharing);
    }
}
END_TEST

START_TEST(pieces_in_which_the_vector_comes_do_not_matter)
{
    static struct sharing sharing;
    static struct share_owner sharer;
    struct buffer blobs[SHARE_BLOBS_MAX] = {{0}};
    struct hash roots[SHARE_BLOBS_MAX];
    struct share_commitment commitment;
    sharing_init(&sharing, 4, 1, 20000, 1, 3);
    const struct sharing_owner *owner = &sharing.owners[0];
    ck_assert_int_eq(
        share_owner_init(&sharer, &sharing.round, &owner->id, &owner->ephemeral, owner->mask_seed),
        SHARE_OK);
    for (size_t k = 0; k < 20000;) {
        size_t part = 777 < 20000 - k ? 777 : 20000 - k;
        share_owner_add(&sharer, owner->vector + k, part, blobs);
        k += part;
    }
    share_owner_finish(&sharer, blobs, roots, &commitment, zeros);
    share_owner_close(&sharer);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert(bytes_equal(buffer_bytes(&blobs[i]), buffer_bytes(&owner->blobs[i])));
        ck_assert(hash_equal(&roots[i], &owner->roots[i]));
        struct hash root;
        merkle_blob_root(&root, buffer_bytes(&blobs[i]));
        ck_assert(hash_equal(&roots[i], &root));
        buffer_close(&blobs[i]);
    }
    ck_assert_mem_eq(&commitment, &owner->commitment, sizeof(commitment));
    sharing_close(&sharing);
}
END_TEST

/* Even t servers together see what is independent of the vector: another vector under the same keys
 * gives servers 1 .. t the same shares. */
START_TEST(shares_of_the_first_t_servers_do_not_depend_on_the_vector)
{
    static struct sharing sharing;
    static struct share_owner sharer;
    sharing_init(&sharing, 7, 2, 5, 1, 4);
    struct sharing_owner *owner = &sharing.owners[0];
    struct buffer blobs[SHARE_BLOBS_MAX] = {{0}};
    struct hash roots[SHARE_BLOBS_MAX];
    struct share_commitment commitment;
    int64_t other[5] = {1, 2, 3, 4, -5};
    ck_assert_int_eq(
        share_owner_init(&sharer, &sharing.round, &owner->id, &owner->ephemeral, owner->mask_seed),
        SHARE_OK);
    share_owner_add(&sharer, other, 5, blobs);
    share_owner_finish(&sharer, blobs, roots, &commitment, zeros);
    share_owner_close(&sharer);
    for (unsigned i = 0; i < 5; i++) {
        ck_assert(!hash_equal(&roots[i], &owner->roots[i]));
        buffer_close(&blobs[i]);
    }
    ck_assert_mem_eq(commitment.ephemeral.bytes, owner->commitment.ephemeral.bytes, 32);
    sharing_close(&sharing);
}
END_TEST

START_TEST(masks_differ_by_seed_and_owner)
{
    static struct sharing sharing;
    sharing_init(&sharing, 3, 1, 4, 3, 5);
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned k = 0; k < i; k++) {
            ck_assert_uint_ne(reconstruct(&sharing.owners[i], 3, 4),
                              reconstruct(&sharing.owners[k], 3, 4));
        }
        ck_assert_uint_ne(reconstruct(&sharing.owners[i], 3, 4),
                          reconstruct(&sharing.owners[i], 3, 5));
    }
    sharing_close(&sharing);
}
END_TEST

START_TEST(closing_leaves_no_secret)
{
    static struct sharing sharing;
    static struct share_owner sharer;
    static const struct share_owner zero;
    sharing_init(&sharing, 3, 1, 4, 1, 6);
    ck_assert_int_eq(share_owner_init(&sharer, &sharing.round, &sharing.owners[0].id,
                                      &sharing.owners[0].ephemeral, zeros),
                     SHARE_OK);
    share_owner_close(&sharer);
    ck_assert_mem_eq(&sharer, &zero, sizeof(zero));
    sharing_close(&sharing);
}
END_TEST

START_TEST(refuses_a_round_that_cannot_be)
{
    static struct share_owner sharer;
    struct share_round round = {.dimension = 1, .server_count = 2, .degree = 1};
    struct public_key id = {{1}};
    struct secret_key key = {{1}};
    ck_assert_int_eq(share_owner_init(&sharer, &round, &id, &key, zeros), SHARE_SERVERS);
}
END_TEST

START_TEST(stops_at_a_vector_that_is_too_short)
{
    static struct sharing sharing;
    static struct share_owner sharer;
    struct buffer blobs[SHARE_BLOBS_MAX] = {{0}};
    struct hash roots[SHARE_BLOBS_MAX];
    struct share_commitment commitment;
    sharing_init(&sharing, 3, 1, 4, 1, 6);
    ck_assert_int_eq(share_owner_init(&sharer, &sharing.round, &sharing.owners[0].id,
                                      &sharing.owners[0].ephemeral, zeros),
                     SHARE_OK);
    share_owner_add(&sharer, sharing.owners[0].vector, 3, blobs);
    share_owner_finish(&sharer, blobs, roots, &commitment, zeros);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("share_owner");
    tcase_add_test(tests, any_t_plus_1_servers_hold_the_vector);
    tcase_add_test(tests, lengths_around_the_borders_of_segments_are_shared_whole);
    tcase_add_test(tests, pieces_in_which_the_vector_comes_do_not_matter);
    tcase_add_test(tests, shares_of_the_first_t_servers_do_not_depend_on_the_vector);
    tcase_add_test(tests, masks_differ_by_seed_and_owner);
    tcase_add_test(tests, closing_leaves_no_secret);
    tcase_add_test(tests, refuses_a_round_that_cannot_be);
    tcase_add_test_raise_signal(tests, stops_at_a_vector_that_is_too_short, 6);
    return check_run("share_owner", tests);
}
