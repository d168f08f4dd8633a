#include "market/accounts.h"

#include "base/checked.h"
#include "market/events.h"
#include "market/operands.h"

void account_load(struct state *state, const struct address *address, struct account *out)
{
    struct market_key key;
    key_account(&key, address);
    (void)record_load(state, &key, &account_schema, out);
}

void account_store(struct state *state, const struct address *address,
                   const struct account *account)
{
    struct market_key key;
    key_account(&key, address);
    record_store(state, &key, &account_schema, account);
}

void account_credit(struct state *state, const struct address *address, uint64_t amount)
{
    if (amount == 0) {
        return;
    }
    struct account account;
    account_load(state, address, &account);
    bool fits = checked_add(&account.balance, account.balance, amount);
    assert(fits && "more units than the supply");
    account_store(state, address, &account);
}

bool account_take(struct native_call *call, uint64_t amount, enum market_refusal_code code)
{
    struct account account;
    account_load(call->state, &call->sender, &account);
    uint64_t balance = account.balance;
    if (!checked_sub(&account.balance, balance, amount)) {
        return refuse(call, code, balance, amount);
    }
    if (amount > 0) {
        account_store(call->state, &call->sender, &account);
    }
    return true;
}

void parameters_load(struct state *state, struct parameters *out)
{
    struct market_key key;
    key_parameters(&key);
    (void)record_load(state, &key, &parameters_schema, out);
}

void chain_load(struct state *state, struct chain_record *out)
{
    struct market_key key;
    key_chain(&key);
    (void)record_load(state, &key, &chain_record_schema, out);
}

void chain_store(struct state *state, const struct chain_record *chain)
{
    struct market_key key;
    key_chain(&key);
    record_store(state, &key, &chain_record_schema, chain);
}

bool accounts_transfer(struct native_call *call)
{
    const struct transfer_operand *operand = call->operand;
    if (operand->amount == 0) {
        return refuse(call, REFUSAL_AMOUNT_ZERO, operand->amount, 1);
    }
    if (!account_take(call, operand->amount, REFUSAL_BALANCE_TOO_SMALL)) {
        return false;
    }
    account_credit(call->state, &operand->to, operand->amount);
    struct event_transfer event = {call->sender, operand->to, operand->amount};
    events_add(call->events, EVENT_TRANSFER, &event);
    return true;
}

bool accounts_query_balance(struct native_call *call)
{
    const struct address_operand *operand = call->operand;
    struct account account;
    account_load(call->state, &operand->account, &account);
    call->result = account.balance;
    return true;
}
