#include "tests/lib/check_run.h"
#include "tests/lib/market_fixture.h"

#include <string.h>

static struct market_fixture chain;
static struct parameters parameters;
static struct ledger_body_rules rules;
static char error[200];
static struct hash root;

static void start(void)
{
    market_fixture_init(&chain);
    parameters = chain.genesis->parameters;
    rules = (struct ledger_body_rules){.parameters = &parameters, .chain_id = &chain.chain_id};
    const struct transfer_operand operand = {*fixture_address(&chain, FIXTURE_OWNER_1), 5};
    static const uint8_t file[] = "a file that is named by the transaction";
    fixture_send(&chain, FIXTURE_STRANGER, NATIVE_TRANSFER, &operand, BYTES_OF(file));
    fixture_send(&chain, FIXTURE_STRANGER, NATIVE_TRANSFER, &operand, (struct bytes){0});
}

static void stop(void)
{
    market_fixture_close(&chain);
}

static bool check(void)
{
    return ledger_check_body(buffer_bytes(&chain.body), &rules, &root, error, sizeof(error));
}

static void expect_refused(const char *reason)
{
    ck_assert(!check());
    ck_assert_msg(strstr(error, reason) != NULL, "%s", error);
    ck_assert(hash_is_zero(&root));
}

START_TEST(accepts_a_body_and_gives_the_root_over_its_ids)
{
    ck_assert_msg(check(), "%s", error);
    ck_assert(!hash_is_zero(&root));
    struct hash leaves[2];
    struct hash expected;
    struct bytes envelope;
    size_t offset = 0;
    bool malformed;
    for (size_t i = 0; i < 2; i++) {
        struct transaction transaction;
        struct bytes sidecar;
        struct hash id;
        ck_assert(ledger_next_envelope(buffer_bytes(&chain.body), &offset, &envelope, &malformed));
        ck_assert_int_eq(transaction_decode(&transaction, &sidecar, envelope, NULL, 0),
                         TRANSACTION_OK);
        transaction_id(&id, &transaction);
        merkle_leaf(&leaves[i], BYTES_OF(id));
    }
    merkle_root(&expected, leaves, 2);
    ck_assert(hash_equal(&expected, &root));
    ck_assert(!ledger_next_envelope(buffer_bytes(&chain.body), &offset, &envelope, &malformed));
    ck_assert(!malformed);
}
END_TEST

START_TEST(accepts_an_empty_body)
{
    buffer_clear(&chain.body);
    ck_assert(check());
}
END_TEST

START_TEST(refuses_a_body_whose_gas_limits_sum_to_more_than_a_block_may_use)
{
    parameters.gas_limit_max = 2 * chain.gas_limit;
    ck_assert_msg(check(), "%s", error);
    parameters.gas_limit_max--;
    expect_refused("transaction 1 of the body: the gas limits of the body sum to more");
}
END_TEST

/* An envelope that names a blob of this size; its signature is taken as known. */
static void append_blob(struct buffer *body, uint64_t nonce, uint32_t size)
{
    struct buffer envelope = {0};
    const struct transaction transaction = {.chain_id = chain.chain_id,
                                            .nonce = nonce,
                                            .gas_limit = 1,
                                            .sidecar_root = {{1}},
                                            .sidecar_size = size};
    transaction_write_envelope(&envelope, &transaction, (struct bytes){0});
    ledger_append_envelope(body, buffer_bytes(&envelope));
    buffer_close(&envelope);
}

static bool always(void *context, const struct hash *id);

START_TEST(refuses_a_body_whose_blobs_sum_to_more_than_one_may_have)
{
    unsigned asked = 0;
    size_t offset = 0;
    struct hash blob;
    uint32_t size;
    rules.verified = always;
    rules.context = &asked;
    buffer_clear(&chain.body);
    append_blob(&chain.body, 1, LEDGER_BLOB_BYTES_MAX - TRANSACTION_INLINE_MAX - 1);
    append_blob(&chain.body, 2, TRANSACTION_INLINE_MAX + 1);
    ck_assert_msg(check(), "%s", error);
    ck_assert(ledger_next_blob(buffer_bytes(&chain.body), &offset, &blob, &size));
    ck_assert(ledger_next_blob(buffer_bytes(&chain.body), &offset, &blob, &size));
    ck_assert_uint_eq(size, TRANSACTION_INLINE_MAX + 1);
    ck_assert(!ledger_next_blob(buffer_bytes(&chain.body), &offset, &blob, &size));
    append_blob(&chain.body, 3, TRANSACTION_INLINE_MAX + 1);
    expect_refused("transaction 2 of the body: the blobs of the body are larger");
}
END_TEST

START_TEST(refuses_a_body_that_ends_early)
{
    chain.body.size--;
    expect_refused("transaction 1 of the body: its length");
}
END_TEST

START_TEST(refuses_a_wrong_signature)
{
    chain.body.data[chain.body.size - 2] ^= 1; /* before the empty sidecar's length */
    expect_refused("transaction 1 of the body: the signature");
}
END_TEST

START_TEST(refuses_another_chain)
{
    struct hash other = chain.chain_id;
    other.bytes[0] ^= 1;
    rules.chain_id = &other;
    expect_refused("another chain");
}
END_TEST

START_TEST(refuses_a_transaction_twice)
{
    struct buffer twice = {0};
    struct bytes envelope;
    size_t offset = 0;
    bool malformed;
    ck_assert(ledger_next_envelope(buffer_bytes(&chain.body), &offset, &envelope, &malformed));
    ledger_append_envelope(&twice, envelope);
    ledger_append_envelope(&twice, envelope);
    buffer_close(&chain.body);
    chain.body = twice;
    expect_refused("occurs twice");
}
END_TEST

static bool always(void *context, const struct hash *id)
{
    (*(unsigned *)context)++;
    return !hash_is_zero(id);
}

START_TEST(checks_the_sidecar_also_where_the_signature_is_known)
{
    unsigned asked = 0;
    rules.verified = always;
    rules.context = &asked;
    ck_assert(check());
    ck_assert_uint_eq(asked, 2);
    for (size_t i = 0; i < chain.body.size; i++) {
        if (memcmp(chain.body.data + i, "a file that", 11) == 0) {
            chain.body.data[i] ^= 1;
            break;
        }
    }
    expect_refused("transaction 0 of the body: the sidecar");
}
END_TEST

struct memory {
    struct hash ids[4];
    size_t count;
};

static bool remembered(void *context, const struct hash *id)
{
    const struct memory *memory = context;
    for (size_t i = 0; i < memory->count; i++) {
        if (hash_equal(&memory->ids[i], id)) {
            return true;
        }
    }
    return false;
}

static void remember(void *context, const struct hash *id)
{
    struct memory *memory = context;
    ck_assert_msg(!remembered(memory, id), "a known signature is checked again");
    ck_assert_uint_lt(memory->count, 4);
    memory->ids[memory->count++] = *id;
}

START_TEST(tells_which_signatures_it_checked_and_only_those_that_hold)
{
    struct memory memory = {.count = 0};
    rules.verified = remembered;
    rules.remember = remember;
    rules.context = &memory;
    ck_assert(check());
    ck_assert_uint_eq(memory.count, 2);
    ck_assert(check());
    ck_assert_uint_eq(memory.count, 2);
    memory.count = 0;
    chain.body.data[chain.body.size - 2] ^= 1; /* in the last signature */
    expect_refused("transaction 1 of the body: the signature");
    ck_assert_uint_eq(memory.count, 1);
}
END_TEST

START_TEST(refuses_more_than_the_parameters_allow)
{
    parameters.block_transactions_max = 1;
    expect_refused("block_transactions_max");
    parameters.block_transactions_max = 2;
    ck_assert(check());
    parameters.block_bytes_max = chain.body.size - 1;
    expect_refused("block_bytes_max");
}
END_TEST

START_TEST(refuses_bytes_that_are_no_envelope)
{
    buffer_clear(&chain.body);
    ledger_append_envelope(&chain.body, bytes_of_text("nothing"));
    expect_refused("transaction 0 of the body: envelope");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("bodies");
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_test(tests, accepts_a_body_and_gives_the_root_over_its_ids);
    tcase_add_test(tests, accepts_an_empty_body);
    tcase_add_test(tests, refuses_a_body_whose_gas_limits_sum_to_more_than_a_block_may_use);
    tcase_add_test(tests, refuses_a_body_whose_blobs_sum_to_more_than_one_may_have);
    tcase_add_test(tests, refuses_a_body_that_ends_early);
    tcase_add_test(tests, refuses_a_wrong_signature);
    tcase_add_test(tests, refuses_another_chain);
    tcase_add_test(tests, refuses_a_transaction_twice);
    tcase_add_test(tests, checks_the_sidecar_also_where_the_signature_is_known);
    tcase_add_test(tests, tells_which_signatures_it_checked_and_only_those_that_hold);
    tcase_add_test(tests, refuses_more_than_the_parameters_allow);
    tcase_add_test(tests, refuses_bytes_that_are_no_envelope);
    return check_run("bodies of blocks", tests);
}
