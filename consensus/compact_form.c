/* The bytes of proposals in short form. */
#include "consensus/compact_state.h"

static const struct field head_fields[] = {
    SCHEMA_ARRAY(struct compact_head, digest, FORM_HEX),
    SCHEMA_U64(struct compact_head, height),
};
const struct schema compact_head_schema = SCHEMA("compact", struct compact_head, head_fields);

void compact_key(struct siphash_key *out, const struct hash *digest)
{
    siphash_key_init(out, digest->bytes);
}

uint64_t compact_id(const struct siphash_key *key, const struct hash *id)
{
    return siphash(key, BYTES_OF(id->bytes));
}

bool compact_split(struct compact_parts *out, struct bytes wire)
{
    struct bcs_reader reader;
    struct block_header header;
    *out = (struct compact_parts){0};
    bcs_reader_init(&reader, wire);
    schema_read(&reader, &vote_schema, &out->vote);
    if (reader.status != BCS_OK || out->vote.type != VOTE_PROPOSE || out->vote.round != 0) {
        return false;
    }
    schema_read(&reader, &block_header_schema, &header);
    size_t at = reader.offset;
    out->body = bcs_read_bytes(&reader, BLOCK_BODY_SIZE_MAX);
    if (reader.status != BCS_OK) {
        return false;
    }
    out->head = (struct bytes){wire.data, at};
    out->tail = (struct bytes){wire.data + reader.offset, wire.size - reader.offset};
    return true;
}

static void write_rest(struct buffer *out, const struct compact_parts *parts)
{
    bcs_write_length(out, parts->head.size + 1 + parts->tail.size);
    buffer_append(out, parts->head);
    bcs_write_bytes(out, (struct bytes){0});
    buffer_append(out, parts->tail);
}

bool compact_write(struct buffer *out, struct bytes wire, const struct hash *ids, size_t count)
{
    struct compact_parts parts;
    struct bcs_reader body;
    if (count > COMPACT_COUNT_MAX || !compact_split(&parts, wire) ||
        parts.head.size + 1 + parts.tail.size > COMPACT_REST_MAX) {
        return false;
    }
    bcs_reader_init(&body, parts.body);
    for (size_t i = 0; i < count; i++) {
        (void)bcs_read_bytes(&body, BLOCK_BODY_SIZE_MAX);
    }
    if (!bcs_reader_done(&body)) {
        return false;
    }
    struct siphash_key key;
    compact_key(&key, &parts.vote.digest);
    write_rest(out, &parts);
    bcs_write_length(out, count);
    for (size_t i = 0; i < count; i++) {
        bcs_write_u64(out, compact_id(&key, &ids[i]));
    }
    return true;
}

bool compact_short_read(struct compact_short *out, struct bytes payload)
{
    struct bcs_reader reader;
    *out = (struct compact_short){0};
    bcs_reader_init(&reader, payload);
    struct bytes rest = bcs_read_bytes(&reader, COMPACT_REST_MAX);
    out->count = bcs_read_length(&reader, COMPACT_COUNT_MAX);
    if (reader.status != BCS_OK || payload.size - reader.offset != 8 * (size_t)out->count) {
        return false;
    }
    out->ids = (struct bytes){payload.data + reader.offset, 8 * (size_t)out->count};
    return compact_split(&out->parts, rest) && out->parts.body.size == 0;
}

uint64_t compact_short_id(const struct compact_short *brief, uint32_t place)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, brief->ids);
    reader.offset = 8 * (size_t)place;
    return bcs_read_u64(&reader);
}

bool compact_peek(struct vote *out, struct bytes payload)
{
    struct compact_short brief;
    bool good = compact_short_read(&brief, payload);
    *out = brief.parts.vote;
    return good;
}
