#include "node/sync.h"

#include "tests/lib/check_run.h"

#define PEERS 3 /* of a set of four: f = 1 */

static struct sync *sync_logic;
static struct sync_request request;
static struct sync_request answered;

static void set_up(void)
{
    const struct sync_config config = {PEERS, 1, 10, 1000};
    sync_logic = sync_new(&config);
}

static void tear_down(void)
{
    sync_free(sync_logic);
}

/* All three say that they have `height`. */
static void all_at(uint64_t height)
{
    for (uint32_t i = 0; i < PEERS; i++) {
        sync_peer_status(sync_logic, i, true, height, 1, 0);
    }
}

START_TEST(asks_nothing_while_it_is_up_to_date)
{
    sync_decided(sync_logic, 5);
    all_at(5);
    ck_assert(!sync_next(sync_logic, 0, &request));
    all_at(6); /* one behind: consensus heals that */
    ck_assert(!sync_next(sync_logic, 0, &request));
    ck_assert(!sync_active(sync_logic));
}
END_TEST

/* Class 28 of docs/testing.md: ASA-2025-001, ASA-2024-008. */
START_TEST(one_liar_does_not_hold_it_in_sync)
{
    sync_decided(sync_logic, 5);
    all_at(5);
    sync_peer_status(sync_logic, 2, true, 1000000, 1, 0);
    ck_assert_uint_eq(sync_target(sync_logic), 5);
    ck_assert(!sync_active(sync_logic));
}
END_TEST

START_TEST(observers_do_not_count_for_the_target)
{
    sync_peer_status(sync_logic, 0, false, 100, 1, 0);
    sync_peer_status(sync_logic, 1, false, 100, 1, 0);
    ck_assert_uint_eq(sync_target(sync_logic), 0);
}
END_TEST

START_TEST(counts_the_validators_that_said_where_they_are)
{
    ck_assert_uint_eq(sync_heard(sync_logic), 0);
    sync_peer_status(sync_logic, 0, true, 0, 0, 0);
    sync_peer_status(sync_logic, 1, false, 100, 1, 0);
    ck_assert_uint_eq(sync_heard(sync_logic), 1);
    sync_peer_status(sync_logic, 2, true, 7, 1, 0);
    ck_assert_uint_eq(sync_heard(sync_logic), 2);
    sync_peer_down(sync_logic, 0);
    ck_assert_uint_eq(sync_heard(sync_logic), 1);
}
END_TEST

START_TEST(asks_for_a_window_from_the_next_height)
{
    sync_decided(sync_logic, 5);
    all_at(8);
    ck_assert(sync_next(sync_logic, 0, &request));
    ck_assert_uint_eq(request.height, 6);
    ck_assert_uint_eq(request.count, 3);
    ck_assert(!sync_next(sync_logic, 1, &request)); /* nothing more to ask for */
    ck_assert(sync_answer(sync_logic, request.peer, request.id, 1, &answered));
    ck_assert_uint_eq(answered.height, 6);
    ck_assert_uint_eq(answered.count, 3);
}
END_TEST

START_TEST(asks_several_peers_at_once)
{
    uint32_t asked[PEERS] = {0};
    all_at(1000);
    for (uint32_t i = 0; i < PEERS * SYNC_PEER_ASKED; i++) {
        ck_assert(sync_next(sync_logic, 0, &request));
        ck_assert_uint_eq(request.height, 1 + i * 10);
        ck_assert_uint_eq(request.count, 10);
        asked[request.peer]++;
    }
    ck_assert(!sync_next(sync_logic, 0, &request));
    for (uint32_t i = 0; i < PEERS; i++) {
        ck_assert_uint_eq(asked[i], SYNC_PEER_ASKED);
    }
}
END_TEST

/* Ask until no more is asked, and answer all but what begins at `lost`. */
static void answer_all_but(uint64_t lost)
{
    while (sync_next(sync_logic, 0, &request)) {
        if (request.height != lost) {
            ck_assert(sync_answer(sync_logic, request.peer, request.id, 0, &answered));
            sync_received(sync_logic, answered.id, answered.count);
        }
    }
}

START_TEST(what_is_held_is_bounded_but_the_lowest_is_always_asked_for)
{
    all_at(1000);
    answer_all_but(1);
    /* Eight are asked for or held: 1 to 80. */
    ck_assert(!sync_next(sync_logic, 0, &request));
    ck_assert(sync_next(sync_logic, 1000, &request)); /* the lost one again */
    ck_assert_uint_eq(request.height, 1);
    ck_assert(sync_answer(sync_logic, request.peer, request.id, 1000, &answered));
    sync_received(sync_logic, answered.id, 4); /* and not whole */
    sync_decided(sync_logic, 4);
    ck_assert(sync_next(sync_logic, 1000, &request));
    ck_assert_uint_eq(request.height, 5);
    ck_assert_uint_eq(request.count, 6);
    ck_assert(!sync_next(sync_logic, 1000, &request));
    sync_consumed(sync_logic, answered.id);
    ck_assert(!sync_next(sync_logic, 1000, &request));
}
END_TEST

START_TEST(a_range_that_failed_is_asked_for_again)
{
    all_at(1000);
    ck_assert(sync_next(sync_logic, 0, &request));
    const struct sync_request first = request;
    ck_assert(sync_next(sync_logic, 0, &request));
    ck_assert(sync_answer(sync_logic, first.peer, first.id, 0, &answered));
    sync_failed(sync_logic, first.id, 0);
    ck_assert(sync_next(sync_logic, 0, &request));
    ck_assert_uint_eq(request.height, 1);
    ck_assert_uint_ne(request.peer, first.peer);
}
END_TEST

START_TEST(what_was_decided_meanwhile_is_not_waited_for)
{
    all_at(20);
    ck_assert(sync_next(sync_logic, 0, &request));
    const struct sync_request first = request;
    sync_decided(sync_logic, 10);
    ck_assert(!sync_answer(sync_logic, first.peer, first.id, 0, &answered));
    ck_assert(sync_next(sync_logic, 0, &request));
    ck_assert_uint_eq(request.height, 11);
}
END_TEST

/* Class 28 of docs/testing.md: ASA-2025-001. */
START_TEST(a_peer_that_lowers_its_height_is_left_alone)
{
    all_at(100);
    for (uint32_t i = 0; i < PEERS; i++) {
        sync_peer_status(sync_logic, i, true, 99, 1, 0);
    }
    ck_assert(!sync_next(sync_logic, SYNC_BAN_MS - 1, &request));
    ck_assert(sync_next(sync_logic, SYNC_BAN_MS, &request));
}
END_TEST

START_TEST(a_peer_may_come_back_lower)
{
    all_at(100);
    sync_peer_down(sync_logic, 0);
    sync_peer_status(sync_logic, 0, true, 90, 1, 0);
    ck_assert(sync_next(sync_logic, 0, &request));
    ck_assert_uint_eq(request.peer, 0);
}
END_TEST

START_TEST(a_hint_of_consensus_is_enough_for_one_block)
{
    sync_decided(sync_logic, 5);
    all_at(6);
    sync_hint(sync_logic, 6);
    ck_assert(sync_next(sync_logic, 0, &request));
    ck_assert_uint_eq(request.height, 6);
    ck_assert_uint_eq(request.count, 1);
}
END_TEST

START_TEST(refuses_answers_that_were_not_asked_for)
{
    all_at(100);
    ck_assert(!sync_answer(sync_logic, 0, 1, 0, &answered));
    ck_assert(sync_next(sync_logic, 0, &request));
    ck_assert(!sync_answer(sync_logic, (request.peer + 1) % PEERS, request.id, 0, &answered));
    ck_assert(!sync_answer(sync_logic, request.peer, request.id + 1, 0, &answered));
    ck_assert(sync_answer(sync_logic, request.peer, request.id, 0, &answered));
    ck_assert(!sync_answer(sync_logic, request.peer, request.id, 0, &answered));
}
END_TEST

START_TEST(asks_another_peer_after_a_time_out)
{
    all_at(10);
    ck_assert(sync_next(sync_logic, 0, &request));
    uint32_t first = request.peer;
    ck_assert(!sync_next(sync_logic, 999, &request));
    ck_assert(sync_next(sync_logic, 1000, &request));
    ck_assert_uint_ne(request.peer, first);
}
END_TEST

START_TEST(waits_longer_after_time_outs_until_an_answer_is_quick)
{
    all_at(10);
    uint64_t now_ms = 0;
    for (uint64_t wait_ms = 1000; wait_ms <= 4000; wait_ms *= 2) {
        ck_assert(sync_next(sync_logic, now_ms, &request));
        ck_assert(!sync_next(sync_logic, now_ms + wait_ms - 1, &request));
        now_ms += wait_ms;
    }
    /* An answer after 5 of 8 seconds is taken, and the next may take as long. */
    ck_assert(sync_next(sync_logic, now_ms, &request));
    now_ms += 5000;
    ck_assert(sync_answer(sync_logic, request.peer, request.id, now_ms, &answered));
    sync_consumed(sync_logic, answered.id);
    ck_assert(sync_next(sync_logic, now_ms, &request));
    now_ms += 7999;
    ck_assert(sync_answer(sync_logic, request.peer, request.id, now_ms, &answered));
    sync_consumed(sync_logic, answered.id);
    /* A quick one makes it strict again. */
    ck_assert(sync_next(sync_logic, now_ms, &request));
    ck_assert(sync_answer(sync_logic, request.peer, request.id, now_ms + 10, &answered));
    sync_consumed(sync_logic, answered.id);
    ck_assert(sync_next(sync_logic, now_ms, &request));
    uint32_t asked = request.peer;
    ck_assert(sync_next(sync_logic, now_ms + 1000, &request));
    ck_assert_uint_ne(request.peer, asked);
}
END_TEST

START_TEST(a_peer_that_is_late_twice_is_left_alone)
{
    sync_peer_status(sync_logic, 0, true, 100, 1, 0);
    sync_peer_status(sync_logic, 1, true, 100, 0, 0);
    ck_assert(sync_next(sync_logic, 0, &request));
    ck_assert(sync_next(sync_logic, 0, &request));
    ck_assert(sync_next(sync_logic, 1000, &request)); /* both late at once: once */
    ck_assert(!sync_next(sync_logic, 3000, &request));
    ck_assert(!sync_next(sync_logic, 3000 + SYNC_BAN_MS - 1, &request));
    ck_assert(sync_next(sync_logic, 3000 + SYNC_BAN_MS, &request));
}
END_TEST

/* Class 28 of docs/testing.md: ASA-2025-001, ASA-2024-008. */
START_TEST(leaves_a_liar_alone_for_a_while)
{
    all_at(100);
    for (uint32_t i = 0; i < PEERS; i++) {
        ck_assert(sync_next(sync_logic, 0, &request));
        ck_assert(sync_answer(sync_logic, request.peer, request.id, 0, &answered));
        sync_failed(sync_logic, request.id, 0);
    }
    ck_assert(!sync_next(sync_logic, SYNC_BAN_MS - 1, &request));
    ck_assert(sync_next(sync_logic, SYNC_BAN_MS, &request));
}
END_TEST

START_TEST(asks_only_who_has_the_block)
{
    sync_decided(sync_logic, 5);
    sync_peer_status(sync_logic, 0, true, 100, 50, 0); /* pruned */
    sync_peer_status(sync_logic, 1, true, 100, 0, 0);  /* has none */
    sync_peer_status(sync_logic, 2, true, 5, 1, 0);    /* behind */
    ck_assert(!sync_next(sync_logic, 0, &request));
    sync_peer_status(sync_logic, 2, true, 6, 1, 0);
    ck_assert(sync_next(sync_logic, 0, &request));
    ck_assert_uint_eq(request.peer, 2);
}
END_TEST

START_TEST(a_lost_peer_frees_the_request)
{
    all_at(100);
    ck_assert(sync_next(sync_logic, 0, &request));
    uint32_t first = request.peer;
    sync_peer_down(sync_logic, first);
    ck_assert(sync_next(sync_logic, 0, &request));
    ck_assert_uint_ne(request.peer, first);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("sync");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, asks_nothing_while_it_is_up_to_date);
    tcase_add_test(tests, one_liar_does_not_hold_it_in_sync);
    tcase_add_test(tests, observers_do_not_count_for_the_target);
    tcase_add_test(tests, counts_the_validators_that_said_where_they_are);
    tcase_add_test(tests, asks_for_a_window_from_the_next_height);
    tcase_add_test(tests, asks_several_peers_at_once);
    tcase_add_test(tests, what_is_held_is_bounded_but_the_lowest_is_always_asked_for);
    tcase_add_test(tests, a_range_that_failed_is_asked_for_again);
    tcase_add_test(tests, what_was_decided_meanwhile_is_not_waited_for);
    tcase_add_test(tests, a_peer_that_lowers_its_height_is_left_alone);
    tcase_add_test(tests, a_peer_may_come_back_lower);
    tcase_add_test(tests, a_hint_of_consensus_is_enough_for_one_block);
    tcase_add_test(tests, refuses_answers_that_were_not_asked_for);
    tcase_add_test(tests, asks_another_peer_after_a_time_out);
    tcase_add_test(tests, waits_longer_after_time_outs_until_an_answer_is_quick);
    tcase_add_test(tests, a_peer_that_is_late_twice_is_left_alone);
    tcase_add_test(tests, leaves_a_liar_alone_for_a_while);
    tcase_add_test(tests, asks_only_who_has_the_block);
    tcase_add_test(tests, a_lost_peer_frees_the_request);
    return check_run("sync", tests);
}
