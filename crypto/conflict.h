/* Two votes of one validator that contradict each other: the proof that it broke the protocol.
 *
 * Consensus makes votes (consensus/vote.h), whoever punishes checks them: so what a vote signs, and what
 * two of them prove, is said here, below both. An honest validator signs one value for a height, round
 * and type in all its lives (docs/protocol.md, 3.6). */
#ifndef CRYPTO_CONFLICT_H
#define CRYPTO_CONFLICT_H

#include "base/schema.h"
#include "crypto/key.h"

/* The 32 bytes that a vote's signature signs: tag souk/vote/v1. */
void vote_digest(struct hash *out, const struct hash *chain_id, uint8_t type, uint64_t height,
                 uint32_t round, const struct hash *digest);

#define CONFLICT_TYPE_COUNT 4 /* proposal, prepare, commit, round change; the others may differ */

struct conflict {
    uint8_t type; /* enum vote_type */
    uint64_t height;
    uint32_t round;
    struct hash first; /* the lower digest: so each conflict has one form */
    struct signature first_signature;
    struct hash second;
    struct signature second_signature;
};

extern const struct schema conflict_schema;

/* True where the owner of `key` signed both on this chain, and they contradict each other. Otherwise one
 * line in `error` (may be NULL with size 0) says what is wrong. Whether the owner was a validator at
 * that height is for the caller to see. Pure; two signatures, about 80 us. */
NODISCARD bool conflict_verify(const struct conflict *conflict, const struct hash *chain_id,
                               const struct public_key *key, char *error, size_t error_size);

#endif /* CRYPTO_CONFLICT_H */
