#include "consensus/pbft_state.h"

/* SPEC 3.4: With a quorum of PREPAREs for one block in its current round, a replica that holds and
 * accepts the block writes the prepared certificate and the block to its log, then sends COMMIT. It
 * never does so for a round it has left. */
bool commit_advance(struct pbft *p)
{
    if (!pbft_speaks(p) || p->committed) {
        return false;
    }
    const struct vote *like =
        log_quorum(p->log.prepares, p->present.count, p->present.quorum, &p->round);
    if (like == NULL) {
        return false;
    }
    struct stored_block *stored = slot_find(p, &like->digest);
    if (stored == NULL) {
        uint8_t signers[CERTIFICATE_BITMAP_SIZE];
        log_signers(signers, p->log.prepares, p->present.count, like);
        fetch_need(p, &like->digest, signers);
        return false;
    }
    if (!prepare_acceptable(p, stored)) {
        return false;
    }
    struct vote vote;
    if (!pbft_sign(p, &vote, VOTE_COMMIT, &stored->digest)) {
        return false;
    }
    log_certify(&p->prepared, p->log.prepares, p->present.count, like);
    p->has_prepared = true;
    slot_move(p, stored, SLOT_PREPARED);
    stored = &p->blocks[SLOT_PREPARED];
    (void)log_add(p->log.commits, &vote);
    p->committed = true;
    record_prepared(p, stored);
    pbft_trace(p, "commit", &stored->digest);
    struct buffer wire = {0};
    schema_write(&wire, &vote_schema, &vote);
    action_broadcast(p, buffer_bytes(&wire));
    buffer_close(&wire);
    return true;
}
