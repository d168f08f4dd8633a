/* Random histories of governance: validators and strangers propose, vote, send heartbeats and
 * evidence, rightly and wrongly, several in a block. After each block
 *   - units are conserved (the fixture scans them), and a second state has the same root;
 *   - the sets of this block and the next two can run a chain, and the newest two share all but one
 *     validator;
 *   - the set of a height never changes once that height has come;
 *   - nobody is jailed who did not sign two things. */
#include "tests/lib/check_run.h"
#include "tests/lib/governance_fixture.h"

#include <stdio.h>
#include <string.h>

#include "market/features.h"

#define BLOCKS      600
#define FIRST_COUNT 4
#define LIARS       4 /* accounts FIXTURE_SERVER_1 .. + 3 and no others contradict themselves */

struct history {
    struct market_fixture first;
    struct market_fixture second;
    uint64_t random;
    struct hash sets[BLOCKS + 4]; /* by height */
    unsigned passed;
    unsigned added;
    unsigned removed;
    unsigned jailed;
    unsigned refused;
};

static struct history history;

static uint64_t below(uint64_t bound)
{
    return check_random(&history.random) % bound;
}

static bool one_in(uint64_t n)
{
    return below(n) == 0;
}

static int some_account(void)
{
    return (int)below(FIXTURE_ACCOUNTS);
}

/* A validator's account, as a rule. */
static int some_voter(void)
{
    struct validators set;
    if (one_in(12)) {
        return some_account();
    }
    members_load(history.first.state, history.first.block.height, &set);
    const struct public_key *key = &set.list[below(set.count)].key;
    int account = 0;
    while (memcmp(&history.first.keys[account].public_key, key, sizeof(*key)) != 0) {
        account++;
    }
    return account;
}

static void send(int account, uint8_t native, const void *operand)
{
    fixture_send(&history.first, account, native, operand, (struct bytes){0});
}

static void propose_members(void)
{
    int account = one_in(3) ? some_account() : FIXTURE_SERVER_1 + (int)below(10);
    static char name[FIXTURE_ACCOUNTS][8];
    struct validator_operand operand = {history.first.keys[account].public_key};
    if (one_in(2)) {
        (void)snprintf(name[account], sizeof(name[0]), "a%d", account);
        struct validator_add_action add = {.name = bytes_of_text(name[account]),
                                           .key = operand.key};
        governance_node_key(&history.first, account, &add.node_key);
        send(some_voter(), NATIVE_PROPOSE_VALIDATOR_ADD, &add);
    } else if (one_in(2)) {
        operand.key = history.first.keys[some_voter()].public_key;
        send(some_voter(), NATIVE_PROPOSE_VALIDATOR_REMOVE, &operand);
    } else if (one_in(2)) {
        struct validator_replace_action replace = {
            .key = history.first.keys[some_voter()].public_key, .new_key = operand.key};
        governance_node_key(&history.first, account, &replace.new_node_key);
        send(some_voter(), NATIVE_PROPOSE_VALIDATOR_REPLACE, &replace);
    } else {
        operand.key = history.first.keys[some_voter()].public_key;
        send(some_voter(), NATIVE_PROPOSE_PARDON, &operand);
    }
}

static void propose_setting(void)
{
    const struct parameter_action change = {
        one_in(2) ? PARAMETER_GAS_PER_BYTE : PARAMETER_WINDOW_HIGH, below(1100)};
    const struct role_set_operand roles = {*fixture_address(&history.first, some_account()),
                                           (uint8_t)below(20)};
    const struct feature_action feature = {bytes_of_text(FEATURE_REHEARSAL),
                                           one_in(3) ? 0 : history.first.block.height + below(40)};
    struct node_action node = {.permitted = one_in(2), .name = bytes_of_text("n")};
    governance_node_key(&history.first, some_account(), &node.node_key);
    switch (below(4)) {
    case 0:
        send(some_voter(), NATIVE_PROPOSE_PARAMETER, &change);
        break;
    case 1:
        send(some_voter(), NATIVE_PROPOSE_ROLES, &roles);
        break;
    case 2:
        send(some_voter(), NATIVE_PROPOSE_FEATURE, &feature);
        break;
    default: /* the fourth of four */
        send(some_voter(), NATIVE_PROPOSE_NODE, &node);
        break;
    }
}

static void vote(void)
{
    struct governance governance;
    governance_load(history.first.state, &governance);
    uint64_t recent = governance.proposal_count < 6 ? governance.proposal_count + 1 : 6;
    const struct proposal_vote_operand operand = {governance.proposal_count - below(recent),
                                                  !one_in(10)};
    send(some_voter(), NATIVE_PROPOSAL_VOTE, &operand);
}

static void heartbeat(void)
{
    struct heartbeat_operand operand;
    governance_heartbeat(&history.first, FIXTURE_SERVER_1 + (int)below(10), &operand);
    operand.signature.bytes[3] ^= one_in(8) ? 1 : 0;
    send(some_account(), NATIVE_HEARTBEAT, &operand);
}

static void accuse(void)
{
    struct evidence_operand evidence;
    uint64_t now = history.first.block.height;
    uint64_t height = now - below(now < 20 ? now : 20);
    int liar = FIXTURE_SERVER_1 + (int)below(LIARS);
    governance_evidence(&history.first, liar, height, &evidence);
    send(some_account(), NATIVE_EVIDENCE, &evidence);
}

static void something(void)
{
    const struct transfer_operand transfer = {*fixture_address(&history.first, some_account()), 7};
    const struct address_operand named = {*fixture_address(&history.first, some_account())};
    uint64_t what = below(20);
    if (what < 3) {
        propose_members();
    } else if (what < 5) {
        propose_setting();
    } else if (what < 14) {
        vote();
    } else if (what < 16) {
        heartbeat();
    } else if (what < 17) {
        send(some_voter(), NATIVE_VALIDATOR_ACCOUNT, &named);
    } else if (what < 19) {
        accuse();
    } else {
        send(some_account(), NATIVE_TRANSFER, &transfer);
    }
}

static bool is_liar(const struct public_key *key)
{
    for (int i = 0; i < LIARS; i++) {
        if (memcmp(&history.first.keys[FIXTURE_SERVER_1 + i].public_key, key, sizeof(*key)) == 0) {
            return true;
        }
    }
    return false;
}

/* Validators of `a` whose key is not in `b`. */
static unsigned missing(const struct validators *a, const struct validators *b)
{
    unsigned count = 0;
    for (uint32_t i = 0; i < a->count; i++) {
        count += validators_find(b, &a->list[i].key) == VALIDATORS_NONE;
    }
    return count;
}

/* It signed two things, or inherited the place of one that did: names stay when keys change. */
static bool rightly_jailed(const struct validator *validator, const struct validators *before)
{
    for (uint32_t i = 0; i < before->count; i++) {
        const struct validator *older = &before->list[i];
        if (bytes_equal(older->name, validator->name)) {
            return older->jailed || is_liar(&older->key) || is_liar(&validator->key);
        }
    }
    return is_liar(&validator->key);
}

static void check_sets(uint64_t executed)
{
    struct validators sets[3];
    char error[100];
    for (uint32_t i = 0; i < 3; i++) {
        struct hash hash;
        members_load(history.first.state, executed + i, &sets[i]);
        bool good = validators_check(&sets[i], error, sizeof(error));
        ck_assert_msg(good, "%s", error);
        validators_hash(&hash, &sets[i]);
        /* What was known before this block stays; only executed + 2 is new. */
        ck_assert(i == 2 || executed < 2 || hash_equal(&hash, &history.sets[executed + i]));
        history.sets[executed + i] = hash;
    }
    unsigned gone = missing(&sets[1], &sets[2]);
    unsigned came = missing(&sets[2], &sets[1]);
    ck_assert_uint_le(gone, 1);
    ck_assert_uint_le(came, 1);
    history.added += came > gone;
    history.removed += gone > came;
    for (uint32_t i = 0; i < sets[2].count; i++) {
        history.jailed += sets[2].list[i].jailed;
        ck_assert(!sets[2].list[i].jailed || rightly_jailed(&sets[2].list[i], &sets[1]));
    }
}

static void run_block(void)
{
    uint64_t count = below(6);
    for (uint64_t i = 0; i < count; i++) {
        something();
    }
    buffer_append(&history.second.body, buffer_bytes(&history.first.body));
    history.first.block.proposer = *fixture_address(&history.first, some_account());
    history.second.block.proposer = history.first.block.proposer;
    fixture_block(&history.first);
    fixture_block(&history.second);
    ck_assert(hash_equal(&history.first.state_root, &history.second.state_root));
    for (uint32_t i = 0; i < count; i++) {
        struct receipt receipt = fixture_receipt(&history.first, i);
        size_t offset = 0;
        struct event event;
        history.refused += receipt.refusal.code != 0;
        while (receipt_next_event(receipt.events, &offset, &event)) {
            history.passed += event.kind == EVENT_PROPOSAL_PASSED;
        }
    }
    check_sets(history.first.block.height - 1);
}

START_TEST(validators_come_and_go_and_every_set_can_run_the_chain)
{
    memset(&history, 0, sizeof(history));
    market_fixture_init_validators(&history.first, FIRST_COUNT);
    market_fixture_init_validators(&history.second, FIRST_COUNT);
    history.first.check_bodies = false;
    history.second.check_bodies = false;
    history.random = (uint64_t)_i + 1;
    for (int i = 0; i < BLOCKS; i++) {
        run_block();
    }
    printf("seed %d: passed %u, added %u, removed %u, jailed %u, refused %u\n", _i + 1,
           history.passed, history.added, history.removed, history.jailed, history.refused);
    ck_assert_uint_gt(history.passed, 10);
    ck_assert_uint_gt(history.added, 0);
    ck_assert_uint_gt(history.removed, 0);
    ck_assert_uint_gt(history.jailed, 0);
    ck_assert_uint_gt(history.refused, 100);
    market_fixture_close(&history.first);
    market_fixture_close(&history.second);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("governance history");
    tcase_add_loop_test(tests, validators_come_and_go_and_every_set_can_run_the_chain, 0, 4);
    return check_run("governance history", tests);
}
