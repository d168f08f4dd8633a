#include "crypto/pad.h"

#include <string.h>

#include "base/memory.h"
#include "crypto/justify.h"
#include "tests/lib/check_run.h"

#define DIMENSION 1024 /* a power of two: the weights of all coordinates sum to 1 */

static const uint8_t seed[XOF_SEED_SIZE] = {3};
static const uint8_t random32[32] = {4};

static struct share_round sharing_round;
static struct secret_key server_keys[4];
static struct public_key owner;
static struct secret_key ephemeral;
static struct share_commitment commitment;
static struct share_auxiliary auxiliary;
static struct hash roots[SHARE_BLOBS_MAX];
static struct hash roots2[SHARE_BLOBS_MAX];
static struct buffer blobs[SHARE_BLOBS_MAX];
static struct buffer blobs2[SHARE_BLOBS_MAX];
static struct share_keys keys;
static uint64_t shares[4][DIMENSION + PAD_AUX_COUNT];
static struct hash beacon;

static void key_of(struct secret_key *out, uint8_t number)
{
    uint8_t bytes[32] = {1, number};
    ck_assert(secret_key_init(out, bytes));
}

static void write_vector(struct buffer *out, struct hash *root_list,
                         const struct share_label *label, const uint64_t *elements, size_t count)
{
    static struct share_writer writer;
    share_writer_init(&writer, &sharing_round, &keys, label);
    share_writer_add(&writer, elements, count, out);
    share_writer_finish(&writer, root_list);
}

static void read_vector(uint64_t *out, unsigned server, const struct share_label *label,
                        struct buffer *from, size_t count)
{
    struct share_reader reader;
    struct bytes blob = {0};
    if (server > 1) {
        blob = buffer_bytes(&from[server - 2]);
    }
    share_reader_init(&reader, &sharing_round, &keys.keys[server - 1], label, server, 0);
    ck_assert(share_reader_next(&reader, out, count, blob));
    share_reader_close(&reader);
}

static void setup(void)
{
    uint64_t pad[DIMENSION];
    uint64_t blind[PAD_AUX_COUNT];
    struct pad_stream stream;
    sharing_round = (struct share_round){.dimension = DIMENSION, .server_count = 4, .degree = 1};
    for (unsigned i = 0; i < 4; i++) {
        key_of(&server_keys[i], (uint8_t)(10 + i));
        point_of(&sharing_round.servers[i], &server_keys[i]);
    }
    key_of(&ephemeral, 1);
    share_keys_make(&keys, &sharing_round, &owner, &ephemeral);
    pad_stream_init(&stream, seed, &sharing_round.context);
    pad_stream_next(&stream, pad, DIMENSION);
    pad_stream_close(&stream);
    pad_blind(blind, seed, &sharing_round.context);
    struct share_label label = share_label_x();
    struct share_label label2 = share_label_aux(auxiliary.nonce2);
    write_vector(blobs, roots, &label, pad, DIMENSION);
    write_vector(blobs2, roots2, &label2, blind, PAD_AUX_COUNT);
    share_commit(&commitment, &sharing_round, &owner, &ephemeral, roots, random32);
    auxiliary.root = commitment.root;
    share_root2(&auxiliary.root2, &sharing_round.context, &owner, &auxiliary, roots2, 3);
    for (unsigned server = 1; server <= 4; server++) {
        read_vector(shares[server - 1], server, &label, blobs, DIMENSION);
        read_vector(shares[server - 1] + DIMENSION, server, &label2, blobs2, PAD_AUX_COUNT);
    }
}

static void teardown(void)
{
    for (unsigned i = 0; i < 3; i++) {
        buffer_close(&blobs[i]);
        buffer_close(&blobs2[i]);
    }
}

static struct field_ext value_of(const struct multilinear *form, unsigned server)
{
    struct pad_value value;
    pad_value_init(&value, form, DIMENSION);
    pad_value_add(&value, shares[server - 1], 100);
    pad_value_add(&value, shares[server - 1] + 100, DIMENSION - 99);
    pad_value_add(&value, shares[server - 1] + DIMENSION + 1, 1);
    return pad_value_finish(&value);
}

static bool fits(void)
{
    struct multilinear form;
    struct shamir_values values = {0};
    pad_form(&form, &beacon, DIMENSION);
    for (unsigned server = 1; server <= 4; server++) {
        shamir_values_set(&values, server, value_of(&form, server));
    }
    multilinear_close(&form);
    return shamir_consistent(&values, 15, 1);
}

START_TEST(accepts_a_pad_whose_shares_fit)
{
    for (unsigned i = 0; i < 5; i++) {
        beacon.bytes[0] = (uint8_t)i;
        ck_assert(fits());
    }
}
END_TEST

START_TEST(refuses_a_pad_with_one_share_off)
{
    for (size_t k = 0; k < DIMENSION + PAD_AUX_COUNT; k += k < DIMENSION - 100 ? 99 : 1) {
        shares[1][k] = field_add(shares[1][k], 1);
        ck_assert(!fits());
        shares[1][k] = field_sub(shares[1][k], 1);
    }
}
END_TEST

/* One share of every coordinate is off by c, and that of R0 by -c: with a weight of 1 for R0 this fits for
 * every beacon, because the weights of the coordinates sum to 1 too. */
START_TEST(pad_refuses_an_error_hidden_by_the_mask)
{
    for (size_t k = 0; k < DIMENSION; k++) {
        shares[2][k] = field_add(shares[2][k], 777);
    }
    shares[2][DIMENSION] = field_sub(shares[2][DIMENSION], 777);
    struct multilinear form;
    pad_form(&form, &beacon, DIMENSION);
    uint64_t ones[DIMENSION];
    for (size_t k = 0; k < DIMENSION; k++) {
        ones[k] = 1;
    }
    ck_assert(field_ext_equal(multilinear_evaluate(&form, ones, DIMENSION), field_ext_of(1)));
    multilinear_close(&form);
    ck_assert(!fits());
}
END_TEST

START_TEST(a_pad_is_new_in_every_round)
{
    struct hash context = {{0}};
    uint64_t elements[2];
    uint64_t blinds[2][PAD_AUX_COUNT];
    for (unsigned i = 0; i < 2; i++) {
        struct pad_stream stream;
        context.bytes[5] = (uint8_t)i;
        pad_stream_init(&stream, seed, &context);
        pad_stream_next(&stream, &elements[i], 1);
        pad_stream_close(&stream);
        pad_blind(blinds[i], seed, &context);
    }
    ck_assert_uint_ne(elements[0], elements[1]);
    ck_assert_uint_ne(blinds[0][0], blinds[1][0]);
    ck_assert_uint_ne(blinds[0][0], elements[0]);
}
END_TEST

START_TEST(a_disputed_share_of_a_pad_is_opened)
{
    struct multilinear form;
    pad_form(&form, &beacon, DIMENSION);
    for (unsigned server = 1; server <= 4; server++) {
        struct justify_case about = {&sharing_round, owner,  commitment,
                                     auxiliary,      server, PAD_AUX_COUNT};
        struct justify_opening opening;
        struct field_ext value;
        ck_assert(justify_open_server(&opening, &about, &server_keys[server - 1], random32));
        memcpy(opening.roots, roots, sizeof(roots));
        memcpy(opening.roots2, roots2, sizeof(roots2));
        struct bytes blob = {0};
        struct bytes blob2 = {0};
        if (server > 1) {
            blob = buffer_bytes(&blobs[server - 2]);
            blob2 = buffer_bytes(&blobs2[server - 2]);
        }
        ck_assert_int_eq(justify_pad_value(&value, &about, &opening, blob, blob2, &form),
                         JUSTIFY_OK);
        ck_assert(field_ext_equal(value, value_of(&form, server)));
    }
    multilinear_close(&form);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pad");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, accepts_a_pad_whose_shares_fit);
    tcase_add_test(tests, refuses_a_pad_with_one_share_off);
    tcase_add_test(tests, pad_refuses_an_error_hidden_by_the_mask);
    tcase_add_test(tests, a_pad_is_new_in_every_round);
    tcase_add_test(tests, a_disputed_share_of_a_pad_is_opened);
    return check_run("pad", tests);
}
