#include "market/operands.h"
#include "market/participants.h"
#include "market/rounds.h"

bool round_take_ephemeral(struct native_call *call, const struct public_key *ephemeral)
{
    struct market_key key;
    struct bytes value;
    key_ephemeral(&key, ephemeral);
    if (state_get(call->state, key_bytes(&key), &value)) {
        return refuse(call, REFUSAL_COMMIT_KEY_USED, 0, 0);
    }
    state_put(call->state, key_bytes(&key), (struct bytes){0});
    return true;
}

static bool commit(struct round_work *work, struct native_call *call)
{
    const struct share_commit_operand *operand = call->operand;
    struct round *round = &work->round;
    struct participant participant;
    uint16_t index = 0;
    if (round->phase != PHASE_COMMIT) {
        return refuse(call, REFUSAL_COMMIT_LATE, round->phase, PHASE_COMMIT);
    }
    if (!participant_seat(work, &call->sender, &index)) {
        return refuse(call, REFUSAL_COMMIT_NO_SEAT, round->number, round->model);
    }
    participant_load(work, index, &participant);
    if (participant.status != PARTICIPANT_JOINED) {
        return refuse(call, REFUSAL_COMMIT_TWICE, index, 0);
    }
    const struct share_commitment commitment = {operand->ephemeral, operand->root, operand->proof};
    if (!share_commitment_valid(&commitment, &round->context, &participant.owner_key)) {
        return refuse(call, REFUSAL_COMMIT_PROOF_WRONG, 0, 0);
    }
    if (!round_take_ephemeral(call, &operand->ephemeral)) {
        return false;
    }
    participant.status = PARTICIPANT_COMMITTED;
    participant.committed_height = call->block->height;
    participant.ephemeral = operand->ephemeral;
    participant.root = operand->root;
    participant_store(work, index, &participant);
    round->committed++;
    if (round->committed == work->view.terms.owners_max) {
        work_end_phase(work);
    }
    work_store(work);
    struct event_participant event = {round->model, round->number, index, call->sender, 0};
    events_add(call->events, EVENT_ROUND_COMMITTED, &event);
    return true;
}

bool round_commit(struct native_call *call)
{
    const struct share_commit_operand *operand = call->operand;
    struct round_work work;
    if (!work_open(&work, call, operand->model, operand->round)) {
        return false;
    }
    bool committed = commit(&work, call);
    work_close(&work);
    return committed;
}

void round_close_commit(struct round_work *work)
{
    for (uint16_t i = 0; i < work->round.joined; i++) {
        struct participant participant;
        participant_load(work, i, &participant);
        if (participant.status == PARTICIPANT_JOINED) {
            participant_forfeit(work, i, &participant);
        }
    }
    if (work->round.committed < work->view.terms.owners_min) {
        round_abort(work, ABORT_TOO_FEW_OWNERS);
        return;
    }
    work_enter_beacon(work, PHASE_PROVE_BEACON);
}
