/* Pairwise distances: the keys of their masks are dealt in public before owners join, and a dealer that
 * is silent or lies does not end the round. */
#include "tests/lib/check_run.h"
#include "tests/lib/round_fixture.h"

#include <string.h>

static struct market_fixture chain;
static struct round_fixture party;
static struct model_terms terms;

static void start(void)
{
    market_fixture_init(&chain);
    for (unsigned server = 1; server <= 5; server++) {
        fixture_register(&chain, server);
    }
    fixture_block(&chain);
    fixture_terms(&chain, &terms);
    terms.rounds = 2;
    terms.dimension = 64 * 80;
    terms.modes = MODE_PAIRS;
    terms.select_rule = SELECT_KRUM;
    terms.krum_faults = 1;
    terms.krum_count = 3;
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

/* A fifth server, which can be spared. */
static void use_five(void)
{
    terms.server_count = 5;
    terms.servers[4] = *fixture_address(&chain, FIXTURE_SERVER_1 + 4);
}

/* From COMMIT to the settlement: of seven equally spaced vectors the rule takes three in the middle. */
static void settle_with_krum(void)
{
    ck_assert_uint_eq(record().phase, PHASE_COMMIT);
    round_fixture_enter(&party, 7);
    fixture_block(&chain);
    round_fixture_prove_all(&party);
    round_fixture_until(&party, PHASE_ACK);
    round_fixture_all(&party, record().active, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_DECIDE);
    round_fixture_all(&party, record().active, NATIVE_BATCH_DECIDE);
    ck_assert_uint_eq(record().phase, PHASE_VALUES);
    round_fixture_all(&party, record().active, NATIVE_BATCH_VALUES);
    ck_assert_uint_eq(record().accepted, 3);
    ck_assert_uint_eq(round_fixture_participant(&party, 0).status, PARTICIPANT_DROPPED);
    ck_assert_uint_eq(round_fixture_participant(&party, 6).status, PARTICIPANT_DROPPED);
    round_fixture_aggregate(&party, record().leader);
    fixture_block(&chain);
    round_fixture_until(&party, PHASE_CHECK);
    round_fixture_all(&party, record().active, NATIVE_BATCH_CHECK);
    ck_assert_uint_eq(record().phase, PHASE_SETTLED);
}

START_TEST(keys_are_dealt_and_confirmed_before_owners_join)
{
    struct market_key key;
    struct deal deal;
    round_fixture_open_only(&party, &chain, &terms);
    ck_assert_uint_eq(record().phase, PHASE_DEAL);
    round_fixture_all(&party, 0x3, NATIVE_BATCH_DEAL); /* servers 3 and 4 have none to deal */
    ck_assert_uint_eq(record().phase, PHASE_CONFIRM);
    ck_assert_uint_eq(record().dealt, 0xf);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_ACK);
    key_deal(&key, party.model, party.number, 1);
    ck_assert(!record_load(chain.state, &key, &deal_schema, &deal));
    settle_with_krum();
}
END_TEST

START_TEST(a_padded_round_deals_after_the_pad)
{
    terms.modes |= MODE_PAD;
    round_fixture_open_only(&party, &chain, &terms);
    ck_assert_uint_eq(record().phase, PHASE_PAD);
    round_fixture_all(&party, 0xe, NATIVE_BATCH_ACK);
    ck_assert_uint_eq(record().phase, PHASE_DEAL);
    round_fixture_deal_all(&party);
    settle_with_krum();
}
END_TEST

/* 7 servers, t = 2: three dealers, sets of two. */
START_TEST(two_may_lie_among_seven)
{
    fixture_register(&chain, 6);
    fixture_register(&chain, 7);
    fixture_block(&chain);
    terms.server_count = 7;
    terms.threshold = 2;
    for (int j = 0; j < 7; j++) {
        terms.servers[j] = *fixture_address(&chain, FIXTURE_SERVER_1 + j);
    }
    round_fixture_open_only(&party, &chain, &terms);
    party.cheat[0] = 1U << 4;
    party.cheat[1] = 1U << 6;
    round_fixture_all(&party, 0x7, NATIVE_BATCH_DEAL);
    round_fixture_ack(&party, 5, 0); /* refutes 1 */
    round_fixture_ack(&party, 7, 0); /* refutes 2 */
    fixture_block(&chain);
    ck_assert_uint_eq(record().misdealt, 0x3);
    ck_assert_uint_eq(record().liars, 2);
    round_fixture_all(&party, record().active, NATIVE_BATCH_ACK);
    settle_with_krum();
    ck_assert_uint_eq(fixture_server(&chain, 1).stake, 0);
    ck_assert_uint_eq(fixture_server(&chain, 2).stake, 0);
    ck_assert_uint_eq(fixture_server(&chain, 3).stake, FIXTURE_STAKE);
}
END_TEST

START_TEST(a_dealer_of_a_false_key_is_convicted_and_the_rest_go_on)
{
    round_fixture_open_only(&party, &chain, &terms);
    party.cheat[0] = 1U << 2; /* server 1 cheats server 3 */
    round_fixture_all(&party, 0x3, NATIVE_BATCH_DEAL);
    round_fixture_ack(&party, 2, 0);
    round_fixture_ack(&party, 3, 0);
    round_fixture_ack(&party, 4, 0);
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_server(&chain, 1).stake, 0);
    ck_assert_uint_eq(record().convicted, 0x1);
    ck_assert_uint_eq(record().misdealt, 0x1);
    ck_assert_uint_eq(record().phase, PHASE_CONFIRM); /* server 3 has yet to confirm the rest */
    round_fixture_all(&party, 0x4, NATIVE_BATCH_ACK);
    settle_with_krum();
}
END_TEST

START_TEST(a_conviction_ends_the_phase_where_it_was_the_last_word)
{
    use_five();
    round_fixture_open_only(&party, &chain, &terms);
    party.cheat[1] = 1U << 2;
    round_fixture_all(&party, 0x3, NATIVE_BATCH_DEAL);
    round_fixture_all(&party, 0x19, NATIVE_BATCH_ACK); /* 1, 4, 5; the liar says nothing more */
    round_fixture_all(&party, 0x4, NATIVE_BATCH_ACK);  /* refutes */
    ck_assert_uint_eq(record().phase, PHASE_CONFIRM);
    round_fixture_all(&party, 0x4, NATIVE_BATCH_ACK);
    ck_assert_uint_eq(record().active, 0x1d);
    settle_with_krum();
}
END_TEST

START_TEST(a_silent_dealer_leaves_and_the_next_deal_anew)
{
    use_five();
    round_fixture_open_only(&party, &chain, &terms);
    round_fixture_all(&party, 0x2, NATIVE_BATCH_DEAL);
    for (int i = 0; i < 20 && record().active == 0x1f; i++) {
        fixture_block(&chain);
    }
    ck_assert_uint_eq(record().phase, PHASE_DEAL);
    ck_assert_uint_eq(record().active, 0x1e);
    ck_assert_uint_eq(fixture_server(&chain, 1).stake, FIXTURE_STAKE - FIXTURE_PENALTY);
    round_fixture_deal_all(&party); /* 2 once more, and 3 */
    ck_assert_uint_eq(record().dealt, 0x1e);
    settle_with_krum();
}
END_TEST

START_TEST(one_that_does_not_confirm_leaves)
{
    use_five();
    round_fixture_open_only(&party, &chain, &terms);
    round_fixture_all(&party, 0x3, NATIVE_BATCH_DEAL);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_COMMIT);
    ck_assert_uint_eq(record().active, 0xf);
    settle_with_krum();
}
END_TEST

/* Four values of degree 2 are needed: with three honest servers nothing could be told. */
START_TEST(without_keys_the_selection_is_skipped)
{
    round_fixture_open_only(&party, &chain, &terms);
    round_fixture_all(&party, 0x1, NATIVE_BATCH_DEAL);
    round_fixture_until(&party, PHASE_COMMIT);
    ck_assert_uint_eq(record().active, 0xd);
    ck_assert_uint_eq(record().dealt, 0);
    round_fixture_enter(&party, 5);
    fixture_block(&chain);
    round_fixture_prove_all(&party);
    round_fixture_until(&party, PHASE_ACK);
    round_fixture_all(&party, 0xd, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_DECIDE);
    round_fixture_all(&party, 0xd, NATIVE_BATCH_DECIDE);
    ck_assert_uint_eq(record().phase, PHASE_AGGREGATE); /* nobody posts what is not masked */
    ck_assert_uint_eq(record().accepted, 5);
}
END_TEST

START_TEST(without_keys_the_round_ends_where_the_model_says_so)
{
    terms.modes |= MODE_VALUES_ABORT;
    round_fixture_open_only(&party, &chain, &terms);
    uint64_t before = fixture_balance(&chain, FIXTURE_PUBLISHER);
    round_fixture_all(&party, 0x3, NATIVE_BATCH_DEAL);
    round_fixture_all(&party, 0x7, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_ABORTED);
    ck_assert_uint_eq(record().abort_reason, ABORT_VALUES);
    ck_assert_uint_gt(fixture_balance(&chain, FIXTURE_PUBLISHER), before);
    /* And is not opened again with a server that has no stake: it could only end. */
    (void)fixture_server(&chain, 4);
}
END_TEST

START_TEST(more_liars_than_t_end_the_round)
{
    use_five();
    round_fixture_open_only(&party, &chain, &terms);
    party.cheat[0] = 1U << 2;
    party.cheat[1] = 1U << 2;
    round_fixture_all(&party, 0x3, NATIVE_BATCH_DEAL);
    round_fixture_all(&party, 0x1b, NATIVE_BATCH_ACK);
    round_fixture_all(&party, 0x4, NATIVE_BATCH_ACK);
    round_fixture_all(&party, 0x4, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_ABORTED);
    ck_assert_uint_eq(record().abort_reason, ABORT_TOO_MANY_LIARS);
}
END_TEST

/* What a server says twice, or says after it left, does not count. */
START_TEST(a_dealer_deals_once)
{
    round_fixture_open_only(&party, &chain, &terms);
    round_fixture_deal(&party, 1);
    round_fixture_deal(&party, 1);
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).code, 0);
    ck_assert_uint_eq(fixture_refusal(&chain, 1).code, REFUSAL_SENDER_POSTED);
    ck_assert_uint_eq(record().posted, 0xd);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pairs");
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, keys_are_dealt_and_confirmed_before_owners_join);
    tcase_add_test(tests, a_padded_round_deals_after_the_pad);
    tcase_add_test(tests, two_may_lie_among_seven);
    tcase_add_test(tests, a_dealer_of_a_false_key_is_convicted_and_the_rest_go_on);
    tcase_add_test(tests, a_conviction_ends_the_phase_where_it_was_the_last_word);
    tcase_add_test(tests, a_silent_dealer_leaves_and_the_next_deal_anew);
    tcase_add_test(tests, one_that_does_not_confirm_leaves);
    tcase_add_test(tests, without_keys_the_selection_is_skipped);
    tcase_add_test(tests, without_keys_the_round_ends_where_the_model_says_so);
    tcase_add_test(tests, more_liars_than_t_end_the_round);
    tcase_add_test(tests, a_dealer_deals_once);
    return check_run("pairs", tests);
}
