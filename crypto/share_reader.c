#include "crypto/share_reader.h"

#include <string.h>

#include "crypto/field_vector.h"

#define BLOCK_COUNT 1024 /* elements worked on at once */

size_t share_sealed_size(const struct share_round *round, size_t count)
{
    return sizeof(struct hash) * share_blob_count(round) + FIELD_SIZE * count;
}

void share_sealed_write(struct buffer *out, const struct hash *roots, unsigned root_count,
                        struct bytes ciphertext)
{
    for (unsigned i = 0; i < root_count; i++) {
        buffer_append(out, BYTES_OF(roots[i]));
    }
    buffer_append(out, ciphertext);
}

void share_sealed_init(struct share_sealed *sealed, const struct share_round *round,
                       struct bytes list)
{
    assert(list.size == sizeof(struct hash) * share_blob_count(round));
    *sealed = (struct share_sealed){0};
    memcpy(sealed->roots, list.data, list.size);
    merkle_stream_init(&sealed->blob);
}

enum share_status share_sealed_add(struct share_sealed *sealed, struct bytes part)
{
    assert(part.size % FIELD_SIZE == 0);
    size_t count = part.size / FIELD_SIZE;
    size_t good = field_vector_check(part.data, count);
    sealed->index += good;
    if (good < count) {
        return SHARE_ELEMENT;
    }
    merkle_stream_add(&sealed->blob, part);
    return SHARE_OK;
}

static enum share_status check_blob(const struct share_sealed *sealed,
                                    const struct share_round *round, unsigned server)
{
    struct hash root;
    struct merkle_stream blob = sealed->blob;
    assert(server > round->degree && server <= round->server_count);
    merkle_stream_finish(&blob, &root);
    return hash_equal(&root, &sealed->roots[server - round->degree - 1]) ? SHARE_OK : SHARE_BLOB;
}

enum share_status share_sealed_check_x(const struct share_sealed *sealed,
                                       const struct share_round *round,
                                       const struct public_key *owner,
                                       const struct share_commitment *commitment, unsigned server)
{
    struct hash root;
    share_root(&root, &round->context, owner, &commitment->ephemeral, sealed->roots,
               share_blob_count(round));
    return hash_equal(&root, &commitment->root) ? check_blob(sealed, round, server) : SHARE_ROOT;
}

enum share_status share_sealed_check_aux(const struct share_sealed *sealed,
                                         const struct share_round *round,
                                         const struct public_key *owner,
                                         const struct share_auxiliary *auxiliary, unsigned server)
{
    struct hash root;
    share_root2(&root, &round->context, owner, auxiliary, sealed->roots, share_blob_count(round));
    return hash_equal(&root, &auxiliary->root2) ? check_blob(sealed, round, server) : SHARE_ROOT;
}

void share_reader_init(struct share_reader *reader, const struct share_round *round,
                       const struct hash *key, const struct share_label *label, unsigned server,
                       uint32_t segment)
{
    assert(server >= 1 && server <= round->server_count);
    struct bytes prefix = {label->prefix, label->prefix_size};
    reader->derived = server <= round->degree;
    prg_init_prefixed(&reader->prg, key, label->dst, prefix, segment);
}

bool share_reader_next(struct share_reader *reader, uint64_t *out, size_t count,
                       struct bytes ciphertext)
{
    if (reader->derived) {
        assert(ciphertext.size == 0);
        prg_next(&reader->prg, out, count);
        return true;
    }
    uint64_t mask[BLOCK_COUNT];
    assert(ciphertext.size == FIELD_SIZE * count);
    for (size_t done = 0; done < count; done += BLOCK_COUNT) {
        size_t part = count - done < BLOCK_COUNT ? count - done : BLOCK_COUNT;
        struct bytes block = {ciphertext.data + FIELD_SIZE * done, FIELD_SIZE * part};
        if (!field_read_all(out + done, block, NULL)) {
            return false;
        }
        prg_next(&reader->prg, mask, part);
        field_vector_subtract(out + done, mask, part);
    }
    explicit_bzero(mask, sizeof(mask));
    return true;
}

void share_reader_close(struct share_reader *reader)
{
    prg_close(&reader->prg);
}

bool share_key_of_server(struct hash *out, const struct share_round *round,
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
