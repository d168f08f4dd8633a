#include "crypto/share_server.h"

#include <string.h>

#include "crypto/field_vector.h"
#include "crypto/merkle.h"

#define BLOCK_COUNT 1024 /* elements worked on at once */

size_t share_delivery_size(const struct share_round *round)
{
    return sizeof(struct hash) * share_blob_count(round) + share_blob_size(round);
}

enum share_status share_delivery_read(struct share_delivery *out, const struct share_round *round,
                                      struct bytes input, uint64_t *index)
{
    *out = (struct share_delivery){0};
    if (input.size != share_delivery_size(round)) {
        return SHARE_SIZE;
    }
    size_t list_size = sizeof(struct hash) * share_blob_count(round);
    struct bytes ciphertext = {input.data + list_size, input.size - list_size};
    size_t good = field_vector_check(ciphertext.data, share_count(round));
    if (good < share_count(round)) {
        if (index != NULL) {
            *index = good;
        }
        return SHARE_ELEMENT;
    }
    memcpy(out->roots, input.data, list_size);
    out->ciphertext = ciphertext;
    return SHARE_OK;
}

enum share_status share_delivery_check(const struct share_delivery *delivery,
                                       const struct share_round *round,
                                       const struct public_key *owner,
                                       const struct share_commitment *commitment, unsigned server)
{
    assert(server > round->degree && server <= round->server_count);
    struct hash root;
    share_root(&root, &round->context, owner, &commitment->ephemeral, delivery->roots,
               share_blob_count(round));
    if (!hash_equal(&root, &commitment->root)) {
        return SHARE_ROOT;
    }
    merkle_blob_root(&root, delivery->ciphertext);
    return hash_equal(&root, &delivery->roots[server - round->degree - 1]) ? SHARE_OK : SHARE_BLOB;
}

bool share_server_key(struct hash *out, const struct share_round *round,
                      const struct public_key *owner, const struct public_key *ephemeral,
                      unsigned server, const struct secret_key *key)
{
    struct point point;
    struct point shared;
    *out = (struct hash){0};
    if (!point_of_public_key(&point, ephemeral) || !ecdh_point(&shared, key, &point)) {
        return false;
    }
    share_key_hash(out, round, owner, server, ephemeral, &shared);
    explicit_bzero(&shared, sizeof(shared));
    return true;
}

void share_derive(uint64_t *out, size_t count, const struct hash *key)
{
    struct prg prg;
    prg_init(&prg, key, SHARE_DST, 0);
    prg_next(&prg, out, count);
    prg_close(&prg);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

bool share_open(uint64_t *out, struct bytes ciphertext, const struct hash *key)
{
    assert(ciphertext.size % FIELD_SIZE == 0);
    uint64_t mask[BLOCK_COUNT];
    struct prg prg;
    bool good = true;
    prg_init(&prg, key, SHARE_DST, 0);
    size_t count = ciphertext.size / FIELD_SIZE;
    for (size_t done = 0; done < count && good; done += BLOCK_COUNT) {
        size_t part = least(count - done, BLOCK_COUNT);
        struct bytes block = {ciphertext.data + FIELD_SIZE * done, FIELD_SIZE * part};
        good = field_read_all(out + done, block, NULL);
        if (good) {
            prg_next(&prg, mask, part);
            field_vector_subtract(out + done, mask, part);
        }
    }
    prg_close(&prg);
    explicit_bzero(mask, sizeof(mask));
    return good;
}
