#include "consensus/vote.h"

#include <string.h>

static const char *const type_names[] = {
    "propose",  "prepare", "commit",   "round change", "status",
    "get body", "body",    "prepared", "committed",
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
    vote_digest(out, chain_id, vote->type, vote->height, vote->round, &vote->digest);
}

static void sign_ready(struct vote *vote, const struct hash *chain_id,
                       const struct signing_key *key)
{
    static const uint8_t no_randomness[32] = {0};
    struct hash message;
    vote_hash(&message, chain_id, vote);
    signing_key_sign(&vote->signature, key, &message, no_randomness);
}

void vote_sign(struct vote *vote, const struct hash *chain_id, const struct secret_key *key)
{
    struct signing_key ready;
    signing_key_init(&ready, key);
    sign_ready(vote, chain_id, &ready);
    signing_key_close(&ready);
}

_Static_assert(VOTE_ROUND_CHANGE + 1 == CONFLICT_TYPE_COUNT, "the votes that must not differ");

void vote_conflict(struct conflict *out, const struct vote *a, const struct vote *b)
{
    assert(a->sender == b->sender && a->type == b->type && a->height == b->height &&
           a->round == b->round);
    bool ordered = memcmp(&a->digest, &b->digest, sizeof(a->digest)) < 0;
    const struct vote *first = ordered ? a : b;
    const struct vote *second = ordered ? b : a;
    *out = (struct conflict){.type = a->type,
                             .height = a->height,
                             .round = a->round,
                             .first = first->digest,
                             .first_signature = first->signature,
                             .second = second->digest,
                             .second_signature = second->signature};
}

// NOLINTNEXTLINE(readability-non-const-parameter): the type is that of every signer
static enum vote_signing sign_with_key(void *data, struct vote *vote, uint32_t *free_round)
{
    const struct vote_key *key = data;
    (void)free_round;
    sign_ready(vote, &key->chain_id, &key->ready);
    return VOTE_SIGNED;
}

struct vote_signer vote_key_signer(struct vote_key *key, const struct hash *chain_id,
                                   const struct secret_key *secret)
{
    key->chain_id = *chain_id;
    signing_key_init(&key->ready, secret);
    return (struct vote_signer){.key = key->ready.public_key, .sign = sign_with_key, .data = key};
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
