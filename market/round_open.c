#include "market/context.h"
#include "market/operands.h"
#include "market/publishers.h"
#include "market/roles.h"
#include "market/rounds.h"
#include "market/servers.h"
#include "market/terms.h"
#include "vm/policy.h"

/* Servers that can still pay for a lie start in Q; one without stake has nothing to lose. */
static bool bonded_servers(struct native_call *call, const struct model_terms *terms, uint16_t *set)
{
    struct parameters parameters;
    parameters_load(call->state, &parameters);
    *set = 0;
    for (uint32_t i = 0; i < terms->server_count; i++) {
        struct server server;
        (void)server_load(call->state, &terms->servers[i], &server);
        if (server.stake >= parameters.server_penalty) {
            *set = (uint16_t)(*set | shamir_set_of(i + 1));
        }
    }
    unsigned needed = aggregate_threshold(terms->threshold, 0);
    if ((terms->modes & MODE_PAIRS) != 0 && (terms->modes & MODE_VALUES_ABORT) != 0) {
        needed = 3U * terms->threshold + 1U; /* with fewer the round could only be aborted */
    }
    unsigned count = shamir_set_count(*set);
    return count >= needed || refuse(call, REFUSAL_ROUND_UNBONDED, count, needed);
}

static bool check_model(struct native_call *call, const struct model *model, uint32_t number)
{
    if (!address_equal(&call->sender, &model->owner)) {
        return refuse(call, REFUSAL_MODEL_NOT_OWNER, model->id, 0);
    }
    if (model->status == MODEL_CLOSED) {
        return refuse(call, REFUSAL_MODEL_IS_CLOSED, model->id, 0);
    }
    if (model->round_open) {
        return refuse(call, REFUSAL_MODEL_HAS_ROUND, model->rounds_opened, 0);
    }
    if (number != model->rounds_opened + 1) {
        return refuse(call, REFUSAL_ROUND_NUMBER, number, (uint64_t)model->rounds_opened + 1);
    }
    if (call->sidecar.size == 0) {
        return refuse(call, REFUSAL_ROUND_MODEL_FILE, 0, 0);
    }
    return true;
}

static bool count_round(struct native_call *call)
{
    struct chain_record chain;
    chain_load(call->state, &chain);
    if (chain.rounds_open >= MARKET_ROUNDS_OPEN_MAX) {
        return refuse(call, REFUSAL_ROUND_TOO_MANY, chain.rounds_open, MARKET_ROUNDS_OPEN_MAX);
    }
    uint32_t own = publisher_rounds(call->state, &call->sender);
    if (own >= MARKET_ROUNDS_OF_ONE) {
        return refuse(call, REFUSAL_ROUND_TOO_MANY_OF_ONE, own, MARKET_ROUNDS_OF_ONE);
    }
    chain.rounds_open++;
    chain_store(call->state, &chain);
    publisher_count_round(call->state, &call->sender, true);
    return true;
}

static bool open_view(struct native_call *call, struct model_view *view, uint32_t number)
{
    struct model *model = &view->model;
    const struct model_terms *terms = &view->terms;
    struct round_work work = {.state = call->state,
                              .block = call->block,
                              .events = call->events,
                              .closed_height = call->block->height};
    if (!check_model(call, model, number) || !bonded_servers(call, terms, &work.round.active) ||
        !count_round(call)) {
        return false;
    }
    if (terms->reward_rule == REWARD_POLICY &&
        !native_charge(call, policy_gas_limit(terms->owners_max))) {
        return false;
    }
    uint64_t cost;
    bool fits = terms_round_cost(terms, &cost);
    assert(fits && cost <= model->escrow);
    (void)fits;
    model->escrow -= cost;
    model->rounds_opened = number;
    model->round_open = true;
    model_store(call->state, view);
    work.view = *view;

    struct round *round = &work.round;
    round->model = model->id;
    round->number = number;
    round->opened_height = call->block->height;
    round->model_root = call->sidecar_root;
    round->model_size = (uint32_t)call->sidecar.size;
    round->escrow = cost;
    round->value_count = MARKET_SERVERS_MAX;
    struct share_round shares;
    context_load(&shares, call->state, &call->block->chain_id, round, terms);
    round->context = shares.context;
    if (!round_pad_open(&work, call)) {
        return false;
    }
    bool padded = (terms->modes & MODE_PAD) != 0;
    bool dealing = (terms->modes & MODE_PAIRS) != 0 && round_pairs_possible(&work);
    uint32_t window = padded || dealing ? terms->pad_window : terms->commit_window;
    struct event_round_opened event = {model->id, number, round->model_root, round->model_size,
                                       call->block->height + window};
    events_add(call->events, EVENT_ROUND_OPENED, &event);
    if (padded) {
        round_pad_enter(&work);
    } else {
        round_begin(&work);
    }
    return true;
}

bool round_open(struct native_call *call)
{
    const struct round_open_operand *operand = call->operand;
    struct model_view view;
    if (!role_require(call, ROLE_PUBLISHER) || !model_open(&view, call, operand->model)) {
        return false;
    }
    bool opened = open_view(call, &view, operand->round);
    model_close(&view);
    return opened;
}

bool round_query_phase(struct native_call *call)
{
    const struct round_operand *operand = call->operand;
    struct round_work work;
    if (!work_open(&work, call, operand->model, operand->round)) {
        return false;
    }
    call->result = work.round.phase;
    work_close(&work);
    return true;
}
