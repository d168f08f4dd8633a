#include "crypto/share_reader.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/sharing.h"

#define SERVER 3u

static struct sharing sharing;
static struct buffer wire; /* a good delivery of owner 0 to SERVER */

static void setup(void)
{
    sharing_init(&sharing, 4, 1, 1000, 2, 11);
    const struct sharing_owner *owner = &sharing.owners[0];
    share_sealed_write(&wire, owner->roots, 3, buffer_bytes(&owner->blobs[SERVER - 2]));
}

static void teardown(void)
{
    buffer_close(&wire);
    sharing_close(&sharing);
}

static enum share_status check(const struct share_round *round, const struct public_key *owner,
                               const struct share_commitment *commitment, unsigned server)
{
    struct share_sealed sealed;
    enum share_status status =
        sharing_read(&sealed, &sharing.round, 1000, buffer_bytes(&wire), NULL);
    if (status != SHARE_OK) {
        return status;
    }
    return share_sealed_check_x(&sealed, round, owner, commitment, server);
}

static enum share_status check_as_sent(void)
{
    const struct sharing_owner *owner = &sharing.owners[0];
    return check(&sharing.round, &owner->id, &owner->commitment, SERVER);
}

START_TEST(accepts_a_delivery)
{
    ck_assert_uint_eq(wire.size, share_sealed_size(&sharing.round, 1000));
    ck_assert_int_eq(check_as_sent(), SHARE_OK);
}
END_TEST

START_TEST(refuses_a_changed_byte_anywhere)
{
    for (size_t i = 0; i < wire.size; i += i < 120 ? 1 : 97) {
        wire.data[i] ^= 1;
        ck_assert_int_eq(check_as_sent(), i < 96 ? SHARE_ROOT : SHARE_BLOB);
        wire.data[i] ^= 1;
    }
}
END_TEST

START_TEST(refuses_a_wrong_size)
{
    struct share_sealed sealed;
    for (size_t size = 0; size < wire.size; size += 499) {
        ck_assert_int_eq(
            sharing_read(&sealed, &sharing.round, 1000, (struct bytes){wire.data, size}, NULL),
            SHARE_SIZE);
    }
    buffer_append(&wire, (struct bytes){(const uint8_t *)"\0\0\0\0\0\0\0\0", 8});
    ck_assert_int_eq(check_as_sent(), SHARE_SIZE);
}
END_TEST

START_TEST(names_the_element_that_is_not_below_p)
{
    struct share_sealed sealed;
    uint64_t index = 0;
    static const size_t places[] = {0, 500, 998, 999};
    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        uint8_t kept[FIELD_SIZE];
        uint8_t *element = wire.data + 96 + FIELD_SIZE * places[i];
        memcpy(kept, element, FIELD_SIZE);
        field_write(element, FIELD_MODULUS);
        ck_assert_int_eq(sharing_read(&sealed, &sharing.round, 1000, buffer_bytes(&wire), &index),
                         SHARE_ELEMENT);
        ck_assert_uint_eq(index, places[i]);
        memcpy(element, kept, FIELD_SIZE);
    }
    ck_assert_int_eq(check_as_sent(), SHARE_OK);
}
END_TEST

START_TEST(refuses_a_delivery_of_another_owner_round_or_server)
{
    const struct sharing_owner *owner = &sharing.owners[0];
    const struct sharing_owner *other = &sharing.owners[1];
    struct share_round round = sharing.round;
    ck_assert_int_eq(check(&round, &other->id, &owner->commitment, SERVER), SHARE_ROOT);
    ck_assert_int_eq(check(&round, &owner->id, &other->commitment, SERVER), SHARE_ROOT);
    ck_assert_int_eq(check(&round, &owner->id, &owner->commitment, 2), SHARE_BLOB);
    ck_assert_int_eq(check(&round, &owner->id, &owner->commitment, 4), SHARE_BLOB);
    round.context.bytes[9] ^= 1;
    ck_assert_int_eq(check(&round, &owner->id, &owner->commitment, SERVER), SHARE_ROOT);
    struct share_commitment wrong = owner->commitment;
    wrong.root.bytes[0] ^= 1;
    ck_assert_int_eq(check(&sharing.round, &owner->id, &wrong, SERVER), SHARE_ROOT);
}
END_TEST

/* The share of SERVER by the key of `server`, in pieces. */
static bool open_with(uint64_t *share, unsigned server, struct bytes ciphertext, size_t piece)
{
    const struct sharing_owner *owner = &sharing.owners[0];
    struct share_label label = share_label_x();
    struct share_reader reader;
    struct hash key;
    bool good = true;
    ck_assert(share_key_of_server(&key, &sharing.round, &owner->id, &owner->commitment.ephemeral,
                                  server, &sharing.server_keys[server - 1]));
    share_reader_init(&reader, &sharing.round, &key, &label, SERVER, 0);
    for (size_t done = 0; done < 1000 && good; done += piece) {
        size_t part = piece < 1000 - done ? piece : 1000 - done;
        good = share_reader_next(
            &reader, share + done, part,
            (struct bytes){ciphertext.data + FIELD_SIZE * done, FIELD_SIZE * part});
    }
    share_reader_close(&reader);
    return good;
}

START_TEST(opens_in_pieces_and_with_no_other_key)
{
    static uint64_t share[1000];
    struct sharing_owner *owner = &sharing.owners[0];
    struct bytes ciphertext = buffer_bytes(&owner->blobs[SERVER - 2]);
    for (size_t piece = 1; piece <= 1000; piece += 333) {
        ck_assert(open_with(share, SERVER, ciphertext, piece));
        ck_assert_mem_eq(share, owner->shares[SERVER - 1], sizeof(share));
    }
    ck_assert(open_with(share, 2, ciphertext, 1000));
    ck_assert_mem_ne(share, owner->shares[SERVER - 1], sizeof(share));
}
END_TEST

START_TEST(checks_the_auxiliary_vector_against_its_root)
{
    struct share_auxiliary auxiliary = {{{1}}, {{2}}, {3}, {{0}}};
    struct sharing_owner *owner = &sharing.owners[0];
    struct share_sealed sealed;
    ck_assert_int_eq(sharing_read(&sealed, &sharing.round, 1000, buffer_bytes(&wire), NULL),
                     SHARE_OK);
    ck_assert_int_eq(
        share_sealed_check_aux(&sealed, &sharing.round, &owner->id, &auxiliary, SERVER),
        SHARE_ROOT);
    share_root2(&auxiliary.root2, &sharing.round.context, &owner->id, &auxiliary, owner->roots, 3);
    ck_assert_int_eq(
        share_sealed_check_aux(&sealed, &sharing.round, &owner->id, &auxiliary, SERVER), SHARE_OK);
    ck_assert_int_eq(share_sealed_check_aux(&sealed, &sharing.round, &owner->id, &auxiliary, 2),
                     SHARE_BLOB);
    auxiliary.nonce2[0] ^= 1;
    ck_assert_int_eq(
        share_sealed_check_aux(&sealed, &sharing.round, &owner->id, &auxiliary, SERVER),
        SHARE_ROOT);
}
END_TEST

START_TEST(gives_no_key_for_an_ephemeral_key_that_is_no_point)
{
    struct public_key bad;
    struct hash key;
    memset(bad.bytes, 0xff, sizeof(bad.bytes));
    ck_assert(!share_key_of_server(&key, &sharing.round, &sharing.owners[0].id, &bad, SERVER,
                                   &sharing.server_keys[SERVER - 1]));
    ck_assert(hash_is_zero(&key));
}
END_TEST

START_TEST(does_not_open_elements_that_are_not_below_p)
{
    static uint64_t share[1000];
    struct buffer *blob = &sharing.owners[0].blobs[SERVER - 2];
    field_write(blob->data + FIELD_SIZE * 999, FIELD_MODULUS);
    ck_assert(!open_with(share, SERVER, buffer_bytes(blob), 1000));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("share_reader");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, accepts_a_delivery);
    tcase_add_test(tests, refuses_a_changed_byte_anywhere);
    tcase_add_test(tests, refuses_a_wrong_size);
    tcase_add_test(tests, names_the_element_that_is_not_below_p);
    tcase_add_test(tests, refuses_a_delivery_of_another_owner_round_or_server);
    tcase_add_test(tests, opens_in_pieces_and_with_no_other_key);
    tcase_add_test(tests, checks_the_auxiliary_vector_against_its_root);
    tcase_add_test(tests, gives_no_key_for_an_ephemeral_key_that_is_no_point);
    tcase_add_test(tests, does_not_open_elements_that_are_not_below_p);
    return check_run("share_reader", tests);
}
