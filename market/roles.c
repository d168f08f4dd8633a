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

/* How the number of admins changes: -1, 0 or 1. */
static int admins_gained(uint8_t before, uint8_t after)
{
    bool was = (before & ROLE_ADMIN) != 0;
    bool is = (after & ROLE_ADMIN) != 0;
    return (is ? 1 : 0) - (was ? 1 : 0);
}

bool roles_check(struct native_call *call, const struct role_set_operand *change)
{
    struct account account;
    struct chain_record chain;
    account_load(call->state, &change->account, &account);
    chain_load(call->state, &chain);
    if (change->roles > ROLE_ALL) {
        return refuse(call, REFUSAL_ROLE_UNKNOWN, change->roles, ROLE_ALL);
    }
    if (admins_gained(account.roles, change->roles) < 0 && chain.admin_count == 1) {
        return refuse(call, REFUSAL_ROLE_LAST_ADMIN, change->roles, account.roles);
    }
    return true;
}

void roles_assign(struct native_call *call, const struct role_set_operand *change)
{
    struct account account;
    struct chain_record chain;
    account_load(call->state, &change->account, &account);
    int gained = admins_gained(account.roles, change->roles);
    if (gained != 0) {
        chain_load(call->state, &chain);
        chain.admin_count = gained > 0 ? chain.admin_count + 1 : chain.admin_count - 1;
        chain_store(call->state, &chain);
    }
    account.roles = change->roles;
    account_store(call->state, &change->account, &account);
    struct event_role_set event = {call->sender, change->account, change->roles};
    events_add(call->events, EVENT_ROLE_SET, &event);
}

bool roles_set(struct native_call *call)
{
    const struct role_set_operand *operand = call->operand;
    if (!role_require(call, ROLE_ADMIN) || !roles_check(call, operand)) {
        return false;
    }
    roles_assign(call, operand);
    return true;
}
