#include "crypto/conflict.h"

#include <stdio.h>
#include <string.h>

static const struct field conflict_fields[] = {
    SCHEMA_U8(struct conflict, type),
    SCHEMA_U64(struct conflict, height),
    SCHEMA_U32(struct conflict, round),
    SCHEMA_ARRAY(struct conflict, first, FORM_HEX),
    SCHEMA_ARRAY(struct conflict, first_signature, FORM_HEX),
    SCHEMA_ARRAY(struct conflict, second, FORM_HEX),
    SCHEMA_ARRAY(struct conflict, second_signature, FORM_HEX),
};
const struct schema conflict_schema = SCHEMA("conflict", struct conflict, conflict_fields);

void vote_digest(struct hash *out, const struct hash *chain_id, uint8_t type, uint64_t height,
                 uint32_t round, const struct hash *digest)
{
    struct sha256 sha;
    sha256_init_tagged(&sha, "souk/vote/v1");
    sha256_add(&sha, BYTES_OF(chain_id->bytes));
    sha256_add_u8(&sha, type);
    sha256_add_u64(&sha, height);
    sha256_add_u32(&sha, round);
    sha256_add(&sha, BYTES_OF(digest->bytes));
    sha256_finish(&sha, out);
}

static bool signs(const struct conflict *conflict, const struct hash *chain_id,
                  const struct public_key *key, const struct hash *digest,
                  const struct signature *signature)
{
    struct hash message;
    vote_digest(&message, chain_id, conflict->type, conflict->height, conflict->round, digest);
    return signature_check(signature, key, &message);
}

static const char *fault(const struct conflict *conflict, const struct hash *chain_id,
                         const struct public_key *key)
{
    if (conflict->type >= CONFLICT_TYPE_COUNT) {
        return "type: two messages of this kind may differ";
    }
    if (conflict->height == 0) {
        return "height: 0, expected at least 1";
    }
    if (memcmp(&conflict->first, &conflict->second, sizeof(conflict->first)) >= 0) {
        return "second: not above the first digest";
    }
    if (!signs(conflict, chain_id, key, &conflict->first, &conflict->first_signature)) {
        return "first_signature: not the validator's";
    }
    if (!signs(conflict, chain_id, key, &conflict->second, &conflict->second_signature)) {
        return "second_signature: not the validator's";
    }
    return NULL;
}

bool conflict_verify(const struct conflict *conflict, const struct hash *chain_id,
                     const struct public_key *key, char *error, size_t error_size)
{
    const char *found = fault(conflict, chain_id, key);
    if (found != NULL && error_size > 0) {
        (void)snprintf(error, error_size, "%s", found);
    }
    return found == NULL;
}
