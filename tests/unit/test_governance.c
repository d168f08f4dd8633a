#include "tests/lib/check_run.h"
#include "tests/lib/governance_fixture.h"

#include <string.h>

#include "market/evidence.h"
#include "market/features.h"
#include "market/heartbeats.h"
#include "market/nodes.h"

#define CANDIDATE (FIXTURE_SERVER_1)

static struct market_fixture chain;

static const struct bytes none = {0};

static void start(void)
{
    market_fixture_init_validators(&chain, 4);
}

static void stop(void)
{
    market_fixture_close(&chain);
}

static struct validators set_at(uint64_t height)
{
    struct validators set;
    members_load(chain.state, height, &set);
    return set;
}

static struct public_key key_of(int account)
{
    return chain.keys[account].public_key;
}

static void add_candidate(void)
{
    struct validator_add_action add = {.name = bytes_of_text("new"), .key = key_of(CANDIDATE)};
    governance_node_key(&chain, CANDIDATE, &add.node_key);
    governance_synced(&chain, CANDIDATE);
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_VALIDATOR_ADD, &add), 0);
}

static void jail(int account)
{
    struct evidence_operand evidence;
    governance_evidence(&chain, account, chain.block.height, &evidence);
    ck_assert_uint_eq(fixture_try(&chain, FIXTURE_STRANGER, NATIVE_EVIDENCE, &evidence, none), 0);
}

START_TEST(a_chain_begins_with_the_validators_of_its_genesis)
{
    struct validators set = set_at(1);
    ck_assert_uint_eq(set.count, 4);
    ck_assert(bytes_equal(set.list[1].name, bytes_of_text("two")));
    ck_assert_uint_eq(set_at(1000).count, 4);
}
END_TEST

START_TEST(a_new_validator_votes_two_blocks_after_the_vote_that_added_it)
{
    add_candidate();
    uint64_t executed = chain.block.height - 1;
    ck_assert_uint_eq(set_at(executed + 1).count, 4);
    ck_assert_uint_eq(set_at(executed + 2).count, 5);
    struct public_key key = key_of(CANDIDATE);
    struct validators set = set_at(executed + 2);
    ck_assert_uint_eq(validators_find(&set, &key), 4);
    ck_assert(!set.list[4].jailed);
}
END_TEST

/* Named regression test of class 24: a validator that is not there yet must not count in a quorum.
 * The axyl network halted when a new node was counted before it had caught up (axyl #84), Quorum when it
 * grew from one to four (Quorum PR 796). */
START_TEST(class_24_a_candidate_without_a_recent_heartbeat_is_not_added)
{
    struct validator_add_action add = {.name = bytes_of_text("new"), .key = key_of(CANDIDATE)};
    governance_node_key(&chain, CANDIDATE, &add.node_key);
    ck_assert_uint_eq(
        fixture_try(&chain, FIXTURE_PROPOSER, NATIVE_PROPOSE_VALIDATOR_ADD, &add, none),
        REFUSAL_CANDIDATE_UNKNOWN);
    governance_synced(&chain, CANDIDATE);
    uint64_t id = governance_proposed(&chain, NATIVE_PROPOSE_VALIDATOR_ADD, &add);
    ck_assert_uint_eq(governance_voted(&chain, fixture_validator(0), id, true), 0);
    ck_assert_uint_eq(governance_voted(&chain, fixture_validator(1), id, true), 0);
    /* It stopped meanwhile: the vote that would add it is refused, and the proposal stays open. */
    chain.block.time_ms += HEARTBEAT_AGE_MAX_MS + 1;
    ck_assert_uint_eq(governance_voted(&chain, fixture_validator(2), id, true),
                      REFUSAL_CANDIDATE_STALE);
    ck_assert_uint_eq(set_at(chain.block.height + 1).count, 4);
    governance_synced(&chain, CANDIDATE);
    ck_assert_uint_eq(governance_voted(&chain, fixture_validator(2), id, true), 0);
    ck_assert_uint_eq(set_at(chain.block.height + 1).count, 5);
}
END_TEST

START_TEST(two_thirds_of_the_validators_are_not_enough)
{
    const struct validator_operand remove = {key_of(fixture_validator(3))};
    uint64_t id = governance_proposed(&chain, NATIVE_PROPOSE_VALIDATOR_REMOVE, &remove);
    struct proposal proposal;
    ck_assert_uint_eq(governance_voted(&chain, fixture_validator(0), id, true), 0);
    ck_assert_uint_eq(governance_voted(&chain, fixture_validator(0), id, true), 0);
    ck_assert_uint_eq(governance_voted(&chain, fixture_validator(1), id, true), 0);
    ck_assert(proposal_load(chain.state, id, &proposal));
    ck_assert_uint_eq(proposal.passed_height, 0);
    ck_assert_uint_eq(governance_voted(&chain, fixture_validator(1), id, false), 0);
    ck_assert_uint_eq(governance_voted(&chain, fixture_validator(2), id, true), 0);
    ck_assert(proposal_load(chain.state, id, &proposal));
    ck_assert_uint_eq(proposal.passed_height, 0); /* one has changed its mind */
    ck_assert_uint_eq(governance_voted(&chain, fixture_validator(3), id, true), 0);
    ck_assert(proposal_load(chain.state, id, &proposal));
    ck_assert_uint_eq(proposal.passed_height, chain.block.height - 1);
}
END_TEST

START_TEST(the_ballot_of_a_removed_validator_does_not_count)
{
    const struct parameter_action gas = {PARAMETER_GAS_PER_BYTE, 3};
    const struct validator_operand remove = {key_of(fixture_validator(3))};
    uint64_t id = governance_proposed(&chain, NATIVE_PROPOSE_PARAMETER, &gas);
    ck_assert_uint_eq(governance_voted(&chain, fixture_validator(3), id, true), 0);
    ck_assert_uint_eq(governance_voted(&chain, fixture_validator(0), id, true), 0);
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_VALIDATOR_REMOVE, &remove), 0);
    fixture_blocks(&chain, 1);
    struct proposal_tally tally;
    struct validators set = set_at(chain.block.height);
    proposal_tally(chain.state, id, &set, &tally);
    ck_assert_uint_eq(set.count, 3);
    ck_assert_uint_eq(tally.yes, 1);
    ck_assert_uint_eq(tally.needed, 3);
    ck_assert_uint_eq(governance_voted(&chain, fixture_validator(3), id, true), REFUSAL_NO_VOICE);
}
END_TEST

START_TEST(an_account_that_validators_name_votes_for_them)
{
    const struct address_operand named = {*fixture_address(&chain, FIXTURE_STRANGER)};
    const struct parameter_action gas = {PARAMETER_GAS_PER_BYTE, 3};
    struct address account;
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(
            fixture_try(&chain, fixture_validator(i), NATIVE_VALIDATOR_ACCOUNT, &named, none), 0);
    }
    uint64_t id = governance_proposed(&chain, NATIVE_PROPOSE_PARAMETER, &gas);
    ck_assert_uint_eq(governance_voted(&chain, FIXTURE_STRANGER, id, true), 0);
    struct proposal proposal;
    ck_assert(proposal_load(chain.state, id, &proposal));
    ck_assert_uint_ne(proposal.passed_height, 0); /* three voices are a quorum */
    const struct address_operand nobody = {{{0}}};
    ck_assert_uint_eq(
        fixture_try(&chain, FIXTURE_PROPOSER, NATIVE_VALIDATOR_ACCOUNT, &nobody, none), 0);
    struct public_key key = key_of(FIXTURE_PROPOSER);
    spokesman_load(chain.state, &key, &account);
    ck_assert(address_is_zero(&account));
}
END_TEST

START_TEST(a_removed_validator_leaves_two_blocks_later)
{
    const struct validator_operand remove = {key_of(fixture_validator(1))};
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_VALIDATOR_REMOVE, &remove), 0);
    struct validators before = set_at(chain.block.height);
    struct validators after = set_at(chain.block.height + 1);
    ck_assert_uint_ne(validators_find(&before, &remove.key), VALIDATORS_NONE);
    ck_assert_uint_eq(validators_find(&after, &remove.key), VALIDATORS_NONE);
    ck_assert(bytes_equal(after.list[1].name, bytes_of_text("three")));
}
END_TEST

START_TEST(keys_are_replaced_in_their_place_and_a_jail_stays)
{
    int old = fixture_validator(2);
    jail(old);
    struct validator_replace_action replace = {.key = key_of(old), .new_key = key_of(CANDIDATE)};
    governance_node_key(&chain, CANDIDATE, &replace.new_node_key);
    ck_assert_uint_eq(
        fixture_try(&chain, FIXTURE_PROPOSER, NATIVE_PROPOSE_VALIDATOR_REPLACE, &replace, none),
        REFUSAL_CANDIDATE_UNKNOWN);
    governance_synced(&chain, CANDIDATE);
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_VALIDATOR_REPLACE, &replace), 0);
    struct validators set = set_at(chain.block.height + 1);
    ck_assert_uint_eq(validators_find(&set, &replace.new_key), 2);
    ck_assert(set.list[2].jailed);
    ck_assert(bytes_equal(set.list[2].name, bytes_of_text("three")));
}
END_TEST

START_TEST(a_double_signer_is_jailed_once_until_it_is_pardoned)
{
    int offender = fixture_validator(3);
    struct evidence_operand old;
    governance_evidence(&chain, offender, chain.block.height, &old);
    uint64_t supply_holder = fixture_balance(&chain, offender);
    jail(offender);
    ck_assert(set_at(chain.block.height + 1).list[3].jailed);
    ck_assert(!set_at(chain.block.height).list[3].jailed);
    ck_assert_uint_eq(fixture_balance(&chain, offender), supply_holder); /* nobody is paid */
    const struct validator_operand pardon = {key_of(offender)};
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_PARDON, &pardon), 0);
    ck_assert(!set_at(chain.block.height + 1).list[3].jailed);
    ck_assert_uint_eq(fixture_try(&chain, FIXTURE_STRANGER, NATIVE_EVIDENCE, &old, none),
                      REFUSAL_EVIDENCE_PARDONED);
    jail(offender); /* what it does after the pardon counts again */
    ck_assert(set_at(chain.block.height + 1).list[3].jailed);
}
END_TEST

START_TEST(evidence_is_checked_against_the_set_of_its_height)
{
    struct evidence_operand evidence;
    const struct validator_operand remove = {key_of(fixture_validator(0))};
    governance_evidence(&chain, fixture_validator(1), 1, &evidence);
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_VALIDATOR_REMOVE, &remove), 0);
    fixture_blocks(&chain, 3);
    /* Number 1 of height 1 is number 0 by now. */
    ck_assert_uint_eq(fixture_try(&chain, FIXTURE_STRANGER, NATIVE_EVIDENCE, &evidence, none), 0);
    struct validators set = set_at(chain.block.height + 1);
    ck_assert(set.list[0].jailed);
    ck_assert(!set.list[1].jailed);
    struct public_key key = key_of(fixture_validator(1));
    ck_assert_uint_eq(validators_find(&set, &key), 0);
}
END_TEST

static enum evidence_outlook foresee(const struct public_key *key, uint64_t height)
{
    return evidence_foresee(chain.state, chain.block.height - 1, key, height);
}

START_TEST(a_report_jails_who_is_a_validator_and_free)
{
    int account = fixture_validator(2);
    const struct public_key key = key_of(account);
    const struct public_key stranger = key_of(FIXTURE_STRANGER);
    const struct validator_operand named = {key};
    ck_assert_int_eq(foresee(&key, 1), EVIDENCE_JAILS);
    ck_assert_int_eq(foresee(&stranger, 1), EVIDENCE_VAIN);
    jail(account);
    ck_assert_int_eq(foresee(&key, 1), EVIDENCE_VAIN);
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_PARDON, &named), 0);
    uint64_t pardoned = chain.block.height - 1;
    ck_assert_int_eq(foresee(&key, pardoned), EVIDENCE_VAIN);
    ck_assert_int_eq(foresee(&key, pardoned + 1), EVIDENCE_JAILS);
    /* It has another index once the first is gone. */
    const struct validator_operand first = {key_of(fixture_validator(0))};
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_VALIDATOR_REMOVE, &first), 0);
    ck_assert_int_eq(foresee(&key, pardoned + 1), EVIDENCE_JAILS);
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_VALIDATOR_REMOVE, &named), 0);
    ck_assert_int_eq(foresee(&key, pardoned + 1), EVIDENCE_VAIN); /* it votes for two blocks more */
}
END_TEST

/* What a report of these votes in the next block comes to is what was foreseen. */
START_TEST(votes_of_a_later_block_are_not_judged_before_it)
{
    struct evidence_operand evidence;
    const struct public_key stranger = key_of(FIXTURE_STRANGER);
    const uint64_t next = chain.block.height;
    governance_evidence(&chain, fixture_validator(2), next + 1, &evidence);
    ck_assert_int_eq(foresee(&evidence.validator, next + 1), EVIDENCE_EARLY);
    ck_assert_int_eq(foresee(&stranger, next + 1), EVIDENCE_EARLY);
    ck_assert_uint_eq(fixture_try(&chain, FIXTURE_STRANGER, NATIVE_EVIDENCE, &evidence, none),
                      REFUSAL_EVIDENCE_FUTURE);
    ck_assert_int_eq(foresee(&evidence.validator, next + 1), EVIDENCE_JAILS);
    ck_assert_int_eq(foresee(&stranger, next + 1), EVIDENCE_VAIN);
    ck_assert_uint_eq(fixture_try(&chain, FIXTURE_STRANGER, NATIVE_EVIDENCE, &evidence, none), 0);
}
END_TEST

START_TEST(votes_are_judged_until_they_are_too_old)
{
    const struct public_key key = key_of(fixture_validator(2));
    ck_assert_int_eq(evidence_foresee(chain.state, EVIDENCE_AGE_MAX, &key, 1), EVIDENCE_JAILS);
    ck_assert_int_eq(evidence_foresee(chain.state, EVIDENCE_AGE_MAX + 1, &key, 1), EVIDENCE_VAIN);
}
END_TEST

START_TEST(a_report_pays_the_least_price_and_has_the_gas_it_needs)
{
    int account = fixture_validator(2);
    int reporter = fixture_validator(1);
    struct evidence_operand evidence;
    struct buffer program = {0};
    struct transaction transaction;
    const struct public_key key = key_of(reporter);
    governance_evidence(&chain, account, chain.block.height, &evidence);
    struct signing_evidence wanted = {
        .chain_id = chain.chain_id, .validator = evidence.validator, .conflict = evidence.conflict};
    evidence_transaction(&transaction, &program, chain.state, &key, &wanted);
    ck_assert_uint_eq(transaction.gas_price, chain.genesis->parameters.gas_price_min);
    ck_assert_uint_eq(wanted.gas_price, transaction.gas_price);
    ck_assert_uint_eq(wanted.gas_limit, transaction.gas_limit);
    chain.gas_limit = transaction.gas_limit;
    fixture_send_program(&chain, reporter, transaction.program, none);
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).code, 0);
    ck_assert(set_at(chain.block.height + 1).list[2].jailed);
    buffer_close(&program);
}
END_TEST

START_TEST(parameters_change_two_blocks_later)
{
    const struct parameter_action gas = {PARAMETER_GAS_PRICE_MIN, 5};
    struct parameters parameters;
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_PARAMETER, &gas), 0);
    uint64_t executed = chain.block.height - 1;
    parameters_at(chain.state, executed + 1, &parameters);
    ck_assert_uint_eq(parameters.gas_price_min, 1);
    parameters_at(chain.state, executed + 2, &parameters);
    ck_assert_uint_eq(parameters.gas_price_min, 5);
    fixture_blocks(&chain, 2);
    parameters_load(chain.state, &parameters);
    ck_assert_uint_eq(parameters.gas_price_min, 5);
    const struct transfer_operand transfer = {*fixture_address(&chain, FIXTURE_ADMIN), 1};
    ck_assert_uint_eq(fixture_try(&chain, FIXTURE_STRANGER, NATIVE_TRANSFER, &transfer, none),
                      VM_GAS_PRICE);
}
END_TEST

START_TEST(nodes_are_permitted_and_forbidden)
{
    struct node_action node = {.permitted = true, .name = bytes_of_text("observer")};
    struct permitted_nodes nodes;
    governance_node_key(&chain, FIXTURE_ADMIN, &node.node_key);
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_NODE, &node), 0);
    nodes_load(chain.state, &nodes);
    ck_assert_uint_eq(nodes.count, 1);
    ck_assert_uint_eq(nodes_find(&nodes, &node.node_key), 0);
    node.permitted = false;
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_NODE, &node), 0);
    nodes_load(chain.state, &nodes);
    ck_assert_uint_eq(nodes.count, 0);
}
END_TEST

START_TEST(roles_are_given_without_an_admin)
{
    struct account account;
    const struct role_set_operand roles = {*fixture_address(&chain, FIXTURE_STRANGER), ROLE_ADMIN};
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_ROLES, &roles), 0);
    account_load(chain.state, &roles.account, &account);
    ck_assert_uint_eq(account.roles, ROLE_ADMIN);
}
END_TEST

START_TEST(a_feature_begins_at_its_height_and_can_be_withdrawn_before)
{
    uint64_t height = chain.block.height + 10;
    struct feature_action feature = {bytes_of_text(FEATURE_REHEARSAL), height};
    struct features features;
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_FEATURE, &feature), 0);
    ck_assert(!feature_active(chain.state, feature.name, height - 1));
    ck_assert(feature_active(chain.state, feature.name, height));
    feature.activation_height = 0;
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_FEATURE, &feature), 0);
    ck_assert(!feature_active(chain.state, feature.name, height));
    features_load(chain.state, &features);
    ck_assert_uint_eq(features.count, 0);
}
END_TEST

/* Named regression test of class 38: nodes that upgrade at different heights fork (celestia #7232,
 * cosmos-sdk #15895). What a program does not know ends the chain for it before the height. */
START_TEST(class_38_the_first_unknown_feature_says_where_a_program_must_stop)
{
    static const struct {
        const char *name;
        uint64_t height;
    } list[] = {{FEATURE_REHEARSAL, 5}, {"unknown-b", 90}, {"unknown-a", 70}};
    struct features features = {0};
    struct bytes name;
    ck_assert_uint_eq(features_end(&features, &name), 0);
    for (size_t i = 0; i < ARRAY_COUNT(list); i++) {
        features.list[features.count++] =
            (struct feature){bytes_of_text(list[i].name), list[i].height};
        ck_assert_uint_eq(features_end(&features, NULL), i == 0 ? 0 : list[i].height);
    }
    ck_assert_uint_eq(features_end(&features, &name), 70);
    ck_assert(bytes_equal(name, bytes_of_text("unknown-a")));
}
END_TEST

START_TEST(a_checkpoint_comes_every_64_blocks_and_the_oldest_goes)
{
    struct checkpoint checkpoint;
    checkpoint_newest(chain.state, &chain.chain_id, &checkpoint);
    ck_assert_uint_eq(checkpoint.height, 0);
    ck_assert(hash_equal(&checkpoint.digest, &chain.chain_id));
    fixture_blocks(&chain, CHECKPOINT_INTERVAL - 1);
    struct hash parent = chain.block.parent_digest;
    struct heartbeat_operand old;
    governance_heartbeat(&chain, CANDIDATE, &old);
    fixture_blocks(&chain, 1);
    checkpoint_newest(chain.state, &chain.chain_id, &checkpoint);
    ck_assert_uint_eq(checkpoint.height, CHECKPOINT_INTERVAL - 1);
    ck_assert(hash_equal(&checkpoint.digest, &parent));
    fixture_blocks(&chain, (GOVERNANCE_CHECKPOINTS_MAX - 1) * CHECKPOINT_INTERVAL);
    ck_assert_uint_eq(fixture_try(&chain, FIXTURE_STRANGER, NATIVE_HEARTBEAT, &old, none),
                      REFUSAL_HEARTBEAT_HEIGHT);
    governance_synced(&chain, CANDIDATE);
}
END_TEST

static void check_query(uint8_t native, const void *operand, uint64_t expected)
{
    struct native_call call = {
        .state = chain.state, .block = &chain.block, .operand = operand, .gas_left = 1000000};
    ck_assert(native_find(&market_natives, native)->run(&call));
    ck_assert_uint_eq(call.result, expected);
}

START_TEST(programs_can_ask)
{
    const struct empty_operand nothing = {0};
    const struct validator_operand known = {key_of(fixture_validator(1))};
    const struct validator_operand unknown = {key_of(FIXTURE_STRANGER)};
    const struct proposal_operand first = {1};
    const struct parameter_action gas = {PARAMETER_GAS_PER_BYTE, 3};
    const struct feature_operand feature = {bytes_of_text(FEATURE_REHEARSAL)};
    check_query(NATIVE_QUERY_VALIDATORS, &nothing, 4);
    check_query(NATIVE_QUERY_VALIDATOR, &known, 1);
    check_query(NATIVE_QUERY_VALIDATOR, &unknown, 0);
    check_query(NATIVE_QUERY_FEATURE, &feature, 0);
    check_query(NATIVE_QUERY_PROPOSAL, &first, PROPOSAL_NONE);
    (void)governance_proposed(&chain, NATIVE_PROPOSE_PARAMETER, &gas);
    check_query(NATIVE_QUERY_PROPOSAL, &first, PROPOSAL_OPEN);
    uint64_t time_ms = chain.block.time_ms;
    chain.block.time_ms += PROPOSAL_WINDOW_MS;
    check_query(NATIVE_QUERY_PROPOSAL, &first, PROPOSAL_EXPIRED);
    chain.block.time_ms = time_ms;
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(governance_voted(&chain, fixture_validator(i), 1, true), 0);
    }
    check_query(NATIVE_QUERY_PROPOSAL, &first, PROPOSAL_PASSED);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("governance");
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, a_chain_begins_with_the_validators_of_its_genesis);
    tcase_add_test(tests, a_new_validator_votes_two_blocks_after_the_vote_that_added_it);
    tcase_add_test(tests, class_24_a_candidate_without_a_recent_heartbeat_is_not_added);
    tcase_add_test(tests, two_thirds_of_the_validators_are_not_enough);
    tcase_add_test(tests, the_ballot_of_a_removed_validator_does_not_count);
    tcase_add_test(tests, an_account_that_validators_name_votes_for_them);
    tcase_add_test(tests, a_removed_validator_leaves_two_blocks_later);
    tcase_add_test(tests, keys_are_replaced_in_their_place_and_a_jail_stays);
    tcase_add_test(tests, a_double_signer_is_jailed_once_until_it_is_pardoned);
    tcase_add_test(tests, evidence_is_checked_against_the_set_of_its_height);
    tcase_add_test(tests, a_report_jails_who_is_a_validator_and_free);
    tcase_add_test(tests, votes_of_a_later_block_are_not_judged_before_it);
    tcase_add_test(tests, votes_are_judged_until_they_are_too_old);
    tcase_add_test(tests, a_report_pays_the_least_price_and_has_the_gas_it_needs);
    tcase_add_test(tests, parameters_change_two_blocks_later);
    tcase_add_test(tests, nodes_are_permitted_and_forbidden);
    tcase_add_test(tests, roles_are_given_without_an_admin);
    tcase_add_test(tests, a_feature_begins_at_its_height_and_can_be_withdrawn_before);
    tcase_add_test(tests, class_38_the_first_unknown_feature_says_where_a_program_must_stop);
    tcase_add_test(tests, a_checkpoint_comes_every_64_blocks_and_the_oldest_goes);
    tcase_add_test(tests, programs_can_ask);
    return check_run("governance", tests);
}
