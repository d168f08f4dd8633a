#include "consensus/pbft_state.h"

/* A quorum of PREPAREs for one block in the current round, counted here or by the leader. */
static bool find_prepared(const struct pbft *p, struct certificate *out)
{
    const struct vote *like =
        log_quorum(p->log.prepares, p->present.count, p->present.quorum, &p->round);
    if (like != NULL) {
        log_certify(out, p->log.prepares, p->present.count, like);
        return true;
    }
    if (p->log.prepared->present && p->log.prepared->certificate.round == p->round) {
        *out = p->log.prepared->certificate;
        return true;
    }
    return false;
}

/* SPEC 3.4: With a quorum of PREPAREs for one block in its current round, a replica that holds and
 * accepts the block writes the prepared certificate and the block to its log, then sends COMMIT. It
 * never does so for a round it has left. */
bool commit_advance(struct pbft *p)
{
    struct certificate prepared;
    if (!pbft_speaks(p) || p->committed || !find_prepared(p, &prepared)) {
        return false;
    }
    struct stored_block *stored = slot_find(p, &prepared.digest);
    if (stored == NULL) {
        fetch_need(p, &prepared.digest, prepared.signers, p->present.self);
        return false;
    }
    if (!prepare_acceptable(p, stored)) {
        return false;
    }
    struct vote vote;
    if (!pbft_sign(p, &vote, VOTE_COMMIT, &stored->digest)) {
        return false;
    }
    p->prepared = prepared;
    p->has_prepared = true;
    slot_move(p, stored, SLOT_PREPARED);
    stored = &p->blocks[SLOT_PREPARED];
    (void)log_add(p->log.commits, &vote);
    p->committed = true;
    record_prepared(p, stored);
    pbft_trace(p, "commit", &stored->digest);
    collect_send(p, &vote);
    return true;
}
