/* Genesis: the first state and the rules of a chain. The chain id is the hash of its BCS. */
#ifndef MARKET_GENESIS_H
#define MARKET_GENESIS_H

#include "consensus/validators.h"
#include "market/records.h"
#include "vm/transaction.h"

#define GENESIS_VALIDATORS_MAX 100
#define GENESIS_ACCOUNTS_MAX   4096
#define GENESIS_NAME_MAX       32 /* characters of the network's and of a validator's name */

struct genesis_validator {
    struct bytes name;            /* at most 32 characters, for people */
    struct public_key public_key; /* signs votes; its account receives fees */
    struct point node_key;        /* static key of the transport */
};

struct genesis_account {
    struct address address;
    uint64_t balance; /* units */
    uint8_t roles;
};

struct genesis {
    uint32_t version;            /* 1 */
    struct bytes network;        /* name, 1 .. 32 characters */
    struct bytes address_prefix; /* "souk" or "tsouk" */
    uint64_t time_ms;            /* Unix epoch; parent time of block 1 */
    /* Of the chain whose state this one goes on with (market/fork.h); all zero where there is none. */
    struct hash base_chain_id;
    uint64_t base_height;        /* last block whose execution is in that state */
    struct hash base_state_root; /* after it */
    struct parameters parameters;
    struct genesis_validator validators[GENESIS_VALIDATORS_MAX];
    uint32_t validator_count;
    struct genesis_account accounts[GENESIS_ACCOUNTS_MAX];
    uint32_t account_count;
};

extern const struct schema genesis_schema;

/* Check every rule: counts, ranges, distinct keys and accounts, an admin, sums without overflow.
 * False with one line in `error` that names the field, its value and what was expected. */
NODISCARD bool genesis_check(const struct genesis *genesis, char *error, size_t error_size);

/* Does the chain go on from another's state? Then it has no accounts of its own. */
bool genesis_is_fork(const struct genesis *genesis);

void genesis_chain_id(struct hash *out, const struct genesis *genesis);

/* The set of heights 1 and 2. Names are borrowed from the genesis. */
void genesis_validators(struct validators *out, const struct genesis *genesis);

/* Write the parameters and the first set of validators. */
void genesis_found(const struct genesis *genesis, struct state *state);

/* Write the first state. `genesis` passed genesis_check() and is none of a fork: fork_apply(). */
void genesis_apply(const struct genesis *genesis, struct state *state);

#endif /* MARKET_GENESIS_H */
