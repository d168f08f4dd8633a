#include "market/operands.h"
#include "market/proofs.h"
#include "market/rounds.h"
#include "market/terms.h"

static bool read_proof(struct native_call *call, struct norm_proof *out,
                       const struct norm_layout *layout, struct bytes input)
{
    switch (norm_proof_read(out, layout, input)) {
    case NORM_PROOF_OK:
        return true;
    case NORM_PROOF_SIZE:
        return refuse(call, REFUSAL_PROVE_SIZE, input.size, norm_proof_size(layout));
    case NORM_PROOF_ELEMENT:
        return refuse(call, REFUSAL_PROVE_NOT_CANONICAL, 0, 0);
    }
    assert(false && "unknown status");
    return false;
}

static bool find_committed(struct round_work *work, struct native_call *call, uint16_t *index,
                           struct participant *participant)
{
    if (work->round.phase != PHASE_PROVE) {
        return refuse(call, REFUSAL_PROVE_LATE, work->round.phase, PHASE_PROVE);
    }
    if (participant_seat(work, &call->sender, index)) {
        participant_load(work, *index, participant);
        if (participant->status == PARTICIPANT_PROVED) {
            return refuse(call, REFUSAL_PROVE_TWICE, *index, 0);
        }
        if (participant->status == PARTICIPANT_COMMITTED) {
            return true;
        }
    }
    return refuse(call, REFUSAL_PROVE_NO_COMMIT, work->round.number, work->round.model);
}

/* Whether the proof holds shows in DECIDE alone, in a batch: here it is replayed to where it waits for
 * beacon 2. */
static void store_proof(const struct round_work *work, uint16_t index,
                        const struct participant *participant, const struct norm_layout *layout,
                        const struct norm_proof *proof, struct bytes encoded)
{
    const struct norm_statement statement = proof_statement(work, participant);
    struct norm_replay replay;
    struct proof_record record = {.proof = encoded};
    struct market_key key;
    norm_replay(&replay, layout, &statement, proof);
    field_ext_write(record.claim, norm_outcome_of(&replay, proof).claim);
    key_proof(&key, work->round.model, work->round.number, index);
    record_store(work->state, &key, &proof_record_schema, &record);
}

static bool prove(struct round_work *work, struct native_call *call)
{
    const struct share_prove_operand *operand = call->operand;
    struct round *round = &work->round;
    struct participant participant;
    struct norm_layout layout;
    struct norm_proof proof;
    uint16_t index = 0;
    terms_layout(&layout, &work->view.terms);
    if (!find_committed(work, call, &index, &participant) ||
        !read_proof(call, &proof, &layout, operand->proof)) {
        return false;
    }
    store_proof(work, index, &participant, &layout, &proof, operand->proof);
    participant.status = PARTICIPANT_PROVED;
    participant_store(work, index, &participant);
    round->proved++;
    if (round->proved == round->committed) {
        work_end_phase(work);
    }
    work_store(work);
    struct event_participant event = {round->model, round->number, index, call->sender, 0};
    events_add(call->events, EVENT_SHARE_PROVED, &event);
    return true;
}

bool round_prove(struct native_call *call)
{
    const struct share_prove_operand *operand = call->operand;
    struct round_work work;
    if (!work_open(&work, call, operand->model, operand->round)) {
        return false;
    }
    bool proved = prove(&work, call);
    work_close(&work);
    return proved;
}

void round_close_prove(struct round_work *work)
{
    for (uint16_t i = 0; i < work->round.joined; i++) {
        struct participant participant;
        participant_load(work, i, &participant);
        if (participant.status == PARTICIPANT_COMMITTED) {
            participant_fine(work, i, &participant);
        }
    }
    if (work->round.proved < work->view.terms.owners_min) {
        round_abort(work, ABORT_TOO_FEW_OWNERS);
        return;
    }
    work_enter(work, PHASE_ACK, work->view.terms.ack_window);
}
