/* The inner loops of projection_apply() and projection_sum_group(), in portable C and AVX2. */
#ifndef CRYPTO_PROJECTION_KERNELS_H
#define CRYPTO_PROJECTION_KERNELS_H

#include "crypto/projection.h"

#define PROJECTION_TABLE_ROWS  8U   /* weights of one table */
#define PROJECTION_TABLE_COUNT 256U /* sets of them */

/* An element of K in 32-bit halves, so that sums and differences of many need no carry. */
struct projection_entry {
    int64_t a_low;
    int64_t a_high;
    int64_t b_low;
    int64_t b_high;
};

/* Add what one group of `columns` columns contributes to y. PROJECTION_MASKS_SPARE bytes after the masks
 * may be read. */
#define PROJECTION_MASKS_SPARE 32
typedef void projection_rows(int64_t *y, const uint8_t *masks, unsigned rows, const int64_t *x,
                             uint32_t columns);

extern projection_rows projection_rows_portable;

/* For every column of `block_count` blocks, 16 sums each: add the entry of the set of rows whose entry is
 * +1 and subtract that of -1, in the one table of rows `first` .. first + 7. */
typedef void projection_accumulate(struct projection_entry *sums, const uint8_t *masks,
                                   const struct projection_entry *table, unsigned rows,
                                   unsigned first, unsigned block_count);

extern projection_accumulate projection_accumulate_portable;
#if defined(__x86_64__)
extern projection_rows projection_rows_avx2;
extern projection_accumulate projection_accumulate_avx2;
#endif

#endif /* CRYPTO_PROJECTION_KERNELS_H */
