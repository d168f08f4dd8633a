/* The keys of the zero sharings that mask pairwise distances (pv-snip 6c): dealt in public by the lowest
 * servers, confirmed by all, or refuted by who was dealt another than the one committed to. */
#include <string.h>

#include "crypto/zero_deal.h"
#include "market/context.h"
#include "market/operands.h"
#include "market/rounds.h"

#define DEAL_BYTE_GAS (ROUND_VALUE_GAS / 8)

bool round_pairs_possible(const struct round_work *work)
{
    unsigned needed = 3U * work->view.terms.threshold + 1U - work->round.liars;
    return work_active_count(work) >= needed;
}

bool round_has_values(const struct round *round, const struct model_terms *terms)
{
    return (terms->modes & MODE_VALUES) != 0 &&
           ((terms->modes & MODE_PAIRS) == 0 || round->dealt != 0);
}

/* ---- DEAL */

static bool deal_load(const struct round_work *work, unsigned server, struct deal *out)
{
    struct market_key key;
    key_deal(&key, work->round.model, work->round.number, (uint8_t)server);
    return record_load(work->state, &key, &deal_schema, out);
}

void round_erase_deals(const struct round_work *work)
{
    struct market_key key;
    for (unsigned server = 1; server <= work->view.terms.server_count; server++) {
        key_deal(&key, work->round.model, work->round.number, (uint8_t)server);
        record_erase(work->state, &key);
    }
}

static void enter_commit(struct round_work *work)
{
    work_enter(work, PHASE_COMMIT, work->view.terms.commit_window);
}

/* No distances in this round: what the model says of values that do not decode. */
static void go_without(struct round_work *work)
{
    work->round.dealt = 0;
    if ((work->view.terms.modes & MODE_VALUES_ABORT) != 0) {
        round_abort(work, ABORT_VALUES);
    } else {
        enter_commit(work);
    }
}

/* Servers that deal for no set have nothing to post. */
static void enter_deal(struct round_work *work)
{
    const struct model_terms *terms = &work->view.terms;
    uint32_t active = work->round.active;
    work_enter(work, PHASE_DEAL, terms->pad_window);
    work->round.posted =
        (uint16_t)(active & ~zero_sharing_dealers(terms->server_count, terms->threshold, active));
    work_store(work);
}

void round_begin(struct round_work *work)
{
    if ((work->view.terms.modes & MODE_PAIRS) == 0) {
        enter_commit(work);
    } else if (round_pairs_possible(work)) {
        enter_deal(work);
    } else {
        go_without(work);
    }
}

static bool check_deal(const struct round_work *work, struct native_call *call, unsigned server)
{
    const struct batch_deal_operand *operand = call->operand;
    struct share_commitment commitment = {.ephemeral = operand->ephemeral, .proof = operand->proof};
    struct share_round shares;
    context_load(&shares, work->state, &work->block->chain_id, &work->round, &work->view.terms);
    size_t size = zero_deal_size(&shares, server, work->round.active);
    if (operand->keys.size != size) {
        return refuse(call, REFUSAL_DEAL_SIZE, operand->keys.size, size);
    }
    zero_deal_root(&commitment.root, operand->keys);
    if (!share_commitment_valid(&commitment, &shares.context, &call->sender_key)) {
        return refuse(call, REFUSAL_DEAL_PROOF, 0, 0);
    }
    return round_take_ephemeral(call, &operand->ephemeral);
}

static bool deal(struct round_work *work, struct native_call *call)
{
    const struct batch_deal_operand *operand = call->operand;
    struct deal record = {call->sender_key, operand->ephemeral, operand->keys};
    struct market_key key;
    unsigned server;
    if (!work_sender(work, call, PHASE_DEAL, &server) ||
        !native_charge(call, (uint64_t)operand->keys.size * DEAL_BYTE_GAS) ||
        !check_deal(work, call, server)) {
        return false;
    }
    key_deal(&key, work->round.model, work->round.number, (uint8_t)server);
    record_store(work->state, &key, &deal_schema, &record);
    work_posted(work, server);
    return true;
}

bool round_deal(struct native_call *call)
{
    const struct batch_deal_operand *operand = call->operand;
    struct round_work work;
    if (!work_open(&work, call, operand->model, operand->round)) {
        return false;
    }
    bool done = deal(&work, call);
    work_close(&work);
    return done;
}

/* A silent dealer may be honest, so its sets cannot be left out: the next lowest deal all anew. */
void round_close_deal(struct round_work *work)
{
    uint16_t active = work->round.active;
    work_drop_silent(work, 1);
    if (!work_check_servers(work)) {
        return;
    }
    if (work->round.active == active) {
        work->round.dealt = active;
        work_enter(work, PHASE_CONFIRM, work->view.terms.pad_window);
        return;
    }
    round_erase_deals(work);
    round_begin(work);
}

/* ---- CONFIRM */

static void convict(struct round_work *work, unsigned dealer)
{
    struct round *round = &work->round;
    work_convict(work, dealer, PENALTY_DEAL);
    round->misdealt = (uint16_t)(round->misdealt | shamir_set_of(dealer));
    if ((round->active & ~round->posted) == 0) {
        work_end_phase(work);
    }
    work_store(work);
}

static bool refute(struct round_work *work, struct native_call *call)
{
    const struct deal_refute_operand *operand = call->operand;
    struct zero_deal_opening opening = {.set = operand->set, .shared = operand->shared};
    struct zero_deal dealing = {.active = work->round.dealt, .server = operand->dealer};
    struct share_round shares;
    struct deal record;
    if (!work_sender(work, call, PHASE_CONFIRM, &opening.member)) {
        return false;
    }
    context_load(&shares, work->state, &work->block->chain_id, &work->round, &work->view.terms);
    dealing.round = &shares;
    if (operand->dealer < 1 || operand->dealer > MARKET_SERVERS_MAX ||
        !work_active(work, operand->dealer) || !deal_load(work, operand->dealer, &record) ||
        !zero_deal_concerns(&dealing, operand->set, opening.member)) {
        return refuse(call, REFUSAL_REFUTE_DEAL, operand->dealer, operand->set);
    }
    dealing.dealer = record.dealer_key;
    dealing.ephemeral = record.ephemeral;
    dealing.keys = record.keys;
    memcpy(opening.proof.challenge, operand->challenge, sizeof(operand->challenge));
    memcpy(opening.proof.response, operand->response, sizeof(operand->response));
    switch (zero_deal_judge(&dealing, &opening)) {
    case ZERO_DEAL_PROOF:
        return refuse(call, REFUSAL_REFUTE_PROOF, 0, 0);
    case ZERO_DEAL_RIGHT:
        return refuse(call, REFUSAL_REFUTE_RIGHT, operand->dealer, operand->set);
    case ZERO_DEAL_WRONG:
        break;
    }
    convict(work, operand->dealer);
    return true;
}

bool round_refute(struct native_call *call)
{
    const struct deal_refute_operand *operand = call->operand;
    struct round_work work;
    if (!work_open(&work, call, operand->model, operand->round)) {
        return false;
    }
    bool done = refute(&work, call);
    work_close(&work);
    return done;
}

void round_close_confirm(struct round_work *work)
{
    work_drop_silent(work, 1);
    if (!work_check_servers(work)) {
        return;
    }
    round_erase_deals(work);
    if (round_pairs_possible(work)) {
        enter_commit(work);
    } else {
        go_without(work);
    }
}
