#include "consensus/message.h"

#include "tests/lib/check_run.h"
#include "tests/lib/committee.h"

static struct committee committee;
static struct block block; /* height 1, by validator 1 */
static struct hash digest;
static struct message sent;
static struct certificate prepared; /* of `block` in round 0 */

static void setup(void)
{
    committee_init(&committee, 4);
    committee_block(&committee, &block, &digest, 1, "body");
    struct vote like = {.type = VOTE_PREPARE, .height = 1, .digest = digest};
    committee_certify(&committee, &prepared, &like, 0, 3);
    sent = (struct message){0};
}

static void refuses_wire(struct bytes wire, const char *expected)
{
    struct message *message;
    char error[160] = "";
    ck_assert(!message_verify(&message, &committee.rules, wire, error, sizeof(error)));
    ck_assert_ptr_null(message);
    ck_assert_str_eq(error, expected);
}

static void refuses(const char *expected)
{
    struct buffer wire = {0};
    message_encode(&wire, &sent);
    refuses_wire(buffer_bytes(&wire), expected);
    buffer_close(&wire);
}

static void accepts(void)
{
    struct buffer wire = {0};
    struct buffer again = {0};
    struct message *message = committee_accept(&committee, &sent);
    message_encode(&wire, &sent);
    message_encode(&again, message);
    ck_assert(bytes_equal(buffer_bytes(&wire), buffer_bytes(&again)));
    buffer_close(&wire);
    buffer_close(&again);
    message_free(message);
}

static void sign(enum vote_type type, uint32_t sender, uint32_t round, const struct hash *named)
{
    sent.vote = committee_vote(&committee, type, sender, 1, round, named);
}

/* A proposal of round 1 (led by validator 2) that repeats `block`, justified by validators 0 to 2,
 * of whom 1 had prepared it. */
static void make_justified(void)
{
    struct message change;
    for (uint32_t i = 0; i < 3; i++) {
        committee_change(&committee, &change, i, 1, 1, i == 1 ? &prepared : NULL);
        committee_quote(&sent, &change);
    }
    sent.has_block = true;
    sent.block = block;
    sent.has_certificate = true;
    sent.certificate = prepared;
    sign(VOTE_PROPOSE, 2, 1, &digest);
}

static void make_proposal(void)
{
    sent.has_block = true;
    sent.block = block;
    sign(VOTE_PROPOSE, 1, 0, &digest);
}

START_TEST(accepts_each_type_and_encodes_it_again)
{
    sign(VOTE_PREPARE, 0, 0, &digest);
    accepts();
    sign(VOTE_COMMIT, 0, 0, &digest);
    accepts();
    sign(VOTE_GET_BODY, 0, 0, &digest);
    accepts();
    sent.has_proposal = true;
    sent.key = committee.validators.list[2].key;
    sign(VOTE_STATUS, 2, 0, &digest);
    accepts();
    sent.has_block = true;
    sent.block = block;
    sign(VOTE_BODY, 3, 0, &digest);
    accepts();
    sign(VOTE_PROPOSE, 1, 0, &digest);
    accepts();
    committee_change(&committee, &sent, 3, 1, 1, NULL);
    accepts();
    committee_change(&committee, &sent, 3, 1, 1, &prepared);
    accepts();
}
END_TEST

/* What validator 1 collected in round 0 of height 1, as the leader of a set that is large enough. */
static void make_collected(enum vote_type type, enum vote_type votes)
{
    struct vote like = {.type = (uint8_t)votes, .height = 1, .digest = digest};
    committee.rules.collect_above = 3;
    sent = (struct message){.has_certificate = true};
    committee_certify(&committee, &sent.certificate, &like, 0, 3);
    sign(type, 1, 0, &digest);
}

START_TEST(accepts_what_a_leader_collected)
{
    make_collected(VOTE_PREPARED, VOTE_PREPARE);
    accepts();
    make_collected(VOTE_COMMITTED, VOTE_COMMIT);
    accepts();
}
END_TEST

START_TEST(rejects_what_nobody_collects)
{
    make_collected(VOTE_PREPARED, VOTE_PREPARE);
    committee.rules.collect_above = VALIDATORS_COLLECT_ABOVE;
    refuses("type: nobody collects the votes of this round");
    make_collected(VOTE_COMMITTED, VOTE_COMMIT);
    sign(VOTE_COMMITTED, 2, 1, &digest);
    sent.certificate.round = 1;
    refuses("type: nobody collects the votes of this round");
    make_collected(VOTE_COMMITTED, VOTE_COMMIT);
    sign(VOTE_COMMITTED, 2, 0, &digest);
    refuses("sender: does not lead this round");
}
END_TEST

START_TEST(rejects_collected_votes_for_something_else)
{
    make_collected(VOTE_PREPARED, VOTE_PREPARE);
    sent.certificate.height = 2;
    refuses("certificate: not of what the head names");
    make_collected(VOTE_PREPARED, VOTE_PREPARE);
    sent.certificate.round = 1;
    refuses("certificate: not of what the head names");
    make_collected(VOTE_COMMITTED, VOTE_COMMIT);
    sent.certificate.digest.bytes[0] ^= 1;
    refuses("certificate: not of what the head names");
}
END_TEST

START_TEST(rejects_collected_votes_that_are_too_few_or_wrong)
{
    struct vote like = {.type = VOTE_COMMIT, .height = 1, .digest = digest};
    make_collected(VOTE_COMMITTED, VOTE_COMMIT);
    committee_certify(&committee, &sent.certificate, &like, 0, 2);
    refuses("certificate: 2 signers, expected at least 3");
    make_collected(VOTE_COMMITTED, VOTE_PREPARE);
    refuses("certificate: wrong commit signature of validator 0");
    make_collected(VOTE_PREPARED, VOTE_COMMIT);
    refuses("certificate: wrong prepare signature of validator 0");
    make_collected(VOTE_PREPARED, VOTE_PREPARE);
    sent.certificate.signatures[2] = sent.certificate.signatures[1];
    refuses("certificate: wrong prepare signature of validator 2");
}
END_TEST

START_TEST(peeks_at_the_head_alone)
{
    struct buffer wire = {0};
    struct vote vote;
    make_proposal();
    message_encode(&wire, &sent);
    ck_assert(message_peek(&vote, buffer_bytes(&wire)));
    ck_assert_uint_eq(vote.type, VOTE_PROPOSE);
    ck_assert(!message_peek(&vote, (struct bytes){wire.data, 112}));
    buffer_close(&wire);
}
END_TEST

/* Class 29 of docs/testing.md: SmartBFT-Go Fabric issue 279. */
START_TEST(refuses_a_status_without_a_name)
{
    struct buffer wire = {0};
    struct public_key key;
    sign(VOTE_STATUS, 2, 0, &digest);
    sent.key = (struct public_key){{1}};
    refuses("sender: no validator of the set");
    sent.key = committee.validators.list[1].key;
    refuses("signature: not the sender's");
    sent.key = committee.validators.list[2].key;
    message_encode(&wire, &sent);
    ck_assert(message_peek_key(&key, buffer_bytes(&wire)));
    ck_assert_mem_eq(&key, &sent.key, sizeof(key));
    ck_assert(!message_peek_key(&key, (struct bytes){wire.data, 140}));
    wire.data[1] = 1; /* the lowest byte of `sender` */
    refuses_wire(buffer_bytes(&wire), "sender: not 0 in a status, which names it by key");
    wire.data[0] = VOTE_GET_BODY;
    ck_assert(!message_peek_key(&key, buffer_bytes(&wire)));
    buffer_close(&wire);
}
END_TEST

/* Class 29 of docs/testing.md: SmartBFT-Go/fabric issue 279. */
START_TEST(rejects_every_cut_and_every_extension)
{
    struct buffer wire = {0};
    struct message *message;
    make_justified();
    message_encode(&wire, &sent);
    for (size_t size = 0; size < wire.size; size++) {
        char error[160];
        ck_assert(!message_verify(&message, &committee.rules, (struct bytes){wire.data, size},
                                  error, sizeof(error)));
    }
    bcs_write_u8(&wire, 0);
    refuses_wire(buffer_bytes(&wire), "input at byte 999 of 1000: bytes follow the value");
    buffer_close(&wire);
}
END_TEST

/* Class 27 of docs/testing.md: CometBFT issue 5324, ASA-2025-002, ASA-2025-003. */
START_TEST(rejects_what_is_longer_than_its_type_allows)
{
    struct buffer wire = {0};
    static uint8_t much[MESSAGE_SIZE_MAX + 1];
    sign(VOTE_PREPARE, 0, 0, &digest);
    message_encode(&wire, &sent);
    bcs_write_array(&wire, much, MESSAGE_VOTE_SIZE_MAX);
    refuses_wire(buffer_bytes(&wire), "message: longer than its type allows");
    refuses_wire(BYTES_OF(much), "message: longer than any may be");
    buffer_close(&wire);
}
END_TEST

START_TEST(rejects_a_type_that_does_not_exist)
{
    struct buffer wire = {0};
    sign(VOTE_PREPARE, 0, 0, &digest);
    message_encode(&wire, &sent);
    wire.data[0] = VOTE_TYPE_COUNT;
    refuses_wire(buffer_bytes(&wire), "type at byte 0 of 113: a value is outside its range");
    buffer_close(&wire);
}
END_TEST

START_TEST(rejects_a_wrong_head)
{
    sign(VOTE_PREPARE, 0, 0, &digest);
    sent.vote.sender = 4;
    refuses("sender: no validator of the set");
    sent.vote.sender = 1;
    refuses("signature: not the sender's");
    sent.vote = committee_vote(&committee, VOTE_PREPARE, 0, 0, 0, &digest);
    refuses("height: 0, expected at least 1");
}
END_TEST

START_TEST(only_the_leader_proposes)
{
    make_proposal();
    sign(VOTE_PROPOSE, 2, 0, &digest);
    refuses("sender: does not lead this round");
}
END_TEST

START_TEST(a_new_block_is_the_leaders_own)
{
    make_proposal();
    sent.block.header.proposer = 0;
    block_digest(&digest, &sent.block.header);
    sign(VOTE_PROPOSE, 1, 0, &digest);
    refuses("proposer: a new block must be the sender's own");
}
END_TEST

START_TEST(the_head_names_the_block)
{
    make_proposal();
    sent.block.header.time_ms++;
    refuses("block: not the one the head names");
    sign(VOTE_BODY, 1, 0, &digest);
    refuses("block: not the one the head names");
}
END_TEST

START_TEST(a_block_that_breaks_its_rules_is_refused)
{
    make_proposal();
    sent.block.body = bytes_of_text("other");
    refuses("block 1: tx_root: not that of the body");
    sign(VOTE_BODY, 3, 0, &digest);
    refuses("block 1: tx_root: not that of the body");
}
END_TEST

START_TEST(round_0_needs_no_justification_and_has_none)
{
    make_justified();
    sign(VOTE_PROPOSE, 1, 0, &digest);
    refuses("changes: present in round 0");
}
END_TEST

START_TEST(a_justified_proposal_passes)
{
    make_justified();
    accepts();
}
END_TEST

START_TEST(rejects_a_proposal_without_a_quorum_of_changes)
{
    make_justified();
    sent.change_count = 2;
    refuses("changes: no quorum asked for this round");
}
END_TEST

/* Class 2 of docs/testing.md: Besu pull requests 989 and 2459. */
START_TEST(rejects_a_change_counted_twice)
{
    make_justified();
    sent.changes[2] = sent.changes[0];
    refuses("changes: a sender twice or outside the set");
    sent.changes[2].sender = 4;
    refuses("changes: a sender twice or outside the set");
}
END_TEST

START_TEST(rejects_a_change_that_was_not_signed)
{
    make_justified();
    sent.changes[0].prepared_round = 1;
    refuses("changes: a wrong signature");
}
END_TEST

START_TEST(rejects_a_change_to_another_round)
{
    struct message change;
    make_justified();
    committee_change(&committee, &change, 0, 1, 2, NULL);
    sent.change_count = 0;
    committee_quote(&sent, &change);
    committee_change(&committee, &change, 1, 1, 1, &prepared);
    committee_quote(&sent, &change);
    committee_change(&committee, &change, 2, 1, 1, NULL);
    committee_quote(&sent, &change);
    refuses("changes: a wrong signature");
}
END_TEST

/* Class 4 of docs/testing.md: FISCO issue 2447. */
START_TEST(the_leader_cannot_hide_a_prepared_block)
{
    struct hash other;
    make_justified();
    sent.has_certificate = false;
    refuses("certificate: present exactly where something was prepared");
    committee_block(&committee, &sent.block, &other, 2, "other");
    sent.has_certificate = true;
    sign(VOTE_PROPOSE, 2, 1, &other);
    refuses("block: not the one prepared in the highest round");
}
END_TEST

/* Class 5 of docs/testing.md: Besu pull requests 7875 and 2141. */
START_TEST(the_highest_prepared_round_decides)
{
    struct message change;
    struct certificate later;
    struct hash other;
    struct block newer;
    committee_block(&committee, &newer, &other, 2, "newer");
    struct vote like = {.type = VOTE_PREPARE, .height = 1, .round = 1, .digest = other};
    committee_certify(&committee, &later, &like, 1, 3);
    committee_change(&committee, &change, 0, 1, 2, &prepared);
    committee_quote(&sent, &change);
    committee_change(&committee, &change, 1, 1, 2, &later);
    committee_quote(&sent, &change);
    committee_change(&committee, &change, 2, 1, 2, NULL);
    committee_quote(&sent, &change);
    sent.has_block = true;
    sent.block = block;
    sent.has_certificate = true;
    sent.certificate = prepared;
    sign(VOTE_PROPOSE, 3, 2, &digest);
    refuses("certificate: not of what was said to be prepared");
    sent.certificate = later;
    refuses("block: not the one prepared in the highest round");
    sent.block = newer;
    sign(VOTE_PROPOSE, 3, 2, &other);
    accepts();
}
END_TEST

START_TEST(a_free_choice_in_a_later_round_passes)
{
    struct message change;
    for (uint32_t i = 0; i < 3; i++) {
        committee_change(&committee, &change, i, 1, 1, NULL);
        committee_quote(&sent, &change);
    }
    sent.has_block = true;
    committee_block(&committee, &sent.block, &digest, 2, "free");
    sign(VOTE_PROPOSE, 2, 1, &digest);
    accepts();
}
END_TEST

START_TEST(a_round_change_must_prove_what_it_says)
{
    committee_change(&committee, &sent, 0, 1, 1, &prepared);
    sent.has_certificate = false;
    refuses("certificate: present exactly where something was prepared");
    committee_change(&committee, &sent, 0, 1, 1, &prepared);
    sent.prepared.round = 5;
    refuses("digest: not that of what was said to be prepared");
    committee_change(&committee, &sent, 0, 1, 1, &prepared);
    sent.certificate.height = 2;
    refuses("certificate: not of what was said to be prepared");
    committee_change(&committee, &sent, 0, 1, 1, &prepared);
    sent.certificate.signatures[0].bytes[0] ^= 1;
    refuses("certificate: wrong prepare signature of validator 0");
}
END_TEST

START_TEST(a_round_change_goes_up)
{
    committee_change(&committee, &sent, 0, 1, 0, NULL);
    refuses("round: 0, nobody changes to it");
    struct vote like = {.type = VOTE_PREPARE, .height = 1, .round = 3, .digest = digest};
    committee_certify(&committee, &prepared, &like, 0, 3);
    committee_change(&committee, &sent, 0, 1, 3, &prepared);
    refuses("prepared round: not below the round changed to");
}
END_TEST

START_TEST(a_round_change_that_prepared_nothing_names_nothing)
{
    committee_change(&committee, &sent, 0, 1, 1, NULL);
    sent.prepared.round = 1;
    struct hash said;
    message_prepared_hash(&said, &sent.prepared);
    sign(VOTE_ROUND_CHANGE, 0, 2, &said);
    refuses("prepared: nothing prepared, but a round or digest is named");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("message");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, accepts_each_type_and_encodes_it_again);
    tcase_add_test(tests, accepts_what_a_leader_collected);
    tcase_add_test(tests, rejects_what_nobody_collects);
    tcase_add_test(tests, rejects_collected_votes_for_something_else);
    tcase_add_test(tests, rejects_collected_votes_that_are_too_few_or_wrong);
    tcase_add_test(tests, peeks_at_the_head_alone);
    tcase_add_test(tests, refuses_a_status_without_a_name);
    tcase_add_test(tests, rejects_every_cut_and_every_extension);
    tcase_add_test(tests, rejects_what_is_longer_than_its_type_allows);
    tcase_add_test(tests, rejects_a_type_that_does_not_exist);
    tcase_add_test(tests, rejects_a_wrong_head);
    tcase_add_test(tests, only_the_leader_proposes);
    tcase_add_test(tests, a_new_block_is_the_leaders_own);
    tcase_add_test(tests, the_head_names_the_block);
    tcase_add_test(tests, a_block_that_breaks_its_rules_is_refused);
    tcase_add_test(tests, round_0_needs_no_justification_and_has_none);
    tcase_add_test(tests, a_justified_proposal_passes);
    tcase_add_test(tests, rejects_a_proposal_without_a_quorum_of_changes);
    tcase_add_test(tests, rejects_a_change_counted_twice);
    tcase_add_test(tests, rejects_a_change_that_was_not_signed);
    tcase_add_test(tests, rejects_a_change_to_another_round);
    tcase_add_test(tests, the_leader_cannot_hide_a_prepared_block);
    tcase_add_test(tests, the_highest_prepared_round_decides);
    tcase_add_test(tests, a_free_choice_in_a_later_round_passes);
    tcase_add_test(tests, a_round_change_must_prove_what_it_says);
    tcase_add_test(tests, a_round_change_goes_up);
    tcase_add_test(tests, a_round_change_that_prepared_nothing_names_nothing);
    return check_run("message", tests);
}
