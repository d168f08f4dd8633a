#include "node/stall.h"

#include "tests/lib/check_run.h"

static struct pbft_summary summary;
static enum stall_link links[4];

static void setup(void)
{
    summary = (struct pbft_summary){.height = 8, .decided = 7, .executed = 7, .leader = 2};
    for (size_t i = 0; i < ARRAY_COUNT(links); i++) {
        links[i] = i < 3 ? STALL_CONNECTED : STALL_OFFLINE;
    }
}

static void said(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
    const uint8_t all[] = {a, b, c, d};
    for (size_t i = 0; i < ARRAY_COUNT(all); i++) {
        summary.said[i] = all[i];
        summary.prepares += (all[i] & PBFT_SAID_PREPARE) != 0 ? 1 : 0;
    }
}

static void waits_for(enum stall_step step, const char *missing)
{
    struct validators validators = {.count = 4};
    const char *const names[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
        validators.list[i].name = bytes_of_text(names[i]);
    }
    struct buffer text = {0};
    ck_assert_str_eq(stall_step_text(stall_step_of(&summary, 4)), stall_step_text(step));
    stall_name_missing(&text, &summary, step, &validators, links);
    ck_assert_str_eq(buffer_text(&text), missing);
    buffer_close(&text);
}

START_TEST(a_silent_leader_is_named)
{
    waits_for(STALL_PROPOSE, "c (silent)");
}
END_TEST

START_TEST(who_has_not_prepared_is_named)
{
    summary.has_proposal = true;
    said(PBFT_SAID_PREPARE, 0, PBFT_SAID_PREPARE, 0);
    waits_for(STALL_PREPARE, "b (silent), d (offline)");
}
END_TEST

START_TEST(who_has_not_committed_is_named)
{
    const uint8_t both = PBFT_SAID_PREPARE | PBFT_SAID_COMMIT;
    summary.has_proposal = true;
    said(both, both, PBFT_SAID_PREPARE, 0);
    waits_for(STALL_COMMIT, "c (silent), d (offline)");
}
END_TEST

START_TEST(a_leader_that_collects_is_named_by_those_who_wait_for_it)
{
    summary.has_proposal = true;
    summary.collected = true;
    said(PBFT_SAID_PREPARE, 0, 0, 0);
    waits_for(STALL_PREPARE, "c (silent)");
    summary.self = summary.leader;
    waits_for(STALL_PREPARE, "b (silent), c (silent), d (offline)");
}
END_TEST

START_TEST(who_has_not_changed_its_round_is_named)
{
    summary.round = 1;
    said(PBFT_SAID_CHANGE, 0, PBFT_SAID_CHANGE, 0);
    waits_for(STALL_ROUND_CHANGE, "b (silent), d (offline)");
}
END_TEST

START_TEST(a_quorum_in_a_later_round_waits_for_its_leader)
{
    summary.round = 1;
    summary.leader = 3;
    said(PBFT_SAID_CHANGE, PBFT_SAID_CHANGE, PBFT_SAID_CHANGE, 0);
    waits_for(STALL_PROPOSE, "d (offline)");
}
END_TEST

START_TEST(with_fewer_than_a_quorum_all_who_are_away_are_named)
{
    links[0] = STALL_OFFLINE;
    waits_for(STALL_PROPOSE, "a (offline), c (silent), d (offline)");
}
END_TEST

START_TEST(an_observer_whom_nobody_is_connected_to_names_all)
{
    for (size_t i = 0; i < ARRAY_COUNT(links); i++) {
        links[i] = STALL_OFFLINE;
    }
    waits_for(STALL_PROPOSE, "a (offline), b (offline), c (offline), d (offline)");
}
END_TEST

START_TEST(a_validator_that_observes_is_not_offline_to_itself)
{
    links[2] = STALL_OBSERVING;
    waits_for(STALL_PROPOSE, "c (observing), d (offline)");
    links[3] = STALL_CONNECTED;
    waits_for(STALL_PROPOSE, "c (observing)");
}
END_TEST

START_TEST(a_node_that_has_not_executed_waits_for_itself)
{
    summary.executed = 6;
    waits_for(STALL_EXECUTE, "");
}
END_TEST

START_TEST(tells_after_a_while_and_then_rarely)
{
    struct stall stall = {0};
    ck_assert_int_eq(stall_tick(&stall, 1000, false, 7), STALL_NOTHING);
    ck_assert_int_eq(stall_tick(&stall, 90000, false, 7), STALL_NOTHING);
    ck_assert_int_eq(stall_tick(&stall, 91000, true, 7), STALL_NOTHING);
    ck_assert_int_eq(stall_tick(&stall, 90000 + STALL_AFTER_MS, true, 7), STALL_TELL);
    ck_assert_int_eq(stall_tick(&stall, 91000 + STALL_AFTER_MS, true, 7), STALL_NOTHING);
    ck_assert_int_eq(stall_tick(&stall, 90000 + STALL_AFTER_MS + STALL_AGAIN_MS, true, 7),
                     STALL_TELL);
    ck_assert_int_eq(stall_tick(&stall, 120000, true, 8), STALL_OVER);
    ck_assert_int_eq(stall_tick(&stall, 121000, true, 9), STALL_NOTHING);
}
END_TEST

START_TEST(a_chain_that_moves_is_no_stall)
{
    struct stall stall = {0};
    for (uint64_t height = 1; height < 100; height++) {
        ck_assert_int_eq(stall_tick(&stall, height * 1000, true, height), STALL_NOTHING);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("stall");
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, a_silent_leader_is_named);
    tcase_add_test(tests, who_has_not_prepared_is_named);
    tcase_add_test(tests, who_has_not_committed_is_named);
    tcase_add_test(tests, a_leader_that_collects_is_named_by_those_who_wait_for_it);
    tcase_add_test(tests, who_has_not_changed_its_round_is_named);
    tcase_add_test(tests, a_quorum_in_a_later_round_waits_for_its_leader);
    tcase_add_test(tests, with_fewer_than_a_quorum_all_who_are_away_are_named);
    tcase_add_test(tests, an_observer_whom_nobody_is_connected_to_names_all);
    tcase_add_test(tests, a_validator_that_observes_is_not_offline_to_itself);
    tcase_add_test(tests, a_node_that_has_not_executed_waits_for_itself);
    tcase_add_test(tests, tells_after_a_while_and_then_rarely);
    tcase_add_test(tests, a_chain_that_moves_is_no_stall);
    return check_run("stall", tests);
}
