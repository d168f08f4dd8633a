/* A quorum's votes for one block in one round: the proof that it is prepared, or decided. */
#ifndef CONSENSUS_CERTIFICATE_H
#define CONSENSUS_CERTIFICATE_H

#include "consensus/vote.h"

enum { CERTIFICATE_BITMAP_SIZE = (VALIDATORS_MAX + 7) / 8 };

struct certificate {
    uint64_t height;
    uint32_t round;
    struct hash digest;
    uint8_t signers[CERTIFICATE_BITMAP_SIZE]; /* validator i: bit i % 8 of byte i / 8 */
    uint32_t signature_count;
    struct signature signatures[VALIDATORS_MAX]; /* in ascending order of the signers */
};

extern const struct schema certificate_schema;

/* Begin an empty certificate, then add signatures: signers in ascending order, each once
 * (asserted). */
void certificate_init(struct certificate *certificate, uint64_t height, uint32_t round,
                      const struct hash *digest);
void certificate_add(struct certificate *certificate, uint32_t signer,
                     const struct signature *signature);

NODISCARD bool certificate_has(const struct certificate *certificate, uint32_t signer);

/* True where at least a quorum of distinct validators of the set, and nobody else, signed a vote of
 * `type` (VOTE_PREPARE or VOTE_COMMIT) for the certificate's height, round and digest, and every
 * signature is right. Otherwise one line says why in `error`, which may be NULL with size 0.
 * About 40 us per signature; pure and thread-safe. */
NODISCARD bool certificate_verify(const struct certificate *certificate, enum vote_type type,
                                  const struct hash *chain_id, const struct validators *validators,
                                  char *error, size_t error_size);

/* The same, where the votes of `known` were checked before (NULL: none were): a signature that stands in
 * it for the same type, height, round, digest and set is not checked a second time. */
struct certificate_check {
    enum vote_type type;
    const struct hash *chain_id;
    const struct validators *validators;
    const struct certificate *known;
};
NODISCARD bool certificate_verify_known(const struct certificate *certificate,
                                        const struct certificate_check *check, char *error,
                                        size_t error_size);

/* Digest of the certificate, tag souk/certificate/v1: the header's last_commit_hash. */
void certificate_hash(struct hash *out, const struct certificate *certificate);

/* Read a whole encoding; one line in `error` where it is not one. Signatures are not checked. */
NODISCARD bool certificate_decode(struct certificate *out, struct bytes input, char *error,
                                  size_t error_size);
void certificate_encode(struct buffer *out, const struct certificate *certificate);

#endif /* CONSENSUS_CERTIFICATE_H */
