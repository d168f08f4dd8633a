/* The validator set of one height: who may vote, how many votes decide, and whose turn it is.
 *
 * With n validators of equal weight the chain bears f = (n - 1) / 3 faulty ones. A quorum is
 * q = n - f votes: two quorums share at least f + 1 validators, so an honest one, and the honest
 * validators alone are a quorum. */
#ifndef CONSENSUS_VALIDATORS_H
#define CONSENSUS_VALIDATORS_H

#include "base/schema.h"
#include "crypto/key.h"

enum {
    VALIDATORS_MAX = 100,
    VALIDATOR_NAME_SIZE_MAX = 32,
    VALIDATORS_MASK_SIZE = (VALIDATORS_MAX + 7) / 8, /* validator i: bit i % 8 of byte i / 8 */
    VALIDATORS_COLLECT_ABOVE = 32, /* in larger sets the leader collects the votes of round 0 */
};

#define VALIDATORS_NONE UINT32_MAX /* The index of nobody. */

struct validator {
    struct public_key key; /* signs votes */
    struct point node_key; /* static key of its node's transport */
    struct bytes name;     /* for people: printable ASCII, 1 to 32 characters, borrowed */
    bool jailed;           /* keeps its vote and does not lead: it was caught signing two values */
};

struct validators {
    uint32_t count;
    struct validator list[VALIDATORS_MAX]; /* in the order in which they entered */
};

extern const struct schema validator_schema;
extern const struct schema validators_schema;

/* True where the set can run a chain: 1 to 100 validators, keys on the curve, names not empty, no
 * key, node key or name twice. Otherwise one line about the first fault goes to `error`, which may
 * be NULL with size 0. */
NODISCARD bool validators_check(const struct validators *validators, char *error,
                                size_t error_size);

/* Digest of the whole set, tag souk/validators/v1, over its BCS encoding. */
void validators_hash(struct hash *out, const struct validators *validators);

uint32_t validators_fault_count(uint32_t count); /* f of `count` >= 1 validators. */
uint32_t validators_quorum(uint32_t count);      /* q = n - f. */

/* Index of the validator with this voting key, or VALIDATORS_NONE. */
uint32_t validators_find(const struct validators *validators, const struct public_key *key);

/* Is the validator of this index in a mask? */
NODISCARD bool validators_masked(const uint8_t mask[VALIDATORS_MASK_SIZE], uint32_t index);

/* Who may lead, as a mask; returns how many. Those that are not jailed, or all where these are f or fewer:
 * then they may all be faulty. So never fewer than f + 1, one of whom is honest. */
uint32_t validators_eligible(uint8_t out[VALIDATORS_MASK_SIZE],
                             const struct validators *validators);

/* Who proposes at this height and round: of those that may lead and are not in the mask `demoted` (NULL:
 * nobody is), in the order of the set, number (height + round) mod their count. Where nobody is left, all
 * are. */
uint32_t validators_leader(const struct validators *validators, const uint8_t *demoted,
                           uint64_t height, uint32_t round);

#endif /* CONSENSUS_VALIDATORS_H */
