/* Governance of a simulated chain: now and then a block adds, removes or pardons a validator.
 *
 * One account speaks for all validators, as if each had named it by VALIDATOR_ACCOUNT, so that a change is
 * proposed and passed within one block. */
#ifndef TOOLS_SIM_COUNCIL_H
#define TOOLS_SIM_COUNCIL_H

#include "consensus/validators.h"
#include "tools/sim/sim.h"
#include "vm/state.h"
#include "vm/transaction.h"

struct council {
    struct hash chain_id;
    struct secret_key key;
    struct validators keys;    /* of everybody, by number */
    uint32_t faulty;           /* so many of the first: never more than f of a set */
    uint32_t change_per_mille; /* of blocks */
};

/* In the first state: who speaks for the validators. */
void council_found(const struct council *council, struct state *state);

/* Append the transactions of a change, or of none, for the block after `state`. */
void council_append(const struct council *council, struct state *state, struct sim_random *random,
                    struct buffer *body);

/* Append the envelope of a transaction that is this one instruction. */
void council_instruct(struct buffer *body, const struct hash *chain_id,
                      const struct secret_key *key, uint64_t nonce, uint8_t native,
                      const void *operand);

#endif /* TOOLS_SIM_COUNCIL_H */
