/* Which transactions may run: the rules that a transaction must meet before its program does. */
#ifndef MARKET_ADMIT_H
#define MARKET_ADMIT_H

#include "market/accounts.h"
#include "vm/program.h"
#include "vm/transaction.h"

/* A transaction that may run. */
struct admission {
    struct address sender;
    struct account account; /* the sender's */
    uint64_t intrinsic_gas; /* charged before the program */
    uint64_t fee_max;       /* units: gas_limit * gas_price, which the balance covers */
    struct program program; /* borrows the transaction's bytes */
};

/* All rules that depend on the state, in a fixed order. `nonce_window` 1: the nonce is exactly the
 * account's next. False with *refusal set. */
NODISCARD bool admit_transaction(struct admission *out, struct state *state,
                                 const struct transaction *transaction, uint64_t height,
                                 uint64_t nonce_window, struct refusal *refusal);

#endif /* MARKET_ADMIT_H */
