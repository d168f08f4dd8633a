#include "market/disputes.h"
#include "market/opened.h"
#include "market/operands.h"
#include "market/rounds.h"

/* Which dispute the sender may speak for. */
static bool find_dispute(const struct round_work *work, struct native_call *call, uint16_t *index,
                         struct dispute *dispute)
{
    const struct share_claim_operand *operand = call->operand;
    *index = MARKET_PAD_SEAT;
    if (work->round.phase != PHASE_CLAIM) {
        return refuse(call, REFUSAL_CLAIM_LATE, work->round.phase, PHASE_CLAIM);
    }
    bool own = operand->pad ? address_equal(&call->sender, &work->view.model.owner)
                            : participant_seat(work, &call->sender, index);
    if (!own || !dispute_load(work, *index, dispute) || dispute->named || dispute->claimed) {
        return refuse(call, REFUSAL_CLAIM_NO_DISPUTE, *index, 0);
    }
    return true;
}

static bool read_claim(struct native_call *call, const struct dispute *dispute,
                       struct shamir_values *out)
{
    const struct share_claim_operand *operand = call->operand;
    size_t size = shamir_set_count(dispute->posted) * FIELD_EXT_SIZE;
    size_t at = 0;
    if (operand->values.size != size) {
        return refuse(call, REFUSAL_CLAIM_SIZE, operand->values.size, size);
    }
    *out = (struct shamir_values){0};
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        struct field_ext value;
        if (!shamir_set_has(dispute->posted, server)) {
            continue;
        }
        if (!field_ext_read(&value, operand->values.data + at * FIELD_EXT_SIZE)) {
            return refuse(call, REFUSAL_CLAIM_NOT_CANONICAL, at, 0);
        }
        shamir_values_set(out, server, value);
        at++;
    }
    return true;
}

/* What the polynomial must be at 0, negated: known of an owner; of the pad whatever it is. */
static struct field_ext constant_of(const struct round_work *work, uint16_t index,
                                    const struct shamir_values *claimed)
{
    uint32_t first = 0;
    unsigned degree = work->view.terms.threshold;
    if (index != MARKET_PAD_SEAT) {
        return opened_constant(work, index);
    }
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        if (shamir_set_count(first) <= degree) {
            first |= claimed->servers & shamir_set_of(server);
        }
    }
    return field_ext_sub(field_ext_of(0), shamir_interpolate(claimed, first, degree, 0));
}

static void judge(struct round_work *work, uint16_t index, struct dispute *dispute,
                  const struct shamir_values *claimed)
{
    struct shamir_values posted;
    uint32_t blamed;
    dispute_values(dispute, &posted);
    enum norm_dispute verdict =
        norm_dispute_claim(claimed, &posted, work->view.terms.threshold, work->round.liars,
                           constant_of(work, index, claimed), &blamed);
    dispute->claimed = true;
    if (verdict == NORM_BLAMED) {
        dispute->blamed = (uint16_t)blamed;
    } else {
        dispute->resolved = true;
        dispute_guilty(work, index, NULL, 0);
    }
    dispute_store(work, index, dispute);
    struct event_dispute_opened event = {work->round.model, work->round.number, index,
                                         dispute->blamed};
    events_add(work->events, EVENT_SHARE_CLAIMED, &event);
}

static bool claim(struct round_work *work, struct native_call *call)
{
    struct dispute dispute = {0};
    struct shamir_values claimed = {0};
    uint16_t index = 0;
    if (!find_dispute(work, call, &index, &dispute) || !read_claim(call, &dispute, &claimed)) {
        return false;
    }
    judge(work, index, &dispute, &claimed);
    work->round.disputes--;
    if (work->round.disputes == 0) {
        work_end_phase(work);
    }
    work_store(work);
    return true;
}

bool round_claim(struct native_call *call)
{
    const struct share_claim_operand *operand = call->operand;
    struct round_work work;
    if (!work_open(&work, call, operand->model, operand->round)) {
        return false;
    }
    bool done = claim(&work, call);
    work_close(&work);
    return done;
}

/* An owner that does not speak for its shares goes, with its stake: silence proves nothing. */
static void drop_silent(struct round_work *work, uint16_t index, struct dispute *dispute)
{
    if (dispute->named || dispute->claimed || index == MARKET_PAD_SEAT) {
        return;
    }
    struct participant participant;
    participant_load(work, index, &participant);
    participant_drop(work, index, &participant);
    work->round.accepted--;
    dispute->resolved = true;
    dispute_store(work, index, dispute);
}

void round_close_claim(struct round_work *work)
{
    struct dispute pad;
    dispute_each(work, drop_silent);
    bool silent = dispute_load(work, MARKET_PAD_SEAT, &pad) && !pad.named && !pad.claimed;
    if (silent && !work->round.pad_guilty) {
        round_abort(work, ABORT_PAD);
        return;
    }
    round_enter_disputes(work);
}
