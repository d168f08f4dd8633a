/* How a replica gets bodies and blocks that it lacks, and gives others what they lack. */
#include "consensus/pbft.h"

#include "tests/lib/check_run.h"
#include "tests/lib/lone_replica.h"

/* Catching up there is no vote, so no permit; the first vote after it waits for one. */
START_TEST(writes_a_permit_before_it_votes_again_after_catching_up)
{
    struct certificate certificate;
    struct vote like = {.type = VOTE_COMMIT, .height = 1, .digest = lone.digest};
    committee_certify(&lone.committee, &certificate, &like, 1, 3);
    struct pbft_event synced = {.type = PBFT_EVENT_SYNCED, .u.synced = {&lone.block, &certificate}};
    lone_become(2); /* who leads height 2 */
    ck_assert_int_eq(replica_step(&lone.replica, synced), PBFT_OK);
    lone_said("decided 1");
    ck_assert_int_eq(replica_executed(&lone.replica, 1), PBFT_OK);
    ck_assert_int_eq(replica_work(&lone.replica), PBFT_OK);
    lone_said("persist 2; build 2 0; timer round 500");
    lone_become(0);
    ck_assert_int_eq(replica_step(&lone.replica, synced), PBFT_OK);
    ck_assert_int_eq(replica_executed(&lone.replica, 1), PBFT_OK);
    struct block next;
    committee_next_block(&lone.committee, &next, &lone.digest, &lone.block, 2);
    ck_assert_int_eq(lone_propose(&next), PBFT_OK);
    ck_assert_int_eq(replica_check(&lone.replica, &lone.digest, true), PBFT_OK);
    lone_said("persist 2; broadcast prepare 0");
}
END_TEST

START_TEST(fetches_the_body_of_a_decided_block_from_a_signer)
{
    ck_assert_int_eq(lone_vote(VOTE_COMMIT, 1), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_COMMIT, 2), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_COMMIT, 3), PBFT_OK);
    lone_said("send get body 0 to 1");
    ck_assert_int_eq(replica_time_out(&lone.replica, PBFT_TIMER_STATUS, 1000), PBFT_OK);
    lone_said("broadcast status 0; send get body 0 to 2; timer status 1000");
    lone.heard = (struct message){.has_block = true, .block = lone.block};
    lone.heard.vote = committee_vote(&lone.committee, VOTE_BODY, 2, 1, 0, &lone.digest);
    ck_assert_int_eq(replica_hear(&lone.replica, &lone.heard), PBFT_OK);
    lone_said("decided 1; stop round; persist 2");
}
END_TEST

START_TEST(fetches_the_body_of_a_prepared_block_and_checks_it)
{
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 1), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 2), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 3), PBFT_OK);
    lone_said("send get body 0 to 1");
    lone.heard = (struct message){.has_block = true, .block = lone.block};
    lone.heard.vote = committee_vote(&lone.committee, VOTE_BODY, 1, 1, 0, &lone.digest);
    ck_assert_int_eq(replica_hear(&lone.replica, &lone.heard), PBFT_OK);
    lone_said("check");
    ck_assert_int_eq(replica_check(&lone.replica, &lone.digest, true), PBFT_OK);
    lone_said("persist 2; persist 3; broadcast commit 0");
}
END_TEST

START_TEST(a_body_nobody_asked_for_is_unwanted)
{
    lone.heard = (struct message){.has_block = true, .block = lone.block};
    lone.heard.vote = committee_vote(&lone.committee, VOTE_BODY, 1, 1, 0, &lone.digest);
    ck_assert_int_eq(replica_hear(&lone.replica, &lone.heard), PBFT_UNWANTED);
}
END_TEST

START_TEST(gives_away_the_bodies_it_holds)
{
    ck_assert_int_eq(lone_vote(VOTE_GET_BODY, 3), PBFT_STALE);
    lone_decide();
    ck_assert_int_eq(lone_vote(VOTE_GET_BODY, 3), PBFT_OK);
    lone_said("send body 0 to 3");
}
END_TEST

START_TEST(takes_blocks_obtained_by_catching_up)
{
    struct certificate certificate;
    struct vote like = {.type = VOTE_COMMIT, .height = 1, .digest = lone.digest};
    committee_certify(&lone.committee, &certificate, &like, 1, 3);
    struct pbft_event synced = {.type = PBFT_EVENT_SYNCED, .u.synced = {&lone.block, &certificate}};
    ck_assert_int_eq(replica_step(&lone.replica, synced), PBFT_OK);
    lone_said("decided 1");
    ck_assert_int_eq(replica_step(&lone.replica, synced), PBFT_STALE);
    struct block next;
    committee_next_block(&lone.committee, &next, &lone.digest, &lone.rival, 2);
    synced.u.synced.block = &next;
    ck_assert_int_eq(replica_step(&lone.replica, synced), PBFT_REFUSED);
    next.header.height = 3;
    ck_assert_int_eq(replica_step(&lone.replica, synced), PBFT_FUTURE);
}
END_TEST

static void synced(const struct block *block)
{
    struct certificate certificate;
    struct vote like = {.type = VOTE_COMMIT, .height = block->header.height};
    block_digest(&like.digest, &block->header);
    committee_certify(&lone.committee, &certificate, &like, 1, 3);
    struct pbft_event event = {.type = PBFT_EVENT_SYNCED, .u.synced = {block, &certificate}};
    ck_assert_int_eq(replica_step(&lone.replica, event), PBFT_OK);
}

/* Block 1 may change what the body of block 3 may hold. */
START_TEST(a_body_is_checked_once_the_block_two_before_was_executed)
{
    struct block second;
    struct block third;
    struct hash digest;
    committee_next_block(&lone.committee, &second, &digest, &lone.block, 2);
    committee_next_block(&lone.committee, &third, &digest, &second, 3);
    synced(&lone.block);
    synced(&second);
    ck_assert_int_eq(lone_propose(&third), PBFT_OK);
    lone_said("timer round 500");
    ck_assert_int_eq(replica_executed(&lone.replica, 1), PBFT_OK);
    lone_said("check");
}
END_TEST

START_TEST(asks_for_blocks_that_more_than_f_have_decided)
{
    ck_assert_int_eq(lone_status(1, 9, 0, false), PBFT_OK);
    ck_assert_int_eq(lone_status(2, 5, 0, false), PBFT_OK);
    ck_assert_int_eq(replica_time_out(&lone.replica, PBFT_TIMER_STATUS, 1000), PBFT_OK);
    lone_said("broadcast status 0; sync 5; timer status 1000");
}
END_TEST

START_TEST(a_single_claim_is_followed_by_one_block_only)
{
    ck_assert_int_eq(lone_status(1, UINT64_MAX, 0, false), PBFT_OK);
    ck_assert_int_eq(replica_time_out(&lone.replica, PBFT_TIMER_STATUS, 1000), PBFT_OK);
    lone_said("broadcast status 0; sync 1; timer status 1000");
}
END_TEST

START_TEST(repeats_its_words_to_who_may_have_missed_them)
{
    lone_commit();
    ck_assert_int_eq(lone_status(3, 0, 0, false), PBFT_OK);
    lone_said("send prepare 0 to 3; send commit 0 to 3");
    ck_assert_int_eq(lone_status(3, 0, 1, false), PBFT_OK);
    lone_said("");
    lone.heard = (struct message){
        .vote = committee_vote(&lone.committee, VOTE_STATUS, 3, 0, 0, &lone.digest),
        .key = lone.committee.validators.list[3].key};
    ck_assert_int_eq(replica_hear(&lone.replica, &lone.heard), PBFT_REFUSED);
}
END_TEST

START_TEST(a_leader_repeats_its_proposal)
{
    lone_become(1);
    ck_assert_int_eq(replica_work(&lone.replica), PBFT_OK);
    struct pbft_event built = {.type = PBFT_EVENT_BUILT,
                               .u.built = {.height = 1, .body = bytes_of_text("mine")}};
    ck_assert_int_eq(replica_step(&lone.replica, built), PBFT_OK);
    ck_assert_int_eq(lone_status(3, 0, 0, false), PBFT_OK);
    lone_said("send propose 0 to 3; send prepare 0 to 3");
    ck_assert_int_eq(lone_status(3, 0, 0, true), PBFT_OK);
    lone_said("send prepare 0 to 3");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pbft catch up");
    tcase_add_checked_fixture(tests, lone_set_up, lone_tear_down);
    tcase_add_test(tests, writes_a_permit_before_it_votes_again_after_catching_up);
    tcase_add_test(tests, fetches_the_body_of_a_decided_block_from_a_signer);
    tcase_add_test(tests, fetches_the_body_of_a_prepared_block_and_checks_it);
    tcase_add_test(tests, a_body_nobody_asked_for_is_unwanted);
    tcase_add_test(tests, gives_away_the_bodies_it_holds);
    tcase_add_test(tests, takes_blocks_obtained_by_catching_up);
    tcase_add_test(tests, a_body_is_checked_once_the_block_two_before_was_executed);
    tcase_add_test(tests, asks_for_blocks_that_more_than_f_have_decided);
    tcase_add_test(tests, a_single_claim_is_followed_by_one_block_only);
    tcase_add_test(tests, repeats_its_words_to_who_may_have_missed_them);
    tcase_add_test(tests, a_leader_repeats_its_proposal);
    return check_run("pbft catch up", tests);
}
