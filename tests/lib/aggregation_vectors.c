#include "tests/lib/aggregation_vectors.h"

#include <stdlib.h>

#include "base/memory.h"
#include "tests/lib/check_run.h"
#include "tests/lib/sharing.h"

static void put(struct buffer *out, const char *name, struct bytes value)
{
    buffer_format(out, "%s = ", name);
    buffer_reserve(out, 2 * value.size + 1);
    hex_encode((char *)out->data + out->size, value);
    out->size += 2 * value.size;
    buffer_append_text(out, "\n");
}

/* Name with one or two indices; 0 is none. */
static void put_at(struct buffer *out, const char *name, unsigned first, unsigned second,
                   struct bytes value)
{
    struct buffer full = {0};
    buffer_format(&full, "%s_%u", name, first);
    if (second != 0) {
        buffer_format(&full, "_%u", second);
    }
    put(out, buffer_text(&full), value);
    buffer_close(&full);
}

static void put_elements(struct buffer *out, const char *name, unsigned first, unsigned second,
                         const uint64_t *elements, size_t count)
{
    uint8_t *bytes = memory_new(FIELD_SIZE * count);
    field_write_all(bytes, elements, count);
    put_at(out, name, first, second, (struct bytes){bytes, FIELD_SIZE * count});
    free(bytes);
}

static void put_ext(struct buffer *out, const char *name, unsigned first, unsigned second,
                    struct field_ext value)
{
    uint8_t bytes[FIELD_EXT_SIZE];
    field_ext_write(bytes, value);
    put_at(out, name, first, second, BYTES_OF(bytes));
}

/* ---- Field */

static const uint64_t edges[] = {
    0, 1, UINT64_C(0xffffffff), UINT64_C(0x100000000), FIELD_MODULUS - 2, FIELD_MODULUS - 1,
};

static void write_field(struct buffer *out)
{
    uint64_t state = 100;
    for (unsigned i = 0; i < 48; i++) {
        uint64_t a = i < 36 ? edges[i / 6] : check_random(&state) % FIELD_MODULUS;
        uint64_t b = i < 36 ? edges[i % 6] : check_random(&state) % FIELD_MODULUS;
        uint64_t c = check_random(&state) % FIELD_MODULUS;
        struct field_ext x = {a, c};
        struct field_ext y = {c, b};
        struct hash hash;
        check_random_fill(&state, hash.bytes, sizeof(hash.bytes));
        uint64_t base[] = {
            a, b, field_add(a, b), field_sub(a, b), field_mul(a, b), field_inverse(a)};
        put_elements(out, "a_b_sum_difference_product_inverse", i, 0, base, ARRAY_COUNT(base));
        struct field_ext product = field_ext_mul(x, y);
        struct field_ext inverse = field_ext_inverse(x);
        uint64_t wide[] = {x.a, x.b, y.a, y.b, product.a, product.b, inverse.a, inverse.b};
        put_elements(out, "x_y_product_inverse", i, 0, wide, ARRAY_COUNT(wide));
        put_at(out, "hash", i, 0, BYTES_OF(hash));
        put_ext(out, "E", i, 0, field_ext_of_hash(&hash));
    }
}

/* ---- XOF and PRG */

static void write_prg(struct buffer *out)
{
    /* The second key's stream has a word that is not below p, number 87. */
    static const struct hash keys[] = {{{1, 2, 3}}, {{0x3f, 0xe9, 0x02}}};
    static uint64_t elements[PRG_SEGMENT_COUNT + 100];
    for (unsigned i = 0; i < 2; i++) {
        struct prg prg;
        put_at(out, "key", i, 0, BYTES_OF(keys[i]));
        prg_init(&prg, &keys[i], SHARE_DST_X, 0);
        prg_next(&prg, elements, ARRAY_COUNT(elements));
        prg_close(&prg);
        put_elements(out, "first", i, 0, elements, 100);
        put_elements(out, "border", i, 0, elements + PRG_SEGMENT_COUNT - 8, 16);
    }
}

/* ---- Merkle roots of blobs: byte k of a blob is k^2 + k / 256 modulo 256 */

static void write_merkle(struct buffer *out)
{
    static const unsigned sizes[] = {0, 1, 4095, 4096, 4097, 8192, 12289, 20480, 28672};
    static uint8_t blob[28672];
    for (size_t k = 0; k < sizeof(blob); k++) {
        blob[k] = (uint8_t)(k * k + k / 256);
    }
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        struct hash root;
        merkle_blob_root(&root, (struct bytes){blob, sizes[i]});
        put_at(out, "root", sizes[i], 0, BYTES_OF(root));
    }
}

/* ---- Whole rounds */

static void write_round_inputs(struct buffer *out, const struct sharing *sharing)
{
    const struct share_round *round = &sharing->round;
    buffer_format(out, "servers = %u\ndegree = %u\n", round->server_count, round->degree);
    buffer_format(out, "dimension = %u\nowners = %u\n", round->dimension, sharing->owner_count);
    put(out, "chain_id", BYTES_OF(sharing->chain_id));
    put(out, "task", BYTES_OF(sharing->task));
    buffer_format(out, "round = %u\n", sharing->round_number);
    put(out, "params_hash", BYTES_OF(sharing->params_hash));
    put(out, "ctx", BYTES_OF(round->context));
    for (unsigned j = 1; j <= round->server_count; j++) {
        put_at(out, "sk", j, 0, BYTES_OF(sharing->server_keys[j - 1]));
        put_at(out, "PK", j, 0, BYTES_OF(round->servers[j - 1]));
    }
}

static void write_owner(struct buffer *out, const struct sharing *sharing, unsigned i)
{
    const struct share_round *round = &sharing->round;
    const struct sharing_owner *owner = &sharing->owners[i - 1];
    const struct share_commitment *commitment = &owner->commitment;
    put_at(out, "owner", i, 0, BYTES_OF(owner->id));
    put_at(out, "ek", i, 0, BYTES_OF(owner->ephemeral));
    put_at(out, "EK", i, 0, BYTES_OF(commitment->ephemeral));
    uint64_t *plain = memory_new(sizeof(*plain) * round->dimension);
    for (size_t k = 0; k < round->dimension; k++) {
        plain[k] = field_from_signed(owner->vector[k]);
    }
    put_elements(out, "x", i, 0, plain, round->dimension);
    free(plain);
    for (unsigned j = 1; j <= round->server_count; j++) {
        struct point lifted;
        struct point shared;
        struct hash key;
        const struct secret_key *secret = &sharing->server_keys[j - 1];
        bool good = point_of_public_key(&lifted, &commitment->ephemeral) &&
                    ecdh_point(&shared, secret, &lifted) &&
                    share_key_of_server(&key, round, &owner->id, &commitment->ephemeral, j, secret);
        assert(good);
        put_at(out, "D", i, j, BYTES_OF(shared));
        put_at(out, "K", i, j, BYTES_OF(key));
        put_elements(out, "share", i, j, owner->shares[j - 1], round->dimension);
        if (j > round->degree) {
            put_at(out, "C", i, j, buffer_bytes(&owner->blobs[j - round->degree - 1]));
            put_at(out, "h", i, j, BYTES_OF(owner->roots[j - round->degree - 1]));
        }
    }
    put_at(out, "root", i, 0, BYTES_OF(commitment->root));
    struct hash message;
    share_proof_message(&message, &round->context, &owner->id, &commitment->ephemeral,
                        &commitment->root);
    put_at(out, "pok_message", i, 0, BYTES_OF(message));
    put_at(out, "pok", i, 0, BYTES_OF(commitment->proof));
}

static void write_point(struct buffer *out, const char *name, const struct multilinear *form)
{
    for (unsigned i = 0; i < form->variables; i++) {
        put_ext(out, name, i + 1, 0, form->point[i]);
    }
}

static void write_check(struct buffer *out, const struct sharing *sharing)
{
    const struct share_round *round = &sharing->round;
    struct hash block = {{0xb3}};
    struct hash beacon;
    struct hash set;
    struct multilinear form;
    struct shamir_values values = {0};
    struct buffer sum = {0};
    struct public_key ids[SHARING_OWNERS_MAX];
    for (unsigned i = 0; i < sharing->owner_count; i++) {
        ids[i] = sharing->owners[i].id;
    }
    aggregate_set_hash(&set, ids, sharing->owner_count);
    put(out, "set_hash", BYTES_OF(set));
    sharing_plain_sum(&sum, sharing, UINT32_MAX);
    put(out, "A", buffer_bytes(&sum));
    aggregate_beacon(&beacon, 3, &round->context, &block);
    aggregate_check_form(&form, &beacon, round->dimension);
    put(out, "block_hash_3", BYTES_OF(block));
    put(out, "beacon_3", BYTES_OF(beacon));
    write_point(out, "sigma", &form);
    for (unsigned j = 1; j <= round->server_count; j++) {
        uint64_t *share = sharing_sum_new(sharing, j, UINT32_MAX);
        shamir_values_set(&values, j, aggregate_check_value(&form, share, round->dimension));
        put_elements(out, "A_share", j, 0, share, round->dimension);
        put_ext(out, "W", j, 0, values.values[j - 1]);
        free(share);
    }
    struct field_ext claimed;
    uint32_t off;
    bool good = aggregate_evaluate(&claimed, &form, buffer_bytes(&sum), round->dimension, NULL) &&
                aggregate_check(&values, round->degree, 0, claimed, &off) == AGGREGATE_ACCEPTED;
    assert(good);
    put_ext(out, "W", 0, 0, claimed);
    buffer_close(&sum);
    multilinear_close(&form);
}

static void write_round(struct buffer *out, unsigned servers, unsigned degree, uint32_t dimension,
                        unsigned owners)
{
    struct sharing *sharing = memory_new(sizeof(*sharing));
    sharing_init(sharing, servers, degree, dimension, owners, servers);
    write_round_inputs(out, sharing);
    for (unsigned i = 1; i <= owners; i++) {
        write_owner(out, sharing, i);
    }
    write_check(out, sharing);
    sharing_close(sharing);
    free(sharing);
}

static void write_round_4_1(struct buffer *out)
{
    write_round(out, 4, 1, 5, 3);
}

static void write_round_7_2(struct buffer *out)
{
    write_round(out, 7, 2, 64, 2);
}

const struct aggregation_vectors aggregation_vectors[AGGREGATION_VECTORS_COUNT] = {
    {"tests/vectors/aggregation_field.txt", write_field},
    {"tests/vectors/aggregation_prg.txt", write_prg},
    {"tests/vectors/aggregation_merkle.txt", write_merkle},
    {"tests/vectors/aggregation_round_4_1.txt", write_round_4_1},
    {"tests/vectors/aggregation_round_7_2.txt", write_round_7_2},
};
