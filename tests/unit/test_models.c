#include "tests/lib/check_run.h"
#include "tests/lib/market_fixture.h"

#include "market/models.h"
#include "market/terms.h"

static struct market_fixture chain;
static struct model_terms terms;

static const struct bytes none = {0};

static void start(void)
{
    market_fixture_init(&chain);
    for (unsigned server = 1; server <= 4; server++) {
        fixture_register(&chain, server);
    }
    fixture_block(&chain);
    fixture_terms(&chain, &terms);
    ck_assert_uint_eq(fixture_try(&chain, FIXTURE_PUBLISHER, NATIVE_MODEL_PUBLISH, &terms, none),
                      0);
}

static void stop(void)
{
    market_fixture_close(&chain);
}

START_TEST(holds_the_escrow_of_all_rounds)
{
    struct model_view view;
    uint64_t cost;
    ck_assert(model_load(&view, chain.state, 1));
    ck_assert(terms_round_cost(&terms, &cost));
    ck_assert_uint_eq(cost, 1003 + 4 * 50);
    ck_assert_uint_eq(view.model.escrow, 2 * cost);
    ck_assert_uint_eq(view.terms.dimension, 64);
    ck_assert(address_equal(&view.model.owner, fixture_address(&chain, FIXTURE_PUBLISHER)));
    ck_assert_uint_eq(fixture_server(&chain, 4).models_active, 1);
    model_close(&view);
    ck_assert(!model_load(&view, chain.state, 2));
}
END_TEST

/* Fewer than a third of the leaders may be hostile and keep out what honest servers post. */
START_TEST(windows_outlast_the_leaders_that_may_be_hostile)
{
    stop();
    market_fixture_init_validators(&chain, 17);
    for (unsigned server = 1; server <= 4; server++) {
        fixture_register(&chain, server);
    }
    fixture_block(&chain);
    fixture_terms(&chain, &terms);
    uint32_t *windows[] = {
        &terms.pad_window,    &terms.commit_window,   &terms.prove_window, &terms.ack_window,
        &terms.decide_window, &terms.fallback_window, &terms.claim_window, &terms.justify_window,
        &terms.values_window, &terms.credit_window,   &terms.check_window,
    };
    for (size_t i = 0; i < ARRAY_COUNT(windows); i++) {
        *windows[i] = 17 / 3 + 2;
    }
    for (size_t i = 0; i < ARRAY_COUNT(windows); i++) {
        (*windows[i])--;
        ck_assert_uint_ne(
            fixture_try(&chain, FIXTURE_PUBLISHER, NATIVE_MODEL_PUBLISH, &terms, none), 0);
        (*windows[i])++;
    }
    ck_assert_uint_eq(fixture_try(&chain, FIXTURE_PUBLISHER, NATIVE_MODEL_PUBLISH, &terms, none),
                      0);
}
END_TEST

START_TEST(returns_the_escrow_also_where_an_admin_closes)
{
    uint64_t balance = fixture_balance(&chain, FIXTURE_PUBLISHER);
    const struct model_operand operand = {1};
    ck_assert_uint_eq(fixture_try(&chain, FIXTURE_ADMIN, NATIVE_MODEL_CLOSE, &operand, none), 0);
    ck_assert_uint_eq(fixture_balance(&chain, FIXTURE_PUBLISHER), balance + 2406);
    ck_assert_uint_eq(fixture_server(&chain, 4).models_active, 0);
}
END_TEST

START_TEST(costs_that_do_not_fit_are_seen)
{
    uint64_t cost;
    terms.server_fee = UINT64_MAX / 2;
    ck_assert(!terms_round_cost(&terms, &cost));
    terms.server_fee = UINT64_MAX / 4;
    terms.reward = 1000;
    ck_assert(!terms_round_cost(&terms, &cost));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("models");
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, holds_the_escrow_of_all_rounds);
    tcase_add_test(tests, windows_outlast_the_leaders_that_may_be_hostile);
    tcase_add_test(tests, returns_the_escrow_also_where_an_admin_closes);
    tcase_add_test(tests, costs_that_do_not_fit_are_seen);
    return check_run("models", tests);
}
