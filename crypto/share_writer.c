#include "crypto/share_writer.h"

#include <string.h>

#include "crypto/field_vector.h"

#define BLOCK_COUNT 1024                       /* elements worked on at once */
#define PART_COUNT  ((size_t)16 * BLOCK_COUNT) /* elements hashed at once */
#define DEGREE_MAX  ((SHAMIR_SERVERS_MAX - 1) / 2)
#define INPUTS_MAX  (DEGREE_MAX + 2) /* of a ciphertext */

struct share_label share_label_x(void)
{
    return (struct share_label){.dst = SHARE_DST_X};
}

struct share_label share_label_aux(const uint8_t nonce2[16])
{
    struct share_label label = {.dst = SHARE_DST_AUX, .prefix_size = sizeof(label.prefix)};
    memcpy(label.prefix, nonce2, sizeof(label.prefix));
    return label;
}

void share_keys_make(struct share_keys *out, const struct share_round *round,
                     const struct public_key *owner, const struct secret_key *ephemeral)
{
    struct public_key public_key;
    struct secret_key even = *ephemeral;
    secret_key_make_even(&even);
    public_key_of(&public_key, &even);
    *out = (struct share_keys){0};
    for (unsigned server = 1; server <= round->server_count; server++) {
        struct point shared;
        bool good = ecdh_point(&shared, &even, &round->servers[server - 1]);
        assert(good && "share_round_check() saw these points");
        share_key_hash(&out->keys[server - 1], round, owner, server, &public_key, &shared);
        explicit_bzero(&shared, sizeof(shared));
    }
    secret_key_close(&even);
}

void share_keys_close(struct share_keys *keys)
{
    explicit_bzero(keys, sizeof(*keys));
}

static unsigned blob_count(const struct share_writer *writer)
{
    return (unsigned)(writer->server_count - writer->degree);
}

void share_writer_init(struct share_writer *writer, const struct share_round *round,
                       const struct share_keys *keys, const struct share_label *label)
{
    unsigned degree = round->degree;
    memset(writer, 0, sizeof(*writer));
    writer->server_count = round->server_count;
    writer->degree = round->degree;
    struct bytes prefix = {label->prefix, label->prefix_size};
    for (unsigned i = 0; i < round->server_count; i++) {
        prg_init_prefixed(&writer->prg[i], &keys->keys[i], label->dst, prefix, 0);
    }
    for (unsigned i = 0; i < blob_count(writer); i++) {
        merkle_stream_init(&writer->streams[i]);
        shamir_share_coefficients(writer->coefficients[i], degree, degree + 1 + i);
        writer->coefficients[i][degree + 1] = 1; /* of the mask */
    }
}

/* Share at most BLOCK_COUNT elements. A ciphertext is one linear combination: of the secret, the
 * shares of servers 1 .. t, and the mask. */
static void share_block(struct share_writer *writer, const uint64_t *secret, size_t count,
                        struct buffer *blobs)
{
    uint64_t derived[DEGREE_MAX][BLOCK_COUNT];
    uint64_t mask[BLOCK_COUNT];
    uint64_t cipher[BLOCK_COUNT];
    const uint64_t *inputs[INPUTS_MAX] = {secret};
    unsigned degree = writer->degree;
    assert(degree <= DEGREE_MAX && count <= BLOCK_COUNT);
    for (unsigned i = 0; i < degree; i++) {
        prg_next(&writer->prg[i], derived[i], count);
        inputs[i + 1] = derived[i];
    }
    inputs[degree + 1] = mask;
    for (unsigned i = 0; i < blob_count(writer); i++) {
        prg_next(&writer->prg[degree + i], mask, count);
        field_vector_combine(cipher, inputs, writer->coefficients[i], degree + 2, count);
        buffer_reserve(&blobs[i], FIELD_SIZE * count);
        field_write_all(blobs[i].data + blobs[i].size, cipher, count);
        blobs[i].size += FIELD_SIZE * count;
    }
    explicit_bzero(derived, sizeof(derived[0]) * degree);
    explicit_bzero(mask, sizeof(mask));
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Hash the last `count` elements of each ciphertext. */
static void hash_part(struct share_writer *writer, size_t count, const struct buffer *blobs)
{
    size_t size = FIELD_SIZE * count;
    for (unsigned i = 0; i < blob_count(writer); i++) {
        struct bytes part = {blobs[i].data + blobs[i].size - size, size};
        merkle_stream_add(&writer->streams[i], part);
    }
}

void share_writer_add(struct share_writer *writer, const uint64_t *elements, size_t count,
                      struct buffer *blobs)
{
    for (size_t done = 0; done < count;) {
        size_t part = least(count - done, PART_COUNT);
        for (size_t end = done + part, from = done; from < end; from += BLOCK_COUNT) {
            share_block(writer, elements + from, least(end - from, BLOCK_COUNT), blobs);
        }
        hash_part(writer, part, blobs);
        done += part;
    }
}

static void share_signed_part(struct share_writer *writer, const int64_t *values, size_t count,
                              struct buffer *blobs)
{
    uint64_t secret[BLOCK_COUNT];
    for (size_t done = 0; done < count; done += BLOCK_COUNT) {
        size_t block = least(count - done, BLOCK_COUNT);
        field_vector_from_signed(secret, values + done, block);
        share_block(writer, secret, block, blobs);
    }
    explicit_bzero(secret, sizeof(secret));
    hash_part(writer, count, blobs);
}

void share_writer_add_signed(struct share_writer *writer, const int64_t *values, size_t count,
                             struct buffer *blobs)
{
    for (size_t done = 0; done < count; done += PART_COUNT) {
        share_signed_part(writer, values + done, least(count - done, PART_COUNT), blobs);
    }
}

void share_writer_finish(struct share_writer *writer, struct hash *roots)
{
    for (unsigned i = 0; i < blob_count(writer); i++) {
        merkle_stream_finish(&writer->streams[i], &roots[i]);
    }
    for (unsigned i = 0; i < writer->server_count; i++) {
        prg_close(&writer->prg[i]);
    }
    explicit_bzero(writer, sizeof(*writer));
}

void share_commit(struct share_commitment *out, const struct share_round *round,
                  const struct public_key *owner, const struct secret_key *ephemeral,
                  const struct hash *roots, const uint8_t random32[32])
{
    struct secret_key even = *ephemeral;
    struct hash message;
    secret_key_make_even(&even);
    public_key_of(&out->ephemeral, &even);
    share_root(&out->root, &round->context, owner, &out->ephemeral, roots, share_blob_count(round));
    share_proof_message(&message, &round->context, owner, &out->ephemeral, &out->root);
    signature_make(&out->proof, &even, &message, random32);
    secret_key_close(&even);
}
