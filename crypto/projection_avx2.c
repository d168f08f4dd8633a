#include "crypto/projection_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

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
