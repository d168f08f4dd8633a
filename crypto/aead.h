/* Symmetric primitives from libcrypto: ChaCha20-Poly1305 (RFC 8439), HKDF-SHA256 (RFC 5869),
 * PBKDF2-HMAC-SHA512 (RFC 8018) and scrypt (RFC 7914). */
#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

#include "base/bytes.h"

#define AEAD_KEY_SIZE   32
#define AEAD_NONCE_SIZE 12
#define AEAD_TAG_SIZE   16

/* Encrypt `plain` into plain.size + AEAD_TAG_SIZE bytes at `out`; the two may be the same memory. A
 * pair of key and nonce must never be used twice. */
void aead_seal(uint8_t *out, const uint8_t key[AEAD_KEY_SIZE], const uint8_t nonce[AEAD_NONCE_SIZE],
               struct bytes associated, struct bytes plain);

/* Decrypt into sealed.size - AEAD_TAG_SIZE bytes at `out`. False where it is shorter than a tag or
 * was changed; then `out` is zeroed. */
NODISCARD bool aead_open(uint8_t *out, const uint8_t key[AEAD_KEY_SIZE],
                         const uint8_t nonce[AEAD_NONCE_SIZE], struct bytes associated,
                         struct bytes sealed);

void hmac_sha256(uint8_t out32[32], struct bytes key, struct bytes data);
void hmac_sha512(uint8_t out64[64], struct bytes key, struct bytes data);
/* At most 8160 bytes, with at most 256 bytes of info: asserted. */
void hkdf_sha256(uint8_t *out, size_t size, struct bytes salt, struct bytes secret,
                 struct bytes info);
void pbkdf2_sha512(uint8_t *out, size_t size, struct bytes password, struct bytes salt,
                   uint32_t rounds);

struct scrypt_cost {
    uint64_t n; /* a power of two of 2 .. 2^20; 128 * n * r bytes of memory are used */
    uint32_t r; /* at least 1 */
    uint32_t p; /* at least 1 */
};

/* False where the cost is out of its range, or memory is short. */
NODISCARD bool scrypt_derive(uint8_t *out, size_t size, struct bytes password, struct bytes salt,
                             const struct scrypt_cost *cost);

#endif /* CRYPTO_AEAD_H */
