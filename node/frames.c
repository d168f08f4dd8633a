#include "node/frames.h"

#include <string.h>

static const struct field status_fields[] = {
    SCHEMA_U64(struct frame_status_message, height),
    SCHEMA_U64(struct frame_status_message, base),
};
const struct schema frame_status_schema =
    SCHEMA("status", struct frame_status_message, status_fields);

static const struct field get_blocks_fields[] = {
    SCHEMA_U64(struct frame_get_blocks, request),
    SCHEMA_U64(struct frame_get_blocks, height),
    SCHEMA_U32(struct frame_get_blocks, count),
};
const struct schema frame_get_blocks_schema =
    SCHEMA("get_blocks", struct frame_get_blocks, get_blocks_fields);

static const struct field get_blob_fields[] = {
    SCHEMA_ARRAY(struct frame_get_blob, root, FORM_HEX),
    SCHEMA_U32(struct frame_get_blob, size),
    SCHEMA_U32(struct frame_get_blob, segment),
};
const struct schema frame_get_blob_schema =
    SCHEMA("get_blob", struct frame_get_blob, get_blob_fields);

static const struct field blob_fields[] = {
    SCHEMA_ARRAY(struct frame_blob, root, FORM_HEX),
    SCHEMA_U32(struct frame_blob, segment),
    SCHEMA_BYTES(struct frame_blob, data, FRAME_BLOB_DATA_MAX),
};
const struct schema frame_blob_schema = SCHEMA("blob", struct frame_blob, blob_fields);

static const struct field snapshot_fields[] = {
    SCHEMA_U64(struct frame_snapshot, height),
    SCHEMA_ARRAY(struct frame_snapshot, hash, FORM_HEX),
};
const struct schema frame_snapshot_schema =
    SCHEMA("snapshot", struct frame_snapshot, snapshot_fields);

static const struct field get_chunk_fields[] = {
    SCHEMA_U64(struct frame_get_chunk, request),
    SCHEMA_U64(struct frame_get_chunk, height),
    SCHEMA_U32(struct frame_get_chunk, part),
};
const struct schema frame_get_chunk_schema =
    SCHEMA("get_chunk", struct frame_get_chunk, get_chunk_fields);

void frames_table(struct frame_table *out)
{
    static const struct {
        uint8_t type;
        uint32_t size_max;
    } rows[] = {
        {FRAME_CONSENSUS, MESSAGE_SIZE_MAX},
        {FRAME_TXS, FRAME_TXS_SIZE_MAX},
        {FRAME_STATUS, 16},
        {FRAME_GET_BLOCKS, 20},
        {FRAME_BLOCKS, FRAME_BLOCKS_SIZE_MAX},
        {FRAME_GET_BLOB, 40},
        {FRAME_BLOB, FRAME_BLOB_DATA_MAX + 41},
        {FRAME_GET_SNAPSHOTS, 0},
        {FRAME_SNAPSHOTS, FRAME_SNAPSHOTS_COUNT * 40},
        {FRAME_GET_CHUNK, 20},
        {FRAME_CHUNK, SNAPSHOT_CHUNK_MAX + 8},
        {FRAME_SHORT, COMPACT_SHORT_MAX},
        {FRAME_ASK, COMPACT_ASK_MAX},
        {FRAME_ITEMS, COMPACT_ITEMS_MAX},
    };
    memset(out, 0, sizeof(*out));
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        out->types[rows[i].type].allowed = true;
        out->types[rows[i].type].size_max = rows[i].size_max;
    }
}

const char *frames_type_text(uint8_t type)
{
    static const char *const names[] = {
        [FRAME_CONSENSUS] = "consensus",
        [FRAME_TXS] = "txs",
        [FRAME_STATUS] = "status",
        [FRAME_GET_BLOCKS] = "get_blocks",
        [FRAME_BLOCKS] = "blocks",
        [FRAME_GET_BLOB] = "get_blob",
        [FRAME_BLOB] = "blob",
        [FRAME_GET_SNAPSHOTS] = "get_snapshots",
        [FRAME_SNAPSHOTS] = "snapshots",
        [FRAME_GET_CHUNK] = "get_chunk",
        [FRAME_CHUNK] = "chunk",
        [FRAME_SHORT] = "short",
        [FRAME_ASK] = "ask",
        [FRAME_ITEMS] = "items",
    };
    return type < ARRAY_COUNT(names) ? names[type] : NULL;
}

void frames_begin_blocks(struct buffer *out, uint64_t request)
{
    bcs_write_u64(out, request);
}

void frames_append_block(struct buffer *out, struct bytes block, struct bytes certificate)
{
    bcs_write_bytes(out, block);
    bcs_write_bytes(out, certificate);
}

bool frames_read_request(struct bytes payload, size_t *offset, uint64_t *request)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, payload);
    *request = bcs_read_u64(&reader);
    *offset = reader.offset;
    return reader.status == BCS_OK;
}

bool frames_next_block(struct bytes payload, size_t *offset, struct block *block,
                       struct certificate *certificate, bool *malformed)
{
    *malformed = false;
    if (*offset == payload.size) {
        return false;
    }
    struct bcs_reader reader;
    bcs_reader_init(&reader, payload);
    reader.offset = *offset;
    struct bytes block_bytes = bcs_read_bytes(&reader, MESSAGE_SIZE_MAX);
    struct bytes certificate_bytes = bcs_read_bytes(&reader, MESSAGE_VOTE_SIZE_MAX);
    *offset = reader.offset;
    *malformed = reader.status != BCS_OK || !block_decode(block, block_bytes, NULL, 0) ||
                 !certificate_decode(certificate, certificate_bytes, NULL, 0);
    return !*malformed;
}

bool frames_read_snapshots(struct bytes payload, struct frame_snapshot out[FRAME_SNAPSHOTS_COUNT],
                           uint32_t *count)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, payload);
    *count = 0;
    while (reader.offset < payload.size && reader.status == BCS_OK &&
           *count < FRAME_SNAPSHOTS_COUNT) {
        schema_read(&reader, &frame_snapshot_schema, &out[*count]);
        (*count)++;
    }
    return bcs_reader_done(&reader);
}
