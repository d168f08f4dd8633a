#include "node/executor.h"

#include <stdlib.h>
#include <string.h>

#include "node/blob.h"
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

START_TEST(incremental_root_is_the_root_from_nothing)
{
    executor_fixture_open(&fixture);
    for (int i = 0; i < 30; i++) {
        (void)executor_fixture_run(&fixture);
        struct hash root = executor_fixture_root(&fixture);
        ck_assert(hash_equal(&root, &fixture.chain.head.state_root));
    }
    executor_fixture_shut(&fixture);
}
END_TEST

START_TEST(keeps_receipts_transactions_events_and_blobs)
{
    executor_fixture_open(&fixture);
    executor_fixture_run_many(&fixture, 4);
    const struct executor_report *report = executor_fixture_run(&fixture);
    ck_assert_uint_eq(report->transaction_count, 8);
    ck_assert_uint_eq(report->results->count, 9);
    ck_assert_uint_gt(report->gas_used, 0);
    struct state_snapshot *snapshot = state_snapshot_open(fixture.states);
    for (uint32_t i = 0; i < 8; i++) {
        struct transaction_place place;
        ck_assert(state_snapshot_transaction(snapshot, &report->transactions[i].id, &place));
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
    executor_fixture_shut(&fixture);
}
END_TEST

/* The id of the only transaction of a block. */
static struct hash run_alone(const struct buffer *body)
{
    return executor_fixture_run_body(&fixture, buffer_bytes(body))->transactions[0].id;
}

static struct transaction_place place_of(const struct hash *id)
{
    struct transaction_place place;
    struct state_snapshot *snapshot = state_snapshot_open(fixture.states);
    ck_assert(state_snapshot_transaction(snapshot, id, &place));
    state_snapshot_close(snapshot);
    return place;
}

/* Class 23 of docs/testing.md: FISCO pull requests 4308, 4198, 3809. */
START_TEST(a_transaction_that_is_ordered_again_keeps_its_receipt)
{
    struct buffer body = {0};
    executor_fixture_open(&fixture);
    chain_transfer(&fixture.chain, &body, 1, 2, 5, (struct bytes){0});
    struct hash id = run_alone(&body);
    struct hash again = run_alone(&body);
    ck_assert(hash_equal(&id, &again));
    ck_assert_uint_eq(place_of(&id).height, 1);
    buffer_close(&body);
    executor_fixture_shut(&fixture);
}
END_TEST

START_TEST(a_transaction_that_came_too_early_is_found_where_it_ran)
{
    struct buffer first = {0};
    struct buffer second = {0};
    executor_fixture_open(&fixture);
    chain_transfer(&fixture.chain, &first, 1, 2, 5, (struct bytes){0});
    chain_transfer(&fixture.chain, &second, 1, 2, 6, (struct bytes){0});
    struct hash id = run_alone(&second);
    ck_assert_uint_eq(place_of(&id).height, 1);
    (void)run_alone(&first);
    (void)run_alone(&second);
    ck_assert_uint_eq(place_of(&id).height, 3);
    buffer_close(&first);
    buffer_close(&second);
    executor_fixture_shut(&fixture);
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

START_TEST(walks_events_after_a_cursor)
{
    executor_fixture_open(&fixture);
    executor_fixture_run_many(&fixture, 10);
    struct state_snapshot *snapshot = state_snapshot_open(fixture.states);
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
    executor_fixture_shut(&fixture);
}
END_TEST

START_TEST(finds_a_blob_by_its_root)
{
    executor_fixture_open(&fixture);
    executor_fixture_run_many(&fixture, 5);
    uint8_t blob[5000];
    memset(blob, 5, sizeof blob);
    struct hash root;
    merkle_blob_root(&root, BYTES_OF(blob));
    struct state_snapshot *snapshot = state_snapshot_open(fixture.states);
    struct buffer found = {0};
    ck_assert(blob_read(snapshot, fixture.blocks, &root, &found));
    ck_assert(bytes_equal(buffer_bytes(&found), BYTES_OF(blob)));
    root.bytes[0] ^= 1;
    ck_assert(!blob_read(snapshot, fixture.blocks, &root, &found));
    ck_assert_uint_eq(found.size, 0);
    buffer_close(&found);
    state_snapshot_close(snapshot);
    executor_fixture_shut(&fixture);
}
END_TEST

START_TEST(proves_a_key_against_the_root)
{
    executor_fixture_open(&fixture);
    executor_fixture_run_many(&fixture, 3);
    struct state_snapshot *snapshot = state_snapshot_open(fixture.states);
    struct trie_store trie = state_snapshot_trie(snapshot);
    struct market_key key;
    key_account(&key, &fixture.chain.addresses[1]);
    struct buffer value = {0};
    ck_assert(state_snapshot_get(snapshot, (struct bytes){key.data, key.size}, &value));
    struct hash key_hash;
    struct hash value_hash;
    struct trie_proof proof;
    trie_key_hash(&key_hash, (struct bytes){key.data, key.size});
    trie_value_hash(&value_hash, buffer_bytes(&value));
    trie_prove(&trie, &key_hash, &proof);
    ck_assert(trie_verify(&proof, &fixture.chain.head.state_root, &key_hash, &value_hash));
    value_hash.bytes[3] ^= 1;
    ck_assert(!trie_verify(&proof, &fixture.chain.head.state_root, &key_hash, &value_hash));
    buffer_close(&value);
    state_snapshot_close(snapshot);
    executor_fixture_shut(&fixture);
}
END_TEST

START_TEST(replays_a_lost_state_to_the_same_root)
{
    executor_fixture_open(&fixture);
    executor_fixture_run_many(&fixture, 25);
    executor_fixture_shut(&fixture);
    fixture_remove(fixture.state_path);
    executor_fixture_open(&fixture);
    struct state_head head;
    executor_head(fixture.executor, &head);
    ck_assert_uint_eq(head.height, 0);
    head = executor_fixture_replay(&fixture);
    ck_assert_mem_eq(&head.state_root, &fixture.chain.head.state_root, sizeof head.state_root);
    ck_assert_mem_eq(&head.digest, &fixture.chain.head.digest, sizeof head.digest);
    ck_assert_uint_eq(head.height, 25);
    executor_fixture_run_many(&fixture, 3);
    executor_fixture_shut(&fixture);
}
END_TEST

START_TEST(refuses_a_state_ahead_of_the_blocks)
{
    executor_fixture_open(&fixture);
    executor_fixture_run_many(&fixture, 3);
    executor_fixture_shut(&fixture);
    fixture_remove(fixture.blocks_path);
    executor_fixture_open(&fixture);
    ck_assert(!executor_replay(fixture.executor, NULL, fixture.error, sizeof fixture.error));
    ck_assert_ptr_nonnull(
        strstr(fixture.error, "state is at height 3, the stored blocks end at 0"));
    executor_fixture_shut(&fixture);
}
END_TEST

START_TEST(says_why_a_stored_block_is_none)
{
    executor_fixture_open(&fixture);
    executor_fixture_run_many(&fixture, 1);
    executor_fixture_shut(&fixture);
    fixture_remove(fixture.blocks_path);
    executor_fixture_open(&fixture);
    const uint8_t other[] = {0xff, 0xff};
    const struct block_record record = {1, BYTES_OF(other), BYTES_OF(other)};
    block_store_append(fixture.blocks, &record);
    ck_assert(!executor_replay(fixture.executor, NULL, fixture.error, sizeof fixture.error));
    ck_assert_ptr_nonnull(strstr(fixture.error, "block 1 of the block store"));
    ck_assert_msg(strstr(fixture.error, "(version at byte 0 of 2") != NULL, "%s", fixture.error);
    executor_fixture_shut(&fixture);
}
END_TEST

START_TEST(refuses_roots_that_differ)
{
    executor_fixture_open(&fixture);
    executor_fixture_run_many(&fixture, 3);
    struct block *block = malloc(sizeof *block);
    struct certificate *certificate = malloc(sizeof *certificate);
    struct state_head right = fixture.chain.head;
    for (int i = 0; i < 3; i++) {
        fixture.chain.head = right;
        struct hash *changed[] = {&fixture.chain.head.state_root, &fixture.chain.head.receipts_root,
                                  &fixture.chain.head.digest};
        static const char *const names[] = {"state root", "receipts root", "parent"};
        changed[i]->bytes[31] ^= 1;
        chain_block(&fixture.chain, block, certificate, (struct bytes){0});
        if (i == 0) {
            struct block_record none;
            struct buffer storage = {0};
            ck_assert_int_eq(block_store_read(fixture.blocks, 4, &storage, &none),
                             BLOCK_STORE_ABSENT);
            buffer_close(&storage);
        }
        ck_assert(!executor_run(fixture.executor, block, certificate, NULL, fixture.error,
                                sizeof fixture.error));
        ck_assert_ptr_nonnull(strstr(fixture.error, names[i]));
        ck_assert_ptr_nonnull(strstr(fixture.error, "block 4"));
    }
    free(certificate);
    free(block);
    executor_fixture_shut(&fixture);
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
    tcase_add_test(tests, walks_events_after_a_cursor);
    tcase_add_test(tests, finds_a_blob_by_its_root);
    tcase_add_test(tests, proves_a_key_against_the_root);
    tcase_add_test(tests, replays_a_lost_state_to_the_same_root);
    tcase_add_test(tests, refuses_a_state_ahead_of_the_blocks);
    tcase_add_test(tests, says_why_a_stored_block_is_none);
    tcase_add_test(tests, refuses_roots_that_differ);
    return check_run("executor", tests);
}
