#include "node/prune.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "node/state_prune.h"
#include "node/state_tables.h"
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
    /* As many as there can be: nothing is forgotten. */
    const struct prune_extent all = {UINT64_MAX, 5};
    const struct prune_extent few = {1, 5};
    uint64_t windows;
    ck_assert_uint_eq(prune_kept(fixture.states, &all, &windows), UINT64_MAX);
    ck_assert_uint_eq(prune_kept(fixture.states, &few, &windows), PRUNE_KEEP_MIN + 20);
    ck_assert_uint_eq(windows, 20);
    executor_fixture_run_many(&fixture, 1);
    ck_assert_uint_eq(prune_step(fixture.states, fixture.blocks, head.height + 1, UINT64_MAX, 5),
                      0);
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

/* A disk of its own for the home, with blocks to forget. As after `soukd compact` no page of the database is free. */
static bool on_a_small_disk(uint64_t heights)
{
    char from[FIXTURE_PATH_MAX];
    char to[FIXTURE_PATH_MAX];
    if (!fixture_mount_small(fixture.home, (size_t)64 << 20)) {
        return false;
    }
    executor_fixture_open(&fixture);
    executor_fixture_run_many(&fixture, heights);
    ck_assert_int_eq(state_store_copy(fixture.states, fixture.home), 0);
    executor_fixture_shut(&fixture);
    fixture_path(from, fixture.home, "data.mdb");
    fixture_path(to, fixture.state_path, "data.mdb");
    ck_assert_int_eq(rename(from, to), 0);
    executor_fixture_open(&fixture);
    return true;
}

/* Fill the disk up to so many bytes. */
static void leave_room(uint64_t bytes)
{
    char path[FIXTURE_PATH_MAX];
    struct statvfs disk;
    fixture_path(path, fixture.home, "filler");
    int filler = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_ge(filler, 0);
    ck_assert_int_eq(statvfs(fixture.home, &disk), 0);
    uint64_t room = (uint64_t)disk.f_bavail * disk.f_bsize;
    ck_assert_uint_gt(room, bytes);
    ck_assert_int_eq(posix_fallocate(filler, 0, (off_t)(room - bytes)), 0);
    ck_assert_int_eq(close(filler), 0);
}

static void expect_forgotten(uint64_t base)
{
    struct event_cursor first = {0};
    struct buffer storage = {0};
    struct state_snapshot *snapshot = state_snapshot_open(fixture.states);
    ck_assert_uint_eq(state_snapshot_base(snapshot), base);
    ck_assert(!state_snapshot_receipt(snapshot, base - 1, 0, &storage));
    ck_assert(state_snapshot_receipt(snapshot, base, 0, &storage));
    state_snapshot_events(snapshot, &first, keep_cursor, &first);
    ck_assert_uint_ge(first.height, base);
    state_snapshot_close(snapshot);
    buffer_close(&storage);
    ck_assert_uint_le(block_store_first_height(fixture.blocks), base);
    ck_assert_uint_gt(block_store_first_height(fixture.blocks), base - 20);
}

/* Places of transactions that the state has. */
static uint64_t places(void)
{
    MDB_stat table;
    struct state_snapshot *snapshot = state_snapshot_open(fixture.states);
    ck_assert_int_eq(
        mdb_stat(snapshot->txn, fixture.states->tables[STATE_TABLE_TRANSACTIONS], &table), 0);
    state_snapshot_close(snapshot);
    return table.ms_entries;
}

static void step_now(void *context)
{
    const struct state_head *head = context;
    (void)prune_step(fixture.states, fixture.blocks, head->height, PRUNE_KEEP_MIN, 5);
}

/* In one transaction a step needs room for all pages that it changes. */
START_TEST(forgets_on_a_full_disk)
{
    const struct prune_extent extent = {PRUNE_KEEP_MIN, 5};
    struct buffer said = {0};
    if (!on_a_small_disk(4 * PRUNE_STEP)) {
        return;
    }
    struct state_head head;
    executor_head(fixture.executor, &head);
    leave_room(192u << 10);
    ck_assert_int_eq(fixture_child(step_now, &head, &said), 1);
    ck_assert_msg(strstr(buffer_text(&said), "No space left") != NULL, "%s", buffer_text(&said));
    ck_assert_msg(
        prune_all(fixture.states, fixture.blocks, &extent, fixture.error, sizeof fixture.error),
        "%s", fixture.error);
    expect_forgotten(3 * PRUNE_STEP + 1);
    struct hash root = executor_fixture_root(&fixture);
    ck_assert(hash_equal(&root, &head.state_root));
    executor_fixture_shut(&fixture);
    fixture_unmount(fixture.home);
    buffer_close(&said);
}
END_TEST

/* Without any room it says how much it needs. What was half done by then is done by the next call. */
START_TEST(says_how_much_room_it_needs)
{
    const struct prune_extent extent = {PRUNE_KEEP_MIN, 5};
    if (!on_a_small_disk(4 * PRUNE_STEP)) {
        return;
    }
    uint64_t before = places();
    for (uint64_t room = 0; room <= 24u << 10; room += 24u << 10) {
        leave_room(room);
        ck_assert(!prune_all(fixture.states, fixture.blocks, &extent, fixture.error,
                             sizeof fixture.error));
        ck_assert_msg(strstr(fixture.error, "make 1 MiB") != NULL, "%s", fixture.error);
        ck_assert_uint_eq(block_store_first_height(fixture.blocks), 1);
    }
    executor_fixture_shut(&fixture);
    executor_fixture_open(&fixture);
    leave_room(STATE_PRUNE_ROOM);
    ck_assert_msg(
        prune_all(fixture.states, fixture.blocks, &extent, fixture.error, sizeof fixture.error),
        "%s", fixture.error);
    expect_forgotten(3 * PRUNE_STEP + 1);
    ck_assert_uint_lt(places(), before / 3);
    executor_fixture_shut(&fixture);
    fixture_unmount(fixture.home);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("prune");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, forgets_old_blocks_and_what_was_kept_of_them);
    tcase_add_test(tests, forgets_on_a_full_disk);
    tcase_add_test(tests, says_how_much_room_it_needs);
    return check_run("prune", tests);
}
