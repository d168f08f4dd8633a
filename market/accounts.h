/* Accounts and money. Every unit is in a balance, a server's stake, an owner's stake or an escrow; it
 * moves, and is neither made nor lost. */
#ifndef MARKET_ACCOUNTS_H
#define MARKET_ACCOUNTS_H

#include "market/records.h"
#include "market/refusals.h"

/* An account that was never written is one with balance, nonce and roles of 0. */
void account_load(struct state *state, const struct address *address, struct account *out);
void account_store(struct state *state, const struct address *address,
                   const struct account *account);

/* Add `amount`. Cannot overflow while the supply is conserved: asserted. */
void account_credit(struct state *state, const struct address *address, uint64_t amount);

/* Take `amount` from an instruction's sender. Where the balance is smaller nothing changes, and the
 * call is refused with `code` (got the balance, want the amount). */
NODISCARD bool account_take(struct native_call *call, uint64_t amount,
                            enum market_refusal_code code);

/* The rules and the counters of the chain. */
void parameters_load(struct state *state, struct parameters *out);
void chain_load(struct state *state, struct chain_record *out);
void chain_store(struct state *state, const struct chain_record *chain);

bool accounts_transfer(struct native_call *call);      /* TRANSFER */
bool accounts_query_balance(struct native_call *call); /* QUERY_BALANCE */

#endif /* MARKET_ACCOUNTS_H */
