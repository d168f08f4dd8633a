#include "market/rounds.h"

/* <eq(sigma), A> of the aggregate that was posted: a blob of this block's past. */
static struct field_ext evaluate(const struct round_work *work)
{
    struct bytes aggregate = work_aggregate(work);
    struct multilinear form;
    struct field_ext value;
    uint32_t dimension = work->view.terms.dimension;
    aggregate_check_form(&form, &work->round.check_beacon, dimension);
    bool canonical = aggregate_evaluate(&value, &form, aggregate, dimension, NULL);
    assert(canonical && "the instruction refuses others");
    (void)canonical;
    multilinear_close(&form);
    return value;
}

static void convict_all(struct round_work *work, uint32_t set)
{
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        if (shamir_set_has(set, server)) {
            work_convict(work, server, PENALTY_CHECK);
        }
    }
}

/* The aggregate is not the sum: its leader goes, and the next one gets its turn. */
static void reject_aggregate(struct round_work *work)
{
    work_convict(work, work->round.leader, PENALTY_AGGREGATE);
    if (work_check_servers(work)) {
        round_enter_aggregate(work);
    }
}

static void finish_check(struct round_work *work)
{
    if ((work->view.terms.modes & MODE_CREDIT) != 0) {
        work_enter(work, PHASE_CREDITS, work->view.terms.credit_window);
        return;
    }
    round_settle(work);
}

void round_close_check(struct round_work *work)
{
    struct shamir_values values;
    uint32_t off = 0;
    work_drop_silent(work, 1);
    if (!work_check_servers(work)) {
        return;
    }
    work_values(work, &values);
    struct field_ext claimed = evaluate(work);
    enum aggregate_result result =
        aggregate_check(&values, work->view.terms.threshold, work->round.liars, claimed, &off);
    convict_all(work, off);
    switch (result) {
    case AGGREGATE_ACCEPTED:
        finish_check(work);
        return;
    case AGGREGATE_SUM_WRONG:
        reject_aggregate(work);
        return;
    case AGGREGATE_TOO_FEW:
        round_abort(work, ABORT_TOO_FEW_SERVERS);
        return;
    case AGGREGATE_INCONSISTENT:
        round_abort(work, ABORT_INCONSISTENT);
        return;
    }
    assert(false && "unknown result");
}
