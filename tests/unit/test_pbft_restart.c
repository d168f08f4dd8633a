/* What a replica does again, and never does again, after it lost all but its records. */
#include "consensus/pbft.h"

#include "tests/lib/check_run.h"
#include "tests/lib/lone_replica.h"

/* It knows that it may have voted, and not for what: so it says nothing until the next round. */
START_TEST(a_restarted_replica_makes_no_vote_in_a_round_with_a_permit)
{
    lone_prepare();
    ck_assert_int_eq(replica_restart(&lone.replica, 1), PBFT_OK);
    lone_said("broadcast status 0; timer status 1000");
    ck_assert_int_eq(lone_propose(&lone.rival), PBFT_OK);
    ck_assert_int_eq(replica_check(&lone.replica, &lone.rival_digest, true), PBFT_UNWANTED);
    ck_assert_str_eq(replica_said(&lone.replica), "");
    ck_assert_int_eq(replica_time_out(&lone.replica, PBFT_TIMER_ROUND, 500), PBFT_OK);
    lone_said("persist 1; broadcast round change 1");
}
END_TEST

START_TEST(a_restarted_replica_commits_what_a_quorum_prepares)
{
    lone_prepare();
    ck_assert_int_eq(replica_restart(&lone.replica, 1), PBFT_OK);
    ck_assert_int_eq(lone_propose(&lone.block), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 1), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 2), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 3), PBFT_OK);
    lone_said("check");
    ck_assert_int_eq(replica_check(&lone.replica, &lone.digest, true), PBFT_OK);
    lone_said("persist 1; persist 2; broadcast commit 0");
}
END_TEST

/* Its own vote is none of the certificate, so another one may have been said. */
START_TEST(a_restarted_replica_repeats_no_prepare_that_nothing_shows)
{
    ck_assert_int_eq(lone_propose(&lone.block), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 1), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 2), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 3), PBFT_OK);
    ck_assert_int_eq(replica_restart(&lone.replica, 1), PBFT_OK);
    ck_assert_int_eq(lone_propose(&lone.block), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 1), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 2), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 3), PBFT_OK);
    ck_assert_int_eq(replica_check(&lone.replica, &lone.digest, true), PBFT_OK);
    lone_said("persist 1; persist 2; broadcast commit 0");
    ck_assert_int_eq(replica_restart(&lone.replica, 3), PBFT_OK);
    lone_said("broadcast commit 0; broadcast status 0; timer status 1000; timer round 500");
}
END_TEST

/* Class 9 of docs/testing.md: Tendermint issues 3089 and 5804. */
START_TEST(a_permit_that_was_not_durable_was_not_used_and_binds_nobody)
{
    lone_prepare();
    ck_assert_int_eq(replica_restart(&lone.replica, 0), PBFT_OK);
    ck_assert_int_eq(lone_propose(&lone.rival), PBFT_OK);
    ck_assert_int_eq(replica_check(&lone.replica, &lone.rival_digest, true), PBFT_OK);
    lone_said("broadcast prepare 0");
}
END_TEST

static void stop(const char *expected)
{
    ck_assert_int_eq(replica_step(&lone.replica, (struct pbft_event){.type = PBFT_EVENT_STOP}),
                     PBFT_OK);
    lone_said(expected);
}

START_TEST(a_permit_that_was_not_used_is_given_back_at_an_orderly_end)
{
    stop("persist 2");
    ck_assert_int_eq(replica_restart(&lone.replica, 2), PBFT_OK);
    lone_said("broadcast status 0; timer status 1000; persist 1");
    lone_prepare();
    lone_said("broadcast prepare 0");
    stop("");
    ck_assert_int_eq(replica_restart(&lone.replica, 3), PBFT_OK);
    lone_said("broadcast status 0; timer status 1000");
    stop("");
}
END_TEST

START_TEST(a_permit_of_a_lost_life_is_not_given_back)
{
    ck_assert_int_eq(replica_restart(&lone.replica, 1), PBFT_OK);
    stop("");
    lone_become(1);
    ck_assert_int_eq(replica_work(&lone.replica), PBFT_OK);
    struct pbft_event built = {.type = PBFT_EVENT_BUILT,
                               .u.built = {.height = 1, .body = bytes_of_text("mine")}};
    ck_assert_int_eq(replica_step(&lone.replica, built), PBFT_OK);
    stop("");
}
END_TEST

START_TEST(a_restarted_replica_repeats_its_commit)
{
    lone_commit();
    ck_assert_int_eq(replica_restart(&lone.replica, 3), PBFT_OK);
    lone_said("broadcast prepare 0; broadcast commit 0; broadcast status 0; timer status 1000; "
              "timer round 500");
    ck_assert_int_eq(lone_vote(VOTE_COMMIT, 1), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_COMMIT, 2), PBFT_OK);
    lone_said("decided 1; stop round");
}
END_TEST

/* All power was lost, and with it blocks that the store had not synced: the log brings them back. */
START_TEST(a_restarted_replica_repeats_its_commits_height_by_height)
{
    struct block next;
    struct hash next_digest;
    struct pbft_summary summary;
    committee_next_block(&lone.committee, &next, &next_digest, &lone.block, 2);
    lone_decide();
    ck_assert_int_eq(replica_executed(&lone.replica, 1), PBFT_OK);
    ck_assert_int_eq(lone_propose(&next), PBFT_OK);
    ck_assert_int_eq(replica_check(&lone.replica, &next_digest, true), PBFT_OK);
    for (uint32_t i = 2; i < 4; i++) {
        lone.heard = (struct message){
            .vote = committee_vote(&lone.committee, VOTE_PREPARE, i, 2, 0, &next_digest)};
        ck_assert_int_eq(replica_hear(&lone.replica, &lone.heard), PBFT_OK);
    }
    lone_said("persist 4; persist 5; broadcast commit 0");
    /* And a life that was lost on the way put height 1 behind height 2. */
    struct replica *replica = &lone.replica;
    buffer_append(&replica->records[replica->record_count++], buffer_bytes(&replica->records[1]));
    ck_assert_int_eq(replica_restart(replica, 6), PBFT_OK);
    pbft_summarize(lone.replica.pbft, &summary);
    ck_assert_uint_eq(summary.logged, 2);
    ck_assert_int_eq(lone_vote(VOTE_COMMIT, 1), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_COMMIT, 2), PBFT_OK);
    lone_said("decided 1; stop round; broadcast prepare 0; broadcast commit 0; timer round 500");
}
END_TEST

START_TEST(a_restarted_replica_changes_to_the_same_round_with_the_same_words)
{
    lone_commit();
    ck_assert_int_eq(replica_time_out(&lone.replica, PBFT_TIMER_ROUND, 500), PBFT_OK);
    struct vote before;
    ck_assert(message_peek(&before, lone.replica.actions.list[1].bytes));
    ck_assert_int_eq(replica_restart(&lone.replica, 4), PBFT_OK);
    lone_said(
        "broadcast round change 1; broadcast commit 0; broadcast status 1; timer status 1000");
    struct vote after;
    ck_assert(message_peek(&after, lone.replica.actions.list[0].bytes));
    ck_assert(bytes_equal(BYTES_OF(before.signature), BYTES_OF(after.signature)));
}
END_TEST

START_TEST(a_restarted_leader_does_not_propose_again)
{
    lone_become(1);
    ck_assert_int_eq(replica_work(&lone.replica), PBFT_OK);
    ck_assert_int_eq(replica_restart(&lone.replica, 1), PBFT_OK);
    ck_assert_int_eq(replica_work(&lone.replica), PBFT_OK);
    lone_said("timer round 500");
}
END_TEST

START_TEST(a_log_that_is_none_of_ours_is_refused)
{
    lone_prepare();
    lone.replica.records[0].data[0] = 0x7F;
    ck_assert_int_eq(replica_restart(&lone.replica, 1), PBFT_REFUSED);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pbft restart");
    tcase_add_checked_fixture(tests, lone_set_up, lone_tear_down);
    tcase_add_test(tests, a_restarted_replica_makes_no_vote_in_a_round_with_a_permit);
    tcase_add_test(tests, a_restarted_replica_commits_what_a_quorum_prepares);
    tcase_add_test(tests, a_restarted_replica_repeats_no_prepare_that_nothing_shows);
    tcase_add_test(tests, a_permit_that_was_not_durable_was_not_used_and_binds_nobody);
    tcase_add_test(tests, a_permit_that_was_not_used_is_given_back_at_an_orderly_end);
    tcase_add_test(tests, a_permit_of_a_lost_life_is_not_given_back);
    tcase_add_test(tests, a_restarted_replica_repeats_its_commit);
    tcase_add_test(tests, a_restarted_replica_repeats_its_commits_height_by_height);
    tcase_add_test(tests, a_restarted_replica_changes_to_the_same_round_with_the_same_words);
    tcase_add_test(tests, a_restarted_leader_does_not_propose_again);
    tcase_add_test(tests, a_log_that_is_none_of_ours_is_refused);
    return check_run("pbft restart", tests);
}
