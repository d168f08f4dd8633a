#include <string.h>

#include "market/disputes.h"
#include "market/opened.h"
#include "market/operands.h"
#include "market/rounds.h"

static bool read_value(struct native_call *call)
{
    const struct batch_value_operand *operand = call->operand;
    struct field_ext value;
    return field_ext_read(&value, operand->value) ||
           refuse(call, REFUSAL_VALUE_NOT_CANONICAL, 0, 0);
}

/* f_0j comes with E_j where there is a pad. */
static bool check_pad(struct native_call *call, bool padded)
{
    const struct batch_value_operand *operand = call->operand;
    size_t size = padded ? FIELD_EXT_SIZE : 0;
    struct field_ext value;
    if (operand->pad.size != size) {
        return refuse(call, REFUSAL_DECIDE_PAD, operand->pad.size, size);
    }
    return !padded || field_ext_read(&value, operand->pad.data) ||
           refuse(call, REFUSAL_PAD_NOT_CANONICAL, 0, 0);
}

static void store_pad_value(const struct round_work *work, unsigned server, struct bytes value)
{
    struct pad pad;
    pad_load(work, &pad);
    memcpy(pad.values[server - 1], value.data, sizeof(pad.values[0]));
    pad_store(work, &pad);
}

/* DECIDE and CHECK take the same message: one element of K. */
static bool post_value(struct native_call *call, enum round_phase phase)
{
    const struct batch_value_operand *operand = call->operand;
    struct round_work work;
    unsigned server = 0;
    if (!work_open(&work, call, operand->model, operand->round)) {
        return false;
    }
    bool padded = phase == PHASE_DECIDE && (work.view.terms.modes & MODE_PAD) != 0;
    bool posted =
        work_sender(&work, call, phase, &server) && read_value(call) && check_pad(call, padded);
    if (posted) {
        memcpy(work.round.values[server - 1], operand->value, sizeof(operand->value));
        if (padded) {
            store_pad_value(&work, server, operand->pad);
        }
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

/* V1 and V2 of pv-snip 5.5. */
static bool batch_holds(const struct round_work *work)
{
    struct shamir_values values;
    struct opened opened;
    work_values(work, &values);
    opened_load(&opened, work);
    enum norm_verdict verdict =
        norm_decide(&values, work->view.terms.threshold, work->round.liars, opened.batch);
    opened_close(&opened);
    assert(verdict != NORM_TOO_FEW && "enough servers are left");
    return verdict == NORM_ACCEPTED;
}

void round_close_decide(struct round_work *work)
{
    work_drop_silent(work, 1);
    if (!work_check_servers(work)) {
        return;
    }
    if (!batch_holds(work)) {
        work_enter(work, PHASE_FALLBACK, work->view.terms.fallback_window);
        return;
    }
    dispute_pad(work);
    round_enter_disputes(work);
}
