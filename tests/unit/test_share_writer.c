#include "crypto/share_writer.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/sharing.h"

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
    static const uint32_t dimensions[] = {1, 2, 511, 512, 513, 1023, 1025, 16383, 16384, 16385};
    static struct sharing sharing;
    for (size_t i = 0; i < ARRAY_COUNT(dimensions); i++) {
        uint32_t dimension = dimensions[i];
        sharing_init(&sharing, 3, 1, dimension, 1, i);
        const struct sharing_owner *owner = &sharing.owners[0];
        for (uint32_t k = 0; k < dimension; k++) {
            int64_t value = field_to_signed(reconstruct(owner, 5, k));
            ck_assert_int_eq(value, owner->vector[k]);
        }
        sharing_close(&sharing);
    }
}
END_TEST

/* Write the vector of an owner in pieces of `piece` integers, or as elements. */
static void write_again(struct buffer *blobs, struct hash *roots, const struct sharing *sharing,
                        const struct share_label *label, size_t piece, bool elements)
{
    static struct share_writer writer;
    const struct sharing_owner *owner = &sharing->owners[0];
    uint64_t x[1000];
    size_t count = sharing->round.dimension;
    share_writer_init(&writer, &sharing->round, &owner->keys, label);
    for (size_t done = 0; done < count;) {
        size_t part = piece < count - done ? piece : count - done;
        if (elements) {
            for (size_t k = 0; k < part; k++) {
                x[k] = field_from_signed(owner->vector[done + k]);
            }
            share_writer_add(&writer, x, part, blobs);
        } else {
            share_writer_add_signed(&writer, owner->vector + done, part, blobs);
        }
        done += part;
    }
    share_writer_finish(&writer, roots);
    static const struct share_writer zero;
    ck_assert_mem_eq(&writer, &zero, sizeof(zero)); /* no secret is left */
}

START_TEST(pieces_in_which_the_vector_comes_do_not_matter)
{
    static struct sharing sharing;
    static const size_t pieces[] = {777, 1000, 1};
    struct share_label label = share_label_x();
    sharing_init(&sharing, 4, 1, 20000, 1, 3);
    const struct sharing_owner *owner = &sharing.owners[0];
    for (unsigned p = 0; p < 2 * ARRAY_COUNT(pieces); p++) {
        struct buffer blobs[SHARE_BLOBS_MAX] = {{0}};
        struct hash roots[SHARE_BLOBS_MAX];
        write_again(blobs, roots, &sharing, &label, pieces[p / 2], p % 2 == 1);
        for (unsigned i = 0; i < 3; i++) {
            struct hash root;
            ck_assert(bytes_equal(buffer_bytes(&blobs[i]), buffer_bytes(&owner->blobs[i])));
            merkle_blob_root(&root, buffer_bytes(&blobs[i]));
            ck_assert(hash_equal(&roots[i], &root));
            ck_assert(hash_equal(&roots[i], &owner->roots[i]));
            buffer_close(&blobs[i]);
        }
    }
    sharing_close(&sharing);
}
END_TEST

/* One key stream used for two vectors would show their difference. */
START_TEST(labels_and_nonces_give_other_ciphertexts)
{
    static struct sharing sharing;
    static const uint8_t nonces[2][16] = {{1}, {2}};
    struct buffer blobs[3][SHARE_BLOBS_MAX] = {{{0}}};
    struct share_label labels[3] = {share_label_x(), share_label_aux(nonces[0]),
                                    share_label_aux(nonces[1])};
    sharing_init(&sharing, 4, 1, 20, 1, 4);
    for (unsigned i = 0; i < 3; i++) {
        struct hash roots[SHARE_BLOBS_MAX];
        write_again(blobs[i], roots, &sharing, &labels[i], 20, false);
    }
    for (unsigned blob = 0; blob < 3; blob++) {
        for (size_t at = 0; at < 160; at += 8) {
            ck_assert_mem_ne(blobs[0][blob].data + at, blobs[1][blob].data + at, 8);
            ck_assert_mem_ne(blobs[1][blob].data + at, blobs[2][blob].data + at, 8);
        }
    }
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned blob = 0; blob < 3; blob++) {
            buffer_close(&blobs[i][blob]);
        }
    }
    sharing_close(&sharing);
}
END_TEST

/* An ephemeral key of either sign is the same key. */
START_TEST(keys_are_those_of_the_even_point)
{
    static struct sharing sharing;
    struct share_keys keys;
    struct secret_key even;
    sharing_init(&sharing, 3, 1, 4, 8, 6);
    for (unsigned i = 0; i < 8; i++) {
        even = sharing.owners[i].ephemeral;
        secret_key_make_even(&even);
        share_keys_make(&keys, &sharing.round, &sharing.owners[i].id, &even);
        ck_assert_mem_eq(&keys, &sharing.owners[i].keys, sizeof(keys));
    }
    share_keys_close(&keys);
    ck_assert(hash_is_zero(&keys.keys[0]));
    sharing_close(&sharing);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("share_writer");
    tcase_add_test(tests, any_t_plus_1_servers_hold_the_vector);
    tcase_add_test(tests, lengths_around_the_borders_of_segments_are_shared_whole);
    tcase_add_test(tests, pieces_in_which_the_vector_comes_do_not_matter);
    tcase_add_test(tests, labels_and_nonces_give_other_ciphertexts);
    tcase_add_test(tests, keys_are_those_of_the_even_point);
    return check_run("share_writer", tests);
}
