/* An owner's side of sharing: keys, shares, ciphertexts, roots (pv-snip 3 and 5.1).
 *
 * The vectors x (COMMIT) and aux (PROVE) are shared alike, under labels of their own. Servers 1 .. t
 * derive their shares from a key, and get nothing. Server j > t gets C_j = share_j + PRG(K_j).
 *
 * Elements go in as a stream and ciphertexts come out as one, so memory does not depend on the
 * dimension. All is a function of the ephemeral key and the vector. */
#ifndef CRYPTO_SHARE_WRITER_H
#define CRYPTO_SHARE_WRITER_H

#include "base/buffer.h"
#include "crypto/merkle.h"
#include "crypto/share.h"
#include "crypto/xof.h"

/* Which vector, with what sets its key stream apart from others of the same key. */
struct share_label {
    const char *dst;     /* SHARE_DST_X or SHARE_DST_AUX */
    uint8_t prefix[16];  /* nonce2 for aux */
    uint8_t prefix_size; /* 0 for x, 16 for aux */
};

#define SHARE_DST_X   "PVS1/x"
#define SHARE_DST_AUX "PVS1/aux"

struct share_label share_label_x(void);
struct share_label share_label_aux(const uint8_t nonce2[16]);

/* K_ij of one owner for all servers. Secret: overwrite with share_keys_close(). */
struct share_keys {
    struct hash keys[SHAMIR_SERVERS_MAX]; /* of server j at [j-1] */
};

/* `ephemeral` is fresh and of this round alone; it is made even, as EK stands for the even point.
 * The round passed share_round_check(). */
void share_keys_make(struct share_keys *out, const struct share_round *round,
                     const struct public_key *owner, const struct secret_key *ephemeral);
void share_keys_close(struct share_keys *keys);

struct share_writer {
    uint8_t server_count;
    uint8_t degree;
    struct prg prg[SHAMIR_SERVERS_MAX];            /* of server j at [j-1] */
    struct merkle_stream streams[SHARE_BLOBS_MAX]; /* of server t+1+i at [i] */
    uint64_t coefficients[SHARE_BLOBS_MAX][SHAMIR_SERVERS_MAX];
};

void share_writer_init(struct share_writer *writer, const struct share_round *round,
                       const struct share_keys *keys, const struct share_label *label);

/* Share the next elements and append the ciphertexts of server t+1+i to blobs[i], S - t buffers. */
void share_writer_add(struct share_writer *writer, const uint64_t *elements, size_t count,
                      struct buffer *blobs);
/* The same for integers: share field_from_signed() of each. */
void share_writer_add_signed(struct share_writer *writer, const int64_t *values, size_t count,
                             struct buffer *blobs);

/* The roots h_{t+1} .. h_S of what was written, S - t of them, and overwrite every secret. */
void share_writer_finish(struct share_writer *writer, struct hash *roots);

/* COMMIT: EK, root_i over `roots`, and the proof that the owner has ek. `random32` is as for
 * signature_make(). */
void share_commit(struct share_commitment *out, const struct share_round *round,
                  const struct public_key *owner, const struct secret_key *ephemeral,
                  const struct hash *roots, const uint8_t random32[32]);

#endif /* CRYPTO_SHARE_WRITER_H */
