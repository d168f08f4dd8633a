#include "market/acks.h"
#include "market/operands.h"
#include "market/rounds.h"
#include "market/seals.h"

static bool find_missing(const struct round_work *work, struct native_call *call, unsigned server,
                         uint16_t *index)
{
    struct participant participant;
    if (work->round.phase != PHASE_PUBLISH) {
        return refuse(call, REFUSAL_PUBLISH_LATE, work->round.phase, PHASE_PUBLISH);
    }
    if (!participant_seat(work, &call->sender, index)) {
        return refuse(call, REFUSAL_PUBLISH_NO_SEAT, work->round.number, work->round.model);
    }
    participant_load(work, *index, &participant);
    if (participant.status != PARTICIPANT_PROVED) {
        return refuse(call, REFUSAL_PUBLISH_NO_SEAT, work->round.number, work->round.model);
    }
    bool missing =
        server >= 1 && server <= work->view.terms.server_count && ack_missing(work, server, *index);
    return missing || refuse(call, REFUSAL_PUBLISH_NOT_MISSING, server, *index);
}

/* Too much was published: who misses most leaves, while it can be spared. What was published for it
 * counts no more, as nobody needs it. Where none can be spared the round ends: round_close_publish(). */
static void hold_cap(struct round_work *work, uint64_t size)
{
    struct round *round = &work->round;
    while (round->published > work->view.terms.publish_cap &&
           work_active_count(work) > work_threshold(work)) {
        unsigned server = ack_deafest(work, 0);
        if (server == 0) {
            return; /* Nothing is missing any more: what is published is all there will be. */
        }
        uint64_t before = ack_published_count(work, server) * size;
        ack_drop_server(work, server);
        round->published -= before;
        round->missing = ack_missing_total(work);
    }
}

static bool over_cap(const struct round_work *work)
{
    return work->round.published > work->view.terms.publish_cap && work->round.missing > 0;
}

static bool publish(struct round_work *work, struct native_call *call)
{
    const struct share_publish_operand *operand = call->operand;
    struct round *round = &work->round;
    struct sealed sealed;
    uint16_t index = 0;
    uint64_t gas = call->sidecar.size / FIELD_SIZE * ROUND_ELEMENT_GAS +
                   (uint64_t)round->joined * ROUND_OWNER_GAS;
    if (!find_missing(work, call, operand->server, &index) || !native_charge(call, gas)) {
        return false;
    }
    sealed_load(&sealed, work, index, operand->server);
    if (!sealed_check(&sealed, call, call->sidecar, operand->roots, operand->roots2)) {
        return false;
    }
    ack_published(work, index, operand->server);
    round->published += call->sidecar.size;
    round->missing--;
    hold_cap(work, call->sidecar.size);
    if (round->missing == 0 || over_cap(work)) {
        work_end_phase(work);
    }
    work_store(work);
    round_event_published(work, call, index, operand->server);
    return true;
}

void round_event_published(const struct round_work *work, struct native_call *call, uint16_t index,
                           unsigned server)
{
    struct event_share_published event = {.model = work->round.model,
                                          .round = work->round.number,
                                          .index = index,
                                          .number = (uint8_t)server,
                                          .root = call->sidecar_root,
                                          .size = (uint32_t)call->sidecar.size};
    events_add(call->events, EVENT_SHARE_PUBLISHED, &event);
}

bool round_publish(struct native_call *call)
{
    const struct share_publish_operand *operand = call->operand;
    struct round_work work;
    if (!work_open(&work, call, operand->model, operand->round)) {
        return false;
    }
    bool done =
        work.round.phase == PHASE_PAD ? round_pad_publish(&work, call) : publish(&work, call);
    work_close(&work);
    return done;
}

static bool held_by_all(const struct round_work *work, uint16_t index)
{
    for (unsigned server = 1; server <= work->view.terms.server_count; server++) {
        if (ack_missing(work, server, index)) {
            return false;
        }
    }
    return true;
}

void round_accept_owners(struct round_work *work)
{
    for (uint16_t i = 0; i < work->round.joined; i++) {
        struct participant participant;
        participant_load(work, i, &participant);
        if (participant.status != PARTICIPANT_PROVED) {
            continue;
        }
        if (!held_by_all(work, i)) {
            participant_drop(work, i, &participant);
            continue;
        }
        participant.status = PARTICIPANT_ACCEPTED;
        participant_store(work, i, &participant);
        work->round.accepted++;
    }
    if (work->round.accepted < work->view.terms.owners_min) {
        round_abort(work, ABORT_TOO_FEW_OWNERS);
        return;
    }
    acks_erase(work);
    work_enter_beacon(work, PHASE_DECIDE_BEACON);
}

void round_close_publish(struct round_work *work)
{
    if (over_cap(work)) {
        round_abort(work, ABORT_PUBLISH_CAP);
        return;
    }
    round_accept_owners(work);
}
