/* Reports of double votes, from what the core says to the pool: on a node whose committed state the test
 * makes. Height 0 is committed at first; validator 3 is the node itself. */
#include "node/evidence.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "market/members.h"
#include "node/consensus_state.h"
#include "node/gossip.h"
#include "node/home.h"
#include "node/sync_driver.h"
#include "tests/lib/chain_fixture.h"
#include "tests/lib/check_run.h"
#include "tests/lib/storage_fixture.h"

enum { SELF = 3, NEWCOMER = 4 };

static struct chain chain;
static struct secret_key keys[5]; /* of the genesis' validators, and of one that is added */
static struct config config;
static struct node *node;
static char home[FIXTURE_PATH_MAX];
static char path[FIXTURE_PATH_MAX]; /* of the file of evidence */
static char error[512];

static struct validators validators; /* the newest set */

static struct public_key key_of(uint32_t number)
{
    struct public_key key;
    public_key_of(&key, &keys[number]);
    return key;
}

static void make_chain(void)
{
    const uint8_t seed[32] = {[0] = 2, [31] = 1};
    chain_init(&chain, 2);
    chain_set_validator(&chain, SELF, &chain.users[1], &chain.validator_keys[SELF]);
    memcpy(keys, chain.validator_keys, sizeof(chain.validator_keys));
    ck_assert(secret_key_init(&keys[NEWCOMER], seed));
    validators = chain.validators;
}

static void open_store(void)
{
    char directory[FIXTURE_PATH_MAX];
    fixture_path(directory, home, HOME_STATE);
    const struct state_store_options options = {.directory = directory, .genesis = chain.genesis};
    ck_assert_msg(state_store_open(&node->store, &options, error, sizeof error) == STATE_STORE_OK,
                  "%s", error);
}

static void open_pool(void)
{
    const struct mempool_limits limits = {.count_max = 100,
                                          .bytes_max = 1 << 20,
                                          .account_count_max = 10,
                                          .expiry_max = 1000,
                                          .body_bytes_max = 1 << 20,
                                          .body_count_max = 100,
                                          .body_gas_max = 1 << 30};
    node->pool = mempool_new(&limits);
}

static void set_up(void)
{
    fixture_directory(home);
    ck_assert_msg(home_create(home, error, sizeof error), "%s", error);
    fixture_path(path, home, HOME_EVIDENCE);
    make_chain();
    config_init(&config);
    node = memory_new(sizeof(*node));
    node->home = home;
    node->config = &config;
    node->genesis = memory_new(sizeof(*node->genesis));
    node->genesis->chain_id = chain.chain_id;
    node->validators = validator_set_new(&validators);
    node->self = SELF;
    node->keys.validator = keys[SELF];
    node->voter.present = true;
    node->voter.signer.key = key_of(SELF);
    node->glue = memory_new(sizeof(*node->glue));
    node->glue->stopped = true; /* it has nothing to propose */
    ck_assert_int_eq(uv_loop_init(&node->loop), 0);
    open_store();
    open_pool();
    node->verified = verified_set_new();
    node->sync = sync_driver_open(node);
    node->gossip = gossip_open(node);
    node->evidence = evidence_open(node);
}

/* Until no write is under way. */
static void await_writes(void)
{
    while (node->loop.active_reqs.count > 0) {
        (void)uv_run(&node->loop, UV_RUN_ONCE);
    }
}

static void closed(void *context)
{
    (void)context;
}

static void tear_down(void)
{
    gossip_stop(node->gossip);
    verifier_close(node->verifier, closed, NULL);
    sync_driver_stop(node->sync);
    (void)uv_run(&node->loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&node->loop), 0);
    evidence_free(node->evidence);
    gossip_free(node->gossip);
    sync_driver_free(node->sync);
    verified_set_free(node->verified);
    mempool_free(node->pool);
    state_store_close(node->store);
    validator_set_release(node->validators);
    free(node->glue);
    free(node->genesis);
    free(node);
    chain_close(&chain);
    fixture_remove(home);
}

/* The process ends, and another one goes on. */
static void restart(void)
{
    await_writes();
    evidence_free(node->evidence);
    mempool_free(node->pool);
    open_pool();
    node->evidence = evidence_open(node);
}

/* The next block is committed; where `changed`, `validators` votes two blocks later. */
static void commit(bool changed)
{
    size_t count;
    struct state_snapshot *snapshot = state_snapshot_open(node->store);
    struct state_source source = state_snapshot_source(snapshot);
    struct state *state = state_new(&source);
    struct state_head head;
    state_snapshot_head(snapshot, &head);
    head.height++;
    if (changed) {
        members_store(state, head.height, &validators);
    }
    const struct state_change *changes = state_changes(state, &count);
    struct state_batch *batch = state_batch_new(snapshot);
    state_batch_state(batch, changes, count, &head.state_root);
    state_batch_head(batch, &head);
    state_free(state);
    state_store_commit(node->store, batch);
    node->committed = head;
    evidence_committed(node);
}

static void remove_first(void)
{
    validators.count--;
    memmove(validators.list, validators.list + 1, validators.count * sizeof(validators.list[0]));
}

static void add_newcomer(void)
{
    struct validator *added = &validators.list[validators.count++];
    *added = (struct validator){.key = key_of(NEWCOMER), .name = bytes_of_text("euler")};
    point_of(&added->node_key, &keys[NEWCOMER]);
}

/* What the core says of a validator that prepared two blocks of `height`. */
static void report(uint32_t number, uint64_t height)
{
    struct vote first = {.type = VOTE_PREPARE, .height = height, .digest = {{1}}};
    struct vote second = {.type = VOTE_PREPARE, .height = height, .digest = {{2}}};
    const struct public_key key = key_of(number);
    struct conflict conflict;
    vote_sign(&first, &chain.chain_id, &keys[number]);
    vote_sign(&second, &chain.chain_id, &keys[number]);
    vote_conflict(&conflict, &first, &second);
    evidence_send(node, &key, &conflict);
}

static uint32_t pooled(void)
{
    struct mempool_usage usage;
    mempool_read_usage(node->pool, &usage);
    return usage.count;
}

struct search {
    struct bytes wanted;
    uint32_t found;
};

static bool find(void *context, struct bytes envelope)
{
    struct search *search = context;
    search->found +=
        memmem(envelope.data, envelope.size, search->wanted.data, search->wanted.size) != NULL;
    return true;
}

/* How many reports in the pool accuse this validator? */
static uint32_t accused(uint32_t number)
{
    const struct public_key key = key_of(number);
    struct search search = {.wanted = BYTES_OF(key)};
    mempool_walk(node->pool, find, &search);
    return search.found;
}

START_TEST(a_double_vote_is_reported_at_once)
{
    report(1, 1);
    ck_assert_uint_eq(pooled(), 1);
    ck_assert_uint_eq(accused(1), 1);
}
END_TEST

/* Block 1 is decided and removes the first validator; it is not committed yet. Who is number 1 of height 3 was
 * number 2 before. */
START_TEST(who_signed_is_accused_though_the_set_of_its_votes_is_not_committed)
{
    remove_first();
    report(2, 3);
    ck_assert_uint_eq(pooled(), 0); /* the next block may be the first, too low for the votes */
    commit(true);
    ck_assert_uint_eq(pooled(), 0);
    commit(false);
    ck_assert_uint_eq(pooled(), 1);
    ck_assert_uint_eq(accused(2), 1);
}
END_TEST

START_TEST(who_has_just_come_is_accused)
{
    add_newcomer();
    report(NEWCOMER, 3);
    commit(true);
    commit(false);
    ck_assert_uint_eq(accused(NEWCOMER), 1);
}
END_TEST

/* Two values at each height, heard before the height before is committed. */
START_TEST(who_goes_on_is_not_safe_from_reports)
{
    for (uint64_t height = 3; height < 6; height++) {
        report(1, height);
        commit(false);
    }
    ck_assert_uint_eq(accused(1), 1);
}
END_TEST

START_TEST(the_new_validator_reports_what_it_saw_before_its_first_height)
{
    node->self = VALIDATORS_NONE;
    report(1, 1);
    ck_assert_uint_eq(pooled(), 0);
    node->self = SELF;
    commit(false);
    ck_assert_uint_eq(accused(1), 1);
}
END_TEST

START_TEST(an_observer_keeps_nothing)
{
    node->voter.present = false;
    node->self = VALIDATORS_NONE;
    report(1, 1);
    await_writes();
    ck_assert(access(path, F_OK) != 0);
}
END_TEST

START_TEST(a_restart_loses_no_evidence)
{
    report(1, 1);
    report(2, 3); /* too early */
    restart();
    ck_assert_uint_eq(pooled(), 0);
    commit(false);
    ck_assert_uint_eq(pooled(), 1);
    ck_assert_uint_eq(accused(1), 1);
    commit(false);
    ck_assert_uint_eq(accused(2), 1);
}
END_TEST

START_TEST(an_idle_chain_is_told_after_a_restart)
{
    report(1, 1);
    restart();
    evidence_watch(node); /* nobody has said where the chain is */
    ck_assert_uint_eq(pooled(), 0);
    validators.count = 1;
    validator_set_release(node->validators);
    node->validators = validator_set_new(&validators);
    evidence_watch(node);
    ck_assert_uint_eq(accused(1), 1);
}
END_TEST

START_TEST(who_is_jailed_is_forgotten)
{
    report(1, 1);
    await_writes();
    ck_assert(access(path, F_OK) == 0);
    validators.list[1].jailed = true;
    commit(true);
    await_writes();
    ck_assert(access(path, F_OK) != 0);
    report(1, 2);
    await_writes();
    ck_assert(access(path, F_OK) != 0);
}
END_TEST

START_TEST(a_damaged_file_keeps_no_node_from_its_work)
{
    fixture_write_file(path, bytes_of_text("rot"));
    restart();
    report(1, 1);
    ck_assert_uint_eq(accused(1), 1);
    restart();
    commit(false);
    ck_assert_uint_eq(accused(1), 1);
}
END_TEST

START_TEST(what_could_not_be_written_is_written_with_the_next_block)
{
    char temporary[FIXTURE_PATH_MAX];
    fixture_path(temporary, home, HOME_EVIDENCE ".tmp");
    ck_assert_int_eq(mkdir(temporary, 0700), 0);
    report(1, 1);
    await_writes();
    ck_assert_uint_eq(accused(1), 1); /* it is sent all the same */
    ck_assert(access(path, F_OK) != 0);
    ck_assert_int_eq(rmdir(temporary), 0);
    commit(false);
    await_writes();
    ck_assert(access(path, F_OK) == 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("evidence");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, a_double_vote_is_reported_at_once);
    tcase_add_test(tests, who_signed_is_accused_though_the_set_of_its_votes_is_not_committed);
    tcase_add_test(tests, who_has_just_come_is_accused);
    tcase_add_test(tests, who_goes_on_is_not_safe_from_reports);
    tcase_add_test(tests, the_new_validator_reports_what_it_saw_before_its_first_height);
    tcase_add_test(tests, an_observer_keeps_nothing);
    tcase_add_test(tests, a_restart_loses_no_evidence);
    tcase_add_test(tests, an_idle_chain_is_told_after_a_restart);
    tcase_add_test(tests, who_is_jailed_is_forgotten);
    tcase_add_test(tests, a_damaged_file_keeps_no_node_from_its_work);
    tcase_add_test(tests, what_could_not_be_written_is_written_with_the_next_block);
    return check_run("evidence", tests);
}
