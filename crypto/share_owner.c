#include "crypto/share_owner.h"

#include <string.h>

#include "crypto/field_vector.h"

#define BLOCK_COUNT 1024                       /* elements worked on at once */
#define PART_COUNT  ((size_t)16 * BLOCK_COUNT) /* elements hashed at once */
#define DEGREE_MAX  ((SHAMIR_SERVERS_MAX - 1) / 2)
#define INPUTS_MAX  (DEGREE_MAX + 2) /* of a ciphertext */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void derive_keys(struct share_owner *owner)
{
    struct public_key ephemeral;
    public_key_of(&ephemeral, &owner->ephemeral);
    for (unsigned server = 1; server <= owner->round.server_count; server++) {
        struct point shared;
        struct hash key;
        bool good = ecdh_point(&shared, &owner->ephemeral, &owner->round.servers[server - 1]);
        assert(good && "share_round_check() saw these points");
        share_key_hash(&key, &owner->round, &owner->owner, server, &ephemeral, &shared);
        prg_init(&owner->prg[server - 1], &key, SHARE_DST, 0);
        explicit_bzero(&key, sizeof(key));
        explicit_bzero(&shared, sizeof(shared));
    }
}

enum share_status share_owner_init(struct share_owner *owner, const struct share_round *round,
                                   const struct public_key *id, const struct secret_key *ephemeral,
                                   const uint8_t mask_seed[XOF_SEED_SIZE])
{
    enum share_status status = share_round_check(round);
    if (status != SHARE_OK) {
        return status;
    }
    memset(owner, 0, sizeof(*owner));
    owner->round = *round;
    owner->owner = *id;
    owner->ephemeral = *ephemeral;
    /* EK is x-only and stands for its even point, so the secret must be that point's. */
    secret_key_make_even(&owner->ephemeral);
    memcpy(owner->mask_seed, mask_seed, XOF_SEED_SIZE);
    derive_keys(owner);
    unsigned degree = round->degree;
    for (unsigned i = 0; i < share_blob_count(round); i++) {
        merkle_stream_init(&owner->streams[i]);
        shamir_share_coefficients(owner->coefficients[i], degree, degree + 1 + i);
        owner->coefficients[i][degree + 1] = 1; /* of the mask */
    }
    return SHARE_OK;
}

/* Share at most BLOCK_COUNT elements. A ciphertext is one linear combination: of the secret, the
 * shares of servers 1 .. t, and the mask. */
static void share_block(struct share_owner *owner, const uint64_t *secret, size_t count,
                        struct buffer *blobs)
{
    uint64_t derived[DEGREE_MAX][BLOCK_COUNT];
    uint64_t mask[BLOCK_COUNT];
    uint64_t cipher[BLOCK_COUNT];
    const uint64_t *inputs[INPUTS_MAX] = {secret};
    unsigned degree = owner->round.degree;
    assert(degree <= DEGREE_MAX && count <= BLOCK_COUNT);
    for (unsigned i = 0; i < degree; i++) {
        prg_next(&owner->prg[i], derived[i], count);
        inputs[i + 1] = derived[i];
    }
    inputs[degree + 1] = mask;
    for (unsigned i = 0; i < share_blob_count(&owner->round); i++) {
        prg_next(&owner->prg[degree + i], mask, count);
        field_vector_combine(cipher, inputs, owner->coefficients[i], degree + 2, count);
        buffer_reserve(&blobs[i], FIELD_SIZE * count);
        field_write_all(blobs[i].data + blobs[i].size, cipher, count);
        blobs[i].size += FIELD_SIZE * count;
    }
    explicit_bzero(derived, sizeof(derived[0]) * degree);
    explicit_bzero(mask, sizeof(mask));
}

/* Hash the last `count` elements of each ciphertext. */
static void hash_part(struct share_owner *owner, size_t count, const struct buffer *blobs)
{
    size_t size = FIELD_SIZE * count;
    for (unsigned i = 0; i < share_blob_count(&owner->round); i++) {
        struct bytes part = {blobs[i].data + blobs[i].size - size, size};
        merkle_stream_add(&owner->streams[i], part);
    }
}

static void share_part(struct share_owner *owner, const int64_t *values, size_t count,
                       struct buffer *blobs)
{
    uint64_t secret[BLOCK_COUNT];
    for (size_t done = 0; done < count; done += BLOCK_COUNT) {
        size_t block = least(count - done, BLOCK_COUNT);
        field_vector_from_signed(secret, values + done, block);
        share_block(owner, secret, block, blobs);
    }
    explicit_bzero(secret, sizeof(secret));
    hash_part(owner, count, blobs);
}

void share_owner_add(struct share_owner *owner, const int64_t *values, size_t count,
                     struct buffer *blobs)
{
    assert(count <= owner->round.dimension - owner->taken);
    owner->taken += count;
    for (size_t done = 0; done < count; done += PART_COUNT) {
        share_part(owner, values + done, least(count - done, PART_COUNT), blobs);
    }
}

/* R0 = XofField(mask seed, "PVS1/R0", ctx || owner): the seed is the owner's own, so any way to get
 * two uniform elements serves; this one differs between rounds even where a seed would not. */
static void make_mask(const struct share_owner *owner, uint64_t out[SHARE_MASK_COUNT])
{
    uint8_t binder[64];
    memcpy(binder, owner->round.context.bytes, 32);
    memcpy(binder + 32, owner->owner.bytes, 32);
    struct xof xof;
    xof_init(&xof, owner->mask_seed, "PVS1/R0", (struct bytes){binder, sizeof(binder)});
    xof_next_elements(&xof, out, SHARE_MASK_COUNT);
    xof_close(&xof);
}

void share_owner_finish(struct share_owner *owner, struct buffer *blobs, struct hash *roots,
                        struct share_commitment *out, const uint8_t random32[32])
{
    assert(owner->taken == owner->round.dimension);
    uint64_t mask[SHARE_MASK_COUNT];
    make_mask(owner, mask);
    share_block(owner, mask, SHARE_MASK_COUNT, blobs);
    hash_part(owner, SHARE_MASK_COUNT, blobs);
    explicit_bzero(mask, sizeof(mask));
    unsigned count = share_blob_count(&owner->round);
    for (unsigned i = 0; i < count; i++) {
        merkle_stream_finish(&owner->streams[i], &roots[i]);
    }
    const struct hash *context = &owner->round.context;
    public_key_of(&out->ephemeral, &owner->ephemeral);
    share_root(&out->root, context, &owner->owner, &out->ephemeral, roots, count);
    struct hash message;
    share_proof_message(&message, context, &owner->owner, &out->ephemeral, &out->root);
    signature_make(&out->proof, &owner->ephemeral, &message, random32);
}

void share_owner_close(struct share_owner *owner)
{
    for (unsigned i = 0; i < owner->round.server_count; i++) {
        prg_close(&owner->prg[i]);
    }
    explicit_bzero(owner, sizeof(*owner));
}

void share_delivery_write(struct buffer *out, const struct hash *roots, unsigned root_count,
                          struct bytes ciphertext)
{
    for (unsigned i = 0; i < root_count; i++) {
        buffer_append(out, BYTES_OF(roots[i]));
    }
    buffer_append(out, ciphertext);
}
