/* Proposals about the rest: parameters of the chain, permitted nodes, roles of accounts. */
#include "market/governance.h"

#include <string.h>

#include "market/accounts.h"
#include "market/events.h"
#include "market/nodes.h"
#include "market/operands.h"
#include "market/parameter_rules.h"
#include "market/roles.h"

static bool load_next(struct native_call *call, struct next_parameters *out)
{
    struct market_key key;
    key_next_parameters(&key);
    return record_load(call->state, &key, &next_parameters_schema, out);
}

/* The price rises in steps: a slip of the pen leaves a chain on which the next proposal can be paid. */
static uint64_t highest_price(uint64_t present)
{
    uint64_t base = present == 0 ? 1 : present;
    return base > UINT64_MAX / PARAMETER_PRICE_FACTOR ? UINT64_MAX : base * PARAMETER_PRICE_FACTOR;
}

static bool check_parameter(struct native_call *call, const void *action)
{
    const struct parameter_action *change = action;
    struct next_parameters next;
    struct parameters parameters;
    struct parameter_fault fault;
    if (load_next(call, &next)) {
        return refuse(call, REFUSAL_PARAMETER_WAITS, call->block->height, next.from_height);
    }
    parameters_load(call->state, &parameters);
    if (parameter_get(&parameters, change->parameter) == change->value) {
        return refuse(call, REFUSAL_PARAMETER_SAME, change->value, change->value);
    }
    uint64_t price_max = highest_price(parameters.gas_price_min);
    if (change->parameter == PARAMETER_GAS_PRICE_MIN && change->value > price_max) {
        return refuse(call, REFUSAL_PARAMETER_RANGE, change->value, price_max);
    }
    if (!parameter_set(&parameters, change->parameter, change->value)) {
        return refuse(call, REFUSAL_PARAMETER_RANGE, change->value, UINT32_MAX);
    }
    if (!parameters_valid(&parameters, &fault)) {
        return refuse(call, REFUSAL_PARAMETER_RANGE, fault.got,
                      fault.got < fault.low ? fault.low : fault.high);
    }
    return true;
}

static void perform_parameter(struct native_call *call, const void *action)
{
    const struct parameter_action *change = action;
    struct market_key key;
    struct next_parameters next = {.from_height = call->block->height + PARAMETER_DELAY};
    parameters_load(call->state, &next.parameters);
    bool fits = parameter_set(&next.parameters, change->parameter, change->value);
    assert(fits && "it was checked");
    (void)fits;
    key_next_parameters(&key);
    record_store(call->state, &key, &next_parameters_schema, &next);
    struct event_parameter event = {change->parameter, change->value, next.from_height};
    events_add(call->events, EVENT_PARAMETER_CHANGED, &event);
}

static bool check_node(struct native_call *call, const void *action)
{
    const struct node_action *change = action;
    struct permitted_nodes nodes;
    nodes_load(call->state, &nodes);
    uint32_t place = nodes_find(&nodes, &change->node_key);
    if (!point_valid(&change->node_key)) {
        return refuse(call, REFUSAL_NODE_KEY_INVALID, 0, 0);
    }
    if (!change->permitted) {
        return place < nodes.count || refuse(call, REFUSAL_NODE_UNKNOWN, 0, nodes.count);
    }
    if (place < nodes.count) {
        return refuse(call, REFUSAL_NODE_TWICE, place, nodes.count);
    }
    if (change->name.size == 0) {
        return refuse(call, REFUSAL_NODE_NAME, 0, 1);
    }
    if (nodes.count == GOVERNANCE_NODES_MAX) {
        return refuse(call, REFUSAL_NODES_TOO_MANY, nodes.count, GOVERNANCE_NODES_MAX);
    }
    return true;
}

static void perform_node(struct native_call *call, const void *action)
{
    const struct node_action *change = action;
    struct permitted_nodes nodes;
    nodes_load(call->state, &nodes);
    if (change->permitted) {
        nodes.list[nodes.count++] = (struct permitted_node){change->node_key, change->name};
    } else {
        uint32_t place = nodes_find(&nodes, &change->node_key);
        nodes.count--;
        for (uint32_t i = place; i < nodes.count; i++) {
            nodes.list[i] = nodes.list[i + 1];
        }
    }
    nodes_store(call->state, &nodes);
    struct event_node event = {change->node_key, change->permitted};
    events_add(call->events, EVENT_NODE_CHANGED, &event);
}

static bool check_roles(struct native_call *call, const void *action)
{
    const struct role_set_operand *change = action;
    return roles_check(call, change);
}

static void perform_roles(struct native_call *call, const void *action)
{
    roles_assign(call, action);
}

const struct proposal_rules parameter_rules = {&parameter_action_schema, check_parameter,
                                               perform_parameter};
const struct proposal_rules node_rules = {&node_action_schema, check_node, perform_node};
const struct proposal_rules role_rules = {&role_set_schema, check_roles, perform_roles};
