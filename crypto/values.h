/* Values in F that servers post and everybody decodes to an integer (pv-snip section 6, VALUES): scores,
 * sketches, distances, credits. Each is one functional of a share. */
#ifndef CRYPTO_VALUES_H
#define CRYPTO_VALUES_H

#include "crypto/shamir.h"

#define VALUES_RESULT_LIST(X)                                                                      \
    X(VALUES_OK, "ok")                                                                             \
    X(VALUES_TOO_FEW, "fewer values than the threshold were posted")                               \
    X(VALUES_INCONSISTENT, "the values do not lie on one polynomial")

#define VALUES_RESULT_ENUM(name, text) name,
enum values_result { VALUES_RESULT_LIST(VALUES_RESULT_ENUM) };
#undef VALUES_RESULT_ENUM

const char *values_result_text(enum values_result result); /* Static string; never NULL. */

/* A functional of one share: degree t, at least 2 t + 1 - f values; the servers off the polynomial, told
 * where at least 3 t + 1 - 2 f posted, go to *off (may be NULL). *out is the centred integer. */
NODISCARD enum values_result values_open(int64_t *out, const struct shamir_values *posted,
                                         unsigned degree, unsigned liar_count, uint32_t *off);

/* A product of two shares with a zero sharing: degree 2 t, at least 3 t + 1 - f values, all of them
 * fit; a liar is seen, not named. */
NODISCARD enum values_result values_open_product(int64_t *out, const struct shamir_values *posted,
                                                 unsigned degree, unsigned liar_count);

/* <public, share> in F of `count` elements each: a score with g0, a credit with A or a direction z. */
uint64_t values_inner_product(const uint64_t *public_vector, const uint64_t *share, size_t count);

#endif /* CRYPTO_VALUES_H */
