#include <string.h>

#include "market/operands.h"
#include "market/rounds.h"

/* DECIDE and CHECK begin with the same message: one element of K. */
static bool post_value(struct native_call *call, enum round_phase phase)
{
    const struct batch_value_operand *operand = call->operand;
    struct round_work work;
    struct field_ext value;
    unsigned server = 0;
    if (!work_open(&work, call, operand->model, operand->round)) {
        return false;
    }
    bool posted = work_sender(&work, call, phase, &server);
    if (posted && !field_ext_read(&value, operand->value)) {
        posted = refuse(call, REFUSAL_VALUE_NOT_CANONICAL, 0, 0);
    }
    if (posted) {
        memcpy(work.round.values[server - 1], operand->value, sizeof(operand->value));
        work_posted(&work, server);
    }
    work_close(&work);
    return posted;
}

bool round_decide(struct native_call *call)
{
    return post_value(call, PHASE_DECIDE);
}

bool round_check(struct native_call *call)
{
    return post_value(call, PHASE_CHECK);
}

void round_close_decide(struct round_work *work)
{
    struct shamir_values values;
    work_drop_silent(work, 1);
    if (!work_check_servers(work)) {
        return;
    }
    work_values(work, &values);
    switch (aggregate_decide(&values, work->view.terms.threshold, work->round.liars)) {
    case AGGREGATE_ACCEPTED:
        round_enter_aggregate(work);
        return;
    case AGGREGATE_INCONSISTENT:
        work_enter(work, PHASE_FALLBACK, work->view.terms.fallback_window);
        return;
    case AGGREGATE_TOO_FEW:
    case AGGREGATE_SUM_WRONG:
        break;
    }
    assert(false && "enough servers posted, and there is no aggregate yet");
}
