#include <stdlib.h>

#include "base/memory.h"
#include "consensus/pbft_state.h"

/* SPEC 3.5: The timer of round r runs T0 times 1.5^(r - b), at most 30 seconds, where b is the round in
 * which the replica last saw its connections grow to a quorum, or 0. */
uint64_t round_timeout_ms(const struct pbft *p, uint32_t round)
{
    uint64_t timeout_ms = p->config.round_timeout_ms;
    for (uint32_t r = p->round_base; r < round && timeout_ms < PBFT_TIMEOUT_MS_MAX; r++) {
        timeout_ms += timeout_ms / 2 + 1;
    }
    return timeout_ms < PBFT_TIMEOUT_MS_MAX ? timeout_ms : PBFT_TIMEOUT_MS_MAX;
}

/* SPEC 3.5: In a round above 0 the timer runs once a quorum has changed to that round or a higher
 * one. So nobody runs ahead of the others, and rounds do not grow while a quorum is out of reach. */
static bool quorum_arrived(const struct pbft *p)
{
    uint32_t arrived = 0;
    for (uint32_t i = 0; i < p->present.count; i++) {
        const struct change_slot *slot = &p->log.changes[i];
        arrived += slot->present && slot->vote.round >= p->round ? 1 : 0;
    }
    return arrived >= p->present.quorum;
}

/* SPEC 3.5: In round 0 the timer runs while a block is due: there is work and the block before was
 * executed, or a proposal, a prepared certificate, or votes of more than f validators, show that others
 * wait. */
static bool block_due(const struct pbft *p)
{
    uint32_t voters = 0;
    bool prepared = p->has_prepared || p->log.prepared->present || p->log.committed->present;
    for (uint32_t i = 0; i < p->present.count; i++) {
        voters += p->log.prepares[i].present || p->log.commits[i].present ? 1 : 0;
        prepared = prepared || (p->log.changes[i].present && p->log.changes[i].prepared.present);
    }
    return (p->work && p->executed == p->decided) || p->log.proposal.present || prepared ||
           voters > p->present.faults;
}

void round_timer_restart(struct pbft *p)
{
    uint64_t timeout_ms = round_timeout_ms(p, p->round);
    p->timer_running = true;
    p->timer_deadline_ms = p->now_ms + timeout_ms;
    action_timer(p, PBFT_TIMER_ROUND, timeout_ms);
}

void round_timer_update(struct pbft *p)
{
    bool due = pbft_speaks(p) && (p->round == 0 ? block_due(p) : quorum_arrived(p));
    if (due && !p->timer_running) {
        round_timer_restart(p);
    } else if (!due && p->timer_running) {
        p->timer_running = false;
        action_stop_timer(p, PBFT_TIMER_ROUND);
    }
}

enum pbft_status round_timer_out(struct pbft *p)
{
    if (!p->timer_running) {
        return PBFT_STALE;
    }
    if (p->now_ms < p->timer_deadline_ms) {
        action_timer(p, PBFT_TIMER_ROUND, p->timer_deadline_ms - p->now_ms);
        return PBFT_OK;
    }
    pbft_trace(p, "timeout", NULL);
    p->timer_running = false;
    if (p->round < UINT32_MAX) {
        round_change_enter(p, p->round + 1);
    }
    return PBFT_OK;
}

bool round_change_make(struct pbft *p)
{
    struct change_slot *slot = &p->log.changes[p->present.self];
    struct message_prepared prepared = {0};
    if (p->has_prepared) {
        prepared = (struct message_prepared){true, p->prepared.round, p->prepared.digest};
    }
    struct hash digest;
    struct vote vote;
    message_prepared_hash(&digest, &prepared);
    if (!pbft_sign(p, &vote, VOTE_ROUND_CHANGE, &digest)) {
        return false;
    }
    slot->present = true;
    slot->vote = vote;
    slot->prepared = prepared;
    slot->certificate = p->prepared;
    return true;
}

void round_change_encode(struct pbft *p, struct buffer *out, uint32_t sender)
{
    const struct change_slot *slot = &p->log.changes[sender];
    struct message *message = memory_new(sizeof(*message));
    message->vote = slot->vote;
    message->prepared = slot->prepared;
    message->has_certificate = slot->prepared.present;
    message->certificate = slot->certificate;
    message_encode(out, message);
    free(message);
}

/* Did it say that it changed to its round? It did not where the signer was away. */
static bool is_said(const struct pbft *p)
{
    const struct change_slot *own = &p->log.changes[p->present.self];
    return own->present && own->vote.round == p->round;
}

static bool say_change(struct pbft *p)
{
    if (!round_change_make(p)) {
        return false;
    }
    pbft_trace(p, "round change", p->has_prepared ? &p->prepared.digest : NULL);
    struct buffer wire = {0};
    round_change_encode(p, &wire, p->present.self);
    action_broadcast(p, buffer_bytes(&wire));
    buffer_close(&wire);
    return true;
}

void round_change_enter(struct pbft *p, uint32_t round)
{
    assert(round > p->round);
    p->round = round;
    p->building = false;
    p->proposed = false;
    p->voted = false;
    p->committed = false;
    p->spent = false;
    p->log.proposal.present = false;
    if (!pbft_votes(p)) {
        return;
    }
    record_round(p);
    (void)say_change(p);
    if (p->timer_running) {
        p->timer_running = false;
        action_stop_timer(p, PBFT_TIMER_ROUND);
    }
}

bool round_change_forced(struct pbft *p)
{
    if (p->least_round <= p->round || !pbft_speaks(p)) {
        return false;
    }
    round_change_enter(p, p->least_round);
    return true;
}

/* SPEC 3.5: When more than f validators have changed to higher rounds, a replica follows to the
 * highest round that more than f of them have reached. */
bool round_change_advance(struct pbft *p)
{
    if (p->round > 0 && pbft_speaks(p) && !is_said(p)) {
        return say_change(p);
    }
    uint32_t rounds[VALIDATORS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->present.count; i++) {
        const struct change_slot *slot = &p->log.changes[i];
        if (!slot->present || slot->vote.round <= p->round) {
            continue;
        }
        uint32_t place = count++;
        for (; place > 0 && rounds[place - 1] < slot->vote.round; place--) {
            rounds[place] = rounds[place - 1];
        }
        rounds[place] = slot->vote.round;
    }
    if (count <= p->present.faults) {
        return false;
    }
    round_change_enter(p, rounds[p->present.faults]);
    return true;
}

enum pbft_status round_change_receive(struct pbft *p, struct height_log *log,
                                      const struct message *message)
{
    const struct vote *vote = &message->vote;
    struct change_slot *slot = &log->changes[vote->sender];
    const struct vote_slot known = {slot->present, slot->vote};
    switch (log_compare(&known, vote)) {
    case LOG_KNOWN:
    case LOG_OLD:
        return PBFT_STALE;
    case LOG_CONFLICT:
        action_evidence(p, &slot->vote, vote);
        return PBFT_CONFLICT;
    case LOG_NEW:
        break;
    }
    slot->present = true;
    slot->vote = *vote;
    slot->prepared = message->prepared;
    if (message->prepared.present) {
        slot->certificate = message->certificate;
    }
    return PBFT_OK;
}
