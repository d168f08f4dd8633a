/* A replica within one height: what it builds, votes for and decides, what it wants to hear and what it
 * reports. Its rounds, its restarts and its catching up are in test_pbft_rounds.c, test_pbft_restart.c and
 * test_pbft_catch_up.c. */
#include "consensus/pbft.h"

#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/lone_replica.h"

START_TEST(starts_by_telling_its_status_and_writes_a_permit)
{
    lone_said("broadcast status 0; timer status 1000; persist 1");
}
END_TEST

START_TEST(votes_under_the_permit_that_it_has)
{
    ck_assert_int_eq(lone_propose(&lone.block), PBFT_OK);
    lone_said("check; timer round 500");
    ck_assert_int_eq(replica_check(&lone.replica, &lone.digest, true), PBFT_OK);
    lone_said("broadcast prepare 0");
}
END_TEST

START_TEST(writes_down_a_prepared_certificate_and_the_next_permit_before_commit)
{
    lone_commit();
    lone_said("persist 2; persist 3; broadcast commit 0");
    ck_assert_uint_eq(lone.replica.actions.list[0].height, 1);
    ck_assert_uint_eq(lone.replica.actions.list[1].height, 2);
}
END_TEST

START_TEST(decides_with_a_quorum_of_commits)
{
    lone_commit();
    ck_assert_int_eq(lone_vote(VOTE_COMMIT, 1), PBFT_OK);
    lone_said("");
    ck_assert_int_eq(lone_vote(VOTE_COMMIT, 3), PBFT_OK);
    lone_said("decided 1; stop round");
    const struct pbft_action *decided = &lone.replica.actions.list[0];
    char error[160];
    ck_assert(decided->logged);
    ck_assert(block_verify_decided(decided->block, decided->certificate, &lone.committee.rules,
                                   error, sizeof(error)));
}
END_TEST

START_TEST(writes_the_permit_of_a_height_that_others_decided)
{
    lone_prepare();
    for (uint32_t i = 1; i < 4; i++) {
        ck_assert_int_eq(lone_vote(VOTE_COMMIT, i), PBFT_OK);
    }
    lone_said("decided 1; stop round; persist 2");
    ck_assert(!lone.replica.actions.list[0].logged);
    ck_assert_uint_eq(lone.replica.actions.list[2].height, 2);
}
END_TEST

START_TEST(a_leader_builds_when_there_is_work)
{
    lone_become(1);
    ck_assert_int_eq(replica_work(&lone.replica), PBFT_OK);
    lone_said("build 1 0; timer round 500");
    struct pbft_event built = {.type = PBFT_EVENT_BUILT,
                               .u.built = {.height = 1, .body = bytes_of_text("mine")}};
    ck_assert_int_eq(replica_step(&lone.replica, built), PBFT_OK);
    lone_said("broadcast propose 0; broadcast prepare 0");
    ck_assert_int_eq(replica_step(&lone.replica, built), PBFT_UNWANTED);
}
END_TEST

START_TEST(a_leader_with_nothing_to_order_waits)
{
    lone_become(1);
    ck_assert_int_eq(replica_work(&lone.replica), PBFT_OK);
    struct pbft_event built = {.type = PBFT_EVENT_BUILT, .u.built = {.height = 1, .nothing = true}};
    ck_assert_int_eq(replica_step(&lone.replica, built), PBFT_OK);
    lone_said("stop round");
    ck_assert_int_eq(replica_work(&lone.replica), PBFT_OK);
    lone_said("build 1 0; timer round 500");
}
END_TEST

START_TEST(work_that_appears_while_building_is_not_forgotten)
{
    lone_become(1);
    ck_assert_int_eq(replica_work(&lone.replica), PBFT_OK);
    ck_assert_int_eq(replica_work(&lone.replica), PBFT_OK);
    lone_said("");
    struct pbft_event built = {.type = PBFT_EVENT_BUILT, .u.built = {.height = 1, .nothing = true}};
    ck_assert_int_eq(replica_step(&lone.replica, built), PBFT_OK);
    lone_said("build 1 0");
}
END_TEST

START_TEST(reports_who_signs_two_values)
{
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 1), PBFT_OK);
    ck_assert_int_eq(replica_vote(&lone.replica, VOTE_PREPARE, 1, 0, &lone.rival_digest),
                     PBFT_CONFLICT);
    lone_said("evidence prepare of 1");
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 1), PBFT_STALE);
    ck_assert_int_eq(lone_vote(VOTE_COMMIT, 3), PBFT_OK);
    ck_assert_int_eq(replica_vote(&lone.replica, VOTE_COMMIT, 3, 0, &lone.rival_digest),
                     PBFT_CONFLICT);
    lone_said("evidence commit of 3");
}
END_TEST

START_TEST(reports_a_leader_with_two_proposals)
{
    ck_assert_int_eq(lone_propose(&lone.block), PBFT_OK);
    ck_assert_int_eq(lone_propose(&lone.rival), PBFT_CONFLICT);
    lone_said("evidence propose of 1");
    ck_assert_int_eq(lone_propose(&lone.block), PBFT_STALE);
}
END_TEST

START_TEST(does_not_vote_for_an_invalid_body)
{
    ck_assert_int_eq(lone_propose(&lone.block), PBFT_OK);
    ck_assert_int_eq(replica_check(&lone.replica, &lone.digest, false), PBFT_OK);
    lone_said("");
    ck_assert_int_eq(replica_check(&lone.replica, &lone.digest, true), PBFT_UNWANTED);
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 1), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 2), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 3), PBFT_OK);
    lone_said("");
}
END_TEST

START_TEST(does_not_vote_for_roots_that_are_not_its_own)
{
    lone.block.header.state_root.bytes[0] = 1;
    block_digest(&lone.digest, &lone.block.header);
    ck_assert_int_eq(lone_propose(&lone.block), PBFT_OK);
    ck_assert_int_eq(replica_check(&lone.replica, &lone.digest, true), PBFT_OK);
    lone_said("");
}
END_TEST

START_TEST(a_leader_waits_for_the_execution_of_the_block_before)
{
    lone_become(2);
    lone_prepare();
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 1), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 3), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_COMMIT, 1), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_COMMIT, 3), PBFT_OK);
    (void)replica_work(&lone.replica);
    ck_assert_ptr_null(strstr(replica_said(&lone.replica), "build"));
    ck_assert_int_eq(replica_executed(&lone.replica, 1), PBFT_OK);
    ck_assert_ptr_nonnull(strstr(replica_said(&lone.replica), "build 2 0"));
}
END_TEST

START_TEST(votes_once_the_block_before_is_executed)
{
    struct block next;
    lone_decide();
    committee_next_block(&lone.committee, &next, &lone.digest, &lone.block, 2);
    ck_assert_int_eq(lone_propose(&next), PBFT_OK);
    lone_said("check; timer round 500");
    ck_assert_int_eq(replica_check(&lone.replica, &lone.digest, true), PBFT_OK);
    lone_said("");
    ck_assert_int_eq(replica_executed(&lone.replica, 1), PBFT_OK);
    lone_said("broadcast prepare 0");
    ck_assert_int_eq(replica_executed(&lone.replica, 1), PBFT_STALE);
}
END_TEST

/* Class 32 of docs/testing.md: Semux pull request 434, celo issue 1285. */
START_TEST(refuses_a_time_too_far_from_its_clock)
{
    lone.block.header.time_ms = 1501;
    ck_assert_int_eq(lone_propose(&lone.block), PBFT_REFUSED);
    lone.replica.clock_ms = 2001;
    lone.block.header.time_ms = 1000;
    ck_assert_int_eq(lone_propose(&lone.block), PBFT_REFUSED);
    lone.block.header.time_ms = 1;
    lone.replica.clock_ms = 2;
    ck_assert_int_eq(lone_propose(&lone.block), PBFT_REFUSED);
    lone.replica.clock_ms = 2000;
    lone.block.header.time_ms = 1000;
    ck_assert_int_eq(lone_propose(&lone.block), PBFT_OK);
}
END_TEST

START_TEST(the_next_proposal_decides_this_height)
{
    struct block next;
    struct hash next_digest;
    committee_next_block(&lone.committee, &next, &next_digest, &lone.block, 2);
    lone_prepare();
    ck_assert_int_eq(lone_propose(&next), PBFT_OK);
    lone_said("decided 1; stop round; check; persist 2; timer round 500");
}
END_TEST

START_TEST(votes_of_the_next_height_wait)
{
    struct hash other = {{3}};
    for (uint32_t i = 1; i < 4; i++) {
        lone.heard =
            (struct message){.vote = committee_vote(&lone.committee, VOTE_COMMIT, i, 2, 0, &other)};
        ck_assert_int_eq(replica_hear(&lone.replica, &lone.heard), PBFT_OK);
        lone_said("");
    }
    lone.heard =
        (struct message){.vote = committee_vote(&lone.committee, VOTE_COMMIT, 1, 3, 0, &other)};
    ck_assert_int_eq(replica_hear(&lone.replica, &lone.heard), PBFT_FUTURE);
    lone_decide();
    lone_said("decided 1; stop round; send get body 0 to 1; timer round 500");
}
END_TEST

START_TEST(an_observer_follows_and_says_nothing)
{
    lone_become(VALIDATORS_NONE);
    lone_said("timer status 1000");
    ck_assert_int_eq(lone_propose(&lone.block), PBFT_OK);
    lone_said("");
    for (uint32_t i = 1; i < 4; i++) {
        ck_assert_int_eq(lone_vote(VOTE_PREPARE, i), PBFT_OK);
        lone_said("");
    }
    ck_assert_int_eq(lone_vote(VOTE_COMMIT, 1), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_COMMIT, 2), PBFT_OK);
    ck_assert_int_eq(lone_vote(VOTE_COMMIT, 3), PBFT_OK);
    lone_said("decided 1");
}
END_TEST

START_TEST(one_validator_is_a_chain)
{
    committee_init(&lone.committee, 1);
    lone_become(0);
    ck_assert_int_eq(replica_work(&lone.replica), PBFT_OK);
    struct pbft_event built = {.type = PBFT_EVENT_BUILT,
                               .u.built = {.height = 1, .body = bytes_of_text("mine")}};
    ck_assert_int_eq(replica_step(&lone.replica, built), PBFT_OK);
    lone_said("broadcast propose 0; broadcast prepare 0; persist 2; persist 3; broadcast commit 0; "
              "decided 1; stop round");
}
END_TEST

START_TEST(wants_only_what_can_change_something)
{
    struct vote head = committee_vote(&lone.committee, VOTE_PREPARE, 1, 1, 0, &lone.digest);
    ck_assert(pbft_wants(lone.replica.pbft, &head));
    ck_assert_int_eq(lone_vote(VOTE_PREPARE, 1), PBFT_OK);
    ck_assert(!pbft_wants(lone.replica.pbft, &head));
    head.digest = lone.rival_digest;
    ck_assert(pbft_wants(lone.replica.pbft, &head));
    ck_assert_int_eq(replica_vote(&lone.replica, VOTE_PREPARE, 1, 0, &lone.rival_digest),
                     PBFT_CONFLICT);
    lone_said("evidence prepare of 1");
    ck_assert(!pbft_wants(lone.replica.pbft, &head));
    ck_assert_int_eq(replica_vote(&lone.replica, VOTE_PREPARE, 1, 0, &lone.rival_digest),
                     PBFT_CONFLICT);
    lone_said("");
    head.sender = 0;
    ck_assert(!pbft_wants(lone.replica.pbft, &head));
    head.sender = 4;
    ck_assert(!pbft_wants(lone.replica.pbft, &head));
    head = (struct vote){.type = VOTE_BODY, .sender = 1, .height = 1, .digest = lone.digest};
    ck_assert(!pbft_wants(lone.replica.pbft, &head));
    head.type = VOTE_GET_BODY;
    ck_assert(pbft_wants(lone.replica.pbft, &head));
    head.height = 2;
    ck_assert(!pbft_wants(lone.replica.pbft, &head));
    head.type = VOTE_PROPOSE;
    ck_assert(pbft_wants(lone.replica.pbft, &head));
    head.height = 3;
    ck_assert(!pbft_wants(lone.replica.pbft, &head));
    head.type = VOTE_STATUS;
    ck_assert(pbft_wants(lone.replica.pbft, &head));
    head.type = VOTE_TYPE_COUNT;
    ck_assert(!pbft_wants(lone.replica.pbft, &head));
}
END_TEST

START_TEST(wants_no_more_prepares_than_it_needs)
{
    struct vote head = committee_vote(&lone.committee, VOTE_PREPARE, 3, 1, 0, &lone.digest);
    ck_assert(pbft_wants(lone.replica.pbft, &head));
    lone_commit();
    ck_assert(!pbft_wants(lone.replica.pbft, &head));
    head.round = 1;
    ck_assert(pbft_wants(lone.replica.pbft, &head));
    lone_become(VALIDATORS_NONE);
    ck_assert(!pbft_wants(lone.replica.pbft, &head));
}
END_TEST

START_TEST(summarizes_what_a_stuck_replica_knows)
{
    struct pbft_summary summary;
    lone_commit();
    ck_assert_int_eq(lone_status(3, 4, 0, false), PBFT_OK);
    pbft_summarize(lone.replica.pbft, &summary);
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
    tcase_add_checked_fixture(tests, lone_set_up, lone_tear_down);
    tcase_add_test(tests, starts_by_telling_its_status_and_writes_a_permit);
    tcase_add_test(tests, votes_under_the_permit_that_it_has);
    tcase_add_test(tests, writes_down_a_prepared_certificate_and_the_next_permit_before_commit);
    tcase_add_test(tests, decides_with_a_quorum_of_commits);
    tcase_add_test(tests, writes_the_permit_of_a_height_that_others_decided);
    tcase_add_test(tests, a_leader_builds_when_there_is_work);
    tcase_add_test(tests, a_leader_with_nothing_to_order_waits);
    tcase_add_test(tests, work_that_appears_while_building_is_not_forgotten);
    tcase_add_test(tests, reports_who_signs_two_values);
    tcase_add_test(tests, reports_a_leader_with_two_proposals);
    tcase_add_test(tests, does_not_vote_for_an_invalid_body);
    tcase_add_test(tests, does_not_vote_for_roots_that_are_not_its_own);
    tcase_add_test(tests, a_leader_waits_for_the_execution_of_the_block_before);
    tcase_add_test(tests, votes_once_the_block_before_is_executed);
    tcase_add_test(tests, refuses_a_time_too_far_from_its_clock);
    tcase_add_test(tests, the_next_proposal_decides_this_height);
    tcase_add_test(tests, votes_of_the_next_height_wait);
    tcase_add_test(tests, an_observer_follows_and_says_nothing);
    tcase_add_test(tests, one_validator_is_a_chain);
    tcase_add_test(tests, wants_only_what_can_change_something);
    tcase_add_test(tests, wants_no_more_prepares_than_it_needs);
    tcase_add_test(tests, summarizes_what_a_stuck_replica_knows);
    tcase_add_test(tests, every_status_has_a_text);
    return check_run("pbft", tests);
}
