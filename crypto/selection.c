#include "crypto/selection.h"

#include <gmp.h>
#include <stdlib.h>

#include "base/memory.h"

/* ---- Multi-Krum */

/* Ascending, by heaps (Williams 1964): no more than n log n steps whatever the values are. */
static void sift(uint64_t *values, size_t root, size_t count)
{
    for (;;) {
        size_t child = 2 * root + 1;
        if (child >= count) {
            return;
        }
        if (child + 1 < count && values[child] < values[child + 1]) {
            child++;
        }
        if (values[root] >= values[child]) {
            return;
        }
        uint64_t moved = values[root];
        values[root] = values[child];
        values[child] = moved;
        root = child;
    }
}

static void sort_values(uint64_t *values, size_t count)
{
    for (size_t i = count / 2; i-- > 0;) {
        sift(values, i, count);
    }
    for (size_t end = count; end-- > 1;) {
        uint64_t largest = values[0];
        values[0] = values[end];
        values[end] = largest;
        sift(values, 0, end);
    }
}

/* The sum of the `near_count` least distances of one owner to others. */
static field_wide score_of(const uint64_t *row, size_t owner, size_t owner_count, size_t near_count,
                           uint64_t *scratch)
{
    size_t count = 0;
    for (size_t i = 0; i < owner_count; i++) {
        if (i != owner) {
            scratch[count++] = row[i];
        }
    }
    sort_values(scratch, count);
    field_wide sum = 0;
    for (size_t i = 0; i < near_count; i++) {
        sum += scratch[i];
    }
    return sum;
}

/* The owner with the least score of those not taken; the first of equals. */
static size_t best_of(const field_wide *scores, const bool *taken, size_t owner_count)
{
    size_t best = owner_count;
    for (size_t i = 0; i < owner_count; i++) {
        if (!taken[i] && (best == owner_count || scores[i] < scores[best])) {
            best = i;
        }
    }
    return best;
}

bool selection_krum(bool *taken, const uint64_t *distances, size_t owner_count, size_t bad_count,
                    size_t taken_count)
{
    assert(owner_count <= SELECTION_OWNERS_MAX);
    for (size_t i = 0; i < owner_count; i++) {
        taken[i] = false;
    }
    if (taken_count < 1 || taken_count > owner_count || bad_count > owner_count ||
        2 * bad_count + 2 > owner_count - taken_count) {
        return false;
    }
    field_wide *scores = memory_new(sizeof(*scores) * owner_count);
    uint64_t *scratch = memory_new(sizeof(*scratch) * owner_count);
    for (size_t i = 0; i < owner_count; i++) {
        scores[i] = score_of(distances + owner_count * i, i, owner_count,
                             owner_count - bad_count - 2, scratch);
    }
    for (size_t i = 0; i < taken_count; i++) {
        taken[best_of(scores, taken, owner_count)] = true;
    }
    free(scores);
    free(scratch);
    return true;
}

/* ---- Mean and standard deviation */

static void set_wide(mpz_t out, field_wide value)
{
    uint64_t words[2] = {(uint64_t)value, (uint64_t)(value >> 64)};
    mpz_import(out, 2, -1, sizeof(words[0]), 0, 0, words);
}

/* What is compared for all owners, from S1 and S2. */
struct spread {
    mpz_t sum;       /* S1 */
    mpz_t threshold; /* lambda^2 N (N S2 - S1^2), with lambda in 1/256 */
};

static void spread_init(struct spread *out, const field_wide *distances, size_t owner_count,
                        uint16_t lambda_256)
{
    mpz_t value;
    mpz_t squares;
    mpz_inits(out->sum, out->threshold, value, squares, NULL);
    for (size_t i = 0; i < owner_count; i++) {
        set_wide(value, distances[i]);
        mpz_add(out->sum, out->sum, value);
        mpz_addmul(squares, value, value);
    }
    mpz_mul_ui(squares, squares, owner_count);
    mpz_submul(squares, out->sum, out->sum);
    mpz_mul_ui(squares, squares, owner_count);
    mpz_mul_ui(out->threshold, squares, (unsigned long)lambda_256 * lambda_256);
    mpz_clears(value, squares, NULL);
}

/* N d > S1 and (N d - S1)^2 (N - 1) 256^2 > threshold. */
static bool is_far(const struct spread *spread, field_wide distance, size_t owner_count)
{
    mpz_t value;
    mpz_init(value);
    set_wide(value, distance);
    mpz_mul_ui(value, value, owner_count);
    mpz_sub(value, value, spread->sum);
    bool far = mpz_sgn(value) > 0;
    mpz_mul(value, value, value);
    mpz_mul_ui(value, value, owner_count - 1);
    mpz_mul_2exp(value, value, 16);
    far = far && mpz_cmp(value, spread->threshold) > 0;
    mpz_clear(value);
    return far;
}

void selection_sigma(bool *taken, const field_wide *distances, size_t owner_count,
                     uint16_t lambda_256)
{
    assert(owner_count <= SELECTION_OWNERS_MAX);
    if (owner_count < 2) {
        for (size_t i = 0; i < owner_count; i++) {
            taken[i] = true;
        }
        return;
    }
    struct spread spread;
    spread_init(&spread, distances, owner_count, lambda_256);
    for (size_t i = 0; i < owner_count; i++) {
        taken[i] = !is_far(&spread, distances[i], owner_count);
    }
    mpz_clears(spread.sum, spread.threshold, NULL);
}

void selection_mean_distances(field_wide *out, const uint64_t *distances, size_t owner_count)
{
    field_wide all = 0;
    assert(owner_count <= SELECTION_OWNERS_MAX);
    for (size_t i = 0; i < owner_count; i++) {
        field_wide row = 0;
        for (size_t k = 0; k < owner_count; k++) {
            row += distances[owner_count * i + k];
        }
        out[i] = (field_wide)2 * owner_count * row;
        all += row;
    }
    for (size_t i = 0; i < owner_count; i++) {
        out[i] = out[i] > all ? out[i] - all : 0;
    }
}
