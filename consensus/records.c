#include "consensus/pbft_state.h"

/* SPEC 3.6: What a replica must not forget is written to its log before anybody can learn of it. */

enum record_kind { RECORD_PERMIT, RECORD_VOTE, RECORD_PREPARED, RECORD_ROUND };

static const char *const kind_names[] = {"permit", "vote", "prepared", "round"};

struct record {
    uint8_t kind;
    uint64_t height;
    uint32_t round;
    struct hash digest; /* VOTE: of the header prepared; otherwise zero */
};

static const struct field record_fields[] = {
    SCHEMA_ENUM(struct record, kind, kind_names),
    SCHEMA_U64(struct record, height),
    SCHEMA_U32(struct record, round),
    SCHEMA_ARRAY(struct record, digest, FORM_HEX),
};
static const struct schema record_schema = SCHEMA("record", struct record, record_fields);

static void record_write(struct pbft *p, struct buffer *out, enum record_kind kind,
                         const struct hash *digest)
{
    struct record record = {
        .kind = (uint8_t)kind, .height = pbft_height(p), .round = p->round, .digest = *digest};
    schema_write(out, &record_schema, &record);
}

static void record_persist(struct pbft *p, enum record_kind kind, const struct hash *digest,
                           const struct stored_block *stored)
{
    struct buffer record = {0};
    record_write(p, &record, kind, digest);
    if (stored != NULL) {
        certificate_encode(&record, &p->prepared);
        block_encode(&record, &stored->block);
    }
    action_persist(p, pbft_height(p), buffer_bytes(&record));
    buffer_close(&record);
}

void record_permit(struct pbft *p)
{
    static const struct hash none = {{0}};
    record_persist(p, RECORD_PERMIT, &none, NULL);
}

void record_vote(struct pbft *p, const struct hash *digest)
{
    record_persist(p, RECORD_VOTE, digest, NULL);
}

void record_prepared(struct pbft *p, const struct stored_block *stored)
{
    static const struct hash none = {{0}};
    record_persist(p, RECORD_PREPARED, &none, stored);
}

void record_round(struct pbft *p)
{
    static const struct hash none = {{0}};
    record_persist(p, RECORD_ROUND, &none, NULL);
}

/* Read a whole record; `certificate` and `block` are filled in for PREPARED only. */
static bool record_read(struct bytes input, struct record *record, struct certificate *certificate,
                        struct block *block)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, input);
    schema_read(&reader, &record_schema, record);
    if (reader.status == BCS_OK && record->kind == RECORD_PREPARED) {
        schema_read(&reader, &certificate_schema, certificate);
        block_read(&reader, block);
    }
    return bcs_reader_done(&reader);
}

bool records_keep(struct pbft *p, const struct pbft_start *start)
{
    struct record record;
    struct certificate certificate;
    struct block block;
    for (size_t i = 0; i < start->record_count; i++) {
        if (!record_read(start->records[i], &record, &certificate, &block)) {
            return false;
        }
        if (record.height > start->height) {
            bcs_write_u32(&p->restored, (uint32_t)start->records[i].size);
            buffer_append(&p->restored, start->records[i]);
        }
    }
    return true;
}

static void apply_vote(struct pbft *p, const struct record *record)
{
    struct vote vote = {0};
    pbft_sign(p, &vote, VOTE_PREPARE, &record->digest);
    (void)log_add(p->log.prepares, &vote);
    p->voted = true;
}

static void apply_prepared(struct pbft *p, const struct certificate *certificate,
                           const struct block *block)
{
    struct vote vote = {0};
    p->prepared = *certificate;
    p->has_prepared = true;
    slot_store(p, SLOT_PREPARED, &certificate->digest, block)->verdict = VERDICT_VALID;
    pbft_sign(p, &vote, VOTE_COMMIT, &certificate->digest);
    (void)log_add(p->log.commits, &vote);
    p->committed = true;
}

static void record_apply(struct pbft *p, struct bytes input)
{
    struct record record;
    struct certificate certificate;
    struct block block;
    bool valid = record_read(input, &record, &certificate, &block);
    assert(valid);
    if (record.height != pbft_height(p)) {
        return;
    }
    if (record.round > p->round) {
        p->round = record.round;
        p->voted = false;
        p->committed = false;
    }
    switch ((enum record_kind)record.kind) {
    case RECORD_PERMIT:
        p->has_permit = true;
        p->permit = record.round;
        break;
    case RECORD_VOTE:
        apply_vote(p, &record);
        break;
    case RECORD_PREPARED:
        apply_prepared(p, &certificate, &block);
        break;
    case RECORD_ROUND:
        round_change_make(p);
        break;
    }
}

/* In the order they were written, so each finds the state it was written in: the round change that
 * is made again says exactly what it said before. */
void records_apply(struct pbft *p)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, buffer_bytes(&p->restored));
    uint64_t last = 0;
    while (pbft_votes(p) && reader.offset < p->restored.size) {
        uint32_t size = bcs_read_u32(&reader);
        struct bytes record = {p->restored.data + reader.offset, size};
        reader.offset += size;
        struct record head;
        struct bcs_reader inner;
        bcs_reader_init(&inner, record);
        schema_read(&inner, &record_schema, &head);
        last = head.height > last ? head.height : last;
        record_apply(p, record);
    }
    if (last <= pbft_height(p)) {
        buffer_close(&p->restored);
    }
}
