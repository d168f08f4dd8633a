#include "tests/lib/check_run.h"
#include "tests/lib/market_fixture.h"

static struct market_fixture chain;

static void start(void)
{
    market_fixture_init(&chain);
}

static void stop(void)
{
    market_fixture_close(&chain);
}

START_TEST(an_account_that_was_never_written_is_empty)
{
    const struct address nobody = {{7}};
    struct account account;
    account_load(chain.state, &nobody, &account);
    ck_assert_uint_eq(account.balance, 0);
    ck_assert_uint_eq(account.nonce, 0);
    ck_assert_uint_eq(account.roles, 0);
}
END_TEST

START_TEST(taking_more_than_the_balance_is_refused_and_changes_nothing)
{
    const struct address *address = fixture_address(&chain, FIXTURE_STRANGER);
    struct native_call call = {.state = chain.state, .sender = *address};
    ck_assert(!account_take(&call, FIXTURE_BALANCE + 1, REFUSAL_BALANCE_TOO_SMALL));
    ck_assert_uint_eq(call.refusal.code, REFUSAL_BALANCE_TOO_SMALL);
    ck_assert_uint_eq(call.refusal.got, FIXTURE_BALANCE);
    ck_assert_uint_eq(call.refusal.want, FIXTURE_BALANCE + 1);
    ck_assert_uint_eq(fixture_balance(&chain, FIXTURE_STRANGER), FIXTURE_BALANCE);
    ck_assert(account_take(&call, FIXTURE_BALANCE, REFUSAL_BALANCE_TOO_SMALL));
    ck_assert_uint_eq(fixture_balance(&chain, FIXTURE_STRANGER), 0);
    account_credit(chain.state, address, FIXTURE_BALANCE);
    ck_assert_uint_eq(fixture_balance(&chain, FIXTURE_STRANGER), FIXTURE_BALANCE);
}
END_TEST

START_TEST(a_transfer_to_oneself_and_of_everything_keeps_the_sum)
{
    struct transfer_operand operand = {*fixture_address(&chain, FIXTURE_STRANGER), 1000};
    const struct bytes none = {0};
    ck_assert_uint_eq(fixture_try(&chain, FIXTURE_STRANGER, NATIVE_TRANSFER, &operand, none), 0);
    struct receipt receipt = fixture_receipt(&chain, 0);
    ck_assert_uint_eq(fixture_balance(&chain, FIXTURE_STRANGER), FIXTURE_BALANCE - receipt.fee);
    operand.to = *fixture_address(&chain, FIXTURE_OWNER_1);
    operand.amount = FIXTURE_BALANCE - receipt.fee - chain.gas_limit;
    ck_assert_uint_eq(fixture_try(&chain, FIXTURE_STRANGER, NATIVE_TRANSFER, &operand, none), 0);
}
END_TEST

START_TEST(stops_where_a_balance_would_overflow)
{
    account_credit(chain.state, fixture_address(&chain, FIXTURE_STRANGER), UINT64_MAX);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("accounts");
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, an_account_that_was_never_written_is_empty);
    tcase_add_test(tests, taking_more_than_the_balance_is_refused_and_changes_nothing);
    tcase_add_test(tests, a_transfer_to_oneself_and_of_everything_keeps_the_sum);
    tcase_add_test_raise_signal(tests, stops_where_a_balance_would_overflow, 6);
    return check_run("accounts", tests);
}
