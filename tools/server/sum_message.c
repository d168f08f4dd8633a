#include "tools/server/sum_message.h"

#include <stdio.h>

#include "base/schema.h"
#include "crypto/field.h"
#include "vm/transaction.h"

static const struct field sum_message_fields[] = {
    SCHEMA_ARRAY(struct sum_message, public_key, FORM_HEX),
    SCHEMA_ARRAY(struct sum_message, signature, FORM_HEX),
    SCHEMA_BYTES(struct sum_message, sum, TRANSACTION_SIDECAR_MAX),
};
const struct schema sum_message_schema =
    SCHEMA("sum message", struct sum_message, sum_message_fields);

static void signing_hash(struct hash *out, const struct hash *context, unsigned j, struct bytes sum)
{
    struct sha256 sha;
    sha256_init_tagged(&sha, "souk/sum/v1");
    sha256_add(&sha, BYTES_OF(context->bytes));
    sha256_add_u8(&sha, (uint8_t)j);
    sha256_add(&sha, sum);
    sha256_finish(&sha, out);
}

void sum_message_write(struct buffer *out, const struct hash *context, unsigned j, struct bytes sum,
                       const struct secret_key *key, const uint8_t random32[32])
{
    struct sum_message message = {.sum = sum};
    struct hash hash;
    signing_hash(&hash, context, j, sum);
    public_key_of(&message.public_key, key);
    signature_make(&message.signature, key, &hash, random32);
    schema_write(out, &sum_message_schema, &message);
}

bool sum_message_read(struct sum_message *out, struct bytes input,
                      const struct sum_message_expected *expected, char *error, size_t error_size)
{
    struct address address;
    struct hash hash;
    if (!schema_decode(&sum_message_schema, out, input, error, error_size)) {
        return false;
    }
    if (out->sum.size != expected->size) {
        (void)snprintf(error, error_size, "the sum has %zu bytes, %zu are expected", out->sum.size,
                       expected->size);
        return false;
    }
    for (size_t i = 0; i < out->sum.size / FIELD_SIZE; i++) {
        uint64_t element = 0;
        if (!field_read(&element, out->sum.data + i * FIELD_SIZE)) {
            (void)snprintf(error, error_size, "element %zu is not below the field's prime", i);
            return false;
        }
    }
    address_of(&address, &out->public_key);
    signing_hash(&hash, expected->context, expected->server, out->sum);
    if (!address_equal(&address, expected->sender) ||
        !signature_check(&out->signature, &out->public_key, &hash)) {
        (void)snprintf(error, error_size, "the sum is not signed by server %u of the model",
                       expected->server);
        return false;
    }
    return true;
}
