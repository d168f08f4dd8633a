/* A new chain on an old one's state: what stays, what goes, and that no unit is lost. */
#include "market/fork.h"

#include <string.h>

#include "base/memory.h"
#include "market/features.h"
#include "market/heartbeats.h"
#include "market/members.h"
#include "tests/lib/check_run.h"
#include "tests/lib/governance_fixture.h"
#include "tests/lib/round_fixture.h"

static struct market_fixture chain;
static struct round_fixture party;
static struct genesis *fork;

static const struct bytes none = {0};

/* Four validators, of whom two are left; a round with an owner who committed and one who only joined. */
static void start(void)
{
    market_fixture_init_validators(&chain, 4);
    for (unsigned server = 1; server <= 4; server++) {
        fixture_register(&chain, server);
    }
    fixture_block(&chain);
    struct model_terms terms;
    fixture_terms(&chain, &terms);
    round_fixture_open(&party, &chain, &terms);
    round_fixture_enter(&party, 1);
    round_fixture_join(&party, 1);
    fixture_block(&chain);
    fork = memory_new(sizeof(*fork));
    *fork = *chain.genesis;
    fork->account_count = 0;
    fork->base_chain_id = chain.chain_id;
    fork->base_height = chain.block.height - 1;
    fork->base_state_root = chain.state_root;
    fork->parameters.gas_per_byte = 2;
    fork->validators[1] = fork->validators[2];
    fork->validator_count = 2;
}

static void stop(void)
{
    free(fork);
    round_fixture_close(&party);
    market_fixture_close(&chain);
}

static bool check(char *error, size_t size)
{
    return genesis_check(fork, error, size);
}

START_TEST(a_genesis_is_of_a_fork_wholly_or_not_at_all)
{
    char error[200];
    struct hash id;
    ck_assert_msg(check(error, sizeof(error)), "%s", error);
    ck_assert(genesis_is_fork(fork));
    genesis_chain_id(&id, fork);
    ck_assert(!hash_equal(&id, &chain.chain_id));
    fork->base_height = 0;
    ck_assert(!check(error, sizeof(error)));
    ck_assert_ptr_nonnull(strstr(error, "base_height is 0"));
    fork->base_height = 7;
    fork->account_count = 1;
    ck_assert(!check(error, sizeof(error)));
    ck_assert_ptr_nonnull(strstr(error, "number of accounts of a fork is 1"));
    fork->account_count = 0;
    memset(&fork->base_state_root, 0, sizeof(fork->base_state_root));
    ck_assert(!check(error, sizeof(error)));
    ck_assert_ptr_nonnull(strstr(error, "base_state_root"));
    memset(&fork->base_chain_id, 0, sizeof(fork->base_chain_id));
    ck_assert(!check(error, sizeof(error)));
    ck_assert_ptr_nonnull(strstr(error, "base_height is 7"));
}
END_TEST

START_TEST(accounts_stay_and_open_rounds_give_everything_back)
{
    struct account owner;
    struct account joined;
    uint64_t before = fixture_balance(&chain, FIXTURE_OWNER_1);
    uint64_t joined_before = fixture_balance(&chain, FIXTURE_OWNER_1 + 1);
    uint64_t publisher = fixture_balance(&chain, FIXTURE_PUBLISHER);
    uint64_t stake = party.terms.owner_stake;
    uint64_t escrow = round_fixture_record(&party).escrow;
    fork_apply(fork, chain.state); /* asserts that units are conserved */
    account_load(chain.state, fixture_address(&chain, FIXTURE_OWNER_1), &owner);
    account_load(chain.state, fixture_address(&chain, FIXTURE_OWNER_1 + 1), &joined);
    ck_assert_uint_eq(owner.balance, before + stake);
    ck_assert_uint_eq(joined.balance, joined_before + stake);
    ck_assert_uint_gt(owner.nonce, 0);
    ck_assert_uint_eq(fixture_balance(&chain, FIXTURE_PUBLISHER), publisher + escrow);
    ck_assert_uint_eq(round_fixture_record(&party).phase, PHASE_ABORTED);
    ck_assert_uint_eq(round_fixture_record(&party).abort_reason, ABORT_FORK);
    struct chain_record record;
    chain_load(chain.state, &record);
    ck_assert_uint_eq(record.rounds_open, 0);
}
END_TEST

START_TEST(the_new_set_begins_at_block_1_without_jail_or_pardon)
{
    struct validators set;
    struct governance governance;
    struct evidence_operand evidence;
    struct market_key key;
    struct pardon pardon;
    struct parameters parameters;
    int offender = fixture_validator(2);
    const struct validator_operand operand = {chain.keys[offender].public_key};
    governance_evidence(&chain, offender, chain.block.height, &evidence);
    ck_assert_uint_eq(fixture_try(&chain, FIXTURE_STRANGER, NATIVE_EVIDENCE, &evidence, none), 0);
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_PARDON, &operand), 0);
    fork_apply(fork, chain.state);
    members_load(chain.state, 1, &set);
    ck_assert_uint_eq(set.count, 2);
    ck_assert(bytes_equal(set.list[1].name, bytes_of_text("three")));
    ck_assert(!set.list[1].jailed);
    governance_load(chain.state, &governance);
    ck_assert_uint_eq(governance.set_count, 1);
    ck_assert_uint_eq(governance.proposal_count, 1);
    key_pardon(&key, &operand.key);
    ck_assert(!record_load(chain.state, &key, &pardon_schema, &pardon));
    parameters_load(chain.state, &parameters);
    ck_assert_uint_eq(parameters.gas_per_byte, 2);
}
END_TEST

START_TEST(features_that_were_on_stay_on)
{
    struct features features;
    struct feature_action feature = {bytes_of_text(FEATURE_REHEARSAL), chain.block.height + 5};
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_FEATURE, &feature), 0);
    fixture_blocks(&chain, 3);
    feature = (struct feature_action){bytes_of_text("later"), chain.block.height + 100};
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_FEATURE, &feature), 0);
    fork->base_height = chain.block.height - 1;
    fork_apply(fork, chain.state);
    features_load(chain.state, &features);
    ck_assert_uint_eq(features.count, 1);
    ck_assert(feature_active(chain.state, bytes_of_text(FEATURE_REHEARSAL), 1));
}
END_TEST

/* The old heights come again: nothing of an aborted round happens at them. */
START_TEST(the_new_chain_makes_blocks_from_1_on)
{
    fork_apply(fork, chain.state);
    fixture_block(&chain); /* moves the changes into the snapshot */
    chain.block.height = 1;
    fixture_blocks(&chain, 40);
    const struct transfer_operand transfer = {*fixture_address(&chain, FIXTURE_ADMIN), 5};
    ck_assert_uint_eq(fixture_try(&chain, FIXTURE_STRANGER, NATIVE_TRANSFER, &transfer, none), 0);
    party.number++;
    const struct round_open_operand open = {.model = party.model, .round = 2};
    ck_assert_uint_eq(
        fixture_try(&chain, FIXTURE_PUBLISHER, NATIVE_ROUND_OPEN, &open, BYTES_OF(open)), 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("fork");
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, a_genesis_is_of_a_fork_wholly_or_not_at_all);
    tcase_add_test(tests, accounts_stay_and_open_rounds_give_everything_back);
    tcase_add_test(tests, the_new_set_begins_at_block_1_without_jail_or_pardon);
    tcase_add_test(tests, features_that_were_on_stay_on);
    tcase_add_test(tests, the_new_chain_makes_blocks_from_1_on);
    return check_run("fork", tests);
}
