#include "tools/wallet/share_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/client/file.h"

#define BLOB_SIZE_MAX (8 * (SHARE_DIMENSION_MAX + SHARE_MASK_COUNT))
#define FILE_SIZE_MAX ((size_t)SHARE_BLOBS_MAX * (BLOB_SIZE_MAX + 64))

/* The head of a file; the ciphertexts follow, each length-prefixed. */
struct head {
    struct hash update;
    struct public_key ephemeral;
    struct hash root;
    struct signature proof;
    struct hash roots[SHARE_BLOBS_MAX];
    uint32_t root_count;
};

static const struct field head_fields[] = {
    SCHEMA_ARRAY(struct head, update, FORM_HEX),
    SCHEMA_ARRAY(struct head, ephemeral, FORM_HEX),
    SCHEMA_ARRAY(struct head, root, FORM_HEX),
    SCHEMA_ARRAY(struct head, proof, FORM_HEX),
    SCHEMA_LIST(struct head, roots, root_count, NULL, FORM_HEX),
};
static const struct schema head_schema = SCHEMA("share_file", struct head, head_fields);

void share_file_close(struct share_file *file)
{
    for (size_t i = 0; i < SHARE_BLOBS_MAX; i++) {
        buffer_close(&file->blobs[i]);
    }
    memset(file, 0, sizeof(*file));
}

bool share_file_path(char out[SHARE_PATH_MAX], const struct session *session,
                     const struct round_name *name, struct fault *fault)
{
    char chain[17];
    char folder[SHARE_PATH_MAX - 256];
    hex_encode(chain, (struct bytes){session->chain.chain_id.bytes, 8});
    if (snprintf(folder, sizeof(folder), "%s/shares", session_home(session->cli)) >=
        (int)sizeof(folder)) {
        return fault_set(fault, "%s: the path is too long", session_home(session->cli));
    }
    (void)snprintf(out, SHARE_PATH_MAX, "%s/%s-%" PRIu64 "-%" PRIu32 "-%s.share", folder, chain,
                   name->model, name->round, session->address_text);
    return file_make_folder(folder, fault);
}

void share_file_encode(struct buffer *out, const struct share_file *file)
{
    struct head head = {
        .update = file->update,
        .ephemeral = file->commitment.ephemeral,
        .root = file->commitment.root,
        .proof = file->commitment.proof,
        .root_count = file->blob_count,
    };
    memcpy(head.roots, file->roots, sizeof(head.roots));
    schema_write(out, &head_schema, &head);
    for (uint32_t i = 0; i < file->blob_count; i++) {
        bcs_write_bytes(out, buffer_bytes(&file->blobs[i]));
    }
}

bool share_file_write(const struct share_file *file, const char *path, struct fault *fault)
{
    struct buffer out = {0};
    share_file_encode(&out, file);
    bool good = file_write(path, buffer_bytes(&out), 0600, fault);
    buffer_close(&out);
    return good;
}

bool share_file_decode(struct share_file *out, struct bytes content, char *error, size_t error_size)
{
    struct bcs_reader reader;
    struct head head;
    memset(out, 0, sizeof(*out));
    bcs_reader_init(&reader, content);
    schema_read(&reader, &head_schema, &head);
    out->update = head.update;
    out->commitment = (struct share_commitment){head.ephemeral, head.root, head.proof};
    out->blob_count = head.root_count;
    memcpy(out->roots, head.roots, sizeof(out->roots));
    for (uint32_t i = 0; i < out->blob_count; i++) {
        buffer_append(&out->blobs[i], bcs_read_bytes(&reader, BLOB_SIZE_MAX));
    }
    if (!bcs_reader_done(&reader)) {
        bcs_error_text(&reader, error, error_size);
        share_file_close(out);
        return false;
    }
    return true;
}

bool share_file_read(struct share_file *out, const char *path, struct fault *fault)
{
    struct buffer content = {0};
    char error[200];
    memset(out, 0, sizeof(*out));
    bool good = file_read(&content, path, FILE_SIZE_MAX, fault);
    if (good && !share_file_decode(out, buffer_bytes(&content), error, sizeof(error))) {
        good = fault_set(fault, "%s: %s; remove it if the round is over", path, error);
    }
    buffer_close(&content);
    return good;
}
