/* The owners and servers of one round, with real keys, shares, proofs and values, over a market
 * fixture. What owners send is in round_fixture.c, what servers post in round_servers.c. */
#ifndef TESTS_LIB_ROUND_FIXTURE_H
#define TESTS_LIB_ROUND_FIXTURE_H

#include "crypto/aggregate.h"
#include "crypto/justify.h"
#include "crypto/norm_prove.h"
#include "crypto/share_reader.h"
#include "crypto/zero_deal.h"
#include "market/rounds.h"
#include "tests/lib/market_fixture.h"

#define ROUND_FIXTURE_OWNERS  16
#define ROUND_FIXTURE_PAD     ROUND_FIXTURE_OWNERS /* the model owner's pad, as an owner's number */
#define ROUND_FIXTURE_SERVERS 0xf

enum owner_fault {
    OWNER_HONEST,
    OWNER_INCONSISTENT, /* the ciphertext of the last server is another than the polynomial's */
    OWNER_LARGE,        /* a vector above the bound, with the proof of a smaller one */
};

struct round_fixture_owner {
    bool committed;
    bool proved;
    enum owner_fault fault;
    uint16_t seat;
    int64_t *values;  /* x; of the pad elements of F */
    int64_t *witness; /* what the proof says x is */
    struct secret_key ephemeral;
    struct share_keys keys;
    struct buffer blobs[2][SHARE_BLOBS_MAX]; /* C, C2 */
    struct hash roots[2][SHARE_BLOBS_MAX];
    struct share_commitment commitment;
    struct norm_proof proof;
    bool evaluated; /* e holds e_ij, or f_0j, of server j at [j-1] */
    struct field_ext e[MARKET_SERVERS_MAX];
};

struct round_fixture {
    struct market_fixture *chain;
    struct model_terms terms;
    uint64_t model;
    uint32_t number;
    uint16_t joined;
    struct share_round shares;
    struct norm_layout layout;
    struct round_fixture_owner owners[ROUND_FIXTURE_OWNERS + 1];
    struct zero_sharing *zeros; /* of server j at [j-1], under MODE_PAIRS */
    uint32_t
        cheat[MARKET_SERVERS_MAX]; /* of server j at [j-1]: servers to which it deals false keys */
    unsigned deals;                /* dealings so far: each has another seed */
    bool wrong[NATIVE_DEAL_REFUTE + 1]; /* by native: the next value posted is one off */
    uint32_t lies[MARKET_SERVERS_MAX];  /* of server j at [j-1]: owners (1 << owner) about whom e_ij
                                            is one off, in DECIDE and FALLBACK alike */
    uint32_t wrong_sums;                /* servers that send the leader another sum than theirs */
};

/* Publish a model with `terms` and open its first round, in one block; with MODE_PAD all servers
 * acknowledge the pad, with MODE_PAIRS they deal and confirm keys. */
void round_fixture_open(struct round_fixture *round, struct market_fixture *chain,
                        const struct model_terms *terms);
/* The same without the acknowledgements. */
void round_fixture_open_only(struct round_fixture *round, struct market_fixture *chain,
                             const struct model_terms *terms);
void round_fixture_next(struct round_fixture *round); /* Open the model's next round. */
void round_fixture_close(struct round_fixture *round);

struct round round_fixture_record(const struct round_fixture *round);
struct participant round_fixture_participant(const struct round_fixture *round, unsigned owner);
bool round_fixture_dispute(const struct round_fixture *round, unsigned owner, struct dispute *out);

/* The reference g0 of models that need one: element k is k mod 3 - 1. `out` holds d integers; the
 * blob's root goes into the terms. */
void round_fixture_reference(int64_t *out, uint32_t dimension);
void round_fixture_use_reference(struct model_terms *terms);

/* ---- Owners (0 ..): each appends one transaction to the open block */
void round_fixture_join(struct round_fixture *round, unsigned owner);
void round_fixture_make(struct round_fixture *round, unsigned owner, enum owner_fault fault);
struct share_commit_operand round_fixture_commitment(const struct round_fixture *round,
                                                     unsigned owner);
void round_fixture_commit(struct round_fixture *round, unsigned owner);
/* Join, make and commit, for owners 0 .. count - 1. */
void round_fixture_enter(struct round_fixture *round, unsigned count);
/* Make and post the norm proof, in PHASE_PROVE. */
void round_fixture_prove(struct round_fixture *round, unsigned owner);
void round_fixture_encode_proof(const struct round_fixture *round, unsigned owner,
                                struct buffer *out);
/* Blocks until PHASE_PROVE, all who committed prove, one block more. */
void round_fixture_prove_all(struct round_fixture *round);
void round_fixture_publish(struct round_fixture *round, unsigned owner, unsigned server);
void round_fixture_claim(struct round_fixture *round, unsigned owner);

/* ---- Servers (1 ..): right unless `wrong`, `lies` or `cheat` say otherwise */
/* Deal keys, in PHASE_DEAL; nothing by who has none to deal. */
void round_fixture_deal(struct round_fixture *round, unsigned server);
/* Take what was dealt, in PHASE_CONFIRM; where a key is false, refute it, and return false. */
NODISCARD bool round_fixture_take_keys(struct round_fixture *round, unsigned server);
void round_fixture_refute(struct round_fixture *round, unsigned server, unsigned dealer,
                          uint32_t set);
/* All of Q deal and confirm, where the round is in DEAL. */
void round_fixture_deal_all(struct round_fixture *round);
/* In PHASE_CONFIRM the same as round_fixture_take_keys() and, where they are right, the confirmation. */
void round_fixture_ack(struct round_fixture *round, unsigned server, uint32_t withheld_owners);
void round_fixture_decide(struct round_fixture *round, unsigned server);
void round_fixture_fallback(struct round_fixture *round, unsigned server);
void round_fixture_values(struct round_fixture *round, unsigned server); /* also CREDITS */
void round_fixture_aggregate(struct round_fixture *round, unsigned server);
void round_fixture_check(struct round_fixture *round, unsigned server);

/* The opening of server `server`'s share of an owner, posted by that server or by the owner. */
void round_fixture_justify(struct round_fixture *round, unsigned owner, unsigned server,
                           bool by_owner);

/* The pieces of the above, for tests that change them. */
void round_fixture_share(const struct round_fixture *round, unsigned owner, unsigned server,
                         uint64_t *x, uint64_t *aux);
struct field_ext round_fixture_value(struct round_fixture *round, unsigned owner, unsigned server);
unsigned round_fixture_accepted(const struct round_fixture *round, unsigned *out);
void round_fixture_bitmap(const struct round_fixture *round, uint32_t withheld_owners,
                          uint8_t out[2]);
void round_fixture_element(struct buffer *out, uint64_t value);
void round_fixture_pairs(const struct round_fixture *round, unsigned server, const unsigned *owners,
                         unsigned count, struct buffer *out);
void round_fixture_opened(struct round_fixture *round, unsigned server, struct buffer *out);
/* False where the leader's sums tell nothing, so that it must not post. */
NODISCARD bool round_fixture_sum(const struct round_fixture *round, struct hash *owners,
                                 struct buffer *out);
/* What a JUSTIFY has, and its sidecar; the operand borrows the fixture's lists. */
void round_fixture_opening(const struct round_fixture *round, unsigned owner, unsigned server,
                           bool by_owner, struct dispute_justify_operand *out,
                           struct buffer *sidecar);

/* All servers of a set post one after the other; then the block is executed. */
void round_fixture_all(struct round_fixture *round, uint32_t set, uint8_t native);

/* Blocks until the round is in `phase`; fails the test after 60. */
void round_fixture_until(struct round_fixture *round, enum round_phase phase);

#endif /* TESTS_LIB_ROUND_FIXTURE_H */
