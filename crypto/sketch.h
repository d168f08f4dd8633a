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

/* A server's share of the sketch: layout->params.sketch_rows elements, from its share of aux. */
void sketch_of_aux(uint64_t *out, const struct norm_layout *layout, const uint64_t *aux);

/* sum over the rows of (a_w - b_w)^2: on shares of degree t a value of degree 2 t, to be
 * masked by zero_sharing_value() before it is shown; on opened sketches the distance itself. */
uint64_t sketch_distance(const uint64_t *a, const uint64_t *b, uint16_t rows);

/* A server's share of |x - z|^2 = N - 2 <x, z> + |z|^2, degree t, exact: `aux` and `x` are its share,
 * `direction` is z as elements of F, d of them. */
uint64_t sketch_public_distance(const struct norm_layout *layout, const uint64_t *x,
                                const uint64_t *aux, const uint64_t *direction);

#endif /* CRYPTO_SKETCH_H */
