#include "node/fetch.h"

#include "tests/lib/check_run.h"

#define PEERS 4 /* f = 1; peer 3 is an observer */

static struct fetch *fetch;
static struct fetch_request request;
static struct fetch_request answered;
static const struct fetch_offer low = {100, {{1}}};
static const struct fetch_offer high = {200, {{2}}};
static const struct fetch_offer forged = {300, {{3}}};

static void set_up(void)
{
    const struct fetch_config config = {PEERS, 1, 1000};
    fetch = fetch_new(&config);
}

static void tear_down(void)
{
    fetch_free(fetch);
}

static void offer(uint32_t peer, const struct fetch_offer *one)
{
    fetch_offers(fetch, peer, peer != 3, one, 1);
}

/* Begin with a snapshot of `count` chunks whose manifest is here, offered by peers 0 and 1. */
static void begin(uint32_t count)
{
    offer(0, &high);
    offer(1, &high);
    fetch_begin(fetch, &high);
    ck_assert(fetch_next(fetch, 0, &request));
    ck_assert_uint_eq(request.part, FETCH_MANIFEST);
    ck_assert(!fetch_next(fetch, 0, &answered));
    ck_assert(fetch_answer(fetch, request.peer, request.id, &answered));
    fetch_got(fetch, FETCH_MANIFEST);
    fetch_chunks(fetch, count);
}

/* Class 37 of docs/testing.md, Tendermint issue 5511: one liar, or any number of observers, make no snapshot. */
START_TEST(takes_what_more_than_f_validators_offer)
{
    struct fetch_offer chosen;
    offer(0, &low);
    offer(2, &forged);
    offer(3, &forged);
    ck_assert(!fetch_choose(fetch, 0, &chosen));
    ck_assert_uint_eq(fetch_support(fetch), 1); /* the forged one has no more: 3 is no validator */
    offer(1, &low);
    ck_assert_uint_eq(fetch_support(fetch), 2);
    ck_assert(fetch_choose(fetch, 0, &chosen));
    ck_assert_uint_eq(chosen.height, 100);
    const struct fetch_offer both[] = {low, high};
    fetch_offers(fetch, 0, true, both, 2);
    fetch_offers(fetch, 1, true, both, 2);
    ck_assert(fetch_choose(fetch, 0, &chosen));
    ck_assert_uint_eq(chosen.height, 200);
    ck_assert(fetch_choose(fetch, 100, &chosen)); /* the operator trusts this one */
    ck_assert_uint_eq(chosen.height, 100);
    ck_assert(!fetch_choose(fetch, 150, &chosen));
    ck_assert(fetch_choose(fetch, 300, &chosen)); /* whoever offers it: its block is known */
}
END_TEST

START_TEST(one_that_came_out_wrong_is_not_chosen_again)
{
    struct fetch_offer chosen;
    begin(3);
    fetch_refuse(fetch);
    ck_assert(!fetch_choose(fetch, 0, &chosen));
    ck_assert(!fetch_next(fetch, 0, &request));
    ck_assert(!fetch_complete(fetch));
}
END_TEST

START_TEST(asks_only_who_offers_it_and_several_at_once)
{
    begin(20);
    offer(3, &low);
    for (uint32_t i = 0; i < 2 * FETCH_PEER_ASKED; i++) {
        ck_assert(fetch_next(fetch, 0, &request));
        ck_assert_uint_eq(request.part, i);
        ck_assert_uint_lt(request.peer, 2);
    }
    ck_assert(!fetch_next(fetch, 0, &request));
}
END_TEST

START_TEST(is_complete_when_every_chunk_is_here)
{
    begin(5);
    fetch_got(fetch, 3); /* from an earlier process */
    uint32_t asked = 0;
    while (!fetch_complete(fetch)) {
        ck_assert(fetch_next(fetch, 0, &request));
        ck_assert_uint_ne(request.part, 3);
        ck_assert(fetch_answer(fetch, request.peer, request.id, &answered));
        ck_assert(!fetch_answer(fetch, request.peer, request.id, &answered));
        fetch_got(fetch, answered.part);
        asked++;
    }
    ck_assert_uint_eq(asked, 4);
    ck_assert_uint_eq(fetch_missing(fetch), 0);
}
END_TEST

/* Class 37 of docs/testing.md, Tendermint issue 5511: a peer that sends wrong chunks. */
START_TEST(leaves_a_liar_alone_and_asks_another)
{
    begin(2);
    ck_assert(fetch_next(fetch, 0, &request));
    uint32_t liar = request.peer;
    ck_assert(fetch_answer(fetch, liar, request.id, &answered));
    fetch_failed(fetch, &answered, 0);
    for (uint32_t i = 0; i < 2; i++) {
        ck_assert(fetch_next(fetch, 0, &request));
        ck_assert_uint_ne(request.peer, liar);
    }
    ck_assert(!fetch_next(fetch, FETCH_BAN_MS - 1, &request) || request.peer != liar);
}
END_TEST

START_TEST(a_late_part_is_asked_for_again)
{
    begin(1);
    ck_assert(fetch_next(fetch, 0, &request));
    const struct fetch_request first = request;
    ck_assert(!fetch_next(fetch, 999, &request));
    ck_assert(fetch_next(fetch, 1000, &request));
    ck_assert_uint_ne(request.peer, first.peer);
    ck_assert(!fetch_answer(fetch, first.peer, first.id, &answered));
    fetch_peer_down(fetch, request.peer);
    ck_assert(fetch_next(fetch, 1000, &request));
    ck_assert_uint_eq(request.peer, first.peer);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("fetch");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, takes_what_more_than_f_validators_offer);
    tcase_add_test(tests, one_that_came_out_wrong_is_not_chosen_again);
    tcase_add_test(tests, asks_only_who_offers_it_and_several_at_once);
    tcase_add_test(tests, is_complete_when_every_chunk_is_here);
    tcase_add_test(tests, leaves_a_liar_alone_and_asks_another);
    tcase_add_test(tests, a_late_part_is_asked_for_again);
    return check_run("fetch", tests);
}
