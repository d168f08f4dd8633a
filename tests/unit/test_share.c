#include "crypto/share.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/sharing.h"

static struct sharing sharing;

static void setup(void)
{
    sharing_init(&sharing, 4, 1, 9, 2, 1);
}

static void teardown(void)
{
    sharing_close(&sharing);
}

START_TEST(refuses_rounds_that_cannot_be)
{
    struct share_round round = sharing.round;
    ck_assert_int_eq(share_round_check(&round), SHARE_OK);
    round.dimension = 0;
    ck_assert_int_eq(share_round_check(&round), SHARE_DIMENSION);
    round.dimension = SHARE_DIMENSION_MAX + 1;
    ck_assert_int_eq(share_round_check(&round), SHARE_DIMENSION);
    round.dimension = SHARE_DIMENSION_MAX;
    ck_assert_int_eq(share_round_check(&round), SHARE_OK);
    round.degree = 0;
    ck_assert_int_eq(share_round_check(&round), SHARE_SERVERS);
    round.degree = 2;
    ck_assert_int_eq(share_round_check(&round), SHARE_SERVERS);
    round.degree = 1;
    round.server_count = SHAMIR_SERVERS_MAX + 1;
    ck_assert_int_eq(share_round_check(&round), SHARE_SERVERS);
    round.server_count = 4;
    round.servers[3].bytes[0] = 5;
    ck_assert_int_eq(share_round_check(&round), SHARE_POINT);
}
END_TEST

START_TEST(sizes_follow_from_the_round)
{
    ck_assert_uint_eq(share_blob_count(&sharing.round), 3);
    ck_assert_uint_eq(share_sealed_size(&sharing.round, 9), 3 * 32 + 72);
}
END_TEST

START_TEST(contexts_differ_in_chain_task_round_and_parameters)
{
    struct hash inputs[3] = {sharing.chain_id, sharing.task, sharing.params_hash};
    struct hash first;
    share_context(&first, &inputs[0], &inputs[1], 7, &inputs[2]);
    ck_assert(hash_equal(&first, &sharing.round.context));
    struct hash other;
    share_context(&other, &inputs[0], &inputs[1], 8, &inputs[2]);
    ck_assert(!hash_equal(&first, &other));
    for (size_t i = 0; i < 3; i++) {
        inputs[i].bytes[31] ^= 1;
        share_context(&other, &inputs[0], &inputs[1], 7, &inputs[2]);
        ck_assert(!hash_equal(&first, &other));
        inputs[i].bytes[31] ^= 1;
    }
}
END_TEST

START_TEST(accepts_a_commitment_and_refuses_it_elsewhere)
{
    const struct sharing_owner *owner = &sharing.owners[0];
    const struct hash *context = &sharing.round.context;
    ck_assert(share_commitment_valid(&owner->commitment, context, &owner->id));
    ck_assert(!share_commitment_valid(&owner->commitment, context, &sharing.owners[1].id));
    struct hash other = *context; /* another round, task or chain */
    other.bytes[0] ^= 1;
    ck_assert(!share_commitment_valid(&owner->commitment, &other, &owner->id));
    struct share_commitment changed = owner->commitment;
    changed.root.bytes[5] ^= 1;
    ck_assert(!share_commitment_valid(&changed, context, &owner->id));
    changed = owner->commitment;
    changed.proof.bytes[40] ^= 1;
    ck_assert(!share_commitment_valid(&changed, context, &owner->id));
}
END_TEST

/* An owner that took another's ephemeral key could force its shared secret open in a dispute. */
START_TEST(refuses_a_copied_ephemeral_key)
{
    const struct sharing_owner *victim = &sharing.owners[0];
    const struct sharing_owner *thief = &sharing.owners[1];
    const struct hash *context = &sharing.round.context;
    struct share_commitment stolen = thief->commitment;
    stolen.ephemeral = victim->commitment.ephemeral;
    share_root(&stolen.root, context, &thief->id, &stolen.ephemeral, thief->roots, 3);
    stolen.proof = victim->commitment.proof; /* copied */
    ck_assert(!share_commitment_valid(&stolen, context, &thief->id));
    struct hash message; /* made with the thief's own key */
    static const uint8_t zeros[32];
    share_proof_message(&message, context, &thief->id, &stolen.ephemeral, &stolen.root);
    signature_make(&stolen.proof, &thief->ephemeral, &message, zeros);
    ck_assert(!share_commitment_valid(&stolen, context, &thief->id));
    stolen = victim->commitment; /* whole, under the thief's name */
    ck_assert(!share_commitment_valid(&stolen, context, &thief->id));
}
END_TEST

/* Both signs of a key have one x-only form: a negated copy is the same EK, and needs the secret. */
START_TEST(a_negated_ephemeral_key_is_the_same_key)
{
    struct secret_key even = sharing.owners[0].ephemeral;
    struct public_key x_only;
    secret_key_make_even(&even);
    public_key_of(&x_only, &even);
    ck_assert_mem_eq(x_only.bytes, sharing.owners[0].commitment.ephemeral.bytes, 32);
    struct point lifted;
    struct point of_even;
    ck_assert(point_of_public_key(&lifted, &x_only));
    point_of(&of_even, &even);
    ck_assert_mem_eq(lifted.bytes, of_even.bytes, 33);
    ck_assert_uint_eq(lifted.bytes[0], 2);
}
END_TEST

START_TEST(refuses_an_ephemeral_key_that_is_no_point)
{
    struct share_commitment changed = sharing.owners[0].commitment;
    memset(changed.ephemeral.bytes, 0xff, 32);
    ck_assert(!share_commitment_valid(&changed, &sharing.round.context, &sharing.owners[0].id));
}
END_TEST

START_TEST(auxiliary_roots_differ_in_everything_they_bind)
{
    struct share_auxiliary auxiliary = {{{1}}, {{2}}, {3}, {{4}}};
    struct hash context = sharing.round.context;
    struct public_key owner = sharing.owners[0].id;
    struct hash roots[2] = {{{5}}, {{6}}};
    uint8_t *bound[] = {
        auxiliary.root.bytes, auxiliary.beacon.bytes, auxiliary.nonce2, context.bytes,
        owner.bytes,          roots[0].bytes,         roots[1].bytes};
    struct hash first;
    share_root2(&first, &context, &owner, &auxiliary, roots, 2);
    for (size_t i = 0; i < ARRAY_COUNT(bound); i++) {
        struct hash other;
        bound[i][15] ^= 1;
        share_root2(&other, &context, &owner, &auxiliary, roots, 2);
        ck_assert(!hash_equal(&first, &other));
        bound[i][15] ^= 1;
    }
}
END_TEST

START_TEST(keys_differ_by_owner_server_and_context)
{
    struct share_round round = sharing.round;
    const struct public_key *ephemeral = &sharing.owners[0].commitment.ephemeral;
    struct point shared = round.servers[0];
    struct hash keys[5];
    share_key_hash(&keys[0], &round, &sharing.owners[0].id, 2, ephemeral, &shared);
    share_key_hash(&keys[1], &round, &sharing.owners[1].id, 2, ephemeral, &shared);
    share_key_hash(&keys[2], &round, &sharing.owners[0].id, 3, ephemeral, &shared);
    share_key_hash(&keys[3], &round, &sharing.owners[0].id, 2, ephemeral, &round.servers[1]);
    round.context.bytes[0] ^= 1;
    share_key_hash(&keys[4], &round, &sharing.owners[0].id, 2, ephemeral, &shared);
    for (size_t i = 0; i < ARRAY_COUNT(keys); i++) {
        for (size_t k = 0; k < i; k++) {
            ck_assert(!hash_equal(&keys[i], &keys[k]));
        }
    }
}
END_TEST

START_TEST(every_status_has_a_text)
{
    ck_assert_str_eq(share_status_text(SHARE_OK), "ok");
    ck_assert_str_ne(share_status_text(SHARE_BLOB), "unknown status");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("share");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, refuses_rounds_that_cannot_be);
    tcase_add_test(tests, sizes_follow_from_the_round);
    tcase_add_test(tests, contexts_differ_in_chain_task_round_and_parameters);
    tcase_add_test(tests, accepts_a_commitment_and_refuses_it_elsewhere);
    tcase_add_test(tests, refuses_a_copied_ephemeral_key);
    tcase_add_test(tests, a_negated_ephemeral_key_is_the_same_key);
    tcase_add_test(tests, refuses_an_ephemeral_key_that_is_no_point);
    tcase_add_test(tests, auxiliary_roots_differ_in_everything_they_bind);
    tcase_add_test(tests, keys_differ_by_owner_server_and_context);
    tcase_add_test(tests, every_status_has_a_text);
    return check_run("share", tests);
}
