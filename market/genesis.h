/* Genesis: the first state and the rules of a chain. The chain id is the hash of its BCS. */
#ifndef MARKET_GENESIS_H
#define MARKET_GENESIS_H

#include "market/records.h"
#include "vm/transaction.h"

#define GENESIS_VALIDATORS_MAX 100
#define GENESIS_ACCOUNTS_MAX   4096
#define GENESIS_NAME_MAX       32 /* characters of the network's and of a validator's name */

/* Ranges of parameters that are no other field's affair. */
#define GENESIS_GAS_LIMIT_MIN          1000000
#define GENESIS_WINDOW_MAX             1000000           /* heights */
#define GENESIS_BLOCK_BYTES_MIN        ENVELOPE_SIZE_MAX /* one largest transaction fits */
#define GENESIS_BLOCK_BYTES_MAX        4194304           /* what consensus carries */
#define GENESIS_BLOCK_TRANSACTIONS_MAX 100000

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

void genesis_chain_id(struct hash *out, const struct genesis *genesis);

/* Write the first state. `genesis` passed genesis_check(). */
void genesis_apply(const struct genesis *genesis, struct state *state);

#endif /* MARKET_GENESIS_H */
