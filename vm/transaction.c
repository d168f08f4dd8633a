#include "vm/transaction.h"

#include <stdio.h>
#include <string.h>

/* The signature is last, so a body is what the others encode. */
static const struct field transaction_fields[] = {
    SCHEMA_ARRAY(struct transaction, chain_id, FORM_HEX),
    SCHEMA_ARRAY(struct transaction, sender, FORM_HEX),
    SCHEMA_U64(struct transaction, nonce),
    SCHEMA_U64(struct transaction, gas_limit),
    SCHEMA_U64(struct transaction, gas_price),
    SCHEMA_U64(struct transaction, expires_at),
    SCHEMA_ARRAY(struct transaction, sidecar_root, FORM_HEX),
    SCHEMA_U32(struct transaction, sidecar_size),
    SCHEMA_BYTES(struct transaction, program, TRANSACTION_PROGRAM_MAX),
    SCHEMA_ARRAY(struct transaction, signature, FORM_HEX),
};
const struct schema transaction_schema =
    SCHEMA("transaction", struct transaction, transaction_fields);

static const struct field envelope_fields[] = {
    SCHEMA_BYTES(struct envelope, transaction, TRANSACTION_SIZE_MAX),
    SCHEMA_BYTES(struct envelope, sidecar, TRANSACTION_INLINE_MAX),
};
const struct schema envelope_schema = SCHEMA("envelope", struct envelope, envelope_fields);

const char *transaction_status_text(enum transaction_status status)
{
#define TRANSACTION_STATUS_CASE(name, text)                                                        \
    case name:                                                                                     \
        return text;
    switch (status) {
        TRANSACTION_STATUS_LIST(TRANSACTION_STATUS_CASE)
    }
#undef TRANSACTION_STATUS_CASE
    return "unknown status";
}

bool transaction_has_blob(const struct transaction *transaction)
{
    return transaction->sidecar_size > TRANSACTION_INLINE_MAX;
}

/* Fields before sidecar_root have a fixed size. */
#define SIDECAR_ROOT_OFFSET (sizeof(struct hash) + sizeof(struct public_key) + 4 * sizeof(uint64_t))

bool transaction_peek_blob(struct bytes envelope, struct hash *root, uint32_t *size)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, envelope);
    struct bytes body = bcs_read_bytes(&reader, TRANSACTION_SIZE_MAX);
    if (reader.status != BCS_OK ||
        body.size < SIDECAR_ROOT_OFFSET + sizeof(*root) + sizeof(*size)) {
        return false;
    }
    bcs_reader_init(&reader, body);
    reader.offset = SIDECAR_ROOT_OFFSET;
    bcs_read_array(&reader, root->bytes, sizeof(root->bytes));
    *size = bcs_read_u32(&reader);
    return reader.status == BCS_OK && *size > TRANSACTION_INLINE_MAX;
}

static bool check_sidecar_fields(const struct transaction *transaction, struct bytes sidecar,
                                 char *error, size_t error_size)
{
    if (transaction->sidecar_size > TRANSACTION_SIDECAR_MAX) {
        (void)snprintf(error, error_size, "transaction: sidecar_size is %u, at most %u is allowed",
                       (unsigned)transaction->sidecar_size, (unsigned)TRANSACTION_SIDECAR_MAX);
        return false;
    }
    bool root_is_zero = hash_is_zero(&transaction->sidecar_root);
    if ((transaction->sidecar_size == 0) != root_is_zero) {
        (void)snprintf(error, error_size,
                       "transaction: sidecar_root is %szero with sidecar_size %u, it must be zero "
                       "exactly where the size is",
                       root_is_zero ? "" : "not ", (unsigned)transaction->sidecar_size);
        return false;
    }
    if (transaction_has_blob(transaction) && sidecar.size > 0) {
        (void)snprintf(error, error_size,
                       "envelope: sidecar has %zu bytes, none are expected with sidecar_size %u: "
                       "above %d it is a blob",
                       sidecar.size, (unsigned)transaction->sidecar_size, TRANSACTION_INLINE_MAX);
        return false;
    }
    return true;
}

enum transaction_status transaction_decode(struct transaction *out, struct bytes *sidecar,
                                           struct bytes input, char *error, size_t error_size)
{
    struct envelope envelope;
    *out = (struct transaction){0};
    *sidecar = (struct bytes){0};
    if (!schema_decode(&envelope_schema, &envelope, input, error, error_size) ||
        !schema_decode(&transaction_schema, out, envelope.transaction, error, error_size)) {
        return TRANSACTION_MALFORMED;
    }
    if (!check_sidecar_fields(out, envelope.sidecar, error, error_size)) {
        *out = (struct transaction){0};
        return TRANSACTION_MALFORMED;
    }
    *sidecar = envelope.sidecar;
    return TRANSACTION_OK;
}

#define TRANSACTION_USUAL 384 /* bytes, of most encodings: room for them is made at once */

static void write_body(struct buffer *out, const struct transaction *transaction)
{
    buffer_reserve(out, TRANSACTION_USUAL);
    schema_write(out, &transaction_schema, transaction);
    out->size -= sizeof(transaction->signature);
}

static void hash_body(struct hash *out, const struct transaction *transaction)
{
    struct buffer body = {0};
    write_body(&body, transaction);
    hash_tagged(out, "souk/transaction/v1", buffer_bytes(&body));
    buffer_close(&body);
}

static void sidecar_root(struct hash *out, struct bytes sidecar)
{
    *out = (struct hash){0};
    if (sidecar.size > 0) {
        merkle_blob_root(out, sidecar);
    }
}

enum transaction_status transaction_check(const struct transaction *transaction,
                                          struct bytes sidecar, const struct hash *chain_id)
{
    if (!hash_equal(&transaction->chain_id, chain_id)) {
        return TRANSACTION_WRONG_CHAIN;
    }
    /* The signature first: nobody's megabyte is hashed before somebody has signed for it. */
    struct hash message;
    hash_body(&message, transaction);
    if (!signature_check(&transaction->signature, &transaction->sender, &message)) {
        return TRANSACTION_BAD_SIGNATURE;
    }
    if (transaction_has_blob(transaction)) {
        return sidecar.size == 0 ? TRANSACTION_OK : TRANSACTION_BAD_SIDECAR;
    }
    if (sidecar.size != transaction->sidecar_size) {
        return TRANSACTION_BAD_SIDECAR;
    }
    struct hash root;
    sidecar_root(&root, sidecar);
    return hash_equal(&root, &transaction->sidecar_root) ? TRANSACTION_OK : TRANSACTION_BAD_SIDECAR;
}

void transaction_sign(struct transaction *transaction, struct bytes sidecar,
                      const struct secret_key *key, const uint8_t random32[32])
{
    assert(sidecar.size <= TRANSACTION_SIDECAR_MAX);
    transaction->sidecar_size = (uint32_t)sidecar.size;
    sidecar_root(&transaction->sidecar_root, sidecar);
    transaction_sign_named(transaction, key, random32);
}

void transaction_sign_named(struct transaction *transaction, const struct secret_key *key,
                            const uint8_t random32[32])
{
    struct hash message;
    struct signing_key ready;
    signing_key_init(&ready, key);
    transaction->sender = ready.public_key;
    hash_body(&message, transaction);
    signing_key_sign(&transaction->signature, &ready, &message, random32);
    signing_key_close(&ready);
}

void transaction_id(struct hash *out, const struct transaction *transaction)
{
    struct buffer whole = {0};
    buffer_reserve(&whole, TRANSACTION_USUAL);
    schema_write(&whole, &transaction_schema, transaction);
    hash_tagged(out, "souk/transaction-id/v1", buffer_bytes(&whole));
    buffer_close(&whole);
}

void transaction_write_envelope(struct buffer *out, const struct transaction *transaction,
                                struct bytes sidecar)
{
    struct buffer whole = {0};
    schema_write(&whole, &transaction_schema, transaction);
    struct envelope envelope = {.transaction = buffer_bytes(&whole)};
    if (!transaction_has_blob(transaction)) {
        envelope.sidecar = sidecar;
    }
    schema_write(out, &envelope_schema, &envelope);
    buffer_close(&whole);
}
