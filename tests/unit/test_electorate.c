/* The validator set is a function of the height: one replica, whose application changes the set. */
#include "consensus/pbft.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/replica.h"

static struct committee committee; /* keys of 0 to 4; the genesis has 0 to 3 */
static struct replica replica;
static struct block first; /* of validator 1; hands over to the set of the genesis */
static struct hash first_digest;
static struct message heard;

static void setup(void)
{
    committee_init(&committee, 5);
    committee.validators.count = 4;
    validators_hash(&committee.rules.validators_hash, &committee.validators);
    committee_block(&committee, &first, &first_digest, 1, "body");
    replica_open(&replica, &committee, 0);
}

static void teardown(void)
{
    replica_close(&replica);
}

static void become(uint32_t self)
{
    replica_close(&replica);
    replica_open(&replica, &committee, self);
}

static void said(const char *expected)
{
    ck_assert_str_eq(replica_said(&replica), expected);
}

static const struct vote_signer *sign_as(uint32_t key)
{
    replica.signer = vote_key_signer(&replica.key, &committee.rules.chain_id, &committee.keys[key]);
    return &replica.signer;
}

/* The genesis without its first `dropped`, then the fifth key where `added`. */
static void make_set(struct validators *out, uint32_t dropped, bool added)
{
    *out = (struct validators){0};
    for (uint32_t i = dropped; i < (added ? 5 : 4); i++) {
        out->list[out->count++] = committee.validators.list[i];
    }
}

static enum pbft_status executed(uint64_t height, const struct validators *next)
{
    return replica_step(&replica,
                        (struct pbft_event){.type = PBFT_EVENT_EXECUTED,
                                            .u.executed = {.height = height, .validators = next}});
}

/* `block` decided by votes of the genesis, handed over whole. */
static enum pbft_status synced(const struct block *block)
{
    struct certificate certificate;
    struct vote like = {.type = VOTE_COMMIT, .height = block->header.height};
    block_digest(&like.digest, &block->header);
    committee_certify(&committee, &certificate, &like, 0, 3);
    return replica_step(&replica, (struct pbft_event){.type = PBFT_EVENT_SYNCED,
                                                      .u.synced = {block, &certificate}});
}

/* The second block, whose header hands over to `next` (NULL: the genesis). */
static void make_second(struct block *out, const struct validators *next)
{
    struct hash digest;
    committee_next_block(&committee, out, &digest, &first, 2);
    if (next != NULL) {
        validators_hash(&out->header.next_validators_hash, next);
    }
}

START_TEST(a_change_of_block_1_counts_from_height_3_on)
{
    struct validators next;
    struct block second;
    struct pbft_summary summary;
    make_set(&next, 1, true);
    make_second(&second, &next);
    ck_assert_int_eq(synced(&first), PBFT_OK);
    ck_assert_ptr_null(pbft_validators(replica.pbft, 3));
    ck_assert_int_eq(executed(1, &next), PBFT_OK);
    pbft_summarize(replica.pbft, &summary);
    ck_assert_uint_eq(summary.height, 2);
    ck_assert_uint_eq(summary.self, 0);
    ck_assert_uint_eq(pbft_validators(replica.pbft, 3)->validators.count, 4);
    ck_assert_int_eq(synced(&second), PBFT_OK);
    pbft_summarize(replica.pbft, &summary);
    ck_assert_uint_eq(summary.height, 3);
    ck_assert_uint_eq(summary.validators, 4);
    ck_assert_uint_eq(summary.self, VALIDATORS_NONE);
    ck_assert_mem_eq(&pbft_validators(replica.pbft, 3)->validators.list[3].key,
                     &committee.validators.list[4].key, sizeof(struct public_key));
    ck_assert_mem_eq(&pbft_validators(replica.pbft, 2)->validators.list[0].key,
                     &committee.validators.list[0].key, sizeof(struct public_key));
}
END_TEST

START_TEST(who_leaves_votes_no_more)
{
    struct validators next;
    struct block second;
    make_set(&next, 1, true);
    make_second(&second, &next);
    ck_assert_int_eq(synced(&first), PBFT_OK);
    ck_assert_int_eq(executed(1, &next), PBFT_OK);
    ck_assert_int_eq(synced(&second), PBFT_OK);
    ck_assert_int_eq(executed(2, NULL), PBFT_OK);
    ck_assert_int_eq(replica_work(&replica), PBFT_OK);
    said("");
    ck_assert_int_eq(replica_time_out(&replica, PBFT_TIMER_STATUS, 1000), PBFT_OK);
    /* Those who are behind still count it. */
    said("broadcast status 0; timer status 1000");
}
END_TEST

START_TEST(who_enters_begins_to_vote)
{
    struct validators next;
    struct block second;
    become(4);
    make_set(&next, 1, true);
    make_second(&second, &next);
    ck_assert_int_eq(synced(&first), PBFT_OK);
    ck_assert_int_eq(executed(1, &next), PBFT_OK);
    ck_assert_int_eq(replica_work(&replica), PBFT_OK);
    said("");
    ck_assert_int_eq(synced(&second), PBFT_OK);
    ck_assert_int_eq(executed(2, NULL), PBFT_OK);
    ck_assert_int_eq(replica_work(&replica), PBFT_OK);
    /* It is number 3 of the new set, which leads height 3. */
    said("persist 1; build 3 0; timer round 500");
}
END_TEST

/* Class 11 of docs/testing.md: FISCO pull requests 2191, 2244 and 2604. */
START_TEST(a_block_waits_until_its_successors_are_known)
{
    struct validators next;
    struct block second;
    make_set(&next, 0, true);
    make_second(&second, &next);
    ck_assert_int_eq(synced(&first), PBFT_OK);
    ck_assert_int_eq(synced(&second), PBFT_FUTURE);
    said("");
    ck_assert_int_eq(executed(1, &next), PBFT_OK);
    ck_assert_int_eq(synced(&second), PBFT_OK);
    said("decided 2");
    ck_assert_uint_eq(pbft_validators(replica.pbft, 3)->validators.count, 5);
}
END_TEST

START_TEST(a_header_that_hands_over_to_its_own_set_tells_enough)
{
    struct block second;
    make_second(&second, NULL);
    ck_assert_int_eq(synced(&first), PBFT_OK);
    ck_assert_int_eq(synced(&second), PBFT_OK);
    said("decided 2");
    ck_assert_uint_eq(pbft_validators(replica.pbft, 3)->validators.count, 4);
    ck_assert_ptr_null(pbft_validators(replica.pbft, 4));
}
END_TEST

START_TEST(no_vote_for_a_block_that_hands_over_to_others)
{
    struct validators other;
    make_set(&other, 0, true);
    validators_hash(&first.header.next_validators_hash, &other);
    block_digest(&first_digest, &first.header);
    heard = (struct message){.has_block = true, .block = first};
    heard.vote = committee_vote(&committee, VOTE_PROPOSE, 1, 1, 0, &first_digest);
    ck_assert_int_eq(replica_hear(&replica, &heard), PBFT_OK);
    ck_assert_int_eq(replica_check(&replica, &first_digest, true), PBFT_OK);
    said("");
}
END_TEST

START_TEST(messages_of_a_height_without_a_known_set_are_too_early)
{
    struct vote head = {.type = VOTE_COMMIT, .sender = 1, .height = 3};
    struct block_rules rules;
    ck_assert_int_eq(synced(&first), PBFT_OK);
    ck_assert(!pbft_wants(replica.pbft, &head));
    ck_assert(!pbft_rules(replica.pbft, 3, &rules));
    ck_assert_int_eq(executed(1, NULL), PBFT_OK);
    ck_assert(pbft_wants(replica.pbft, &head));
    ck_assert(pbft_rules(replica.pbft, 3, &rules));
    ck_assert_uint_eq(rules.last_validators->count, 4);
    head.sender = 4;
    ck_assert(!pbft_wants(replica.pbft, &head));
}
END_TEST

/* Class 11 of docs/testing.md: CometBFT pull requests 5663 and 5629. */
START_TEST(a_certificate_counts_in_the_set_of_its_height)
{
    char error[160];
    struct validators next;
    struct block second;
    make_set(&next, 1, true);
    make_second(&second, NULL);
    second.header.validators_hash = committee.rules.validators_hash;
    struct block_rules rules = committee.rules;
    ck_assert(block_verify_proposed(&second, &rules, error, sizeof(error)));
    rules.last_validators = &next;
    ck_assert(!block_verify_proposed(&second, &rules, error, sizeof(error)));
    ck_assert_str_eq(error, "certificate: wrong commit signature of validator 0");
    rules.last_validators = NULL;
    ck_assert(!block_verify_proposed(&second, &rules, error, sizeof(error)));
    ck_assert_str_eq(error, "block 2: the validators before it are not known");
}
END_TEST

START_TEST(a_start_takes_up_the_sets_of_its_height)
{
    struct validators last;
    struct validators present;
    struct validators next;
    struct certificate certificate = {.height = 7};
    make_set(&last, 0, true);
    make_set(&present, 1, true);
    make_set(&next, 2, true);
    struct pbft_config config = {.rules = committee.rules,
                                 .signer = sign_as(4),
                                 .round_timeout_ms = 500,
                                 .status_interval_ms = 1000};
    pbft_free(replica.pbft);
    replica.pbft = pbft_new(&config);
    ck_assert_int_eq(
        replica_step(&replica, (struct pbft_event){.type = PBFT_EVENT_START,
                                                   .u.start = {.height = 7,
                                                               .certificate = &certificate,
                                                               .executed_height = 7,
                                                               .last_validators = &last,
                                                               .validators = &present,
                                                               .next_validators = &next}}),
        PBFT_OK);
    struct pbft_summary summary;
    pbft_summarize(replica.pbft, &summary);
    ck_assert_uint_eq(summary.self, 3);
    ck_assert_uint_eq(pbft_validators(replica.pbft, 7)->validators.count, 5);
    ck_assert_uint_eq(pbft_validators(replica.pbft, 8)->validators.count, 4);
    ck_assert_uint_eq(pbft_validators(replica.pbft, 9)->validators.count, 3);
    ck_assert_ptr_null(pbft_validators(replica.pbft, 6));
    ck_assert_ptr_null(pbft_validators(replica.pbft, 10));
}
END_TEST

/* PREPARE of round 0 by this number of the set that votes on `height`, as if it had been verified. */
static enum pbft_status prepared(uint32_t sender, uint64_t height, const struct hash *digest)
{
    heard = (struct message){
        .vote = {.type = VOTE_PREPARE, .sender = sender, .height = height, .digest = *digest}};
    return replica_step(&replica,
                        (struct pbft_event){.type = PBFT_EVENT_MESSAGE, .u.message = &heard});
}

static const struct public_key *accused(void)
{
    const struct pbft_action *action = &replica.actions.list[0];
    ck_assert_uint_eq(replica.actions.count, 1);
    ck_assert_int_eq(action->type, PBFT_ACTION_EVIDENCE);
    return &action->signed_by;
}

/* Number 1 of heights 1 and 2 is number 0 of height 3, and 4 is new there. */
START_TEST(evidence_names_who_signed_by_the_set_of_the_votes)
{
    static const struct hash other = {{7}};
    struct validators next;
    make_set(&next, 1, true);
    ck_assert_int_eq(synced(&first), PBFT_OK);
    ck_assert_int_eq(executed(1, &next), PBFT_OK);
    ck_assert_int_eq(prepared(1, 2, &first_digest), PBFT_OK);
    ck_assert_int_eq(prepared(1, 2, &other), PBFT_CONFLICT);
    ck_assert_mem_eq(accused(), &committee.validators.list[1].key, sizeof(struct public_key));
    ck_assert_int_eq(prepared(1, 3, &first_digest), PBFT_OK);
    ck_assert_int_eq(prepared(1, 3, &other), PBFT_CONFLICT);
    ck_assert_mem_eq(accused(), &committee.validators.list[2].key, sizeof(struct public_key));
    ck_assert_int_eq(prepared(3, 3, &first_digest), PBFT_OK);
    ck_assert_int_eq(prepared(3, 3, &other), PBFT_CONFLICT);
    ck_assert_mem_eq(accused(), &committee.validators.list[4].key, sizeof(struct public_key));
}
END_TEST

static enum pbft_status start_at(uint64_t height, const struct validators *validators,
                                 const struct validators *next)
{
    static struct certificate certificate;
    struct bytes records[REPLICA_RECORDS_MAX];
    struct pbft_config config = {.rules = committee.rules,
                                 .signer = sign_as(0),
                                 .round_timeout_ms = 500,
                                 .status_interval_ms = 1000};
    struct hash digest = first_digest;
    for (size_t i = 0; i < replica.record_count; i++) {
        records[i] = buffer_bytes(&replica.records[i]);
    }
    pbft_free(replica.pbft);
    replica.pbft = pbft_new(&config);
    return replica_step(&replica,
                        (struct pbft_event){.type = PBFT_EVENT_START,
                                            .u.start = {.height = height,
                                                        .digest = digest,
                                                        .certificate = &certificate,
                                                        .executed_height = height,
                                                        .validators = validators,
                                                        .next_validators = next,
                                                        .records = records,
                                                        .record_count = replica.record_count}});
}

/* The store lost its newest block, of a height at which the replica was no validator. */
START_TEST(what_was_said_is_known_again_behind_a_height_without_a_vote)
{
    struct validators others;
    struct validators all;
    struct block second;
    struct pbft_summary summary;
    make_set(&others, 1, true);
    make_set(&all, 0, true);
    make_second(&second, &all);
    ck_assert_int_eq(start_at(2, &all, &all), PBFT_OK);
    ck_assert_int_eq(replica_work(&replica), PBFT_OK);
    ck_assert_int_eq(replica_time_out(&replica, PBFT_TIMER_ROUND, 500), PBFT_OK);
    said("persist 2; broadcast round change 1");
    ck_assert_int_eq(start_at(1, &others, &all), PBFT_OK);
    ck_assert_int_eq(synced(&second), PBFT_OK);
    pbft_summarize(replica.pbft, &summary);
    ck_assert_uint_eq(summary.height, 3);
    ck_assert_uint_eq(summary.self, 0);
    ck_assert_uint_eq(summary.round, 1);
}
END_TEST

START_TEST(a_status_counts_for_the_key_it_names)
{
    struct validators next;
    struct block second;
    struct pbft_summary summary;
    make_set(&next, 1, true);
    make_second(&second, &next);
    heard = (struct message){.key = committee.validators.list[3].key};
    heard.vote = committee_vote(&committee, VOTE_STATUS, 3, 9, 0, &first_digest);
    ck_assert_int_eq(replica_hear(&replica, &heard), PBFT_OK);
    pbft_summarize(replica.pbft, &summary);
    ck_assert_uint_eq(summary.seen_height[3], 9);
    ck_assert_int_eq(synced(&first), PBFT_OK);
    ck_assert_int_eq(executed(1, &next), PBFT_OK);
    ck_assert_int_eq(synced(&second), PBFT_OK);
    pbft_summarize(replica.pbft, &summary);
    ck_assert_uint_eq(summary.seen_height[2], 9);
    ck_assert_uint_eq(summary.seen_height[3], 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("electorate");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_change_of_block_1_counts_from_height_3_on);
    tcase_add_test(tests, who_leaves_votes_no_more);
    tcase_add_test(tests, who_enters_begins_to_vote);
    tcase_add_test(tests, a_block_waits_until_its_successors_are_known);
    tcase_add_test(tests, a_header_that_hands_over_to_its_own_set_tells_enough);
    tcase_add_test(tests, no_vote_for_a_block_that_hands_over_to_others);
    tcase_add_test(tests, messages_of_a_height_without_a_known_set_are_too_early);
    tcase_add_test(tests, a_certificate_counts_in_the_set_of_its_height);
    tcase_add_test(tests, a_start_takes_up_the_sets_of_its_height);
    tcase_add_test(tests, evidence_names_who_signed_by_the_set_of_the_votes);
    tcase_add_test(tests, what_was_said_is_known_again_behind_a_height_without_a_vote);
    tcase_add_test(tests, a_status_counts_for_the_key_it_names);
    return check_run("electorate", tests);
}
