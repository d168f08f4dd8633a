/* Owners and servers that lie about shares: who is blamed, who has to prove what, and who pays. */
#include "tests/lib/check_run.h"
#include "tests/lib/round_fixture.h"

#include <string.h>

static struct market_fixture chain;
static struct round_fixture party;
static struct model_terms terms;

static void start(void)
{
    market_fixture_init(&chain);
    for (unsigned server = 1; server <= 7; server++) {
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

static int owner_account(unsigned owner)
{
    return FIXTURE_OWNER_1 + (int)owner;
}

/* `owners` of whom those of the mask have the fault; the round is in PHASE_ACK. */
static void enter(unsigned owners, uint32_t faulty, enum owner_fault fault)
{
    chain.gas_price = 1;
    round_fixture_open(&party, &chain, &terms);
    for (unsigned i = 0; i < owners; i++) {
        round_fixture_join(&party, i);
        round_fixture_make(&party, i, (faulty >> i & 1) != 0 ? fault : OWNER_HONEST);
        round_fixture_commit(&party, i);
    }
    fixture_block(&chain);
    round_fixture_prove_all(&party);
    round_fixture_until(&party, PHASE_ACK);
}

/* Only the servers of `set` take part from ACK on, and all of them post until the fallback closes. */
static void fall_back(uint32_t set)
{
    round_fixture_all(&party, set, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_DECIDE);
    round_fixture_all(&party, set, NATIVE_BATCH_DECIDE);
    round_fixture_until(&party, PHASE_FALLBACK);
    round_fixture_all(&party, set, NATIVE_BATCH_FALLBACK);
}

static enum round_phase phase(void)
{
    return (enum round_phase)round_fixture_record(&party).phase;
}

static void expect_status(unsigned owner, enum participant_status status)
{
    ck_assert_uint_eq(round_fixture_participant(&party, owner).status, status);
}

static void expect_aborted(enum abort_reason reason)
{
    struct round record = round_fixture_record(&party);
    ck_assert_uint_eq(record.phase, PHASE_ABORTED);
    ck_assert_uint_eq(record.abort_reason, reason);
    ck_assert_uint_eq(record.escrow, 0);
    ck_assert_uint_eq(record.stakes, 0);
}

/* From AGGREGATE on nothing goes wrong. */
static void settle(void)
{
    ck_assert_uint_eq(phase(), PHASE_AGGREGATE);
    struct round record = round_fixture_record(&party);
    round_fixture_aggregate(&party, record.leader);
    fixture_block(&chain);
    round_fixture_until(&party, PHASE_CHECK);
    round_fixture_all(&party, record.active, NATIVE_BATCH_CHECK);
    ck_assert_uint_eq(phase(), PHASE_SETTLED);
}

static void done_in_block(void)
{
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).code, 0);
}

static uint64_t stake(unsigned server)
{
    return fixture_server(&chain, server).stake;
}

START_TEST(slashes_the_owner_of_a_vector_above_the_bound)
{
    uint64_t treasury = fixture_balance(&chain, FIXTURE_TREASURY);
    enter(5, 1U << 2, OWNER_LARGE);
    fall_back(0xf);
    expect_status(2, PARTICIPANT_SLASHED);
    ck_assert_uint_eq(fixture_balance(&chain, FIXTURE_TREASURY), treasury + 200);
    ck_assert_uint_eq(round_fixture_record(&party).accepted, 4);
    ck_assert_uint_eq(round_fixture_record(&party).liars, 0);
    settle();
    expect_status(0, PARTICIPANT_PAID);
    expect_status(2, PARTICIPANT_SLASHED);
}
END_TEST

START_TEST(slashes_the_owner_whom_a_blamed_server_refutes)
{
    struct dispute dispute;
    enter(5, 1U << 1, OWNER_INCONSISTENT);
    fall_back(0xf);
    ck_assert_uint_eq(phase(), PHASE_JUSTIFY);
    bool known = round_fixture_dispute(&party, 1, &dispute);
    ck_assert(known);
    ck_assert_uint_eq(dispute.blamed, shamir_set_of(4));
    uint64_t treasury = fixture_balance(&chain, FIXTURE_TREASURY);
    round_fixture_justify(&party, 1, 4, false);
    done_in_block();
    expect_status(1, PARTICIPANT_SLASHED);
    ck_assert_uint_eq(round_fixture_record(&party).refuted[3], 1);
    ck_assert_uint_eq(stake(4), FIXTURE_STAKE);
    /* The stake of 200 pays for the proof before anything is forfeited. */
    ck_assert_uint_eq(fixture_balance(&chain, FIXTURE_TREASURY), treasury);
    settle();
    known = round_fixture_dispute(&party, 1, &dispute);
    ck_assert(!known);
    expect_status(1, PARTICIPANT_SLASHED);
    expect_status(0, PARTICIPANT_PAID);
}
END_TEST

/* Server 7 has refuted three owners and need not answer any more; server 6, blamed with it, must. */
START_TEST(one_that_need_not_answer_does_not_excuse_another)
{
    terms.threshold = 2;
    terms.server_count = 7;
    for (int j = 0; j < 7; j++) {
        terms.servers[j] = *fixture_address(&chain, FIXTURE_SERVER_1 + j);
    }
    enter(8, 0xe, OWNER_INCONSISTENT); /* 1, 2, 3: for the last server */
    party.lies[5] = 1U << 4;
    party.lies[6] = 1U << 4;
    fall_back(0x7f);
    ck_assert_uint_eq(phase(), PHASE_JUSTIFY);
    for (unsigned owner = 1; owner <= 3; owner++) {
        round_fixture_justify(&party, owner, 7, false);
    }
    fixture_block(&chain);
    ck_assert_uint_eq(round_fixture_record(&party).refuted[6], MARKET_JUSTIFY_MAX);
    round_fixture_until(&party, PHASE_AGGREGATE);
    expect_status(4, PARTICIPANT_DROPPED);
    ck_assert_uint_eq(stake(6), FIXTURE_STAKE - FIXTURE_PENALTY);
    ck_assert_uint_eq(stake(7), FIXTURE_STAKE);
    ck_assert_uint_eq(round_fixture_record(&party).active, 0x5f);
}
END_TEST

/* A ciphertext that travels as a blob costs an eighth of its bytes. Given back whole, an owner that proves
 * its own guilt would keep most of its stake. */
START_TEST(proving_ones_own_guilt_earns_nothing)
{
    terms.dimension = 32768; /* beyond TRANSACTION_INLINE_MAX */
    terms.owner_stake = 100000000;
    enter(5, 1U << 1, OWNER_INCONSISTENT);
    fall_back(0xf);
    ck_assert_uint_eq(phase(), PHASE_JUSTIFY);
    uint64_t before = fixture_balance(&chain, owner_account(1));
    round_fixture_justify(&party, 1, 4, true);
    done_in_block();
    expect_status(1, PARTICIPANT_SLASHED);
    ck_assert_uint_le(fixture_balance(&chain, owner_account(1)), before);
}
END_TEST

START_TEST(convicts_the_server_that_an_owner_refutes)
{
    enter(5, 0, OWNER_HONEST);
    party.lies[1] = 1U << 3;
    fall_back(0xf);
    ck_assert_uint_eq(phase(), PHASE_JUSTIFY);
    round_fixture_justify(&party, 3, 2, true);
    done_in_block();
    ck_assert_uint_eq(stake(2), 0);
    ck_assert_uint_eq(round_fixture_record(&party).liars, 1);
    ck_assert_uint_eq(round_fixture_record(&party).active, 0xd);
    ck_assert_uint_eq(round_fixture_record(&party).accepted, 5);
    settle();
    expect_status(3, PARTICIPANT_PAID);
}
END_TEST

START_TEST(convicts_the_server_that_opens_the_share_it_lied_about)
{
    enter(5, 0, OWNER_HONEST);
    party.lies[3] = 1U << 3;
    fall_back(0xf);
    round_fixture_justify(&party, 3, 4, false);
    done_in_block();
    ck_assert_uint_eq(stake(4), 0);
    settle();
}
END_TEST

START_TEST(convicts_a_server_that_derives_its_share)
{
    enter(5, 0, OWNER_HONEST);
    party.lies[0] = 1U << 3;
    fall_back(0xf);
    /* It has no lists of roots, and none are taken. */
    struct dispute_justify_operand operand;
    struct buffer sidecar = {0};
    static const uint8_t list[3 * 32];
    round_fixture_opening(&party, 3, 1, false, &operand, &sidecar);
    ck_assert_uint_eq(sidecar.size + operand.roots.size + operand.roots2.size, 0);
    operand.roots = BYTES_OF(list);
    ck_assert_uint_eq(
        fixture_try(&chain, FIXTURE_SERVER_1, NATIVE_DISPUTE_JUSTIFY, &operand, (struct bytes){0}),
        REFUSAL_PUBLISH_ROOTS);
    round_fixture_justify(&party, 3, 1, true);
    done_in_block();
    ck_assert_uint_eq(stake(1), 0);
    settle();
}
END_TEST

START_TEST(goes_on_without_a_blamed_server_that_is_silent)
{
    enter(5, 0, OWNER_HONEST);
    party.lies[1] = 1U << 3;
    fall_back(0xf);
    round_fixture_until(&party, PHASE_AGGREGATE);
    ck_assert_uint_eq(stake(2), FIXTURE_STAKE - FIXTURE_PENALTY);
    ck_assert_uint_eq(round_fixture_record(&party).liars, 0);
    ck_assert_uint_eq(round_fixture_record(&party).accepted, 5);
    settle();
    expect_status(3, PARTICIPANT_PAID);
}
END_TEST

/* Section 8, 13: the owner shares with an honest server what fits nothing. Silence would cost the server
 * its place; its proof costs the owner its stake. */
START_TEST(a_liar_who_shifts_the_blame_to_an_honest_server_pays)
{
    enter(5, 1U << 1, OWNER_INCONSISTENT);
    /* Server 2 helps: it lies about the same owner, and now no polynomial fits three values. */
    party.lies[1] = 1U << 1;
    fall_back(0xf);
    expect_status(1, PARTICIPANT_SLASHED);
    ck_assert_uint_eq(phase(), PHASE_AGGREGATE);
    for (unsigned server = 1; server <= 4; server++) {
        ck_assert_uint_eq(stake(server), FIXTURE_STAKE);
    }
    settle();
}
END_TEST

START_TEST(asks_the_owner_for_its_claim_where_three_values_tell_nothing)
{
    struct dispute dispute;
    enter(5, 0, OWNER_HONEST);
    party.lies[1] = 1U << 3;
    fall_back(0x7);
    ck_assert_uint_eq(phase(), PHASE_CLAIM);
    round_fixture_claim(&party, 3);
    done_in_block();
    ck_assert_uint_eq(phase(), PHASE_JUSTIFY);
    bool known = round_fixture_dispute(&party, 3, &dispute);
    ck_assert(known);
    ck_assert_uint_eq(dispute.blamed, shamir_set_of(2));
    round_fixture_justify(&party, 3, 2, true);
    done_in_block();
    ck_assert_uint_eq(stake(2), 0);
    /* Two servers are left, and two are enough since one is proven to lie. */
    ck_assert_uint_eq(round_fixture_record(&party).active, 0x5);
    settle();
    expect_status(3, PARTICIPANT_PAID);
}
END_TEST

START_TEST(drops_an_owner_that_claims_nothing)
{
    enter(5, 0, OWNER_HONEST);
    party.lies[1] = 1U << 3;
    fall_back(0x7);
    uint64_t before = fixture_balance(&chain, owner_account(3));
    round_fixture_until(&party, PHASE_AGGREGATE);
    expect_status(3, PARTICIPANT_DROPPED);
    ck_assert_uint_eq(fixture_balance(&chain, owner_account(3)), before + 200);
    ck_assert_uint_eq(stake(2), FIXTURE_STAKE);
    settle();
}
END_TEST

START_TEST(drops_an_owner_whose_claim_nobody_confirms)
{
    enter(5, 0, OWNER_HONEST);
    party.lies[1] = 1U << 3;
    fall_back(0x7);
    round_fixture_claim(&party, 3);
    done_in_block();
    round_fixture_until(&party, PHASE_AGGREGATE);
    expect_status(3, PARTICIPANT_DROPPED);
    ck_assert_uint_eq(stake(2), FIXTURE_STAKE);
    settle();
}
END_TEST

START_TEST(slashes_an_owner_whose_claim_is_on_no_polynomial)
{
    enter(5, 1U << 1, OWNER_INCONSISTENT);
    fall_back(0xd); /* server 4's ciphertext is the odd one */
    ck_assert_uint_eq(phase(), PHASE_CLAIM);
    round_fixture_claim(&party, 1);
    done_in_block();
    expect_status(1, PARTICIPANT_SLASHED);
    ck_assert_uint_eq(phase(), PHASE_AGGREGATE);
    settle();
}
END_TEST

START_TEST(slashes_an_owner_whose_claim_blames_an_honest_server)
{
    enter(5, 1U << 1, OWNER_INCONSISTENT);
    fall_back(0xd);
    /* What server 4 should have got is claimed, where it got another share. */
    struct shamir_values values = {0};
    for (unsigned server = 1; server <= 3; server++) {
        shamir_values_set(&values, server, round_fixture_value(&party, 1, server));
    }
    party.owners[1].e[3] = shamir_interpolate(&values, 0x3, 1, 4);
    round_fixture_claim(&party, 1);
    done_in_block();
    ck_assert_uint_eq(phase(), PHASE_JUSTIFY);
    round_fixture_justify(&party, 1, 4, false);
    done_in_block();
    expect_status(1, PARTICIPANT_SLASHED);
    ck_assert_uint_eq(stake(4), FIXTURE_STAKE);
    settle();
}
END_TEST

START_TEST(needs_only_three_proofs_of_a_server)
{
    enter(9, 0x1f, OWNER_INCONSISTENT);
    fall_back(0xf);
    for (unsigned owner = 0; owner < 3; owner++) {
        round_fixture_justify(&party, owner, 4, false);
        done_in_block();
        expect_status(owner, PARTICIPANT_SLASHED);
    }
    round_fixture_until(&party, PHASE_AGGREGATE);
    expect_status(3, PARTICIPANT_DROPPED);
    expect_status(4, PARTICIPANT_DROPPED);
    ck_assert_uint_eq(stake(4), FIXTURE_STAKE);
    ck_assert_uint_eq(round_fixture_record(&party).active, 0xf);
    settle();
}
END_TEST

START_TEST(an_owner_speaks_for_itself_against_a_server_with_three_proofs)
{
    enter(8, 0x7, OWNER_INCONSISTENT);
    party.lies[3] = 1U << 5;
    fall_back(0xf);
    for (unsigned owner = 0; owner < 3; owner++) {
        round_fixture_justify(&party, owner, 4, false);
        done_in_block();
    }
    round_fixture_justify(&party, 5, 4, true);
    done_in_block();
    ck_assert_uint_eq(stake(4), 0);
    ck_assert_uint_eq(round_fixture_record(&party).accepted, 5);
    settle();
    expect_status(5, PARTICIPANT_PAID);
}
END_TEST

/* Section 8, 35. */
START_TEST(aborts_before_any_sum_where_too_few_owners_are_left)
{
    enter(4, 0x3, OWNER_LARGE);
    fall_back(0xf);
    expect_aborted(ABORT_TOO_FEW_OWNERS);
    expect_status(0, PARTICIPANT_SLASHED);
    expect_status(2, PARTICIPANT_REFUNDED);
    struct round record = round_fixture_record(&party);
    ck_assert(hash_is_zero(&record.aggregate_root));
}
END_TEST

/* Section 8, 17: t + 1 values always fit one polynomial. */
START_TEST(two_values_of_four_servers_decide_nothing)
{
    enter(4, 0, OWNER_HONEST);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_DECIDE);
    round_fixture_all(&party, 0x3, NATIVE_BATCH_DECIDE);
    round_fixture_until(&party, PHASE_ABORTED);
    expect_aborted(ABORT_TOO_FEW_SERVERS);
}
END_TEST

/* Section 8, 8: a proof is bound to its owner. */
START_TEST(slashes_an_owner_with_the_proof_of_another)
{
    chain.gas_price = 1;
    round_fixture_open(&party, &chain, &terms);
    round_fixture_enter(&party, 5);
    fixture_block(&chain);
    round_fixture_until(&party, PHASE_PROVE);
    for (unsigned i = 0; i < 5; i++) {
        round_fixture_prove(&party, i);
    }
    party.owners[2].proof.sum = party.owners[1].proof.sum;
    party.owners[2].proof.value = party.owners[1].proof.value;
    chain.body.size = 0;
    for (unsigned i = 0; i < 5; i++) {
        struct buffer proof = {0};
        chain.keys[FIXTURE_OWNER_1 + i].pending = 0;
        round_fixture_encode_proof(&party, i, &proof);
        const struct share_prove_operand operand = {party.model, party.number,
                                                    buffer_bytes(&proof)};
        fixture_send(&chain, owner_account(i), NATIVE_SHARE_PROVE, &operand, (struct bytes){0});
        buffer_close(&proof);
    }
    fixture_block(&chain);
    round_fixture_until(&party, PHASE_ACK);
    fall_back(0xf);
    expect_status(2, PARTICIPANT_SLASHED);
    ck_assert_uint_eq(round_fixture_record(&party).accepted, 4);
    settle();
}
END_TEST

START_TEST(fines_an_owner_that_does_not_prove)
{
    uint64_t treasury = fixture_balance(&chain, FIXTURE_TREASURY);
    chain.gas_price = 1;
    round_fixture_open(&party, &chain, &terms);
    round_fixture_enter(&party, 5);
    fixture_block(&chain);
    round_fixture_until(&party, PHASE_PROVE);
    for (unsigned i = 0; i < 4; i++) {
        round_fixture_prove(&party, i);
    }
    fixture_block(&chain);
    uint64_t before = fixture_balance(&chain, owner_account(4));
    round_fixture_until(&party, PHASE_ACK);
    expect_status(4, PARTICIPANT_DROPPED);
    ck_assert_uint_eq(fixture_balance(&chain, owner_account(4)), before + 150);
    ck_assert_uint_eq(fixture_balance(&chain, FIXTURE_TREASURY), treasury + 50);
    uint8_t bitmap = 0x1f; /* with the one that is dropped */
    const struct batch_ack_operand ack = {party.model, 1, {&bitmap, 1}};
    ck_assert_uint_eq(
        fixture_try(&chain, FIXTURE_SERVER_1, NATIVE_BATCH_ACK, &ack, (struct bytes){0}),
        REFUSAL_ACK_BIT);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_DECIDE);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_DECIDE);
    settle();
}
END_TEST

START_TEST(seven_servers_with_two_liars_name_both)
{
    terms.threshold = 2;
    terms.server_count = 7;
    for (int i = 0; i < 7; i++) {
        terms.servers[i] = *fixture_address(&chain, FIXTURE_SERVER_1 + i);
    }
    enter(5, 0, OWNER_HONEST);
    party.lies[1] = 1U << 3;
    party.lies[5] = 1U << 3 | 1U << 4;
    fall_back(0x7f);
    ck_assert_uint_eq(phase(), PHASE_JUSTIFY);
    round_fixture_justify(&party, 3, 2, true);
    round_fixture_justify(&party, 4, 6, true);
    fixture_block(&chain);
    ck_assert_uint_eq(stake(2), 0);
    ck_assert_uint_eq(stake(6), 0);
    ck_assert_uint_eq(round_fixture_record(&party).active, 0x5d);
    settle();
    expect_status(3, PARTICIPANT_PAID);
}
END_TEST

/* ---- PUBLISH */

START_TEST(a_published_ciphertext_counts_as_delivered)
{
    enter(5, 0, OWNER_HONEST);
    round_fixture_ack(&party, 3, 1U << 2);
    round_fixture_all(&party, 0xb, NATIVE_BATCH_ACK);
    ck_assert_uint_eq(phase(), PHASE_PUBLISH);
    ck_assert_uint_eq(round_fixture_record(&party).missing, 1);
    round_fixture_publish(&party, 2, 3);
    done_in_block();
    ck_assert_uint_eq(phase(), PHASE_DECIDE_BEACON);
    ck_assert_uint_eq(round_fixture_record(&party).accepted, 5);
    round_fixture_until(&party, PHASE_DECIDE);
    round_fixture_all(&party, 0xf, NATIVE_BATCH_DECIDE);
    settle();
    expect_status(2, PARTICIPANT_PAID);
}
END_TEST

static uint64_t ciphertext_size(void)
{
    return (terms.dimension + party.layout.aux_count) * FIELD_SIZE;
}

/* Section 8, 28: where every owner has to publish, the cap ends what a server can make them pay. */
START_TEST(drops_who_misses_most_where_too_much_is_published)
{
    terms.publish_cap = 20000;
    terms.owners_max = 10;
    enter(6, 0, OWNER_HONEST);
    ck_assert_uint_lt(terms.publish_cap, 2 * ciphertext_size());
    round_fixture_ack(&party, 3, 0x7);
    round_fixture_all(&party, 0xb, NATIVE_BATCH_ACK);
    ck_assert_uint_eq(phase(), PHASE_PUBLISH);
    round_fixture_publish(&party, 0, 3);
    done_in_block();
    ck_assert_uint_eq(round_fixture_record(&party).active, 0xf);
    round_fixture_publish(&party, 1, 3);
    done_in_block();
    ck_assert_uint_eq(round_fixture_record(&party).active, 0xb);
    ck_assert_uint_eq(phase(), PHASE_DECIDE_BEACON);
    ck_assert_uint_eq(round_fixture_record(&party).accepted, 6);
    ck_assert_uint_eq(stake(3), FIXTURE_STAKE);
}
END_TEST

START_TEST(aborts_where_too_much_is_published_and_no_server_can_be_spared)
{
    terms.publish_cap = 20000;
    enter(6, 0, OWNER_HONEST);
    round_fixture_ack(&party, 3, 0x7);
    round_fixture_all(&party, 0x3, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_PUBLISH);
    round_fixture_publish(&party, 0, 3);
    round_fixture_publish(&party, 1, 3);
    fixture_block(&chain);
    expect_aborted(ABORT_PUBLISH_CAP);
    expect_status(0, PARTICIPANT_REFUNDED);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("disputes");
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, slashes_the_owner_of_a_vector_above_the_bound);
    tcase_add_test(tests, slashes_the_owner_whom_a_blamed_server_refutes);
    tcase_add_test(tests, one_that_need_not_answer_does_not_excuse_another);
    tcase_add_test(tests, proving_ones_own_guilt_earns_nothing);
    tcase_add_test(tests, convicts_the_server_that_an_owner_refutes);
    tcase_add_test(tests, convicts_the_server_that_opens_the_share_it_lied_about);
    tcase_add_test(tests, convicts_a_server_that_derives_its_share);
    tcase_add_test(tests, goes_on_without_a_blamed_server_that_is_silent);
    tcase_add_test(tests, a_liar_who_shifts_the_blame_to_an_honest_server_pays);
    tcase_add_test(tests, asks_the_owner_for_its_claim_where_three_values_tell_nothing);
    tcase_add_test(tests, drops_an_owner_that_claims_nothing);
    tcase_add_test(tests, drops_an_owner_whose_claim_nobody_confirms);
    tcase_add_test(tests, slashes_an_owner_whose_claim_is_on_no_polynomial);
    tcase_add_test(tests, slashes_an_owner_whose_claim_blames_an_honest_server);
    tcase_add_test(tests, needs_only_three_proofs_of_a_server);
    tcase_add_test(tests, an_owner_speaks_for_itself_against_a_server_with_three_proofs);
    tcase_add_test(tests, aborts_before_any_sum_where_too_few_owners_are_left);
    tcase_add_test(tests, two_values_of_four_servers_decide_nothing);
    tcase_add_test(tests, slashes_an_owner_with_the_proof_of_another);
    tcase_add_test(tests, fines_an_owner_that_does_not_prove);
    tcase_add_test(tests, seven_servers_with_two_liars_name_both);
    tcase_add_test(tests, a_published_ciphertext_counts_as_delivered);
    tcase_add_test(tests, drops_who_misses_most_where_too_much_is_published);
    tcase_add_test(tests, aborts_where_too_much_is_published_and_no_server_can_be_spared);
    return check_run("disputes", tests);
}
