#include "consensus/vote.h"

static const char *const type_names[] = {
    "propose", "prepare", "commit", "round change", "status", "get body", "body",
};
_Static_assert(ARRAY_COUNT(type_names) == VOTE_TYPE_COUNT, "every type has a name");

static const struct field vote_fields[] = {
    SCHEMA_ENUM(struct vote, type, type_names),
    SCHEMA_U32(struct vote, sender),
    SCHEMA_U64(struct vote, height),
    SCHEMA_U32(struct vote, round),
    SCHEMA_ARRAY(struct vote, digest, FORM_HEX),
    SCHEMA_ARRAY(struct vote, signature, FORM_HEX),
};
const struct schema vote_schema = SCHEMA("vote", struct vote, vote_fields);

const char *vote_type_text(enum vote_type type)
{
    return (unsigned)type < VOTE_TYPE_COUNT ? type_names[type] : "unknown";
}

void vote_hash(struct hash *out, const struct hash *chain_id, const struct vote *vote)
{
    struct sha256 sha;
    sha256_init_tagged(&sha, "souk/vote/v1");
    sha256_add(&sha, BYTES_OF(chain_id->bytes));
    sha256_add_u8(&sha, vote->type);
    sha256_add_u64(&sha, vote->height);
    sha256_add_u32(&sha, vote->round);
    sha256_add(&sha, BYTES_OF(vote->digest.bytes));
    sha256_finish(&sha, out);
}

void vote_sign(struct vote *vote, const struct hash *chain_id, const struct secret_key *key)
{
    static const uint8_t no_randomness[32] = {0};
    struct hash message;
    vote_hash(&message, chain_id, vote);
    signature_make(&vote->signature, key, &message, no_randomness);
}

bool vote_verify(const struct vote *vote, const struct hash *chain_id,
                 const struct validators *validators)
{
    if (vote->type >= VOTE_TYPE_COUNT || vote->sender >= validators->count) {
        return false;
    }
    struct hash message;
    vote_hash(&message, chain_id, vote);
    return signature_check(&vote->signature, &validators->list[vote->sender].key, &message);
}
