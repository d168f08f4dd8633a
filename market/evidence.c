#include "market/evidence.h"

#include "market/accounts.h"
#include "market/events.h"
#include "market/ledger.h"
#include "market/members.h"
#include "market/operands.h"

#define GAS_MAX 60000 /* of the instruction, with room for what it may cost later */

static bool check_height(struct native_call *call, uint64_t height)
{
    uint64_t now = call->block->height;
    if (height == 0 || height > now) {
        return refuse(call, REFUSAL_EVIDENCE_FUTURE, height, now);
    }
    if (now - height > EVIDENCE_AGE_MAX) {
        return refuse(call, REFUSAL_EVIDENCE_OLD, now - height, EVIDENCE_AGE_MAX);
    }
    return true;
}

static bool check_proof(struct native_call *call, const struct evidence_operand *evidence)
{
    struct validators set;
    members_load(call->state, evidence->conflict.height, &set);
    if (validators_find(&set, &evidence->validator) == VALIDATORS_NONE) {
        return refuse(call, REFUSAL_EVIDENCE_SENDER, evidence->conflict.height, set.count);
    }
    if (!conflict_verify(&evidence->conflict, &call->block->chain_id, &evidence->validator, NULL,
                         0)) {
        return refuse(call, REFUSAL_EVIDENCE_FALSE, evidence->conflict.height,
                      evidence->conflict.type);
    }
    return true;
}

/* Height up to which everything is forgiven; 0: nothing is. */
static uint64_t pardoned_until(struct state *state, const struct public_key *offender)
{
    struct market_key key;
    struct pardon pardon;
    key_pardon(&key, offender);
    return record_load(state, &key, &pardon_schema, &pardon) ? pardon.height : 0;
}

static bool check_pardon(struct native_call *call, const struct public_key *offender,
                         uint64_t height)
{
    uint64_t until = pardoned_until(call->state, offender);
    return height > until || refuse(call, REFUSAL_EVIDENCE_PARDONED, height, until);
}

bool evidence_submit(struct native_call *call)
{
    const struct evidence_operand *evidence = call->operand;
    const struct conflict *conflict = &evidence->conflict;
    struct validators set;
    if (!check_height(call, conflict->height) || !check_proof(call, evidence) ||
        !check_pardon(call, &evidence->validator, conflict->height)) {
        return false;
    }
    members_newest(call->state, &set);
    uint32_t index = validators_find(&set, &evidence->validator);
    if (index == VALIDATORS_NONE) {
        return refuse(call, REFUSAL_EVIDENCE_GONE, conflict->height, set.count);
    }
    if (set.list[index].jailed) {
        return refuse(call, REFUSAL_EVIDENCE_JAILED, index, set.count);
    }
    set.list[index].jailed = true;
    members_change(call, &set);
    struct event_validator_jailed event = {evidence->validator, conflict->height, conflict->round,
                                           conflict->type};
    events_add(call->events, EVENT_VALIDATOR_JAILED, &event);
    return true;
}

enum evidence_outlook evidence_foresee(struct state *state, uint64_t executed,
                                       const struct public_key *validator, uint64_t height)
{
    struct validators set;
    const uint64_t next = executed + 1;
    if (height > next) {
        return EVIDENCE_EARLY;
    }
    members_load(state, height, &set);
    if (next - height > EVIDENCE_AGE_MAX || validators_find(&set, validator) == VALIDATORS_NONE) {
        return EVIDENCE_VAIN;
    }
    members_newest(state, &set);
    uint32_t index = validators_find(&set, validator);
    bool jails = index != VALIDATORS_NONE && !set.list[index].jailed &&
                 height > pardoned_until(state, validator);
    return jails ? EVIDENCE_JAILS : EVIDENCE_VAIN;
}

void evidence_transaction(struct transaction *out, struct buffer *program, struct state *state,
                          const struct public_key *sender, struct signing_evidence *wanted)
{
    struct parameters parameters;
    parameters_load(state, &parameters);
    wanted->gas_price = parameters.gas_price_min;
    signing_transaction(out, program, wanted);
    out->sender = *sender;
    out->gas_limit = ledger_intrinsic_gas(&parameters, out) + GAS_MAX;
    wanted->gas_limit = out->gas_limit;
}
