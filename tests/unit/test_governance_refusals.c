/* Every refusal of governance, each by what a user could send. */
#include "tests/lib/check_run.h"
#include "tests/lib/governance_fixture.h"
#include "tests/lib/refusals.h"

#include <stdio.h>
#include <string.h>

#include "market/evidence.h"
#include "market/heartbeats.h"

#define CANDIDATE (FIXTURE_SERVER_1)

static struct market_fixture chain;

static const struct bytes none = {0};

static void expect(enum market_refusal_code code, int account, uint8_t native, const void *operand)
{
    refusals_expect(&chain, code, account, native, operand, none);
}

/* By a validator. */
static void refused(enum market_refusal_code code, uint8_t native, const void *operand)
{
    expect(code, FIXTURE_PROPOSER, native, operand);
}

static void expect_vote(enum market_refusal_code code, int account, uint64_t proposal)
{
    const struct proposal_vote_operand vote = {proposal, true};
    expect(code, account, NATIVE_PROPOSAL_VOTE, &vote);
}

static struct validator_add_action candidate(void)
{
    struct validator_add_action add = {.name = bytes_of_text("new"),
                                       .key = chain.keys[CANDIDATE].public_key};
    governance_node_key(&chain, CANDIDATE, &add.node_key);
    return add;
}

static void voices(void)
{
    const struct validator_operand remove = {chain.keys[FIXTURE_PROPOSER].public_key};
    const struct address_operand account = {*fixture_address(&chain, FIXTURE_STRANGER)};
    expect(REFUSAL_NO_VOICE, FIXTURE_STRANGER, NATIVE_PROPOSE_VALIDATOR_REMOVE, &remove);
    expect(REFUSAL_SENDER_NO_VALIDATOR, FIXTURE_STRANGER, NATIVE_VALIDATOR_ACCOUNT, &account);
    expect_vote(REFUSAL_PROPOSAL_UNKNOWN, FIXTURE_PROPOSER, 1);
}

static void adding(void)
{
    struct validator_add_action add = candidate();
    refused(REFUSAL_CANDIDATE_UNKNOWN, NATIVE_PROPOSE_VALIDATOR_ADD, &add);
    add.name = (struct bytes){0};
    refused(REFUSAL_VALIDATOR_NAME, NATIVE_PROPOSE_VALIDATOR_ADD, &add);
    add.name = bytes_of_text("two");
    refused(REFUSAL_VALIDATOR_NAME_TAKEN, NATIVE_PROPOSE_VALIDATOR_ADD, &add);
    add = candidate();
    memset(&add.key, 0xff, sizeof(add.key));
    refused(REFUSAL_VALIDATOR_KEY_INVALID, NATIVE_PROPOSE_VALIDATOR_ADD, &add);
    add.key = chain.keys[FIXTURE_PROPOSER].public_key;
    refused(REFUSAL_VALIDATOR_KEY_TAKEN, NATIVE_PROPOSE_VALIDATOR_ADD, &add);
    add = candidate();
    memset(&add.node_key, 0, sizeof(add.node_key));
    refused(REFUSAL_VALIDATOR_NODE_KEY_INVALID, NATIVE_PROPOSE_VALIDATOR_ADD, &add);
    governance_node_key(&chain, FIXTURE_PROPOSER, &add.node_key);
    refused(REFUSAL_VALIDATOR_NODE_KEY_TAKEN, NATIVE_PROPOSE_VALIDATOR_ADD, &add);

    governance_synced(&chain, CANDIDATE);
    governance_node_key(&chain, CANDIDATE + 1, &add.node_key);
    refused(REFUSAL_CANDIDATE_NODE_KEY, NATIVE_PROPOSE_VALIDATOR_ADD, &add);
    chain.block.time_ms += HEARTBEAT_AGE_MAX_MS + 1;
    add = candidate();
    refused(REFUSAL_CANDIDATE_STALE, NATIVE_PROPOSE_VALIDATOR_ADD, &add);
}

static void members(void)
{
    struct validator_operand operand = {chain.keys[FIXTURE_STRANGER].public_key};
    refused(REFUSAL_VALIDATOR_UNKNOWN, NATIVE_PROPOSE_VALIDATOR_REMOVE, &operand);
    operand.key = chain.keys[fixture_validator(1)].public_key;
    refused(REFUSAL_VALIDATOR_NOT_JAILED, NATIVE_PROPOSE_PARDON, &operand);
    struct validator_replace_action replace = {.key = operand.key, .new_key = operand.key};
    governance_node_key(&chain, fixture_validator(1), &replace.new_node_key);
    refused(REFUSAL_VALIDATOR_SAME_KEYS, NATIVE_PROPOSE_VALIDATOR_REPLACE, &replace);
}

static void proposals(void)
{
    const struct node_action node = {
        .node_key = candidate().node_key, .permitted = true, .name = bytes_of_text("observer")};
    uint64_t first = governance_proposed(&chain, NATIVE_PROPOSE_NODE, &node);
    expect_vote(REFUSAL_NO_VOICE, FIXTURE_STRANGER, first);
    for (uint32_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(governance_voted(&chain, fixture_validator(i), first, true), 0);
    }
    expect_vote(REFUSAL_PROPOSAL_IS_PASSED, fixture_validator(3), first);
    refused(REFUSAL_NODE_TWICE, NATIVE_PROPOSE_NODE, &node);

    const struct parameter_action gas = {PARAMETER_GAS_PER_BYTE, 2};
    uint64_t second = governance_proposed(&chain, NATIVE_PROPOSE_PARAMETER, &gas);
    chain.block.time_ms += PROPOSAL_WINDOW_MS + 1;
    expect_vote(REFUSAL_PROPOSAL_IS_EXPIRED, FIXTURE_PROPOSER, second);
}

static void parameters(void)
{
    struct parameter_action change = {PARAMETER_BLOCK_TRANSACTIONS, (uint64_t)UINT32_MAX + 1};
    refused(REFUSAL_PARAMETER_RANGE, NATIVE_PROPOSE_PARAMETER, &change);
    change.value = 0;
    refused(REFUSAL_PARAMETER_RANGE, NATIVE_PROPOSE_PARAMETER, &change);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).want, 1);
    /* Nobody could pay for the proposal that mends these. */
    const struct parameter_action dear[] = {
        {PARAMETER_GAS_PRICE_MIN, UINT64_MAX},
        {PARAMETER_GAS_PRICE_MIN, 11},
        {PARAMETER_GAS_PER_TRANSACTION, UINT64_MAX},
        {PARAMETER_GAS_PER_BYTE, UINT64_MAX},
    };
    for (size_t i = 0; i < ARRAY_COUNT(dear); i++) {
        refused(REFUSAL_PARAMETER_RANGE, NATIVE_PROPOSE_PARAMETER, &dear[i]);
    }
    change.value = 2000;
    refused(REFUSAL_PARAMETER_SAME, NATIVE_PROPOSE_PARAMETER, &change);
    change.value = 1999;
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_PARAMETER, &change), 0);
    refused(REFUSAL_PARAMETER_WAITS, NATIVE_PROPOSE_PARAMETER, &change);
}

static void nodes(void)
{
    struct node_action node = {.node_key = {{0}}, .permitted = true, .name = bytes_of_text("n")};
    refused(REFUSAL_NODE_KEY_INVALID, NATIVE_PROPOSE_NODE, &node);
    governance_node_key(&chain, FIXTURE_ADMIN, &node.node_key);
    node.permitted = false;
    refused(REFUSAL_NODE_UNKNOWN, NATIVE_PROPOSE_NODE, &node);
    node.permitted = true;
    node.name = (struct bytes){0};
    refused(REFUSAL_NODE_NAME, NATIVE_PROPOSE_NODE, &node);
}

static void features(void)
{
    struct feature_action feature = {bytes_of_text("No"), chain.block.height + 100};
    refused(REFUSAL_FEATURE_NAME, NATIVE_PROPOSE_FEATURE, &feature);
    feature.name = bytes_of_text("soon");
    feature.activation_height = chain.block.height + 1;
    refused(REFUSAL_FEATURE_HEIGHT, NATIVE_PROPOSE_FEATURE, &feature);
    feature.activation_height = 0;
    refused(REFUSAL_FEATURE_UNKNOWN, NATIVE_PROPOSE_FEATURE, &feature);
    feature.activation_height = chain.block.height + 6;
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_FEATURE, &feature), 0);
    fixture_blocks(&chain, 1);
    feature.activation_height += 100;
    refused(REFUSAL_FEATURE_ACTIVE, NATIVE_PROPOSE_FEATURE, &feature);
}

static void heartbeats(void)
{
    struct heartbeat_operand heartbeat;
    governance_heartbeat(&chain, CANDIDATE, &heartbeat);
    heartbeat.signature.bytes[0] ^= 1;
    expect(REFUSAL_HEARTBEAT_SIGNATURE, FIXTURE_STRANGER, NATIVE_HEARTBEAT, &heartbeat);
    heartbeat.digest.bytes[0] ^= 1;
    expect(REFUSAL_HEARTBEAT_DIGEST, FIXTURE_STRANGER, NATIVE_HEARTBEAT, &heartbeat);
    heartbeat.height += 7;
    expect(REFUSAL_HEARTBEAT_HEIGHT, FIXTURE_STRANGER, NATIVE_HEARTBEAT, &heartbeat);
}

static void evidence(void)
{
    int offender = fixture_validator(3);
    struct evidence_operand evidence;
    struct evidence_operand right;
    governance_evidence(&chain, offender, 5, &right);
    governance_evidence(&chain, offender, chain.block.height + 1, &evidence);
    expect(REFUSAL_EVIDENCE_FUTURE, FIXTURE_STRANGER, NATIVE_EVIDENCE, &evidence);
    governance_evidence(&chain, FIXTURE_STRANGER, 5, &evidence);
    expect(REFUSAL_EVIDENCE_SENDER, FIXTURE_STRANGER, NATIVE_EVIDENCE, &evidence);
    evidence = right;
    evidence.conflict.second_signature.bytes[5] ^= 1;
    expect(REFUSAL_EVIDENCE_FALSE, FIXTURE_STRANGER, NATIVE_EVIDENCE, &evidence);
    evidence = right;
    evidence.conflict.second = evidence.conflict.first;
    evidence.conflict.second_signature = evidence.conflict.first_signature;
    expect(REFUSAL_EVIDENCE_FALSE, FIXTURE_STRANGER, NATIVE_EVIDENCE, &evidence);
    evidence = right;
    evidence.conflict.round++;
    expect(REFUSAL_EVIDENCE_FALSE, FIXTURE_STRANGER, NATIVE_EVIDENCE, &evidence);
    ck_assert_uint_eq(fixture_try(&chain, FIXTURE_STRANGER, NATIVE_EVIDENCE, &right, none), 0);
    expect(REFUSAL_EVIDENCE_JAILED, FIXTURE_STRANGER, NATIVE_EVIDENCE, &right);
    const struct validator_operand operand = {chain.keys[offender].public_key};
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_PARDON, &operand), 0);
    expect(REFUSAL_EVIDENCE_PARDONED, FIXTURE_STRANGER, NATIVE_EVIDENCE, &right);
    uint64_t height = chain.block.height;
    chain.block.height = right.conflict.height + EVIDENCE_AGE_MAX + 1;
    expect(REFUSAL_EVIDENCE_OLD, FIXTURE_STRANGER, NATIVE_EVIDENCE, &right);
    chain.block.height = height + 1;
    governance_evidence(&chain, offender, chain.block.height, &right);
    ck_assert_uint_eq(governance_passed(&chain, NATIVE_PROPOSE_VALIDATOR_REMOVE, &operand), 0);
    expect(REFUSAL_EVIDENCE_GONE, FIXTURE_STRANGER, NATIVE_EVIDENCE, &right);
}

/* The vote that would be the second change of who is in the set in one block is refused, and can be
 * cast again in the next one. */
static void one_change_a_block(void)
{
    struct validator_operand second = {chain.keys[fixture_validator(2)].public_key};
    struct validator_operand third = {chain.keys[fixture_validator(1)].public_key};
    uint64_t a = governance_proposed(&chain, NATIVE_PROPOSE_VALIDATOR_REMOVE, &second);
    uint64_t b = governance_proposed(&chain, NATIVE_PROPOSE_VALIDATOR_REMOVE, &third);
    for (uint32_t i = 0; i < 2; i++) {
        ck_assert_uint_eq(governance_voted(&chain, fixture_validator(i), a, true), 0);
        ck_assert_uint_eq(governance_voted(&chain, fixture_validator(i), b, true), 0);
    }
    const struct proposal_vote_operand votes[] = {{a, true}, {b, true}};
    fixture_send(&chain, fixture_validator(2), NATIVE_PROPOSAL_VOTE, &votes[0], none);
    fixture_send(&chain, fixture_validator(2), NATIVE_PROPOSAL_VOTE, &votes[1], none);
    fixture_block(&chain);
    ck_assert_uint_eq(fixture_refusal(&chain, 0).code, 0);
    ck_assert_uint_eq(fixture_refusal(&chain, 1).code, REFUSAL_VALIDATORS_CHANGED);
    refusals_saw(REFUSAL_VALIDATORS_CHANGED);
    ck_assert_uint_eq(governance_voted(&chain, fixture_validator(2), b, true), 0);
    fixture_blocks(&chain, 1);
    struct validator_operand last = {chain.keys[FIXTURE_PROPOSER].public_key};
    refused(REFUSAL_VALIDATORS_TOO_FEW, NATIVE_PROPOSE_VALIDATOR_REMOVE, &last);
}

/* Bounds that votes alone would take long to reach: the records are filled by hand. */
static void bounds(void)
{
    static struct validators set;
    static struct permitted_nodes permitted;
    static struct features features;
    static char names[VALIDATORS_MAX + GOVERNANCE_NODES_MAX][8];
    members_newest(chain.state, &set);
    while (set.count < VALIDATORS_MAX) {
        char *name = names[set.count];
        (void)snprintf(name, sizeof(names[0]), "v%u", set.count);
        set.list[set.count] = (struct validator){.name = bytes_of_text(name)};
        set.list[set.count].key.bytes[0] = (uint8_t)set.count;
        set.count++;
    }
    members_store(chain.state, chain.block.height, &set);
    struct validator_add_action add = candidate();
    refused(REFUSAL_VALIDATORS_TOO_MANY, NATIVE_PROPOSE_VALIDATOR_ADD, &add);

    struct market_key key;
    permitted.count = GOVERNANCE_NODES_MAX;
    key_nodes(&key);
    record_store(chain.state, &key, &permitted_nodes_schema, &permitted);
    const struct node_action node = {.node_key = add.node_key, .permitted = true, .name = add.name};
    refused(REFUSAL_NODES_TOO_MANY, NATIVE_PROPOSE_NODE, &node);
    features.count = GOVERNANCE_FEATURES_MAX;
    key_features(&key);
    record_store(chain.state, &key, &features_schema, &features);
    const struct feature_action feature = {bytes_of_text("more"), UINT64_MAX};
    refused(REFUSAL_FEATURES_TOO_MANY, NATIVE_PROPOSE_FEATURE, &feature);
}

START_TEST(refuses_with_every_code_of_governance)
{
    market_fixture_init_validators(&chain, 4);
    voices();
    adding();
    members();
    proposals();
    parameters();
    nodes();
    features();
    heartbeats();
    evidence();
    one_change_a_block();
    bounds();
    refusals_check(REFUSALS_OF_GOVERNANCE);
    market_fixture_close(&chain);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("refusals");
    tcase_add_test(tests, refuses_with_every_code_of_governance);
    return check_run("refusals of governance", tests);
}
