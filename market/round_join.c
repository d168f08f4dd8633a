#include "market/operands.h"
#include "market/participants.h"
#include "market/roles.h"
#include "market/rounds.h"

static bool check_seat(const struct round_work *work, struct native_call *call,
                       struct market_key *seat)
{
    const struct round *round = &work->round;
    struct bytes value;
    if (round->phase != PHASE_COMMIT) {
        return refuse(call, REFUSAL_JOIN_LATE, round->phase, PHASE_COMMIT);
    }
    key_seat(seat, round->model, round->number, &call->sender);
    if (state_get(call->state, key_bytes(seat), &value)) {
        struct bcs_reader reader;
        bcs_reader_init(&reader, value);
        return refuse(call, REFUSAL_JOIN_TWICE, bcs_read_u16(&reader), 0);
    }
    if (round->joined >= work->view.terms.owners_max) {
        return refuse(call, REFUSAL_JOIN_ROUND_FULL, round->joined, work->view.terms.owners_max);
    }
    return true;
}

static bool join(struct round_work *work, struct native_call *call)
{
    struct round *round = &work->round;
    struct market_key seat;
    uint64_t stake = work->view.terms.owner_stake;
    if (!check_seat(work, call, &seat) || !account_take(call, stake, REFUSAL_JOIN_STAKE)) {
        return false;
    }
    struct buffer value = {0};
    bcs_write_u16(&value, round->joined);
    state_put(call->state, key_bytes(&seat), buffer_bytes(&value));
    buffer_close(&value);

    uint16_t index = round->joined++;
    round->stakes += stake;
    struct participant participant = {.owner = call->sender,
                                      .owner_key = call->sender_key,
                                      .status = PARTICIPANT_JOINED,
                                      .stake = stake};
    participant_store(work, index, &participant);
    work_store(work);
    struct event_participant event = {round->model, round->number, index, call->sender, stake};
    events_add(call->events, EVENT_ROUND_JOINED, &event);
    return true;
}

bool round_join(struct native_call *call)
{
    const struct round_operand *operand = call->operand;
    struct round_work work;
    if (!role_require(call, ROLE_CONTRIBUTOR) ||
        !work_open(&work, call, operand->model, operand->round)) {
        return false;
    }
    bool joined = join(&work, call);
    work_close(&work);
    return joined;
}
