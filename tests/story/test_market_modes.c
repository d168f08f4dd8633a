/* What a round may have beside the norm proof: a pad, scores, distances, credits, a public test. */
#include "tests/lib/check_run.h"
#include "tests/lib/round_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "vm/opcodes.h"

static struct market_fixture chain;
static struct round_fixture party;
static struct model_terms terms;

static void start(void)
{
    market_fixture_init(&chain);
    for (unsigned server = 1; server <= 4; server++) {
        fixture_register(&chain, server);
    }
    fixture_block(&chain);
    fixture_terms(&chain, &terms);
    terms.rounds = 1;
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

static void expect_status(unsigned owner, enum participant_status status)
{
    ck_assert_uint_eq(round_fixture_participant(&party, owner).status, status);
}

static void done_in_block(void)
{
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).code, 0);
}

/* From COMMIT to DECIDE. */
static void enter_decide(unsigned owners)
{
    chain.gas_price = 1;
    round_fixture_enter(&party, owners);
    fixture_block(&chain);
    round_fixture_prove_all(&party);
    round_fixture_until(&party, PHASE_ACK);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_DECIDE);
}

static void enter_check(void)
{
    ck_assert_uint_eq(record().phase, PHASE_AGGREGATE);
    round_fixture_aggregate(&party, record().leader);
    done_in_block();
    round_fixture_until(&party, PHASE_CHECK);
}

static void settle(void)
{
    enter_check();
    round_fixture_all(&party, record().active, NATIVE_BATCH_CHECK);
    ck_assert_uint_eq(record().phase, PHASE_SETTLED);
}

/* ---- The pad */

START_TEST(a_padded_sum_settles)
{
    terms.modes = MODE_PAD;
    round_fixture_open(&party, &chain, &terms);
    enter_decide(4);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_DECIDE);
    settle(); /* the fixture compares the sum with vectors and pad */
    expect_status(0, PARTICIPANT_PAID);
    struct market_key key;
    struct pad pad;
    key_pad(&key, party.model, party.number);
    ck_assert(!record_load(chain.state, &key, &pad_schema, &pad));
}
END_TEST

START_TEST(the_model_owner_publishes_what_a_server_does_not_acknowledge)
{
    terms.modes = MODE_PAD;
    round_fixture_open_only(&party, &chain, &terms);
    round_fixture_all(&party, 0x6, NATIVE_BATCH_ACK);
    ck_assert_uint_eq(record().phase, PHASE_PAD);
    round_fixture_publish(&party, ROUND_FIXTURE_PAD, 4);
    done_in_block();
    ck_assert_uint_eq(record().phase, PHASE_COMMIT);
    ck_assert_uint_eq(record().active, 0xf);
}
END_TEST

START_TEST(an_undelivered_pad_ends_the_round_before_owners_join)
{
    terms.modes = MODE_PAD;
    round_fixture_open_only(&party, &chain, &terms);
    uint64_t before = fixture_balance(&chain, FIXTURE_PUBLISHER);
    round_fixture_all(&party, 0x6, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_ABORTED);
    ck_assert_uint_eq(record().abort_reason, ABORT_PAD);
    ck_assert_uint_eq(fixture_balance(&chain, FIXTURE_PUBLISHER), before + 1203);
    ck_assert_uint_eq(fixture_server(&chain, 4).penalties, 0);
}
END_TEST

START_TEST(a_server_that_lies_about_the_pad_is_refuted_by_the_model_owner)
{
    terms.modes = MODE_PAD;
    round_fixture_open(&party, &chain, &terms);
    enter_decide(4);
    party.lies[2] = 1U << ROUND_FIXTURE_PAD;
    round_fixture_all(&party, 0xf, NATIVE_BATCH_DECIDE);
    ck_assert_uint_eq(record().phase, PHASE_JUSTIFY);
    round_fixture_justify(&party, ROUND_FIXTURE_PAD, 3, true);
    done_in_block();
    ck_assert_uint_eq(fixture_server(&chain, 3).stake, 0);
    settle();
}
END_TEST

/* Section 8, 32. */
START_TEST(a_model_owner_whose_pad_is_none_pays_for_the_round)
{
    terms.modes = MODE_PAD;
    round_fixture_open(&party, &chain, &terms);
    enter_decide(4);
    /* Servers 2 and 3 hold true shares of the pad; the owner gave server 4 another, as far as their
     * values tell: two of them lie, and no polynomial fits three values. */
    party.lies[2] = 1U << ROUND_FIXTURE_PAD;
    party.lies[3] = 1U << ROUND_FIXTURE_PAD;
    uint64_t before = fixture_balance(&chain, FIXTURE_PUBLISHER);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_DECIDE);
    ck_assert_uint_eq(record().phase, PHASE_ABORTED);
    ck_assert_uint_eq(record().abort_reason, ABORT_PAD);
    ck_assert_uint_eq(round_fixture_participant(&party, 0).paid, 1003 / 4);
    ck_assert_uint_eq(fixture_balance(&chain, FIXTURE_PUBLISHER), before + 1003 % 4);
}
END_TEST

/* The pad is none, and owner 2's shares are none either: it is found before the others are paid. */
START_TEST(a_guilty_owner_is_not_paid_by_a_guilty_model_owner)
{
    terms.modes = MODE_PAD;
    round_fixture_open(&party, &chain, &terms);
    chain.gas_price = 1;
    for (unsigned i = 0; i < 4; i++) {
        round_fixture_join(&party, i);
        round_fixture_make(&party, i, i == 2 ? OWNER_INCONSISTENT : OWNER_HONEST);
        round_fixture_commit(&party, i);
    }
    fixture_block(&chain);
    round_fixture_prove_all(&party);
    round_fixture_until(&party, PHASE_ACK);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_DECIDE);
    party.lies[2] = 1U << ROUND_FIXTURE_PAD;
    party.lies[3] = 1U << ROUND_FIXTURE_PAD;
    round_fixture_all(&party, 0xf, NATIVE_BATCH_DECIDE);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_FALLBACK);
    ck_assert(record().pad_guilty);
    ck_assert_uint_eq(record().phase, PHASE_JUSTIFY);
    round_fixture_justify(&party, 2, 4, false);
    done_in_block();
    ck_assert_uint_eq(record().abort_reason, ABORT_PAD);
    expect_status(2, PARTICIPANT_SLASHED);
    ck_assert_uint_eq(round_fixture_participant(&party, 0).paid, 1003 / 3);
}
END_TEST

START_TEST(a_silent_model_owner_with_a_pad_in_dispute_ends_the_round)
{
    terms.modes = MODE_PAD;
    round_fixture_open(&party, &chain, &terms);
    enter_decide(4);
    party.lies[2] = 1U << ROUND_FIXTURE_PAD;
    round_fixture_all(&party, 0x7, NATIVE_BATCH_DECIDE);
    round_fixture_until(&party, PHASE_CLAIM);
    round_fixture_until(&party, PHASE_ABORTED);
    ck_assert_uint_eq(record().abort_reason, ABORT_PAD);
    expect_status(0, PARTICIPANT_REFUNDED);
    ck_assert_uint_eq(fixture_server(&chain, 3).penalties, 0);
}
END_TEST

START_TEST(a_model_owner_claims_and_refutes)
{
    terms.modes = MODE_PAD;
    round_fixture_open(&party, &chain, &terms);
    enter_decide(4);
    party.lies[2] = 1U << ROUND_FIXTURE_PAD;
    round_fixture_all(&party, 0x7, NATIVE_BATCH_DECIDE);
    round_fixture_until(&party, PHASE_CLAIM);
    const struct share_claim_operand claim = {.model = party.model, .round = 1, .pad = true};
    ck_assert_uint_eq(
        fixture_try(&chain, FIXTURE_OWNER_1, NATIVE_SHARE_CLAIM, &claim, (struct bytes){0}),
        REFUSAL_CLAIM_NO_DISPUTE); /* the pad is the model owner's */
    round_fixture_claim(&party, ROUND_FIXTURE_PAD);
    done_in_block();
    ck_assert_uint_eq(record().phase, PHASE_JUSTIFY);
    round_fixture_justify(&party, ROUND_FIXTURE_PAD, 3, true);
    done_in_block();
    ck_assert_uint_eq(fixture_server(&chain, 3).stake, 0);
    ck_assert_uint_eq(record().active, 0x3);
    settle();
}
END_TEST

/* ---- VALUES */

static struct public_values public_values(void)
{
    struct market_key key;
    struct public_values values;
    key_public(&key, party.model, party.number);
    ck_assert(record_load(chain.state, &key, &public_values_schema, &values));
    return values;
}

static int64_t value_at(struct bytes list, size_t at)
{
    struct bcs_reader reader;
    ck_assert_uint_le((at + 1) * 8, list.size);
    bcs_reader_init(&reader, (struct bytes){list.data + at * 8, 8});
    return (int64_t)bcs_read_u64(&reader);
}

static int64_t score_of(unsigned owner)
{
    int64_t sum = 0;
    for (uint32_t k = 0; k < terms.dimension; k++) {
        sum += party.owners[owner].values[k] * ((int64_t)(k % 3) - 1);
    }
    return sum;
}

static int64_t distance_of(unsigned owner)
{
    int64_t sum = 0;
    for (uint32_t k = 0; k < terms.dimension; k++) {
        int64_t difference = party.owners[owner].values[k] - ((int64_t)(k % 3) - 1);
        sum += difference * difference;
    }
    return sum;
}

static void enter_values(unsigned owners)
{
    round_fixture_use_reference(&terms);
    round_fixture_open(&party, &chain, &terms);
    enter_decide(owners);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_DECIDE);
    ck_assert_uint_eq(record().phase, PHASE_VALUES);
}

/* A program may ask for it: the query pushes it, and ASSERT fails where it is another. */
static void expect_score(unsigned owner, int64_t score, uint16_t code)
{
    const struct score_operand operand = {party.model, party.number,
                                          *fixture_address(&chain, FIXTURE_OWNER_1 + (int)owner)};
    struct buffer program = {0};
    struct buffer rest = {0};
    fixture_append_native(&rest, NATIVE_QUERY_OWNER_SCORE, &operand);
    bcs_write_u8(&rest, OP_PUSH);
    bcs_write_u64(&rest, (uint64_t)score);
    bcs_write_u8(&rest, OP_EQ);
    bcs_write_u8(&rest, OP_ASSERT);
    bcs_write_u16(&rest, 7);
    fixture_wrap(&program, buffer_bytes(&rest));
    fixture_send_program(&chain, FIXTURE_STRANGER, buffer_bytes(&program), (struct bytes){0});
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).code, code);
    buffer_close(&program);
    buffer_close(&rest);
}

START_TEST(scores_and_distances_are_those_of_the_vectors)
{
    unsigned owners[ROUND_FIXTURE_OWNERS];
    terms.dimension = 128;
    terms.modes = MODE_SCORE | MODE_DISTANCE;
    enter_values(5);
    unsigned count = round_fixture_accepted(&party, owners);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_VALUES);
    struct public_values values = public_values();
    for (unsigned i = 0; i < count; i++) {
        ck_assert_int_eq(value_at(values.scores, i), score_of(owners[i]));
        ck_assert_int_eq(value_at(values.distances, i), distance_of(owners[i]));
    }
    settle();
    expect_score(3, score_of(3), 0);
    expect_score(3, score_of(3) + 1, VM_ASSERT);
}
END_TEST

START_TEST(names_the_server_whose_score_is_off)
{
    terms.modes = MODE_SCORE;
    enter_values(4);
    party.wrong[NATIVE_BATCH_VALUES] = true;
    round_fixture_values(&party, 2);
    round_fixture_all(&party, 0xd, NATIVE_BATCH_VALUES);
    ck_assert_uint_eq(fixture_server(&chain, 2).stake, 0);
    ck_assert_uint_eq(public_values().scores.size, (size_t)4 * 8);
    settle();
}
END_TEST

static void three_values_with_a_wrong_one(void)
{
    enter_values(4);
    party.wrong[NATIVE_BATCH_VALUES] = true;
    round_fixture_values(&party, 2);
    round_fixture_all(&party, 0x5, NATIVE_BATCH_VALUES);
}

START_TEST(skips_values_that_do_not_decode)
{
    struct market_key key;
    struct public_values values;
    terms.modes = MODE_SCORE;
    three_values_with_a_wrong_one();
    round_fixture_until(&party, PHASE_AGGREGATE);
    key_public(&key, party.model, party.number);
    ck_assert(!record_load(chain.state, &key, &public_values_schema, &values));
    settle();
    expect_status(0, PARTICIPANT_PAID);
}
END_TEST

START_TEST(aborts_where_values_do_not_decode_and_the_model_says_so)
{
    terms.modes = MODE_SCORE | MODE_VALUES_ABORT;
    three_values_with_a_wrong_one();
    round_fixture_until(&party, PHASE_ABORTED);
    ck_assert_uint_eq(record().abort_reason, ABORT_VALUES);
    expect_status(0, PARTICIPANT_REFUNDED);
}
END_TEST

START_TEST(removes_the_owner_far_from_the_reference)
{
    terms.modes = MODE_DISTANCE;
    terms.select_rule = SELECT_SIGMA;
    terms.sigma_lambda = 256;
    enter_values(10);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_VALUES);
    /* Owner 9's elements are the largest, around 600. */
    expect_status(9, PARTICIPANT_DROPPED);
    expect_status(3, PARTICIPANT_ACCEPTED);
    ck_assert_uint_lt(record().accepted, 10);
    settle();
}
END_TEST

START_TEST(multi_krum_takes_as_many_as_the_model_says)
{
    terms.dimension = 64 * 80;
    terms.modes = MODE_PAIRS;
    terms.select_rule = SELECT_KRUM;
    terms.krum_faults = 1;
    terms.krum_count = 3;
    round_fixture_open(&party, &chain, &terms);
    enter_decide(8);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_DECIDE);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_VALUES);
    ck_assert_uint_eq(record().accepted, 3);
    /* The vectors are equally spaced: those in the middle have the least distances. */
    expect_status(0, PARTICIPANT_DROPPED);
    expect_status(7, PARTICIPANT_DROPPED);
    settle();
}
END_TEST

/* ---- CREDITS */

static void enter_credits(void)
{
    terms.modes = MODE_CREDIT;
    terms.reward_rule = REWARD_CREDIT;
    round_fixture_open(&party, &chain, &terms);
    enter_decide(5);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_DECIDE);
    enter_check();
    round_fixture_all(&party, 0xf, NATIVE_BATCH_CHECK);
    ck_assert_uint_eq(record().phase, PHASE_CREDITS);
}

START_TEST(pays_in_proportion_to_the_credits)
{
    unsigned owners[ROUND_FIXTURE_OWNERS];
    enter_credits();
    unsigned count = round_fixture_accepted(&party, owners);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_VALUES);
    ck_assert_uint_eq(record().phase, PHASE_SETTLED);
    struct public_values values = public_values();
    int64_t total = 0;
    for (unsigned i = 0; i < count; i++) {
        int64_t credit = value_at(values.credits, i);
        total += credit > 0 ? credit : 0;
    }
    ck_assert_int_gt(total, 0);
    for (unsigned i = 0; i < count; i++) {
        int64_t credit = value_at(values.credits, i);
        uint64_t expected = credit > 0 ? (uint64_t)(1003 * credit / total) : 0;
        ck_assert_uint_eq(round_fixture_participant(&party, owners[i]).paid, expected);
    }
}
END_TEST

/* A node that begins from a snapshot amid CREDITS: it must know that it needs the aggregate, as the end of
 * the phase cannot do without. */
START_TEST(needs_the_aggregate_until_the_credits_are_checked)
{
    enter_credits();
    struct round before = record();
    ck_assert(work_aggregate_needed(&before));
    round_fixture_all(&party, 0xf, NATIVE_BATCH_VALUES);
    before = record();
    ck_assert_uint_eq(before.phase, PHASE_SETTLED);
    ck_assert(!work_aggregate_needed(&before));
}
END_TEST

START_TEST(pays_equally_where_credits_are_missing)
{
    enter_credits();
    round_fixture_all(&party, 0x3, NATIVE_BATCH_VALUES);
    round_fixture_until(&party, PHASE_SETTLED);
    for (unsigned owner = 0; owner < 5; owner++) {
        ck_assert_uint_eq(round_fixture_participant(&party, owner).paid, 200);
    }
    ck_assert_uint_eq(fixture_server(&chain, 3).penalties, 1);
}
END_TEST

/* ---- A public test that every owner passes */

START_TEST(a_dispute_brings_the_reference_of_the_test)
{
    terms.reference_test = NORM_REFERENCE_INNER;
    terms.reference_bits = 40;
    terms.reference_score = (uint64_t)-INT64_C(1000000);
    round_fixture_use_reference(&terms);
    round_fixture_open(&party, &chain, &terms);
    enter_decide(5);
    party.lies[1] = 1U << 3;
    round_fixture_all(&party, 0xf, NATIVE_BATCH_DECIDE);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_FALLBACK);
    ck_assert_uint_eq(record().phase, PHASE_JUSTIFY);
    round_fixture_justify(&party, 3, 2, true);
    done_in_block();
    ck_assert_uint_eq(fixture_server(&chain, 2).stake, 0);
    settle();
    expect_status(3, PARTICIPANT_PAID);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("modes");
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, a_padded_sum_settles);
    tcase_add_test(tests, the_model_owner_publishes_what_a_server_does_not_acknowledge);
    tcase_add_test(tests, an_undelivered_pad_ends_the_round_before_owners_join);
    tcase_add_test(tests, a_server_that_lies_about_the_pad_is_refuted_by_the_model_owner);
    tcase_add_test(tests, a_model_owner_whose_pad_is_none_pays_for_the_round);
    tcase_add_test(tests, a_guilty_owner_is_not_paid_by_a_guilty_model_owner);
    tcase_add_test(tests, a_silent_model_owner_with_a_pad_in_dispute_ends_the_round);
    tcase_add_test(tests, a_model_owner_claims_and_refutes);
    tcase_add_test(tests, scores_and_distances_are_those_of_the_vectors);
    tcase_add_test(tests, names_the_server_whose_score_is_off);
    tcase_add_test(tests, skips_values_that_do_not_decode);
    tcase_add_test(tests, aborts_where_values_do_not_decode_and_the_model_says_so);
    tcase_add_test(tests, removes_the_owner_far_from_the_reference);
    tcase_add_test(tests, multi_krum_takes_as_many_as_the_model_says);
    tcase_add_test(tests, pays_in_proportion_to_the_credits);
    tcase_add_test(tests, needs_the_aggregate_until_the_credits_are_checked);
    tcase_add_test(tests, pays_equally_where_credits_are_missing);
    tcase_add_test(tests, a_dispute_brings_the_reference_of_the_test);
    return check_run("the modes of a round", tests);
}
