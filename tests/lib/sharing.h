/* A whole round of sharing for tests and benchmarks: servers with keys, owners with vectors, and what
 * each makes of it. The same arguments give the same bytes. */
#ifndef TESTS_LIB_SHARING_H
#define TESTS_LIB_SHARING_H

#include "crypto/aggregate.h"
#include "crypto/share_reader.h"

#define SHARING_OWNERS_MAX 16

struct sharing_owner {
    struct public_key id;
    struct secret_key ephemeral;
    struct share_keys keys;
    int64_t *vector; /* dimension */
    struct share_commitment commitment;
    struct hash roots[SHARE_BLOBS_MAX];
    struct buffer blobs[SHARE_BLOBS_MAX];
    uint64_t *shares[SHAMIR_SERVERS_MAX]; /* of server j at [j-1], as that server gets it */
};

struct sharing {
    struct hash chain_id;
    struct hash task;
    uint32_t round_number;
    struct hash params_hash;
    struct share_round round;
    struct secret_key server_keys[SHAMIR_SERVERS_MAX];
    unsigned owner_count;
    struct sharing_owner owners[SHARING_OWNERS_MAX]; /* sorted by id */
};

/* Make a round in which `owner_count` owners share vectors of 21-bit integers. */
void sharing_init(struct sharing *sharing, unsigned server_count, unsigned degree,
                  uint32_t dimension, unsigned owner_count, uint64_t seed);
void sharing_close(struct sharing *sharing);

/* A server's sum of shares over the owners of `owner_set` (bit i for owner i), `dimension` elements to be
 * freed. */
uint64_t *sharing_sum_new(const struct sharing *sharing, unsigned server, uint32_t owner_set);

/* A whole delivery of `count` elements: SHARE_SIZE where it has another size, SHARE_ELEMENT with *index
 * (may be NULL) at the first element that is not below p. */
enum share_status sharing_read(struct share_sealed *out, const struct share_round *round,
                               size_t count, struct bytes delivery, uint64_t *index);

/* The encoding of the plain sum of the owners' vectors. */
void sharing_plain_sum(struct buffer *out, const struct sharing *sharing, uint32_t owner_set);

#endif /* TESTS_LIB_SHARING_H */
