#include "tests/lib/check_run.h"
#include "tests/lib/round_fixture.h"

#include "market/deadlines.h"

static struct market_fixture chain;
static struct round_fixture party;
static struct model_terms terms;

static void start(void)
{
    market_fixture_init(&chain);
    for (unsigned server = 1; server <= 4; server++) {
        fixture_register(&chain, server);
    }
    fixture_block(&chain);
    fixture_terms(&chain, &terms);
    round_fixture_open(&party, &chain, &terms);
}

static void stop(void)
{
    round_fixture_close(&party);
    market_fixture_close(&chain);
}

START_TEST(lists_the_round_at_its_deadline_and_clears_the_list_after_it)
{
    uint64_t deadline = round_fixture_record(&party).deadline_height;
    ck_assert_uint_eq(deadlines_count(chain.state, deadline), 1);
    ck_assert(chain.results.deadlines_pending);
    while (chain.block.height <= deadline) {
        fixture_block(&chain);
    }
    ck_assert_uint_eq(deadlines_count(chain.state, deadline), 0);
    ck_assert_uint_eq(round_fixture_record(&party).phase, PHASE_ABORTED);
    ck_assert(!chain.results.deadlines_pending);
}
END_TEST

START_TEST(passes_over_an_entry_whose_round_has_moved_on)
{
    uint64_t deadline = round_fixture_record(&party).deadline_height;
    round_fixture_enter(&party, 10);
    fixture_block(&chain);
    ck_assert_uint_eq(round_fixture_record(&party).phase, PHASE_PROVE_BEACON);
    ck_assert_uint_eq(deadlines_count(chain.state, deadline), 1);
    round_fixture_prove_all(&party);
    round_fixture_all(&party, ROUND_FIXTURE_SERVERS, NATIVE_BATCH_ACK);
    round_fixture_until(&party, PHASE_DECIDE);
    while (chain.block.height <= deadline) {
        fixture_block(&chain);
    }
    ck_assert_uint_eq(round_fixture_record(&party).phase, PHASE_DECIDE);
    ck_assert_uint_eq(deadlines_count(chain.state, deadline), 0);
}
END_TEST

START_TEST(leaders_take_turns_in_order_and_share_the_window)
{
    struct round round = {.phase_height = 100, .active = 0xb};
    terms.aggregate_window = 9;
    ck_assert_uint_eq(round_turn_height(&round, &terms, 1), 101);
    ck_assert_uint_eq(round_turn_height(&round, &terms, 2), 104);
    ck_assert_uint_eq(round_turn_height(&round, &terms, 4), 107);
    terms.aggregate_window = 2;
    ck_assert_uint_eq(round_turn_height(&round, &terms, 4), 103);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("deadlines");
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, lists_the_round_at_its_deadline_and_clears_the_list_after_it);
    tcase_add_test(tests, passes_over_an_entry_whose_round_has_moved_on);
    tcase_add_test(tests, leaders_take_turns_in_order_and_share_the_window);
    return check_run("deadlines", tests);
}
