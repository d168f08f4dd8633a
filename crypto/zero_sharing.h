/* Sharings of zero of degree 2t that servers make without a message (Cramer, Damgard, Ishai, "Share
 * conversion, pseudorandom secret-sharing and applications to secure computation", 2005), which hide
 * all of a product of two shares but its value (pv-snip 6c).
 *
 * For every set T of t servers the servers outside T know a key. z(X) is the sum over T and over
 * l = 1 .. t of r_{T,l} X^l times the product over u in T of (u - X) / u. */
#ifndef CRYPTO_ZERO_SHARING_H
#define CRYPTO_ZERO_SHARING_H

#include "crypto/shamir.h"
#include "crypto/xof.h"

#define ZERO_SHARING_KEYS_MAX 210 /* sets of 4 of 10 servers */

struct zero_sharing {
    uint8_t server_count;
    uint8_t degree;
    unsigned count;                                     /* of sets */
    uint32_t sets[ZERO_SHARING_KEYS_MAX];               /* T, numerically ascending */
    uint8_t keys[ZERO_SHARING_KEYS_MAX][XOF_SEED_SIZE]; /* a server has zeros for its own sets */
    bool skipped[ZERO_SHARING_KEYS_MAX];                /* T is left out of z */
};

/* The sets, zeros for keys, nothing skipped. 1 <= degree <= 4, server_count <= 10 (asserted). */
void zero_sharing_init(struct zero_sharing *out, unsigned server_count, unsigned degree);

/* The lowest server of `active` outside T deals T's key. 0: all of `active` are in T. */
unsigned zero_sharing_dealer(uint32_t set, uint32_t active);

/* Who deals for some set, mask. */
uint32_t zero_sharing_dealers(unsigned server_count, unsigned degree, uint32_t active);

/* Leave out the sets whose dealer, among the servers that were `active`, is in `proven`: proven to have
 * dealt falsely. T's key hides distances from the servers of T where they are the ones that lie; a
 * liar outside T makes them t + 1, more than there are. */
void zero_sharing_skip(struct zero_sharing *sharing, uint32_t active, uint32_t proven);

/* What a dealer commits to: H("PVS1/kt" || ctx || LE16 T || k_T). */
void zero_sharing_key_hash(struct hash *out, const struct hash *context, uint32_t set,
                           const uint8_t key[XOF_SEED_SIZE]);

/* What is mixed into every r: r_{T,l} is the first element of XofField(k_T, "PVS1/zs",
 * ctx || H(sorted ids of I) || LE16 a || LE16 b || LE8 l), a < b positions in I. */
struct zero_sharing_pair {
    struct hash context;
    struct hash owners;
    uint16_t first;
    uint16_t second;
};

/* z_ab(server), by the keys of all sets without it. */
uint64_t zero_sharing_value(const struct zero_sharing *sharing, unsigned server,
                            const struct zero_sharing_pair *pair);

#endif /* CRYPTO_ZERO_SHARING_H */
