#include "tools/wallet/contribution.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/schema.h"
#include "tools/client/file.h"
#include "tools/client/random.h"

#define STEP_SIZE     4 /* bytes of an element; |x_k| <= B < 2^31 */
#define VECTOR_MAX    (NORM_DIMENSION_MAX * STEP_SIZE)
#define FILE_SIZE_MAX ((size_t)VECTOR_MAX + 4096)
#define STEP_COUNT    16384 /* elements that are shared in one go */

struct head {
    uint8_t version;
    struct hash update;
    struct secret_key ephemeral;
    uint8_t seed[XOF_SEED_SIZE];
    struct public_key ephemeral_key;
    struct hash root;
    struct signature proof;
};

#define VERSION 1

static const struct field head_fields[] = {
    SCHEMA_U8(struct head, version),
    SCHEMA_ARRAY(struct head, update, FORM_HEX),
    SCHEMA_ARRAY(struct head, ephemeral, FORM_HEX),
    SCHEMA_ARRAY(struct head, seed, FORM_HEX),
    SCHEMA_ARRAY(struct head, ephemeral_key, FORM_HEX),
    SCHEMA_ARRAY(struct head, root, FORM_HEX),
    SCHEMA_ARRAY(struct head, proof, FORM_HEX),
};
static const struct schema head_schema = SCHEMA("contribution", struct head, head_fields);

void contribution_hash(struct hash *out, const int64_t *vector, size_t count)
{
    uint8_t
        bytes[1024 * sizeof(*vector)]; /* one call for each element takes longer than the hash */
    struct sha256 sha;
    sha256_init(&sha);
    for (size_t i = 0; i < count;) {
        size_t size = 0;
        for (; i < count && size < sizeof(bytes); i++, size += sizeof(*vector)) {
            uint64_t value = (uint64_t)vector[i];
            for (unsigned b = 0; b < sizeof(*vector); b++) {
                bytes[size + b] = (uint8_t)(value >> (8 * b));
            }
        }
        sha256_add(&sha, (struct bytes){bytes, size});
    }
    sha256_finish(&sha, out);
    explicit_bzero(bytes, sizeof(bytes));
}

/* What a step made goes to its file, or nowhere. */
static bool put_step(struct ciphertexts *out, bool filed, struct fault *fault)
{
    if (filed) {
        return ciphertexts_flush(out, fault);
    }
    for (size_t i = 0; i < SHARE_BLOBS_MAX; i++) {
        buffer_clear(&out->blobs[i]);
    }
    return true;
}

bool contribution_share(const struct contribution *contribution, const struct share_round *round,
                        const struct public_key *owner, const char *folder, struct ciphertexts *out,
                        struct fault *fault)
{
    struct share_keys keys;
    struct share_writer writer;
    struct share_label label = share_label_x();
    bool filed = folder != NULL;
    if (!ciphertexts_open_files(out, folder, filed ? share_blob_count(round) : 0, fault)) {
        return false;
    }
    share_keys_make(&keys, round, owner, &contribution->ephemeral);
    share_writer_init(&writer, round, &keys, &label);
    bool good = true;
    for (size_t at = 0; good && at < contribution->count; at += STEP_COUNT) {
        size_t left = contribution->count - at;
        share_writer_add_signed(&writer, contribution->vector + at,
                                left < STEP_COUNT ? left : STEP_COUNT, out->blobs);
        good = put_step(out, filed, fault);
    }
    share_writer_finish(&writer, out->roots);
    share_keys_close(&keys);
    return good;
}

bool contribution_make(struct contribution *out, const struct share_round *round,
                       const struct public_key *owner, int64_t *vector, struct fault *fault)
{
    struct ciphertexts ciphertexts;
    uint8_t random32[32];
    memset(out, 0, sizeof(*out));
    out->vector = vector;
    out->count = round->dimension;
    enum share_status status = share_round_check(round);
    if (status != SHARE_OK) {
        return fault_set(fault, "%s", share_status_text(status));
    }
    random_secret_key(&out->ephemeral);
    secret_key_make_even(&out->ephemeral);
    random_fill(out->seed, sizeof(out->seed));
    random_fill(random32, sizeof(random32));
    contribution_hash(&out->update, vector, out->count);
    bool good = contribution_share(out, round, owner, NULL, &ciphertexts, fault);
    share_commit(&out->commitment, round, owner, &out->ephemeral, ciphertexts.roots, random32);
    ciphertexts_close(&ciphertexts);
    return good;
}

bool contribution_prove(const struct contribution *contribution,
                        const struct round_setting *setting, const struct public_key *owner,
                        const int64_t *reference, struct proven *out, struct fault *fault)
{
    struct share_keys keys;
    struct norm_witness witness = {
        .layout = &setting->layout,
        .statement = {setting->share.context, *owner, contribution->commitment.root,
                      setting->round.prove_beacon},
        .vector = contribution->vector,
        .reference = reference,
    };
    memset(out, 0, sizeof(*out));
    memcpy(witness.seed, contribution->seed, sizeof(witness.seed));
    share_keys_make(&keys, &setting->share, owner, &contribution->ephemeral);
    enum norm_prove_status status = norm_contribute(
        &out->proof, out->auxiliary.blobs, out->auxiliary.roots, &witness, &setting->share, &keys);
    share_keys_close(&keys);
    explicit_bzero(&witness, sizeof(witness));
    return status == NORM_PROVE_OK || fault_set(fault, "%s", norm_prove_status_text(status));
}

void contribution_close(struct contribution *contribution)
{
    if (contribution->vector != NULL) {
        explicit_bzero(contribution->vector, contribution->count * sizeof(int64_t));
    }
    free(contribution->vector);
    explicit_bzero(contribution, sizeof(*contribution));
}

/* All that goes before the elements. */
static void encode_head(struct buffer *out, const struct contribution *contribution)
{
    struct head head = {
        .version = VERSION,
        .update = contribution->update,
        .ephemeral = contribution->ephemeral,
        .ephemeral_key = contribution->commitment.ephemeral,
        .root = contribution->commitment.root,
        .proof = contribution->commitment.proof,
    };
    memcpy(head.seed, contribution->seed, sizeof(head.seed));
    schema_write(out, &head_schema, &head);
    explicit_bzero(&head, sizeof(head));
    bcs_write_u32(out, contribution->count);
}

static void encode_elements(struct buffer *out, const struct contribution *contribution,
                            uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++) {
        bcs_write_u32(out, (uint32_t)(int32_t)contribution->vector[i]);
    }
}

void contribution_encode(struct buffer *out, const struct contribution *contribution)
{
    encode_head(out, contribution);
    encode_elements(out, contribution, 0, contribution->count);
}

/* The key is one, even, and that of the commitment: else its shares could not be made again. */
static bool take_head(struct contribution *out, const struct head *head)
{
    struct public_key public_key;
    struct secret_key even;
    if (head->version != VERSION || !secret_key_init(&out->ephemeral, head->ephemeral.bytes)) {
        return false;
    }
    even = out->ephemeral;
    secret_key_make_even(&even);
    public_key_of(&public_key, &out->ephemeral);
    out->update = head->update;
    out->commitment = (struct share_commitment){head->ephemeral_key, head->root, head->proof};
    memcpy(out->seed, head->seed, sizeof(out->seed));
    bool good = memcmp(&even, &out->ephemeral, sizeof(even)) == 0 &&
                memcmp(&public_key, &head->ephemeral_key, sizeof(public_key)) == 0;
    secret_key_close(&even);
    return good;
}

static bool take_vector(struct bcs_reader *reader, struct contribution *out)
{
    struct hash hash;
    out->count = bcs_read_u32(reader);
    if (reader->status != BCS_OK ||
        out->count != (reader->input.size - reader->offset) / STEP_SIZE) {
        return false;
    }
    out->vector = memory_new(out->count * sizeof(int64_t));
    for (uint32_t i = 0; i < out->count; i++) {
        out->vector[i] = (int32_t)bcs_read_u32(reader);
    }
    contribution_hash(&hash, out->vector, out->count);
    return bcs_reader_done(reader) && hash_equal(&hash, &out->update);
}

bool contribution_decode(struct contribution *out, struct bytes content, char *error,
                         size_t error_size)
{
    struct bcs_reader reader;
    struct head head;
    memset(out, 0, sizeof(*out));
    bcs_reader_init(&reader, content);
    schema_read(&reader, &head_schema, &head);
    if (reader.status == BCS_OK && (!take_head(out, &head) || !take_vector(&reader, out))) {
        bcs_reader_fail(&reader, BCS_VALUE);
    }
    explicit_bzero(&head, sizeof(head));
    if (reader.status != BCS_OK) {
        bcs_error_text(&reader, error, error_size);
        contribution_close(out);
        return false;
    }
    return true;
}

/* One part of the file after the other. */
struct encoding {
    const struct contribution *contribution;
    struct buffer part;
    uint32_t done;
    bool begun;
};

static bool next_part(void *context, struct bytes *out)
{
    struct encoding *encoding = context;
    uint32_t left = encoding->contribution->count - encoding->done;
    uint32_t count = left < STEP_COUNT ? left : STEP_COUNT;
    if (encoding->begun && left == 0) {
        return false;
    }
    buffer_clear(&encoding->part);
    if (!encoding->begun) {
        encode_head(&encoding->part, encoding->contribution);
    }
    encode_elements(&encoding->part, encoding->contribution, encoding->done, count);
    encoding->begun = true;
    encoding->done += count;
    *out = buffer_bytes(&encoding->part);
    return true;
}

bool contribution_write(const struct contribution *contribution, const char *path,
                        struct fault *fault)
{
    struct encoding encoding = {.contribution = contribution};
    bool good = file_write_parts(path, next_part, &encoding, 0600, fault);
    explicit_bzero(encoding.part.data, encoding.part.size);
    buffer_close(&encoding.part);
    return good;
}

bool contribution_read(struct contribution *out, const char *path, struct fault *fault)
{
    struct buffer content = {0};
    char error[200];
    memset(out, 0, sizeof(*out));
    bool good = file_read(&content, path, FILE_SIZE_MAX, fault);
    if (good && !contribution_decode(out, buffer_bytes(&content), error, sizeof(error))) {
        good = fault_set(fault, "%s: %s; remove it if the round is over", path, error);
    }
    if (content.data != NULL) {
        explicit_bzero(content.data, content.size);
    }
    buffer_close(&content);
    return good;
}
