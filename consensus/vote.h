/* The signed head that every consensus message begins with.
 *
 * What is signed is H_souk/vote/v1(chain id || type || height || round || digest): a signature for
 * one chain, kind, height or round is none for another. */
#ifndef CONSENSUS_VOTE_H
#define CONSENSUS_VOTE_H

#include "consensus/validators.h"
#include "crypto/conflict.h"

enum vote_type {
    VOTE_PROPOSE,      /* digest: of the proposed header */
    VOTE_PREPARE,      /* digest: of the header the sender accepted in this round */
    VOTE_COMMIT,       /* digest: of the header the sender holds a prepared certificate for */
    VOTE_ROUND_CHANGE, /* digest: message_prepared_hash() of what the sender had prepared */
    VOTE_STATUS,       /* height: last decided; round: of the next height; digest: last decided */
    VOTE_GET_BODY,     /* digest: of the block wanted at this height */
    VOTE_BODY,         /* digest: of the block sent */
    VOTE_PREPARED,     /* digest: of the header that a quorum sent PREPARE for */
    VOTE_COMMITTED,    /* digest: of the header that a quorum sent COMMIT for */
    VOTE_TYPE_COUNT,
};

struct vote {
    uint8_t type;    /* enum vote_type */
    uint32_t sender; /* index in the validator set of `height`; of a STATUS 0: message.h */
    uint64_t height;
    uint32_t round;
    struct hash digest;
    struct signature signature;
};

extern const struct schema vote_schema;

const char *vote_type_text(enum vote_type type); /* "propose", "prepare", ...; never NULL. */

/* The 32 bytes that a vote's signature signs. */
void vote_hash(struct hash *out, const struct hash *chain_id, const struct vote *vote);

/* Fill in vote->signature: deterministic BIP-340, zero auxiliary randomness. */
void vote_sign(struct vote *vote, const struct hash *chain_id, const struct secret_key *key);

/* Two votes of one sender for the same height, round and type (asserted) as evidence. */
void vote_conflict(struct conflict *out, const struct vote *a, const struct vote *b);

/* What becomes of a vote that is to be signed. */
enum vote_signing {
    VOTE_SIGNED,
    VOTE_SIGNER_AWAY, /* no signature now, perhaps later */
    VOTE_REFUSED,     /* it contradicts what the key has signed before: never a signature */
};

/* Who signs for a validator: a key at hand, or whoever keeps it elsewhere. */
struct vote_signer {
    struct public_key key;
    /* Fill in vote->signature. Where it is refused, *free_round is the lowest round of its height from
     * which on nothing was signed. A vote without a signature must not be sent. */
    enum vote_signing (*sign)(void *data, struct vote *vote, uint32_t *free_round);
    void *data;
};

/* A key at hand; wipe `ready` with signing_key_close(). */
struct vote_key {
    struct hash chain_id;
    struct signing_key ready;
};

/* Signs always. Fills in *key and borrows it. */
struct vote_signer vote_key_signer(struct vote_key *key, const struct hash *chain_id,
                                   const struct secret_key *secret);

/* True where the sender is in the set and signed this. Pure and thread-safe. */
NODISCARD bool vote_verify(const struct vote *vote, const struct hash *chain_id,
                           const struct validators *validators);

#endif /* CONSENSUS_VOTE_H */
