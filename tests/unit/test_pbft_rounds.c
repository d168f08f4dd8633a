/* The timers of a replica, and how it leaves a round and leads the next. */
#include "consensus/pbft.h"

#include "tests/lib/check_run.h"
#include "tests/lib/lone_replica.h"

/* Class 18 of docs/testing.md: Besu issues 2095, 10917, 8354, FISCO pull request 3305. */
START_TEST(no_timer_runs_without_work)
{
    ck_assert_int_eq(replica_time_out(&lone.replica, PBFT_TIMER_ROUND, 500), PBFT_STALE);
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 1), PBFT_OK);
    lone_said("");
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 2), PBFT_OK);
    lone_said("timer round 500");
}
END_TEST

/* Class 25 of docs/testing.md: FISCO pull request 2854, CometBFT issue 3092. */
START_TEST(an_early_timer_is_set_again)
{
    ck_assert_int_eq(replica_work(&lone.replica), PBFT_OK);
    lone_said("timer round 500");
    ck_assert_int_eq(replica_time_out(&lone.replica, PBFT_TIMER_ROUND, 499), PBFT_OK);
    lone_said("timer round 1");
}
END_TEST

START_TEST(a_timeout_writes_down_the_round_before_changing_to_it)
{
    ck_assert_int_eq(replica_work(&lone.replica), PBFT_OK);
    ck_assert_int_eq(replica_time_out(&lone.replica, PBFT_TIMER_ROUND, 500), PBFT_OK);
    lone_said("persist 2; broadcast round change 1");
}
END_TEST

START_TEST(the_timer_of_a_later_round_waits_for_a_quorum)
{
    ck_assert_int_eq(replica_work(&lone.replica), PBFT_OK);
    ck_assert_int_eq(replica_time_out(&lone.replica, PBFT_TIMER_ROUND, 500), PBFT_OK);
    ck_assert_int_eq(lone_change(1, 1, NULL), PBFT_OK);
    lone_said("");
    ck_assert_int_eq(lone_change(2, 1, NULL), PBFT_OK);
    lone_said("timer round 751");
}
END_TEST

/* Class 14 of docs/testing.md: Tendermint issue 1464, Besu documentation issue 611. */
START_TEST(timeouts_grow_to_30_seconds_and_begin_anew_with_connections)
{
    struct pbft_event peers = {.type = PBFT_EVENT_PEERS, .u.connected = 2};
    ck_assert_int_eq(lone_change(1, 900, NULL), PBFT_OK);
    ck_assert_int_eq(lone_change(2, 900, NULL), PBFT_OK);
    lone_said("persist 2; broadcast round change 900; timer round 30000");
    ck_assert_int_eq(replica_step(&lone.replica, peers), PBFT_OK);
    peers.u.connected = 3;
    ck_assert_int_eq(replica_step(&lone.replica, peers), PBFT_OK);
    lone_said("timer round 500; broadcast status 900");
}
END_TEST

/* Class 22 of docs/testing.md: FISCO pull requests 2731, 2073, 4890. */
START_TEST(follows_more_than_f_validators_to_their_round)
{
    ck_assert_int_eq(lone_change(1, 9, NULL), PBFT_OK);
    lone_said("");
    ck_assert_int_eq(lone_change(2, 7, NULL), PBFT_OK);
    lone_said("persist 2; broadcast round change 7; timer round 8566");
    ck_assert_int_eq(lone_change(2, 6, NULL), PBFT_STALE);
}
END_TEST

/* Class 26 of docs/testing.md: celo issues 182 and 183, GHSA-23rh-rrqg-wq82. */
START_TEST(rounds_far_ahead_are_refused)
{
    ck_assert_int_eq(lone_change(1, PBFT_ROUND_DISTANCE_MAX, NULL), PBFT_OK);
    ck_assert_int_eq(lone_change(2, PBFT_ROUND_DISTANCE_MAX + 1, NULL), PBFT_FUTURE);
    ck_assert_int_eq(lone_change(3, UINT32_MAX, NULL), PBFT_FUTURE);
    ck_assert_int_eq(replica_vote(&lone.replica, VOTE_COMMIT, 3, UINT32_MAX, &lone.digest),
                     PBFT_FUTURE);
}
END_TEST

/* Class 21 of docs/testing.md: FISCO issue 2211, pull requests 2311, 3114. */
START_TEST(the_highest_round_of_all_is_never_left)
{
    struct pbft_summary summary;
    struct buffer *record = &lone.replica.records[lone.replica.record_count++];
    bcs_write_u8(record, 2);
    bcs_write_u64(record, 1);
    bcs_write_u32(record, UINT32_MAX);
    ck_assert_int_eq(replica_restart(&lone.replica, 2), PBFT_OK);
    ck_assert_int_eq(lone_change(1, UINT32_MAX, NULL), PBFT_OK);
    ck_assert_int_eq(lone_change(2, UINT32_MAX, NULL), PBFT_OK);
    lone_said("timer round 30000");
    ck_assert_int_eq(replica_time_out(&lone.replica, PBFT_TIMER_ROUND, 30000), PBFT_OK);
    lone_said("timer round 30000");
    pbft_summarize(lone.replica.pbft, &summary);
    ck_assert_uint_eq(summary.round, UINT32_MAX);
    ck_assert_uint_eq(summary.leader, (1 + 3) % 4);
}
END_TEST

/* Class 6 of docs/testing.md: NEO pull requests 642 and 653. */
START_TEST(sends_no_commit_for_a_round_it_left)
{
    lone_prepare();
    ck_assert_int_eq(replica_time_out(&lone.replica, PBFT_TIMER_ROUND, 500), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 1), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 2), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 3), PBFT_OK);
    lone_said("");
    ck_assert_int_eq(lone_propose(&lone.rival), PBFT_STALE);
}
END_TEST

/* Class 16 of docs/testing.md: Tendermint issues 1690, 5009, 3815, CometBFT issues 4461, 1430. */
START_TEST(commits_of_a_round_it_left_still_decide)
{
    lone_prepare();
    ck_assert_int_eq(replica_time_out(&lone.replica, PBFT_TIMER_ROUND, 500), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_COMMIT, 1), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_COMMIT, 2), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_COMMIT, 3), PBFT_OK);
    lone_said("decided 1; persist 3");
}
END_TEST

START_TEST(a_prepared_block_is_waited_for)
{
    struct certificate certificate;
    struct vote like = {.type = VOTE_PREPARE, .height = 1, .digest = lone.digest};
    committee_certify(&lone.committee, &certificate, &like, 1, 3);
    ck_assert_int_eq(lone_change(1, 1, &certificate), PBFT_OK);
    lone_said("timer round 500");
}
END_TEST

START_TEST(reports_two_round_changes_to_one_round)
{
    struct certificate certificate;
    struct vote like = {.type = VOTE_PREPARE, .height = 1, .digest = lone.digest};
    committee_certify(&lone.committee, &certificate, &like, 1, 3);
    ck_assert_int_eq(lone_change(2, 1, NULL), PBFT_OK);
    ck_assert_int_eq(lone_change(2, 1, &certificate), PBFT_CONFLICT);
    lone_said("evidence round change of 2");
}
END_TEST

/* Class 13 of docs/testing.md: Fabric 0.6 pull request 1111. */
START_TEST(the_next_leader_builds_when_a_quorum_left_the_round)
{
    lone_become(2);
    ck_assert_int_eq(lone_change(1, 1, NULL), PBFT_OK);
    ck_assert_int_eq(lone_change(3, 1, NULL), PBFT_OK);
    lone_said("persist 2; broadcast round change 1; build 1 1 required; timer round 751");
    struct pbft_event built = {.type = PBFT_EVENT_BUILT,
                               .u.built = {.height = 1, .round = 1, .nothing = true}};
    ck_assert_int_eq(replica_step(&lone.replica, built), PBFT_REFUSED);
    built.u.built.nothing = false;
    ck_assert_int_eq(replica_step(&lone.replica, built), PBFT_OK);
    lone_said("broadcast propose 1; broadcast prepare 1");
}
END_TEST

/* Who changed on to a higher round is no longer counted for this one. */
/* Class 13 of docs/testing.md: Fabric 0.6 pull request 1111. */
START_TEST(a_leader_that_lost_its_quorum_while_building_proposes_nothing)
{
    lone_become(2);
    ck_assert_int_eq(lone_change(1, 1, NULL), PBFT_OK);
    ck_assert_int_eq(lone_change(3, 1, NULL), PBFT_OK);
    ck_assert_int_eq(lone_change(3, 2, NULL), PBFT_OK);
    struct pbft_event built = {.type = PBFT_EVENT_BUILT, .u.built = {.height = 1, .round = 1}};
    ck_assert_int_eq(replica_step(&lone.replica, built), PBFT_STALE);
    lone_said("");
}
END_TEST

START_TEST(the_next_leader_repeats_the_highest_prepared_block)
{
    struct certificate certificate;
    struct vote like = {.type = VOTE_PREPARE, .height = 1, .digest = lone.digest};
    lone_become(2);
    committee_certify(&lone.committee, &certificate, &like, 0, 3);
    ck_assert_int_eq(lone_change(1, 1, NULL), PBFT_OK);
    ck_assert_int_eq(lone_change(3, 1, &certificate), PBFT_OK);
    lone_said("persist 2; broadcast round change 1; send get body 1 to 3; timer round 751");
    lone.heard = (struct message){.has_block = true, .block = lone.block};
    lone.heard.vote = committee_vote(&lone.committee, VOTE_BODY, 3, 1, 0, &lone.digest);
    ck_assert_int_eq(replica_hear(&lone.replica, &lone.heard), PBFT_OK);
    lone_said("broadcast propose 1; check");
    struct message *proposal;
    char error[160];
    ck_assert(message_verify(&proposal, &lone.committee.rules, lone.replica.actions.list[0].bytes,
                             error, sizeof(error)));
    ck_assert(hash_equal(&proposal->vote.digest, &lone.digest));
    message_free(proposal);
    ck_assert_int_eq(replica_check(&lone.replica, &lone.digest, true), PBFT_OK);
    lone_said("broadcast prepare 1");
}
END_TEST

/* Classes 12 and 13 of docs/testing.md. The liar has collected votes for a block of an earlier round that the others
 * have forgotten for the one of a later round, and shows it first in every round. */
START_TEST(a_prepared_block_that_nobody_gives_stops_nothing)
{
    struct certificate certificate;
    struct vote like = {.type = VOTE_PREPARE, .height = 1, .digest = lone.rival_digest};
    lone_become(2);
    committee_certify(&lone.committee, &certificate, &like, 0, 3);
    ck_assert_int_eq(lone_change(3, 1, &certificate), PBFT_OK);
    ck_assert_int_eq(lone_change(0, 1, NULL), PBFT_OK);
    lone_said(
        "persist 2; broadcast round change 1; stop round; send get body 1 to 3; timer round 751");
    ck_assert_int_eq(lone_change(1, 1, NULL), PBFT_OK);
    lone_said("build 1 1 required");
    struct pbft_event built = {.type = PBFT_EVENT_BUILT,
                               .u.built = {.height = 1, .round = 1, .body = bytes_of_text("new")}};
    ck_assert(lone.committee.rules.body_digest(lone.committee.rules.data, &built.u.built.tx_root,
                                               built.u.built.body));
    ck_assert_int_eq(replica_step(&lone.replica, built), PBFT_OK);
    lone_said("broadcast propose 1; broadcast prepare 1");
    struct message *proposal;
    char error[160];
    ck_assert(message_verify(&proposal, &lone.committee.rules, lone.replica.actions.list[0].bytes,
                             error, sizeof(error)));
    ck_assert(!proposal->prepared.present);
    message_free(proposal);
}
END_TEST

/* Class 13 of docs/testing.md: Fabric 0.6 pull request 1111. Two show blocks, and the higher
 * one is the liar's. */
START_TEST(who_gives_no_block_is_passed_over_for_another)
{
    struct certificate of_block;
    struct certificate of_rival;
    struct vote like = {.type = VOTE_PREPARE, .height = 1, .digest = lone.digest};
    lone_become(3); /* who leads round 2 */
    committee_certify(&lone.committee, &of_block, &like, 0, 3);
    like = (struct vote){VOTE_PREPARE, 0, 1, 1, lone.rival_digest, {{0}}};
    committee_certify(&lone.committee, &of_rival, &like, 0, 3);
    ck_assert_int_eq(lone_change(0, 2, &of_rival), PBFT_OK);
    ck_assert_int_eq(lone_change(1, 2, NULL), PBFT_OK);
    lone_said(
        "persist 2; broadcast round change 2; stop round; send get body 2 to 0; timer round 1127");
    ck_assert_int_eq(lone_change(2, 2, &of_block), PBFT_OK);
    ck_assert_int_eq(replica_time_out(&lone.replica, PBFT_TIMER_STATUS, 1000), PBFT_OK);
    lone_said("broadcast status 2; send get body 2 to 1; timer status 1000; send get body 2 to 2");
    lone.heard = (struct message){.has_block = true, .block = lone.block};
    lone.heard.vote = committee_vote(&lone.committee, VOTE_BODY, 2, 1, 0, &lone.digest);
    ck_assert_int_eq(replica_hear(&lone.replica, &lone.heard), PBFT_OK);
    lone_said("broadcast propose 2; check");
}
END_TEST

static enum pbft_status hear_body(const struct block *block, uint32_t sender)
{
    struct hash digest;
    block_digest(&digest, &block->header);
    lone.heard = (struct message){.has_block = true, .block = *block};
    lone.heard.vote =
        committee_vote(&lone.committee, VOTE_BODY, sender, block->header.height, 0, &digest);
    return replica_hear(&lone.replica, &lone.heard);
}

/* Replica 0, who leads round 3, is shown the rival by so many that it needs it, and asks for it. */
static void lead_without_the_rival(void)
{
    struct certificate certificate;
    struct vote like = {.type = VOTE_PREPARE, .height = 1, .digest = lone.rival_digest};
    committee_certify(&lone.committee, &certificate, &like, 1, 3);
    ck_assert_int_eq(lone_change(1, 3, &certificate), PBFT_OK);
    ck_assert_int_eq(lone_change(2, 3, &certificate), PBFT_OK);
    lone_said(
        "persist 2; broadcast round change 3; stop round; send get body 3 to 1; timer round 1691");
}

/* Round 1 decided lone.block, which the replica has never seen. */
static void commit_unseen(void)
{
    for (uint32_t i = 1; i <= 3; i++) {
        ck_assert_int_eq(replica_vote(&lone.replica, VOTE_COMMIT, i, 1, &lone.digest), PBFT_OK);
    }
}

/* Class 17 of docs/testing.md: Tendermint issues 861 and 1575. */
START_TEST(a_decided_block_is_asked_for_before_one_that_is_shown)
{
    struct vote asked;
    lead_without_the_rival();
    commit_unseen();
    lone_said("send get body 3 to 1");
    ck_assert(message_peek(&asked, lone.replica.actions.list[0].bytes));
    ck_assert(hash_equal(&asked.digest, &lone.digest));
    ck_assert_int_eq(lone_change(3, 3, NULL), PBFT_OK);
    lone_said(""); /* and so it stays */
    ck_assert_int_eq(hear_body(&lone.rival, 1), PBFT_UNWANTED);
    ck_assert_int_eq(hear_body(&lone.block, 1), PBFT_OK);
    lone_said("decided 1; stop round; persist 3");
}
END_TEST

/* Who waits for what a body lacks asks whether that is of use still. */
START_TEST(a_check_is_open_while_its_block_is_held)
{
    struct certificate certificate;
    struct vote like = {.type = VOTE_PREPARE, .height = 1, .digest = lone.rival_digest};
    committee_certify(&lone.committee, &certificate, &like, 1, 3);
    ck_assert_int_eq(lone_propose(&lone.block), PBFT_OK);
    ck_assert(pbft_checks(lone.replica.pbft, &lone.digest));
    ck_assert(!pbft_checks(lone.replica.pbft, &lone.rival_digest));
    lone.heard = (struct message){.has_block = true, .block = lone.rival};
    for (uint32_t i = 1; i <= 3; i++) {
        struct message change;
        committee_change(&lone.committee, &change, i, 1, 1, i == 1 ? &certificate : NULL);
        committee_quote(&lone.heard, &change);
    }
    lone.heard.has_certificate = true;
    lone.heard.certificate = certificate;
    lone.heard.vote = committee_vote(&lone.committee, VOTE_PROPOSE, 2, 1, 1, &lone.rival_digest);
    ck_assert_int_eq(replica_hear(&lone.replica, &lone.heard), PBFT_OK);
    ck_assert(!pbft_checks(lone.replica.pbft, &lone.digest));
    ck_assert(pbft_checks(lone.replica.pbft, &lone.rival_digest));
    ck_assert_int_eq(replica_check(&lone.replica, &lone.rival_digest, true), PBFT_OK);
    ck_assert(!pbft_checks(lone.replica.pbft, &lone.rival_digest));
}
END_TEST

/* A liar votes for the block, and in a later round before its body has come. */
START_TEST(a_later_vote_does_not_take_back_a_decision)
{
    commit_unseen();
    lone_said("send get body 0 to 1");
    ck_assert_int_eq(replica_vote(&lone.replica, VOTE_COMMIT, 3, 9, &lone.rival_digest), PBFT_OK);
    ck_assert_int_eq(hear_body(&lone.block, 1), PBFT_OK);
    lone_said("decided 1; stop round; persist 2");
}
END_TEST

static void vote_at_2(enum vote_type type, uint32_t round, const struct hash *digest)
{
    for (uint32_t i = 1; i <= 3; i++) {
        lone.heard =
            (struct message){.vote = committee_vote(&lone.committee, type, i, 2, round, digest)};
        ck_assert_int_eq(replica_hear(&lone.replica, &lone.heard), PBFT_OK);
    }
}

/* It waits for the execution of the block before to tell who votes next. */
START_TEST(a_decided_block_that_waits_is_not_overwritten)
{
    struct block next;
    struct hash digest;
    lone_decide();
    committee_next_block(&lone.committee, &next, &digest, &lone.block, 2);
    next.header.next_validators_hash.bytes[0] ^= 1;
    block_digest(&digest, &next.header);
    vote_at_2(VOTE_COMMIT, 1, &digest);
    ck_assert_int_eq(hear_body(&next, 1), PBFT_OK);
    lone_said("");
    vote_at_2(VOTE_PREPARE, 0, &lone.rival_digest); /* a liar's, before that */
    lone_said("");
    ck_assert_int_eq(replica_executed(&lone.replica, 1), PBFT_OK);
    lone_said("decided 2; stop round; persist 4");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pbft rounds");
    tcase_add_checked_fixture(tests, lone_set_up, lone_tear_down);
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
    tcase_add_test(tests, a_prepared_block_is_waited_for);
    tcase_add_test(tests, reports_two_round_changes_to_one_round);
    tcase_add_test(tests, the_next_leader_builds_when_a_quorum_left_the_round);
    tcase_add_test(tests, a_leader_that_lost_its_quorum_while_building_proposes_nothing);
    tcase_add_test(tests, the_next_leader_repeats_the_highest_prepared_block);
    tcase_add_test(tests, a_prepared_block_that_nobody_gives_stops_nothing);
    tcase_add_test(tests, who_gives_no_block_is_passed_over_for_another);
    tcase_add_test(tests, a_decided_block_is_asked_for_before_one_that_is_shown);
    tcase_add_test(tests, a_check_is_open_while_its_block_is_held);
    tcase_add_test(tests, a_later_vote_does_not_take_back_a_decision);
    tcase_add_test(tests, a_decided_block_that_waits_is_not_overwritten);
    return check_run("pbft rounds", tests);
}
