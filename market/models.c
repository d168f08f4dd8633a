#include "market/models.h"

#include "base/checked.h"
#include "market/events.h"
#include "market/operands.h"
#include "market/roles.h"
#include "market/servers.h"
#include "market/terms.h"

bool model_load(struct model_view *out, struct state *state, uint64_t id)
{
    struct market_key key;
    struct bytes value;
    *out = (struct model_view){0};
    key_model(&key, id);
    if (!state_get(state, key_bytes(&key), &value)) {
        return false;
    }
    buffer_append(&out->record, value);
    bool decoded = schema_decode(&model_schema, &out->model, buffer_bytes(&out->record), NULL, 0) &&
                   schema_decode(&model_terms_schema, &out->terms, out->model.terms, NULL, 0);
    assert(decoded && "the state is corrupt");
    return decoded;
}

void model_store(struct state *state, const struct model_view *view)
{
    struct market_key key;
    key_model(&key, view->model.id);
    record_store(state, &key, &model_schema, &view->model);
}

void model_close(struct model_view *view)
{
    buffer_close(&view->record);
}

bool model_open(struct model_view *out, struct native_call *call, uint64_t id)
{
    if (model_load(out, call->state, id)) {
        return true;
    }
    struct chain_record chain;
    chain_load(call->state, &chain);
    return refuse(call, REFUSAL_MODEL_UNKNOWN, id, chain.model_count);
}

void model_finish(struct model_view *view, struct state *state, struct event_log *events)
{
    struct model *model = &view->model;
    assert(!model->round_open && model->status == MODEL_OPEN);
    struct event_model event = {model->id, model->owner, model->escrow};
    model->status = MODEL_CLOSED;
    model->escrow = 0;
    model_store(state, view);
    account_credit(state, &model->owner, event.escrow);
    for (uint32_t i = 0; i < view->terms.server_count; i++) {
        server_count_model(state, &view->terms.servers[i], false);
    }
    events_add(events, EVENT_MODEL_CLOSED, &event);
}

static bool take_escrow(struct native_call *call, const struct model_terms *terms, uint64_t *escrow)
{
    if (!terms_round_cost(terms, escrow) || !checked_mul(escrow, *escrow, terms->rounds)) {
        return refuse(call, REFUSAL_MODEL_ESCROW_OVERFLOW, terms->rounds, 0);
    }
    return account_take(call, *escrow, REFUSAL_MODEL_ESCROW);
}

bool models_publish(struct native_call *call)
{
    const struct model_terms *terms = call->operand;
    uint64_t escrow;
    if (!role_require(call, ROLE_PUBLISHER) || !terms_check(call, terms) ||
        !take_escrow(call, terms, &escrow)) {
        return false;
    }
    struct chain_record chain;
    chain_load(call->state, &chain);
    chain.model_count++;
    chain_store(call->state, &chain);

    struct buffer encoded = {0};
    schema_write(&encoded, &model_terms_schema, terms);
    struct model_view view = {.model = {.id = chain.model_count,
                                        .owner = call->sender,
                                        .status = MODEL_OPEN,
                                        .escrow = escrow,
                                        .terms = buffer_bytes(&encoded)}};
    model_store(call->state, &view);
    buffer_close(&encoded);
    for (uint32_t i = 0; i < terms->server_count; i++) {
        server_count_model(call->state, &terms->servers[i], true);
    }
    struct event_model event = {chain.model_count, call->sender, escrow};
    events_add(call->events, EVENT_MODEL_PUBLISHED, &event);
    return true;
}

/* The owner's right; and an admin's, so that an owner who vanished does not hold servers for ever. */
static bool may_close(struct native_call *call, const struct model *model)
{
    struct account account;
    account_load(call->state, &call->sender, &account);
    if (address_equal(&call->sender, &model->owner) || (account.roles & ROLE_ADMIN) != 0) {
        return true;
    }
    return refuse(call, REFUSAL_MODEL_NOT_OWNER, model->id, 0);
}

static bool close_view(struct native_call *call, struct model_view *view)
{
    if (!may_close(call, &view->model)) {
        return false;
    }
    if (view->model.status == MODEL_CLOSED) {
        return refuse(call, REFUSAL_MODEL_IS_CLOSED, view->model.id, 0);
    }
    if (view->model.round_open) {
        return refuse(call, REFUSAL_MODEL_HAS_ROUND, view->model.rounds_opened, 0);
    }
    model_finish(view, call->state, call->events);
    return true;
}

bool models_close(struct native_call *call)
{
    const struct model_operand *operand = call->operand;
    struct model_view view;
    if (!model_open(&view, call, operand->model)) {
        return false;
    }
    bool closed = close_view(call, &view);
    model_close(&view);
    return closed;
}
