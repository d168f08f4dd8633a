/* One replica among committee members who are played by the test. */
#ifndef TESTS_LIB_REPLICA_H
#define TESTS_LIB_REPLICA_H

#include "consensus/pbft.h"
#include "tests/lib/committee.h"

enum { REPLICA_RECORDS_MAX = 64 };

struct replica {
    const struct committee *committee;
    uint32_t self;
    struct vote_key key;
    struct vote_signer signer;
    struct pbft *pbft;
    struct pbft_actions actions;
    uint64_t now_ms;
    uint64_t clock_ms;
    struct buffer text; /* the actions of the last step: replica_said() */
    struct buffer records[REPLICA_RECORDS_MAX];
    size_t record_count;
};

/* A replica at height 1, started; its clock shows 1000 ms, T0 is 500 ms, drift 500 ms. */
void replica_open(struct replica *replica, const struct committee *committee, uint32_t self);
void replica_close(struct replica *replica);

/* Lose everything but the first `record_count` records, and start again. */
enum pbft_status replica_restart(struct replica *replica, size_t record_count);

enum pbft_status replica_step(struct replica *replica, struct pbft_event event);
enum pbft_status replica_hear(struct replica *replica, const struct message *message);
enum pbft_status replica_vote(struct replica *replica, enum vote_type type, uint32_t sender,
                              uint32_t round, const struct hash *digest); /* Of height 1. */
enum pbft_status replica_check(struct replica *replica, const struct hash *digest, bool valid);
enum pbft_status replica_work(struct replica *replica);
enum pbft_status replica_time_out(struct replica *replica, enum pbft_timer timer, uint64_t ms);
enum pbft_status replica_executed(struct replica *replica, uint64_t height);

/* What the last step asked for, for example "persist 1; broadcast prepare 0; timer round 500".
 * Numbers are: of a record its sequence, of a message its round, of a timer its milliseconds. */
const char *replica_said(struct replica *replica);

#endif /* TESTS_LIB_REPLICA_H */
