#include "consensus/pbft.h"

#include "tests/lib/check_run.h"
#include "tests/lib/replica.h"

/* A committee of four whose leader, validator 1 at height 1, collects the votes of round 0. */
static struct committee committee;
static struct replica replica;
static struct block block;
static struct hash digest;
static struct message heard;

static void become(uint32_t self)
{
    replica_close(&replica);
    replica_open(&replica, &committee, self);
}

static void setup(void)
{
    committee_init(&committee, 4);
    committee.rules.collect_above = 3;
    committee_block(&committee, &block, &digest, 1, "body");
    replica_open(&replica, &committee, 0);
}

static void teardown(void)
{
    replica_close(&replica);
}

static void said(const char *expected)
{
    ck_assert_str_eq(replica_said(&replica), expected);
}

static void step(struct pbft_event event)
{
    ck_assert_int_eq(replica_step(&replica, event), PBFT_OK);
}

static void vote(enum vote_type type, uint32_t sender, uint32_t round)
{
    ck_assert_int_eq(replica_vote(&replica, type, sender, round, &digest), PBFT_OK);
}

static void propose(void)
{
    heard = (struct message){.has_block = true, .block = block};
    heard.vote = committee_vote(&committee, VOTE_PROPOSE, 1, 1, 0, &digest);
    ck_assert_int_eq(replica_hear(&replica, &heard), PBFT_OK);
}

/* Replica 0 holds the proposal and has sent its PREPARE. */
static void prepare(void)
{
    propose();
    ck_assert_int_eq(replica_check(&replica, &digest, true), PBFT_OK);
}

/* The votes of validators 1 to 3, as their leader says them. */
static void make_collected(enum vote_type type)
{
    struct vote like = {
        .type = type == VOTE_PREPARED ? VOTE_PREPARE : VOTE_COMMIT, .height = 1, .digest = digest};
    heard = (struct message){.has_certificate = true};
    committee_certify(&committee, &heard.certificate, &like, 1, 3);
    heard.vote = committee_vote(&committee, type, 1, 1, 0, &digest);
}

static enum pbft_status hear_collected(enum vote_type type)
{
    make_collected(type);
    return replica_hear(&replica, &heard);
}

static void hear_status(uint32_t sender, uint32_t round)
{
    heard = (struct message){.key = committee.validators.list[sender].key, .has_proposal = true};
    heard.vote =
        committee_vote(&committee, VOTE_STATUS, sender, 0, round, &committee.rules.chain_id);
    ck_assert_int_eq(replica_hear(&replica, &heard), PBFT_OK);
}

static void change(uint32_t sender, uint32_t round)
{
    committee_change(&committee, &heard, sender, 1, round, NULL);
    ck_assert_int_eq(replica_hear(&replica, &heard), PBFT_OK);
}

/* Replica 1 has proposed; the digest is that of its block. */
static void lead(void)
{
    become(1);
    step((struct pbft_event){.type = PBFT_EVENT_WORK, .u.work = true});
    step((struct pbft_event){.type = PBFT_EVENT_BUILT,
                             .u.built = {.height = 1, .body = bytes_of_text("mine")}});
    said("broadcast propose 0");
    struct vote head;
    bool peeked = message_peek(&head, replica.actions.list[0].bytes);
    ck_assert(peeked);
    digest = head.digest;
}

START_TEST(votes_go_to_the_leader_alone)
{
    prepare();
    said("send prepare 0 to 1");
    ck_assert_int_eq(hear_collected(VOTE_PREPARED), PBFT_OK);
    said("persist 2; persist 3; send commit 0 to 1");
    ck_assert_int_eq(hear_collected(VOTE_COMMITTED), PBFT_OK);
    said("decided 1; stop round");
}
END_TEST

START_TEST(the_leader_tells_all_what_it_collected_and_keeps_its_own_votes)
{
    lead();
    vote(VOTE_PREPARE, 0, 0);
    said("");
    vote(VOTE_PREPARE, 2, 0);
    said("broadcast prepared 0; persist 2; persist 3");
    vote(VOTE_PREPARE, 3, 0);
    said("");
    vote(VOTE_COMMIT, 0, 0);
    said("");
    vote(VOTE_COMMIT, 3, 0);
    said("broadcast committed 0; decided 1; stop round");
}
END_TEST

/* What it holds of others' votes is theirs: it may pass that on before it can vote itself. */
START_TEST(a_leader_that_may_not_vote_collects_all_the_same)
{
    lead();
    ck_assert_int_eq(replica_restart(&replica, replica.record_count), PBFT_OK);
    vote(VOTE_PREPARE, 0, 0);
    vote(VOTE_PREPARE, 2, 0);
    vote(VOTE_PREPARE, 3, 0);
    said("broadcast prepared 0; send get body 0 to 2");
    vote(VOTE_COMMIT, 0, 0);
    vote(VOTE_COMMIT, 2, 0);
    vote(VOTE_COMMIT, 3, 0);
    said("broadcast committed 0");
}
END_TEST

START_TEST(from_round_1_on_votes_go_to_all)
{
    become(3);
    change(0, 1);
    change(1, 1);
    said("persist 2; broadcast round change 1; timer round 751");
    heard = (struct message){.has_block = true, .block = block};
    block.header.proposer = 2;
    block_digest(&digest, &block.header);
    heard.block = block;
    for (uint32_t i = 0; i < 3; i++) {
        struct message *quoted = &heard;
        struct message one;
        committee_change(&committee, &one, i, 1, 1, NULL);
        committee_quote(quoted, &one);
    }
    heard.vote = committee_vote(&committee, VOTE_PROPOSE, 2, 1, 1, &digest);
    ck_assert_int_eq(replica_hear(&replica, &heard), PBFT_OK);
    ck_assert_int_eq(replica_check(&replica, &digest, true), PBFT_OK);
    said("broadcast prepare 1");
    vote(VOTE_PREPARE, 0, 1);
    vote(VOTE_PREPARE, 1, 1);
    said("persist 3; persist 4; broadcast commit 1");
}
END_TEST

START_TEST(votes_that_come_to_all_count_as_well)
{
    prepare();
    vote(VOTE_PREPARE, 1, 0);
    vote(VOTE_PREPARE, 2, 0);
    said("persist 2; persist 3; send commit 0 to 1");
    vote(VOTE_COMMIT, 1, 0);
    vote(VOTE_COMMIT, 2, 0);
    said("decided 1; stop round");
}
END_TEST

/* A faulty validator's vote of a later round takes the place of its earlier one in the replica's memory,
 * but takes nothing out of a certificate. */
START_TEST(a_later_vote_spoils_no_certificate)
{
    prepare();
    vote(VOTE_PREPARE, 2, 9000);
    vote(VOTE_COMMIT, 2, 9000);
    ck_assert_int_eq(hear_collected(VOTE_PREPARED), PBFT_OK);
    said("persist 2; persist 3; send commit 0 to 1");
    ck_assert_int_eq(hear_collected(VOTE_COMMITTED), PBFT_OK);
    said("decided 1; stop round");
}
END_TEST

START_TEST(a_prepared_certificate_of_a_left_round_makes_nobody_commit)
{
    prepare();
    ck_assert_int_eq(replica_time_out(&replica, PBFT_TIMER_ROUND, 500), PBFT_OK);
    make_collected(VOTE_PREPARED);
    ck_assert(!pbft_wants(replica.pbft, &heard.vote));
    ck_assert_int_eq(replica_hear(&replica, &heard), PBFT_STALE);
    said("");
    ck_assert_int_eq(hear_collected(VOTE_COMMITTED), PBFT_OK);
    said("decided 1; persist 3");
}
END_TEST

START_TEST(a_missing_block_is_fetched_from_those_who_voted)
{
    ck_assert_int_eq(hear_collected(VOTE_PREPARED), PBFT_OK);
    said("send get body 0 to 1; timer round 500");
    heard = (struct message){.has_block = true, .block = block};
    heard.vote = committee_vote(&committee, VOTE_BODY, 1, 1, 0, &digest);
    ck_assert_int_eq(replica_hear(&replica, &heard), PBFT_OK);
    said("check");
    ck_assert_int_eq(replica_check(&replica, &digest, true), PBFT_OK);
    said("persist 2; persist 3; send commit 0 to 1");
}
END_TEST

START_TEST(a_block_that_comes_after_its_round_makes_nobody_commit)
{
    ck_assert_int_eq(hear_collected(VOTE_PREPARED), PBFT_OK);
    ck_assert_int_eq(replica_time_out(&replica, PBFT_TIMER_ROUND, 500), PBFT_OK);
    said("persist 2; broadcast round change 1");
    heard = (struct message){.has_block = true, .block = block};
    heard.vote = committee_vote(&committee, VOTE_BODY, 1, 1, 0, &digest);
    ck_assert_int_eq(replica_hear(&replica, &heard), PBFT_OK);
    said("");
}
END_TEST

START_TEST(a_status_gets_votes_to_the_leader_and_certificates_to_the_others)
{
    prepare();
    hear_status(2, 0);
    said("");
    hear_status(1, 0);
    said("send prepare 0 to 1");
    lead();
    hear_status(3, 0);
    said("");
    vote(VOTE_PREPARE, 0, 0);
    vote(VOTE_PREPARE, 2, 0);
    hear_status(3, 0);
    said("send prepared 0 to 3");
}
END_TEST

START_TEST(after_a_restart_votes_are_said_to_all)
{
    prepare();
    ck_assert_int_eq(hear_collected(VOTE_PREPARED), PBFT_OK);
    ck_assert_int_eq(replica_restart(&replica, replica.record_count), PBFT_OK);
    said("broadcast commit 0; broadcast status 0; timer status 1000; timer round 500");
}
END_TEST

/* The votes in it are not wanted again by who has sent COMMIT: the record has them. */
START_TEST(after_a_restart_a_leader_knows_what_it_collected)
{
    lead();
    vote(VOTE_PREPARE, 0, 0);
    vote(VOTE_PREPARE, 2, 0);
    said("broadcast prepared 0; persist 2; persist 3");
    ck_assert_int_eq(replica_restart(&replica, replica.record_count), PBFT_OK);
    hear_status(3, 0);
    said("send prepared 0 to 3");
    vote(VOTE_COMMIT, 0, 0);
    vote(VOTE_COMMIT, 3, 0);
    said("broadcast committed 0; decided 1; stop round");
}
END_TEST

START_TEST(what_the_next_leader_collected_waits_for_its_height)
{
    prepare();
    struct block next;
    struct hash next_digest;
    committee_next_block(&committee, &next, &next_digest, &block, 2);
    struct vote like = {.type = VOTE_PREPARE, .height = 2, .digest = next_digest};
    heard = (struct message){.has_certificate = true};
    committee_certify(&committee, &heard.certificate, &like, 0, 3);
    heard.vote = committee_vote(&committee, VOTE_PREPARED, 2, 2, 0, &next_digest);
    ck_assert(pbft_wants(replica.pbft, &heard.vote));
    ck_assert_int_eq(replica_hear(&replica, &heard), PBFT_OK);
    ck_assert(!pbft_wants(replica.pbft, &heard.vote));
    ck_assert_int_eq(replica_hear(&replica, &heard), PBFT_STALE);
    said("");
    ck_assert_int_eq(hear_collected(VOTE_COMMITTED), PBFT_OK);
    said("decided 1; stop round; send get body 0 to 1; persist 2; timer round 500");
}
END_TEST

START_TEST(wants_a_certificate_once)
{
    struct vote head = committee_vote(&committee, VOTE_PREPARED, 1, 1, 0, &digest);
    prepare();
    ck_assert(pbft_wants(replica.pbft, &head));
    vote(VOTE_PREPARE, 1, 0);
    vote(VOTE_PREPARE, 2, 0);
    ck_assert(!pbft_wants(replica.pbft, &head)); /* it has sent COMMIT */
    ck_assert_int_eq(hear_collected(VOTE_PREPARED), PBFT_STALE);
    head.type = VOTE_COMMITTED;
    ck_assert(pbft_wants(replica.pbft, &head));
    head.sender = 4;
    ck_assert(!pbft_wants(replica.pbft, &head));
    ck_assert_int_eq(hear_collected(VOTE_COMMITTED), PBFT_OK);
    head.sender = 1;
    ck_assert(!pbft_wants(replica.pbft, &head));
}
END_TEST

START_TEST(who_only_watches_wants_what_decides)
{
    become(VALIDATORS_NONE);
    struct vote head = committee_vote(&committee, VOTE_PREPARED, 1, 1, 0, &digest);
    ck_assert(!pbft_wants(replica.pbft, &head));
    propose();
    ck_assert_int_eq(hear_collected(VOTE_COMMITTED), PBFT_OK);
    said("decided 1");
}
END_TEST

START_TEST(a_summary_tells_who_is_known_to_have_voted)
{
    struct pbft_summary summary;
    prepare();
    pbft_summarize(replica.pbft, &summary);
    ck_assert(summary.collected);
    ck_assert_uint_eq(summary.prepares, 1);
    ck_assert_int_eq(hear_collected(VOTE_PREPARED), PBFT_OK);
    pbft_summarize(replica.pbft, &summary);
    ck_assert_uint_eq(summary.prepares, 4);
    ck_assert_int_eq(replica_time_out(&replica, PBFT_TIMER_ROUND, 500), PBFT_OK);
    pbft_summarize(replica.pbft, &summary);
    ck_assert(!summary.collected);
    ck_assert_uint_eq(summary.prepares, 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("collect");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, votes_go_to_the_leader_alone);
    tcase_add_test(tests, the_leader_tells_all_what_it_collected_and_keeps_its_own_votes);
    tcase_add_test(tests, a_leader_that_may_not_vote_collects_all_the_same);
    tcase_add_test(tests, from_round_1_on_votes_go_to_all);
    tcase_add_test(tests, votes_that_come_to_all_count_as_well);
    tcase_add_test(tests, a_later_vote_spoils_no_certificate);
    tcase_add_test(tests, a_prepared_certificate_of_a_left_round_makes_nobody_commit);
    tcase_add_test(tests, a_missing_block_is_fetched_from_those_who_voted);
    tcase_add_test(tests, a_block_that_comes_after_its_round_makes_nobody_commit);
    tcase_add_test(tests, a_status_gets_votes_to_the_leader_and_certificates_to_the_others);
    tcase_add_test(tests, after_a_restart_votes_are_said_to_all);
    tcase_add_test(tests, after_a_restart_a_leader_knows_what_it_collected);
    tcase_add_test(tests, what_the_next_leader_collected_waits_for_its_height);
    tcase_add_test(tests, wants_a_certificate_once);
    tcase_add_test(tests, who_only_watches_wants_what_decides);
    tcase_add_test(tests, a_summary_tells_who_is_known_to_have_voted);
    return check_run("collect", tests);
}
