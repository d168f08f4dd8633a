#include "tests/lib/check_run.h"
#include "tests/lib/market_fixture.h"

#include <string.h>

#include "base/memory.h"

static struct market_fixture chain;
static struct genesis *genesis;

static void start(void)
{
    market_fixture_init(&chain);
    genesis = chain.genesis;
}

static void stop(void)
{
    market_fixture_close(&chain);
}

static void expect_wrong(const char *line)
{
    char error[200];
    ck_assert(!genesis_check(genesis, error, sizeof(error)));
    ck_assert_msg(strstr(error, line) != NULL, "%s", error);
}

START_TEST(has_one_encoding_whose_hash_is_the_chain_id)
{
    struct buffer encoded = {0};
    struct hash before;
    struct hash after;
    char error[200];
    genesis_chain_id(&before, genesis);
    schema_write(&encoded, &genesis_schema, genesis);
    struct genesis *copy = memory_new(sizeof(*copy));
    bool good = schema_decode(&genesis_schema, copy, buffer_bytes(&encoded), error, sizeof(error));
    ck_assert_msg(good, "%s", error);
    genesis_chain_id(&after, copy);
    ck_assert(hash_equal(&before, &after));
    copy->parameters.gas_per_byte++;
    genesis_chain_id(&after, copy);
    ck_assert(!hash_equal(&before, &after));
    free(copy);
    buffer_close(&encoded);
}
END_TEST

START_TEST(writes_balances_roles_parameters_and_supply)
{
    struct parameters parameters;
    struct chain_record record;
    struct account account;
    parameters_load(chain.state, &parameters);
    chain_load(chain.state, &record);
    account_load(chain.state, fixture_address(&chain, FIXTURE_ADMIN), &account);
    ck_assert_uint_eq(parameters.server_penalty, FIXTURE_PENALTY);
    ck_assert_uint_eq(record.supply, (uint64_t)FIXTURE_BALANCE * FIXTURE_ACCOUNTS);
    ck_assert_uint_eq(record.admin_count, 1);
    ck_assert_uint_eq(account.roles, ROLE_ADMIN);
    ck_assert_uint_eq(account.balance, FIXTURE_BALANCE);
}
END_TEST

START_TEST(refuses_a_wrong_header)
{
    genesis->version = 2;
    expect_wrong("version is 2, expected 1 to 1");
    genesis->version = 1;
    genesis->network.size = 0;
    expect_wrong("length of network is 0");
    genesis->network.size = 3;
    genesis->time_ms = 0;
    expect_wrong("time_ms is 0");
    genesis->time_ms = 1;
    genesis->address_prefix = bytes_of_text("coin");
    expect_wrong("address_prefix");
}
END_TEST

START_TEST(refuses_parameters_out_of_range)
{
    struct parameters good = genesis->parameters;
    genesis->parameters.server_penalty = good.server_stake_min + 1;
    expect_wrong("parameters.server_penalty");
    genesis->parameters = good;
    genesis->parameters.server_stake_min = 0;
    expect_wrong("parameters.server_stake_min");
    genesis->parameters = good;
    genesis->parameters.gas_limit_max = 10;
    expect_wrong("parameters.gas_limit_max is 10");
    genesis->parameters = good;
    genesis->parameters.window_min = 0;
    expect_wrong("parameters.window_min");
    genesis->parameters = good;
    genesis->parameters.window_max = 0;
    expect_wrong("parameters.window_max");
    genesis->parameters = good;
    genesis->parameters.block_bytes_max = 1000;
    expect_wrong("parameters.block_bytes_max");
    genesis->parameters.block_bytes_max = PARAMETER_BLOCK_BYTES_MAX + 1;
    expect_wrong("parameters.block_bytes_max");
    genesis->parameters = good;
    genesis->parameters.block_transactions_max = 0;
    expect_wrong("parameters.block_transactions_max");
    genesis->parameters = good;
    genesis->parameters.empty_block_interval_ms = 0;
    expect_wrong("parameters.empty_block_interval_ms");
    genesis->parameters = good;
    memset(&genesis->parameters.treasury, 0, sizeof(genesis->parameters.treasury));
    expect_wrong("parameters.treasury");
}
END_TEST

START_TEST(refuses_wrong_validators)
{
    genesis->validator_count = 2;
    genesis->validators[1] = genesis->validators[0];
    expect_wrong("validators[1] has the name of an earlier one");
    genesis->validators[1].name = bytes_of_text("two");
    expect_wrong("validators[1] has the public_key of an earlier one");
    genesis->validators[1].public_key = chain.keys[FIXTURE_ADMIN].public_key;
    expect_wrong("validators[1] has the node_key of an earlier one");
    genesis->validators[1].node_key.bytes[0] = 9;
    expect_wrong("validators[1] has a node_key that is not on the curve");
    memset(&genesis->validators[1].public_key, 0xff, 32);
    expect_wrong("validators[1] has a public_key that is not on the curve");
    genesis->validators[1].name.size = 0;
    expect_wrong("validators[1] has no name");
    genesis->validator_count = 0;
    expect_wrong("number of validators is 0");
}
END_TEST

START_TEST(refuses_wrong_accounts)
{
    struct genesis_account good = genesis->accounts[3];
    genesis->accounts[3].address = genesis->accounts[1].address;
    expect_wrong("accounts[1] has an address that occurs twice");
    genesis->accounts[3] = good;
    genesis->accounts[3].roles = 16;
    expect_wrong("accounts[3] has an unknown role");
    genesis->accounts[3] = good;
    genesis->accounts[3].balance = UINT64_MAX;
    expect_wrong("accounts[3] makes the sum of balances exceed 64 bits");
    genesis->accounts[3] = good;
    memset(&genesis->accounts[3].address, 0, sizeof(struct address));
    expect_wrong("accounts[3] has the zero address");
    genesis->accounts[3] = good;
    genesis->accounts[FIXTURE_ADMIN].roles = 0;
    expect_wrong("number of admins is 0");
    for (uint32_t i = 0; i < genesis->account_count; i++) {
        genesis->accounts[i].balance = 0;
    }
    expect_wrong("sum of balances is 0");
    genesis->account_count = 0;
    expect_wrong("number of accounts is 0");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("genesis");
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, has_one_encoding_whose_hash_is_the_chain_id);
    tcase_add_test(tests, writes_balances_roles_parameters_and_supply);
    tcase_add_test(tests, refuses_a_wrong_header);
    tcase_add_test(tests, refuses_parameters_out_of_range);
    tcase_add_test(tests, refuses_wrong_validators);
    tcase_add_test(tests, refuses_wrong_accounts);
    return check_run("genesis", tests);
}
