/* A small chain with known keys: genesis, transfers, decided blocks. For tests of the node. */
#ifndef TESTS_LIB_CHAIN_FIXTURE_H
#define TESTS_LIB_CHAIN_FIXTURE_H

#include "consensus/block.h"
#include "market/genesis.h"
#include "market/ledger.h"
#include "market/operands.h"
#include "node/state_store.h"

#define CHAIN_VALIDATORS 4
#define CHAIN_FUNDED_MAX 4000           /* users that the genesis has room for */
#define CHAIN_BALANCE    1000000000000u /* units of each user */

struct chain {
    struct genesis *genesis;
    struct hash chain_id;
    struct validators validators;
    struct secret_key validator_keys[CHAIN_VALIDATORS];
    uint32_t user_count;
    struct secret_key *users;
    struct address *addresses;
    uint64_t *nonces;            /* the next of each user */
    struct state_head head;      /* to build on: set it after each block */
    struct certificate *decided; /* that decided block head.height */
};

/* The first CHAIN_FUNDED_MAX users hold CHAIN_BALANCE each, others nothing; user 0 is the admin and may do
 * everything. */
void chain_init(struct chain *chain, uint32_t user_count);
void chain_close(struct chain *chain);

/* Before the first block: validator `index` has these keys, for a node whose home has them. */
void chain_set_validator(struct chain *chain, uint32_t index, const struct secret_key *key,
                         const struct secret_key *node_key);

/* Append a signed transfer to a body. The sidecar may be empty. */
void chain_transfer(struct chain *chain, struct buffer *body, uint32_t from, uint32_t to,
                    uint64_t amount, struct bytes sidecar);

/* The next block on chain->head and the certificate that decides it, signed by all validators;
 * `body` is borrowed. */
void chain_block(struct chain *chain, struct block *block, struct certificate *certificate,
                 struct bytes body);

/* chain->head and chain->decided become those of a block that was executed. */
void chain_advance(struct chain *chain, const struct state_head *head,
                   const struct certificate *certificate);

#endif /* TESTS_LIB_CHAIN_FIXTURE_H */
