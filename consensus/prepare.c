#include "consensus/pbft_state.h"

/* Its demotions are the own ones, brought up to date by its last_commit. */
static bool demotes_rightly(const struct pbft *p, const struct block *block)
{
    struct demotions expected;
    struct hash hash;
    electorate_demote(p, &expected, block->has_last_commit ? &block->last_commit : NULL);
    demotions_hash(&hash, &expected);
    return hash_equal(&block->header.demotions_hash, &hash);
}

/* SPEC 3.4: A replica votes for a block only when the application accepts its body, the roots and the
 * next set in its header are those of the replica's own execution of the block before, and its list of
 * leaders that failed is the one that follows from its parent's and its certificate. */
bool prepare_acceptable(struct pbft *p, struct stored_block *stored)
{
    /* The block two before says what a body may hold. */
    bool rules_known = p->decided - p->executed <= 1;
    if (stored->verdict == VERDICT_NONE && rules_known) {
        stored->verdict = VERDICT_ASKED;
        action_check(p, stored);
    }
    if (stored->verdict != VERDICT_VALID || p->executed != p->decided) {
        return false;
    }
    const struct block_header *header = &stored->block.header;
    if (!hash_equal(&header->state_root, &p->state_root) ||
        !hash_equal(&header->receipts_root, &p->receipts_root) ||
        !hash_equal(&header->next_validators_hash, &p->coming.set->hash)) {
        stored->verdict = VERDICT_INVALID;
        pbft_trace(p, "refuse: its roots are not ours", &stored->digest);
        return false;
    }
    if (!demotes_rightly(p, &stored->block)) {
        stored->verdict = VERDICT_INVALID;
        pbft_trace(p, "refuse: its demotions are not ours", &stored->digest);
        return false;
    }
    return true;
}

bool prepare_advance(struct pbft *p)
{
    if (!pbft_speaks(p) || p->voted || p->committed || p->spent || !p->log.proposal.present) {
        return false;
    }
    struct stored_block *stored = slot_find(p, &p->log.proposal.vote.digest);
    if (stored == NULL || !prepare_acceptable(p, stored)) {
        return false;
    }
    struct vote vote;
    if (!pbft_sign(p, &vote, VOTE_PREPARE, &stored->digest)) {
        return false;
    }
    (void)log_add(p->log.prepares, &vote);
    p->voted = true;
    record_permit(p);
    pbft_trace(p, "prepare", &stored->digest);
    collect_send(p, &vote);
    return true;
}

bool pbft_checks(const struct pbft *p, const struct hash *digest)
{
    bool open = false;
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        const struct stored_block *stored = &p->blocks[i];
        open = open || (stored->used && stored->verdict == VERDICT_ASKED &&
                        hash_equal(&stored->digest, digest));
    }
    return open;
}

enum pbft_status prepare_checked(struct pbft *p, const struct pbft_checked *checked)
{
    struct stored_block *stored = slot_find(p, &checked->digest);
    if (stored == NULL || stored->verdict != VERDICT_ASKED) {
        return PBFT_UNWANTED;
    }
    stored->verdict = checked->valid ? VERDICT_VALID : VERDICT_INVALID;
    if (!checked->valid) {
        pbft_trace(p, "refuse: its body is invalid", &stored->digest);
    }
    return PBFT_OK;
}
