#include "node/prune.h"

#include <stdlib.h>

#include "node/state_prune.h"
#include "tests/lib/check_run.h"
#include "tests/lib/executor_fixture.h"

static struct executor_fixture fixture;

static void set_up(void)
{
    executor_fixture_init(&fixture);
}

static void tear_down(void)
{
    executor_fixture_close(&fixture);
}

static bool keep_cursor(void *context, const struct event_cursor *cursor, const struct event *event)
{
    struct event_cursor *out = context;
    (void)event;
    *out = *cursor;
    return false;
}

/* Class 37 of docs/testing.md; CometBFT issues 169 and 1176: indexes make room too. */
START_TEST(forgets_old_blocks_and_what_was_kept_of_them)
{
    executor_fixture_open(&fixture);
    executor_fixture_run_many(&fixture, PRUNE_STEP + PRUNE_KEEP_MIN + 20);
    uint64_t size = block_store_size(fixture.blocks);
    struct buffer storage = {0};
    struct block_record record;
    struct block *block = malloc(sizeof *block);
    struct hash ids[2]; /* of the first transactions of blocks 1 and PRUNE_STEP + 1 */
    for (uint64_t i = 0; i < 2; i++) {
        size_t offset = 0;
        bool malformed;
        struct bytes envelope;
        struct bytes sidecar;
        struct transaction transaction;
        ck_assert_int_eq(
            block_store_read(fixture.blocks, i * (PRUNE_STEP + 1) + 1, &storage, &record),
            BLOCK_STORE_OK);
        ck_assert(block_decode(block, record.block, fixture.error, sizeof fixture.error));
        ck_assert(ledger_next_envelope(block->body, &offset, &envelope, &malformed));
        ck_assert_int_eq(transaction_decode(&transaction, &sidecar, envelope, NULL, 0),
                         TRANSACTION_OK);
        transaction_id(&ids[i], &transaction);
    }
    struct state_head head;
    executor_head(fixture.executor, &head);
    /* Rounds need them still, of the window that is given, or of the parameter, which is 10 here. */
    ck_assert_uint_eq(prune_step(fixture.states, fixture.blocks, head.height, PRUNE_KEEP_MIN, 1000),
                      0);
    ck_assert_uint_eq(prune_step(fixture.states, fixture.blocks, head.height, PRUNE_KEEP_MIN, 5),
                      0);
    executor_fixture_run_many(&fixture, 1);
    executor_head(fixture.executor, &head); /* one step, and no more */
    ck_assert_uint_eq(prune_step(fixture.states, fixture.blocks, head.height, PRUNE_KEEP_MIN, 5),
                      PRUNE_STEP + 1);
    ck_assert_uint_eq(prune_step(fixture.states, fixture.blocks, head.height, PRUNE_KEEP_MIN, 5),
                      0);
    block_store_drop_before(fixture.blocks, PRUNE_STEP + 1);

    struct state_snapshot *snapshot = state_snapshot_open(fixture.states);
    struct transaction_place place;
    struct event_cursor first = {0};
    ck_assert_uint_eq(state_snapshot_base(snapshot), PRUNE_STEP + 1);
    ck_assert(!state_snapshot_receipt(snapshot, PRUNE_STEP, 0, &storage));
    ck_assert(state_snapshot_receipt(snapshot, PRUNE_STEP + 1, 0, &storage));
    ck_assert(!state_snapshot_transaction(snapshot, &ids[0], &place));
    ck_assert(state_snapshot_transaction(snapshot, &ids[1], &place));
    state_snapshot_events(snapshot, &first, keep_cursor, &first);
    ck_assert_uint_ge(first.height, PRUNE_STEP + 1);
    state_snapshot_close(snapshot);
    ck_assert_uint_gt(block_store_first_height(fixture.blocks), PRUNE_STEP - 20);
    ck_assert_uint_le(block_store_first_height(fixture.blocks), PRUNE_STEP + 1);
    ck_assert_uint_lt(block_store_size(fixture.blocks), size / 2);
    ck_assert_int_eq(block_store_read(fixture.blocks, 1, &storage, &record), BLOCK_STORE_ABSENT);
    struct hash root = executor_fixture_root(&fixture);
    ck_assert(hash_equal(&root, &head.state_root));
    executor_fixture_shut(&fixture);
    executor_fixture_open(&fixture); /* it opens, and goes on */
    executor_fixture_run_many(&fixture, 3);
    executor_fixture_shut(&fixture);
    buffer_close(&storage);
    free(block);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("prune");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, forgets_old_blocks_and_what_was_kept_of_them);
    return check_run("prune", tests);
}
