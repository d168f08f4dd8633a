/* Attacks and accidents, each of which has stopped or split some chain before. */
#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/story.h"

static struct sim *sim;
static struct message message;

static void setup(void)
{
    struct sim_options options;
    sim_options_quiet(&options, 4);
    options.stolen = 1U << 1;
    sim = sim_new(&options);
}

static void teardown(void)
{
    sim_free(sim);
}

static struct vote signed_by(uint32_t sender, enum vote_type type, uint32_t round,
                             const struct hash *digest)
{
    struct secret_key key;
    struct vote vote = {
        .type = (uint8_t)type, .sender = sender, .height = 1, .round = round, .digest = *digest};
    sim_secret(sender, &key);
    vote_sign(&vote, &sim_rules(sim)->chain_id, &key);
    return vote;
}

static void inject(uint32_t host)
{
    struct buffer wire = {0};
    message_encode(&wire, &message);
    sim_inject(sim, host, buffer_bytes(&wire));
    buffer_close(&wire);
}

/* A proposal of validator 1 for height 1, with a body of one byte. */
static void make_proposal(const char *body)
{
    const struct block_rules *rules = sim_rules(sim);
    struct hash digest;
    message = (struct message){.has_block = true};
    message.block = (struct block){.header = {.version = BLOCK_VERSION,
                                              .chain_id = rules->chain_id,
                                              .height = 1,
                                              .time_ms = 1700000000001,
                                              .proposer = 1,
                                              .parent = rules->chain_id,
                                              .validators_hash = rules->validators_hash},
                                   .body = bytes_of_text(body)};
    /* The roots of the simulated application before the first block. */
    hash_tagged(&message.block.header.receipts_root, "souk/sim-receipts/v1",
                BYTES_OF(message.block.header.state_root.bytes));
    demotions_hash(&message.block.header.demotions_hash, &message.block.demotions);
    bool formed =
        rules->body_digest(rules->data, &message.block.header.tx_root, message.block.body);
    ck_assert(formed);
    block_digest(&digest, &message.block.header);
    message.vote = signed_by(1, VOTE_PROPOSE, 0, &digest);
}

/* Class 16 of docs/testing.md: Tendermint issues 1690, 5009, 3815, CometBFT issues 4461, 1430. */
START_TEST(a_leader_with_two_proposals_splits_nobody)
{
    sim_stop(sim, 1);
    make_proposal("one");
    inject(0);
    inject(2);
    make_proposal("two");
    inject(3);
    inject(2);
    story_run(sim, 2000);
    ck_assert_uint_eq(sim_height(sim, 0), 1);
    ck_assert_uint_eq(sim_height(sim, 2), 1);
    ck_assert_uint_eq(sim_height(sim, 3), 1);
    ck_assert(story_told(sim, "2: height 1 round 0: evidence"));
    ck_assert_uint_eq(sim_evidence_count(sim), 1);
}
END_TEST

static bool no_commits_in_round_0(void *data, uint32_t from, uint32_t to, const struct vote *vote)
{
    (void)data;
    (void)from;
    (void)to;
    return vote->type != VOTE_COMMIT || vote->round > 0;
}

/* The digest that `host` names in a line of its trace. */
static void digest_told(const char *line, char out[9])
{
    const char *found = strstr(sim_trace(sim), line);
    ck_assert_ptr_nonnull(found);
    memcpy(out, found + strlen(line), 8);
    out[8] = '\0';
}

static void decided_as(const char *expected)
{
    struct hash digest;
    char name[65];
    sim_digest(sim, 2, 1, &digest);
    hex_encode(name, BYTES_OF(digest.bytes));
    ck_assert_int_eq(memcmp(name, expected, 8), 0);
}

/* Class 5 of docs/testing.md: Besu pull requests 7875 and 2141. */
START_TEST(a_prepared_block_survives_the_change_of_round)
{
    char prepared[9];
    sim_set_filter(sim, no_commits_in_round_0, NULL);
    story_work(sim);
    story_reach(sim, 1, 2000);
    digest_told("1: height 1 round 0: propose ", prepared);
    ck_assert(story_told(sim, "2: height 1 round 1: propose"));
    decided_as(prepared);
}
END_TEST

static bool no_prepares_before_round_2(void *data, uint32_t from, uint32_t to,
                                       const struct vote *vote)
{
    (void)data;
    (void)from;
    (void)to;
    return vote->type != VOTE_PREPARE || vote->round >= 2;
}

/* Class 12 of docs/testing.md: Quorum issue 305, celo issues 116, 200, 366, arXiv 1901.07160.
 * Validator 1 alone has seen a quorum of votes for its block of round 0. The others have voted
 * for that of round 1 since and hold no other; then it shows them what they signed. */
START_TEST(a_block_that_only_a_liar_still_has_stops_nothing)
{
    sim_stop(sim, 1);
    sim_set_filter(sim, no_prepares_before_round_2, NULL);
    make_proposal("one");
    struct hash digest = message.vote.digest;
    struct hash said;
    inject(0);
    inject(2);
    inject(3);
    message = (struct message){.has_certificate = true, .prepared = {true, 0, digest}};
    certificate_init(&message.certificate, 1, 0, &digest);
    for (uint32_t i = 0; i < 3; i++) {
        struct vote vote = signed_by(i, VOTE_PREPARE, 0, &digest);
        certificate_add(&message.certificate, i, &vote.signature);
    }
    message_prepared_hash(&said, &message.prepared);
    message.vote = signed_by(1, VOTE_ROUND_CHANGE, 2, &said);
    inject(3); /* who leads round 2 */
    story_run(sim, 10000);
    ck_assert(story_told(sim, "2: height 1 round 1: propose"));
    ck_assert(story_told(sim, "3: height 1 round 2: propose"));
    ck_assert_uint_ge(sim_height(sim, 0), 1);
}
END_TEST

/* Validator 0 claims to have prepared another block in a round above, with a false certificate. */
/* Class 3 of docs/testing.md: concord-bft pull request 50. */
START_TEST(a_false_certificate_does_not_hide_a_true_one)
{
    struct sim_report report;
    char prepared[9];
    struct hash other = {{5}};
    struct hash said;
    sim_set_filter(sim, no_commits_in_round_0, NULL);
    story_work(sim);
    story_run(sim, 100);
    sim_stop(sim, 0);
    message = (struct message){.has_certificate = true, .prepared = {true, 1, other}};
    certificate_init(&message.certificate, 1, 1, &other);
    for (uint32_t i = 0; i < 3; i++) {
        struct vote vote = signed_by(0, VOTE_PREPARE, 1, &other);
        certificate_add(&message.certificate, i, &vote.signature);
    }
    message_prepared_hash(&said, &message.prepared);
    message.vote = signed_by(0, VOTE_ROUND_CHANGE, 2, &said);
    for (uint32_t host = 1; host < 4; host++) {
        inject(host);
    }
    story_run(sim, 3000);
    sim_report(sim, &report);
    ck_assert_uint_eq(report.refused, 3);
    digest_told("1: height 1 round 0: propose ", prepared);
    decided_as(prepared);
}
END_TEST

static bool hide_block_from_3(void *data, uint32_t from, uint32_t to, const struct vote *vote)
{
    (void)data;
    (void)from;
    return to != 3 || (vote->type != VOTE_PROPOSE && vote->type != VOTE_PREPARE);
}

/* Class 17 of docs/testing.md: Tendermint issues 861 and 1575. */
START_TEST(a_commit_quorum_without_the_block_fetches_it)
{
    sim_set_filter(sim, hide_block_from_3, NULL);
    story_work(sim);
    story_reach(sim, 1, 100);
    ck_assert(story_told(sim, "3: height 1 round 0: fetch "));
    ck_assert(story_told(sim, "3: height 1 round 0: fetched "));
    ck_assert(!story_told(sim, "3: height 1 round 0: proposal "));
}
END_TEST

/* Class 15 of docs/testing.md: Malachite issue 850, Besu pull request 7838. */
START_TEST(more_than_f_in_a_later_round_pull_the_others)
{
    sim_stop(sim, 1);
    sim_work(sim, 2);
    sim_work(sim, 3);
    story_run(sim, 700);
    ck_assert(!story_told(sim, "0: height 1 round 0: timeout"));
    ck_assert(story_told(sim, "0: height 1 round 1: round change"));
    ck_assert_uint_eq(sim_height(sim, 0), 1);
}
END_TEST

/* Class 14 of docs/testing.md: Tendermint issue 1464, Besu documentation issue 611. */
START_TEST(two_of_four_cannot_decide_and_recover_at_once)
{
    struct pbft_summary summary;
    sim_stop(sim, 0);
    sim_stop(sim, 3);
    story_work(sim);
    story_run(sim, 600000);
    ck_assert_uint_eq(sim_height(sim, 1), 0);
    ck_assert_uint_eq(sim_height(sim, 2), 0);
    sim_summary(sim, 2, &summary);
    ck_assert_uint_le(summary.round, 1);
    sim_start(sim, 0);
    sim_start(sim, 3);
    story_reach(sim, 1, 602000);
}
END_TEST

/* Class 21 of docs/testing.md: FISCO issue 2211, pull requests 2311, 3114. */
START_TEST(rounds_beyond_belief_change_nothing)
{
    static const uint32_t rounds[] = {9999, 10001, INT32_MAX, UINT32_MAX};
    struct hash nothing;
    struct pbft_summary summary;
    message = (struct message){0};
    message_prepared_hash(&nothing, &message.prepared);
    for (size_t i = 0; i < ARRAY_COUNT(rounds); i++) {
        message.vote = signed_by(0, VOTE_ROUND_CHANGE, rounds[i], &nothing);
        for (uint32_t host = 1; host < 4; host++) {
            inject(host);
        }
    }
    story_work(sim);
    story_reach(sim, 1, 100);
    sim_summary(sim, 1, &summary);
    ck_assert_uint_eq(summary.round, 0);
}
END_TEST

/* Class 8 of docs/testing.md: Tendermint issues 10108 and 3418, BSC issue 2598. */
START_TEST(power_cuts_at_every_moment_make_nobody_vote_twice)
{
    for (uint64_t cut_ms = 0; cut_ms < 12; cut_ms++) {
        struct sim_options options;
        sim_free(sim);
        sim_options_quiet(&options, 4);
        options.seed = cut_ms;
        options.disk_max_us = 700;
        options.delay_min_us = 300;
        options.delay_max_us = 600;
        sim = sim_new(&options);
        story_work(sim);
        story_run(sim, cut_ms);
        for (uint32_t host = 0; host < 4; host++) {
            sim_stop(sim, host);
        }
        for (uint32_t host = 0; host < 4; host++) {
            sim_start(sim, host);
        }
        story_work(sim);
        story_reach(sim, 1, 5000);
    }
}
END_TEST

/* Class 20 of docs/testing.md: SmartBFT pull requests 663 and 622. */
START_TEST(a_late_replica_catches_up)
{
    sim_stop(sim, 3);
    for (uint64_t height = 1; height <= 6; height++) {
        story_work(sim);
        story_run(sim, height * 2000);
        ck_assert_uint_eq(sim_height(sim, 0), height);
    }
    sim_start(sim, 3);
    story_reach(sim, 6, 16000);
    story_work(sim);
    story_reach(sim, 7, 20000);
}
END_TEST

static bool commits_reach_only_1(void *data, uint32_t from, uint32_t to, const struct vote *vote)
{
    (void)data;
    (void)from;
    return vote->type != VOTE_COMMIT || to == 1;
}

/* Validator 0 helps one replica to decide and is gone; the two others hold no quorum of votes. */
/* Class 22 of docs/testing.md: FISCO pull requests 2731, 2073, 4890. */
START_TEST(the_only_one_who_decided_is_believed)
{
    sim_set_filter(sim, commits_reach_only_1, NULL);
    story_work(sim);
    story_run(sim, 100);
    ck_assert_uint_eq(sim_height(sim, 1), 1);
    ck_assert_uint_eq(sim_height(sim, 2), 0);
    sim_stop(sim, 0);
    story_run(sim, 3000);
    ck_assert_uint_eq(sim_height(sim, 2), 1);
    ck_assert_uint_eq(sim_height(sim, 3), 1);
}
END_TEST

START_TEST(a_withheld_body_nobody_may_accept_costs_one_round)
{
    sim_stop(sim, 1);
    make_proposal("\xFF");
    inject(0);
    inject(2);
    inject(3);
    story_run(sim, 2000);
    ck_assert(story_told(sim, "2: height 1 round 0: refuse: its body is invalid"));
    ck_assert(story_told(sim, "2: height 1 round 1: propose"));
    ck_assert_uint_eq(sim_height(sim, 2), 1);
}
END_TEST

START_TEST(a_link_that_carries_one_way_only_stops_nobody)
{
    sim_link(sim, 1, 0, false);
    sim_link(sim, 1, 2, false);
    story_work(sim);
    story_run(sim, 3000);
    ck_assert_uint_ge(sim_height(sim, 0), 1);
    ck_assert_uint_ge(sim_height(sim, 3), 1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("consensus faults");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_leader_with_two_proposals_splits_nobody);
    tcase_add_test(tests, a_prepared_block_survives_the_change_of_round);
    tcase_add_test(tests, a_block_that_only_a_liar_still_has_stops_nothing);
    tcase_add_test(tests, a_false_certificate_does_not_hide_a_true_one);
    tcase_add_test(tests, a_commit_quorum_without_the_block_fetches_it);
    tcase_add_test(tests, more_than_f_in_a_later_round_pull_the_others);
    tcase_add_test(tests, two_of_four_cannot_decide_and_recover_at_once);
    tcase_add_test(tests, rounds_beyond_belief_change_nothing);
    tcase_add_test(tests, power_cuts_at_every_moment_make_nobody_vote_twice);
    tcase_add_test(tests, a_late_replica_catches_up);
    tcase_add_test(tests, the_only_one_who_decided_is_believed);
    tcase_add_test(tests, a_withheld_body_nobody_may_accept_costs_one_round);
    tcase_add_test(tests, a_link_that_carries_one_way_only_stops_nobody);
    return check_run("consensus faults", tests);
}
