/* The owners and servers of one round, with real keys, shares and values, over a market fixture. */
#ifndef TESTS_LIB_ROUND_FIXTURE_H
#define TESTS_LIB_ROUND_FIXTURE_H

#include "crypto/aggregate.h"
#include "crypto/share_owner.h"
#include "crypto/share_server.h"
#include "market/rounds.h"
#include "tests/lib/market_fixture.h"

#define ROUND_FIXTURE_DIMENSION 64
#define ROUND_FIXTURE_OWNERS    16

struct round_fixture_owner {
    bool committed;
    uint16_t seat;
    int64_t values[ROUND_FIXTURE_DIMENSION];
    struct buffer blobs[SHARE_BLOBS_MAX];
    struct share_commitment commitment;
};

struct round_fixture {
    struct market_fixture *chain;
    struct model_terms terms;
    uint64_t model;
    uint32_t number;
    uint16_t joined;
    struct share_round shares;
    struct round_fixture_owner owners[ROUND_FIXTURE_OWNERS];
    bool wrong[NATIVE_BATCH_CHECK + 1]; /* by native: the next value posted is one off */
};

/* Publish a model with `terms` and open its first round, in one block. */
void round_fixture_open(struct round_fixture *round, struct market_fixture *chain,
                        const struct model_terms *terms);
void round_fixture_next(struct round_fixture *round); /* Open the model's next round. */
void round_fixture_close(struct round_fixture *round);

struct round round_fixture_record(const struct round_fixture *round);
struct participant round_fixture_participant(const struct round_fixture *round, unsigned owner);

/* What an owner (0 ..) sends: each appends one transaction to the open block. */
void round_fixture_join(struct round_fixture *round, unsigned owner);
void round_fixture_make(struct round_fixture *round, unsigned owner, bool inconsistent);
struct share_commit_operand round_fixture_commitment(const struct round_fixture *round,
                                                     unsigned owner);
void round_fixture_commit(struct round_fixture *round, unsigned owner);
/* Join, make and commit, for owners 0 .. count - 1. */
void round_fixture_enter(struct round_fixture *round, unsigned count);

/* What a server (1 ..) posts, right unless `wrong` says otherwise. */
void round_fixture_ack(struct round_fixture *round, unsigned server, uint32_t withheld_owners);
void round_fixture_decide(struct round_fixture *round, unsigned server);
void round_fixture_fallback(struct round_fixture *round, unsigned server);
void round_fixture_aggregate(struct round_fixture *round, unsigned server);
void round_fixture_check(struct round_fixture *round, unsigned server);

/* The pieces of the above, for tests that change them. */
void round_fixture_bitmap(const struct round_fixture *round, uint32_t withheld_owners,
                          uint8_t out[2]);
void round_fixture_values(const struct round_fixture *round, unsigned server, struct buffer *out);
void round_fixture_sum(const struct round_fixture *round, struct hash *owners,
                       uint8_t out[ROUND_FIXTURE_DIMENSION * 8]);

/* All servers of a set post one after the other; then the block is executed. */
void round_fixture_all(struct round_fixture *round, uint32_t set, uint8_t native);
#define ROUND_FIXTURE_SERVERS 0xf

/* Blocks until the round is in `phase`; fails the test after 40. */
void round_fixture_until(struct round_fixture *round, enum round_phase phase);

#endif /* TESTS_LIB_ROUND_FIXTURE_H */
