#include "consensus/pbft_state.h"

/* SPEC 3.6: What a replica must not forget is written to its log before anybody can learn of it. */

enum record_kind { RECORD_PERMIT, RECORD_PREPARED, RECORD_ROUND, RECORD_UNUSED };

static const char *const kind_names[] = {"permit", "prepared", "round", "unused"};

struct record {
    uint8_t kind;
    uint64_t height;
    uint32_t round;
};

static const struct field record_fields[] = {
    SCHEMA_ENUM(struct record, kind, kind_names),
    SCHEMA_U64(struct record, height),
    SCHEMA_U32(struct record, round),
};
static const struct schema record_schema = SCHEMA("record", struct record, record_fields);

static void record_persist(struct pbft *p, const struct record *record,
                           const struct stored_block *stored)
{
    struct buffer bytes = {0};
    schema_write(&bytes, &record_schema, record);
    if (stored != NULL) {
        certificate_encode(&bytes, &p->prepared);
        block_encode(&bytes, &stored->block);
    }
    action_persist(p, record->height, buffer_bytes(&bytes));
    buffer_close(&bytes);
}

/* Once for each height and life. */
static void permit(struct pbft *p, uint64_t height)
{
    if (p->permitted < height) {
        p->permitted = height;
        record_persist(p, &(struct record){.kind = RECORD_PERMIT, .height = height}, NULL);
    }
}

/* SPEC 3.6: In round 0 a replica sends PROPOSE and PREPARE only under a permit that is durable; above
 * round 0 the record of the round is the permit. */
void record_permit(struct pbft *p)
{
    assert(!p->spent);
    if (p->round == 0) {
        permit(p, pbft_height(p));
    }
}

/* SPEC 3.6: The permit of the next height is written with the prepared certificate of this one, so it
 * costs no sync of its own. */
void record_prepared(struct pbft *p, const struct stored_block *stored)
{
    record_persist(
        p, &(struct record){.kind = RECORD_PREPARED, .height = pbft_height(p), .round = p->round},
        stored);
    permit(p, pbft_height(p) + 1);
}

void record_round(struct pbft *p)
{
    record_persist(
        p, &(struct record){.kind = RECORD_ROUND, .height = pbft_height(p), .round = p->round},
        NULL);
}

/* SPEC 3.6: A replica that is stopped in good order and has not used its permit says so in its log. */
void record_unused(struct pbft *p)
{
    if (p->round == 0 && p->permitted == pbft_height(p) && !p->spent && !p->proposed && !p->voted &&
        !p->committed) {
        record_persist(p, &(struct record){.kind = RECORD_UNUSED, .height = pbft_height(p)}, NULL);
    }
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
            /* Lives that caught up again leave lower heights behind higher ones. */
            if (record.kind == RECORD_PREPARED && record.height > p->logged) {
                p->logged = record.height;
            }
        }
    }
    return true;
}

static void apply_prepared(struct pbft *p, const struct certificate *certificate,
                           const struct block *block)
{
    struct vote vote = {0};
    p->prepared = *certificate;
    p->has_prepared = true;
    slot_store(p, SLOT_PREPARED, &certificate->digest, block)->verdict = VERDICT_VALID;
    if (pbft_sign(p, &vote, VOTE_COMMIT, &certificate->digest)) {
        (void)log_add(p->log.commits, &vote);
    }
    p->committed = true;
    if (collect_by_self(p)) { /* others may lack it yet */
        *p->log.prepared = (struct collected){true, *certificate};
    }
    /* What the certificate shows to have been said may be said again. */
    if (certificate_has(certificate, p->present.self) &&
        pbft_sign(p, &vote, VOTE_PREPARE, &certificate->digest)) {
        (void)log_add(p->log.prepares, &vote);
        p->voted = true;
    }
}

static void record_apply(struct pbft *p, struct bytes input)
{
    struct record record;
    struct certificate certificate;
    struct block block;
    bool valid = record_read(input, &record, &certificate, &block);
    assert(valid);
    if (record.height != pbft_height(p) || !pbft_votes(p)) {
        return;
    }
    if (record.round > p->round) {
        p->round = record.round;
        p->voted = false;
        p->committed = false;
    }
    p->spent = record.kind != RECORD_UNUSED;
    switch ((enum record_kind)record.kind) {
    case RECORD_PERMIT:
    case RECORD_UNUSED:
        break;
    case RECORD_PREPARED:
        apply_prepared(p, &certificate, &block);
        break;
    case RECORD_ROUND:
        (void)round_change_make(p);
        break;
    }
}

/* Records of later heights stay: who is no validator now may have been one of theirs.
 *
 * In the order they were written, so each finds the state it was written in: the round change that
 * is made again says exactly what it said before. */
bool records_apply(struct pbft *p)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, buffer_bytes(&p->restored));
    reader.offset = p->restored_done;
    uint64_t last = 0;
    while (reader.offset < p->restored.size) {
        uint32_t size = bcs_read_u32(&reader);
        struct bytes record = {p->restored.data + reader.offset, size};
        reader.offset += size;
        struct record head;
        struct bcs_reader inner;
        bcs_reader_init(&inner, record);
        schema_read(&inner, &record_schema, &head);
        last = head.height > last ? head.height : last;
        if (head.height == pbft_height(p)) {
            record_apply(p, record);
        } else if (last < pbft_height(p)) {
            p->restored_done = reader.offset; /* where many blocks are caught up with, many are */
        }
    }
    if (last <= pbft_height(p)) {
        buffer_close(&p->restored);
    }
    return pbft_votes(p) && (p->committed || p->log.changes[p->present.self].present);
}
