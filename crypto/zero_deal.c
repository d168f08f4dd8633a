#include "crypto/zero_deal.h"

#include <string.h>

#include "crypto/justify.h"
#include "crypto/share_reader.h"
#include "crypto/share_writer.h"

#define ENTRY 32 /* bytes of a hash, and of a key */

/* Does `deal->server` deal the key of this set? */
static bool deals(const struct zero_deal *deal, uint32_t set)
{
    return shamir_set_count(set) == deal->round->degree &&
           zero_sharing_dealer(set, deal->active) == deal->server;
}

/* Members of a set but the dealer: all get an entry, also those that have left. */
static uint32_t members(const struct zero_deal *deal, uint32_t set)
{
    uint32_t all = (UINT32_C(1) << deal->round->server_count) - 1;
    return all & ~set & ~shamir_set_of(deal->server);
}

/* Where the entries of a set begin: each set before it has a hash and a key for each member. */
static size_t offset_of(const struct zero_deal *deal, uint32_t end)
{
    size_t offset = 0;
    for (uint32_t set = 0; set < end; set++) {
        if (deals(deal, set)) {
            offset += ENTRY * (1 + (size_t)shamir_set_count(members(deal, set)));
        }
    }
    return offset;
}

size_t zero_deal_size(const struct share_round *round, unsigned server, uint32_t active)
{
    const struct zero_deal deal = {.round = round, .active = active, .server = server};
    return offset_of(&deal, UINT32_C(1) << round->server_count);
}

void zero_deal_root(struct hash *out, struct bytes keys)
{
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add(&sha, bytes_of_text("PVS1/deals"));
    sha256_add(&sha, keys);
    sha256_finish(&sha, out);
}

/* The first bytes of XOF(seed, dst, context || LE16 set); without a context for the masks. */
static void derive(uint8_t out[ENTRY], const uint8_t seed[XOF_SEED_SIZE], const char *dst,
                   const struct hash *context, uint32_t set)
{
    uint8_t binder[34];
    struct xof xof;
    size_t size = context != NULL ? sizeof(context->bytes) : 0;
    if (context != NULL) {
        memcpy(binder, context->bytes, sizeof(context->bytes));
    }
    binder[size] = (uint8_t)set;
    binder[size + 1] = (uint8_t)(set >> 8);
    xof_init(&xof, seed, dst, (struct bytes){binder, size + 2});
    xof_next(&xof, out, ENTRY);
    xof_close(&xof);
}

void zero_deal_key(uint8_t out[XOF_SEED_SIZE], const struct hash *context,
                   const uint8_t seed[XOF_SEED_SIZE], uint32_t set)
{
    derive(out, seed, "PVS1/deal-key", context, set);
}

/* ek of a seed: the first words of a stream that are a key. */
static void ephemeral_of(struct secret_key *out, const struct hash *context,
                         const uint8_t seed[XOF_SEED_SIZE])
{
    struct xof xof;
    uint8_t bytes[32];
    xof_init(&xof, seed, "PVS1/deal-ek", BYTES_OF(context->bytes));
    do {
        xof_next(&xof, bytes, sizeof(bytes));
    } while (!secret_key_init(out, bytes));
    xof_close(&xof);
    explicit_bzero(bytes, sizeof(bytes));
    secret_key_make_even(out);
}

/* Mask or unmask. */
static void cover(uint8_t key[ENTRY], const struct hash *shared, uint32_t set)
{
    uint8_t mask[ENTRY];
    derive(mask, shared->bytes, "PVS1/deal", NULL, set);
    for (size_t i = 0; i < ENTRY; i++) {
        key[i] ^= mask[i];
    }
    explicit_bzero(mask, sizeof(mask));
}

static void append_set(struct buffer *out, const struct zero_deal *about,
                       const struct share_keys *keys, const uint8_t seed[XOF_SEED_SIZE],
                       uint32_t set)
{
    uint8_t key[ENTRY];
    struct hash hash;
    zero_deal_key(key, &about->round->context, seed, set);
    zero_sharing_key_hash(&hash, &about->round->context, set, key);
    buffer_append(out, BYTES_OF(hash.bytes));
    for (unsigned m = 1; m <= about->round->server_count; m++) {
        if (shamir_set_has(members(about, set), m)) {
            uint8_t covered[ENTRY];
            memcpy(covered, key, sizeof(covered));
            cover(covered, &keys->keys[m - 1], set);
            buffer_append(out, BYTES_OF(covered));
        }
    }
    explicit_bzero(key, sizeof(key));
}

void zero_deal_make(struct buffer *keys, struct share_commitment *commitment,
                    const struct zero_deal *about, const uint8_t seed[XOF_SEED_SIZE],
                    const uint8_t random32[32])
{
    const struct share_round *round = about->round;
    struct secret_key ephemeral;
    struct share_keys shared;
    struct hash message;
    size_t begin = keys->size;
    ephemeral_of(&ephemeral, &round->context, seed);
    share_keys_make(&shared, round, &about->dealer, &ephemeral);
    for (uint32_t set = 0; set < UINT32_C(1) << round->server_count; set++) {
        if (deals(about, set)) {
            append_set(keys, about, &shared, seed, set);
        }
    }
    share_keys_close(&shared);
    public_key_of(&commitment->ephemeral, &ephemeral);
    zero_deal_root(&commitment->root, (struct bytes){keys->data + begin, keys->size - begin});
    share_proof_message(&message, &round->context, &about->dealer, &commitment->ephemeral,
                        &commitment->root);
    signature_make(&commitment->proof, &ephemeral, &message, random32);
    secret_key_close(&ephemeral);
}

/* ---- Opening */

bool zero_deal_concerns(const struct zero_deal *deal, uint32_t set, unsigned member)
{
    return member >= 1 && member <= deal->round->server_count &&
           set < UINT32_C(1) << deal->round->server_count && deals(deal, set) &&
           shamir_set_has(members(deal, set), member);
}

/* The key that `member` got for a set, and whether it is the one committed to. */
static bool uncover(uint8_t out[ENTRY], const struct zero_deal *deal, const struct hash *shared,
                    uint32_t set, unsigned member)
{
    struct hash hash;
    uint32_t before = members(deal, set) & (shamir_set_of(member) - 1);
    const uint8_t *entry = deal->keys.data + offset_of(deal, set);
    memcpy(out, entry + ENTRY * (1 + (size_t)shamir_set_count(before)), ENTRY);
    cover(out, shared, set);
    zero_sharing_key_hash(&hash, &deal->round->context, set, out);
    return memcmp(hash.bytes, entry, ENTRY) == 0;
}

bool zero_deal_open(struct zero_sharing *into, uint32_t *wrong, const struct zero_deal *deal,
                    unsigned member, const struct secret_key *member_key)
{
    struct hash shared;
    *wrong = 0;
    assert(deal->keys.size == zero_deal_size(deal->round, deal->server, deal->active));
    if (!share_key_of_server(&shared, deal->round, &deal->dealer, &deal->ephemeral, member,
                             member_key)) {
        return false;
    }
    for (unsigned i = 0; i < into->count; i++) {
        uint32_t set = into->sets[i];
        if (zero_deal_concerns(deal, set, member) &&
            !uncover(into->keys[i], deal, &shared, set, member) && *wrong == 0) {
            *wrong = set;
        }
    }
    explicit_bzero(&shared, sizeof(shared));
    return true;
}

bool zero_deal_show(struct zero_deal_opening *out, const struct zero_deal *deal,
                    const struct secret_key *member_key, const uint8_t random32[32])
{
    struct point ephemeral;
    struct hash message;
    if (!point_of_public_key(&ephemeral, &deal->ephemeral) ||
        !ecdh_point(&out->shared, member_key, &ephemeral)) {
        return false;
    }
    justify_message(&message, &deal->round->context, &deal->dealer, out->member);
    dleq_prove(&out->proof, member_key, &ephemeral, &out->shared, &message, random32);
    return true;
}

enum zero_deal_verdict zero_deal_judge(const struct zero_deal *deal,
                                       const struct zero_deal_opening *opening)
{
    const struct share_round *round = deal->round;
    struct point ephemeral;
    struct hash message;
    struct hash shared;
    uint8_t key[ENTRY];
    assert(zero_deal_concerns(deal, opening->set, opening->member));
    justify_message(&message, &round->context, &deal->dealer, opening->member);
    if (!point_of_public_key(&ephemeral, &deal->ephemeral) ||
        !dleq_check(&opening->proof, &round->servers[opening->member - 1], &ephemeral,
                    &opening->shared, &message)) {
        return ZERO_DEAL_PROOF;
    }
    share_key_hash(&shared, round, &deal->dealer, opening->member, &deal->ephemeral,
                   &opening->shared);
    return uncover(key, deal, &shared, opening->set, opening->member) ? ZERO_DEAL_RIGHT
                                                                      : ZERO_DEAL_WRONG;
}
