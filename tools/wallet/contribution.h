/* An owner's part in one round, kept in a file until the round ends.
 *
 * Everything an owner sends in a round is a function of what is here and of the chain: ciphertexts,
 * proof, answers in a dispute. It is written before the commitment leaves, so a crash at any point
 * leaves either nothing or all that is needed to go on, and one ephemeral key can never serve two
 * vectors. It is secret: the vector and the key to every server are in it. */
#ifndef TOOLS_WALLET_CONTRIBUTION_H
#define TOOLS_WALLET_CONTRIBUTION_H

#include "crypto/norm_prove.h"
#include "tools/wallet/deliver.h"

struct contribution {
    struct hash update;          /* SHA-256 of the vector, elements as 8 bytes little-endian */
    struct secret_key ephemeral; /* of this round alone */
    uint8_t seed[XOF_SEED_SIZE]; /* of the proof's masks and nonce; of this round alone */
    struct share_commitment commitment;
    uint32_t count;  /* elements of the vector */
    int64_t *vector; /* owned */
};

/* Draw keys and seeds for a vector, which is taken over, and commit to it. */
NODISCARD bool contribution_make(struct contribution *out, const struct share_round *round,
                                 const struct public_key *owner, int64_t *vector,
                                 struct fault *fault);
void contribution_close(struct contribution *contribution); /* Overwrites every secret. */

/* SHA-256 of a vector, as in `update`. */
void contribution_hash(struct hash *out, const int64_t *vector, size_t count);

/* The ciphertexts of the vector, in files in `folder`, and their roots. Without a folder the roots alone. It
 * is to be closed in any case. */
NODISCARD bool contribution_share(const struct contribution *contribution,
                                  const struct share_round *round, const struct public_key *owner,
                                  const char *folder, struct ciphertexts *out, struct fault *fault);

/* What an owner has after beacon 1. */
struct proven {
    struct norm_proof proof;
    struct ciphertexts auxiliary; /* that go with it */
};

/* Prove. False where the vector cannot be proven, with the reason. `reference` is g0, NULL without a
 * test. */
NODISCARD bool contribution_prove(const struct contribution *contribution,
                                  const struct round_setting *setting,
                                  const struct public_key *owner, const int64_t *reference,
                                  struct proven *out, struct fault *fault);

/* The content of a file, and back. Decoding says what is wrong in one line; *out is empty then. */
void contribution_encode(struct buffer *out, const struct contribution *contribution);
NODISCARD bool contribution_decode(struct contribution *out, struct bytes content, char *error,
                                   size_t error_size);

NODISCARD bool contribution_write(const struct contribution *contribution, const char *path,
                                  struct fault *fault);
NODISCARD bool contribution_read(struct contribution *out, const char *path, struct fault *fault);

#endif /* TOOLS_WALLET_CONTRIBUTION_H */
