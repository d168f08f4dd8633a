/* An owner's side: shares, ciphertexts and the commitment to them.
 *
 * Elements go in as a stream and ciphertexts come out as a stream, so memory does not depend on the
 * dimension. The result is a function of the arguments alone: an owner that keeps the ephemeral key
 * and the mask seed can make the same bytes again after a crash. It must never use one ephemeral key
 * or one mask seed for two vectors: the difference of the two would be public. */
#ifndef CRYPTO_SHARE_OWNER_H
#define CRYPTO_SHARE_OWNER_H

#include "base/buffer.h"
#include "crypto/merkle.h"
#include "crypto/share.h"
#include "crypto/xof.h"

struct share_owner {
    struct share_round round;
    struct public_key owner;
    struct secret_key ephemeral; /* with even Y */
    uint8_t mask_seed[XOF_SEED_SIZE];
    size_t taken;                                  /* elements of the vector */
    struct prg prg[SHAMIR_SERVERS_MAX];            /* of server j at [j-1] */
    struct merkle_stream streams[SHARE_BLOBS_MAX]; /* of server t+1+i at [i] */
    uint64_t coefficients[SHARE_BLOBS_MAX][SHAMIR_SERVERS_MAX];
};

/* Start. `ephemeral` is fresh and never used again, `mask_seed` is 32 fresh random bytes. On any
 * status but SHARE_OK (those of share_round_check) there is nothing to close. */
NODISCARD enum share_status share_owner_init(struct share_owner *owner,
                                             const struct share_round *round,
                                             const struct public_key *id,
                                             const struct secret_key *ephemeral,
                                             const uint8_t mask_seed[XOF_SEED_SIZE]);

/* Share the next `count` integers of the vector and append the ciphertexts of server t+1+i to
 * blobs[i], share_blob_count() buffers. No more than the dimension in all: asserted. */
void share_owner_add(struct share_owner *owner, const int64_t *values, size_t count,
                     struct buffer *blobs);

/* After the whole vector (asserted): append the mask's shares and make the commitment and the
 * ciphertexts' roots, share_blob_count() of them. `random32` is as for signature_make(). */
void share_owner_finish(struct share_owner *owner, struct buffer *blobs, struct hash *roots,
                        struct share_commitment *out, const uint8_t random32[32]);

void share_owner_close(struct share_owner *owner); /* Overwrites every secret. */

/* What the owner sends to server t+1+i: the list of roots, then the ciphertext. */
void share_delivery_write(struct buffer *out, const struct hash *roots, unsigned root_count,
                          struct bytes ciphertext);

#endif /* CRYPTO_SHARE_OWNER_H */
