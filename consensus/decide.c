#include "consensus/pbft_state.h"

/* The certificate that decides the current height, if the votes, their collector or the next proposal
 * hold one. */
static const struct certificate *find_certificate(const struct pbft *p)
{
    const struct block *next = &p->blocks[SLOT_NEXT].block;
    if (p->log.committed->present) {
        return &p->log.committed->certificate;
    }
    return p->next.proposal.present && next->has_last_commit ? &next->last_commit : NULL;
}

bool decide_known(const struct pbft *p)
{
    return find_certificate(p) != NULL;
}

/* What was counted once stays: the block may be still to come, and a faulty voter's next vote takes its place. */
static void count_commits(struct pbft *p)
{
    const struct vote *like = log_quorum(p->log.commits, p->present.count, p->present.quorum, NULL);
    if (like != NULL && !p->log.committed->present) {
        log_certify(&p->log.committed->certificate, p->log.commits, p->present.count, like);
        p->log.committed->present = true;
    }
}

bool decide_advance(struct pbft *p)
{
    /* A third decision would take the memory of the first one's action; the next event makes it. */
    if (p->decisions == 2) {
        return false;
    }
    count_commits(p);
    if (!decide_known(p)) {
        return false;
    }
    const struct certificate certificate = *find_certificate(p);
    struct stored_block *stored = slot_find(p, &certificate.digest);
    if (stored == NULL) {
        fetch_decided(p, &certificate);
        return false;
    }
    p->fetch.active = false; /* what comes now would take its place */
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
