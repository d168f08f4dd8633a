/* Replica 0 of four at height 1, which validator 1 leads; the test plays the others. */
#ifndef TESTS_LIB_LONE_REPLICA_H
#define TESTS_LIB_LONE_REPLICA_H

#include "tests/lib/replica.h"

struct lone {
    struct committee committee;
    struct replica replica;
    struct block block; /* of validator 1 */
    struct hash digest;
    struct block rival; /* of validator 1 too */
    struct hash rival_digest;
    struct message heard; /* what the replica heard last */
};
extern struct lone lone;

void lone_set_up(void);
void lone_tear_down(void);
void lone_become(uint32_t self); /* Another validator, or VALIDATORS_NONE, from the start. */

/* The replica's last step asked for this, and nothing else: in the words of replica_said(). */
void lone_said(const char *expected);

/* What others say to it; round 0, and `vote` of lone.block, unless said otherwise. */
enum pbft_status lone_propose(const struct block *proposed);
enum pbft_status lone_vote(enum vote_type type, uint32_t sender);
enum pbft_status lone_change(uint32_t sender, uint32_t round, const struct certificate *prepared);
enum pbft_status lone_status(uint32_t sender, uint64_t height, uint32_t round, bool proposal);

/* Each goes on from the one before: it has sent PREPARE, has sent COMMIT, has decided lone.block. */
void lone_prepare(void);
void lone_commit(void);
void lone_decide(void);

#endif /* TESTS_LIB_LONE_REPLICA_H */
