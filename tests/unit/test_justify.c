#include "crypto/justify.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/norm_fixture.h"

static const uint8_t random32[32] = {5};

static struct norm_fixture fixture;
static struct norm_owner owner;
static struct norm_round norm_round_of_test;
static struct norm_form form;
static struct norm_replay replay;

static void start(unsigned server_count, unsigned degree)
{
    struct norm_params params = norm_params_small(server_count, degree, 5000, 1 << 20);
    norm_fixture_init(&fixture, &params, 0, 3);
    norm_owner_init(&owner, &fixture);
    norm_owner_honest(&owner, &fixture, 200);
    struct norm_statement statement = norm_owner_statement(&owner, &fixture);
    norm_replay(&replay, &fixture.layout, &statement, &owner.proof);
    /* A validator keeps no q. */
    norm_round_init(&norm_round_of_test, &fixture.layout, &fixture.beacon_1, &fixture.beacon_2,
                    NULL, false);
    norm_form_init(&form, &norm_round_of_test, &replay);
}

static void setup(void)
{
    start(4, 1);
}

static void teardown(void)
{
    norm_form_close(&form);
    norm_round_close(&norm_round_of_test);
    norm_owner_close(&owner);
    norm_fixture_close(&fixture);
}

static struct justify_case case_of(unsigned server)
{
    struct justify_case about = {
        .round = &fixture.round,
        .owner = owner.id,
        .commitment = owner.commitment,
        .auxiliary = {.root = owner.commitment.root,
                      .beacon = fixture.beacon_1,
                      .root2 = owner.proof.root2},
        .server = server,
        .aux_count = fixture.layout.aux_count,
    };
    memcpy(about.auxiliary.nonce2, owner.proof.nonce2, sizeof(about.auxiliary.nonce2));
    return about;
}

static struct justify_opening opening_of(const struct justify_case *about, bool by_owner)
{
    struct justify_opening opening;
    if (by_owner) {
        justify_open_owner(&opening, about, &owner.ephemeral, random32);
    } else {
        ck_assert(justify_open_server(&opening, about, &fixture.server_keys[about->server - 1],
                                      random32));
    }
    memcpy(opening.roots, owner.roots, sizeof(opening.roots));
    memcpy(opening.roots2, owner.roots2, sizeof(opening.roots2));
    return opening;
}

static struct bytes blob_of(const struct buffer *blobs, unsigned server)
{
    unsigned degree = fixture.round.degree;
    return server > degree ? buffer_bytes(&blobs[server - degree - 1]) : (struct bytes){0};
}

static struct field_ext posted_by(unsigned server)
{
    const uint64_t *share = owner.shares[server - 1];
    return norm_value_of(&form, share, share + fixture.layout.params.dimension);
}

START_TEST(opens_what_every_server_should_have_posted)
{
    static const unsigned profiles[][2] = {{3, 1}, {4, 1}, {7, 2}};
    for (unsigned p = 0; p < ARRAY_COUNT(profiles); p++) {
        teardown();
        start(profiles[p][0], profiles[p][1]);
        for (unsigned server = 1; server <= profiles[p][0]; server++) {
            for (unsigned side = 0; side < 2; side++) {
                struct justify_case about = case_of(server);
                struct justify_opening opening = opening_of(&about, side == 1);
                struct field_ext value;
                ck_assert_int_eq(justify_value(&value, &about, &opening,
                                               blob_of(owner.blobs, server),
                                               blob_of(owner.blobs2, server), &form),
                                 JUSTIFY_OK);
                ck_assert(field_ext_equal(value, posted_by(server)));
            }
        }
    }
}
END_TEST

/* An owner gave server 3 a share of another vector, and server 4 posts what puts server 2 in the wrong. Server
 * 2 justifies itself, so the owner is guilty; server 4 cannot. */
START_TEST(tells_the_liar_from_the_one_who_is_blamed)
{
    struct shamir_values posted = {0};
    uint64_t *poisoned = &owner.shares[2][7];
    *poisoned = field_add(*poisoned, 12345);
    for (unsigned server = 1; server <= 4; server++) {
        shamir_values_set(&posted, server, posted_by(server));
    }
    posted.values[3] = shamir_interpolate(&posted, 5, 1, 4);
    uint32_t blamed;
    ck_assert_int_eq(norm_dispute_values(&posted, 1, 0, &blamed), NORM_BLAMED);
    ck_assert_uint_eq(blamed, 2);
    for (unsigned server = 2; server <= 4; server += 2) {
        struct justify_case about = case_of(server);
        struct justify_opening opening = opening_of(&about, false);
        struct field_ext value;
        ck_assert_int_eq(justify_value(&value, &about, &opening, blob_of(owner.blobs, server),
                                       blob_of(owner.blobs2, server), &form),
                         JUSTIFY_OK);
        ck_assert(field_ext_equal(value, posted.values[server - 1]) == (server == 2));
    }
}
END_TEST

static enum justify_status status_of(const struct justify_case *about,
                                     const struct justify_opening *opening, struct bytes blob,
                                     struct bytes blob2)
{
    struct field_ext value = {1, 1};
    enum justify_status status = justify_value(&value, about, opening, blob, blob2, &form);
    ck_assert(status == JUSTIFY_OK || field_ext_equal(value, field_ext_of(0)));
    return status;
}

START_TEST(refuses_each_part_that_is_another)
{
    struct bytes blob = blob_of(owner.blobs, 3);
    struct bytes blob2 = blob_of(owner.blobs2, 3);
    struct justify_case about = case_of(3);
    struct justify_opening good = opening_of(&about, false);
    struct justify_opening opening = good;
    ck_assert_int_eq(status_of(&about, &good, blob, blob2), JUSTIFY_OK);
    opening.by_owner = true;
    ck_assert_int_eq(status_of(&about, &opening, blob, blob2), JUSTIFY_DLEQ);
    opening = good;
    opening.shared = fixture.round.servers[0];
    ck_assert_int_eq(status_of(&about, &opening, blob, blob2), JUSTIFY_DLEQ);
    opening = good;
    opening.roots[2].bytes[0] ^= 1;
    ck_assert_int_eq(status_of(&about, &opening, blob, blob2), JUSTIFY_ROOT);
    opening = good;
    opening.roots2[0].bytes[0] ^= 1;
    ck_assert_int_eq(status_of(&about, &opening, blob, blob2), JUSTIFY_ROOT2);
    about.auxiliary.beacon.bytes[0] ^= 1;
    ck_assert_int_eq(status_of(&about, &good, blob, blob2), JUSTIFY_ROOT2);
    about = case_of(2); /* for another server */
    ck_assert_int_eq(status_of(&about, &good, blob, blob2), JUSTIFY_DLEQ);
    about = case_of(3);
    fixture.round.context.bytes[0] ^= 1; /* for another round */
    ck_assert_int_eq(status_of(&about, &good, blob, blob2), JUSTIFY_DLEQ);
    fixture.round.context.bytes[0] ^= 1;
    memset(about.commitment.ephemeral.bytes, 0xff, 32);
    ck_assert_int_eq(status_of(&about, &good, blob, blob2), JUSTIFY_POINT);
}
END_TEST

START_TEST(refuses_each_ciphertext_that_is_another)
{
    struct bytes blob = blob_of(owner.blobs, 3);
    struct bytes blob2 = blob_of(owner.blobs2, 3);
    struct justify_case about = case_of(3);
    struct justify_opening opening = opening_of(&about, false);
    owner.blobs[1].data[136] ^= 1;
    ck_assert_int_eq(status_of(&about, &opening, blob, blob2), JUSTIFY_BLOB);
    owner.blobs[1].data[136] ^= 1;
    owner.blobs2[1].data[8] ^= 1;
    ck_assert_int_eq(status_of(&about, &opening, blob, blob2), JUSTIFY_BLOB2);
    memset(owner.blobs2[1].data + 8, 0xff, 8);
    ck_assert_int_eq(status_of(&about, &opening, blob, blob2), JUSTIFY_ELEMENT);
    ck_assert_int_eq(status_of(&about, &opening, blob_of(owner.blobs, 2), blob2), JUSTIFY_ELEMENT);
    blob2.size -= 8;
    ck_assert_int_eq(status_of(&about, &opening, blob, blob2), JUSTIFY_SIZE);
    ck_assert_int_eq(status_of(&about, &opening, (struct bytes){0}, (struct bytes){0}),
                     JUSTIFY_SIZE);
    about = case_of(1); /* it has no ciphertext */
    opening = opening_of(&about, false);
    ck_assert_int_eq(status_of(&about, &opening, blob, blob2), JUSTIFY_SIZE);
}
END_TEST

static void take(void *data, const uint64_t *elements, size_t count)
{
    norm_value_add(data, elements, count);
}

START_TEST(pieces_in_which_the_ciphertexts_come_do_not_matter)
{
    struct buffer both = {0};
    struct justify_case about = case_of(4);
    struct justify_opening opening = opening_of(&about, true);
    buffer_append(&both, blob_of(owner.blobs, 4));
    buffer_append(&both, blob_of(owner.blobs2, 4));
    for (uint64_t seed = 0; seed < 12; seed++) {
        struct justify justify;
        struct norm_value value;
        uint64_t state = seed;
        norm_value_init(&value, &form);
        ck_assert_int_eq(justify_init(&justify, &about, &opening, take, &value), JUSTIFY_OK);
        for (size_t done = 0; done < both.size;) {
            size_t part = 1 + (size_t)(check_random(&state) % (seed * seed * seed * 30 + 7));
            part = part < both.size - done ? part : both.size - done;
            ck_assert_int_eq(justify_add(&justify, (struct bytes){both.data + done, part}),
                             JUSTIFY_OK);
            done += part;
        }
        ck_assert_int_eq(justify_finish(&justify), JUSTIFY_OK);
        ck_assert(field_ext_equal(norm_value_finish(&value), posted_by(4)));
    }
    buffer_close(&both);
}
END_TEST

START_TEST(refuses_bytes_that_are_missing_or_too_many)
{
    struct justify_case about = case_of(4);
    struct justify_opening opening = opening_of(&about, true);
    struct bytes blob2 = blob_of(owner.blobs2, 4);
    for (unsigned more = 0; more < 2; more++) {
        struct justify justify;
        struct norm_value value;
        norm_value_init(&value, &form);
        ck_assert_int_eq(justify_init(&justify, &about, &opening, take, &value), JUSTIFY_OK);
        ck_assert_int_eq(justify_add(&justify, blob_of(owner.blobs, 4)), JUSTIFY_OK);
        struct bytes part = {blob2.data, blob2.size - (more == 0 ? 1 : 0)};
        ck_assert_int_eq(justify_add(&justify, part), JUSTIFY_OK);
        if (more == 1) {
            ck_assert_int_eq(justify_add(&justify, (struct bytes){random32, 1}), JUSTIFY_SIZE);
            justify_close(&justify);
        } else {
            ck_assert_int_eq(justify_finish(&justify), JUSTIFY_SIZE);
        }
        norm_value_close(&value);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("justify");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, opens_what_every_server_should_have_posted);
    tcase_add_test(tests, tells_the_liar_from_the_one_who_is_blamed);
    tcase_add_test(tests, refuses_each_part_that_is_another);
    tcase_add_test(tests, refuses_each_ciphertext_that_is_another);
    tcase_add_test(tests, pieces_in_which_the_ciphertexts_come_do_not_matter);
    tcase_add_test(tests, refuses_bytes_that_are_missing_or_too_many);
    return check_run("justify", tests);
}
