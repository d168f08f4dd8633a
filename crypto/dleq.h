/* Proof that two discrete logarithms are equal: log_G(A) = log_base(D) (Chaum, Pedersen 1992, made
 * non-interactive; pv-snip 4.3). With it a server or an owner opens the one point D_ij without its
 * key.
 *
 * R1 = kG, R2 = k base; e = H("PVS1/dleq" || A || base || D || R1 || R2 || message); s = k + e a. The
 * verifier takes R1 = sG - eA and R2 = s base - eD. */
#ifndef CRYPTO_DLEQ_H
#define CRYPTO_DLEQ_H

#include "crypto/key.h"

#define DLEQ_SIZE 64

struct dleq_proof {
    uint8_t challenge[32]; /* e, as it comes out of the hash */
    uint8_t response[32];  /* s, a scalar */
};

/* `base` is a valid point (asserted) and `shared` = key * base. The nonce comes from the key, `shared`,
 * the message and 32 fresh random bytes. Constant time in the key. */
void dleq_prove(struct dleq_proof *out, const struct secret_key *key, const struct point *base,
                const struct point *shared, const struct hash *message, const uint8_t random32[32]);

/* About 0.15 ms. False for malformed points and scalars too. */
NODISCARD bool dleq_check(const struct dleq_proof *proof, const struct point *public_point,
                          const struct point *base, const struct point *shared,
                          const struct hash *message);

#endif /* CRYPTO_DLEQ_H */
