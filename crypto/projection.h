/* The random ternary matrix P of k rows that beacon 1 draws (pv-snip section 3), never whole in
 * memory: it comes in groups of 4096 columns.
 *
 * Group g is XOF(B1, "PVS1/P", LE32 g). For each block of 16 columns and each row it has LE16 with
 * the columns of +1 and LE16 with those of -1; where both bits are set the entry is 0. */
#ifndef CRYPTO_PROJECTION_H
#define CRYPTO_PROJECTION_H

#include "crypto/xof.h"

#define PROJECTION_BLOCK_COLUMNS 16U
#define PROJECTION_GROUP_BLOCKS  256U
#define PROJECTION_GROUP_COLUMNS 4096U
#define PROJECTION_ROWS_MAX      512
#define PROJECTION_NORM_BITS     25 /* |x| < 2^25 of a vector that is projected */

struct projection {
    struct hash beacon; /* B1 */
    uint32_t dimension; /* d */
    uint16_t rows;      /* k, 1 .. PROJECTION_ROWS_MAX */
};

/* Groups of the matrix. */
uint32_t projection_group_count(const struct projection *projection);

/* The bytes of one group, 4 * rows for each block, plus and minus masks as above. `out` has room for
 * projection_group_size() bytes. Returns the columns in the group, the last group's may be fewer. */
size_t projection_group_size(const struct projection *projection);
uint32_t projection_group(uint8_t *out, const struct projection *projection, uint32_t group);

/* y[w] = <P_w, x> over the integers, for all rows. The length of x is below 2^PROJECTION_NORM_BITS: the
 * caller has seen |x| <= B. Time and access do not depend on x. */
void projection_apply(int64_t *y, const struct projection *projection, const int64_t *x);

/* q = sum over w of weights[w] P_w, group by group. */
struct projection_sum {
    struct projection projection;
    struct projection_entry *table; /* sums of every set of eight weights; owned */
    uint8_t *masks;                 /* of one group; owned */
};

/* `weights` holds projection->rows elements. */
void projection_sum_init(struct projection_sum *sum, const struct projection *projection,
                         const struct field_ext *weights);
/* The columns of one group: q_a and q_b get up to PROJECTION_GROUP_COLUMNS elements, a and b of a + bX.
 * Returns how many. */
uint32_t projection_sum_group(struct projection_sum *sum, uint64_t *q_a, uint64_t *q_b,
                              uint32_t group);
void projection_sum_close(struct projection_sum *sum);

#endif /* CRYPTO_PROJECTION_H */
