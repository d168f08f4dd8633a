/* What stopped or split other chains, told with four of our replicas. docs/testing.md has the table of
 * all classes; the comment over a test names where it was seen. */
#include <stdio.h>

#include "tests/lib/check_run.h"
#include "tests/lib/story.h"

static struct sim *sim;

static void setup(void)
{
    struct sim_options options;
    sim_options_quiet(&options, 4);
    sim = sim_new(&options);
}

static void teardown(void)
{
    sim_free(sim);
}

static bool two_locks(void *data, uint32_t from, uint32_t to, const struct vote *vote)
{
    (void)data;
    switch ((enum vote_type)vote->type) {
    case VOTE_PREPARE:
        return vote->round > 1 || to == (vote->round == 0 ? 0U : 3U);
    case VOTE_COMMIT:
        return vote->round > 1;
    case VOTE_ROUND_CHANGE:
        return vote->round > 1 || from != 0;
    case VOTE_PROPOSE:
    case VOTE_STATUS:
    case VOTE_GET_BODY:
    case VOTE_BODY:
    case VOTE_PREPARED:
    case VOTE_COMMITTED:
    case VOTE_TYPE_COUNT:
        break;
    }
    return true;
}

/* Class 12: IBFT locks without unlock; some lock A, others lock B, and nobody moves again (Quorum
 * issue 305, celo issues 116, 200, 366, arXiv 1901.07160). */
START_TEST(two_blocks_prepared_in_two_rounds_do_not_lock_the_chain)
{
    struct hash digest;
    char name[65];
    char line[96];
    sim_set_filter(sim, two_locks, NULL);
    story_work(sim);
    story_reach(sim, 1, 5000);
    ck_assert_uint_eq(story_told(sim, "0: height 1 round 0: commit"), 1);
    ck_assert_uint_eq(story_told(sim, "3: height 1 round 1: commit"), 1);
    ck_assert_uint_eq(story_told(sim, "2: height 1 round 1: build"), 1);
    sim_digest(sim, 0, 1, &digest);
    hex_encode(name, BYTES_OF(digest.bytes));
    name[8] = '\0';
    (void)snprintf(line, sizeof(line), "2: height 1 round 1: propose %s", name);
    ck_assert_msg(story_told(sim, line) == 1, "not the block of the higher round was decided: %s",
                  name);
}
END_TEST

static bool only_proposals_to_3(void *data, uint32_t from, uint32_t to, const struct vote *vote)
{
    (void)data;
    (void)from;
    return to != 3 || vote->type == VOTE_PROPOSE;
}

static void reach_without_3(uint64_t height)
{
    for (uint64_t next = 1; next <= height; next++) {
        story_work(sim);
        story_run(sim, next * 2000);
        ck_assert_uint_ge(sim_height(sim, 0), next);
    }
}

/* Class 19: a node that changed its round while it was cut off catches up, and stays in its view
 * change (sawtooth-pbft pull requests 90, 113, 117; concord-bft pull request 1177). */
START_TEST(who_changed_its_round_alone_takes_part_after_catching_up)
{
    sim_set_filter(sim, only_proposals_to_3, NULL);
    reach_without_3(2);
    ck_assert_uint_ge(story_told(sim, "3: height 1 round 1: round change"), 1);
    sim_set_filter(sim, NULL, NULL);
    story_reach(sim, 2, 10000);
    sim_stop(sim, 0);
    story_work(sim);
    story_run(sim, 14000);
    ck_assert_uint_ge(sim_height(sim, 1), 3);
    ck_assert_uint_ge(sim_height(sim, 3), 3);
}
END_TEST

static bool no_commits_to_3(void *data, uint32_t from, uint32_t to, const struct vote *vote)
{
    (void)data;
    (void)from;
    return to != 3 || vote->type != VOTE_COMMIT;
}

/* Class 7: a block is delivered twice, once by synchronisation and once by its votes (SmartBFT issues
 * 484, 553, 570; Fabric issue 5076). */
START_TEST(a_block_that_comes_by_catching_up_and_by_votes_is_decided_once)
{
    sim_set_filter(sim, no_commits_to_3, NULL);
    story_work(sim);
    story_run(sim, 100);
    ck_assert_uint_eq(sim_height(sim, 0), 1);
    ck_assert_uint_eq(sim_height(sim, 3), 0);
    story_run(sim, 900);
    sim_set_filter(sim, NULL, NULL);
    story_run(sim, 5000);
    ck_assert_uint_eq(sim_height(sim, 3), 1);
    ck_assert_uint_eq(story_told(sim, "3: height 1 round 0: decided") +
                          story_told(sim, "3: height 1 round 1: decided"),
                      1);
    story_work(sim);
    story_reach(sim, 2, 7000);
}
END_TEST

/* Class 9: a replica refuses its own memory after a restart, and a good validator is lost (Tendermint
 * issues 3089, 5804). Every one of four restarts in a round above 0, and all take part again. */
START_TEST(a_restart_in_a_later_round_loses_no_validator)
{
    sim_stop(sim, 1);
    story_work(sim);
    story_run(sim, 503);
    ck_assert_uint_ge(story_told(sim, "0: height 1 round 1: round change"), 1);
    for (uint32_t host = 0; host < 4; host++) {
        sim_stop(sim, host);
    }
    for (uint32_t host = 0; host < 4; host++) {
        sim_start(sim, host);
    }
    story_work(sim);
    story_reach(sim, 1, 5000);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("consensus history");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, two_blocks_prepared_in_two_rounds_do_not_lock_the_chain);
    tcase_add_test(tests, who_changed_its_round_alone_takes_part_after_catching_up);
    tcase_add_test(tests, a_block_that_comes_by_catching_up_and_by_votes_is_decided_once);
    tcase_add_test(tests, a_restart_in_a_later_round_loses_no_validator);
    return check_run("consensus history", tests);
}
