#include "vm/transaction.h"

#include <string.h>

#include "tests/lib/check_run.h"

static const uint8_t no_random[32];

static struct secret_key make_key(uint8_t seed)
{
    uint8_t bytes[32];
    struct secret_key key;
    memset(bytes, seed, sizeof(bytes));
    ck_assert(secret_key_init(&key, bytes));
    return key;
}

static struct transaction make(struct bytes sidecar)
{
    static const uint8_t program[] = {1, 0, 0, 0, 0, 1, 0};
    struct transaction transaction = {.nonce = 3,
                                      .gas_limit = 1000,
                                      .gas_price = 2,
                                      .expires_at = 99,
                                      .program = {program, sizeof(program)}};
    memset(transaction.chain_id.bytes, 0xcc, sizeof(transaction.chain_id.bytes));
    struct secret_key key = make_key(5);
    transaction_sign(&transaction, sidecar, &key, no_random);
    return transaction;
}

static enum transaction_status decode(const struct buffer *input, struct transaction *out,
                                      struct bytes *sidecar, char *error)
{
    return transaction_decode(out, sidecar, buffer_bytes(input), error, 200);
}

START_TEST(comes_back_from_its_envelope)
{
    static const uint8_t sidecar[5000] = {1, 2, 3};
    struct bytes sidecars[] = {{NULL, 0}, {sidecar, sizeof(sidecar)}};
    for (size_t i = 0; i < 2; i++) {
        struct transaction transaction = make(sidecars[i]);
        ck_assert(hash_is_zero(&transaction.sidecar_root) == (i == 0));
        struct buffer envelope = {0};
        transaction_write_envelope(&envelope, &transaction, sidecars[i]);
        struct transaction again;
        struct bytes carried;
        char error[200];
        ck_assert_int_eq(decode(&envelope, &again, &carried, error), TRANSACTION_OK);
        ck_assert(bytes_equal(carried, sidecars[i]));
        ck_assert_int_eq(transaction_check(&again, carried, &transaction.chain_id), TRANSACTION_OK);
        struct hash id;
        struct hash id_again;
        transaction_id(&id, &transaction);
        transaction_id(&id_again, &again);
        ck_assert(hash_equal(&id, &id_again));
        buffer_close(&envelope);
    }
}
END_TEST

START_TEST(hashes_body_and_whole_under_their_tags)
{
    struct transaction transaction = make((struct bytes){0});
    struct buffer whole = {0};
    schema_write(&whole, &transaction_schema, &transaction);
    struct hash id;
    struct hash want;
    transaction_id(&id, &transaction);
    hash_tagged(&want, "souk/transaction-id/v1", buffer_bytes(&whole));
    ck_assert(hash_equal(&id, &want));
    hash_tagged(&want, "souk/transaction/v1", (struct bytes){whole.data, whole.size - 64});
    ck_assert(signature_check(&transaction.signature, &transaction.sender, &want));
    buffer_close(&whole);
}
END_TEST

START_TEST(refuses_another_chain)
{
    struct transaction transaction = make((struct bytes){0});
    struct hash other = {{1}};
    ck_assert_int_eq(transaction_check(&transaction, (struct bytes){0}, &other),
                     TRANSACTION_WRONG_CHAIN);
}
END_TEST

START_TEST(refuses_a_change_of_any_bit)
{
    struct transaction transaction = make((struct bytes){0});
    struct buffer whole = {0};
    schema_write(&whole, &transaction_schema, &transaction);
    for (size_t bit = 0; bit < 8 * whole.size; bit += 3) {
        whole.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct transaction changed;
        if (schema_decode(&transaction_schema, &changed, buffer_bytes(&whole), NULL, 0)) {
            ck_assert_int_ne(transaction_check(&changed, (struct bytes){0}, &transaction.chain_id),
                             TRANSACTION_OK);
        }
        whole.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    buffer_close(&whole);
}
END_TEST

START_TEST(refuses_another_sidecar)
{
    static const uint8_t sidecar[] = {1, 2, 3};
    static const uint8_t changed[] = {1, 2, 4};
    struct transaction with = make((struct bytes){sidecar, 3});
    struct transaction without = make((struct bytes){0});
    const struct hash *chain = &with.chain_id;
    struct bytes empty = {0};
    struct bytes other = {changed, 3};
    struct bytes shorter = {sidecar, 2};
    ck_assert_int_eq(transaction_check(&with, other, chain), TRANSACTION_BAD_SIDECAR);
    ck_assert_int_eq(transaction_check(&with, shorter, chain), TRANSACTION_BAD_SIDECAR);
    ck_assert_int_eq(transaction_check(&with, empty, chain), TRANSACTION_BAD_SIDECAR);
    ck_assert_int_eq(transaction_check(&without, other, chain), TRANSACTION_BAD_SIDECAR);
}
END_TEST

static void check_malformed(const struct transaction *transaction, const char *want)
{
    struct buffer envelope = {0};
    transaction_write_envelope(&envelope, transaction, (struct bytes){0});
    struct transaction out;
    struct bytes sidecar;
    char error[200];
    ck_assert_int_eq(decode(&envelope, &out, &sidecar, error), TRANSACTION_MALFORMED);
    ck_assert_str_eq(error, want);
    ck_assert_uint_eq(out.nonce, 0);
    ck_assert_int_eq(transaction_decode(&out, &sidecar, buffer_bytes(&envelope), NULL, 0),
                     TRANSACTION_MALFORMED);
    buffer_close(&envelope);
}

START_TEST(refuses_sidecar_fields_that_disagree)
{
    struct transaction transaction = make((struct bytes){0});
    transaction.sidecar_size = 1;
    check_malformed(&transaction, "transaction: sidecar_root is zero with sidecar_size 1, it must "
                                  "be zero exactly where the size is");
    transaction.sidecar_size = 0;
    transaction.sidecar_root.bytes[9] = 1;
    check_malformed(&transaction, "transaction: sidecar_root is not zero with sidecar_size 0, it "
                                  "must be zero exactly where the size is");
    transaction.sidecar_size = TRANSACTION_SIDECAR_MAX + 1;
    check_malformed(&transaction,
                    "transaction: sidecar_size is 134217729, at most 134217728 is allowed");
}
END_TEST

/* One byte above the bound the sidecar is a blob: the envelope has none of it, and may have none. */
START_TEST(a_large_sidecar_stays_outside)
{
    static uint8_t bytes[TRANSACTION_INLINE_MAX + 1];
    struct hash root;
    uint32_t size = 0;
    for (unsigned large = 0; large < 2; large++) {
        struct bytes sidecar = {bytes, TRANSACTION_INLINE_MAX + large};
        struct transaction transaction = make(sidecar);
        struct buffer envelope = {0};
        struct transaction out;
        struct bytes got;
        char error[200];
        transaction_write_envelope(&envelope, &transaction, sidecar);
        ck_assert_int_eq(decode(&envelope, &out, &got, error), TRANSACTION_OK);
        ck_assert_uint_eq(got.size, large == 1 ? 0 : sidecar.size);
        ck_assert(transaction_has_blob(&out) == (large == 1));
        ck_assert_int_eq(transaction_check(&out, got, &out.chain_id), TRANSACTION_OK);
        ck_assert(transaction_peek_blob(buffer_bytes(&envelope), &root, &size) == (large == 1));
        buffer_close(&envelope);
    }
    ck_assert_uint_eq(size, TRANSACTION_INLINE_MAX + 1);
    struct transaction transaction = make((struct bytes){bytes, sizeof(bytes)});
    ck_assert(hash_equal(&root, &transaction.sidecar_root));
    struct bytes one = {bytes, 1};
    ck_assert_int_eq(transaction_check(&transaction, one, &transaction.chain_id),
                     TRANSACTION_BAD_SIDECAR);
    struct buffer whole = {0};
    struct buffer envelope = {0};
    schema_write(&whole, &transaction_schema, &transaction);
    const struct envelope content = {buffer_bytes(&whole), one};
    schema_write(&envelope, &envelope_schema, &content);
    struct transaction out;
    struct bytes got;
    char error[200];
    ck_assert_int_eq(decode(&envelope, &out, &got, error), TRANSACTION_MALFORMED);
    ck_assert_str_eq(error, "envelope: sidecar has 1 bytes, none are expected with sidecar_size "
                            "65537: above 65536 it is a blob");
    ck_assert(!transaction_peek_blob(one, &root, &size));
    buffer_close(&whole);
    buffer_close(&envelope);
}
END_TEST

START_TEST(refuses_bytes_that_are_no_envelope)
{
    struct transaction transaction = make((struct bytes){0});
    struct buffer envelope = {0};
    transaction_write_envelope(&envelope, &transaction, (struct bytes){0});
    struct transaction out;
    struct bytes sidecar;
    char error[200];
    for (size_t size = 0; size < envelope.size; size++) {
        ck_assert_int_eq(transaction_decode(&out, &sidecar, (struct bytes){envelope.data, size},
                                            error, sizeof(error)),
                         TRANSACTION_MALFORMED);
        ck_assert_str_ne(error, "");
    }
    bcs_write_u8(&envelope, 0);
    ck_assert_int_eq(decode(&envelope, &out, &sidecar, error), TRANSACTION_MALFORMED);
    ck_assert_ptr_nonnull(strstr(error, "bytes follow the value"));
    buffer_close(&envelope);
}
END_TEST

START_TEST(has_a_text_for_every_status)
{
    ck_assert_str_eq(transaction_status_text(TRANSACTION_OK), "ok");
    ck_assert_str_eq(transaction_status_text(TRANSACTION_WRONG_CHAIN),
                     "the transaction is for another chain");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("transaction");
    tcase_add_test(tests, comes_back_from_its_envelope);
    tcase_add_test(tests, hashes_body_and_whole_under_their_tags);
    tcase_add_test(tests, refuses_another_chain);
    tcase_add_test(tests, refuses_a_change_of_any_bit);
    tcase_add_test(tests, refuses_another_sidecar);
    tcase_add_test(tests, refuses_sidecar_fields_that_disagree);
    tcase_add_test(tests, a_large_sidecar_stays_outside);
    tcase_add_test(tests, refuses_bytes_that_are_no_envelope);
    tcase_add_test(tests, has_a_text_for_every_status);
    return check_run("transaction", tests);
}
