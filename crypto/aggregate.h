/* The sum of the owners' vectors and what makes it checkable (pv-snip 5.4 and 5.6), and what the norm
 * proof's batch shares with it: beacons, gamma, the equation of the fallback.
 *
 * After the aggregate A is on the chain, beacon 3 gives sigma, server j posts W_j = <eq(sigma), A_j>
 * of its sum of shares A_j, and the polynomial through the W_j must have <eq(sigma), A> at 0.
 *
 * What validators run is pure, and reads the aggregate once. */
#ifndef CRYPTO_AGGREGATE_H
#define CRYPTO_AGGREGATE_H

#include "crypto/multilinear.h"
#include "crypto/share.h"

#define AGGREGATE_DST_CHECK "PVS1/sigma"

/* ---- Beacons and what they draw */

/* Beacon `number` (1 .. 3) = H("PVS1/beacon" || LE8 number || ctx || block_hash). */
void aggregate_beacon(struct hash *out, unsigned number, const struct hash *context,
                      const struct hash *block_hash);

/* gamma_i = E(H(beacon || "PVS1/gamma" || owner)). */
struct field_ext aggregate_gamma(const struct hash *beacon, const struct public_key *owner);

/* The form of check (sigma) for vectors of `dimension` elements; end it with multilinear_close(). About
 * 2^(m/2) products in K, m = log2 dimension. */
void aggregate_check_form(struct multilinear *out, const struct hash *beacon, uint32_t dimension);

/* H of the concatenated ids of the owners, sorted bytewise (asserted), of whom A is the sum. */
void aggregate_set_hash(struct hash *out, const struct public_key *owners, size_t count);

/* ---- Servers */

/* E_j grows by one owner: *total += gamma * value. Starts at zero. */
void aggregate_fold(struct field_ext *total, struct field_ext gamma, struct field_ext value);

/* A_j grows by one owner: sum[k] += share[k] for k < dimension. Starts at zero. */
void aggregate_add(uint64_t *sum, const uint64_t *share, uint32_t dimension);

/* W_j. */
struct field_ext aggregate_check_value(const struct multilinear *check, const uint64_t *sum,
                                       uint32_t dimension);

/* ---- The leader */

/* The form by which the leader compares sums, drawn from a private random seed. */
void aggregate_leader_form(struct multilinear *out, const struct hash *private_seed,
                           uint32_t dimension);

/* Whose sums are interpolated, and how. */
struct aggregate_plan {
    unsigned count;
    unsigned servers[SHAMIR_SERVERS_MAX];
    uint64_t coefficients[SHAMIR_SERVERS_MAX];
};

/* `values` has <leader's form, A_j> of every sum that came. False where fewer than 2 * degree + 1 -
 * liar_count sums agree; then the leader must post nothing. *off, which may be NULL, gets the servers
 * whose sums are off. */
NODISCARD bool aggregate_plan_make(struct aggregate_plan *out, const struct shamir_values *values,
                                   unsigned degree, unsigned liar_count, uint32_t *off);

/* `count` elements of the sum of the owners' vectors, from those of the sums: of server j at [j-1]. */
void aggregate_plan_apply(uint64_t *out, const struct aggregate_plan *plan,
                          const uint64_t *const sums[SHAMIR_SERVERS_MAX], size_t count);

/* Whole sums of servers: of server j at [j-1], NULL where there is none. */
struct aggregate_sums {
    uint32_t servers;                         /* who sent one */
    uint32_t dimension;                       /* elements of each */
    const uint64_t *sums[SHAMIR_SERVERS_MAX]; /* borrowed */
};

/* All of it for whole sums. */
NODISCARD bool aggregate_combine(uint64_t *out, const struct aggregate_sums *sums, unsigned degree,
                                 unsigned liar_count, const struct hash *private_seed,
                                 uint32_t *off);

/* ---- Validators */

/* Values that count: tau = 2 degree + 1 - liar_count, where `liar_count` servers of this round were
 * already proven to lie. */
unsigned aggregate_threshold(unsigned degree, unsigned liar_count);

#define AGGREGATE_RESULT_LIST(X)                                                                   \
    X(AGGREGATE_ACCEPTED, "the values agree")                                                      \
    X(AGGREGATE_TOO_FEW, "fewer values than the threshold were posted")                            \
    X(AGGREGATE_INCONSISTENT, "the values do not lie on one polynomial")                           \
    X(AGGREGATE_SUM_WRONG, "the aggregate is not the sum the servers hold")

#define AGGREGATE_RESULT_ENUM(name, text) name,
enum aggregate_result { AGGREGATE_RESULT_LIST(AGGREGATE_RESULT_ENUM) };
#undef AGGREGATE_RESULT_ENUM

const char *aggregate_result_text(enum aggregate_result result); /* Static string; never NULL. */

/* Fallback: is a server's posted E_j the combination of its values e_ij of `count` owners? */
NODISCARD bool aggregate_values_match(struct field_ext posted, const struct field_ext *gammas,
                                      const struct field_ext *values, size_t count);

/* The aggregate as posted: exactly 8 * dimension bytes, every element below p. On true *out is
 * <eq(sigma), A>; on false *index (may be NULL) is the first element that is not below p, or
 * `dimension` where the size is wrong. */
NODISCARD bool aggregate_evaluate(struct field_ext *out, const struct multilinear *check,
                                  struct bytes aggregate, uint32_t dimension, uint64_t *index);

/* V3 and V4. `claimed` is what aggregate_evaluate() gave. *off gets the servers proven to have posted
 * a wrong value: found where at least 3 degree + 1 - 2 liar_count values were posted, also with
 * ACCEPTED and SUM_WRONG. SUM_WRONG is the fault of the leader, INCONSISTENT of nobody who could be
 * named. */
NODISCARD enum aggregate_result aggregate_check(const struct shamir_values *values, unsigned degree,
                                                unsigned liar_count, struct field_ext claimed,
                                                uint32_t *off);

#endif /* CRYPTO_AGGREGATE_H */
