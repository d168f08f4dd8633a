/* Shamir sharing over F: a polynomial of degree t has the secret at 0 and server j's share at j,
 * j = 1 .. S <= 10 (Shamir, "How to share a secret", 1979). Shares of servers 1 .. t are chosen at
 * random; those and the secret fix the shares of the others.
 *
 * Values the servers post in public are elements of K on such a polynomial. At S <= 10 the errors
 * among them are found by trying every set. */
#ifndef CRYPTO_SHAMIR_H
#define CRYPTO_SHAMIR_H

#include "crypto/field.h"

#define SHAMIR_SERVERS_MAX 10

/* A set of servers: bit j-1 stands for server j. */
static inline uint32_t shamir_set_of(unsigned server)
{
    return UINT32_C(1) << (server - 1);
}

static inline bool shamir_set_has(uint32_t set, unsigned server)
{
    return (set >> (server - 1) & 1) != 0;
}

unsigned shamir_set_count(uint32_t set);
unsigned shamir_set_first(uint32_t set); /* The lowest server of a set that is not empty. */

/* Coefficients with which the secret (out[0]) and the shares of servers 1 .. degree (out[1] ..) give
 * the share of `server` > degree, by field_vector_combine(). `out` holds degree + 1 elements. */
void shamir_share_coefficients(uint64_t *out, unsigned degree, unsigned server);

/* Coefficients with which the shares of the servers of `set` (in order, at least one) give the value
 * at 0 of the polynomial through them. Writes shamir_set_count(set) elements. */
void shamir_zero_coefficients(uint64_t *out, uint32_t set);

/* Values posted by servers. */
struct shamir_values {
    uint32_t servers;                            /* who posted */
    struct field_ext values[SHAMIR_SERVERS_MAX]; /* of server j at [j-1] */
};

void shamir_values_set(struct shamir_values *values, unsigned server, struct field_ext value);

/* Value at `x` of the polynomial through the values of the first degree + 1 servers of `set`, which
 * has as many and is part of values->servers (asserted). */
struct field_ext shamir_interpolate(const struct shamir_values *values, uint32_t set,
                                    unsigned degree, unsigned x);

/* Do the values of `set` lie on one polynomial of degree <= `degree`? Any degree + 1 values do: the
 * caller must ask for more. False where `set` has fewer than degree + 1 servers. */
NODISCARD bool shamir_consistent(const struct shamir_values *values, uint32_t set, unsigned degree);

/* Find the servers whose values are off the polynomial that fits all but at most `error_count_max`
 * of those posted. False, and *off is 0, where there is none, or where fewer than degree + 1 +
 * 2 * error_count_max values were posted, so that it would not be unique. */
NODISCARD bool shamir_decode(const struct shamir_values *values, unsigned degree,
                             unsigned error_count_max, uint32_t *off);

/* Do the values of all but `suspects` lie on one polynomial of degree <= `degree`? Then *off is who of
 * the suspects is off it. One search by shamir_decode() names suspects; for further values that the
 * same servers spoil this is the same answer, in a hundredth of the time. False, and *off is 0, also
 * with fewer than degree + 1 others. */
NODISCARD bool shamir_off_among(const struct shamir_values *values, uint32_t suspects,
                                unsigned degree, uint32_t *off);

#endif /* CRYPTO_SHAMIR_H */
