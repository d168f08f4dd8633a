/* Whole rounds in memory, with real shares, keys and values: the good one, and every way it goes
 * wrong. The fixture checks after each block that no unit was made or lost. */
#include "tests/lib/check_run.h"
#include "tests/lib/round_fixture.h"

#include <string.h>

#include "market/publishers.h"
#include "vm/assembler.h"

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
}

static void stop(void)
{
    round_fixture_close(&party);
    market_fixture_close(&chain);
}

static uint64_t balance(int account)
{
    return fixture_balance(&chain, account);
}

static int server_account(unsigned server)
{
    return FIXTURE_SERVER_1 + (int)server - 1;
}

/* Open a round and let `owners` commit; the round is in PHASE_ACK. */
static void enter(unsigned owners)
{
    chain.gas_price = 1;
    round_fixture_open(&party, &chain, &terms);
    round_fixture_enter(&party, owners);
    fixture_block(&chain);
    round_fixture_prove_all(&party);
    round_fixture_until(&party, PHASE_ACK);
}

static void enter_decide(unsigned owners)
{
    enter(owners);
    round_fixture_all(&party, ROUND_FIXTURE_SERVERS, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_DECIDE);
}

static void enter_aggregate(unsigned owners)
{
    enter_decide(owners);
    round_fixture_all(&party, ROUND_FIXTURE_SERVERS, NATIVE_BATCH_DECIDE);
    ck_assert_uint_eq(round_fixture_record(&party).phase, PHASE_AGGREGATE);
}

static void post_aggregate(unsigned server)
{
    round_fixture_aggregate(&party, server);
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).code, 0);
    round_fixture_until(&party, PHASE_CHECK);
}

static void enter_check(unsigned owners)
{
    enter_aggregate(owners);
    post_aggregate(1);
}

/* The fee of every transaction that an account sent is what its balance lacks beside the market's
 * own movements; so balances are compared around blocks in which the account sends nothing. */
static void expect_paid(unsigned owner, uint64_t reward)
{
    struct participant participant = round_fixture_participant(&party, owner);
    ck_assert_uint_eq(participant.status, PARTICIPANT_PAID);
    ck_assert_uint_eq(participant.paid, reward);
    ck_assert_uint_eq(participant.stake, 0);
}

static void expect_status(unsigned owner, enum participant_status status)
{
    struct participant participant = round_fixture_participant(&party, owner);
    ck_assert_uint_eq(participant.status, status);
    ck_assert_uint_eq(participant.stake, 0);
    ck_assert_uint_eq(participant.paid, 0);
}

static void expect_aborted(enum abort_reason reason)
{
    struct round record = round_fixture_record(&party);
    ck_assert_uint_eq(record.phase, PHASE_ABORTED);
    ck_assert_uint_eq(record.abort_reason, reason);
    ck_assert_uint_eq(record.escrow, 0);
    ck_assert_uint_eq(record.stakes, 0);
    ck_assert_int_eq(chain.results.deadlines_pending, false);
}

static void expect_settled(void)
{
    struct round record = round_fixture_record(&party);
    ck_assert_uint_eq(record.phase, PHASE_SETTLED);
    ck_assert_uint_eq(record.escrow, 0);
    ck_assert_uint_eq(record.stakes, 0);
}

/* Server 4 posts last, alone in the block that settles; the others' balances move by the market
 * alone. */
static void settle(uint32_t others)
{
    if (others != 0) {
        round_fixture_all(&party, others, NATIVE_BATCH_CHECK);
    }
    round_fixture_check(&party, 4);
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).code, 0);
}

START_TEST(pays_everybody_exactly_after_a_round_without_incident)
{
    enter_check(10);
    uint64_t owner = balance(FIXTURE_OWNER_1);
    uint64_t server = 0;
    uint64_t publisher = balance(FIXTURE_PUBLISHER);
    round_fixture_all(&party, 7, NATIVE_BATCH_CHECK);
    server = balance(server_account(1));
    settle(0);
    expect_settled();
    for (unsigned i = 0; i < 10; i++) {
        expect_paid(i, 100);
    }
    ck_assert_uint_eq(balance(FIXTURE_OWNER_1), owner + 200 + 100);
    ck_assert_uint_eq(balance(server_account(1)), server + 50);
    ck_assert_uint_eq(balance(FIXTURE_PUBLISHER), publisher + 3);
    ck_assert_uint_eq(fixture_events(&chain, EVENT_OWNER_PAID), 10);
    ck_assert_uint_eq(fixture_events(&chain, EVENT_SERVER_PAID), 4);
    ck_assert_uint_eq(fixture_server(&chain, 1).penalties, 0);
}
END_TEST

START_TEST(settles_as_soon_as_everybody_has_posted)
{
    enter_check(10);
    uint64_t opened = round_fixture_record(&party).opened_height;
    settle(7);
    expect_settled();
    /* One block each for commit, prove, ack, decide, aggregate and check (two here), two for each
     * beacon but that the first of these proves. */
    ck_assert_uint_le(chain.block.height - opened, 15);
}
END_TEST

START_TEST(runs_the_second_round_and_closes_the_model_after_the_last)
{
    enter_check(5);
    settle(7);
    expect_settled();
    round_fixture_next(&party);
    round_fixture_enter(&party, 10);
    fixture_block(&chain);
    round_fixture_prove_all(&party);
    round_fixture_all(&party, ROUND_FIXTURE_SERVERS, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_DECIDE);
    round_fixture_all(&party, ROUND_FIXTURE_SERVERS, NATIVE_BATCH_DECIDE);
    post_aggregate(1);
    settle(7);
    expect_settled();
    ck_assert_uint_eq(fixture_events(&chain, EVENT_MODEL_CLOSED), 1);
    ck_assert_uint_eq(fixture_server(&chain, 1).models_active, 0);
    const struct round_open_operand third = {.model = party.model, .round = 3};
    ck_assert_uint_eq(
        fixture_try(&chain, FIXTURE_PUBLISHER, NATIVE_ROUND_OPEN, &third, BYTES_OF(third)),
        REFUSAL_MODEL_IS_CLOSED);
    ck_assert_uint_eq(
        fixture_try(&chain, server_account(1), NATIVE_SERVER_LEAVE, &third, (struct bytes){0}), 0);
}
END_TEST

/* Pays 5 units for each block that an owner waited, and `extra` to the first. */
static void use_policy(struct buffer *program, const char *source)
{
    char error[ASSEMBLER_ERROR_SIZE];
    bool good = assembler_assemble(program, source, NULL, "tsouk", error);
    ck_assert_msg(good, "%s", error);
    terms.reward_rule = REWARD_POLICY;
    terms.policy = buffer_bytes(program);
}

START_TEST(pays_by_the_policy_of_the_model)
{
    struct buffer program = {0};
    /* The first owner in order of key gets 600, the second 400, the others nothing. */
    use_policy(&program, "memory 264\n"
                         "PUSH 24\nPUSH 600\nSTORE64\n"
                         "PUSH 48\nPUSH 400\nSTORE64\n"
                         "PUSH 72\nPUSH 0\nSTORE64\n"
                         "PUSH 96\nPUSH 0\nSTORE64\nSTOP\n");
    enter_check(4);
    settle(7);
    expect_settled();
    uint64_t total = 0;
    unsigned six = 0;
    for (unsigned i = 0; i < 4; i++) {
        struct participant participant = round_fixture_participant(&party, i);
        ck_assert_uint_eq(participant.status, PARTICIPANT_PAID);
        total += participant.paid;
        six += participant.paid == 600 ? 1 : 0;
    }
    ck_assert_uint_eq(total, 1000);
    ck_assert_uint_eq(six, 1);
    buffer_close(&program);
}
END_TEST

START_TEST(splits_equally_where_the_policy_fails_or_pays_too_much)
{
    static const char *const sources[] = {
        "memory 264\nPUSH 0\nASSERT 1\nSTOP\n",
        "memory 264\nPUSH 24\nPUSH 1004\nSTORE64\nSTOP\n",
        "memory 264\nagain:\nJUMP again\n",
    };
    for (size_t i = 0; i < ARRAY_COUNT(sources); i++) {
        struct buffer program = {0};
        use_policy(&program, sources[i]);
        terms.rounds = 1;
        enter_check(4);
        settle(7);
        expect_settled();
        for (unsigned owner = 0; owner < 4; owner++) {
            expect_paid(owner, 250);
        }
        round_fixture_close(&party);
        buffer_close(&program);
    }
}
END_TEST

START_TEST(counts_the_open_rounds_of_a_publisher)
{
    const struct address *publisher = fixture_address(&chain, FIXTURE_PUBLISHER);
    ck_assert_uint_eq(publisher_rounds(chain.state, publisher), 0);
    round_fixture_open(&party, &chain, &terms);
    ck_assert_uint_eq(publisher_rounds(chain.state, publisher), 1);
    round_fixture_until(&party, PHASE_ABORTED);
    ck_assert_uint_eq(publisher_rounds(chain.state, publisher), 0);
}
END_TEST

START_TEST(aborts_and_refunds_where_too_few_owners_commit)
{
    round_fixture_open(&party, &chain, &terms);
    round_fixture_enter(&party, 2);
    fixture_block(&chain);
    uint64_t owner = balance(FIXTURE_OWNER_1);
    uint64_t publisher = balance(FIXTURE_PUBLISHER);
    round_fixture_until(&party, PHASE_ABORTED);
    expect_aborted(ABORT_TOO_FEW_OWNERS);
    struct hash beacon = round_fixture_record(&party).prove_beacon;
    ck_assert(hash_is_zero(&beacon)); /* at the end of COMMIT, before anybody proved */
    expect_status(0, PARTICIPANT_REFUNDED);
    ck_assert_uint_eq(balance(FIXTURE_OWNER_1), owner + 200);
    ck_assert_uint_eq(balance(FIXTURE_PUBLISHER), publisher + 1203);
}
END_TEST

START_TEST(forfeits_the_stake_of_an_owner_who_joined_and_vanished)
{
    uint64_t treasury = balance(FIXTURE_TREASURY);
    round_fixture_open(&party, &chain, &terms);
    round_fixture_enter(&party, 4);
    round_fixture_join(&party, 4);
    fixture_block(&chain);
    round_fixture_prove_all(&party);
    round_fixture_until(&party, PHASE_ACK);
    expect_status(4, PARTICIPANT_FORFEITED);
    ck_assert_uint_eq(balance(FIXTURE_TREASURY), treasury + 200);
    ck_assert_uint_eq(round_fixture_record(&party).committed, 4);
    round_fixture_all(&party, ROUND_FIXTURE_SERVERS, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_DECIDE);
    ck_assert_uint_eq(round_fixture_record(&party).accepted, 4);
}
END_TEST

START_TEST(drops_an_owner_whose_ciphertext_a_server_does_not_hold)
{
    enter(5);
    uint64_t owner = balance(FIXTURE_OWNER_1 + 2);
    round_fixture_ack(&party, 3, 1U << 2);
    round_fixture_all(&party, 0xb, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_DECIDE);
    expect_status(2, PARTICIPANT_DROPPED);
    ck_assert_uint_eq(balance(FIXTURE_OWNER_1 + 2), owner + 200);
    round_fixture_all(&party, ROUND_FIXTURE_SERVERS, NATIVE_BATCH_DECIDE);
    post_aggregate(1);
    settle(7);
    expect_settled();
    expect_paid(0, 250);
}
END_TEST

START_TEST(ignores_the_bits_of_a_server_that_holds_no_ciphertexts)
{
    enter(4);
    round_fixture_ack(&party, 1, 0xffff);
    round_fixture_all(&party, 0xe, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_DECIDE);
    ck_assert_uint_eq(round_fixture_record(&party).accepted, 4);
    ck_assert_uint_eq(round_fixture_record(&party).active, 0xf);
}
END_TEST

START_TEST(drops_a_server_that_claims_that_most_ciphertexts_are_missing)
{
    enter(4);
    round_fixture_ack(&party, 3, 0x7);
    round_fixture_all(&party, 0xb, NATIVE_BATCH_ACK);
    ck_assert_uint_eq(fixture_events(&chain, EVENT_SERVER_DROPPED), 1);
    round_fixture_until(&party, PHASE_DECIDE);
    ck_assert_uint_eq(round_fixture_record(&party).accepted, 4);
    ck_assert_uint_eq(round_fixture_record(&party).active, 0xb);
    ck_assert_uint_eq(fixture_server(&chain, 3).penalties, 0);
}
END_TEST

START_TEST(drops_the_server_that_misses_most_where_one_can_be_spared)
{
    enter(7);
    round_fixture_ack(&party, 2, 0xf);  /* four of seven delivered nothing here */
    round_fixture_ack(&party, 4, 0x7f); /* denies everything */
    round_fixture_all(&party, 0x5, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_DECIDE);
    ck_assert_uint_eq(round_fixture_record(&party).active, 0x7);
    ck_assert_uint_eq(round_fixture_record(&party).accepted, 3);
}
END_TEST

START_TEST(aborts_where_all_owners_are_dropped_by_missing_ciphertexts)
{
    enter(3);
    round_fixture_ack(&party, 3, 0x1);
    round_fixture_all(&party, 0xb, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_ABORTED);
    expect_aborted(ABORT_TOO_FEW_OWNERS);
    expect_status(0, PARTICIPANT_DROPPED);
    expect_status(1, PARTICIPANT_REFUNDED);
}
END_TEST

static void expect_penalised(unsigned server, uint32_t times)
{
    struct server record = fixture_server(&chain, server);
    ck_assert_uint_eq(record.penalties, times > 0 ? 1 : 0);
    ck_assert_uint_eq(record.stake, FIXTURE_STAKE - times * FIXTURE_PENALTY);
}

/* A server that is proven to lie loses its whole stake. */
static void expect_convicted(unsigned server)
{
    ck_assert_uint_eq(fixture_server(&chain, server).stake, 0);
    ck_assert_uint_eq(fixture_server(&chain, server).penalties, 1);
}

START_TEST(goes_on_without_a_server_that_is_silent_at_ack)
{
    enter(4);
    round_fixture_all(&party, 0x7, NATIVE_BATCH_ACK);
    uint64_t treasury = balance(FIXTURE_TREASURY);
    round_fixture_until(&party, PHASE_DECIDE);
    expect_penalised(4, 1);
    ck_assert_uint_eq(balance(FIXTURE_TREASURY), treasury + FIXTURE_PENALTY);
    round_fixture_all(&party, 0x7, NATIVE_BATCH_DECIDE);
    post_aggregate(1);
    uint64_t publisher = balance(FIXTURE_PUBLISHER);
    round_fixture_all(&party, 0x7, NATIVE_BATCH_CHECK);
    expect_settled();
    ck_assert_uint_eq(fixture_events(&chain, EVENT_SERVER_PAID), 3);
    ck_assert_uint_eq(balance(FIXTURE_PUBLISHER), publisher + 50 + 3);
}
END_TEST

START_TEST(goes_on_without_a_server_that_is_silent_at_decide)
{
    enter_decide(4);
    round_fixture_all(&party, 0xd, NATIVE_BATCH_DECIDE);
    round_fixture_until(&party, PHASE_AGGREGATE);
    expect_penalised(2, 1);
    post_aggregate(1);
    round_fixture_all(&party, 0xd, NATIVE_BATCH_CHECK);
    expect_settled();
}
END_TEST

START_TEST(goes_on_without_a_server_that_is_silent_at_check)
{
    enter_check(4);
    round_fixture_all(&party, 0xb, NATIVE_BATCH_CHECK);
    round_fixture_until(&party, PHASE_SETTLED);
    expect_penalised(3, 1);
    ck_assert_uint_eq(fixture_events(&chain, EVENT_SERVER_PAID), 3);
}
END_TEST

START_TEST(ignores_a_server_that_comes_back_after_it_left)
{
    enter(4);
    round_fixture_all(&party, 0x7, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_DECIDE);
    round_fixture_decide(&party, 4);
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).code, REFUSAL_SENDER_LEFT);
}
END_TEST

START_TEST(aborts_where_too_few_servers_are_left)
{
    enter(4);
    round_fixture_all(&party, 0x3, NATIVE_BATCH_ACK);
    uint64_t owner = balance(FIXTURE_OWNER_1);
    uint64_t publisher = balance(FIXTURE_PUBLISHER);
    round_fixture_until(&party, PHASE_ABORTED);
    expect_aborted(ABORT_TOO_FEW_SERVERS);
    expect_status(0, PARTICIPANT_REFUNDED);
    expect_penalised(1, 0);
    expect_penalised(3, 1);
    expect_penalised(4, 1);
    ck_assert_uint_eq(balance(FIXTURE_OWNER_1), owner + 200);
    ck_assert_uint_eq(balance(FIXTURE_PUBLISHER), publisher + 1203);
}
END_TEST

START_TEST(names_the_server_that_posted_a_wrong_decide_value)
{
    enter_decide(4);
    party.wrong[NATIVE_BATCH_DECIDE] = true;
    round_fixture_decide(&party, 2);
    round_fixture_all(&party, 0xd, NATIVE_BATCH_DECIDE);
    ck_assert_uint_eq(round_fixture_record(&party).phase, PHASE_FALLBACK);
    round_fixture_all(&party, ROUND_FIXTURE_SERVERS, NATIVE_BATCH_FALLBACK);
    struct round record = round_fixture_record(&party);
    ck_assert_uint_eq(record.phase, PHASE_AGGREGATE);
    ck_assert_uint_eq(record.active, 0xd);
    ck_assert_uint_eq(record.liars, 1);
    ck_assert_uint_eq(record.accepted, 4);
    expect_convicted(2);
    post_aggregate(1);
    round_fixture_all(&party, 0xd, NATIVE_BATCH_CHECK);
    expect_settled();
}
END_TEST

START_TEST(names_the_server_whose_fallback_is_not_what_it_posted_before)
{
    enter_decide(4);
    party.wrong[NATIVE_BATCH_DECIDE] = true;
    round_fixture_decide(&party, 2);
    round_fixture_all(&party, 0xd, NATIVE_BATCH_DECIDE);
    party.wrong[NATIVE_BATCH_FALLBACK] = true;
    round_fixture_fallback(&party, 3);
    round_fixture_all(&party, 0xb, NATIVE_BATCH_FALLBACK);
    expect_aborted(ABORT_TOO_MANY_LIARS);
    expect_convicted(2);
    expect_convicted(3);
    expect_status(1, PARTICIPANT_REFUNDED);
}
END_TEST

START_TEST(penalises_silence_in_the_fallback_twice)
{
    enter_decide(4);
    party.wrong[NATIVE_BATCH_DECIDE] = true;
    round_fixture_decide(&party, 2);
    round_fixture_all(&party, 0xd, NATIVE_BATCH_DECIDE);
    round_fixture_all(&party, 0xd, NATIVE_BATCH_FALLBACK);
    round_fixture_until(&party, PHASE_AGGREGATE);
    expect_penalised(2, 2);
    ck_assert_uint_eq(round_fixture_record(&party).accepted, 4);
}
END_TEST

START_TEST(gives_the_next_leader_its_turn_where_one_is_silent)
{
    enter_aggregate(4);
    round_fixture_aggregate(&party, 2);
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).code, REFUSAL_AGGREGATE_TURN);
    /* Windows of 8 heights and 4 leaders: two heights each, one of them is gone. */
    round_fixture_aggregate(&party, 2);
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).code, REFUSAL_AGGREGATE_TURN);
    post_aggregate(2);
    ck_assert_uint_eq(round_fixture_record(&party).leader, 2);
    settle(7);
    expect_settled();
    expect_penalised(1, 0);
}
END_TEST

START_TEST(penalises_all_where_no_leader_posts)
{
    enter_aggregate(4);
    uint64_t owner = balance(FIXTURE_OWNER_1);
    round_fixture_until(&party, PHASE_ABORTED);
    expect_aborted(ABORT_NO_AGGREGATE);
    expect_penalised(1, 1);
    expect_penalised(4, 1);
    expect_status(0, PARTICIPANT_REFUNDED);
    ck_assert_uint_eq(balance(FIXTURE_OWNER_1), owner + 200);
}
END_TEST

START_TEST(penalises_a_leader_whose_aggregate_is_one_element_off)
{
    enter_aggregate(4);
    party.wrong[NATIVE_BATCH_AGGREGATE] = true;
    post_aggregate(1);
    settle(7);
    struct round record = round_fixture_record(&party);
    ck_assert_uint_eq(record.phase, PHASE_AGGREGATE);
    ck_assert_uint_eq(record.active, 0xe);
    ck_assert_uint_eq(record.liars, 1);
    ck_assert_uint_eq(record.leader, 2);
    ck_assert(hash_is_zero(&record.aggregate_root));
    expect_convicted(1);
    post_aggregate(2);
    round_fixture_all(&party, 0xe, NATIVE_BATCH_CHECK);
    expect_settled();
    expect_paid(0, 250);
    ck_assert_uint_eq(fixture_events(&chain, EVENT_SERVER_PAID), 3);
}
END_TEST

START_TEST(names_the_server_that_posted_a_wrong_check_value)
{
    enter_check(4);
    party.wrong[NATIVE_BATCH_CHECK] = true;
    round_fixture_check(&party, 2);
    round_fixture_all(&party, 0xd, NATIVE_BATCH_CHECK);
    expect_settled();
    expect_convicted(2);
    expect_paid(0, 250);
    ck_assert_uint_eq(fixture_events(&chain, EVENT_SERVER_PAID), 3);
}
END_TEST

START_TEST(aborts_unnamed_where_one_of_three_lies_at_check)
{
    enter(4);
    round_fixture_all(&party, 0x7, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_DECIDE);
    round_fixture_all(&party, 0x7, NATIVE_BATCH_DECIDE);
    post_aggregate(1);
    party.wrong[NATIVE_BATCH_CHECK] = true;
    round_fixture_check(&party, 2);
    round_fixture_all(&party, 0x5, NATIVE_BATCH_CHECK);
    expect_aborted(ABORT_INCONSISTENT);
    expect_penalised(1, 0);
    expect_penalised(2, 0);
    expect_status(0, PARTICIPANT_REFUNDED);
}
END_TEST

START_TEST(aborts_where_too_few_check_values_are_posted)
{
    enter_check(4);
    round_fixture_all(&party, 0x3, NATIVE_BATCH_CHECK);
    uint64_t owner = balance(FIXTURE_OWNER_1);
    uint64_t publisher = balance(FIXTURE_PUBLISHER);
    round_fixture_until(&party, PHASE_ABORTED);
    expect_aborted(ABORT_TOO_FEW_SERVERS);
    expect_penalised(3, 1);
    expect_penalised(4, 1);
    expect_penalised(1, 0);
    ck_assert_uint_eq(balance(FIXTURE_OWNER_1), owner + 200);
    ck_assert_uint_eq(balance(FIXTURE_PUBLISHER), publisher + 1203);
}
END_TEST

START_TEST(aborts_where_two_servers_lie_at_check)
{
    enter_check(4);
    party.wrong[NATIVE_BATCH_CHECK] = true;
    round_fixture_check(&party, 2);
    fixture_block(&chain);
    party.wrong[NATIVE_BATCH_CHECK] = true;
    round_fixture_check(&party, 3);
    round_fixture_all(&party, 0x9, NATIVE_BATCH_CHECK);
    expect_aborted(ABORT_INCONSISTENT);
    expect_status(0, PARTICIPANT_REFUNDED);
    expect_penalised(2, 0);
}
END_TEST

START_TEST(aborts_where_more_servers_than_the_threshold_are_proven_to_lie)
{
    enter_aggregate(4);
    party.wrong[NATIVE_BATCH_AGGREGATE] = true;
    post_aggregate(1);
    party.wrong[NATIVE_BATCH_CHECK] = true;
    round_fixture_check(&party, 2);
    round_fixture_all(&party, 0xd, NATIVE_BATCH_CHECK);
    expect_aborted(ABORT_TOO_MANY_LIARS);
    expect_convicted(1);
    expect_convicted(2);
    expect_penalised(3, 0);
}
END_TEST

START_TEST(counts_messages_up_to_the_deadline_and_not_after_it)
{
    enter(4);
    round_fixture_all(&party, 0x7, NATIVE_BATCH_ACK);
    uint64_t deadline = round_fixture_record(&party).deadline_height;
    while (chain.block.height < deadline) {
        fixture_block(&chain);
    }
    round_fixture_all(&party, 0x8, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_DECIDE);
    ck_assert_uint_eq(round_fixture_record(&party).active, 0xf);
    round_fixture_all(&party, 0x7, NATIVE_BATCH_DECIDE);
    deadline = round_fixture_record(&party).deadline_height;
    round_fixture_decide(&party, 4);
    struct buffer late = chain.body;
    chain.body = (struct buffer){0};
    while (chain.block.height <= deadline) {
        fixture_block(&chain);
    }
    buffer_close(&chain.body);
    chain.body = late;
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).code, REFUSAL_ROUND_PHASE_WRONG);
    expect_penalised(4, 1);
}
END_TEST

START_TEST(takes_the_beacon_from_the_block_after_the_closing_one)
{
    enter(4);
    round_fixture_all(&party, ROUND_FIXTURE_SERVERS, NATIVE_BATCH_ACK);
    struct round waiting = round_fixture_record(&party);
    ck_assert_uint_eq(waiting.phase, PHASE_DECIDE_BEACON);
    ck_assert_uint_eq(waiting.beacon_height, chain.block.height);
    fixture_block(&chain);
    struct hash expected;
    aggregate_beacon(&expected, 2, &waiting.context, &chain.block.parent_digest);
    fixture_block(&chain);
    struct round drawn = round_fixture_record(&party);
    ck_assert_uint_eq(drawn.phase, PHASE_DECIDE);
    ck_assert(hash_equal(&drawn.decide_beacon, &expected));
    ck_assert_uint_eq(drawn.deadline_height, waiting.beacon_height + terms.decide_window);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("rounds");
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, pays_everybody_exactly_after_a_round_without_incident);
    tcase_add_test(tests, settles_as_soon_as_everybody_has_posted);
    tcase_add_test(tests, runs_the_second_round_and_closes_the_model_after_the_last);
    tcase_add_test(tests, pays_by_the_policy_of_the_model);
    tcase_add_test(tests, splits_equally_where_the_policy_fails_or_pays_too_much);
    tcase_add_test(tests, counts_the_open_rounds_of_a_publisher);
    tcase_add_test(tests, aborts_and_refunds_where_too_few_owners_commit);
    tcase_add_test(tests, forfeits_the_stake_of_an_owner_who_joined_and_vanished);
    tcase_add_test(tests, drops_an_owner_whose_ciphertext_a_server_does_not_hold);
    tcase_add_test(tests, ignores_the_bits_of_a_server_that_holds_no_ciphertexts);
    tcase_add_test(tests, drops_a_server_that_claims_that_most_ciphertexts_are_missing);
    tcase_add_test(tests, drops_the_server_that_misses_most_where_one_can_be_spared);
    tcase_add_test(tests, aborts_where_all_owners_are_dropped_by_missing_ciphertexts);
    tcase_add_test(tests, goes_on_without_a_server_that_is_silent_at_ack);
    tcase_add_test(tests, goes_on_without_a_server_that_is_silent_at_decide);
    tcase_add_test(tests, goes_on_without_a_server_that_is_silent_at_check);
    tcase_add_test(tests, ignores_a_server_that_comes_back_after_it_left);
    tcase_add_test(tests, aborts_where_too_few_servers_are_left);
    tcase_add_test(tests, names_the_server_that_posted_a_wrong_decide_value);
    tcase_add_test(tests, names_the_server_whose_fallback_is_not_what_it_posted_before);
    tcase_add_test(tests, penalises_silence_in_the_fallback_twice);
    tcase_add_test(tests, gives_the_next_leader_its_turn_where_one_is_silent);
    tcase_add_test(tests, penalises_all_where_no_leader_posts);
    tcase_add_test(tests, penalises_a_leader_whose_aggregate_is_one_element_off);
    tcase_add_test(tests, names_the_server_that_posted_a_wrong_check_value);
    tcase_add_test(tests, aborts_unnamed_where_one_of_three_lies_at_check);
    tcase_add_test(tests, aborts_where_too_few_check_values_are_posted);
    tcase_add_test(tests, aborts_where_two_servers_lie_at_check);
    tcase_add_test(tests, aborts_where_more_servers_than_the_threshold_are_proven_to_lie);
    tcase_add_test(tests, counts_messages_up_to_the_deadline_and_not_after_it);
    tcase_add_test(tests, takes_the_beacon_from_the_block_after_the_closing_one);
    return check_run("a round", tests);
}
