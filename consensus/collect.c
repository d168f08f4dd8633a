#include <stdlib.h>

#include "base/memory.h"
#include "consensus/pbft_state.h"

/* SPEC 3.4: In round 0 of a height whose set has more than 32 validators, PREPARE and COMMIT go to the
 * leader alone. It sends a quorum of them to all as one PREPARED or COMMITTED, which counts like the
 * votes that are in it. */

bool collect_on(const struct pbft *p)
{
    return block_rules_collect(&p->config.rules, p->present.count, p->round);
}

bool collect_by_self(const struct pbft *p)
{
    return pbft_votes(p) && collect_on(p) && electorate_leader(p) == p->present.self;
}

/* The leader's own votes are in what it collects. */
void collect_send(struct pbft *p, const struct vote *vote)
{
    if (collect_by_self(p)) {
        return;
    }
    struct buffer wire = {0};
    schema_write(&wire, &vote_schema, vote);
    if (collect_on(p)) {
        action_send(p, vote->height, electorate_leader(p), buffer_bytes(&wire));
    } else {
        action_broadcast(p, buffer_bytes(&wire));
    }
    buffer_close(&wire);
}

/* `to` NULL: to everybody. False where there is no signature for it. */
static bool show(struct pbft *p, enum vote_type type, const struct collected *collected,
                 const uint32_t *to)
{
    struct vote head;
    if (!pbft_sign(p, &head, type, &collected->certificate.digest)) {
        return false;
    }
    struct message *message = memory_new(sizeof(*message));
    message->vote = head;
    message->has_certificate = true;
    message->certificate = collected->certificate;
    struct buffer wire = {0};
    message_encode(&wire, message);
    if (to == NULL) {
        action_broadcast(p, buffer_bytes(&wire));
    } else {
        action_send(p, head.height, *to, buffer_bytes(&wire));
    }
    buffer_close(&wire);
    free(message);
    return true;
}

static bool collect(struct pbft *p, enum vote_type type, const struct vote_slot *slots,
                    struct collected *out)
{
    const struct vote *like = log_quorum(slots, p->present.count, p->present.quorum, &p->round);
    if (out->present || like == NULL) {
        return false;
    }
    log_certify(&out->certificate, slots, p->present.count, like);
    out->present = show(p, type, out, NULL);
    if (out->present) {
        pbft_trace(p, type == VOTE_PREPARED ? "collected prepares" : "collected commits",
                   &like->digest);
    }
    return out->present;
}

/* Before anything else: COMMITTED must leave in the height that it ends. */
bool collect_advance(struct pbft *p)
{
    return collect_by_self(p) && pbft_speaks(p) &&
           (collect(p, VOTE_PREPARED, p->log.prepares, p->log.prepared) ||
            collect(p, VOTE_COMMITTED, p->log.commits, p->log.committed));
}

bool collect_wants(const struct pbft *p, const struct vote *vote)
{
    bool now = vote->height == pbft_height(p);
    const struct height_log *log = now ? &p->log : &p->next;
    if (vote->type == VOTE_COMMITTED) {
        return !log->committed->present;
    }
    return pbft_votes(p) && !log->prepared->present &&
           !(now && (p->committed || vote->round < p->round));
}

enum pbft_status collect_receive(struct pbft *p, struct height_log *log,
                                 const struct message *message)
{
    struct collected *collected =
        message->vote.type == VOTE_PREPARED ? log->prepared : log->committed;
    if (!collect_wants(p, &message->vote)) {
        return PBFT_STALE;
    }
    *collected = (struct collected){true, message->certificate};
    pbft_trace(p, message->vote.type == VOTE_PREPARED ? "prepared" : "committed",
               &message->vote.digest);
    return PBFT_OK;
}

void collect_repeat(struct pbft *p, uint32_t to)
{
    if (collect_by_self(p) && p->log.prepared->present) {
        (void)show(p, VOTE_PREPARED, p->log.prepared, &to);
    }
}
