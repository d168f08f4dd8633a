/* Proofs forged by a prover that cheats: each is refused, and with the rule that stops it switched off it
 * is accepted. */
#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/norm_forge.h"

#define BOUND (1 << 20)

static struct norm_fixture fixture;
static struct norm_owner owner;

static void setup_bound(uint32_t bound, uint64_t seed)
{
    struct norm_params params = norm_params_small(4, 1, 300, bound);
    params.rows = 40; /* a false vector passes all with probability 2^-40 */
    params.sketch_rows = 45;
    norm_fixture_init(&fixture, &params, 0, seed);
    norm_owner_init(&owner, &fixture);
}

static void setup(void)
{
    setup_bound(BOUND, 1);
}

static void teardown(void)
{
    norm_owner_close(&owner);
    norm_fixture_close(&fixture);
}

static enum norm_verdict verdict_of(enum norm_ablation ablation)
{
    return norm_owner_verdict(&owner, &fixture, ablation);
}

/* Prove again under other rules, with the same vectors. */
static enum norm_verdict verdict_without(enum norm_ablation ablation)
{
    norm_owner_prove(&owner, &fixture, ablation);
    return verdict_of(ablation);
}

/* The cheating prover is no straw man: where nothing is false its proof is accepted. */
START_TEST(a_cheating_prover_with_a_true_vector_is_accepted)
{
    norm_owner_draw(&owner, &fixture, 250);
    norm_owner_cheat(&owner, &fixture, UINT64_MAX);
    ck_assert_int_eq(verdict_of(NORM_ABLATION_NONE), NORM_ACCEPTED);
    ck_assert_int_eq(verdict_without(NORM_ABLATION_ROWS), NORM_ACCEPTED);
    ck_assert_int_eq(verdict_without(NORM_ABLATION_BITS), NORM_ACCEPTED);
    ck_assert_int_eq(verdict_without(NORM_ABLATION_CHI_0), NORM_ACCEPTED);
}
END_TEST

START_TEST(a_norm_of_exactly_the_bound_is_accepted)
{
    owner.vector[7] = BOUND;
    norm_owner_elements(&owner, &fixture);
    norm_owner_cheat(&owner, &fixture, UINT64_MAX);
    ck_assert_int_eq(verdict_of(NORM_ABLATION_NONE), NORM_ACCEPTED);
}
END_TEST

START_TEST(refuses_a_norm_one_above_the_bound)
{
    owner.vector[7] = BOUND;
    owner.vector[8] = 1;
    norm_owner_elements(&owner, &fixture);
    norm_owner_cheat(&owner, &fixture, (uint64_t)BOUND * BOUND);
    ck_assert_int_eq(verdict_of(NORM_ABLATION_NONE), NORM_FALSE);
}
END_TEST

/* With N the true norm, u = B^2 - N is negative and has no bits; as one element it passes where bits are not
 * asked to be bits. */
START_TEST(refuses_a_rest_that_is_no_bits)
{
    uint64_t *rest = owner.aux + fixture.layout.rest_start;
    owner.vector[7] = BOUND;
    owner.vector[8] = 1;
    norm_owner_elements(&owner, &fixture);
    norm_owner_commit(&owner, &fixture);
    norm_owner_witness(&owner, &fixture, UINT64_MAX);
    memset(rest, 0, sizeof(*rest) * fixture.layout.norm_bits);
    rest[0] = field_negate(1);
    norm_owner_share_aux(&owner, &fixture);
    norm_owner_prove(&owner, &fixture, NORM_ABLATION_NONE);
    ck_assert_int_eq(verdict_of(NORM_ABLATION_NONE), NORM_FALSE);
    ck_assert_int_eq(verdict_without(NORM_ABLATION_BITS), NORM_ACCEPTED);
}
END_TEST

/* x_0 = 3i, x_1 = 3 with i^2 = -1: the norm is 0 modulo p, the vector is not small. */
START_TEST(refuses_a_vector_that_wraps_around)
{
    uint64_t i = field_pow(7, (FIELD_MODULUS - 1) / 4); /* 7 is no square, so i^2 = -1 */
    ck_assert_uint_eq(field_mul(i, i), FIELD_MODULUS - 1);
    owner.x[0] = field_mul(i, 3);
    owner.x[1] = 3;
    norm_owner_cheat(&owner, &fixture, UINT64_MAX);
    ck_assert_int_eq(verdict_of(NORM_ABLATION_NONE), NORM_FALSE);
    ck_assert_int_eq(verdict_without(NORM_ABLATION_ROWS), NORM_ACCEPTED);
}
END_TEST

/* Four squares that sum to p: a wrapped vector of integers of moderate size. */
START_TEST(refuses_integers_whose_squares_sum_to_p)
{
    /* p = a^2 + b^2 with a = 2^32 - 1 and b^2 = 2^32: (2^32 - 1)^2 + 2^32 = p. */
    owner.x[0] = UINT32_MAX;
    owner.x[1] = UINT32_C(1) << 16;
    norm_owner_cheat(&owner, &fixture, UINT64_MAX);
    ck_assert_uint_eq(
        field_add(field_mul(owner.x[0], owner.x[0]), field_mul(owner.x[1], owner.x[1])), 0);
    ck_assert_int_eq(verdict_of(NORM_ABLATION_NONE), NORM_FALSE);
    ck_assert_int_eq(verdict_without(NORM_ABLATION_ROWS), NORM_ACCEPTED);
}
END_TEST

/* Bits (0, 1) become (2, 0): the same number, of elements that are no bits. */
static void move_bit(uint64_t *bits)
{
    size_t k = 0;
    while (bits[k + 1] != 1) {
        k++;
    }
    bits[k] = field_add(bits[k], 2);
    bits[k + 1] = 0;
}

static void check_moved_bit(uint32_t start)
{
    norm_owner_draw(&owner, &fixture, 200);
    norm_owner_commit(&owner, &fixture);
    norm_owner_witness(&owner, &fixture, UINT64_MAX);
    move_bit(owner.aux + start);
    norm_owner_share_aux(&owner, &fixture);
    norm_owner_prove(&owner, &fixture, NORM_ABLATION_NONE);
    ck_assert_int_eq(verdict_of(NORM_ABLATION_NONE), NORM_FALSE);
    ck_assert_int_eq(verdict_without(NORM_ABLATION_BITS), NORM_ACCEPTED);
}

START_TEST(refuses_a_non_bit_of_the_norm_with_the_right_sum)
{
    check_moved_bit(0);
}
END_TEST

START_TEST(refuses_a_non_bit_of_a_row_with_the_right_sum)
{
    check_moved_bit(fixture.layout.rows_start + 3 * (uint32_t)fixture.layout.row_bits);
}
END_TEST

START_TEST(refuses_a_flipped_bit_of_a_row)
{
    norm_owner_draw(&owner, &fixture, 200);
    norm_owner_commit(&owner, &fixture);
    norm_owner_witness(&owner, &fixture, UINT64_MAX);
    owner.aux[fixture.layout.rows_start + 5] ^= 1;
    norm_owner_share_aux(&owner, &fixture);
    norm_owner_prove(&owner, &fixture, NORM_ABLATION_NONE);
    ck_assert_int_eq(verdict_of(NORM_ABLATION_NONE), NORM_FALSE);
    ck_assert_int_eq(verdict_without(NORM_ABLATION_ROWS), NORM_ACCEPTED);
}
END_TEST

START_TEST(refuses_a_false_sketch_element)
{
    norm_owner_draw(&owner, &fixture, 200);
    norm_owner_commit(&owner, &fixture);
    norm_owner_witness(&owner, &fixture, UINT64_MAX);
    uint64_t *element = &owner.aux[fixture.layout.sketch_start + 3];
    *element = field_add(*element, 1);
    norm_owner_share_aux(&owner, &fixture);
    norm_owner_prove(&owner, &fixture, NORM_ABLATION_NONE);
    ck_assert_int_eq(verdict_of(NORM_ABLATION_NONE), NORM_FALSE);
}
END_TEST

START_TEST(refuses_a_forged_first_bit_that_cancels_the_norm)
{
    teardown();
    setup_bound(1 << 24, 2); /* a larger bound makes the search short */
    owner.vector[0] = 20000000;
    owner.vector[1] = 19000000;
    norm_owner_elements(&owner, &fixture);
    uint64_t norm = norm_squared(owner.vector, fixture.layout.params.dimension);
    ck_assert_uint_gt(norm, 2 * fixture.layout.bound_squared); /* 1.6 times the bound */
    norm_owner_commit(&owner, &fixture);
    norm_owner_witness(&owner, &fixture, 0);
    ck_assert(norm_forge_first_bit(&owner, &fixture.layout, norm));
    norm_owner_share_aux(&owner, &fixture);
    norm_owner_prove(&owner, &fixture, NORM_ABLATION_NONE);
    ck_assert_int_eq(verdict_of(NORM_ABLATION_NONE), NORM_FALSE);
    ck_assert_int_eq(verdict_without(NORM_ABLATION_CHI_0), NORM_ACCEPTED);
}
END_TEST

/* ---- v chosen after theta */

START_TEST(a_value_chosen_after_beacon_2_hides_any_error)
{
    owner.vector[7] = BOUND;
    owner.vector[8] = BOUND;
    norm_owner_elements(&owner, &fixture);
    norm_owner_cheat(&owner, &fixture, (uint64_t)BOUND * BOUND);
    ck_assert_int_eq(verdict_of(NORM_ABLATION_NONE), NORM_FALSE);
    /* One of two beacons leaves a square: the others of the chain's rules must stop this. */
    while (!norm_forge_value(&owner, &fixture)) {
        fixture.beacon_2.bytes[0]++;
    }
    ck_assert_int_eq(verdict_of(NORM_ABLATION_NONE), NORM_ACCEPTED);
    fixture.beacon_2.bytes[1]++; /* the beacon that comes after v */
    ck_assert_int_eq(verdict_of(NORM_ABLATION_NONE), NORM_FALSE);
}
END_TEST

/* ---- Proofs changed or used again */

START_TEST(refuses_every_changed_field_of_a_proof)
{
    norm_owner_honest(&owner, &fixture, 200);
    size_t size = norm_proof_size(&fixture.layout);
    uint8_t encoded[NORM_PROOF_SIZE_MAX];
    norm_proof_write(encoded, &owner.proof, &fixture.layout);
    for (size_t at = 0; at < size; at += at < 48 ? 16 : 8) {
        uint8_t changed[NORM_PROOF_SIZE_MAX];
        memcpy(changed, encoded, size);
        changed[at] ^= 1;
        if (at >= 32 && at < 48) {
            continue; /* nonce2 has no part in the transcript but through root2 */
        }
        ck_assert_int_eq(
            norm_proof_read(&owner.proof, &fixture.layout, (struct bytes){changed, size}),
            NORM_PROOF_OK);
        ck_assert_int_eq(verdict_of(NORM_ABLATION_NONE), NORM_FALSE);
    }
}
END_TEST

START_TEST(refuses_a_proof_of_another_owner_round_root_or_beacon)
{
    norm_owner_honest(&owner, &fixture, 200);
    ck_assert_int_eq(verdict_of(NORM_ABLATION_NONE), NORM_ACCEPTED);
    uint8_t *fields[4] = {owner.id.bytes, fixture.round.context.bytes, owner.commitment.root.bytes,
                          fixture.beacon_1.bytes};
    for (unsigned i = 0; i < 4; i++) {
        fields[i][31] ^= 1;
        ck_assert_int_eq(verdict_of(NORM_ABLATION_NONE), NORM_FALSE);
        fields[i][31] ^= 1;
    }
    ck_assert_int_eq(verdict_of(NORM_ABLATION_NONE), NORM_ACCEPTED);
}
END_TEST

START_TEST(refuses_a_vector_changed_after_beacon_1)
{
    norm_owner_draw(&owner, &fixture, 200);
    norm_owner_cheat(&owner, &fixture, UINT64_MAX);
    struct hash root = owner.commitment.root;
    struct bytes list = {owner.roots[0].bytes,
                         share_blob_count(&fixture.round) * sizeof(struct hash)};
    struct share_sealed sealed;
    share_sealed_init(&sealed, &fixture.round, list);
    ck_assert_int_eq(share_sealed_add(&sealed, buffer_bytes(&owner.blobs[1])), SHARE_OK);
    ck_assert_int_eq(share_sealed_check_x(&sealed, &fixture.round, &owner.id, &owner.commitment, 3),
                     SHARE_OK);
    struct share_commitment before = owner.commitment;
    struct hash roots_before[SHARE_BLOBS_MAX];
    memcpy(roots_before, owner.roots, sizeof(owner.roots));
    owner.x[3] = field_add(owner.x[3], 1);
    norm_owner_commit(&owner, &fixture);
    ck_assert(!hash_equal(&root, &owner.commitment.root));
    share_sealed_init(&sealed, &fixture.round, list);
    ck_assert_int_eq(share_sealed_add(&sealed, buffer_bytes(&owner.blobs[1])), SHARE_OK);
    memcpy(sealed.roots, roots_before, sizeof(sealed.roots));
    ck_assert_int_eq(share_sealed_check_x(&sealed, &fixture.round, &owner.id, &before, 3),
                     SHARE_BLOB);
    memcpy(sealed.roots, owner.roots, sizeof(sealed.roots));
    ck_assert_int_eq(share_sealed_check_x(&sealed, &fixture.round, &owner.id, &before, 3),
                     SHARE_ROOT);
}
END_TEST

/* ---- Shares that do not fit, servers that lie */

START_TEST(refuses_a_share_that_is_off)
{
    norm_owner_honest(&owner, &fixture, 200);
    size_t count = fixture.layout.params.dimension + fixture.layout.aux_count;
    for (unsigned server = 1; server <= 4; server++) {
        for (size_t k = 0; k < count; k += 97) {
            uint64_t *share = &owner.shares[server - 1][k];
            *share = field_add(*share, 1);
            ck_assert_int_eq(verdict_of(NORM_ABLATION_NONE), NORM_INCONSISTENT);
            *share = field_sub(*share, 1);
        }
    }
    ck_assert_int_eq(verdict_of(NORM_ABLATION_NONE), NORM_ACCEPTED);
}
END_TEST

START_TEST(t_plus_1_values_are_too_few_although_they_fit)
{
    norm_owner_honest(&owner, &fixture, 200);
    struct norm_evaluation result = norm_owner_evaluate(&owner, &fixture, NORM_ABLATION_NONE);
    struct shamir_values values = result.values;
    values.servers = 3;
    ck_assert_int_eq(norm_decide(&values, 1, 0, result.constant), NORM_TOO_FEW);
    ck_assert_int_eq(norm_decide(&values, 1, 1, result.constant), NORM_ACCEPTED); /* one lied */
    values.servers = 13;
    ck_assert_int_eq(norm_decide(&values, 1, 0, result.constant), NORM_ACCEPTED);
    values.values[3].b ^= 1;
    ck_assert_int_eq(norm_decide(&values, 1, 0, result.constant), NORM_INCONSISTENT);
}
END_TEST

/* The break if a step may choose its 2t + 1: an owner gives server 3 a share of another vector, server 4
 * helps, and 2^40 enters a sum although the bound is 2^20. */
START_TEST(a_free_choice_of_servers_in_each_step_would_let_poison_in)
{
    norm_owner_honest(&owner, &fixture, 200);
    uint64_t *poisoned = &owner.shares[2][5];
    *poisoned = field_add(*poisoned, UINT64_C(1) << 40);
    struct norm_evaluation result = norm_owner_evaluate(&owner, &fixture, NORM_ABLATION_NONE);
    struct shamir_values some = result.values;
    some.servers = 1 | 2 | 8;
    ck_assert_int_eq(norm_decide(&some, 1, 0, result.constant), NORM_ACCEPTED);
    struct shamir_values element = {0};
    shamir_values_set(&element, 1, field_ext_of(owner.shares[0][5]));
    shamir_values_set(&element, 3, field_ext_of(owner.shares[2][5]));
    int64_t entered = field_to_signed(shamir_interpolate(&element, 5, 1, 0).a);
    ck_assert_uint_gt((uint64_t)(entered < 0 ? -entered : entered), UINT64_C(1) << 30);
    /* The rule: all of Q must fit. */
    ck_assert_int_eq(norm_decide(&result.values, 1, 0, result.constant), NORM_INCONSISTENT);
    uint32_t blamed;
    ck_assert_int_eq(norm_dispute_values(&result.values, 1, 0, &blamed), NORM_BLAMED);
    ck_assert_uint_eq(blamed, 4);
}
END_TEST

START_TEST(a_liar_is_blamed_and_can_shift_the_blame)
{
    norm_owner_honest(&owner, &fixture, 200);
    struct norm_evaluation honest = norm_owner_evaluate(&owner, &fixture, NORM_ABLATION_NONE);
    struct shamir_values posted = honest.values;
    uint32_t blamed;
    posted.values[3].a ^= 1;
    ck_assert_int_eq(norm_dispute_values(&posted, 1, 0, &blamed), NORM_BLAMED);
    ck_assert_uint_eq(blamed, 8);
    posted.values[0].a ^= 1; /* two are off: no polynomial fits three */
    ck_assert_int_eq(norm_dispute_values(&posted, 1, 0, &blamed), NORM_OWNER_GUILTY);
    /* A bad owner and liar 4 put honest server 2 in the wrong. */
    posted = honest.values;
    posted.values[2].a ^= 1;
    posted.values[3] = shamir_interpolate(&posted, 5, 1, 4);
    ck_assert_int_eq(norm_dispute_values(&posted, 1, 0, &blamed), NORM_BLAMED);
    ck_assert_uint_eq(blamed, 2);
    posted.servers = 7;
    ck_assert_int_eq(norm_dispute_values(&posted, 1, 0, &blamed), NORM_CLAIM_NEEDED);
    ck_assert_uint_eq(blamed, 0);
}
END_TEST

START_TEST(a_claim_names_the_liar_or_the_owner)
{
    norm_owner_honest(&owner, &fixture, 200);
    struct norm_evaluation honest = norm_owner_evaluate(&owner, &fixture, NORM_ABLATION_NONE);
    struct shamir_values claim = honest.values;
    claim.servers = 7;
    struct shamir_values posted = claim;
    uint32_t blamed;
    posted.values[1].b ^= 4;
    ck_assert_int_eq(norm_dispute_claim(&claim, &posted, 1, 0, honest.constant, &blamed),
                     NORM_BLAMED);
    ck_assert_uint_eq(blamed, 2);
    posted.values[2].b ^= 4; /* two of them, and t is 1 */
    ck_assert_int_eq(norm_dispute_claim(&claim, &posted, 1, 0, honest.constant, &blamed),
                     NORM_OWNER_GUILTY);
    posted.values[2].b ^= 4;
    struct shamir_values wrong = claim;
    wrong.values[0].a ^= 1;
    ck_assert_int_eq(norm_dispute_claim(&wrong, &posted, 1, 0, honest.constant, &blamed),
                     NORM_OWNER_GUILTY);
    struct field_ext constant = field_ext_add(honest.constant, field_ext_of(1));
    ck_assert_int_eq(norm_dispute_claim(&claim, &posted, 1, 0, constant, &blamed),
                     NORM_OWNER_GUILTY);
    ck_assert_uint_eq(blamed, 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("norm_attacks");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_cheating_prover_with_a_true_vector_is_accepted);
    tcase_add_test(tests, a_norm_of_exactly_the_bound_is_accepted);
    tcase_add_test(tests, refuses_a_norm_one_above_the_bound);
    tcase_add_test(tests, refuses_a_rest_that_is_no_bits);
    tcase_add_test(tests, refuses_a_vector_that_wraps_around);
    tcase_add_test(tests, refuses_integers_whose_squares_sum_to_p);
    tcase_add_test(tests, refuses_a_non_bit_of_the_norm_with_the_right_sum);
    tcase_add_test(tests, refuses_a_non_bit_of_a_row_with_the_right_sum);
    tcase_add_test(tests, refuses_a_flipped_bit_of_a_row);
    tcase_add_test(tests, refuses_a_false_sketch_element);
    tcase_add_test(tests, refuses_a_forged_first_bit_that_cancels_the_norm);
    tcase_add_test(tests, a_value_chosen_after_beacon_2_hides_any_error);
    tcase_add_test(tests, refuses_every_changed_field_of_a_proof);
    tcase_add_test(tests, refuses_a_proof_of_another_owner_round_root_or_beacon);
    tcase_add_test(tests, refuses_a_vector_changed_after_beacon_1);
    tcase_add_test(tests, refuses_a_share_that_is_off);
    tcase_add_test(tests, t_plus_1_values_are_too_few_although_they_fit);
    tcase_add_test(tests, a_free_choice_of_servers_in_each_step_would_let_poison_in);
    tcase_add_test(tests, a_liar_is_blamed_and_can_shift_the_blame);
    tcase_add_test(tests, a_claim_names_the_liar_or_the_owner);
    return check_run("norm_attacks", tests);
}
