#include "market/roles.h"

#include "market/events.h"
#include "market/operands.h"

static enum market_refusal_code missing_code(enum role role)
{
    switch (role) {
    case ROLE_ADMIN:
        return REFUSAL_ROLE_MISSING_ADMIN;
    case ROLE_PUBLISHER:
        return REFUSAL_ROLE_MISSING_PUBLISHER;
    case ROLE_CONTRIBUTOR:
        return REFUSAL_ROLE_MISSING_CONTRIBUTOR;
    case ROLE_SERVER:
        break;
    }
    return REFUSAL_ROLE_MISSING_SERVER;
}

bool role_require(struct native_call *call, enum role role)
{
    struct account account;
    account_load(call->state, &call->sender, &account);
    if ((account.roles & (unsigned)role) == 0) {
        return refuse(call, missing_code(role), account.roles, (uint64_t)role);
    }
    return true;
}

/* Keeps the number of admins; false where the last one would go. */
static bool count_admins(struct state *state, uint8_t before, uint8_t after)
{
    bool was = (before & ROLE_ADMIN) != 0;
    bool is = (after & ROLE_ADMIN) != 0;
    if (was == is) {
        return true;
    }
    struct chain_record chain;
    chain_load(state, &chain);
    if (was && chain.admin_count == 1) {
        return false;
    }
    chain.admin_count = is ? chain.admin_count + 1 : chain.admin_count - 1;
    chain_store(state, &chain);
    return true;
}

bool roles_set(struct native_call *call)
{
    const struct role_set_operand *operand = call->operand;
    if (!role_require(call, ROLE_ADMIN)) {
        return false;
    }
    if (operand->roles > ROLE_ALL) {
        return refuse(call, REFUSAL_ROLE_UNKNOWN, operand->roles, ROLE_ALL);
    }
    struct account account;
    account_load(call->state, &operand->account, &account);
    if (!count_admins(call->state, account.roles, operand->roles)) {
        return refuse(call, REFUSAL_ROLE_LAST_ADMIN, operand->roles, account.roles);
    }
    account.roles = operand->roles;
    account_store(call->state, &operand->account, &account);
    struct event_role_set event = {call->sender, operand->account, operand->roles};
    events_add(call->events, EVENT_ROLE_SET, &event);
    return true;
}
