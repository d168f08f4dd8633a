/* Leaves of a blob tree, sixteen at a time.
 *
 * The SHA instructions wait for one another along one message. With AVX-512 (F, BW) sixteen messages
 * of the same length go through the compression function side by side, one in each 32-bit lane,
 * which is about twice as fast on a processor that has both. */
#ifndef CRYPTO_MERKLE_LANES_H
#define CRYPTO_MERKLE_LANES_H

#include "crypto/merkle.h"

#define MERKLE_LANES      16
#define MERKLE_LANES_SIZE ((size_t)MERKLE_LANES * MERKLE_CHUNK_SIZE)

/* Has this processor what it takes, and was it not forbidden? */
bool merkle_lanes_available(void);

/* For tests and measurements, in every thread; allowed at first. */
void merkle_lanes_allow(bool allowed);

/* The hashes of leaves `index` .. `index` + 15, whose MERKLE_LANES_SIZE bytes are at `chunks`. Asserts
 * that the processor can. */
void merkle_lanes_hash(struct hash out[MERKLE_LANES], uint64_t index, const uint8_t *chunks);

#endif /* CRYPTO_MERKLE_LANES_H */
