/* The accounts that a load is sent from. */
#ifndef TOOLS_BENCH_ACCOUNTS_H
#define TOOLS_BENCH_ACCOUNTS_H

#include "tools/client/submit.h"

struct bench_account {
    struct secret_key key;
    struct address address;
    uint64_t nonce; /* of its next transaction */
};

struct bench_accounts {
    struct bench_account *list;
    uint32_t count;
    uint64_t gas_limit; /* of one transfer */
    uint64_t gas_price;
};

/* Derive `count` accounts of the wallet's key: the same for the same wallet, so that what is left in
 * them serves the next run. */
void accounts_derive(struct bench_accounts *out, const struct secret_key *wallet, uint32_t count);
void accounts_close(struct bench_accounts *accounts);

/* Learn prices and nonces, and have the wallet fund every account for `each` transfers of one unit. */
NODISCARD bool accounts_fund(struct bench_accounts *accounts, struct rpc *rpc,
                             const struct chain_info *chain, const struct secret_key *wallet,
                             uint64_t each, struct fault *fault);

#endif /* TOOLS_BENCH_ACCOUNTS_H */
