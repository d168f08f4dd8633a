/* Multilinear extensions: <eq(r), v> for a vector v over F and a point r of m elements of K.
 *
 * eq(r, k) is the product over i = 1 .. m of r_i where bit m-i of k is set and of 1 - r_i where it
 * is not: r_1 goes with the most significant bit. The weights are kept as two tables of about
 * 2^(m/2) elements whose products they are, so a pass costs two products in F for each element. The
 * table that goes with the low bits is the larger one: a block of it ends in a product in K. */
#ifndef CRYPTO_MULTILINEAR_H
#define CRYPTO_MULTILINEAR_H

#include "crypto/xof.h"

#define MULTILINEAR_VARIABLES_MAX 25 /* of a sumcheck over 2^24 coordinates and some bits */

/* Variables for a vector of `count` elements, 1 .. 2^25: the least m >= 1 with 2^m >= count. */
unsigned multilinear_variables(size_t count);

struct multilinear {
    unsigned variables;
    struct field_ext point[MULTILINEAR_VARIABLES_MAX];
    unsigned low_bits;      /* of an index that select from `low` */
    uint64_t *low_a;        /* of a + bX: 2^low_bits weights; owned */
    uint64_t *low_b;        /* owned */
    struct field_ext *high; /* the others; owned */
};

/* `point` holds `variables` elements, 1 .. MULTILINEAR_VARIABLES_MAX (asserted). */
void multilinear_init(struct multilinear *form, const struct field_ext *point, unsigned variables);
/* The point drawn as XofField(seed, dst, ""), for vectors of `count` elements. */
void multilinear_init_random(struct multilinear *form, const struct hash *seed, const char *dst,
                             size_t count);
void multilinear_close(struct multilinear *form);
struct field_ext multilinear_weight(const struct multilinear *form, uint64_t index); /* eq(r, k) */

/* A running sum over a vector that comes in pieces. */
struct multilinear_sum {
    const struct multilinear *form; /* borrowed */
    uint64_t index;                 /* of the next element; below 2^variables (asserted) */
    struct field_ext block;         /* over the open block of the low table */
    struct field_ext total;         /* over the finished blocks */
};

void multilinear_sum_init(struct multilinear_sum *sum, const struct multilinear *form);
void multilinear_sum_add(struct multilinear_sum *sum, const uint64_t *elements, size_t count);
struct field_ext multilinear_sum_finish(struct multilinear_sum *sum);

/* The whole of a vector at once, and of one in its encoding, 8 bytes an element (asserted). The
 * latter is false with *index (may be NULL) at the first element that is not below p. */
struct field_ext multilinear_evaluate(const struct multilinear *form, const uint64_t *elements,
                                      size_t count);
NODISCARD bool multilinear_evaluate_bytes(struct field_ext *out, const struct multilinear *form,
                                          struct bytes elements, uint64_t *index);

#endif /* CRYPTO_MULTILINEAR_H */
