/* Keys and signatures: secp256k1, BIP-340 Schnorr, and ECDH for encryption.
 *
 * Nothing here reads a random source: randomness is an argument. */
#ifndef CRYPTO_KEY_H
#define CRYPTO_KEY_H

#include "crypto/hash.h"

struct secret_key {
    uint8_t bytes[32]; /* big-endian scalar, 1 .. n-1; wipe with secret_key_close() */
};

struct public_key {
    uint8_t bytes[32]; /* x-only, BIP-340 */
};

/* A secret key with its public point, which is half of the work of a signature: for who signs more than
 * once. Wipe with signing_key_close(). */
struct signing_key {
    struct public_key public_key;
    uint8_t pair[96]; /* of libsecp256k1; holds the secret */
};

struct point {
    uint8_t bytes[33]; /* compressed, SEC 1 */
};

struct signature {
    uint8_t bytes[64]; /* BIP-340 */
};

/* Make a key of 32 uniformly random bytes. Returns false (2^-128) where they are no valid scalar. */
NODISCARD bool secret_key_init(struct secret_key *out, const uint8_t random32[32]);
void secret_key_close(struct secret_key *key); /* Overwrites the key with zeros. */

void public_key_of(struct public_key *out, const struct secret_key *key);
void point_of(struct point *out, const struct secret_key *key);
NODISCARD bool public_key_valid(const struct public_key *key); /* On the curve? */
NODISCARD bool point_valid(const struct point *point);

/* Sign a 32-byte message (BIP-340). `random32` is fresh randomness, or 32 zero bytes for a
 * deterministic signature, which is safe too (BIP-340, default signing). */
void signature_make(struct signature *out, const struct secret_key *key, const struct hash *message,
                    const uint8_t random32[32]);

/* The same, in half of the time, with a key that was made ready once. */
void signing_key_init(struct signing_key *out, const struct secret_key *key);
void signing_key_close(struct signing_key *key); /* Overwrites the key with zeros. */
void signing_key_sign(struct signature *out, const struct signing_key *key,
                      const struct hash *message, const uint8_t random32[32]);

/* Check a signature. About 40 us, an eighth less for a key that this thread has seen before;
 * thread-safe. False for a malformed key or signature as well. */
NODISCARD bool signature_check(const struct signature *signature, const struct public_key *key,
                               const struct hash *message);

/* secret * peer as a compressed point, in constant time in the secret (the ECDH call of
 * libsecp256k1 with a callback that returns the point). False where `peer` is no valid point. */
NODISCARD bool ecdh_point(struct point *out, const struct secret_key *key,
                          const struct point *peer);

/* The point with even Y of an x-only key. False where it is not on the curve. */
NODISCARD bool point_of_public_key(struct point *out, const struct public_key *key);

/* key + tweak, and the x-only and compressed public sides of it, for BIP-32. False where the result
 * is no valid key. */
NODISCARD bool secret_key_add(struct secret_key *key, const uint8_t tweak32[32]);
NODISCARD bool point_add_scalar(struct point *point, const uint8_t tweak32[32]);

/* scalar * point and a - b for public points, in variable time. False where a point is not valid, the
 * scalar is not in 1 .. n-1, or the result is the point at infinity. */
NODISCARD bool point_multiply(struct point *out, const struct point *point,
                              const uint8_t scalar32[32]);
NODISCARD bool point_subtract(struct point *out, const struct point *a, const struct point *b);

/* key * factor + term modulo n, in constant time. False where a factor or the result is no valid
 * scalar; then *out is zero. */
NODISCARD bool secret_key_combine(struct secret_key *out, const struct secret_key *key,
                                  const uint8_t factor32[32], const struct secret_key *term);

/* The secret whose public point has even Y: itself or its negation (BIP-340 lift). */
void secret_key_make_even(struct secret_key *key);

#endif /* CRYPTO_KEY_H */
