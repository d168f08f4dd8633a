#include "tests/lib/check_run.h"
#include "tests/lib/market_fixture.h"

static struct market_fixture chain;

static const struct bytes none = {0};
static const struct empty_operand nothing = {0};

static void start(void)
{
    market_fixture_init(&chain);
}

static void stop(void)
{
    market_fixture_close(&chain);
}

START_TEST(accepts_endpoints_of_a_host_and_a_port_only)
{
    static const struct {
        const char *text;
        bool valid;
        uint64_t wrong;
    } cases[] = {
        {"http://127.0.0.1:8000", true, 21},
        {"http://a-b.example:1", true, 20},
        {"http://h:65535", true, 14},
        {"http://h:65536", false, 13},
        {"http://h:0", false, 9},
        {"http://h:08", false, 9},
        {"http://h:", false, 9},
        {"http://h", false, 8},
        {"http://:80", false, 7},
        {"https://h:80", false, 4},
        {"http://h:80/path", false, 11},
        {"http://h_x:80", false, 8},
        {"", false, 0},
        {"htt", false, 3},
    };
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        uint64_t wrong = 0;
        bool valid = server_endpoint_valid(bytes_of_text(cases[i].text), &wrong);
        ck_assert_msg(valid == cases[i].valid, "%s", cases[i].text);
        ck_assert_msg(valid || wrong == cases[i].wrong, "%s: %u", cases[i].text, (unsigned)wrong);
    }
}
END_TEST

START_TEST(takes_the_stake_and_gives_it_back)
{
    int account = FIXTURE_SERVER_1 + 2;
    fixture_register(&chain, 3);
    fixture_block(&chain);
    struct receipt receipt = fixture_receipt(&chain, 0);
    ck_assert_uint_eq(receipt.refusal.code, 0);
    uint64_t balance = fixture_balance(&chain, account);
    ck_assert_uint_eq(balance, FIXTURE_BALANCE - FIXTURE_STAKE - receipt.fee);
    ck_assert_uint_eq(fixture_server(&chain, 3).stake, FIXTURE_STAKE);
    ck_assert_uint_eq(fixture_try(&chain, account, NATIVE_SERVER_LEAVE, &nothing, none), 0);
    receipt = fixture_receipt(&chain, 0);
    ck_assert_uint_eq(fixture_balance(&chain, account), balance + FIXTURE_STAKE - receipt.fee);
    ck_assert(!fixture_server(&chain, 3).registered);
}
END_TEST

START_TEST(keeps_the_number_of_a_server_that_comes_back)
{
    fixture_register(&chain, 2);
    fixture_register(&chain, 1);
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_server(&chain, 2).index, 0);
    ck_assert_uint_eq(fixture_server(&chain, 1).index, 1);
    ck_assert_uint_eq(
        fixture_try(&chain, FIXTURE_SERVER_1 + 1, NATIVE_SERVER_LEAVE, &nothing, none), 0);
    fixture_register(&chain, 2);
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).code, 0);
    ck_assert_uint_eq(fixture_server(&chain, 2).index, 0);
    struct chain_record record;
    chain_load(chain.state, &record);
    ck_assert_uint_eq(record.server_count, 2);
}
END_TEST

START_TEST(fills_a_stake_up)
{
    const struct server_stake_operand none_at_all = {0};
    const struct server_stake_operand more = {FIXTURE_PENALTY};
    const struct server_stake_operand much = {UINT64_MAX};
    int account = FIXTURE_SERVER_1;
    ck_assert_uint_eq(fixture_try(&chain, account, NATIVE_SERVER_STAKE, &more, none),
                      REFUSAL_SERVER_UNKNOWN);
    fixture_register(&chain, 1);
    fixture_block(&chain);
    server_count_model(chain.state, fixture_address(&chain, account), true);
    (void)server_penalise(chain.state, fixture_address(&chain, account), UINT64_MAX);
    ck_assert_uint_eq(fixture_try(&chain, account, NATIVE_SERVER_STAKE, &none_at_all, none),
                      REFUSAL_AMOUNT_ZERO);
    ck_assert_uint_eq(fixture_try(&chain, account, NATIVE_SERVER_STAKE, &much, none),
                      REFUSAL_BALANCE_TOO_SMALL);
    uint64_t before = fixture_balance(&chain, account);
    struct bytes endpoint = fixture_server(&chain, 1).endpoint;
    ck_assert_uint_eq(fixture_try(&chain, account, NATIVE_SERVER_STAKE, &more, none), 0);
    ck_assert_uint_eq(fixture_balance(&chain, account),
                      before - FIXTURE_PENALTY - fixture_receipt(&chain, 0).fee);
    ck_assert_uint_eq(fixture_server(&chain, 1).stake, FIXTURE_PENALTY);
    ck_assert_uint_eq(fixture_server(&chain, 1).endpoint.size, endpoint.size);
    ck_assert_uint_eq(fixture_server(&chain, 1).penalties, 1);
}
END_TEST

START_TEST(penalises_at_most_the_stake)
{
    fixture_register(&chain, 1);
    fixture_block(&chain);
    const struct address *address = fixture_address(&chain, FIXTURE_SERVER_1);
    ck_assert_uint_eq(server_penalise(chain.state, address, FIXTURE_STAKE - 1), FIXTURE_STAKE - 1);
    ck_assert_uint_eq(server_penalise(chain.state, address, 5), 1);
    ck_assert_uint_eq(server_penalise(chain.state, address, 5), 0);
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_server(&chain, 1).penalties, 3);
    ck_assert_uint_eq(fixture_balance(&chain, FIXTURE_TREASURY), FIXTURE_BALANCE + FIXTURE_STAKE);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("servers");
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, accepts_endpoints_of_a_host_and_a_port_only);
    tcase_add_test(tests, takes_the_stake_and_gives_it_back);
    tcase_add_test(tests, keeps_the_number_of_a_server_that_comes_back);
    tcase_add_test(tests, fills_a_stake_up);
    tcase_add_test(tests, penalises_at_most_the_stake);
    return check_run("servers", tests);
}
