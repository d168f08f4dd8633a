#include "crypto/projection_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

/* ---- y = P x: three columns at a time for eight rows */

#define LANES       8
#define SET_COUNT   6   /* of three columns, the last of one */
#define BLOCKS_MAX  128 /* of 16 columns, whose sums fit 32 bits: 2^5.5 2^25 < 2^31 */
#define LANE_GROUPS ((PROJECTION_ROWS_MAX + LANES - 1) / LANES)

/* The sums of all subsets of three entries, in the order of the subset's bits. */
AVX2 static inline __m256i subset_sums(int32_t first, int32_t second, int32_t third)
{
    __m256i one = _mm256_setr_epi32(0, -1, 0, -1, 0, -1, 0, -1);
    __m256i two = _mm256_setr_epi32(0, 0, -1, -1, 0, 0, -1, -1);
    __m256i four = _mm256_setr_epi32(0, 0, 0, 0, -1, -1, -1, -1);
    __m256i sum = _mm256_and_si256(_mm256_set1_epi32(first), one);
    sum = _mm256_add_epi32(sum, _mm256_and_si256(_mm256_set1_epi32(second), two));
    return _mm256_add_epi32(sum, _mm256_and_si256(_mm256_set1_epi32(third), four));
}

/* What three columns give to eight rows. Of a row's 32 bits `masks` has, moved down, the plus mask's next
 * ones, and 16 higher the minus mask's; the permutation looks at three. */
AVX2 static inline __m256i add_set(__m256i sum, __m256i sums, __m256i masks)
{
    __m256i plus = _mm256_permutevar8x32_epi32(sums, masks);
    __m256i minus = _mm256_permutevar8x32_epi32(sums, _mm256_srli_epi32(masks, 16));
    return _mm256_sub_epi32(_mm256_add_epi32(sum, plus), minus);
}

/* One block of columns. The last set has one column, so that what bits follow it does not matter. */
AVX2 static void add_block(int32_t *lanes, const uint8_t *masks, unsigned rows,
                           const int32_t entries[PROJECTION_BLOCK_COLUMNS])
{
    __m256i sums[SET_COUNT];
    for (unsigned i = 0; i + 1 < SET_COUNT; i++) {
        const int32_t *three = entries + (size_t)3 * i;
        sums[i] = subset_sums(three[0], three[1], three[2]);
    }
    sums[SET_COUNT - 1] = subset_sums(entries[15], 0, 0);
    for (unsigned w = 0; w < rows; w += LANES) {
        __m256i *lane = (__m256i *)(void *)(lanes + w);
        __m256i bits = _mm256_loadu_si256((const __m256i *)(const void *)(masks + (size_t)4 * w));
        __m256i sum = add_set(_mm256_loadu_si256(lane), sums[0], bits);
        sum = add_set(sum, sums[1], _mm256_srli_epi32(bits, 3));
        sum = add_set(sum, sums[2], _mm256_srli_epi32(bits, 6));
        sum = add_set(sum, sums[3], _mm256_srli_epi32(bits, 9));
        sum = add_set(sum, sums[4], _mm256_srli_epi32(bits, 12));
        sum = add_set(sum, sums[5], _mm256_srli_epi32(bits, 15));
        _mm256_storeu_si256(lane, sum);
    }
}

AVX2 void projection_rows_avx2(int64_t *y, const uint8_t *masks, unsigned rows, const int64_t *x,
                               uint32_t columns)
{
    int32_t entries[PROJECTION_BLOCK_COLUMNS];
    int32_t lanes[LANE_GROUPS * LANES];
    for (uint32_t done = 0; done < columns;) {
        memset(lanes, 0, sizeof(lanes));
        for (unsigned block = 0; block < BLOCKS_MAX && done < columns; block++) {
            for (uint32_t k = 0; k < PROJECTION_BLOCK_COLUMNS; k++) {
                entries[k] = done + k < columns ? (int32_t)x[done + k] : 0;
            }
            add_block(lanes, masks, rows, entries);
            masks += (size_t)4 * rows;
            done += PROJECTION_BLOCK_COLUMNS;
        }
        for (unsigned w = 0; w < rows; w++) {
            y[w] += lanes[w];
        }
    }
    explicit_bzero(entries, sizeof(entries));
    explicit_bzero(lanes, sizeof(lanes));
}

/* ---- q: sums of weights */

/* The masks of eight rows, 16 bits of either sign each, as bytes in the order: low of plus, high of plus,
 * low of minus, high of minus, eight each. Rows beyond the last are read as zeros. */
AVX2 static inline __m256i load_rows(const uint8_t *masks, unsigned count)
{
    const __m256i order = _mm256_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15, 0,
                                           4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    uint32_t rows[PROJECTION_TABLE_ROWS] = {0};
    __m256i raw;
    if (count == PROJECTION_TABLE_ROWS) {
        raw = _mm256_loadu_si256((const __m256i *)(const void *)masks);
    } else {
        memcpy(rows, masks, sizeof(*rows) * count);
        raw = _mm256_loadu_si256((const __m256i *)(const void *)rows);
    }
    raw = _mm256_shuffle_epi8(raw, order); /* four rows of each kind in a 32-bit word of a lane */
    return _mm256_permutevar8x32_epi32(raw, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
}

AVX2 static inline void accumulate(struct projection_entry *sum,
                                   const struct projection_entry *table, unsigned plus,
                                   unsigned minus)
{
    __m256i value = _mm256_loadu_si256((const __m256i *)(const void *)sum);
    __m256i add = _mm256_loadu_si256((const __m256i *)(const void *)&table[plus]);
    __m256i subtract = _mm256_loadu_si256((const __m256i *)(const void *)&table[minus]);
    value = _mm256_sub_epi64(_mm256_add_epi64(value, add), subtract);
    _mm256_storeu_si256((__m256i *)(void *)sum, value);
}

/* The sign bits of 32 bytes are one column of each half of the block, for plus and for minus; a shift brings
 * the next column, from the highest down. */
AVX2 void projection_accumulate_avx2(struct projection_entry *sums, const uint8_t *masks,
                                     const struct projection_entry *table, unsigned rows,
                                     unsigned first, unsigned block_count)
{
    unsigned count = rows - first < PROJECTION_TABLE_ROWS ? rows - first : PROJECTION_TABLE_ROWS;
    for (unsigned block = 0; block < block_count; block++, sums += PROJECTION_BLOCK_COLUMNS) {
        __m256i sets = load_rows(masks + (size_t)4 * ((size_t)rows * block + first), count);
        for (unsigned i = 8; i-- > 0;) {
            uint32_t columns = (uint32_t)_mm256_movemask_epi8(sets);
            accumulate(&sums[i], table, columns & 0xff, columns >> 16 & 0xff);
            accumulate(&sums[8 + i], table, columns >> 8 & 0xff, columns >> 24);
            sets = _mm256_add_epi8(sets, sets);
        }
    }
}

#endif
