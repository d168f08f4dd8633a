/* A round of the norm proof for tests and benchmarks: servers with keys, owners honest or not, their
 * shares, and the values servers make of them. The same arguments give the same bytes. */
#ifndef TESTS_LIB_NORM_FIXTURE_H
#define TESTS_LIB_NORM_FIXTURE_H

#include "crypto/norm_prove.h"
#include "crypto/norm_server.h"
#include "crypto/share_reader.h"
#include "tests/lib/norm_slow.h"

struct norm_owner {
    struct public_key id;
    struct secret_key ephemeral;
    uint8_t seed[XOF_SEED_SIZE];
    struct share_keys keys;
    int64_t *vector; /* the integers, for an honest owner */
    uint64_t *x;     /* what is shared: the same as elements, or anything */
    uint64_t *aux;
    struct share_commitment commitment;
    struct hash roots[SHARE_BLOBS_MAX];
    struct hash roots2[SHARE_BLOBS_MAX];
    struct buffer blobs[SHARE_BLOBS_MAX];
    struct buffer blobs2[SHARE_BLOBS_MAX];
    struct norm_proof proof;
    uint64_t *shares[SHAMIR_SERVERS_MAX]; /* of server j at [j-1]: x, then aux */
};

struct norm_fixture {
    struct norm_layout layout;
    struct share_round round;
    struct secret_key server_keys[SHAMIR_SERVERS_MAX];
    struct hash beacon_1;
    struct hash beacon_2;
    int64_t *reference; /* g0, or NULL */
    uint64_t state;
};

/* Parameters of a small task that passes norm_layout_init(). */
struct norm_params norm_params_small(unsigned server_count, unsigned degree, uint32_t dimension,
                                     uint32_t bound);

/* Asserts that the parameters are good. A reference of `reference_size` magnitude is drawn where the
 * parameters ask for one. */
void norm_fixture_init(struct norm_fixture *fixture, const struct norm_params *params,
                       int64_t reference_size, uint64_t seed);
void norm_fixture_close(struct norm_fixture *fixture);

/* An owner without a vector yet: zeros. */
void norm_owner_init(struct norm_owner *owner, struct norm_fixture *fixture);
void norm_owner_close(struct norm_owner *owner);

/* Draw integers with a norm of about share/256 of the bound, and never above it where share is at most
 * 250. */
void norm_owner_draw(struct norm_owner *owner, struct norm_fixture *fixture, unsigned share);

/* Steps of an owner. norm_owner_elements() sets x from the integers; the others use x and aux as they
 * are. A witness with `claim` of UINT64_MAX tells the true norm, else that as N. Bits of what does not
 * fit are those of 0. */
void norm_owner_elements(struct norm_owner *owner, const struct norm_fixture *fixture);
void norm_owner_commit(struct norm_owner *owner, const struct norm_fixture *fixture);
void norm_owner_witness(struct norm_owner *owner, struct norm_fixture *fixture, uint64_t claim);
void norm_owner_share_aux(struct norm_owner *owner, const struct norm_fixture *fixture);
void norm_owner_prove(struct norm_owner *owner, const struct norm_fixture *fixture,
                      enum norm_ablation ablation);
struct norm_statement norm_owner_statement(const struct norm_owner *owner,
                                           const struct norm_fixture *fixture);

/* All of it, by the product's own prover. */
void norm_owner_honest(struct norm_owner *owner, struct norm_fixture *fixture, unsigned share);
/* All of it for a vector and N that may be false, by the slow one. */
void norm_owner_cheat(struct norm_owner *owner, struct norm_fixture *fixture, uint64_t claim);

/* Values e_ij of all servers, and c0. */
struct norm_evaluation {
    struct shamir_values values;
    struct field_ext constant;
};
struct norm_evaluation norm_owner_evaluate(const struct norm_owner *owner,
                                           const struct norm_fixture *fixture,
                                           enum norm_ablation ablation);
/* The verdict of norm_decide() on those. */
enum norm_verdict norm_owner_verdict(const struct norm_owner *owner,
                                     const struct norm_fixture *fixture,
                                     enum norm_ablation ablation);

#endif /* TESTS_LIB_NORM_FIXTURE_H */
