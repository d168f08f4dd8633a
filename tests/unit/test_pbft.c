#include "consensus/pbft.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/replica.h"

static struct committee committee;
static struct replica replica; /* validator 0 of 4; 1 leads height 1 */
static struct block block;     /* of validator 1 */
static struct hash digest;
static struct block rival; /* of validator 1 too */
static struct hash rival_digest;
static struct message heard;

static void setup(void)
{
    committee_init(&committee, 4);
    committee_block(&committee, &block, &digest, 1, "body");
    committee_block(&committee, &rival, &rival_digest, 1, "rival");
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

static enum pbft_status propose(const struct block *proposed)
{
    heard = (struct message){.has_block = true, .block = *proposed};
    struct hash name;
    block_digest(&name, &proposed->header);
    heard.vote = committee_vote(&committee, VOTE_PROPOSE, proposed->header.proposer,
                                proposed->header.height, 0, &name);
    return replica_hear(&replica, &heard);
}

static enum pbft_status vote(enum vote_type type, uint32_t sender)
{
    return replica_vote(&replica, type, sender, 0, &digest);
}

static enum pbft_status change(uint32_t sender, uint32_t round, const struct certificate *prepared)
{
    committee_change(&committee, &heard, sender, 1, round, prepared);
    return replica_hear(&replica, &heard);
}

static enum pbft_status status_of(uint32_t sender, uint64_t height, uint32_t round, bool proposal)
{
    heard =
        (struct message){.has_proposal = proposal, .key = committee.validators.list[sender].key};
    heard.vote = committee_vote(&committee, VOTE_STATUS, sender, height, round,
                                height == 0 ? &committee.rules.chain_id : &digest);
    return replica_hear(&replica, &heard);
}

static void prepare(void)
{
    ck_assert_int_eq(propose(&block), PBFT_OK);
    ck_assert_int_eq(replica_check(&replica, &digest, true), PBFT_OK);
}

static void commit(void)
{
    prepare();
    ck_assert_int_eq(vote(VOTE_PREPARE, 1), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_PREPARE, 2), PBFT_OK);
}

static void decide(void)
{
    commit();
    ck_assert_int_eq(vote(VOTE_COMMIT, 1), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_COMMIT, 2), PBFT_OK);
}

START_TEST(starts_by_telling_its_status_and_writes_a_permit)
{
    said("broadcast status 0; timer status 1000; persist 1");
}
END_TEST

START_TEST(votes_under_the_permit_that_it_has)
{
    ck_assert_int_eq(propose(&block), PBFT_OK);
    said("check; timer round 500");
    ck_assert_int_eq(replica_check(&replica, &digest, true), PBFT_OK);
    said("broadcast prepare 0");
}
END_TEST

START_TEST(writes_down_a_prepared_certificate_and_the_next_permit_before_commit)
{
    commit();
    said("persist 2; persist 3; broadcast commit 0");
    ck_assert_uint_eq(replica.actions.list[0].height, 1);
    ck_assert_uint_eq(replica.actions.list[1].height, 2);
}
END_TEST

START_TEST(decides_with_a_quorum_of_commits)
{
    commit();
    ck_assert_int_eq(vote(VOTE_COMMIT, 1), PBFT_OK);
    said("");
    ck_assert_int_eq(vote(VOTE_COMMIT, 3), PBFT_OK);
    said("decided 1; stop round");
    const struct pbft_action *decided = &replica.actions.list[0];
    char error[160];
    ck_assert(decided->logged);
    ck_assert(block_verify_decided(decided->block, decided->certificate, &committee.rules, error,
                                   sizeof(error)));
}
END_TEST

START_TEST(writes_the_permit_of_a_height_that_others_decided)
{
    prepare();
    for (uint32_t i = 1; i < 4; i++) {
        ck_assert_int_eq(vote(VOTE_COMMIT, i), PBFT_OK);
    }
    said("decided 1; stop round; persist 2");
    ck_assert(!replica.actions.list[0].logged);
    ck_assert_uint_eq(replica.actions.list[2].height, 2);
}
END_TEST

/* Catching up there is no vote, so no permit; the first vote after it waits for one. */
START_TEST(writes_a_permit_before_it_votes_again_after_catching_up)
{
    struct certificate certificate;
    struct vote like = {.type = VOTE_COMMIT, .height = 1, .digest = digest};
    committee_certify(&committee, &certificate, &like, 1, 3);
    struct pbft_event synced = {.type = PBFT_EVENT_SYNCED, .u.synced = {&block, &certificate}};
    become(2); /* who leads height 2 */
    ck_assert_int_eq(replica_step(&replica, synced), PBFT_OK);
    said("decided 1");
    ck_assert_int_eq(replica_executed(&replica, 1), PBFT_OK);
    ck_assert_int_eq(replica_work(&replica), PBFT_OK);
    said("persist 2; build 2 0; timer round 500");
    become(0);
    ck_assert_int_eq(replica_step(&replica, synced), PBFT_OK);
    ck_assert_int_eq(replica_executed(&replica, 1), PBFT_OK);
    struct block next;
    committee_next_block(&committee, &next, &digest, &block, 2);
    ck_assert_int_eq(propose(&next), PBFT_OK);
    ck_assert_int_eq(replica_check(&replica, &digest, true), PBFT_OK);
    said("persist 2; broadcast prepare 0");
}
END_TEST

START_TEST(a_leader_builds_when_there_is_work)
{
    become(1);
    ck_assert_int_eq(replica_work(&replica), PBFT_OK);
    said("build 1 0; timer round 500");
    struct pbft_event built = {.type = PBFT_EVENT_BUILT,
                               .u.built = {.height = 1, .body = bytes_of_text("mine")}};
    ck_assert_int_eq(replica_step(&replica, built), PBFT_OK);
    said("broadcast propose 0; broadcast prepare 0");
    ck_assert_int_eq(replica_step(&replica, built), PBFT_UNWANTED);
}
END_TEST

START_TEST(a_leader_with_nothing_to_order_waits)
{
    become(1);
    ck_assert_int_eq(replica_work(&replica), PBFT_OK);
    struct pbft_event built = {.type = PBFT_EVENT_BUILT, .u.built = {.height = 1, .nothing = true}};
    ck_assert_int_eq(replica_step(&replica, built), PBFT_OK);
    said("stop round");
    ck_assert_int_eq(replica_work(&replica), PBFT_OK);
    said("build 1 0; timer round 500");
}
END_TEST

START_TEST(work_that_appears_while_building_is_not_forgotten)
{
    become(1);
    ck_assert_int_eq(replica_work(&replica), PBFT_OK);
    ck_assert_int_eq(replica_work(&replica), PBFT_OK);
    said("");
    struct pbft_event built = {.type = PBFT_EVENT_BUILT, .u.built = {.height = 1, .nothing = true}};
    ck_assert_int_eq(replica_step(&replica, built), PBFT_OK);
    said("build 1 0");
}
END_TEST

/* Class 18 of docs/testing.md: Besu issues 2095, 10917, 8354, FISCO pull request 3305. */
START_TEST(no_timer_runs_without_work)
{
    ck_assert_int_eq(replica_time_out(&replica, PBFT_TIMER_ROUND, 500), PBFT_STALE);
    ck_assert_int_eq(vote(VOTE_PREPARE, 1), PBFT_OK);
    said("");
    ck_assert_int_eq(vote(VOTE_PREPARE, 2), PBFT_OK);
    said("timer round 500");
}
END_TEST

/* Class 25 of docs/testing.md: FISCO pull request 2854, CometBFT issue 3092. */
START_TEST(an_early_timer_is_set_again)
{
    ck_assert_int_eq(replica_work(&replica), PBFT_OK);
    said("timer round 500");
    ck_assert_int_eq(replica_time_out(&replica, PBFT_TIMER_ROUND, 499), PBFT_OK);
    said("timer round 1");
}
END_TEST

START_TEST(a_timeout_writes_down_the_round_before_changing_to_it)
{
    ck_assert_int_eq(replica_work(&replica), PBFT_OK);
    ck_assert_int_eq(replica_time_out(&replica, PBFT_TIMER_ROUND, 500), PBFT_OK);
    said("persist 2; broadcast round change 1");
}
END_TEST

START_TEST(the_timer_of_a_later_round_waits_for_a_quorum)
{
    ck_assert_int_eq(replica_work(&replica), PBFT_OK);
    ck_assert_int_eq(replica_time_out(&replica, PBFT_TIMER_ROUND, 500), PBFT_OK);
    ck_assert_int_eq(change(1, 1, NULL), PBFT_OK);
    said("");
    ck_assert_int_eq(change(2, 1, NULL), PBFT_OK);
    said("timer round 751");
}
END_TEST

/* Class 14 of docs/testing.md: Tendermint issue 1464, Besu documentation issue 611. */
START_TEST(timeouts_grow_to_30_seconds_and_begin_anew_with_connections)
{
    struct pbft_event peers = {.type = PBFT_EVENT_PEERS, .u.connected = 2};
    ck_assert_int_eq(change(1, 900, NULL), PBFT_OK);
    ck_assert_int_eq(change(2, 900, NULL), PBFT_OK);
    said("persist 2; broadcast round change 900; timer round 30000");
    ck_assert_int_eq(replica_step(&replica, peers), PBFT_OK);
    peers.u.connected = 3;
    ck_assert_int_eq(replica_step(&replica, peers), PBFT_OK);
    said("timer round 500");
}
END_TEST

/* Class 22 of docs/testing.md: FISCO pull requests 2731, 2073, 4890. */
START_TEST(follows_more_than_f_validators_to_their_round)
{
    ck_assert_int_eq(change(1, 9, NULL), PBFT_OK);
    said("");
    ck_assert_int_eq(change(2, 7, NULL), PBFT_OK);
    said("persist 2; broadcast round change 7; timer round 8566");
    ck_assert_int_eq(change(2, 6, NULL), PBFT_STALE);
}
END_TEST

/* Class 26 of docs/testing.md: celo issues 182 and 183, GHSA-23rh-rrqg-wq82. */
START_TEST(rounds_far_ahead_are_refused)
{
    ck_assert_int_eq(change(1, PBFT_ROUND_DISTANCE_MAX, NULL), PBFT_OK);
    ck_assert_int_eq(change(2, PBFT_ROUND_DISTANCE_MAX + 1, NULL), PBFT_FUTURE);
    ck_assert_int_eq(change(3, UINT32_MAX, NULL), PBFT_FUTURE);
    ck_assert_int_eq(replica_vote(&replica, VOTE_COMMIT, 3, UINT32_MAX, &digest), PBFT_FUTURE);
}
END_TEST

/* Class 21 of docs/testing.md: FISCO issue 2211, pull requests 2311, 3114. */
START_TEST(the_highest_round_of_all_is_never_left)
{
    struct pbft_summary summary;
    struct buffer *record = &replica.records[replica.record_count++];
    bcs_write_u8(record, 2);
    bcs_write_u64(record, 1);
    bcs_write_u32(record, UINT32_MAX);
    ck_assert_int_eq(replica_restart(&replica, 2), PBFT_OK);
    ck_assert_int_eq(change(1, UINT32_MAX, NULL), PBFT_OK);
    ck_assert_int_eq(change(2, UINT32_MAX, NULL), PBFT_OK);
    said("timer round 30000");
    ck_assert_int_eq(replica_time_out(&replica, PBFT_TIMER_ROUND, 30000), PBFT_OK);
    said("timer round 30000");
    pbft_summarize(replica.pbft, &summary);
    ck_assert_uint_eq(summary.round, UINT32_MAX);
    ck_assert_uint_eq(summary.leader, (1 + 3) % 4);
}
END_TEST

/* Class 6 of docs/testing.md: NEO pull requests 642 and 653. */
START_TEST(sends_no_commit_for_a_round_it_left)
{
    prepare();
    ck_assert_int_eq(replica_time_out(&replica, PBFT_TIMER_ROUND, 500), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_PREPARE, 1), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_PREPARE, 2), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_PREPARE, 3), PBFT_OK);
    said("");
    ck_assert_int_eq(propose(&rival), PBFT_STALE);
}
END_TEST

/* Class 16 of docs/testing.md: Tendermint issues 1690, 5009, 3815, CometBFT issues 4461, 1430. */
START_TEST(commits_of_a_round_it_left_still_decide)
{
    prepare();
    ck_assert_int_eq(replica_time_out(&replica, PBFT_TIMER_ROUND, 500), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_COMMIT, 1), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_COMMIT, 2), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_COMMIT, 3), PBFT_OK);
    said("decided 1; persist 3");
}
END_TEST

/* It knows that it may have voted, and not for what: so it says nothing until the next round. */
START_TEST(a_restarted_replica_makes_no_vote_in_a_round_with_a_permit)
{
    prepare();
    ck_assert_int_eq(replica_restart(&replica, 1), PBFT_OK);
    said("broadcast status 0; timer status 1000");
    ck_assert_int_eq(propose(&rival), PBFT_OK);
    ck_assert_int_eq(replica_check(&replica, &rival_digest, true), PBFT_UNWANTED);
    ck_assert_str_eq(replica_said(&replica), "");
    ck_assert_int_eq(replica_time_out(&replica, PBFT_TIMER_ROUND, 500), PBFT_OK);
    said("persist 1; broadcast round change 1");
}
END_TEST

START_TEST(a_restarted_replica_commits_what_a_quorum_prepares)
{
    prepare();
    ck_assert_int_eq(replica_restart(&replica, 1), PBFT_OK);
    ck_assert_int_eq(propose(&block), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_PREPARE, 1), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_PREPARE, 2), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_PREPARE, 3), PBFT_OK);
    said("check");
    ck_assert_int_eq(replica_check(&replica, &digest, true), PBFT_OK);
    said("persist 1; persist 2; broadcast commit 0");
}
END_TEST

/* Its own vote is none of the certificate, so another one may have been said. */
START_TEST(a_restarted_replica_repeats_no_prepare_that_nothing_shows)
{
    ck_assert_int_eq(propose(&block), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_PREPARE, 1), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_PREPARE, 2), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_PREPARE, 3), PBFT_OK);
    ck_assert_int_eq(replica_restart(&replica, 1), PBFT_OK);
    ck_assert_int_eq(propose(&block), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_PREPARE, 1), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_PREPARE, 2), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_PREPARE, 3), PBFT_OK);
    ck_assert_int_eq(replica_check(&replica, &digest, true), PBFT_OK);
    said("persist 1; persist 2; broadcast commit 0");
    ck_assert_int_eq(replica_restart(&replica, 3), PBFT_OK);
    said("broadcast commit 0; broadcast status 0; timer status 1000; timer round 500");
}
END_TEST

/* Class 9 of docs/testing.md: Tendermint issues 3089 and 5804. */
START_TEST(a_permit_that_was_not_durable_was_not_used_and_binds_nobody)
{
    prepare();
    ck_assert_int_eq(replica_restart(&replica, 0), PBFT_OK);
    ck_assert_int_eq(propose(&rival), PBFT_OK);
    ck_assert_int_eq(replica_check(&replica, &rival_digest, true), PBFT_OK);
    said("broadcast prepare 0");
}
END_TEST

static void stop(const char *expected)
{
    ck_assert_int_eq(replica_step(&replica, (struct pbft_event){.type = PBFT_EVENT_STOP}), PBFT_OK);
    said(expected);
}

START_TEST(a_permit_that_was_not_used_is_given_back_at_an_orderly_end)
{
    stop("persist 2");
    ck_assert_int_eq(replica_restart(&replica, 2), PBFT_OK);
    said("broadcast status 0; timer status 1000; persist 1");
    prepare();
    said("broadcast prepare 0");
    stop("");
    ck_assert_int_eq(replica_restart(&replica, 3), PBFT_OK);
    said("broadcast status 0; timer status 1000");
    stop("");
}
END_TEST

START_TEST(a_permit_of_a_lost_life_is_not_given_back)
{
    ck_assert_int_eq(replica_restart(&replica, 1), PBFT_OK);
    stop("");
    become(1);
    ck_assert_int_eq(replica_work(&replica), PBFT_OK);
    struct pbft_event built = {.type = PBFT_EVENT_BUILT,
                               .u.built = {.height = 1, .body = bytes_of_text("mine")}};
    ck_assert_int_eq(replica_step(&replica, built), PBFT_OK);
    stop("");
}
END_TEST

START_TEST(a_restarted_replica_repeats_its_commit)
{
    commit();
    ck_assert_int_eq(replica_restart(&replica, 3), PBFT_OK);
    said("broadcast prepare 0; broadcast commit 0; broadcast status 0; timer status 1000; "
         "timer round 500");
    ck_assert_int_eq(vote(VOTE_COMMIT, 1), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_COMMIT, 2), PBFT_OK);
    said("decided 1; stop round");
}
END_TEST

/* All power was lost, and with it blocks that the store had not synced: the log brings them back. */
START_TEST(a_restarted_replica_repeats_its_commits_height_by_height)
{
    struct block next;
    struct hash next_digest;
    struct pbft_summary summary;
    committee_next_block(&committee, &next, &next_digest, &block, 2);
    decide();
    ck_assert_int_eq(replica_executed(&replica, 1), PBFT_OK);
    ck_assert_int_eq(propose(&next), PBFT_OK);
    ck_assert_int_eq(replica_check(&replica, &next_digest, true), PBFT_OK);
    for (uint32_t i = 2; i < 4; i++) {
        heard = (struct message){
            .vote = committee_vote(&committee, VOTE_PREPARE, i, 2, 0, &next_digest)};
        ck_assert_int_eq(replica_hear(&replica, &heard), PBFT_OK);
    }
    said("persist 4; persist 5; broadcast commit 0");
    ck_assert_int_eq(replica_restart(&replica, 5), PBFT_OK);
    pbft_summarize(replica.pbft, &summary);
    ck_assert_uint_eq(summary.logged, 2);
    ck_assert_int_eq(vote(VOTE_COMMIT, 1), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_COMMIT, 2), PBFT_OK);
    said("decided 1; stop round; broadcast prepare 0; broadcast commit 0; timer round 500");
}
END_TEST

START_TEST(a_prepared_block_is_waited_for)
{
    struct certificate certificate;
    struct vote like = {.type = VOTE_PREPARE, .height = 1, .digest = digest};
    committee_certify(&committee, &certificate, &like, 1, 3);
    ck_assert_int_eq(change(1, 1, &certificate), PBFT_OK);
    said("timer round 500");
}
END_TEST

START_TEST(a_restarted_replica_changes_to_the_same_round_with_the_same_words)
{
    commit();
    ck_assert_int_eq(replica_time_out(&replica, PBFT_TIMER_ROUND, 500), PBFT_OK);
    struct vote before;
    ck_assert(message_peek(&before, replica.actions.list[1].bytes));
    ck_assert_int_eq(replica_restart(&replica, 4), PBFT_OK);
    said("broadcast round change 1; broadcast commit 0; broadcast status 1; timer status 1000");
    struct vote after;
    ck_assert(message_peek(&after, replica.actions.list[0].bytes));
    ck_assert(bytes_equal(BYTES_OF(before.signature), BYTES_OF(after.signature)));
}
END_TEST

START_TEST(a_restarted_leader_does_not_propose_again)
{
    become(1);
    ck_assert_int_eq(replica_work(&replica), PBFT_OK);
    ck_assert_int_eq(replica_restart(&replica, 1), PBFT_OK);
    ck_assert_int_eq(replica_work(&replica), PBFT_OK);
    said("timer round 500");
}
END_TEST

START_TEST(a_log_that_is_none_of_ours_is_refused)
{
    prepare();
    replica.records[0].data[0] = 0x7F;
    ck_assert_int_eq(replica_restart(&replica, 1), PBFT_REFUSED);
}
END_TEST

START_TEST(reports_who_signs_two_values)
{
    ck_assert_int_eq(vote(VOTE_PREPARE, 1), PBFT_OK);
    ck_assert_int_eq(replica_vote(&replica, VOTE_PREPARE, 1, 0, &rival_digest), PBFT_CONFLICT);
    said("evidence prepare of 1");
    ck_assert_int_eq(vote(VOTE_PREPARE, 1), PBFT_STALE);
    ck_assert_int_eq(vote(VOTE_COMMIT, 3), PBFT_OK);
    ck_assert_int_eq(replica_vote(&replica, VOTE_COMMIT, 3, 0, &rival_digest), PBFT_CONFLICT);
    said("evidence commit of 3");
}
END_TEST

START_TEST(reports_a_leader_with_two_proposals)
{
    ck_assert_int_eq(propose(&block), PBFT_OK);
    ck_assert_int_eq(propose(&rival), PBFT_CONFLICT);
    said("evidence propose of 1");
    ck_assert_int_eq(propose(&block), PBFT_STALE);
}
END_TEST

START_TEST(reports_two_round_changes_to_one_round)
{
    struct certificate certificate;
    struct vote like = {.type = VOTE_PREPARE, .height = 1, .digest = digest};
    committee_certify(&committee, &certificate, &like, 1, 3);
    ck_assert_int_eq(change(2, 1, NULL), PBFT_OK);
    ck_assert_int_eq(change(2, 1, &certificate), PBFT_CONFLICT);
    said("evidence round change of 2");
}
END_TEST

START_TEST(fetches_the_body_of_a_decided_block_from_a_signer)
{
    ck_assert_int_eq(vote(VOTE_COMMIT, 1), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_COMMIT, 2), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_COMMIT, 3), PBFT_OK);
    said("send get body 0 to 1");
    ck_assert_int_eq(replica_time_out(&replica, PBFT_TIMER_STATUS, 1000), PBFT_OK);
    said("broadcast status 0; send get body 0 to 2; timer status 1000");
    heard = (struct message){.has_block = true, .block = block};
    heard.vote = committee_vote(&committee, VOTE_BODY, 2, 1, 0, &digest);
    ck_assert_int_eq(replica_hear(&replica, &heard), PBFT_OK);
    said("decided 1; stop round; persist 2");
}
END_TEST

START_TEST(fetches_the_body_of_a_prepared_block_and_checks_it)
{
    ck_assert_int_eq(vote(VOTE_PREPARE, 1), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_PREPARE, 2), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_PREPARE, 3), PBFT_OK);
    said("send get body 0 to 1");
    heard = (struct message){.has_block = true, .block = block};
    heard.vote = committee_vote(&committee, VOTE_BODY, 1, 1, 0, &digest);
    ck_assert_int_eq(replica_hear(&replica, &heard), PBFT_OK);
    said("check");
    ck_assert_int_eq(replica_check(&replica, &digest, true), PBFT_OK);
    said("persist 2; persist 3; broadcast commit 0");
}
END_TEST

START_TEST(a_body_nobody_asked_for_is_unwanted)
{
    heard = (struct message){.has_block = true, .block = block};
    heard.vote = committee_vote(&committee, VOTE_BODY, 1, 1, 0, &digest);
    ck_assert_int_eq(replica_hear(&replica, &heard), PBFT_UNWANTED);
}
END_TEST

START_TEST(gives_away_the_bodies_it_holds)
{
    ck_assert_int_eq(vote(VOTE_GET_BODY, 3), PBFT_STALE);
    decide();
    ck_assert_int_eq(vote(VOTE_GET_BODY, 3), PBFT_OK);
    said("send body 0 to 3");
}
END_TEST

START_TEST(does_not_vote_for_an_invalid_body)
{
    ck_assert_int_eq(propose(&block), PBFT_OK);
    ck_assert_int_eq(replica_check(&replica, &digest, false), PBFT_OK);
    said("");
    ck_assert_int_eq(replica_check(&replica, &digest, true), PBFT_UNWANTED);
    ck_assert_int_eq(vote(VOTE_PREPARE, 1), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_PREPARE, 2), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_PREPARE, 3), PBFT_OK);
    said("");
}
END_TEST

START_TEST(does_not_vote_for_roots_that_are_not_its_own)
{
    block.header.state_root.bytes[0] = 1;
    block_digest(&digest, &block.header);
    ck_assert_int_eq(propose(&block), PBFT_OK);
    ck_assert_int_eq(replica_check(&replica, &digest, true), PBFT_OK);
    said("");
}
END_TEST

START_TEST(a_leader_waits_for_the_execution_of_the_block_before)
{
    become(2);
    prepare();
    ck_assert_int_eq(vote(VOTE_PREPARE, 1), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_PREPARE, 3), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_COMMIT, 1), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_COMMIT, 3), PBFT_OK);
    (void)replica_work(&replica);
    ck_assert_ptr_null(strstr(replica_said(&replica), "build"));
    ck_assert_int_eq(replica_executed(&replica, 1), PBFT_OK);
    ck_assert_ptr_nonnull(strstr(replica_said(&replica), "build 2 0"));
}
END_TEST

START_TEST(votes_once_the_block_before_is_executed)
{
    struct block next;
    decide();
    committee_next_block(&committee, &next, &digest, &block, 2);
    ck_assert_int_eq(propose(&next), PBFT_OK);
    said("check; timer round 500");
    ck_assert_int_eq(replica_check(&replica, &digest, true), PBFT_OK);
    said("");
    ck_assert_int_eq(replica_executed(&replica, 1), PBFT_OK);
    said("broadcast prepare 0");
    ck_assert_int_eq(replica_executed(&replica, 1), PBFT_STALE);
}
END_TEST

/* Class 32 of docs/testing.md: NTP jumps of many chains. */
START_TEST(refuses_a_time_too_far_from_its_clock)
{
    block.header.time_ms = 1501;
    ck_assert_int_eq(propose(&block), PBFT_REFUSED);
    replica.clock_ms = 2001;
    block.header.time_ms = 1000;
    ck_assert_int_eq(propose(&block), PBFT_REFUSED);
    block.header.time_ms = 1;
    replica.clock_ms = 2;
    ck_assert_int_eq(propose(&block), PBFT_REFUSED);
    replica.clock_ms = 2000;
    block.header.time_ms = 1000;
    ck_assert_int_eq(propose(&block), PBFT_OK);
}
END_TEST

START_TEST(the_next_proposal_decides_this_height)
{
    struct block next;
    struct hash next_digest;
    committee_next_block(&committee, &next, &next_digest, &block, 2);
    prepare();
    ck_assert_int_eq(propose(&next), PBFT_OK);
    said("decided 1; stop round; check; persist 2; timer round 500");
}
END_TEST

START_TEST(votes_of_the_next_height_wait)
{
    struct hash other = {{3}};
    for (uint32_t i = 1; i < 4; i++) {
        heard = (struct message){.vote = committee_vote(&committee, VOTE_COMMIT, i, 2, 0, &other)};
        ck_assert_int_eq(replica_hear(&replica, &heard), PBFT_OK);
        said("");
    }
    heard = (struct message){.vote = committee_vote(&committee, VOTE_COMMIT, 1, 3, 0, &other)};
    ck_assert_int_eq(replica_hear(&replica, &heard), PBFT_FUTURE);
    decide();
    said("decided 1; stop round; send get body 0 to 1; timer round 500");
}
END_TEST

START_TEST(takes_blocks_obtained_by_catching_up)
{
    struct certificate certificate;
    struct vote like = {.type = VOTE_COMMIT, .height = 1, .digest = digest};
    committee_certify(&committee, &certificate, &like, 1, 3);
    struct pbft_event synced = {.type = PBFT_EVENT_SYNCED, .u.synced = {&block, &certificate}};
    ck_assert_int_eq(replica_step(&replica, synced), PBFT_OK);
    said("decided 1");
    ck_assert_int_eq(replica_step(&replica, synced), PBFT_STALE);
    struct block next;
    committee_next_block(&committee, &next, &digest, &rival, 2);
    synced.u.synced.block = &next;
    ck_assert_int_eq(replica_step(&replica, synced), PBFT_REFUSED);
    next.header.height = 3;
    ck_assert_int_eq(replica_step(&replica, synced), PBFT_FUTURE);
}
END_TEST

START_TEST(asks_for_blocks_that_more_than_f_have_decided)
{
    ck_assert_int_eq(status_of(1, 9, 0, false), PBFT_OK);
    ck_assert_int_eq(status_of(2, 5, 0, false), PBFT_OK);
    ck_assert_int_eq(replica_time_out(&replica, PBFT_TIMER_STATUS, 1000), PBFT_OK);
    said("broadcast status 0; sync 5; timer status 1000");
}
END_TEST

START_TEST(a_single_claim_is_followed_by_one_block_only)
{
    ck_assert_int_eq(status_of(1, UINT64_MAX, 0, false), PBFT_OK);
    ck_assert_int_eq(replica_time_out(&replica, PBFT_TIMER_STATUS, 1000), PBFT_OK);
    said("broadcast status 0; sync 1; timer status 1000");
}
END_TEST

START_TEST(repeats_its_words_to_who_may_have_missed_them)
{
    commit();
    ck_assert_int_eq(status_of(3, 0, 0, false), PBFT_OK);
    said("send prepare 0 to 3; send commit 0 to 3");
    ck_assert_int_eq(status_of(3, 0, 1, false), PBFT_OK);
    said("");
    heard = (struct message){.vote = committee_vote(&committee, VOTE_STATUS, 3, 0, 0, &digest),
                             .key = committee.validators.list[3].key};
    ck_assert_int_eq(replica_hear(&replica, &heard), PBFT_REFUSED);
}
END_TEST

START_TEST(a_leader_repeats_its_proposal)
{
    become(1);
    ck_assert_int_eq(replica_work(&replica), PBFT_OK);
    struct pbft_event built = {.type = PBFT_EVENT_BUILT,
                               .u.built = {.height = 1, .body = bytes_of_text("mine")}};
    ck_assert_int_eq(replica_step(&replica, built), PBFT_OK);
    ck_assert_int_eq(status_of(3, 0, 0, false), PBFT_OK);
    said("send propose 0 to 3; send prepare 0 to 3");
    ck_assert_int_eq(status_of(3, 0, 0, true), PBFT_OK);
    said("send prepare 0 to 3");
}
END_TEST

/* Class 13 of docs/testing.md: Fabric 0.6 pull request 1111. */
START_TEST(the_next_leader_builds_when_a_quorum_left_the_round)
{
    become(2);
    ck_assert_int_eq(change(1, 1, NULL), PBFT_OK);
    ck_assert_int_eq(change(3, 1, NULL), PBFT_OK);
    said("persist 2; broadcast round change 1; build 1 1 required; timer round 751");
    struct pbft_event built = {.type = PBFT_EVENT_BUILT,
                               .u.built = {.height = 1, .round = 1, .nothing = true}};
    ck_assert_int_eq(replica_step(&replica, built), PBFT_REFUSED);
    built.u.built.nothing = false;
    ck_assert_int_eq(replica_step(&replica, built), PBFT_OK);
    said("broadcast propose 1; broadcast prepare 1");
}
END_TEST

/* Who changed on to a higher round is no longer counted for this one. */
/* Class 13 of docs/testing.md: Fabric 0.6 pull request 1111. */
START_TEST(a_leader_that_lost_its_quorum_while_building_proposes_nothing)
{
    become(2);
    ck_assert_int_eq(change(1, 1, NULL), PBFT_OK);
    ck_assert_int_eq(change(3, 1, NULL), PBFT_OK);
    ck_assert_int_eq(change(3, 2, NULL), PBFT_OK);
    struct pbft_event built = {.type = PBFT_EVENT_BUILT, .u.built = {.height = 1, .round = 1}};
    ck_assert_int_eq(replica_step(&replica, built), PBFT_STALE);
    said("");
}
END_TEST

START_TEST(the_next_leader_repeats_the_highest_prepared_block)
{
    struct certificate certificate;
    struct vote like = {.type = VOTE_PREPARE, .height = 1, .digest = digest};
    become(2);
    committee_certify(&committee, &certificate, &like, 0, 3);
    ck_assert_int_eq(change(1, 1, NULL), PBFT_OK);
    ck_assert_int_eq(change(3, 1, &certificate), PBFT_OK);
    said("persist 2; broadcast round change 1; send get body 1 to 0; timer round 751");
    heard = (struct message){.has_block = true, .block = block};
    heard.vote = committee_vote(&committee, VOTE_BODY, 0, 1, 0, &digest);
    ck_assert_int_eq(replica_hear(&replica, &heard), PBFT_OK);
    said("broadcast propose 1; check");
    struct message *proposal;
    char error[160];
    ck_assert(message_verify(&proposal, &committee.rules, replica.actions.list[0].bytes, error,
                             sizeof(error)));
    ck_assert(hash_equal(&proposal->vote.digest, &digest));
    message_free(proposal);
    ck_assert_int_eq(replica_check(&replica, &digest, true), PBFT_OK);
    said("broadcast prepare 1");
}
END_TEST

START_TEST(an_observer_follows_and_says_nothing)
{
    become(VALIDATORS_NONE);
    said("timer status 1000");
    ck_assert_int_eq(propose(&block), PBFT_OK);
    said("");
    for (uint32_t i = 1; i < 4; i++) {
        ck_assert_int_eq(vote(VOTE_PREPARE, i), PBFT_OK);
        said("");
    }
    ck_assert_int_eq(vote(VOTE_COMMIT, 1), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_COMMIT, 2), PBFT_OK);
    ck_assert_int_eq(vote(VOTE_COMMIT, 3), PBFT_OK);
    said("decided 1");
}
END_TEST

START_TEST(one_validator_is_a_chain)
{
    committee_init(&committee, 1);
    become(0);
    ck_assert_int_eq(replica_work(&replica), PBFT_OK);
    struct pbft_event built = {.type = PBFT_EVENT_BUILT,
                               .u.built = {.height = 1, .body = bytes_of_text("mine")}};
    ck_assert_int_eq(replica_step(&replica, built), PBFT_OK);
    said("broadcast propose 0; broadcast prepare 0; persist 2; persist 3; broadcast commit 0; "
         "decided 1; stop round");
}
END_TEST

START_TEST(wants_only_what_can_change_something)
{
    struct vote head = committee_vote(&committee, VOTE_PREPARE, 1, 1, 0, &digest);
    ck_assert(pbft_wants(replica.pbft, &head));
    ck_assert_int_eq(vote(VOTE_PREPARE, 1), PBFT_OK);
    ck_assert(!pbft_wants(replica.pbft, &head));
    head.digest = rival_digest;
    ck_assert(pbft_wants(replica.pbft, &head));
    ck_assert_int_eq(replica_vote(&replica, VOTE_PREPARE, 1, 0, &rival_digest), PBFT_CONFLICT);
    said("evidence prepare of 1");
    ck_assert(!pbft_wants(replica.pbft, &head));
    ck_assert_int_eq(replica_vote(&replica, VOTE_PREPARE, 1, 0, &rival_digest), PBFT_CONFLICT);
    said("");
    head.sender = 0;
    ck_assert(!pbft_wants(replica.pbft, &head));
    head.sender = 4;
    ck_assert(!pbft_wants(replica.pbft, &head));
    head = (struct vote){.type = VOTE_BODY, .sender = 1, .height = 1, .digest = digest};
    ck_assert(!pbft_wants(replica.pbft, &head));
    head.type = VOTE_GET_BODY;
    ck_assert(pbft_wants(replica.pbft, &head));
    head.height = 2;
    ck_assert(!pbft_wants(replica.pbft, &head));
    head.type = VOTE_PROPOSE;
    ck_assert(pbft_wants(replica.pbft, &head));
    head.height = 3;
    ck_assert(!pbft_wants(replica.pbft, &head));
    head.type = VOTE_STATUS;
    ck_assert(pbft_wants(replica.pbft, &head));
    head.type = VOTE_TYPE_COUNT;
    ck_assert(!pbft_wants(replica.pbft, &head));
}
END_TEST

START_TEST(wants_no_more_prepares_than_it_needs)
{
    struct vote head = committee_vote(&committee, VOTE_PREPARE, 3, 1, 0, &digest);
    ck_assert(pbft_wants(replica.pbft, &head));
    commit();
    ck_assert(!pbft_wants(replica.pbft, &head));
    head.round = 1;
    ck_assert(pbft_wants(replica.pbft, &head));
    become(VALIDATORS_NONE);
    ck_assert(!pbft_wants(replica.pbft, &head));
}
END_TEST

START_TEST(summarizes_what_a_stuck_replica_knows)
{
    struct pbft_summary summary;
    commit();
    ck_assert_int_eq(status_of(3, 4, 0, false), PBFT_OK);
    pbft_summarize(replica.pbft, &summary);
    ck_assert_uint_eq(summary.height, 1);
    ck_assert_uint_eq(summary.leader, 1);
    ck_assert(summary.prepared && summary.has_proposal && !summary.work);
    ck_assert_uint_eq(summary.prepares, 3);
    ck_assert_uint_eq(summary.commits, 1);
    ck_assert_uint_eq(summary.seen_height[3], 4);
    ck_assert_uint_eq(summary.said[0], PBFT_SAID_PREPARE | PBFT_SAID_COMMIT);
    ck_assert_uint_eq(summary.said[3], 0);
}
END_TEST

START_TEST(every_status_has_a_text)
{
    for (int status = PBFT_OK; status <= PBFT_UNWANTED; status++) {
        ck_assert_str_ne(pbft_status_text((enum pbft_status)status), "unknown status");
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pbft");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, starts_by_telling_its_status_and_writes_a_permit);
    tcase_add_test(tests, votes_under_the_permit_that_it_has);
    tcase_add_test(tests, writes_down_a_prepared_certificate_and_the_next_permit_before_commit);
    tcase_add_test(tests, decides_with_a_quorum_of_commits);
    tcase_add_test(tests, writes_the_permit_of_a_height_that_others_decided);
    tcase_add_test(tests, writes_a_permit_before_it_votes_again_after_catching_up);
    tcase_add_test(tests, a_leader_builds_when_there_is_work);
    tcase_add_test(tests, a_leader_with_nothing_to_order_waits);
    tcase_add_test(tests, work_that_appears_while_building_is_not_forgotten);
    tcase_add_test(tests, no_timer_runs_without_work);
    tcase_add_test(tests, an_early_timer_is_set_again);
    tcase_add_test(tests, a_timeout_writes_down_the_round_before_changing_to_it);
    tcase_add_test(tests, the_timer_of_a_later_round_waits_for_a_quorum);
    tcase_add_test(tests, timeouts_grow_to_30_seconds_and_begin_anew_with_connections);
    tcase_add_test(tests, follows_more_than_f_validators_to_their_round);
    tcase_add_test(tests, rounds_far_ahead_are_refused);
    tcase_add_test(tests, the_highest_round_of_all_is_never_left);
    tcase_add_test(tests, sends_no_commit_for_a_round_it_left);
    tcase_add_test(tests, commits_of_a_round_it_left_still_decide);
    tcase_add_test(tests, a_restarted_replica_makes_no_vote_in_a_round_with_a_permit);
    tcase_add_test(tests, a_restarted_replica_commits_what_a_quorum_prepares);
    tcase_add_test(tests, a_restarted_replica_repeats_no_prepare_that_nothing_shows);
    tcase_add_test(tests, a_permit_that_was_not_used_is_given_back_at_an_orderly_end);
    tcase_add_test(tests, a_permit_of_a_lost_life_is_not_given_back);
    tcase_add_test(tests, a_permit_that_was_not_durable_was_not_used_and_binds_nobody);
    tcase_add_test(tests, a_restarted_replica_repeats_its_commit);
    tcase_add_test(tests, a_restarted_replica_repeats_its_commits_height_by_height);
    tcase_add_test(tests, a_prepared_block_is_waited_for);
    tcase_add_test(tests, a_restarted_replica_changes_to_the_same_round_with_the_same_words);
    tcase_add_test(tests, a_restarted_leader_does_not_propose_again);
    tcase_add_test(tests, a_log_that_is_none_of_ours_is_refused);
    tcase_add_test(tests, reports_who_signs_two_values);
    tcase_add_test(tests, reports_a_leader_with_two_proposals);
    tcase_add_test(tests, reports_two_round_changes_to_one_round);
    tcase_add_test(tests, fetches_the_body_of_a_decided_block_from_a_signer);
    tcase_add_test(tests, fetches_the_body_of_a_prepared_block_and_checks_it);
    tcase_add_test(tests, a_body_nobody_asked_for_is_unwanted);
    tcase_add_test(tests, gives_away_the_bodies_it_holds);
    tcase_add_test(tests, does_not_vote_for_an_invalid_body);
    tcase_add_test(tests, does_not_vote_for_roots_that_are_not_its_own);
    tcase_add_test(tests, a_leader_waits_for_the_execution_of_the_block_before);
    tcase_add_test(tests, votes_once_the_block_before_is_executed);
    tcase_add_test(tests, refuses_a_time_too_far_from_its_clock);
    tcase_add_test(tests, the_next_proposal_decides_this_height);
    tcase_add_test(tests, votes_of_the_next_height_wait);
    tcase_add_test(tests, takes_blocks_obtained_by_catching_up);
    tcase_add_test(tests, asks_for_blocks_that_more_than_f_have_decided);
    tcase_add_test(tests, a_single_claim_is_followed_by_one_block_only);
    tcase_add_test(tests, repeats_its_words_to_who_may_have_missed_them);
    tcase_add_test(tests, a_leader_repeats_its_proposal);
    tcase_add_test(tests, the_next_leader_builds_when_a_quorum_left_the_round);
    tcase_add_test(tests, a_leader_that_lost_its_quorum_while_building_proposes_nothing);
    tcase_add_test(tests, the_next_leader_repeats_the_highest_prepared_block);
    tcase_add_test(tests, an_observer_follows_and_says_nothing);
    tcase_add_test(tests, one_validator_is_a_chain);
    tcase_add_test(tests, wants_only_what_can_change_something);
    tcase_add_test(tests, wants_no_more_prepares_than_it_needs);
    tcase_add_test(tests, summarizes_what_a_stuck_replica_knows);
    tcase_add_test(tests, every_status_has_a_text);
    return check_run("pbft", tests);
}
