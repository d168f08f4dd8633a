#include "market/disputes.h"
#include "market/opened.h"
#include "market/operands.h"
#include "market/rounds.h"

static bool check_values(struct native_call *call, struct bytes values)
{
    for (size_t i = 0; i < values.size / FIELD_EXT_SIZE; i++) {
        struct field_ext value;
        if (!field_ext_read(&value, values.data + i * FIELD_EXT_SIZE)) {
            return refuse(call, REFUSAL_FALLBACK_NOT_CANONICAL, i, 0);
        }
    }
    return true;
}

static bool fallback(struct round_work *work, struct native_call *call)
{
    const struct batch_fallback_operand *operand = call->operand;
    const struct round *round = &work->round;
    size_t size = (size_t)round->accepted * FIELD_EXT_SIZE;
    unsigned server;
    if (!work_sender(work, call, PHASE_FALLBACK, &server)) {
        return false;
    }
    if (operand->values.size != size) {
        return refuse(call, REFUSAL_FALLBACK_SIZE, operand->values.size, size);
    }
    if (!native_charge(call, (uint64_t)round->accepted * ROUND_OWNER_GAS * 2) ||
        !check_values(call, operand->values)) {
        return false;
    }
    struct market_key key;
    key_values(&key, round->model, round->number, (uint8_t)server);
    state_put(call->state, key_bytes(&key), operand->values);
    work_posted(work, server);
    return true;
}

bool round_fallback(struct native_call *call)
{
    const struct batch_fallback_operand *operand = call->operand;
    struct round_work work;
    if (!work_open(&work, call, operand->model, operand->round)) {
        return false;
    }
    bool done = fallback(&work, call);
    work_close(&work);
    return done;
}

/* A server whose opened values do not give what it posted in DECIDE lied in one of the two. */
static void convict_liars(struct round_work *work, const struct opened *opened)
{
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        struct field_ext posted;
        if (!work_active(work, server)) {
            continue;
        }
        bool canonical = field_ext_read(&posted, work->round.values[server - 1]);
        assert(canonical && "the instruction refuses others");
        (void)canonical;
        if (!aggregate_values_match(posted, opened->gammas, opened->values[server - 1],
                                    opened->owners.count)) {
            work_convict(work, server, PENALTY_DECIDE);
        }
    }
}

/* Pv-snip 5.5 and 4.3: an owner with values on one polynomial stays or is guilty; one without is in
 * dispute, unless so many values are off that no servers' lies explain it. */
static void judge_owners(struct round_work *work, const struct opened *opened)
{
    uint8_t degree = work->view.terms.threshold;
    uint32_t suspects = 0;
    for (uint32_t i = 0; i < opened->owners.count; i++) {
        struct shamir_values values;
        opened_owner(opened, work, i, &values);
        enum norm_verdict verdict =
            norm_decide(&values, degree, work->round.liars, opened->constants[i]);
        if (verdict == NORM_FALSE) {
            dispute_guilty(work, opened->owners.indexes[i], NULL, 0);
        } else if (verdict == NORM_INCONSISTENT) {
            dispute_open(work, opened->owners.indexes[i], &values, &suspects);
        }
    }
}

void round_close_fallback(struct round_work *work)
{
    struct opened opened;
    /* Twice the penalty: silence here hides who made the fallback necessary. */
    work_drop_silent(work, 2);
    opened_load(&opened, work);
    opened_load_values(&opened, work);
    convict_liars(work, &opened);
    opened_erase_values(work);
    if (work_check_servers(work)) {
        judge_owners(work, &opened);
        dispute_pad(work);
        round_enter_disputes(work);
    }
    opened_close(&opened);
}
