/* SipHash-2-4 (Aumasson and Bernstein, 2012): a short hash under a key, for names whose maker does not
 * know the key. No hash for signing or for roots: it has 64 bits. */
#ifndef CRYPTO_SIPHASH_H
#define CRYPTO_SIPHASH_H

#include "base/bytes.h"

struct siphash_key {
    uint64_t k0;
    uint64_t k1;
};

void siphash_key_init(struct siphash_key *out, const uint8_t bytes[16]); /* Little-endian. */

uint64_t siphash(const struct siphash_key *key, struct bytes data);

#endif /* CRYPTO_SIPHASH_H */
