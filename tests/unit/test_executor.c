#include "node/executor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/trie_memory.h"
#include "node/blob.h"
#include "node/disk.h"
#include "node/prune.h"
#include "node/state_prune.h"
#include "node/state_trie.h"
#include "tests/lib/chain_fixture.h"
#include "tests/lib/check_run.h"
#include "tests/lib/storage_fixture.h"

#define USERS 20

static struct chain chain;
static char home[FIXTURE_PATH_MAX];
static char blocks_path[FIXTURE_PATH_MAX];
static char state_path[FIXTURE_PATH_MAX];
static char error[512];
static struct block_store *blocks;
static struct state_store *states;
static struct executor *executor;
static size_t map_size; /* of the state to begin with; 0: the usual */

static void open_stores(void)
{
    struct block_store_options block_options = {.directory = blocks_path, .segment_size = 20000};
    struct state_store_options state_options = {
        .directory = state_path, .genesis = chain.genesis, .map_size = map_size};
    if (block_store_open(&blocks, &block_options, error, sizeof error) != BLOCK_STORE_OK ||
        state_store_open(&states, &state_options, error, sizeof error) != STATE_STORE_OK) {
        (void)fprintf(stderr, "%s\n", error);
        _exit(3);
    }
}

static void open_executor(uv_loop_t *loop, const struct executor_options *base)
{
    struct executor_options options = {0};
    if (base != NULL) {
        options = *base;
    }
    options.state_store = states;
    options.block_store = blocks;
    options.chain_id = chain.chain_id;
    options.loop = loop;
    executor = executor_new(&options);
}

static void open_all(void)
{
    open_stores();
    open_executor(NULL, NULL);
}

static void close_all(void)
{
    executor_close(executor, NULL, NULL);
    state_store_close(states);
    block_store_close(blocks);
}

static void set_up(void)
{
    fixture_directory(home);
    fixture_path(blocks_path, home, "blocks");
    fixture_path(state_path, home, "state");
    chain_init(&chain, USERS);
    chain.genesis->parameters.window_max = 10;
    open_all();
    executor_head(executor, &chain.head);
    close_all();
}

static void tear_down(void)
{
    chain_close(&chain);
    fixture_remove(home);
}

/* A body that depends on the height alone; every fifth block brings a blob, every seventh is empty. */
static void make_body(struct buffer *body, uint64_t height)
{
    static uint8_t blob[5000];
    if (height % 7 == 0) {
        return;
    }
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t from = (uint32_t)(height * 3 + i) % USERS;
        struct bytes sidecar = {0};
        if (height % 5 == 0 && i == 3) {
            memset(blob, (int)height, sizeof blob);
            sidecar = BYTES_OF(blob);
        }
        /* The last one cannot pay what it promises. */
        uint64_t amount = i == 7 ? UINT64_MAX / 2 : 100 + i;
        chain_transfer(&chain, body, from, (from + 1) % USERS, amount, sidecar);
    }
}

static void run_one(const struct executor_report **report)
{
    struct buffer body = {0};
    struct block *block = malloc(sizeof *block);
    struct certificate *certificate = malloc(sizeof *certificate);
    make_body(&body, chain.head.height + 1);
    chain_block(&chain, block, certificate, buffer_bytes(&body));
    const struct executor_report *found;
    bool good = executor_run(executor, block, certificate, &found, error, sizeof error);
    ck_assert_msg(good, "%s", error);
    chain_advance(&chain, &found->head, certificate);
    if (report != NULL) {
        *report = found;
    }
    buffer_close(&body);
    free(certificate);
    free(block);
}

static void run_many(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        run_one(NULL);
    }
}

struct collect {
    struct trie_memory memory;
    struct hash root;
    uint64_t keys;
};

static bool collect_key(void *context, struct bytes key, struct bytes value)
{
    struct collect *collect = context;
    struct trie_store trie = trie_memory_store(&collect->memory);
    struct state_change change = {key, value, false};
    state_trie_update(&trie, &change, 1, &collect->root);
    collect->keys++;
    return true;
}

/* The root of the whole state, computed from nothing. */
static struct hash full_root(void)
{
    struct collect collect = {0};
    struct state_snapshot *snapshot = state_snapshot_open(states);
    state_snapshot_walk(snapshot, (struct bytes){0}, collect_key, &collect);
    state_snapshot_close(snapshot);
    trie_memory_close(&collect.memory);
    ck_assert_uint_gt(collect.keys, USERS);
    return collect.root;
}

START_TEST(incremental_root_is_the_root_from_nothing)
{
    open_all();
    for (int i = 0; i < 30; i++) {
        run_one(NULL);
        struct hash root = full_root();
        ck_assert(hash_equal(&root, &chain.head.state_root));
    }
    close_all();
}
END_TEST

struct seen {
    uint64_t events;
    struct event_cursor last;
    bool ordered;
    uint64_t limit;
};

static bool see_event(void *context, const struct event_cursor *cursor, const struct event *event)
{
    struct seen *seen = context;
    const struct event_cursor *last = &seen->last;
    seen->ordered &=
        cursor->height > last->height ||
        (cursor->height == last->height &&
         (cursor->index > last->index || (cursor->index == last->index && cursor->n > last->n))) ||
        seen->events == 0;
    seen->last = *cursor;
    seen->events += event->data.size > 0;
    return seen->events < seen->limit;
}

START_TEST(keeps_receipts_transactions_events_and_blobs)
{
    open_all();
    run_many(4);
    const struct executor_report *report;
    run_one(&report);
    ck_assert_uint_eq(report->transaction_count, 8);
    ck_assert_uint_eq(report->results->count, 9);
    ck_assert_uint_gt(report->gas_used, 0);
    struct state_snapshot *snapshot = state_snapshot_open(states);
    for (uint32_t i = 0; i < 8; i++) {
        struct transaction_place place;
        ck_assert(state_snapshot_transaction(snapshot, &report->transaction_ids[i], &place));
        ck_assert_uint_eq(place.height, 5);
        ck_assert_uint_eq(place.index, i);
        struct buffer receipt = {0};
        ck_assert(state_snapshot_receipt(snapshot, 5, i, &receipt));
        ck_assert(bytes_equal(buffer_bytes(&receipt), ledger_receipt(report->results, i)));
        struct receipt decoded;
        ck_assert(schema_decode(&receipt_schema, &decoded, buffer_bytes(&receipt), NULL, 0));
        ck_assert_int_eq(decoded.refusal.code != 0, i == 7);
        buffer_close(&receipt);
    }
    struct buffer nothing = {0};
    ck_assert(!state_snapshot_receipt(snapshot, 5, 9, &nothing));
    ck_assert(!state_snapshot_receipt(snapshot, 6, 0, &nothing));
    struct hash unknown = {{1}};
    struct transaction_place place;
    ck_assert(!state_snapshot_transaction(snapshot, &unknown, &place));
    buffer_close(&nothing);
    state_snapshot_close(snapshot);
    close_all();
}
END_TEST

static void run_body(struct bytes body, struct hash *first_id)
{
    struct block *block = malloc(sizeof *block);
    struct certificate *certificate = malloc(sizeof *certificate);
    const struct executor_report *found;
    chain_block(&chain, block, certificate, body);
    bool good = executor_run(executor, block, certificate, &found, error, sizeof error);
    ck_assert_msg(good, "%s", error);
    chain_advance(&chain, &found->head, certificate);
    *first_id = found->transaction_ids[0];
    free(certificate);
    free(block);
}

static struct transaction_place place_of(const struct hash *id)
{
    struct transaction_place place;
    struct state_snapshot *snapshot = state_snapshot_open(states);
    ck_assert(state_snapshot_transaction(snapshot, id, &place));
    state_snapshot_close(snapshot);
    return place;
}

/* Class 23 of docs/testing.md: FISCO pull requests 4308, 4198, 3809. */
START_TEST(a_transaction_that_is_ordered_again_keeps_its_receipt)
{
    struct buffer body = {0};
    struct hash id;
    struct hash again;
    open_all();
    chain_transfer(&chain, &body, 1, 2, 5, (struct bytes){0});
    run_body(buffer_bytes(&body), &id);
    run_body(buffer_bytes(&body), &again);
    ck_assert(hash_equal(&id, &again));
    ck_assert_uint_eq(place_of(&id).height, 1);
    buffer_close(&body);
    close_all();
}
END_TEST

START_TEST(a_transaction_that_came_too_early_is_found_where_it_ran)
{
    struct buffer first = {0};
    struct buffer second = {0};
    struct hash id;
    struct hash other;
    open_all();
    chain_transfer(&chain, &first, 1, 2, 5, (struct bytes){0});
    chain_transfer(&chain, &second, 1, 2, 6, (struct bytes){0});
    run_body(buffer_bytes(&second), &id);
    ck_assert_uint_eq(place_of(&id).height, 1);
    run_body(buffer_bytes(&first), &other);
    run_body(buffer_bytes(&second), &id);
    ck_assert_uint_eq(place_of(&id).height, 3);
    buffer_close(&first);
    buffer_close(&second);
    close_all();
}
END_TEST

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
    open_all();
    run_many(PRUNE_STEP + PRUNE_KEEP_MIN + 20);
    uint64_t size = block_store_size(blocks);
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
        ck_assert_int_eq(block_store_read(blocks, i * (PRUNE_STEP + 1) + 1, &storage, &record),
                         BLOCK_STORE_OK);
        ck_assert(block_decode(block, record.block, error, sizeof error));
        ck_assert(ledger_next_envelope(block->body, &offset, &envelope, &malformed));
        ck_assert_int_eq(transaction_decode(&transaction, &sidecar, envelope, NULL, 0),
                         TRANSACTION_OK);
        transaction_id(&ids[i], &transaction);
    }
    struct state_head head;
    executor_head(executor, &head);
    /* Rounds need them still, of the window that is given, or of the parameter, which is 10 here. */
    ck_assert_uint_eq(prune_step(states, blocks, head.height, PRUNE_KEEP_MIN, 1000), 0);
    ck_assert_uint_eq(prune_step(states, blocks, head.height, PRUNE_KEEP_MIN, 5), 0);
    run_many(1);
    executor_head(executor, &head); /* one step, and no more */
    ck_assert_uint_eq(prune_step(states, blocks, head.height, PRUNE_KEEP_MIN, 5), PRUNE_STEP + 1);
    ck_assert_uint_eq(prune_step(states, blocks, head.height, PRUNE_KEEP_MIN, 5), 0);
    block_store_drop_before(blocks, PRUNE_STEP + 1);

    struct state_snapshot *snapshot = state_snapshot_open(states);
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
    ck_assert_uint_gt(block_store_first_height(blocks), PRUNE_STEP - 20);
    ck_assert_uint_le(block_store_first_height(blocks), PRUNE_STEP + 1);
    ck_assert_uint_lt(block_store_size(blocks), size / 2);
    ck_assert_int_eq(block_store_read(blocks, 1, &storage, &record), BLOCK_STORE_ABSENT);
    struct hash root = full_root();
    ck_assert(hash_equal(&root, &head.state_root));
    close_all();
    open_all(); /* it opens, and goes on */
    run_many(3);
    close_all();
    buffer_close(&storage);
    free(block);
}
END_TEST

START_TEST(walks_events_after_a_cursor)
{
    open_all();
    run_many(10);
    struct state_snapshot *snapshot = state_snapshot_open(states);
    struct seen all = {.ordered = true, .limit = UINT64_MAX};
    struct event_cursor cursor = {0};
    state_snapshot_events(snapshot, &cursor, see_event, &all);
    ck_assert(all.ordered);
    ck_assert_uint_ge(all.events, 63);
    uint64_t total = 0;
    for (;;) {
        struct seen page = {.ordered = true, .limit = 4, .last = cursor};
        state_snapshot_events(snapshot, &cursor, see_event, &page);
        ck_assert(page.ordered);
        total += page.events;
        cursor = page.last;
        if (page.events < 4) {
            break;
        }
    }
    ck_assert_uint_eq(total, all.events);
    state_snapshot_close(snapshot);
    close_all();
}
END_TEST

START_TEST(finds_a_blob_by_its_root)
{
    open_all();
    run_many(5);
    uint8_t blob[5000];
    memset(blob, 5, sizeof blob);
    struct hash root;
    merkle_blob_root(&root, BYTES_OF(blob));
    struct state_snapshot *snapshot = state_snapshot_open(states);
    struct buffer found = {0};
    ck_assert(blob_read(snapshot, blocks, &root, &found));
    ck_assert(bytes_equal(buffer_bytes(&found), BYTES_OF(blob)));
    root.bytes[0] ^= 1;
    ck_assert(!blob_read(snapshot, blocks, &root, &found));
    ck_assert_uint_eq(found.size, 0);
    buffer_close(&found);
    state_snapshot_close(snapshot);
    close_all();
}
END_TEST

START_TEST(proves_a_key_against_the_root)
{
    open_all();
    run_many(3);
    struct state_snapshot *snapshot = state_snapshot_open(states);
    struct trie_store trie = state_snapshot_trie(snapshot);
    struct market_key key;
    key_account(&key, &chain.addresses[1]);
    struct buffer value = {0};
    ck_assert(state_snapshot_get(snapshot, (struct bytes){key.data, key.size}, &value));
    struct hash key_hash;
    struct hash value_hash;
    struct trie_proof proof;
    trie_key_hash(&key_hash, (struct bytes){key.data, key.size});
    trie_value_hash(&value_hash, buffer_bytes(&value));
    trie_prove(&trie, &key_hash, &proof);
    ck_assert(trie_verify(&proof, &chain.head.state_root, &key_hash, &value_hash));
    value_hash.bytes[3] ^= 1;
    ck_assert(!trie_verify(&proof, &chain.head.state_root, &key_hash, &value_hash));
    buffer_close(&value);
    state_snapshot_close(snapshot);
    close_all();
}
END_TEST

START_TEST(replays_a_lost_state_to_the_same_root)
{
    open_all();
    run_many(25);
    close_all();
    fixture_remove(state_path);
    open_all();
    struct state_head head;
    executor_head(executor, &head);
    ck_assert_uint_eq(head.height, 0);
    ck_assert_msg(executor_replay(executor, NULL, error, sizeof error), "%s", error);
    executor_head(executor, &head);
    ck_assert_mem_eq(&head.state_root, &chain.head.state_root, sizeof head.state_root);
    ck_assert_mem_eq(&head.digest, &chain.head.digest, sizeof head.digest);
    ck_assert_uint_eq(head.height, 25);
    run_many(3);
    close_all();
}
END_TEST

START_TEST(refuses_a_state_ahead_of_the_blocks)
{
    open_all();
    run_many(3);
    close_all();
    fixture_remove(blocks_path);
    open_all();
    ck_assert(!executor_replay(executor, NULL, error, sizeof error));
    ck_assert_ptr_nonnull(strstr(error, "state is at height 3, the stored blocks end at 0"));
    close_all();
}
END_TEST

START_TEST(says_why_a_stored_block_is_none)
{
    open_all();
    run_many(1);
    close_all();
    fixture_remove(blocks_path);
    open_all();
    const uint8_t other[] = {0xff, 0xff};
    const struct block_record record = {1, BYTES_OF(other), BYTES_OF(other)};
    block_store_append(blocks, &record);
    ck_assert(!executor_replay(executor, NULL, error, sizeof error));
    ck_assert_ptr_nonnull(strstr(error, "block 1 of the block store"));
    ck_assert_msg(strstr(error, "(version at byte 0 of 2") != NULL, "%s", error);
    close_all();
}
END_TEST

START_TEST(refuses_roots_that_differ)
{
    open_all();
    run_many(3);
    struct block *block = malloc(sizeof *block);
    struct certificate *certificate = malloc(sizeof *certificate);
    struct state_head right = chain.head;
    for (int i = 0; i < 3; i++) {
        chain.head = right;
        struct hash *changed[] = {&chain.head.state_root, &chain.head.receipts_root,
                                  &chain.head.digest};
        static const char *const names[] = {"state root", "receipts root", "parent"};
        changed[i]->bytes[31] ^= 1;
        chain_block(&chain, block, certificate, (struct bytes){0});
        if (i == 0) {
            struct block_record none;
            struct buffer storage = {0};
            ck_assert_int_eq(block_store_read(blocks, 4, &storage, &none), BLOCK_STORE_ABSENT);
            buffer_close(&storage);
        }
        ck_assert(!executor_run(executor, block, certificate, NULL, error, sizeof error));
        ck_assert_ptr_nonnull(strstr(error, names[i]));
        ck_assert_ptr_nonnull(strstr(error, "block 4"));
    }
    free(certificate);
    free(block);
    close_all();
}
END_TEST

/* Which blocks the log of consensus holds; the others wait for the block store. */
static bool is_logged(uint64_t height)
{
    return height % 3 > 0;
}

/* Reports as the loop sees them. */
struct watch {
    uint64_t executed;
    uint64_t committed;
    uint64_t kept;
    uint64_t target;
    bool wrong;
};

static void watch_executed(void *context, const struct executor_report *report)
{
    struct watch *watch = context;
    watch->wrong |= report->head.height != watch->executed + 1;
    watch->executed = report->head.height;
}

static void watch_committed(void *context, const struct executor_report *report)
{
    struct watch *watch = context;
    watch->wrong |= report->head.height != watch->committed + 1 ||
                    watch->executed < report->head.height ||
                    (!is_logged(report->head.height) &&
                     block_store_durable_height(blocks) < report->head.height);
    watch->committed = report->head.height;
    struct state_snapshot *snapshot = state_snapshot_open(states);
    struct state_head head;
    state_snapshot_head(snapshot, &head);
    state_snapshot_close(snapshot);
    watch->wrong |= head.height < report->head.height;
}

static void watch_kept(void *context, uint64_t height)
{
    struct watch *watch = context;
    watch->wrong |= height != watch->kept + 1 || watch->committed < height ||
                    block_store_durable_height(blocks) < height;
    watch->kept = height;
}

/* Submit `count` blocks to a running executor, each as soon as the one before is executed. */
static void run_on_loop(struct watch *watch, uint64_t count, int report_descriptor)
{
    uv_loop_t loop;
    uv_loop_init(&loop);
    struct executor_options options = {.context = watch,
                                       .on_executed = watch_executed,
                                       .on_committed = watch_committed,
                                       .on_kept = watch_kept};
    open_stores();
    open_executor(&loop, &options);
    if (!executor_replay(executor, NULL, error, sizeof error)) {
        (void)fprintf(stderr, "%s\n", error);
        _exit(4);
    }
    struct state_head head;
    executor_head(executor, &head);
    watch->executed = head.height;
    watch->committed = head.height;
    watch->kept = head.height;
    executor_start(executor);
    struct block *block = malloc(sizeof *block);
    struct certificate *certificate = malloc(sizeof *certificate);
    for (uint64_t i = 0; i < count; i++) {
        struct buffer body = {0};
        make_body(&body, head.height + 1);
        chain.head = head;
        chain_block(&chain, block, certificate, buffer_bytes(&body));
        executor_submit(executor, block, certificate, is_logged(head.height + 1));
        buffer_close(&body);
        while (watch->executed <= head.height) {
            uv_run(&loop, UV_RUN_ONCE);
        }
        executor_head(executor, &head);
        chain_advance(&chain, &head, certificate);
        if (report_descriptor >= 0) {
            ssize_t size = pwrite(report_descriptor, &watch->committed, 8, 0);
            assert(size == 8);
        }
    }
    executor_close(executor, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    state_store_close(states);
    block_store_close(blocks);
    free(certificate);
    free(block);
}

START_TEST(reports_executed_then_committed_in_order)
{
    struct watch watch = {0};
    run_on_loop(&watch, 40, -1);
    ck_assert(!watch.wrong);
    ck_assert_uint_eq(watch.executed, 40);
    ck_assert_uint_eq(watch.kept, 40);
    ck_assert_uint_eq(watch.committed, 40);
}
END_TEST

/* A chain that was made before, handed over faster than the disk can follow, as in catching up. */
#define BURST 50

struct burst {
    struct block blocks[BURST]; /* bodies borrowed from `storage` */
    struct certificate certificates[BURST];
    struct buffer storage[BURST];
    struct state_head last;
};

static struct burst *make_burst(void)
{
    struct burst *burst = calloc(1, sizeof *burst);
    open_all();
    run_many(BURST);
    for (uint64_t i = 0; i < BURST; i++) {
        struct block_record record;
        ck_assert_int_eq(block_store_read(blocks, i + 1, &burst->storage[i], &record),
                         BLOCK_STORE_OK);
        ck_assert(block_decode(&burst->blocks[i], record.block, error, sizeof error));
        ck_assert(
            certificate_decode(&burst->certificates[i], record.certificate, error, sizeof error));
    }
    executor_head(executor, &burst->last);
    close_all();
    fixture_remove(blocks_path);
    fixture_remove(state_path);
    return burst;
}

static void free_burst(struct burst *burst)
{
    for (uint64_t i = 0; i < BURST; i++) {
        buffer_close(&burst->storage[i]);
    }
    free(burst);
}

/* Submit what the stores lack, all at once. */
static void submit_burst(const struct burst *burst, struct watch *watch)
{
    uv_loop_t loop;
    uv_loop_init(&loop);
    struct executor_options options = {.context = watch,
                                       .on_executed = watch_executed,
                                       .on_committed = watch_committed,
                                       .on_kept = watch_kept};
    open_stores();
    open_executor(&loop, &options);
    if (!executor_replay(executor, NULL, error, sizeof error)) {
        (void)fprintf(stderr, "%s\n", error);
        _exit(4);
    }
    struct state_head head;
    executor_head(executor, &head);
    watch->executed = head.height;
    watch->committed = head.height;
    watch->kept = head.height;
    executor_start(executor);
    for (uint64_t i = head.height; i < BURST; i++) {
        executor_submit(executor, &burst->blocks[i], &burst->certificates[i], is_logged(i + 1));
    }
    executor_close(executor, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    struct state_snapshot *snapshot = state_snapshot_open(states);
    state_snapshot_head(snapshot, &head);
    state_snapshot_close(snapshot);
    watch->wrong |= !hash_equal(&head.state_root, &burst->last.state_root) ||
                    !hash_equal(&head.receipts_root, &burst->last.receipts_root);
    state_store_close(states);
    block_store_close(blocks);
}

START_TEST(commits_together_what_waits)
{
    struct burst *burst = make_burst();
    struct watch watch = {0};
    map_size = (size_t)256 * 1024; /* the group outgrows it, and is done again */
    submit_burst(burst, &watch);
    map_size = 0;
    ck_assert(!watch.wrong);
    ck_assert_uint_eq(watch.committed, BURST);
    free_burst(burst);
}
END_TEST

struct burst_death {
    const struct burst *burst;
    uint64_t operations;
};

static void burst_and_die(void *context)
{
    const struct burst_death *death = context;
    disk_inject(death->operations, 0);
    struct watch watch = {0};
    submit_burst(death->burst, &watch);
    if (watch.wrong) {
        _exit(6);
    }
}

/* Class 35 of docs/testing.md: Besu issue 4862. */
START_TEST(recovers_from_a_crash_amid_a_group)
{
    struct burst *burst = make_burst();
    int crashes = 0;
    struct buffer output = {0};
    for (uint64_t operations = 0; operations < 60; operations += 3) {
        struct burst_death death = {burst, operations};
        int code = fixture_child(burst_and_die, &death, &output);
        ck_assert_msg(code == 0 || code == DISK_CRASH_CODE, "code %d: %s", code,
                      buffer_text(&output));
        crashes += code == DISK_CRASH_CODE;
        open_all();
        ck_assert_msg(executor_replay(executor, NULL, error, sizeof error), "%s", error);
        struct state_head head;
        executor_head(executor, &head);
        struct hash root = full_root();
        ck_assert(hash_equal(&root, &head.state_root));
        close_all();
    }
    ck_assert_int_gt(crashes, 5);
    buffer_close(&output);
    free_burst(burst);
}
END_TEST

struct death {
    uint64_t operations;
    int report;
};

/* The chain's own memory is lost with the process: nonces are those of the state. */
static void load_nonces(void)
{
    open_all();
    if (!executor_replay(executor, NULL, error, sizeof error)) {
        (void)fprintf(stderr, "%s\n", error);
        _exit(4);
    }
    struct state_snapshot *snapshot = state_snapshot_open(states);
    struct state_source source = state_snapshot_source(snapshot);
    struct state *state = state_new(&source);
    for (uint32_t i = 0; i < USERS; i++) {
        struct market_key key;
        struct account account;
        key_account(&key, &chain.addresses[i]);
        bool found = record_load(state, &key, &account_schema, &account);
        assert(found);
        chain.nonces[i] = account.nonce;
    }
    state_free(state);
    state_snapshot_close(snapshot);
    struct state_head head;
    executor_head(executor, &head);
    if (head.height > 0) {
        struct buffer storage = {0};
        struct block_record record;
        if (block_store_read(blocks, head.height, &storage, &record) != BLOCK_STORE_OK ||
            !certificate_decode(chain.decided, record.certificate, error, sizeof error)) {
            _exit(5);
        }
        buffer_close(&storage);
    }
    close_all();
}

static void live_and_die(void *context)
{
    const struct death *death = context;
    load_nonces();
    disk_inject(death->operations, 0);
    struct watch watch = {0};
    run_on_loop(&watch, 6, death->report);
    if (watch.wrong) {
        _exit(6);
    }
}

/* Class 35 of docs/testing.md: Besu issue 4862. */
START_TEST(recovers_from_a_crash_at_any_operation)
{
    char path[FIXTURE_PATH_MAX];
    fixture_path(path, home, "report");
    int report = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int crashes = 0;
    struct buffer output = {0};
    for (uint64_t operations = 0; operations < 20; operations++) {
        struct death death = {operations, report};
        int code = fixture_child(live_and_die, &death, &output);
        ck_assert_msg(code == 0 || code == DISK_CRASH_CODE, "code %d: %s", code,
                      buffer_text(&output));
        crashes += code == DISK_CRASH_CODE;
        uint64_t committed = 0;
        ck_assert_int_ge(pread(report, &committed, 8, 0), 0);
        open_all();
        ck_assert_msg(executor_replay(executor, NULL, error, sizeof error), "%s", error);
        struct state_head head;
        executor_head(executor, &head);
        ck_assert_uint_ge(head.height, committed);
        struct hash root = full_root();
        ck_assert(hash_equal(&root, &head.state_root));
        close_all();
    }
    ck_assert_int_gt(crashes, 10);
    buffer_close(&output);
    close(report);
}
END_TEST

START_TEST(recovers_from_being_killed_at_any_time)
{
    uint64_t height = 0;
    for (int i = 0; i < 12 || (height == 0 && i < 200); i++) { /* a slow disk needs longer lives */
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            struct death death = {UINT64_MAX, -1};
            for (;;) {
                live_and_die(&death);
            }
        }
        usleep((useconds_t)(20000 + i * 9000));
        kill(child, SIGKILL);
        int status = 0;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFSIGNALED(status));
        open_all();
        ck_assert_msg(executor_replay(executor, NULL, error, sizeof error), "%s", error);
        struct state_head head;
        executor_head(executor, &head);
        height = head.height;
        struct hash root = full_root();
        ck_assert(hash_equal(&root, &head.state_root));
        close_all();
    }
    /* And what came out of it is the same as an execution from nothing. */
    open_all();
    struct state_head before;
    executor_head(executor, &before);
    ck_assert_uint_gt(before.height, 0);
    close_all();
    fixture_remove(state_path);
    open_all();
    ck_assert_msg(executor_replay(executor, NULL, error, sizeof error), "%s", error);
    struct state_head after;
    executor_head(executor, &after);
    ck_assert_mem_eq(&after.state_root, &before.state_root, sizeof after.state_root);
    close_all();
}
END_TEST

static void submit_wrong_root(void *context)
{
    (void)context;
    uv_loop_t loop;
    uv_loop_init(&loop);
    open_stores();
    open_executor(&loop, NULL);
    executor_start(executor);
    struct block *block = malloc(sizeof *block);
    struct certificate *certificate = malloc(sizeof *certificate);
    chain.head.state_root.bytes[0] ^= 1;
    chain_block(&chain, block, certificate, (struct bytes){0});
    executor_submit(executor, block, certificate, true);
    uv_run(&loop, UV_RUN_DEFAULT);
}

/* Class 36 of docs/testing.md: Tendermint issue 350. */
START_TEST(a_certified_root_that_differs_stops_the_process)
{
    struct buffer output = {0};
    ck_assert_int_eq(fixture_child(submit_wrong_root, NULL, &output), 1);
    ck_assert_ptr_nonnull(strstr(buffer_text(&output), "kind=diverged"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&output), "state root"));
    buffer_close(&output);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("executor");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, incremental_root_is_the_root_from_nothing);
    tcase_add_test(tests, keeps_receipts_transactions_events_and_blobs);
    tcase_add_test(tests, a_transaction_that_is_ordered_again_keeps_its_receipt);
    tcase_add_test(tests, a_transaction_that_came_too_early_is_found_where_it_ran);
    tcase_add_test(tests, forgets_old_blocks_and_what_was_kept_of_them);
    tcase_add_test(tests, walks_events_after_a_cursor);
    tcase_add_test(tests, finds_a_blob_by_its_root);
    tcase_add_test(tests, proves_a_key_against_the_root);
    tcase_add_test(tests, replays_a_lost_state_to_the_same_root);
    tcase_add_test(tests, refuses_a_state_ahead_of_the_blocks);
    tcase_add_test(tests, says_why_a_stored_block_is_none);
    tcase_add_test(tests, refuses_roots_that_differ);
    tcase_add_test(tests, reports_executed_then_committed_in_order);
    tcase_add_test(tests, commits_together_what_waits);
    tcase_add_test(tests, recovers_from_a_crash_amid_a_group);
    tcase_add_test(tests, recovers_from_a_crash_at_any_operation);
    tcase_add_test(tests, recovers_from_being_killed_at_any_time);
    tcase_add_test(tests, a_certified_root_that_differs_stops_the_process);
    return check_run("executor", tests);
}
