#include "node/mempool.h"

#include <string.h>

#include "tests/lib/chain_fixture.h"
#include "tests/lib/check_run.h"

static struct mempool *pool;
static struct mempool_limits limits;

static void set_up(void)
{
    limits = (struct mempool_limits){.count_max = 10,
                                     .body_blobs_max = 1000000,
                                     .bytes_max = 1000,
                                     .account_count_max = 4,
                                     .expiry_max = 100,
                                     .body_bytes_max = 400,
                                     .body_count_max = 3,
                                     .body_gas_max = 1000000};
    pool = mempool_new(&limits);
}

static void tear_down(void)
{
    mempool_free(pool);
}

static const uint8_t content[500];

/* A transaction of account `who`; its id is made of all its parts. */
static struct mempool_offer offer(uint8_t who, uint64_t nonce, uint64_t price)
{
    struct mempool_offer one = {.nonce = nonce,
                                .gas_limit = 1000,
                                .gas_price = price,
                                .expires_at = 50,
                                .envelope = {content, 20}};
    memset(&one.sender, who, sizeof(one.sender));
    one.id.bytes[0] = who;
    one.id.bytes[1] = (uint8_t)nonce;
    one.id.bytes[2] = (uint8_t)price;
    return one;
}

static enum mempool_status add(uint8_t who, uint64_t nonce, uint64_t price)
{
    const struct mempool_offer one = offer(who, nonce, price);
    return mempool_add(pool, &one, 0, 1);
}

static uint32_t build(void)
{
    struct buffer body = {0};
    struct hash root;
    uint32_t count = mempool_build(pool, 2, &body, &root);
    buffer_close(&body);
    return count;
}

START_TEST(orders_by_nonce_within_an_account)
{
    ck_assert_int_eq(add(1, 1, 5), MEMPOOL_OK);
    ck_assert(!mempool_ready(pool));
    ck_assert_uint_eq(build(), 0);
    ck_assert_int_eq(add(1, 0, 1), MEMPOOL_OK);
    ck_assert(mempool_ready(pool));
    ck_assert_uint_eq(build(), 2);
}
END_TEST

static void expect_order(const struct mempool_offer *offers, size_t count)
{
    ck_assert_uint_eq(build(), count);
    size_t built;
    const struct hash *ids = mempool_built(pool, &built);
    ck_assert_uint_eq(built, count);
    for (size_t i = 0; i < count; i++) {
        ck_assert(hash_equal(&ids[i], &offers[i].id));
    }
}

/* In whichever order they come, and where the last one is replaced or drops out. */
START_TEST(keeps_a_queue_in_order)
{
    const struct mempool_offer three[] = {offer(1, 0, 5), offer(1, 1, 5), offer(1, 2, 9)};
    ck_assert_int_eq(add(1, 2, 5), MEMPOOL_OK);
    ck_assert_int_eq(add(1, 0, 5), MEMPOOL_OK);
    ck_assert_int_eq(add(1, 1, 5), MEMPOOL_OK);
    ck_assert_int_eq(add(1, 2, 9), MEMPOOL_OK);
    expect_order(three, 3);
    ck_assert_int_eq(add(1, 1, 5), MEMPOOL_KNOWN);
    struct mempool_offer last = offer(2, 1, 9);
    last.expires_at = 1;
    ck_assert_int_eq(add(2, 0, 1), MEMPOOL_OK);
    ck_assert_int_eq(mempool_add(pool, &last, 0, 1), MEMPOOL_OK);
    expect_order(three, 3); /* the expired one is gone, and another takes its place */
    ck_assert_int_eq(add(2, 1, 9), MEMPOOL_OK);
    const struct mempool_offer full[] = {three[0], three[1], three[2]};
    expect_order(full, 3);
}
END_TEST

/* A transaction with a gas limit of its own. */
static void add_large(uint8_t who, uint64_t nonce, uint64_t price, uint64_t gas_limit)
{
    struct mempool_offer one = offer(who, nonce, price);
    one.gas_limit = gas_limit;
    ck_assert_int_eq(mempool_add(pool, &one, 0, 1), MEMPOOL_OK);
}

START_TEST(fills_up_with_large_limits_after_all_others)
{
    add_large(1, 0, 9, 1000000); /* would fill the block, at the best price */
    ck_assert_int_eq(add(1, 1, 9), MEMPOOL_OK);
    ck_assert_uint_eq(build(), 1);
    ck_assert_int_eq(add(2, 0, 1), MEMPOOL_OK);
    ck_assert_int_eq(add(3, 0, 1), MEMPOOL_OK);
    ck_assert_uint_eq(build(), 2);
    add_large(4, 0, 2, 998000);
    ck_assert_uint_eq(build(), 3);
}
END_TEST

START_TEST(takes_no_more_gas_than_a_block_may_use)
{
    limits.body_gas_max = 2500;
    mempool_free(pool);
    pool = mempool_new(&limits);
    for (uint8_t who = 1; who <= 3; who++) {
        ck_assert_int_eq(add(who, 0, who), MEMPOOL_OK);
    }
    ck_assert_uint_eq(build(), 2);
}
END_TEST

START_TEST(takes_no_more_blobs_than_a_block_may_name)
{
    struct mempool_offer one = offer(1, 0, 9);
    one.blob_root.bytes[0] = 1;
    one.blob_size = 600000;
    ck_assert_int_eq(mempool_add(pool, &one, 0, 1), MEMPOOL_OK);
    ck_assert(mempool_names_blob(pool, &one.blob_root));
    struct mempool_offer two = offer(2, 0, 8);
    two.blob_root.bytes[0] = 2;
    two.blob_size = 400001;
    ck_assert(!mempool_names_blob(pool, &two.blob_root));
    ck_assert_int_eq(mempool_add(pool, &two, 0, 1), MEMPOOL_OK);
    ck_assert_uint_eq(build(), 1);
    two = offer(3, 0, 7);
    two.blob_size = 400000;
    ck_assert_int_eq(mempool_add(pool, &two, 0, 1), MEMPOOL_OK);
    ck_assert_uint_eq(build(), 2);
    two = offer(4, 0, 7);
    two.blob_size = 1000001;
    ck_assert_int_eq(mempool_add(pool, &two, 0, 1), MEMPOOL_TOO_LARGE);
}
END_TEST

START_TEST(takes_the_better_price_first)
{
    struct buffer body = {0};
    struct hash root;
    struct hash leaves[3];
    struct hash expected;
    const struct mempool_offer order[] = {offer(3, 0, 9), offer(2, 0, 7), offer(2, 1, 7)};
    ck_assert_int_eq(add(1, 0, 5), MEMPOOL_OK);
    ck_assert_int_eq(add(2, 0, 7), MEMPOOL_OK);
    ck_assert_int_eq(add(2, 1, 7), MEMPOOL_OK);
    ck_assert_int_eq(add(3, 0, 9), MEMPOOL_OK);
    ck_assert_uint_eq(mempool_build(pool, 2, &body, &root), 3);
    for (size_t i = 0; i < 3; i++) {
        merkle_leaf(&leaves[i], BYTES_OF(order[i].id));
    }
    merkle_root(&expected, leaves, 3);
    ck_assert(hash_equal(&root, &expected));
    buffer_close(&body);
}
END_TEST

START_TEST(replaces_for_a_price_ten_percent_higher)
{
    ck_assert_int_eq(add(1, 0, 100), MEMPOOL_OK);
    ck_assert_int_eq(add(1, 0, 109), MEMPOOL_UNDERPRICED);
    ck_assert_int_eq(add(1, 0, 110), MEMPOOL_OK);
    struct mempool_usage usage;
    mempool_read_usage(pool, &usage);
    ck_assert_uint_eq(usage.count, 1);
    ck_assert_int_eq(add(2, 0, 0), MEMPOOL_OK);
    ck_assert_int_eq(add(2, 0, 1), MEMPOOL_OK);
}
END_TEST

START_TEST(refuses_what_it_knows)
{
    ck_assert_int_eq(add(1, 0, 1), MEMPOOL_OK);
    ck_assert_int_eq(add(1, 0, 1), MEMPOOL_KNOWN);
}
END_TEST

/* Class 31 of docs/testing.md: Tendermint issue 1798, CometBFT issue 1058. */
START_TEST(holds_its_bounds)
{
    for (uint8_t i = 0; i < 4; i++) {
        ck_assert_int_eq(add(1, i, 1), MEMPOOL_OK);
    }
    ck_assert_int_eq(add(1, 4, 1), MEMPOOL_ACCOUNT_LIMIT);
    for (uint8_t i = 2; i < 8; i++) {
        ck_assert_int_eq(add(i, 0, 1), MEMPOOL_OK);
    }
    ck_assert_int_eq(add(9, 0, 1), MEMPOOL_FULL);
    struct mempool_offer large = offer(9, 0, 1);
    large.envelope.size = 500;
    ck_assert_int_eq(mempool_add(pool, &large, 0, 1), MEMPOOL_TOO_LARGE);
    struct mempool_offer far = offer(9, 0, 1);
    far.expires_at = 102;
    ck_assert_int_eq(mempool_add(pool, &far, 0, 1), MEMPOOL_EXPIRY_FAR);
    far.expires_at = 101;
    ck_assert_int_eq(mempool_add(pool, &far, 0, 1), MEMPOOL_FULL);
}
END_TEST

START_TEST(holds_its_bound_of_bytes)
{
    for (uint8_t i = 1; i <= 3; i++) {
        struct mempool_offer one = offer(i, 0, 1);
        one.envelope.size = 330;
        ck_assert_int_eq(mempool_add(pool, &one, 0, 1), i < 4 ? MEMPOOL_OK : MEMPOOL_FULL);
    }
    struct mempool_offer one = offer(4, 0, 1);
    one.envelope.size = 330;
    ck_assert_int_eq(mempool_add(pool, &one, 0, 1), MEMPOOL_FULL);
    ck_assert_uint_eq(build(), 1); /* a body takes 400 bytes */
}
END_TEST

/* Class 31 of docs/testing.md: Tendermint issue 1798, CometBFT issue 1058. */
START_TEST(drops_what_expired)
{
    struct buffer body = {0};
    struct hash root;
    ck_assert_int_eq(add(1, 0, 1), MEMPOOL_OK);
    ck_assert_uint_eq(mempool_build(pool, 50, &body, &root), 1);
    buffer_clear(&body);
    ck_assert_uint_eq(mempool_build(pool, 51, &body, &root), 0);
    ck_assert(!mempool_ready(pool));
    struct mempool_usage usage;
    mempool_read_usage(pool, &usage);
    ck_assert_uint_eq(usage.count, 0);
    ck_assert_uint_eq(usage.accounts, 0);
    ck_assert_uint_eq(usage.bytes, 0);
    buffer_close(&body);
}
END_TEST

START_TEST(counts_the_nonce_on_from_the_pool)
{
    struct mempool_offer one = offer(1, 0, 1);
    ck_assert_uint_eq(mempool_next_nonce(pool, &one.sender, 0), 0);
    ck_assert_int_eq(add(1, 0, 1), MEMPOOL_OK);
    ck_assert_int_eq(add(1, 1, 1), MEMPOOL_OK);
    ck_assert_int_eq(add(1, 3, 1), MEMPOOL_OK);
    ck_assert_uint_eq(mempool_next_nonce(pool, &one.sender, 0), 2);
}
END_TEST

static uint64_t state_nonce;
static uint64_t nonce_of(void *context, const struct address *sender)
{
    (void)context;
    (void)sender;
    return state_nonce;
}

/* Offer the transaction that an envelope holds. */
static enum mempool_status offer_envelope(struct bytes envelope)
{
    struct transaction tx;
    struct bytes sidecar;
    ck_assert_int_eq(transaction_decode(&tx, &sidecar, envelope, NULL, 0), TRANSACTION_OK);
    struct mempool_offer one = {.nonce = tx.nonce,
                                .gas_limit = tx.gas_limit,
                                .gas_price = tx.gas_price,
                                .expires_at = 50,
                                .arrived_us = 100 + tx.nonce,
                                .envelope = envelope};
    transaction_id(&one.id, &tx);
    address_of(&one.sender, &tx.sender);
    return mempool_add(pool, &one, 0, 1);
}

static void add_arrival(void *context, uint64_t arrived_us)
{
    *(uint64_t *)context += arrived_us;
}

START_TEST(gives_the_arrivals_of_what_blocks_took_once)
{
    struct chain chain;
    struct buffer body = {0};
    struct buffer later = {0};
    size_t offset = 0;
    struct bytes envelope;
    bool malformed;
    uint64_t sum = 0;
    chain_init(&chain, 2);
    chain_transfer(&chain, &body, 0, 1, 5, (struct bytes){NULL, 0});
    ck_assert(ledger_next_envelope(buffer_bytes(&body), &offset, &envelope, &malformed));
    ck_assert_int_eq(offer_envelope(envelope), MEMPOOL_OK);
    chain_transfer(&chain, &body, 1, 0, 5, (struct bytes){NULL, 0}); /* never was in this pool */
    chain_transfer(&chain, &later, 0, 1, 6, (struct bytes){NULL, 0});
    offset = 0;
    ck_assert(ledger_next_envelope(buffer_bytes(&later), &offset, &envelope, &malformed));
    ck_assert_int_eq(offer_envelope(envelope), MEMPOOL_OK);
    mempool_decided(pool, 7, buffer_bytes(&body));
    mempool_decided(pool, 8, buffer_bytes(&later));
    mempool_take_arrivals(pool, 6, add_arrival, &sum);
    ck_assert_uint_eq(sum, 0);
    mempool_take_arrivals(pool, 7, add_arrival, &sum);
    ck_assert_uint_eq(sum, 100);
    mempool_take_arrivals(pool, 7, add_arrival, &sum);
    ck_assert_uint_eq(sum, 100);
    mempool_take_arrivals(pool, 9, add_arrival, &sum);
    ck_assert_uint_eq(sum, 201);
    buffer_close(&body);
    buffer_close(&later);
    chain_close(&chain);
}
END_TEST

/* Class 23 of docs/testing.md: FISCO pull requests 4308, 4198, 3809. */
START_TEST(forgets_what_a_block_holds)
{
    struct chain chain;
    struct buffer body = {0};
    size_t offset = 0;
    struct bytes envelope;
    bool malformed;
    chain_init(&chain, 2);
    chain_transfer(&chain, &body, 0, 1, 5, (struct bytes){NULL, 0});
    chain_transfer(&chain, &body, 0, 1, 6, (struct bytes){NULL, 0});
    while (ledger_next_envelope(buffer_bytes(&body), &offset, &envelope, &malformed)) {
        ck_assert_int_eq(offer_envelope(envelope), MEMPOOL_OK);
    }
    ck_assert(mempool_ready(pool));
    mempool_decided(pool, 7, buffer_bytes(&body));
    ck_assert(!mempool_ready(pool));
    offset = 0;
    ck_assert(ledger_next_envelope(buffer_bytes(&body), &offset, &envelope, &malformed));
    ck_assert_int_eq(offer_envelope(envelope), MEMPOOL_STALE); /* decided, not yet committed */
    ck_assert_uint_eq(mempool_next_nonce(pool, &chain.addresses[0], 0), 2);
    state_nonce = 1; /* the second failed before it took its nonce */
    mempool_committed(pool, 7, nonce_of, NULL);
    struct mempool_usage usage;
    mempool_read_usage(pool, &usage);
    ck_assert_uint_eq(usage.accounts, 0);
    buffer_close(&body);
    chain_close(&chain);
}
END_TEST

START_TEST(gives_the_root_that_the_ledger_gives)
{
    struct chain chain;
    struct buffer offered = {0};
    struct buffer body = {0};
    struct hash root;
    struct hash checked;
    size_t offset = 0;
    struct bytes envelope;
    bool malformed;
    char error[160];
    limits.body_bytes_max = 100000;
    limits.bytes_max = 100000;
    limits.body_count_max = 10;
    limits.body_gas_max = UINT64_MAX;
    mempool_free(pool);
    pool = mempool_new(&limits);
    chain_init(&chain, 3);
    chain_transfer(&chain, &offered, 0, 1, 5, (struct bytes){NULL, 0});
    chain_transfer(&chain, &offered, 1, 2, 6, bytes_of_text("sidecar"));
    chain_transfer(&chain, &offered, 0, 2, 7, (struct bytes){NULL, 0});
    while (ledger_next_envelope(buffer_bytes(&offered), &offset, &envelope, &malformed)) {
        ck_assert_int_eq(offer_envelope(envelope), MEMPOOL_OK);
    }
    ck_assert_uint_eq(mempool_build(pool, 2, &body, &root), 3);
    const struct ledger_body_rules rules = {.parameters = &chain.genesis->parameters,
                                            .chain_id = &chain.chain_id};
    ck_assert_msg(ledger_check_body(buffer_bytes(&body), &rules, &checked, error, sizeof(error)),
                  "%s", error);
    ck_assert(hash_equal(&root, &checked));
    buffer_close(&offered);
    buffer_close(&body);
    chain_close(&chain);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("mempool");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, orders_by_nonce_within_an_account);
    tcase_add_test(tests, keeps_a_queue_in_order);
    tcase_add_test(tests, fills_up_with_large_limits_after_all_others);
    tcase_add_test(tests, takes_no_more_gas_than_a_block_may_use);
    tcase_add_test(tests, takes_no_more_blobs_than_a_block_may_name);
    tcase_add_test(tests, takes_the_better_price_first);
    tcase_add_test(tests, replaces_for_a_price_ten_percent_higher);
    tcase_add_test(tests, refuses_what_it_knows);
    tcase_add_test(tests, holds_its_bounds);
    tcase_add_test(tests, holds_its_bound_of_bytes);
    tcase_add_test(tests, drops_what_expired);
    tcase_add_test(tests, counts_the_nonce_on_from_the_pool);
    tcase_add_test(tests, forgets_what_a_block_holds);
    tcase_add_test(tests, gives_the_arrivals_of_what_blocks_took_once);
    tcase_add_test(tests, gives_the_root_that_the_ledger_gives);
    return check_run("mempool", tests);
}
