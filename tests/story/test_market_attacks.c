/* Attacks that the rules of a round stop, one test each: replays, late messages, other subsets, keys and
 * points that are not one's own. Others are in test_market_disputes.c and tests/unit/test_refusals.c. */
#include "tests/lib/check_run.h"
#include "tests/lib/round_fixture.h"

#include <string.h>

static struct market_fixture chain;
static struct round_fixture party;
static struct model_terms terms;
static const struct bytes none;

static void start(void)
{
    market_fixture_init(&chain);
    for (unsigned server = 1; server <= 4; server++) {
        fixture_register(&chain, server);
    }
    fixture_block(&chain);
    fixture_terms(&chain, &terms);
    chain.gas_price = 1;
}

static void stop(void)
{
    round_fixture_close(&party);
    market_fixture_close(&chain);
}

static struct round record(void)
{
    return round_fixture_record(&party);
}

static int owner_account(unsigned owner)
{
    return FIXTURE_OWNER_1 + (int)owner;
}

static void commit_all(unsigned owners, uint32_t inconsistent)
{
    round_fixture_open(&party, &chain, &terms);
    for (unsigned i = 0; i < owners; i++) {
        round_fixture_join(&party, i);
        round_fixture_make(&party, i,
                           (inconsistent >> i & 1) != 0 ? OWNER_INCONSISTENT : OWNER_HONEST);
        round_fixture_commit(&party, i);
    }
    fixture_block(&chain);
}

static void enter_decide(unsigned owners, uint32_t inconsistent)
{
    commit_all(owners, inconsistent);
    round_fixture_prove_all(&party);
    round_fixture_until(&party, PHASE_ACK);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_DECIDE);
}

static void enter_justify(void)
{
    enter_decide(5, 0);
    party.lies[1] = 1U << 3;
    round_fixture_all(&party, 0xf, NATIVE_BATCH_DECIDE);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_FALLBACK);
    ck_assert_uint_eq(record().phase, PHASE_JUSTIFY);
}

static uint16_t attempt(int account, uint8_t native, const void *operand, struct bytes sidecar)
{
    return fixture_try(&chain, account, native, operand, sidecar);
}

/* Pv-snip section 8, 9. */
START_TEST(a_commitment_of_another_round_is_refused)
{
    commit_all(4, 0);
    struct share_commit_operand replayed = round_fixture_commitment(&party, 0);
    round_fixture_until(&party, PHASE_PROVE);
    round_fixture_until(&party, PHASE_ABORTED); /* nobody proves */
    round_fixture_next(&party);
    round_fixture_join(&party, 0);
    fixture_block(&chain);
    replayed.round = 2;
    ck_assert_uint_eq(attempt(owner_account(0), NATIVE_SHARE_COMMIT, &replayed, none),
                      REFUSAL_COMMIT_PROOF_WRONG);
}
END_TEST

/* Section 8, 9: the transcript begins with ctx, so what proved a vector in one round is false in the
 * next, for the same vector. */
START_TEST(a_proof_of_another_round_costs_the_stake)
{
    struct buffer proof = {0};
    commit_all(4, 0);
    round_fixture_prove_all(&party);
    struct norm_proof replayed = party.owners[2].proof;
    for (unsigned server = 1; server <= 4; server++) {
        round_fixture_ack(&party, server, 0xffff);
    }
    round_fixture_until(&party, PHASE_ABORTED); /* nobody publishes what servers deny */
    round_fixture_next(&party);
    round_fixture_enter(&party, 4);
    fixture_block(&chain);
    round_fixture_until(&party, PHASE_PROVE);
    for (unsigned i = 0; i < 4; i++) {
        round_fixture_prove(&party, i);
    }
    buffer_close(&chain.body); /* owner 2 posts another */
    for (unsigned i = 0; i < 4; i++) {
        chain.keys[FIXTURE_OWNER_1 + i].pending = 0;
    }
    memcpy(replayed.nonce2, party.owners[2].proof.nonce2, sizeof(replayed.nonce2));
    replayed.root2 = party.owners[2].proof.root2;
    party.owners[2].proof = replayed;
    for (unsigned i = 0; i < 4; i++) {
        round_fixture_encode_proof(&party, i, &proof);
        const struct share_prove_operand operand = {party.model, 2, buffer_bytes(&proof)};
        fixture_send(&chain, owner_account(i), NATIVE_SHARE_PROVE, &operand, none);
        buffer_close(&proof);
    }
    fixture_block(&chain);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_DECIDE);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_DECIDE);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_FALLBACK);
    ck_assert_uint_eq(round_fixture_participant(&party, 2).status, PARTICIPANT_SLASHED);
    ck_assert_uint_eq(record().accepted, 3);
}
END_TEST

/* Section 8, 16: three of four values fit, and that is not enough: all of Q must. */
START_TEST(values_of_some_of_q_that_fit_decide_nothing)
{
    enter_decide(5, 1U << 1);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_DECIDE);
    ck_assert_uint_eq(record().phase, PHASE_FALLBACK);
    ck_assert_uint_eq(record().active, 0xf);
}
END_TEST

/* Section 8, 22. */
START_TEST(an_opening_with_another_point_is_refused)
{
    struct dispute_justify_operand justify;
    struct dispute_justify_operand other;
    struct buffer sidecar = {0};
    struct buffer ignored = {0};
    enter_justify();
    round_fixture_opening(&party, 3, 2, true, &justify, &sidecar);
    round_fixture_opening(&party, 3, 3, true, &other, &ignored);
    struct dispute_justify_operand wrong = justify;
    wrong.shared = other.shared;
    ck_assert_uint_eq(
        attempt(owner_account(3), NATIVE_DISPUTE_JUSTIFY, &wrong, buffer_bytes(&sidecar)),
        REFUSAL_JUSTIFY_PROOF);
    wrong = justify;
    memset(&wrong.shared, 0xff, sizeof(wrong.shared));
    ck_assert_uint_eq(
        attempt(owner_account(3), NATIVE_DISPUTE_JUSTIFY, &wrong, buffer_bytes(&sidecar)),
        REFUSAL_JUSTIFY_PROOF);
    /* The owner's form is no proof of the server, nor the other way round. */
    ck_assert_uint_eq(
        attempt(FIXTURE_SERVER_1 + 1, NATIVE_DISPUTE_JUSTIFY, &justify, buffer_bytes(&sidecar)),
        REFUSAL_JUSTIFY_PROOF);
    ck_assert_uint_eq(fixture_server(&chain, 2).stake, FIXTURE_STAKE);
    ck_assert_uint_eq(
        attempt(owner_account(3), NATIVE_DISPUTE_JUSTIFY, &justify, buffer_bytes(&sidecar)), 0);
    buffer_close(&sidecar);
    buffer_close(&ignored);
}
END_TEST

/* Section 8, 21. */
START_TEST(an_opening_with_other_ciphertexts_is_refused)
{
    struct dispute_justify_operand justify;
    struct buffer sidecar = {0};
    enter_justify();
    round_fixture_opening(&party, 3, 2, true, &justify, &sidecar);
    sidecar.data[0] ^= 1;
    struct bytes blobs = buffer_bytes(&sidecar);
    ck_assert_uint_eq(attempt(owner_account(3), NATIVE_DISPUTE_JUSTIFY, &justify, blobs),
                      REFUSAL_PUBLISH_BLOB);
    sidecar.data[0] ^= 1;
    memset(sidecar.data + sidecar.size - 8, 0xff, 8);
    ck_assert_uint_eq(attempt(owner_account(3), NATIVE_DISPUTE_JUSTIFY, &justify, blobs),
                      REFUSAL_PUBLISH_NOT_CANONICAL);
    blobs.size -= 8;
    ck_assert_uint_eq(attempt(owner_account(3), NATIVE_DISPUTE_JUSTIFY, &justify, blobs),
                      REFUSAL_PUBLISH_SIZE);
    justify.roots.size -= 32;
    ck_assert_uint_eq(
        attempt(owner_account(3), NATIVE_DISPUTE_JUSTIFY, &justify, buffer_bytes(&sidecar)),
        REFUSAL_PUBLISH_ROOTS);
    buffer_close(&sidecar);
}
END_TEST

/* Section 8, 33: a wrong product share fits no polynomial of degree 2t, and cannot be named. */
START_TEST(a_wrong_product_share_skips_the_selection)
{
    struct market_key key;
    struct public_values values;
    terms.dimension = 64 * 80;
    terms.modes = MODE_PAIRS;
    terms.select_rule = SELECT_KRUM;
    terms.krum_count = 3;
    enter_decide(6, 0);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_DECIDE);
    party.wrong[NATIVE_BATCH_VALUES] = true;
    round_fixture_values(&party, 3);
    round_fixture_all(&party, 0xb, NATIVE_BATCH_VALUES);
    ck_assert_uint_eq(record().phase, PHASE_AGGREGATE);
    ck_assert_uint_eq(record().accepted, 6);
    ck_assert_uint_eq(fixture_server(&chain, 3).stake, FIXTURE_STAKE);
    key_public(&key, party.model, party.number);
    ck_assert(!record_load(chain.state, &key, &public_values_schema, &values));
}
END_TEST

/* Section 8, 36: an ephemeral key is used once, so a pad is. */
START_TEST(a_pad_of_an_earlier_round_is_refused)
{
    terms.modes = MODE_PAD;
    round_fixture_open(&party, &chain, &terms);
    const struct round_fixture_owner *pad = &party.owners[ROUND_FIXTURE_PAD];
    const struct round_open_operand again = {.model = party.model,
                                             .round = 2,
                                             .pad_ephemeral = pad->commitment.ephemeral,
                                             .pad_root = pad->commitment.root,
                                             .pad_proof = pad->commitment.proof,
                                             .pad_root2 = pad->proof.root2};
    round_fixture_until(&party, PHASE_ABORTED);
    ck_assert_uint_eq(attempt(FIXTURE_PUBLISHER, NATIVE_ROUND_OPEN, &again, BYTES_OF(again)),
                      REFUSAL_ROUND_PAD_PROOF);
}
END_TEST

/* Section 8, 38 and 11: every message in a phase that is not its own, before and after it. */
static void expect_out_of_phase(enum round_phase now)
{
    const struct share_commit_operand commit = {.model = party.model, .round = 1};
    const struct share_prove_operand prove = {.model = party.model, .round = 1};
    const struct share_publish_operand publish = {.model = party.model, .round = 1, .server = 3};
    const struct share_claim_operand claim = {.model = party.model, .round = 1};
    const struct dispute_justify_operand justify = {.model = party.model, .round = 1};
    const struct batch_ack_operand ack = {.model = party.model, .round = 1};
    const struct batch_value_operand value = {.model = party.model, .round = 1};
    const struct batch_fallback_operand fallback = {.model = party.model, .round = 1};
    const struct batch_values_operand values = {.model = party.model, .round = 1};
    const struct batch_aggregate_operand aggregate = {.model = party.model, .round = 1};
    const struct round_operand join = {party.model, 1};
    const struct {
        int account;
        uint8_t native;
        const void *operand;
        enum round_phase phase;
        enum market_refusal_code code;
    } messages[] = {
        {FIXTURE_OWNER_1 + 9, NATIVE_ROUND_JOIN, &join, PHASE_COMMIT, REFUSAL_JOIN_LATE},
        {FIXTURE_OWNER_1, NATIVE_SHARE_COMMIT, &commit, PHASE_COMMIT, REFUSAL_COMMIT_LATE},
        {FIXTURE_OWNER_1, NATIVE_SHARE_PROVE, &prove, PHASE_PROVE, REFUSAL_PROVE_LATE},
        {FIXTURE_OWNER_1, NATIVE_SHARE_PUBLISH, &publish, PHASE_PUBLISH, REFUSAL_PUBLISH_LATE},
        {FIXTURE_OWNER_1, NATIVE_SHARE_CLAIM, &claim, PHASE_CLAIM, REFUSAL_CLAIM_LATE},
        {FIXTURE_OWNER_1, NATIVE_DISPUTE_JUSTIFY, &justify, PHASE_JUSTIFY, REFUSAL_JUSTIFY_LATE},
        {FIXTURE_SERVER_1, NATIVE_BATCH_ACK, &ack, PHASE_ACK, REFUSAL_ROUND_PHASE_WRONG},
        {FIXTURE_SERVER_1, NATIVE_BATCH_DECIDE, &value, PHASE_DECIDE, REFUSAL_ROUND_PHASE_WRONG},
        {FIXTURE_SERVER_1, NATIVE_BATCH_FALLBACK, &fallback, PHASE_FALLBACK,
         REFUSAL_ROUND_PHASE_WRONG},
        {FIXTURE_SERVER_1, NATIVE_BATCH_VALUES, &values, PHASE_VALUES, REFUSAL_ROUND_PHASE_WRONG},
        {FIXTURE_SERVER_1, NATIVE_BATCH_AGGREGATE, &aggregate, PHASE_AGGREGATE,
         REFUSAL_ROUND_PHASE_WRONG},
        {FIXTURE_SERVER_1, NATIVE_BATCH_CHECK, &value, PHASE_CHECK, REFUSAL_ROUND_PHASE_WRONG},
    };
    ck_assert_uint_eq(record().phase, now);
    for (size_t i = 0; i < ARRAY_COUNT(messages); i++) {
        if (messages[i].phase != now) {
            fixture_send(&chain, messages[i].account, messages[i].native, messages[i].operand,
                         none);
        }
    }
    fixture_block(&chain);
    for (size_t i = 0, at = 0; i < ARRAY_COUNT(messages); i++) {
        if (messages[i].phase != now) {
            ck_assert_uint_eq(fixture_refusal(&chain, (uint32_t)at).code, messages[i].code);
            at++;
        }
    }
    ck_assert_uint_eq(record().phase, now);
}

START_TEST(a_message_of_another_phase_is_refused_in_every_phase)
{
    commit_all(4, 0);
    round_fixture_until(&party, PHASE_PROVE);
    expect_out_of_phase(PHASE_PROVE);
    round_fixture_prove_all(&party);
    expect_out_of_phase(PHASE_ACK);
    round_fixture_ack(&party, 3, 1);
    round_fixture_all(&party, 0xb, NATIVE_BATCH_ACK);
    expect_out_of_phase(PHASE_PUBLISH);
    round_fixture_publish(&party, 0, 3);
    fixture_block(&chain);
    round_fixture_until(&party, PHASE_DECIDE);
    expect_out_of_phase(PHASE_DECIDE);
    party.lies[1] = 1U << 3;
    round_fixture_all(&party, 0xf, NATIVE_BATCH_DECIDE);
    expect_out_of_phase(PHASE_FALLBACK);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_FALLBACK);
    expect_out_of_phase(PHASE_JUSTIFY);
    round_fixture_justify(&party, 3, 2, true);
    fixture_block(&chain);
    expect_out_of_phase(PHASE_AGGREGATE);
    round_fixture_aggregate(&party, 1);
    fixture_block(&chain);
    round_fixture_until(&party, PHASE_CHECK);
    expect_out_of_phase(PHASE_CHECK);
    round_fixture_all(&party, 0xd, NATIVE_BATCH_CHECK);
    expect_out_of_phase(PHASE_SETTLED);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("attacks");
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, a_commitment_of_another_round_is_refused);
    tcase_add_test(tests, a_proof_of_another_round_costs_the_stake);
    tcase_add_test(tests, values_of_some_of_q_that_fit_decide_nothing);
    tcase_add_test(tests, an_opening_with_another_point_is_refused);
    tcase_add_test(tests, an_opening_with_other_ciphertexts_is_refused);
    tcase_add_test(tests, a_wrong_product_share_skips_the_selection);
    tcase_add_test(tests, a_pad_of_an_earlier_round_is_refused);
    tcase_add_test(tests, a_message_of_another_phase_is_refused_in_every_phase);
    return check_run("attacks on rounds", tests);
}
