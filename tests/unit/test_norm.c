#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/field_vector.h"
#include "crypto/norm_equations.h"
#include "crypto/norm_prove.h"
#include "crypto/norm_sumcheck.h"
#include "tests/lib/check_run.h"
#include "tests/lib/norm_fixture.h"

static const unsigned profiles[][2] = {{3, 1}, {4, 1}, {7, 2}, {10, 3}};

/* Cosine of at least 1/2 with a reference of entries up to `size`, |g0|^2 about size^2 / 3 * d. */
static struct norm_params cosine_params(uint32_t dimension, uint32_t bound, uint64_t size)
{
    struct norm_params params = norm_params_small(4, 1, dimension, bound);
    params.reference = NORM_REFERENCE_COSINE;
    params.reference_bits = 45;
    params.reference_drop = 14;
    params.reference_rest = 62;
    params.kappa = (size * size / 3 * dimension / 4 >> 28) + 1;
    return params;
}

/* Several sharings, dimensions on both sides of the number of bits, and bounds. */
START_TEST(accepts_an_honest_owner)
{
    static const uint32_t dimensions[] = {64, 100, 700, 5000};
    static const uint32_t bounds[] = {200, 1 << 20, NORM_BOUND_MAX};
    for (unsigned i = 0; i < 12; i++) {
        const unsigned *profile = profiles[i % 4];
        struct norm_params params =
            norm_params_small(profile[0], profile[1], dimensions[i / 3], bounds[i % 3]);
        struct norm_fixture fixture;
        struct norm_owner owner;
        params.sketch_rows = (uint16_t)(params.rows + i % 3);
        norm_fixture_init(&fixture, &params, 0, i);
        norm_owner_init(&owner, &fixture);
        norm_owner_honest(&owner, &fixture, 250);
        ck_assert_int_eq(norm_owner_verdict(&owner, &fixture, NORM_ABLATION_NONE), NORM_ACCEPTED);
        norm_owner_close(&owner);
        norm_fixture_close(&fixture);
    }
}
END_TEST

/* The extremes of a vector: nothing, and all of the bound in one coordinate, first or last. */
START_TEST(accepts_the_edges_of_the_bound)
{
    struct norm_params params = norm_params_small(4, 1, 100, NORM_BOUND_MAX);
    struct norm_fixture fixture;
    for (unsigned i = 0; i < 4; i++) {
        struct norm_owner owner;
        norm_fixture_init(&fixture, &params, 0, i);
        norm_owner_init(&owner, &fixture);
        owner.vector[i % 2 == 0 ? 0 : 99] =
            i < 2 ? (int64_t)NORM_BOUND_MAX : -(int64_t)NORM_BOUND_MAX;
        norm_owner_elements(&owner, &fixture);
        norm_owner_cheat(&owner, &fixture, UINT64_MAX);
        ck_assert_int_eq(norm_owner_verdict(&owner, &fixture, NORM_ABLATION_NONE), NORM_ACCEPTED);
        memset(owner.vector, 0, sizeof(int64_t) * 100);
        norm_owner_elements(&owner, &fixture);
        norm_owner_cheat(&owner, &fixture, UINT64_MAX);
        ck_assert_int_eq(norm_owner_verdict(&owner, &fixture, NORM_ABLATION_NONE), NORM_ACCEPTED);
        norm_owner_close(&owner);
        norm_fixture_close(&fixture);
    }
}
END_TEST

/* The fast prover, on every level of the machine, gives the bytes of the one that follows the text. */
static void prove_on_all_levels(const struct norm_owner *owner, const struct norm_fixture *fixture)
{
    struct norm_statement statement = norm_owner_statement(owner, fixture);
    struct norm_witness witness = {.layout = &fixture->layout,
                                   .statement = statement,
                                   .vector = owner->vector,
                                   .reference = fixture->reference};
    struct norm_proof slow = owner->proof;
    norm_prove_slowly(&slow, &fixture->layout, &statement, owner->x, owner->aux,
                      NORM_ABLATION_NONE);
    for (unsigned level = 0; level < FIELD_LEVEL_COUNT; level++) {
        if (field_vector_force((enum field_level)level)) {
            struct norm_proof fast = owner->proof;
            norm_prove(&fast, &witness, owner->aux);
            ck_assert_int_eq(memcmp(&fast, &slow, sizeof(slow)), 0);
        }
    }
}

static void compare_provers(const struct norm_params *params, int64_t reference_size, uint64_t seed)
{
    struct norm_fixture fixture;
    struct norm_owner owner;
    norm_fixture_init(&fixture, params, reference_size, seed);
    norm_owner_init(&owner, &fixture);
    if (params->reference == NORM_REFERENCE_NONE) {
        norm_owner_honest(&owner, &fixture, 250);
    } else { /* along the reference, so that the test is passed */
        for (uint32_t k = 0; k < params->dimension; k++) {
            owner.vector[k] = fixture.reference[k] / 4;
        }
        norm_owner_elements(&owner, &fixture);
        norm_owner_cheat(&owner, &fixture, UINT64_MAX);
    }
    prove_on_all_levels(&owner, &fixture);
    ck_assert_int_eq(norm_owner_verdict(&owner, &fixture, NORM_ABLATION_NONE), NORM_ACCEPTED);
    norm_owner_close(&owner);
    norm_fixture_close(&fixture);
}

START_TEST(two_provers_give_the_same_proof)
{
    static const uint32_t dimensions[] = {64, 65, 200, 511, 512, 513, 1000, 1400, 1600, 2048};
    enum field_level level = field_vector_level();
    for (unsigned i = 0; i < ARRAY_COUNT(dimensions); i++) {
        struct norm_params params =
            norm_params_small(3, 1, dimensions[i], i % 2 == 0 ? 1 << 20 : NORM_BOUND_MAX);
        params.rows = (uint16_t)(3 + i);
        params.sketch_rows = (uint16_t)(params.rows + i % 4);
        compare_provers(&params, 0, i);
        params = cosine_params(dimensions[i], 1 << 20, 20000);
        compare_provers(&params, 20000, i);
        params.reference = NORM_REFERENCE_INNER;
        params.reference_drop = 0;
        params.reference_rest = 0;
        params.kappa = 0;
        params.threshold = i % 2 == 0 ? 1000 : -1000000;
        compare_provers(&params, 20000, i);
    }
    ck_assert(field_vector_force(level));
}
END_TEST

/* Share, apply the coefficients, interpolate: the coefficients on the plain vector. And the form is linear:
 * the value at 0 does not depend on which servers are asked. */
START_TEST(values_interpolate_to_the_value_of_the_plain_vector)
{
    for (unsigned i = 0; i < ARRAY_COUNT(profiles); i++) {
        unsigned server_count = profiles[i][0];
        unsigned degree = profiles[i][1];
        struct norm_params params = norm_params_small(server_count, degree, 4200, 1 << 20);
        struct norm_fixture fixture;
        struct norm_owner owner;
        struct norm_round round;
        struct norm_form form;
        struct norm_replay replay;
        struct shamir_values values = {0};
        norm_fixture_init(&fixture, &params, 0, i);
        norm_owner_init(&owner, &fixture);
        norm_owner_honest(&owner, &fixture, 128);
        struct norm_statement statement = norm_owner_statement(&owner, &fixture);
        norm_replay(&replay, &fixture.layout, &statement, &owner.proof);
        norm_round_init(&round, &fixture.layout, &fixture.beacon_1, &fixture.beacon_2, NULL, true);
        norm_form_init(&form, &round, &replay);
        struct field_ext plain = norm_value_of(&form, owner.x, owner.aux);
        for (unsigned server = 1; server <= server_count; server++) {
            const uint64_t *share = owner.shares[server - 1];
            shamir_values_set(&values, server, norm_value_of(&form, share, share + 4200));
        }
        for (uint32_t set = 1; set < UINT32_C(1) << server_count; set++) {
            if (shamir_set_count(set) == degree + 1) {
                struct field_ext held = shamir_interpolate(&values, set, degree, 0);
                ck_assert(field_ext_equal(held, plain));
            }
        }
        norm_form_close(&form);
        norm_round_close(&round);
        norm_owner_close(&owner);
        norm_fixture_close(&fixture);
    }
}
END_TEST

/* Stretches of whole groups, from the last to the first. */
static struct field_ext value_by_stretches(const struct norm_round *round,
                                           const struct norm_form *form, const uint64_t *share,
                                           size_t at_least)
{
    static uint64_t q_a[9000];
    static uint64_t q_b[9000];
    size_t stretch = (at_least + 4095) / 4096 * 4096;
    struct field_ext value = norm_form_aux(form, share + 9000);
    for (size_t first = 8999 / stretch * stretch;; first -= stretch) {
        size_t count = 9000 - first < stretch ? 9000 - first : stretch;
        norm_round_stretch(round, q_a, q_b, first, count);
        value = field_ext_add(value, norm_form_x(form, share + first, first, count, q_a, q_b));
        if (first == 0) {
            return value;
        }
    }
}

/* Pieces of every size across groups of the projection, and q kept or not. */
START_TEST(pieces_in_which_a_share_comes_do_not_matter)
{
    struct norm_params params = cosine_params(9000, 1 << 20, 3000);
    params.reference_bits = 40;
    struct norm_fixture fixture;
    struct norm_owner owner;
    struct norm_replay replay;
    norm_fixture_init(&fixture, &params, 3000, 9);
    norm_owner_init(&owner, &fixture);
    norm_owner_draw(&owner, &fixture, 250);
    norm_owner_cheat(&owner, &fixture, UINT64_MAX);
    struct norm_statement statement = norm_owner_statement(&owner, &fixture);
    norm_replay(&replay, &fixture.layout, &statement, &owner.proof);
    size_t count = 9000 + fixture.layout.aux_count;
    struct field_ext expected = {0};
    for (unsigned i = 0; i < 12; i++) {
        struct norm_round round;
        struct norm_form form;
        struct norm_value value;
        uint64_t state = i;
        norm_round_init(&round, &fixture.layout, &fixture.beacon_1, &fixture.beacon_2,
                        fixture.reference, i % 2 == 0);
        norm_form_init(&form, &round, &replay);
        norm_value_init(&value, &form);
        for (size_t done = 0; done < count;) {
            size_t part = i < 2 ? count : 1 + (size_t)(check_random(&state) % (1 + i * i * i * 5));
            part = part < count - done ? part : count - done;
            norm_value_add(&value, owner.shares[3] + done, part);
            done += part;
        }
        struct field_ext result = norm_value_finish(&value);
        expected = i == 0 ? result : expected;
        ck_assert(field_ext_equal(result, expected));
        if (i % 2 == 1) {
            result = value_by_stretches(&round, &form, owner.shares[3], (size_t)i * 2048);
            ck_assert(field_ext_equal(result, expected));
        }
        norm_form_close(&form);
        norm_round_close(&round);
    }
    norm_owner_close(&owner);
    norm_fixture_close(&fixture);
}
END_TEST

static void random_ext(struct field_ext *out, size_t count, uint64_t *state)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = (struct field_ext){check_random(state) % FIELD_MODULUS,
                                    check_random(state) % FIELD_MODULUS};
    }
}

/* Dimensions at which the lower half has integers alone, some bits, and only a few integers. */
START_TEST(the_proof_does_not_depend_on_the_table_that_is_kept)
{
    static const uint32_t dimensions[] = {65536, 60000, 70000, 131000};
    struct norm_params params = norm_params_small(4, 1, dimensions[_i], 1 << 20);
    struct norm_layout layout;
    uint64_t state = 7 + (uint64_t)_i;
    ck_assert_int_eq(norm_layout_init(&layout, &params), NORM_OK);
    int64_t *vector = memory_new(sizeof(*vector) * params.dimension);
    struct field_ext *tail = memory_new(sizeof(*tail) * layout.product_count);
    for (uint32_t k = 0; k < params.dimension; k++) {
        vector[k] = (int64_t)(check_random(&state) % 4001) - 2000;
    }
    random_ext(tail, layout.product_count, &state);
    struct norm_sumcheck sumcheck = {.layout = &layout, .vector = vector, .tail = tail};
    random_ext(sumcheck.masks, layout.mask_count, &state);
    random_ext(&sumcheck.blind, 1, &state);
    struct norm_proof whole = {0};
    for (unsigned streams = 0; streams <= 5; streams++) {
        struct norm_proof proof = {0};
        struct transcript transcript;
        transcript_init(&transcript);
        sumcheck.table_max = (size_t)1 << (layout.variables - 1U - streams);
        norm_sumcheck_prove(streams == 0 ? &whole : &proof, &transcript, &sumcheck);
        ck_assert(streams == 0 || memcmp(&proof, &whole, sizeof(proof)) == 0);
    }
    free(vector);
    free(tail);
}
END_TEST

#define BATCH 6

/* A round: accepted together, refused together with one that cheats, told apart one by one. */
START_TEST(a_batch_is_accepted_and_one_false_owner_is_found)
{
    struct norm_params params = norm_params_small(4, 1, 300, 1 << 20);
    struct norm_fixture fixture;
    struct norm_owner owners[BATCH];
    norm_fixture_init(&fixture, &params, 0, 4);
    for (unsigned i = 0; i < BATCH; i++) {
        norm_owner_init(&owners[i], &fixture);
        norm_owner_honest(&owners[i], &fixture, 40 * (i + 1));
    }
    for (unsigned round = 0; round < 2; round++) {
        struct shamir_values batch = {0};
        struct field_ext constant = {0};
        for (unsigned i = 0; i < BATCH; i++) {
            struct norm_evaluation one =
                norm_owner_evaluate(&owners[i], &fixture, NORM_ABLATION_NONE);
            struct field_ext gamma = {check_random(&fixture.state) % FIELD_MODULUS, i};
            bool good = round == 0 || i != 3;
            ck_assert_int_eq(norm_decide(&one.values, 1, 0, one.constant),
                             good ? NORM_ACCEPTED : NORM_FALSE);
            constant = field_ext_add(constant, field_ext_mul(gamma, one.constant));
            for (unsigned server = 1; server <= 4; server++) {
                struct field_ext part = field_ext_mul(gamma, one.values.values[server - 1]);
                part = field_ext_add(part, batch.values[server - 1]);
                shamir_values_set(&batch, server, part);
            }
        }
        ck_assert_int_eq(norm_decide(&batch, 1, 0, constant),
                         round == 0 ? NORM_ACCEPTED : NORM_FALSE);
        batch.servers &= ~UINT32_C(2); /* one is silent */
        ck_assert_int_eq(norm_decide(&batch, 1, 0, constant),
                         round == 0 ? NORM_ACCEPTED : NORM_FALSE);
        owners[3].vector[0] = 1 << 20;
        norm_owner_elements(&owners[3], &fixture);
        norm_owner_cheat(&owners[3], &fixture, UINT64_C(1) << 40);
    }
    for (unsigned i = 0; i < BATCH; i++) {
        norm_owner_close(&owners[i]);
    }
    norm_fixture_close(&fixture);
}
END_TEST

/* ---- The owner refuses */

static enum norm_prove_status witness_status(const struct norm_fixture *fixture,
                                             const int64_t *vector)
{
    uint64_t *aux = malloc(sizeof(*aux) * fixture->layout.aux_count);
    ck_assert_ptr_nonnull(aux);
    struct norm_witness witness = {
        .layout = &fixture->layout, .vector = vector, .reference = fixture->reference};
    witness.statement.beacon = fixture->beacon_1;
    enum norm_prove_status status = norm_witness_make(aux, &witness);
    for (uint32_t k = 0; k < fixture->layout.aux_count && status != NORM_PROVE_OK; k++) {
        ck_assert_uint_eq(aux[k], 0);
    }
    free(aux);
    return status;
}

START_TEST(refuses_to_prove_a_norm_above_the_bound)
{
    struct norm_params params = norm_params_small(4, 1, 64, 1000);
    struct norm_fixture fixture;
    int64_t vector[64] = {1000};
    norm_fixture_init(&fixture, &params, 0, 1);
    ck_assert_int_eq(witness_status(&fixture, vector), NORM_PROVE_OK);
    vector[63] = -1;
    ck_assert_int_eq(witness_status(&fixture, vector), NORM_PROVE_NORM);
    vector[0] = INT64_MIN; /* its square is 0 modulo 2^64 */
    ck_assert_uint_eq(norm_squared(vector, 64), UINT64_MAX);
    ck_assert_int_eq(witness_status(&fixture, vector), NORM_PROVE_NORM);
    vector[0] = INT64_C(1) << 32;
    ck_assert_int_eq(witness_status(&fixture, vector), NORM_PROVE_NORM);
    vector[0] = UINT32_MAX;
    vector[63] = 0;
    ck_assert_uint_eq(norm_squared(vector, 64), UINT64_C(0xfffffffe00000001));
    norm_fixture_close(&fixture);
}
END_TEST

START_TEST(refuses_to_prove_what_fails_the_public_test)
{
    struct norm_params params = cosine_params(64, 1 << 18, 1000);
    params.reference_bits = 31;
    params.reference_drop = 0;
    params.kappa = UINT64_C(1000) * 1000 / 3 * 64 / 4;
    struct norm_fixture fixture;
    int64_t vector[64];
    norm_fixture_init(&fixture, &params, 1000, 1);
    for (unsigned k = 0; k < 64; k++) {
        vector[k] = fixture.reference[k] * 10;
    }
    ck_assert_int_eq(witness_status(&fixture, vector), NORM_PROVE_OK);
    for (unsigned k = 0; k < 64; k++) {
        vector[k] = -vector[k];
    }
    ck_assert_int_eq(witness_status(&fixture, vector), NORM_PROVE_REFERENCE);
    norm_fixture_close(&fixture);
}
END_TEST

/* ---- The test against a public reference: 0.5 of cosine on either side of the threshold */

/* cosine in thousandths: x = c g + s h with h at right angles to g, lengths alike. */
static enum norm_verdict cosine_verdict(struct norm_fixture *fixture, int64_t cosine,
                                        enum norm_prove_status *honest)
{
    struct norm_owner owner;
    norm_owner_init(&owner, fixture);
    for (uint32_t k = 0; k < fixture->layout.params.dimension; k += 2) {
        int64_t a = fixture->reference[k];
        int64_t b = fixture->reference[k + 1];
        int64_t sine = 0;
        while ((sine + 1) * (sine + 1) <= 100000000 - cosine * cosine) {
            sine++;
        }
        owner.vector[k] = (cosine * a - sine * b) / 1000;
        owner.vector[k + 1] = (cosine * b + sine * a) / 1000;
    }
    *honest = witness_status(fixture, owner.vector);
    norm_owner_elements(&owner, fixture);
    norm_owner_cheat(&owner, fixture, UINT64_MAX);
    enum norm_verdict verdict = norm_owner_verdict(&owner, fixture, NORM_ABLATION_NONE);
    norm_owner_close(&owner);
    return verdict;
}

START_TEST(a_cosine_is_compared_with_its_threshold)
{
    static const int64_t cosines[] = {9000, 5200, 5005, 4995, 3000, -9000}; /* of 10000 */
    struct norm_params params = cosine_params(200, 1 << 22, 10000);
    params.reference_bits = 40;
    params.reference_drop = 9;
    struct norm_fixture fixture;
    norm_fixture_init(&fixture, &params, 10000, 6);
    uint64_t squared = norm_squared(fixture.reference, 200);
    fixture.layout.params.kappa = (squared / 4 + (1 << 18) - 1) >> 18; /* tau0^2 |g0|^2 / 4^s */
    for (unsigned i = 0; i < ARRAY_COUNT(cosines); i++) {
        enum norm_prove_status honest;
        enum norm_verdict verdict = cosine_verdict(&fixture, cosines[i], &honest);
        ck_assert_int_eq(verdict, cosines[i] > 5000 ? NORM_ACCEPTED : NORM_FALSE);
        ck_assert_int_eq(honest, cosines[i] > 5000 ? NORM_PROVE_OK : NORM_PROVE_REFERENCE);
    }
    norm_fixture_close(&fixture);
}
END_TEST

START_TEST(an_inner_product_is_compared_with_its_threshold)
{
    static const int64_t thresholds[] = {-500, 0, 123456};
    for (unsigned i = 0; i < ARRAY_COUNT(thresholds); i++) {
        struct norm_params params = norm_params_small(3, 1, 64, 1 << 20);
        params.reference = NORM_REFERENCE_INNER;
        params.reference_bits = 40;
        params.threshold = thresholds[i];
        struct norm_fixture fixture;
        norm_fixture_init(&fixture, &params, 100, i);
        fixture.reference[0] = 1;
        for (int64_t off = -1; off <= 1; off++) {
            struct norm_owner owner;
            norm_owner_init(&owner, &fixture);
            owner.vector[0] = thresholds[i] + off;
            enum norm_prove_status honest = witness_status(&fixture, owner.vector);
            norm_owner_elements(&owner, &fixture);
            norm_owner_cheat(&owner, &fixture, UINT64_MAX);
            ck_assert_int_eq(honest, off >= 0 ? NORM_PROVE_OK : NORM_PROVE_REFERENCE);
            ck_assert_int_eq(norm_owner_verdict(&owner, &fixture, NORM_ABLATION_NONE),
                             off >= 0 ? NORM_ACCEPTED : NORM_FALSE);
            norm_owner_close(&owner);
        }
        norm_fixture_close(&fixture);
    }
}
END_TEST

/* ---- Masks */

START_TEST(masks_and_nonce_differ_in_every_round)
{
    struct norm_params params = norm_params_small(4, 1, 64, 1000);
    struct norm_fixture fixture;
    int64_t vector[64] = {0};
    norm_fixture_init(&fixture, &params, 0, 1);
    const struct norm_layout *layout = &fixture.layout;
    uint64_t *aux[2] = {malloc(sizeof(**aux) * layout->aux_count),
                        malloc(sizeof(**aux) * layout->aux_count)};
    struct norm_witness witness = {.layout = layout, .vector = vector};
    uint8_t nonces[2][NORM_NONCE_SIZE];
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_int_eq(norm_witness_make(aux[i], &witness), NORM_PROVE_OK);
        norm_nonce(nonces[i], &witness);
        witness.statement.beacon.bytes[0] ^= 1;
    }
    ck_assert_mem_ne(nonces[0], nonces[1], NORM_NONCE_SIZE);
    for (uint32_t k = layout->mask_start; k < layout->aux_count; k++) {
        ck_assert_uint_ne(aux[0][k], aux[1][k]);
    }
    free(aux[0]);
    free(aux[1]);
    norm_fixture_close(&fixture);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("norm");
    tcase_add_test(tests, accepts_an_honest_owner);
    tcase_add_test(tests, accepts_the_edges_of_the_bound);
    tcase_add_test(tests, two_provers_give_the_same_proof);
    tcase_add_test(tests, values_interpolate_to_the_value_of_the_plain_vector);
    tcase_add_test(tests, pieces_in_which_a_share_comes_do_not_matter);
    tcase_add_loop_test(tests, the_proof_does_not_depend_on_the_table_that_is_kept, 0, 4);
    tcase_add_test(tests, a_batch_is_accepted_and_one_false_owner_is_found);
    tcase_add_test(tests, refuses_to_prove_a_norm_above_the_bound);
    tcase_add_test(tests, refuses_to_prove_what_fails_the_public_test);
    tcase_add_test(tests, a_cosine_is_compared_with_its_threshold);
    tcase_add_test(tests, an_inner_product_is_compared_with_its_threshold);
    tcase_add_test(tests, masks_and_nonce_differ_in_every_round);
    return check_run("norm", tests);
}
