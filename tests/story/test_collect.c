/* Forty validators, whose leader collects the votes of round 0, and what becomes of leaders that do not. */
#include <stdio.h>
#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/story.h"

enum { COUNT = 40, QUORUM = 27 };

static struct sim *sim;

static void begin(uint32_t validators, uint32_t spares, uint64_t heights)
{
    struct sim_options options;
    sim_options_quiet(&options, validators);
    options.spare_count = spares;
    options.heights = heights;
    options.work = true;
    options.stolen = 1U << 1;
    sim = sim_new(&options);
}

static void teardown(void)
{
    sim_free(sim);
}

/* How many messages of each type were put on links. */
static uint32_t sent[VOTE_TYPE_COUNT];

static bool counts(void *data, uint32_t from, uint32_t to, const struct vote *vote)
{
    (void)data;
    (void)from;
    (void)to;
    sent[vote->type]++;
    return true;
}

START_TEST(five_messages_for_each_validator_decide_a_block)
{
    memset(sent, 0, sizeof(sent));
    begin(COUNT, 0, 1);
    sim_set_filter(sim, counts, NULL);
    story_reach(sim, 1, 5000);
    ck_assert_uint_eq(sent[VOTE_PROPOSE], COUNT - 1);
    ck_assert_uint_eq(sent[VOTE_PREPARE], COUNT - 1);
    ck_assert_uint_eq(sent[VOTE_PREPARED], COUNT - 1);
    ck_assert_uint_eq(sent[VOTE_COMMIT], COUNT - 1);
    ck_assert_uint_eq(sent[VOTE_COMMITTED], COUNT - 1);
    ck_assert_uint_eq(story_told(sim, "collected"), 2);
    ck_assert_uint_eq(story_told(sim, "timeout"), 0);
}
END_TEST

/* Validator 1 leads height 1. It proposes, and its power fails before a vote reaches it. */
static bool no_votes_for_1(void *data, uint32_t from, uint32_t to, const struct vote *vote)
{
    (void)data;
    (void)from;
    return to != 1 || (vote->type != VOTE_PREPARE && vote->type != VOTE_COMMIT);
}

START_TEST(a_collector_that_dies_costs_a_time_out)
{
    begin(COUNT, 0, 3);
    sim_set_filter(sim, no_votes_for_1, NULL);
    story_run(sim, 40);
    ck_assert_uint_eq(story_told(sim, "1: height 1 round 0: propose"), 1);
    sim_stop(sim, 1);
    story_run(sim, 700);
    for (uint32_t i = 0; i < COUNT; i++) {
        ck_assert(i == 1 || sim_height(sim, i) == 3);
    }
    /* Its block is proposed again by nobody: no quorum was seen for it. */
    ck_assert_uint_eq(story_told(sim, "2: height 1 round 1: build"), 1);
    sim_start(sim, 1);
    story_reach(sim, 3, 10000);
}
END_TEST

static bool no_prepared(void *data, uint32_t from, uint32_t to, const struct vote *vote)
{
    (void)data;
    (void)to;
    return from != 1 || vote->type != VOTE_PREPARED;
}

START_TEST(a_collector_that_withholds_what_is_prepared_costs_a_time_out)
{
    begin(COUNT, 0, 2);
    sim_set_filter(sim, no_prepared, NULL);
    story_reach(sim, 2, 900);
    ck_assert_uint_eq(story_told(sim, "1: height 1 round 0: collected prepares"), 1);
    /* The leader alone had prepared it, and says so. */
    ck_assert_uint_eq(story_told(sim, "2: height 1 round 1: propose"), 1);
    ck_assert_uint_eq(story_told(sim, "2: height 1 round 1: build"), 0);
}
END_TEST

/* Of those in `data` only validator 7 hears that the votes suffice. */
static bool tells_one_only(void *data, uint32_t from, uint32_t to, const struct vote *vote)
{
    const enum vote_type *type = data;
    return from != 1 || vote->type != *type || to == 7;
}

START_TEST(a_collector_that_tells_one_only_splits_nobody)
{
    static const enum vote_type types[] = {VOTE_PREPARED, VOTE_COMMITTED};
    for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
        enum vote_type type = types[i];
        begin(COUNT, 0, 3);
        sim_set_filter(sim, tells_one_only, &type);
        story_reach(sim, 3, 4000);
        ck_assert_uint_eq(story_told(sim, "7: height 1 round 0: decided"),
                          type == VOTE_COMMITTED ? 1 : 0);
        if (i + 1 < ARRAY_COUNT(types)) {
            sim_free(sim);
        }
    }
}
END_TEST

/* The votes of the validators from 0 on, as validator 1 could say them; it has their own word for none. */
static void inject_collected(enum vote_type type, uint32_t count, bool others_sign,
                             const struct hash *digest)
{
    static struct message message;
    struct buffer wire = {0};
    struct secret_key key;
    struct vote vote = {
        .type = type == VOTE_PREPARED ? VOTE_PREPARE : VOTE_COMMIT, .height = 1, .digest = *digest};
    message = (struct message){.has_certificate = true};
    certificate_init(&message.certificate, 1, 0, digest);
    for (uint32_t i = 0; i < count; i++) {
        sim_secret(others_sign ? i : 1, &key);
        vote_sign(&vote, &sim_rules(sim)->chain_id, &key);
        certificate_add(&message.certificate, i, &vote.signature);
    }
    message.vote =
        (struct vote){.type = (uint8_t)type, .sender = 1, .height = 1, .digest = *digest};
    sim_secret(1, &key);
    vote_sign(&message.vote, &sim_rules(sim)->chain_id, &key);
    message_encode(&wire, &message);
    for (uint32_t i = 2; i < COUNT; i++) {
        sim_inject(sim, i, buffer_bytes(&wire));
    }
    buffer_close(&wire);
}

START_TEST(certificates_of_too_few_or_of_one_change_nothing)
{
    struct hash digest = {{7}};
    struct sim_report report;
    begin(COUNT, 0, 2);
    sim_stop(sim, 1);
    inject_collected(VOTE_PREPARED, QUORUM - 1, true, &digest);
    inject_collected(VOTE_PREPARED, QUORUM, false, &digest);
    inject_collected(VOTE_COMMITTED, QUORUM - 1, true, &digest);
    inject_collected(VOTE_COMMITTED, QUORUM, false, &digest);
    story_run(sim, 1);
    sim_report(sim, &report);
    ck_assert_uint_ge(report.refused, 4);
    ck_assert_uint_eq(story_told(sim, "round 0: prepared"), 0);
    ck_assert_uint_eq(story_told(sim, "round 0: committed"), 0);
    ck_assert_uint_eq(story_told(sim, "fetch"), 0);
    sim_start(sim, 1);
    story_reach(sim, 2, 5000);
    sim_digest(sim, 0, 1, &digest);
    ck_assert_uint_ne(digest.bytes[0], 7);
}
END_TEST

/* Validator i > 1 signs forgeries for the collector: they count for nobody. */
START_TEST(votes_that_others_forged_are_not_collected)
{
    begin(COUNT, 0, 1);
    sim_stop(sim, 0);
    for (uint32_t i = 2; i < COUNT; i++) {
        struct secret_key key;
        struct buffer wire = {0};
        struct vote vote = {
            .type = VOTE_PREPARE, .sender = i, .height = 1, .digest = {{(uint8_t)i}}};
        sim_secret(i + 1 < COUNT ? i + 1 : 2, &key);
        vote_sign(&vote, &sim_rules(sim)->chain_id, &key);
        schema_write(&wire, &vote_schema, &vote);
        sim_inject(sim, 1, buffer_bytes(&wire));
        buffer_close(&wire);
    }
    story_run(sim, 100);
    ck_assert_uint_eq(sim_height(sim, 1), 1);
    ck_assert_uint_eq(story_told(sim, "timeout"), 0);
    sim_start(sim, 0);
    story_reach(sim, 1, 5000);
}
END_TEST

/* Thirteen of forty are gone: the rest is exactly a quorum. */
START_TEST(with_f_dead_every_living_leader_collects)
{
    begin(COUNT, 0, 12);
    for (uint32_t i = QUORUM; i < COUNT; i++) {
        sim_stop(sim, i);
    }
    story_run(sim, 8000);
    for (uint32_t i = 0; i < QUORUM; i++) {
        ck_assert_uint_eq(sim_height(sim, i), 12);
    }
    ck_assert_uint_eq(story_told(sim, "timeout"), 0); /* their turns come later */
}
END_TEST

/* Power fails everywhere while the leader collects. */
START_TEST(power_cuts_while_votes_are_collected_lose_nothing)
{
    begin(COUNT, 0, 8);
    for (uint64_t time_ms = 5; time_ms < 60; time_ms += 7) {
        story_run(sim, time_ms);
        for (uint32_t i = time_ms % 2; i < COUNT; i += 2) {
            sim_stop(sim, i);
            sim_start(sim, i);
        }
    }
    story_reach(sim, 8, 20000);
}
END_TEST

/* From 32 to 33 and back: each height votes as its own set does. */
START_TEST(the_way_of_votes_changes_with_the_set_of_the_height)
{
    begin(32, 1, 12);
    sim_plan_change(sim, 2, SIM_CHANGE_ADD, 32);
    sim_plan_change(sim, 6, SIM_CHANGE_REMOVE, 5);
    story_reach(sim, 12, 10000);
    ck_assert_uint_eq(story_told(sim, "timeout"), 0);
    for (uint32_t height = 1; height <= 12; height++) {
        char line[64];
        (void)snprintf(line, sizeof(line), "height %u round 0: collected prepares", height);
        ck_assert_msg(story_told(sim, line) == (height >= 4 && height < 8 ? 1 : 0), "height %u",
                      height);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("collect");
    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, five_messages_for_each_validator_decide_a_block);
    tcase_add_test(tests, a_collector_that_dies_costs_a_time_out);
    tcase_add_test(tests, a_collector_that_withholds_what_is_prepared_costs_a_time_out);
    tcase_add_test(tests, a_collector_that_tells_one_only_splits_nobody);
    tcase_add_test(tests, certificates_of_too_few_or_of_one_change_nothing);
    tcase_add_test(tests, votes_that_others_forged_are_not_collected);
    tcase_add_test(tests, with_f_dead_every_living_leader_collects);
    tcase_add_test(tests, power_cuts_while_votes_are_collected_lose_nothing);
    tcase_add_test(tests, the_way_of_votes_changes_with_the_set_of_the_height);
    return check_run("collect", tests);
}
