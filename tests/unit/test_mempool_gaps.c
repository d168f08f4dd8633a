/* Transactions behind a missing nonce: what room they get, and what they leave to others. */
#include <string.h>

#include "node/mempool.h"
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
                                     .body_count_max = 10,
                                     .body_gas_max = 1000000};
    pool = mempool_new(&limits);
}

static void tear_down(void)
{
    mempool_free(pool);
}

static const uint8_t content[500];

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

static enum mempool_status add(uint8_t who, uint64_t nonce)
{
    const struct mempool_offer one = offer(who, nonce, 1);
    return mempool_add(pool, &one, 0, 1);
}

static void add_all(uint8_t who, uint64_t first, uint64_t last)
{
    for (uint64_t nonce = first; nonce <= last; nonce++) {
        ck_assert_int_eq(add(who, nonce), MEMPOOL_OK);
    }
}

static bool holds(uint8_t who, uint64_t nonce)
{
    const struct mempool_offer one = offer(who, nonce, 1);
    struct bytes envelope;
    return mempool_find(pool, &one.id, &envelope);
}

static void expect_usage(uint32_t count, uint32_t gapped)
{
    struct mempool_usage usage;
    mempool_read_usage(pool, &usage);
    ck_assert_uint_eq(usage.count, count);
    ck_assert_uint_eq(usage.gapped, gapped);
}

static uint32_t build(uint64_t height)
{
    struct buffer body = {0};
    struct hash root;
    uint32_t count = mempool_build(pool, height, &body, &root);
    buffer_close(&body);
    return count;
}

START_TEST(gapped_ones_take_half_of_the_pool)
{
    add_all(1, 1, 3);
    add_all(2, 1, 2);
    expect_usage(5, 5);
    ck_assert_int_eq(add(1, 4), MEMPOOL_GAPPED); /* its account takes the most */
    ck_assert_int_eq(add(2, 3), MEMPOOL_GAPPED); /* and this one would take as much */
    expect_usage(5, 5);
    add_all(3, 0, 3);
    expect_usage(9, 5);
}
END_TEST

/* Class 31 of docs/testing.md: Tendermint issue 1798, CometBFT issue 1058. The pool was full for ever: no height came by
 * which they expire, and nothing else left. */
START_TEST(executable_ones_take_the_place_of_gapped_ones)
{
    add_all(1, 1, 4);
    add_all(2, 1, 1);
    for (uint8_t who = 3; who <= 7; who++) {
        add_all(who, 0, 0);
    }
    expect_usage(10, 5);
    for (uint8_t who = 8; who <= 12; who++) {
        add_all(who, 0, 0);
        expect_usage(10, 12u - who);
    }
    ck_assert_int_eq(add(13, 0), MEMPOOL_FULL);
    ck_assert_int_eq(add(13, 1), MEMPOOL_FULL);
    ck_assert_uint_eq(build(2), 10);
    struct mempool_usage usage;
    mempool_read_usage(pool, &usage);
    ck_assert_uint_eq(usage.evicted, 5);
}
END_TEST

START_TEST(executable_ones_take_the_bytes_of_gapped_ones)
{
    struct mempool_offer one = offer(1, 1, 1);
    one.envelope.size = 250;
    ck_assert_int_eq(mempool_add(pool, &one, 0, 1), MEMPOOL_OK);
    one = offer(2, 1, 1);
    one.envelope.size = 250;
    ck_assert_int_eq(mempool_add(pool, &one, 0, 1), MEMPOOL_OK);
    ck_assert_int_eq(add(3, 1), MEMPOOL_OK); /* in place of one of them: it takes less */
    expect_usage(2, 2);
    one = offer(4, 1, 1);
    one.envelope.size = 250;
    ck_assert_int_eq(mempool_add(pool, &one, 0, 1), MEMPOOL_GAPPED);
    for (uint8_t who = 5; who <= 7; who++) {
        one = offer(who, 0, 1);
        one.envelope.size = 330;
        ck_assert_int_eq(mempool_add(pool, &one, 0, 1), MEMPOOL_OK);
    }
    expect_usage(3, 0);
}
END_TEST

START_TEST(the_missing_one_enters_a_full_account)
{
    add_all(1, 1, 4);
    ck_assert_int_eq(add(1, 5), MEMPOOL_ACCOUNT_LIMIT);
    ck_assert(!mempool_ready(pool));
    add_all(1, 0, 0);
    ck_assert(!holds(1, 4));
    expect_usage(4, 0);
    ck_assert_uint_eq(build(2), 4);
    ck_assert_int_eq(add(1, 4), MEMPOOL_ACCOUNT_LIMIT);
}
END_TEST

START_TEST(the_missing_one_enters_a_full_pool)
{
    add_all(1, 1, 2);
    add_all(2, 1, 3);
    for (uint8_t who = 3; who <= 7; who++) {
        add_all(who, 0, 0);
    }
    expect_usage(10, 5);
    add_all(1, 0, 0);
    expect_usage(10, 2);
    ck_assert(holds(1, 2) && holds(2, 2) && !holds(2, 3));
    ck_assert_uint_eq(build(2), 8);
}
END_TEST

START_TEST(a_lower_nonce_takes_the_place_of_the_highest)
{
    add_all(1, 6, 9);
    ck_assert_int_eq(add(1, 3), MEMPOOL_OK); /* the account is full */
    ck_assert(!holds(1, 9) && holds(1, 8));
    add_all(2, 1, 1);
    add_all(3, 1, 1); /* half of the pool is full */
    ck_assert(!holds(1, 8));
    ck_assert_int_eq(add(1, 2), MEMPOOL_OK);
    ck_assert(!holds(1, 7) && holds(1, 6));
    ck_assert_int_eq(add(1, 7), MEMPOOL_GAPPED);
    expect_usage(5, 5);
}
END_TEST

/* A flood costs nothing, so it must not keep out who has a few out of order. */
START_TEST(a_flood_displaces_itself)
{
    add_all(1, 1, 4);
    add_all(2, 1, 1);
    add_all(3, 1, 1);
    ck_assert(!holds(1, 4));
    add_all(4, 1, 1);
    ck_assert(!holds(1, 3) && holds(1, 2));
    ck_assert_int_eq(add(5, 1), MEMPOOL_OK);
    ck_assert(!holds(1, 2) && holds(1, 1));
    ck_assert_int_eq(add(6, 1), MEMPOOL_GAPPED); /* all have one */
    expect_usage(5, 5);
}
END_TEST

/* The followers of what expired are gapped from then on; the highest nonces go. */
START_TEST(what_loses_its_predecessor_is_trimmed)
{
    for (uint8_t who = 1; who <= 2; who++) {
        struct mempool_offer one = offer(who, 0, 1);
        one.expires_at = 10;
        ck_assert_int_eq(mempool_add(pool, &one, 0, 1), MEMPOOL_OK);
        add_all(who, 1, 3);
    }
    expect_usage(8, 0);
    ck_assert_uint_eq(build(11), 0);
    expect_usage(5, 5);
    ck_assert(holds(1, 2) && holds(2, 2) && holds(1, 3) != holds(2, 3));
    ck_assert(!mempool_ready(pool));
    add_all(1, 0, 0);
    ck_assert_uint_eq(build(11), holds(1, 3) ? 4 : 3);
}
END_TEST

START_TEST(a_replaced_one_keeps_its_followers_executable)
{
    add_all(1, 0, 3);
    add_all(2, 0, 3);
    const struct mempool_offer better = offer(1, 0, 2);
    ck_assert_int_eq(mempool_add(pool, &better, 0, 1), MEMPOOL_OK);
    expect_usage(8, 0);
    ck_assert_uint_eq(build(2), 8);
    add_all(3, 1, 2);
    const struct mempool_offer gapped = offer(3, 1, 2);
    ck_assert_int_eq(mempool_add(pool, &gapped, 0, 1), MEMPOOL_OK);
    expect_usage(10, 2);
}
END_TEST

/* Governance lowered the gas of a block. They would have been executable for ever, and in no block. */
START_TEST(what_fits_no_block_any_more_is_dropped)
{
    const struct parameters lower = {
        .block_bytes_max = 400, .block_transactions_max = 10, .gas_limit_max = 999};
    struct mempool_offer one = offer(2, 0, 1);
    one.gas_limit = 999;
    ck_assert_int_eq(mempool_add(pool, &one, 0, 1), MEMPOOL_OK);
    add_all(2, 1, 1);
    one = offer(2, 2, 1);
    one.gas_limit = 999;
    ck_assert_int_eq(mempool_add(pool, &one, 0, 1), MEMPOOL_OK);
    add_all(1, 0, 1);
    mempool_set_body(pool, &lower);
    ck_assert_uint_eq(build(2), 1);
    expect_usage(2, 1);
}
END_TEST

struct seen {
    const uint8_t *expected; /* the sizes of the envelopes, in order */
    size_t count;
    size_t max;
};

static bool see(void *context, struct bytes envelope)
{
    struct seen *seen = context;
    ck_assert_uint_eq(envelope.size, seen->expected[seen->count]);
    return ++seen->count < seen->max;
}

/* Who comes back would refuse most of a pool that comes in the order of a hash table, and a leader that
 * is reminded of what it lacks gets one batch only. */
START_TEST(peers_are_given_the_executable_ones_first)
{
    static const uint8_t expected[] = {30, 31, 32, 41, 42, 43};
    for (uint8_t nonce = 0; nonce < 3; nonce++) {
        struct mempool_offer one = offer(1, 2u - nonce, 1);
        one.envelope.size = 32u - nonce;
        one.id.bytes[0] = (uint8_t)(5 + nonce);
        ck_assert_int_eq(mempool_add(pool, &one, 0, 1), MEMPOOL_OK);
        one = offer(2, 3u - nonce, 1);
        one.envelope.size = 43u - nonce;
        one.id.bytes[0] = nonce;
        ck_assert_int_eq(mempool_add(pool, &one, 0, 1), MEMPOOL_OK);
    }
    struct seen all = {.expected = expected, .max = 10};
    mempool_walk(pool, see, &all);
    ck_assert_uint_eq(all.count, 6);
    struct seen some = {.expected = expected, .max = 2};
    mempool_walk(pool, see, &some);
    ck_assert_uint_eq(some.count, 2);
}
END_TEST

/* The model: what the pool must hold is counted from what it says it holds. */

#define ACCOUNTS 6
#define NONCES   40

static struct chain chain;
static struct public_key keys[ACCOUNTS];
static struct hash ids[ACCOUNTS][NONCES]; /* of what is in the pool; zero: nothing */
static uint64_t sizes[ACCOUNTS][NONCES];
static uint64_t nonces[ACCOUNTS];       /* as the pool must see them */
static uint64_t state_nonces[ACCOUNTS]; /* as the state has them */
static uint64_t seed;
static uint64_t height;

/* As ck_assert, which writes to a file each time; this is asked a million times. */
static void expect(bool good, const char *what)
{
    if (!good) {
        ck_abort_msg("%s", what);
    }
}

static uint64_t random_below(uint64_t bound)
{
    return check_random(&seed) % bound;
}

static void note(void *context, const struct hash *id, struct bytes envelope)
{
    (void)context;
    expect(hash_is_zero(&ids[id->bytes[0]][id->bytes[1]]), "a nonce is there twice");
    ids[id->bytes[0]][id->bytes[1]] = *id;
    sizes[id->bytes[0]][id->bytes[1]] = envelope.size;
}

static void read_pool(void)
{
    memset(ids, 0, sizeof(ids));
    memset(sizes, 0, sizeof(sizes));
    mempool_walk_ids(pool, note, NULL);
}

static uint64_t reach_of(unsigned who)
{
    uint64_t nonce = nonces[who];
    while (nonce < NONCES && sizes[who][nonce] > 0) {
        nonce++;
    }
    return nonce;
}

static struct mempool_usage count_all(void)
{
    struct mempool_usage sum = {0};
    for (unsigned who = 0; who < ACCOUNTS; who++) {
        uint64_t reach = reach_of(who);
        uint32_t count = 0;
        for (uint64_t nonce = 0; nonce < NONCES; nonce++) {
            bool here = sizes[who][nonce] > 0;
            expect(!here || nonce >= nonces[who], "one that the chain has passed");
            count += here ? 1 : 0;
            sum.bytes += sizes[who][nonce];
            sum.gapped += here && nonce >= reach ? 1 : 0;
            sum.gapped_bytes += nonce >= reach ? sizes[who][nonce] : 0;
        }
        expect(count <= limits.account_count_max, "an account has too many");
        sum.count += count;
    }
    return sum;
}

static void check_pool(void)
{
    read_pool();
    struct mempool_usage usage;
    const struct mempool_usage model = count_all();
    mempool_read_usage(pool, &usage);
    expect(usage.count == model.count && usage.bytes == model.bytes, "another usage");
    expect(usage.gapped == model.gapped && usage.gapped_bytes == model.gapped_bytes,
           "others are gapped");
    expect(usage.count <= limits.count_max && usage.bytes <= limits.bytes_max, "too many");
    expect(usage.gapped <= limits.count_max / MEMPOOL_GAPPED_PART &&
               usage.gapped_bytes <= limits.bytes_max / MEMPOOL_GAPPED_PART,
           "too many are gapped");
    expect(mempool_ready(pool) == (model.count > model.gapped), "ready, or not");
    for (unsigned who = 0; who < ACCOUNTS; who++) {
        expect(mempool_next_nonce(pool, &chain.addresses[who], nonces[who]) == reach_of(who),
               "another next nonce");
    }
}

/* A random transaction that decodes, for mempool_decided(); nobody checks its signature. */
static void write_random(struct buffer *envelope, struct mempool_offer *one, unsigned who,
                         uint64_t nonce)
{
    const struct transaction tx = {.chain_id = chain.chain_id,
                                   .sender = keys[who],
                                   .nonce = nonce,
                                   .gas_limit = 1000,
                                   .gas_price = 1 + random_below(8),
                                   .expires_at = height + random_below(12),
                                   .program = {content, 1 + random_below(300)}};
    transaction_write_envelope(envelope, &tx, (struct bytes){NULL, 0});
    *one = (struct mempool_offer){.sender = chain.addresses[who],
                                  .nonce = nonce,
                                  .gas_limit = tx.gas_limit,
                                  .gas_price = tx.gas_price,
                                  .expires_at = tx.expires_at,
                                  .envelope = buffer_bytes(envelope)};
    for (size_t i = 2; i < sizeof(one->id); i++) {
        one->id.bytes[i] = (uint8_t)check_random(&seed);
    }
    one->id.bytes[0] = (uint8_t)who;
    one->id.bytes[1] = (uint8_t)nonce;
}

/* Executable ones that were there still are, but for the one whose nonce was offered. */
static void expect_kept(struct hash before[ACCOUNTS][NONCES], const uint64_t reach[ACCOUNTS],
                        unsigned who, uint64_t nonce)
{
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        for (uint64_t j = nonces[i]; j < reach[i]; j++) {
            expect((i == who && j == nonce) || hash_equal(&before[i][j], &ids[i][j]),
                   "an executable one had to go");
        }
    }
}

static void expect_admitted(enum mempool_status status, unsigned who, uint64_t size)
{
    const struct mempool_usage usage = count_all();
    enum mempool_status expected = MEMPOOL_OK;
    if (reach_of(who) - nonces[who] >= limits.account_count_max) {
        expected = MEMPOOL_ACCOUNT_LIMIT;
    } else if (usage.count - usage.gapped >= limits.count_max ||
               usage.bytes - usage.gapped_bytes + size > limits.bytes_max) {
        expected = MEMPOOL_FULL;
    }
    expect(status == expected, "an executable one is not taken, or is");
}

static void offer_random(void)
{
    struct hash before[ACCOUNTS][NONCES];
    uint64_t reach[ACCOUNTS];
    struct buffer envelope = {0};
    struct mempool_offer one;
    const unsigned who = (unsigned)random_below(ACCOUNTS);
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        reach[i] = reach_of(i);
    }
    uint64_t nonce = random_below(3) == 0 ? reach[who] : state_nonces[who] + random_below(14);
    nonce = nonce < NONCES ? nonce : NONCES - 1;
    write_random(&envelope, &one, who, nonce);
    enum mempool_status status = mempool_add(pool, &one, state_nonces[who], height);
    if (nonce == reach[who] && sizes[who][nonce] == 0) {
        expect_admitted(status, who, one.envelope.size);
    }
    memcpy(before, ids, sizeof(before));
    read_pool();
    if (status == MEMPOOL_OK) {
        expect(hash_equal(&ids[who][nonce], &one.id), "it is not there");
        expect_kept(before, reach, who, nonce);
    } else {
        expect(memcmp(before, ids, sizeof(before)) == 0, "a refused one changed the pool");
    }
    buffer_close(&envelope);
}

static uint64_t next_nonce(void *context, const struct address *sender)
{
    (void)context;
    for (unsigned who = 0; who < ACCOUNTS; who++) {
        if (address_equal(sender, &chain.addresses[who])) {
            return state_nonces[who];
        }
    }
    ck_abort_msg("an account that nobody named");
}

/* A body of what the pool proposes or, from a leader that lies, with one of any nonce. */
static void write_body(struct buffer *body)
{
    struct hash root;
    const uint32_t count = mempool_build(pool, height, body, &root);
    check_pool();
    size_t built;
    const struct hash *taken = mempool_built(pool, &built);
    expect(built == count, "another number is built");
    for (size_t i = 0; i < built; i++) {
        expect(taken[i].bytes[1] < reach_of(taken[i].bytes[0]), "a gapped one is proposed");
    }
    if (random_below(4) == 0) {
        struct buffer envelope = {0};
        struct mempool_offer one;
        const unsigned who = (unsigned)random_below(ACCOUNTS);
        const uint64_t nonce = state_nonces[who] + random_below(10);
        write_random(&envelope, &one, who, nonce < NONCES ? nonce : NONCES - 1);
        ledger_append_envelope(body, buffer_bytes(&envelope));
        buffer_close(&envelope);
    }
}

static void follow_body(struct bytes body)
{
    size_t offset = 0;
    struct bytes envelope;
    bool malformed;
    while (ledger_next_envelope(body, &offset, &envelope, &malformed)) {
        struct transaction tx;
        struct bytes sidecar;
        struct address sender;
        expect(transaction_decode(&tx, &sidecar, envelope, NULL, 0) == TRANSACTION_OK,
               "it decodes");
        address_of(&sender, &tx.sender);
        for (unsigned who = 0; who < ACCOUNTS; who++) {
            if (address_equal(&sender, &chain.addresses[who]) && tx.nonce >= nonces[who]) {
                nonces[who] = tx.nonce + 1;
            }
        }
    }
}

/* Some of what a block holds could not pay, and took no nonce. */
static void decide_block(void)
{
    struct buffer body = {0};
    write_body(&body);
    mempool_decided(pool, height, buffer_bytes(&body));
    follow_body(buffer_bytes(&body));
    check_pool();
    for (uint64_t i = random_below(10); i > 0; i--) {
        offer_random();
        check_pool();
    }
    for (unsigned who = 0; who < ACCOUNTS; who++) {
        uint64_t taken = nonces[who] - state_nonces[who];
        state_nonces[who] += random_below(2) == 0 ? taken : random_below(taken + 1);
        nonces[who] = state_nonces[who];
    }
    mempool_committed(pool, height, next_nonce, NULL);
    height++;
    buffer_close(&body);
}

static void run_model(void)
{
    limits.count_max = 8 + (uint32_t)random_below(20);
    limits.bytes_max = 1200 + random_below(8000);
    limits.account_count_max = 2 + (uint32_t)random_below(10);
    limits.body_bytes_max = 800;
    limits.body_count_max = 1 + (uint32_t)random_below(8);
    pool = mempool_new(&limits);
    height = 1;
    memset(nonces, 0, sizeof(nonces));
    memset(state_nonces, 0, sizeof(state_nonces));
    read_pool();
    for (int step = 0; step < 200; step++) {
        if (random_below(8) == 0) {
            decide_block();
        } else {
            offer_random();
        }
        check_pool();
    }
    mempool_free(pool);
}

/* Class 31 of docs/testing.md: Tendermint issue 1798, CometBFT issue 1058. */
START_TEST(counts_are_those_of_a_model)
{
    mempool_free(pool);
    chain_init(&chain, ACCOUNTS);
    for (unsigned who = 0; who < ACCOUNTS; who++) {
        public_key_of(&keys[who], &chain.users[who]);
    }
    for (uint64_t run = 0; run < 300; run++) {
        seed = run;
        run_model();
    }
    chain_close(&chain);
    pool = mempool_new(&limits);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("mempool_gaps");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, gapped_ones_take_half_of_the_pool);
    tcase_add_test(tests, executable_ones_take_the_place_of_gapped_ones);
    tcase_add_test(tests, executable_ones_take_the_bytes_of_gapped_ones);
    tcase_add_test(tests, the_missing_one_enters_a_full_account);
    tcase_add_test(tests, the_missing_one_enters_a_full_pool);
    tcase_add_test(tests, a_lower_nonce_takes_the_place_of_the_highest);
    tcase_add_test(tests, a_flood_displaces_itself);
    tcase_add_test(tests, what_loses_its_predecessor_is_trimmed);
    tcase_add_test(tests, a_replaced_one_keeps_its_followers_executable);
    tcase_add_test(tests, what_fits_no_block_any_more_is_dropped);
    tcase_add_test(tests, peers_are_given_the_executable_ones_first);
    tcase_add_test(tests, counts_are_those_of_a_model);
    return check_run("mempool_gaps", tests);
}
