#include "consensus/pbft_state.h"

/* The certificate that decides the current height, if the votes, their collector or the next proposal
 * hold one. */
static bool find_certificate(struct pbft *p, struct certificate *out)
{
    const struct vote *like = log_quorum(p->log.commits, p->present.count, p->present.quorum, NULL);
    if (like != NULL) {
        log_certify(out, p->log.commits, p->present.count, like);
        return true;
    }
    if (p->log.committed->present) {
        *out = p->log.committed->certificate;
        return true;
    }
    const struct block *next = &p->blocks[SLOT_NEXT].block;
    if (p->next.proposal.present && next->has_last_commit) {
        *out = next->last_commit;
        return true;
    }
    return false;
}

bool decide_advance(struct pbft *p)
{
    struct certificate certificate;
    /* A third decision would take the memory of the first one's action; the next event makes it. */
    if (p->decisions == 2 || !find_certificate(p, &certificate)) {
        return false;
    }
    struct stored_block *stored = slot_find(p, &certificate.digest);
    if (stored == NULL) {
        fetch_need(p, &certificate.digest, certificate.signers, p->present.self);
        return false;
    }
    if (!electorate_follows(p, &stored->block.header)) {
        return false;
    }
    decide_block(p, stored, &certificate);
    p->catching_up = false;
    return true;
}

void decide_block(struct pbft *p, struct stored_block *stored,
                  const struct certificate *certificate)
{
    pbft_trace(p, "decided", &stored->digest);
    p->decisions++;
    /* One step can decide two heights: by an event, and by what was buffered for the next. */
    enum slot slot = pbft_height(p) % 2 == 0 ? SLOT_DECIDED : SLOT_DECIDED_OTHER;
    slot_move(p, stored, slot);
    stored = &p->blocks[slot];
    p->last_commit = *certificate;
    struct certificate *kept = &p->action_certificates[pbft_height(p) % 2];
    *kept = *certificate;
    p->decided = stored->block.header.height;
    p->decided_digest = stored->digest;
    p->decided_time_ms = stored->block.header.time_ms;
    action_decided(p, stored, kept);
    pbft_enter_height(p, &stored->block);
}

enum pbft_status decide_synced(struct pbft *p, const struct pbft_synced *synced)
{
    const struct block *block = synced->block;
    if (block->header.height != pbft_height(p)) {
        return block->header.height < pbft_height(p) ? PBFT_STALE : PBFT_FUTURE;
    }
    if (!hash_equal(&block->header.parent, &p->decided_digest)) {
        return PBFT_REFUSED;
    }
    if (!electorate_follows(p, &block->header)) {
        return PBFT_FUTURE;
    }
    struct hash digest;
    block_digest(&digest, &block->header);
    struct stored_block *stored = slot_find(p, &digest);
    if (stored == NULL) {
        stored = slot_store(p, SLOT_FETCHED, &digest, block);
    }
    decide_block(p, stored, synced->certificate);
    p->catching_up = true;
    return PBFT_OK;
}
