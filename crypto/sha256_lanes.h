/* SHA-256 of several messages side by side, where the processor can: a leaf's hash waits for itself
 * from round to round, several do not wait for one another.
 *
 * The messages have the same length and are cut into blocks by the caller: a first one, `middle_count`
 * blocks that lie where they are, and a last one with the padding of FIPS 180-4, 5.1.1. */
#ifndef CRYPTO_SHA256_LANES_H
#define CRYPTO_SHA256_LANES_H

#include "crypto/hash.h"

#define SHA256_BLOCK_SIZE 64

struct sha256_lanes_input {
    const uint8_t (*first)[SHA256_BLOCK_SIZE]; /* one of each message */
    const uint8_t *middle;                     /* of message 0 */
    size_t stride;                             /* from one message's middle to the next one's */
    size_t middle_count;
    const uint8_t (*last)[SHA256_BLOCK_SIZE];
};

/* Is there such a kernel in this build and on this processor? */
bool sha256_pair_supported(void);    /* 2 messages: SHA, SSSE3, SSE4.1 */
bool sha256_sixteen_supported(void); /* 16 messages: AVX-512 F, BW */

/* The hashes of 2, of 16 messages. Each asserts that it is supported. */
void sha256_pair(struct hash out[2], const struct sha256_lanes_input *input);
void sha256_sixteen(struct hash out[16], const struct sha256_lanes_input *input);

/* FIPS 180-4, 4.2.2 and 5.3.3; for the kernels. */
extern const uint32_t sha256_constants[64];
extern const uint32_t sha256_initial[8];

#endif /* CRYPTO_SHA256_LANES_H */
