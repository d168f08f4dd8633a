/* Leaves and nodes of Merkle trees, several at a time: sixteen leaves with AVX-512, two leaves or nodes
 * with the SHA instructions, as sha256_lanes.h has it. Roots do not depend on it. */
#ifndef CRYPTO_MERKLE_LANES_H
#define CRYPTO_MERKLE_LANES_H

#include "crypto/merkle.h"

#define MERKLE_LANES_MAX 16

/* How many leaves this processor hashes at once, as far as that is not limited: 16, 2 or 1. */
unsigned merkle_lanes(void);

/* For tests and measurements, in every thread: at most so many. MERKLE_LANES_MAX at first. */
void merkle_lanes_limit(unsigned lanes);

/* The hash of leaf `index` of a blob tree; its chunk is shorter than MERKLE_CHUNK_SIZE where it is the
 * last one. */
void merkle_lanes_leaf(struct hash *out, uint64_t index, struct bytes chunk);

/* Those of `count` leaves from `index` on, whose whole chunks follow one another. */
void merkle_lanes_leaves(struct hash *out, uint64_t index, const uint8_t *chunks, size_t count);

/* `count` nodes of 2 * count children; `out` may be `children`. */
void merkle_lanes_nodes(struct hash *out, const struct hash *children, size_t count);

#endif /* CRYPTO_MERKLE_LANES_H */
