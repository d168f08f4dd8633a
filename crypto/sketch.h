/* Sketches and distances of accepted owners (pv-snip 6c).
 *
 * The sketch of x is P x, k integers; every server has a share of it, rows below r from the bits, the
 * others as they are. Twice its squared length over k estimates |x|^2 with a relative error of
 * sqrt(2/k). Showing all pairwise distances tells, to one who knows k + 1 vectors of the round, the k
 * numbers P x_i and no more. */
#ifndef CRYPTO_SKETCH_H
#define CRYPTO_SKETCH_H

#include "crypto/norm_layout.h"
#include "crypto/values.h"
#include "crypto/xof.h"

/* A server's share of the sketch: layout->params.sketch_rows elements, from its share of aux. */
void sketch_of_aux(uint64_t *out, const struct norm_layout *layout, const uint64_t *aux);

/* sum over the rows of (a_w - b_w)^2: on shares of degree t a value of degree 2 t, on opened sketches
 * the distance itself. */
uint64_t sketch_distance(const uint64_t *a, const uint64_t *b, uint16_t rows);

/* A server's share of |x - z|^2 = N - 2 <x, z> + |z|^2, degree t, exact: `aux` and `x` are its share,
 * `direction` is z as elements of F, d of them. */
uint64_t sketch_public_distance(const struct norm_layout *layout, const uint64_t *x,
                                const uint64_t *aux, const uint64_t *direction);

/* ---- Zero sharing of degree 2 t, without messages (Cramer, Damgard, Ishai 2005) */

#define ZERO_SHARING_KEYS_MAX 252 /* subsets of t of S: 5 of 10 */

/* For every set T of t servers a key that the servers outside T know. */
struct zero_sharing {
    uint8_t server_count;
    uint8_t degree;
    unsigned count;                                     /* of sets */
    uint32_t sets[ZERO_SHARING_KEYS_MAX];               /* T, numerically ascending */
    uint8_t keys[ZERO_SHARING_KEYS_MAX][XOF_SEED_SIZE]; /* those this server knows; others zero */
};

/* The sets, and no keys yet. */
void zero_sharing_init(struct zero_sharing *out, unsigned server_count, unsigned degree);
/* The lowest server outside T deals its key. */
unsigned zero_sharing_dealer(uint32_t set);

/* z_ab(j): `first` < `second` are positions in I, `set_hash` = H(sorted ids of I). The server must know
 * the keys of all sets without it. */
uint64_t zero_sharing_value(const struct zero_sharing *sharing, unsigned server,
                            const struct hash *context, const struct hash *set_hash, uint16_t first,
                            uint16_t second);

#endif /* CRYPTO_SKETCH_H */
