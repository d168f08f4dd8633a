#include "crypto/projection.h"

#include <stdlib.h>

#include "base/memory.h"
#include "crypto/field_vector.h"
#include "crypto/projection_kernels.h"

#define MASKS_SIZE   ((size_t)4) /* LE16 plus, LE16 minus */
#define TILE_BLOCKS  32          /* whose sums stay in the first cache with one table */
#define TILE_COLUMNS (TILE_BLOCKS * PROJECTION_BLOCK_COLUMNS)
#define SET_BITS     8 /* coordinates whose subset sums are one table */

uint32_t projection_group_count(const struct projection *projection)
{
    return (projection->dimension + PROJECTION_GROUP_COLUMNS - 1) / PROJECTION_GROUP_COLUMNS;
}

size_t projection_group_size(const struct projection *projection)
{
    return MASKS_SIZE * projection->rows * PROJECTION_GROUP_BLOCKS;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t blocks_of(uint32_t columns)
{
    return (columns + PROJECTION_BLOCK_COLUMNS - 1) / PROJECTION_BLOCK_COLUMNS;
}

uint32_t projection_group(uint8_t *out, const struct projection *projection, uint32_t group)
{
    assert(projection->rows >= 1 && projection->rows <= PROJECTION_ROWS_MAX);
    assert(group < projection_group_count(projection));
    uint32_t columns = projection->dimension - group * PROJECTION_GROUP_COLUMNS;
    columns = least(columns, PROJECTION_GROUP_COLUMNS);
    uint8_t binder[4];
    for (unsigned i = 0; i < 4; i++) {
        binder[i] = (uint8_t)(group >> (8 * i));
    }
    struct xof xof;
    xof_init(&xof, projection->beacon.bytes, "PVS1/P", BYTES_OF(binder));
    xof_next(&xof, out, MASKS_SIZE * projection->rows * blocks_of(columns));
    xof_close(&xof);
    return columns;
}

/* ---- y = P x */

/* The entries of two blocks as 32-bit integers, zeros after the last: |x| < 2^25, so sums of 32 fit. */
static void narrow(int32_t out[2 * PROJECTION_BLOCK_COLUMNS], const int64_t *x, uint32_t columns)
{
    for (uint32_t k = 0; k < 2 * PROJECTION_BLOCK_COLUMNS; k++) {
        out[k] = k < columns ? (int32_t)x[k] : 0;
    }
}

static inline void double_sums(int32_t *sums, unsigned count, int32_t entry)
{
    for (unsigned k = 0; k < count; k++) {
        sums[count + k] = sums[k] + entry;
    }
}

/* The sums of all subsets of eight entries. */
static void subset_sums(int32_t sums[1 << SET_BITS], const int32_t entries[SET_BITS])
{
    sums[0] = 0;
    double_sums(sums, 1, entries[0]);
    double_sums(sums, 2, entries[1]);
    double_sums(sums, 4, entries[2]);
    double_sums(sums, 8, entries[3]);
    double_sums(sums, 16, entries[4]);
    double_sums(sums, 32, entries[5]);
    double_sums(sums, 64, entries[6]);
    double_sums(sums, 128, entries[7]);
}

/* What looks up is public: the masks, which beacon 1 draws. Two blocks at once; `second` is the masks of
 * the second. */
static void apply_blocks(int64_t *y, int32_t sums[4][1 << SET_BITS], const uint8_t *first,
                         const uint8_t *second, unsigned rows)
{
    for (unsigned w = 0; w < rows; w++) {
        const uint8_t *one = first + MASKS_SIZE * w;
        const uint8_t *two = second + MASKS_SIZE * w;
        int32_t plus = sums[0][one[0]] + sums[1][one[1]] + sums[2][two[0]] + sums[3][two[1]];
        int32_t minus = sums[0][one[2]] + sums[1][one[3]] + sums[2][two[2]] + sums[3][two[3]];
        y[w] += plus - minus;
    }
}

void projection_rows_portable(int64_t *y, const uint8_t *masks, unsigned rows, const int64_t *x,
                              uint32_t columns)
{
    int32_t entries[2 * PROJECTION_BLOCK_COLUMNS];
    int32_t sums[4][1 << SET_BITS];
    size_t step = MASKS_SIZE * rows;
    for (uint32_t done = 0; done < columns; done += 2 * PROJECTION_BLOCK_COLUMNS) {
        narrow(entries, x + done, columns - done);
        for (unsigned i = 0; i < 4; i++) {
            subset_sums(sums[i], entries + (size_t)SET_BITS * i);
        }
        /* Where there is no second block its entries are zeros, and any masks do. */
        bool both = columns - done > PROJECTION_BLOCK_COLUMNS;
        apply_blocks(y, sums, masks, both ? masks + step : masks, rows);
        masks += 2 * step;
    }
    explicit_bzero(entries, sizeof(entries));
    explicit_bzero(sums, sizeof(sums));
}

static projection_rows *rows_of_level(void)
{
#if defined(__x86_64__)
    if (field_vector_level() != FIELD_LEVEL_PORTABLE) {
        return projection_rows_avx2;
    }
#endif
    return projection_rows_portable;
}

void projection_apply(int64_t *y, const struct projection *projection, const int64_t *x)
{
    projection_rows *add_rows = rows_of_level();
    uint8_t *masks = memory_new(projection_group_size(projection) + PROJECTION_MASKS_SPARE);
    memset(y, 0, sizeof(*y) * projection->rows);
    for (uint32_t group = 0; group < projection_group_count(projection); group++) {
        uint32_t columns = projection_group(masks, projection, group);
        const int64_t *part = x + (size_t)group * PROJECTION_GROUP_COLUMNS;
        add_rows(y, masks, projection->rows, part, columns);
    }
    free(masks);
}

/* ---- q = sum of weights times rows */

static unsigned table_count(const struct projection *projection)
{
    return ((unsigned)projection->rows + PROJECTION_TABLE_ROWS - 1) / PROJECTION_TABLE_ROWS;
}

/* The sums of all sets of up to eight weights; where there are fewer the others are zero. */
static void fill_table(struct projection_entry *out, const struct field_ext *weights,
                       unsigned count)
{
    struct field_ext sums[PROJECTION_TABLE_COUNT];
    sums[0] = field_ext_of(0);
    for (unsigned i = 0; i < PROJECTION_TABLE_ROWS; i++) {
        struct field_ext weight = i < count ? weights[i] : field_ext_of(0);
        for (unsigned k = 0; k < 1U << i; k++) {
            sums[(1U << i) + k] = field_ext_add(sums[k], weight);
        }
    }
    for (unsigned k = 0; k < PROJECTION_TABLE_COUNT; k++) {
        out[k] = (struct projection_entry){
            .a_low = (int64_t)(sums[k].a & UINT32_MAX),
            .a_high = (int64_t)(sums[k].a >> 32),
            .b_low = (int64_t)(sums[k].b & UINT32_MAX),
            .b_high = (int64_t)(sums[k].b >> 32),
        };
    }
}

void projection_sum_init(struct projection_sum *sum, const struct projection *projection,
                         const struct field_ext *weights)
{
    size_t size = sizeof(*sum->table) * PROJECTION_TABLE_COUNT;
    *sum = (struct projection_sum){.projection = *projection};
    sum->masks = memory_new(projection_group_size(projection));
    sum->table = memory_new(size * table_count(projection));
    for (unsigned i = 0; i < table_count(projection); i++) {
        unsigned first = i * PROJECTION_TABLE_ROWS;
        fill_table(sum->table + (size_t)PROJECTION_TABLE_COUNT * i, weights + first,
                   projection->rows - first);
    }
}

void projection_sum_close(struct projection_sum *sum)
{
    free(sum->table);
    free(sum->masks);
    *sum = (struct projection_sum){0};
}

/* A column's bits of eight masks become a byte: an 8 by 8 bit matrix is turned (Warren, "Hacker's
 * Delight", 7-3). */
static uint64_t turn(uint64_t x)
{
    uint64_t swap = (x ^ (x >> 7)) & UINT64_C(0x00aa00aa00aa00aa);
    x ^= swap ^ (swap << 7);
    swap = (x ^ (x >> 14)) & UINT64_C(0x0000cccc0000cccc);
    x ^= swap ^ (swap << 14);
    swap = (x ^ (x >> 28)) & UINT64_C(0x00000000f0f0f0f0);
    return x ^ swap ^ (swap << 28);
}

/* The sets of up to eight rows for eight columns, a byte each: byte `offset` of every row's masks. */
static uint64_t column_sets(const uint8_t *masks, unsigned count, unsigned offset)
{
    uint64_t packed = 0;
    for (unsigned i = 0; i < count; i++) {
        packed |= (uint64_t)masks[MASKS_SIZE * i + offset] << (8 * i);
    }
    return turn(packed);
}

static void accumulate(struct projection_entry *sum, const struct projection_entry *plus,
                       const struct projection_entry *minus)
{
    sum->a_low += plus->a_low - minus->a_low;
    sum->a_high += plus->a_high - minus->a_high;
    sum->b_low += plus->b_low - minus->b_low;
    sum->b_high += plus->b_high - minus->b_high;
}

void projection_accumulate_portable(struct projection_entry *sums, const uint8_t *masks,
                                    const struct projection_entry *table, unsigned rows,
                                    unsigned first, unsigned block_count)
{
    unsigned count = rows - first < PROJECTION_TABLE_ROWS ? rows - first : PROJECTION_TABLE_ROWS;
    for (unsigned block = 0; block < block_count; block++) {
        const uint8_t *part = masks + MASKS_SIZE * ((size_t)rows * block + first);
        for (unsigned half = 0; half < 2; half++, sums += 8) {
            uint64_t plus = column_sets(part, count, half);
            uint64_t minus = column_sets(part, count, 2 + half);
            for (unsigned i = 0; i < 8; i++) {
                accumulate(&sums[i], &table[plus >> (8 * i) & 0xff],
                           &table[minus >> (8 * i) & 0xff]);
            }
        }
    }
}

static projection_accumulate *accumulate_of_level(void)
{
#if defined(__x86_64__)
    if (field_vector_level() != FIELD_LEVEL_PORTABLE) {
        return projection_accumulate_avx2;
    }
#endif
    return projection_accumulate_portable;
}

/* low + 2^32 high modulo p, of sums that may be negative. */
static uint64_t joined(int64_t low, int64_t high)
{
    uint64_t upper = field_from_signed(high);
    return field_add(field_from_signed(low), field_mul(upper, UINT64_C(1) << 32));
}

/* The sums of one tile of blocks over all tables. */
static void sum_tile(struct projection_entry *sums, const struct projection_sum *sum,
                     const uint8_t *masks, unsigned block_count)
{
    projection_accumulate *add = accumulate_of_level();
    memset(sums, 0, sizeof(*sums) * PROJECTION_BLOCK_COLUMNS * block_count);
    for (unsigned i = 0; i < table_count(&sum->projection); i++) {
        add(sums, masks, sum->table + (size_t)PROJECTION_TABLE_COUNT * i, sum->projection.rows,
            i * PROJECTION_TABLE_ROWS, block_count);
    }
}

uint32_t projection_sum_group(struct projection_sum *sum, uint64_t *q_a, uint64_t *q_b,
                              uint32_t group)
{
    struct projection_entry sums[TILE_COLUMNS];
    uint32_t columns = projection_group(sum->masks, &sum->projection, group);
    for (uint32_t done = 0; done < columns; done += TILE_COLUMNS) {
        uint32_t part = least(columns - done, TILE_COLUMNS);
        size_t block = done / PROJECTION_BLOCK_COLUMNS;
        sum_tile(sums, sum, sum->masks + MASKS_SIZE * sum->projection.rows * block,
                 blocks_of(part));
        for (uint32_t k = 0; k < part; k++) {
            q_a[done + k] = joined(sums[k].a_low, sums[k].a_high);
            q_b[done + k] = joined(sums[k].b_low, sums[k].b_high);
        }
    }
    return columns;
}
