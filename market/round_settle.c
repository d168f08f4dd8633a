#include <stdlib.h>

#include "base/memory.h"
#include "crypto/credit.h"
#include "market/acks.h"
#include "market/disputes.h"
#include "market/opened.h"
#include "market/proofs.h"
#include "market/public_values.h"
#include "market/publishers.h"
#include "market/rounds.h"
#include "vm/policy.h"

/* Payments of the accepted owners in order of owner key; together at most the reward. */
static void equal_split(struct policy_owner *owners, uint32_t count, uint64_t reward)
{
    for (uint32_t i = 0; i < count; i++) {
        owners[i].payment = reward / count;
    }
}

/* A policy that fails or pays too much must not hold up the round: then all get the same. */
static bool follow_policy(const struct round_work *work, struct policy_owner *owners,
                          uint32_t count)
{
    const struct model_terms *terms = &work->view.terms;
    const struct policy_round input = {terms->reward, work->round.number, owners, count};
    struct vm_outcome outcome;
    return terms->reward_rule == REWARD_POLICY && policy_run(&outcome, terms->policy, &input);
}

/* In proportion to the credits; false where there are none. */
static bool follow_credits(const struct round_work *work, struct policy_owner *owners,
                           uint32_t count, const int64_t *credits, bool known)
{
    if (work->view.terms.reward_rule != REWARD_CREDIT || !known) {
        return false;
    }
    uint64_t *shares = memory_new(count * sizeof(*shares));
    (void)credit_split(shares, credits, count, work->view.terms.reward);
    for (uint32_t i = 0; i < count; i++) {
        owners[i].payment = shares[i];
    }
    free(shares);
    return true;
}

static void compute_payments(const struct round_work *work, struct policy_owner *owners,
                             const struct owner_set *set)
{
    int64_t *scores = memory_new(set->count * sizeof(*scores));
    bool known = public_scores(work, set, scores);
    for (uint32_t i = 0; i < set->count; i++) {
        owners[i].score = (uint64_t)scores[i];
    }
    if (!follow_policy(work, owners, set->count) &&
        !follow_credits(work, owners, set->count, scores, known)) {
        equal_split(owners, set->count, work->view.terms.reward);
    }
    free(scores);
}

static void pay_owners(struct round_work *work, bool by_rule)
{
    struct owner_set set;
    owner_set_load(&set, work);
    struct policy_owner *owners = memory_new(set.count * sizeof(*owners));
    struct participant participant;
    for (uint32_t i = 0; i < set.count; i++) {
        participant_load(work, set.indexes[i], &participant);
        owners[i].stake = participant.stake;
        owners[i].blocks = participant.committed_height - work->round.opened_height;
    }
    if (by_rule) {
        compute_payments(work, owners, &set);
    } else {
        equal_split(owners, set.count, work->view.terms.reward);
    }
    for (uint32_t i = 0; i < set.count; i++) {
        participant_load(work, set.indexes[i], &participant);
        participant_pay(work, set.indexes[i], &participant, owners[i].payment);
    }
    free(owners);
    owner_set_close(&set);
}

static void pay_servers(struct round_work *work)
{
    const struct model_terms *terms = &work->view.terms;
    for (unsigned server = 1; server <= terms->server_count; server++) {
        if (!work_active(work, server) || terms->server_fee == 0) {
            continue;
        }
        const struct address *address = &terms->servers[server - 1];
        assert(terms->server_fee <= work->round.escrow);
        work->round.escrow -= terms->server_fee;
        account_credit(work->state, address, terms->server_fee);
        struct event_money event = {work->round.model, work->round.number, *address,
                                    terms->server_fee};
        events_add(work->events, EVENT_SERVER_PAID, &event);
    }
}

static void return_escrow(struct round_work *work)
{
    const struct address *owner = &work->view.model.owner;
    struct event_money event = {work->round.model, work->round.number, *owner, work->round.escrow};
    work->round.escrow = 0;
    if (event.amount == 0) {
        return;
    }
    account_credit(work->state, owner, event.amount);
    events_add(work->events, EVENT_REFUND, &event);
}

void round_settle(struct round_work *work)
{
    pay_owners(work, true);
    pay_servers(work);
    return_escrow(work);
    work->round.phase = PHASE_SETTLED;
    work->view.model.rounds_settled++;
    round_finish(work);
}

static void refund_owners(struct round_work *work)
{
    for (uint16_t i = 0; i < work->round.joined; i++) {
        struct participant participant;
        participant_load(work, i, &participant);
        if (participant.status == PARTICIPANT_COMMITTED ||
            participant.status == PARTICIPANT_PROVED ||
            participant.status == PARTICIPANT_ACCEPTED) {
            participant_refund(work, i, &participant);
        }
    }
}

void round_abort(struct round_work *work, enum abort_reason reason)
{
    refund_owners(work);
    return_escrow(work);
    work->round.phase = PHASE_ABORTED;
    work->round.abort_reason = (uint8_t)reason;
    round_finish(work);
}

/* A model owner whose pad is none wasted everybody's work, and pays for it out of the escrow. */
void round_abort_pad(struct round_work *work)
{
    if (work->round.accepted > 0) {
        pay_owners(work, false);
    }
    pay_servers(work);
    round_abort(work, ABORT_PAD);
}

/* What only this round needed. */
static void erase_records(const struct round_work *work)
{
    struct market_key key;
    opened_erase_values(work);
    acks_erase(work);
    proof_erase_all(work);
    disputes_erase(work);
    round_erase_deals(work);
    key_pad(&key, work->round.model, work->round.number);
    record_erase(work->state, &key);
}

void round_finish(struct round_work *work)
{
    struct round *round = &work->round;
    assert(round->stakes == 0 && round->escrow == 0);
    erase_records(work);
    round->phase_height = work->closed_height;
    round->deadline_height = work->closed_height;
    work_store(work);
    struct event_round_phase event = {.model = round->model,
                                      .round = round->number,
                                      .phase = round->phase,
                                      .abort_reason = round->abort_reason,
                                      .owners = round->accepted,
                                      .active = round->active,
                                      .deadline_height = round->deadline_height};
    events_add(work->events, EVENT_ROUND_PHASE, &event);

    struct chain_record chain;
    chain_load(work->state, &chain);
    assert(chain.rounds_open > 0);
    chain.rounds_open--;
    chain_store(work->state, &chain);
    publisher_count_round(work->state, &work->view.model.owner, false);

    struct model_view *view = &work->view;
    view->model.round_open = false;
    if (view->model.rounds_opened == view->terms.rounds) {
        model_finish(view, work->state, work->events);
    } else {
        model_store(work->state, view);
    }
}
