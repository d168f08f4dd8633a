#include "crypto/norm_sumcheck.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/norm_kernels.h"

/* The table Z folded so far: 2^(rounds left) elements a + bX. */
struct table {
    uint64_t *a;
    uint64_t *b;
    size_t count;
};

/* Z[k]. Which branch is taken depends on the index alone. */
static struct field_ext entry(const struct norm_sumcheck *input, size_t index)
{
    size_t dimension = input->layout->params.dimension;
    if (index < dimension) {
        return field_ext_of(field_from_signed(input->vector[index]));
    }
    index -= dimension;
    return index < input->layout->product_count ? input->tail[index] : field_ext_of(0);
}

/* Round 1 pairs Z[k] with Z[half + k]. Where the pairs have integers only, or an integer and a zero from
 * beyond the bits, they go by kernels; the bits are few. */
struct regions {
    size_t half;
    size_t both;  /* [0, both): two integers */
    size_t bits;  /* [both, bits): the upper one is a bit */
    size_t alone; /* [bits, alone): an integer and a zero; [alone, half): bits or zeros */
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static struct regions regions_of(const struct norm_layout *layout)
{
    size_t half = (size_t)1 << (layout->variables - 1);
    size_t dimension = layout->params.dimension;
    size_t both = dimension > half ? dimension - half : 0;
    size_t bits = least(half, dimension + layout->product_count - half);
    size_t alone = least(half, dimension);
    return (struct regions){half, both, bits, alone > bits ? alone : bits};
}

/* What s_1 is made of: sums over the pairs with d = b - a. */
struct moments {
    struct field_ext aa;
    struct field_ext ad;
    struct field_ext dd;
    struct field_ext a;
    struct field_ext d;
};

static void add_pair(struct moments *sum, struct field_ext a, struct field_ext b)
{
    struct field_ext d = field_ext_sub(b, a);
    sum->aa = field_ext_add(sum->aa, field_ext_mul(a, a));
    sum->ad = field_ext_add(sum->ad, field_ext_mul(a, d));
    sum->dd = field_ext_add(sum->dd, field_ext_mul(d, d));
    sum->a = field_ext_add(sum->a, a);
    sum->d = field_ext_add(sum->d, d);
}

static struct moments moments_of(const struct norm_sumcheck *input, const struct regions *regions)
{
    const struct norm_kernels *kernels = norm_kernels();
    const int64_t *x = input->vector;
    struct norm_moments integers = {0};
    kernels->moments(&integers, x, x + regions->half, regions->both);
    kernels->moments(&integers, x + regions->bits, NULL, regions->alone - regions->bits);
    struct moments sum = {
        .aa = field_ext_of(field_from_signed(integers.aa)),
        .ad = field_ext_of(field_from_signed(integers.ad)),
        .dd = field_ext_of(field_from_signed(integers.dd)),
        .a = field_ext_of(field_from_signed(integers.a)),
        .d = field_ext_of(field_from_signed(integers.d)),
    };
    for (size_t k = regions->both; k < regions->bits; k++) {
        add_pair(&sum, entry(input, k), entry(input, regions->half + k));
    }
    for (size_t k = regions->alone; k < regions->half; k++) {
        add_pair(&sum, entry(input, k), entry(input, regions->half + k));
    }
    return sum;
}

/* The sum of the coefficients of g from `first` on: of the variables that are still summed over. */
static struct field_ext rest_of_masks(const struct norm_sumcheck *input, unsigned first)
{
    struct field_ext rest = {0};
    for (unsigned i = first; i < input->layout->mask_count; i++) {
        rest = field_ext_add(rest, input->masks[i]);
    }
    return rest;
}

/* Coefficients count of one variable's part of g at x, no constant term. */
static struct field_ext mask_at(const struct field_ext *coefficients, unsigned count,
                                struct field_ext x)
{
    struct field_ext value = {0};
    for (unsigned i = count; i-- > 0;) {
        value = field_ext_mul(field_ext_add(value, coefficients[i]), x);
    }
    return value;
}

/* s_1 at the integer x: the sum of (a + x d + x (1 - x) R0)^2 + g. */
static struct field_ext first_at(const struct norm_sumcheck *input, const struct moments *sum,
                                 uint64_t half, uint64_t x)
{
    uint64_t weight = field_sub(x, x * x);
    struct field_ext value = field_ext_add(sum->aa, field_ext_scale(sum->ad, 2 * x));
    value = field_ext_add(value, field_ext_scale(sum->dd, x * x));
    struct field_ext plain = field_ext_add(sum->a, field_ext_scale(sum->d, x));
    struct field_ext blind = field_ext_scale(input->blind, weight);
    struct field_ext twice = field_ext_scale(blind, 2);
    value = field_ext_add(value, field_ext_mul(plain, twice));
    value = field_ext_add(value, field_ext_scale(field_ext_mul(blind, blind), half));
    struct field_ext mask =
        field_ext_add(input->masks[0], mask_at(input->masks + 1, 4, field_ext_of(x)));
    value = field_ext_add(value, field_ext_scale(mask, half));
    return field_ext_add(value, field_ext_scale(rest_of_masks(input, 5), half / 2));
}

/* ---- The table after round 1 and later, in stretches made of the vector itself, so that as long as the
 * table is large none is kept: memory is that of TABLE_MAX entries, for one more pass over the vector in
 * each round before. */

#define TABLE_MAX   ((size_t)1 << 20)
#define STRETCH     ((size_t)2048)
#define STREAMS_MAX (NORM_VARIABLES_MAX - 20) /* rounds after the first that are streamed */

struct stretches {
    const struct norm_sumcheck *input;
    struct regions regions;
    struct norm_step step;             /* of round 1 */
    struct field_ext rho[STREAMS_MAX]; /* of the rounds after it */
    uint64_t *room;                    /* 4 STRETCH elements for each of those */
};

/* Entries first .. first + count of a table, a + bX. */
struct stretch {
    uint64_t *a;
    uint64_t *b;
    size_t first;
    size_t count; /* <= STRETCH */
};

/* Entries `from` .. `to` of the table after round 1, of which there are two integers or one in each. */
static void fold_integers(const struct stretches *of, const struct stretch *out, size_t from,
                          size_t to, bool both)
{
    if (from < to) {
        const int64_t *x = of->input->vector + from;
        size_t at = from - out->first;
        norm_kernels()->fold_integers(out->a + at, out->b + at, x,
                                      both ? x + of->regions.half : NULL, to - from, &of->step);
    }
}

static void fold_entries(const struct stretches *of, const struct stretch *out, size_t from,
                         size_t to)
{
    for (size_t k = from; k < to; k++) {
        struct field_ext low = entry(of->input, k);
        struct field_ext d = field_ext_sub(entry(of->input, of->regions.half + k), low);
        struct field_ext z =
            field_ext_add(field_ext_add(low, of->step.shift), field_ext_mul(of->step.rho, d));
        out->a[k - out->first] = z.a;
        out->b[k - out->first] = z.b;
    }
}

static size_t most(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* Of the table after round 1. */
static void first_stretch(const struct stretches *of, const struct stretch *out)
{
    const struct regions *r = &of->regions;
    size_t first = out->first;
    size_t end = first + out->count;
    fold_integers(of, out, first, least(end, r->both), true);
    fold_entries(of, out, most(first, r->both), least(end, r->bits));
    fold_integers(of, out, most(first, r->bits), least(end, r->alone), false);
    fold_entries(of, out, most(first, r->alone), end);
}

/* Of the table after `bound` more rounds. */
// NOLINTNEXTLINE(misc-no-recursion): no deeper than STREAMS_MAX
static void make_stretch(const struct stretches *of, unsigned bound, struct stretch out)
{
    if (bound == 0) {
        first_stretch(of, &out);
        return;
    }
    size_t half = of->regions.half >> bound;
    size_t count = out.count;
    uint64_t *a = of->room + 4 * STRETCH * (bound - 1);
    uint64_t *b = a + 2 * STRETCH;
    make_stretch(of, bound - 1, (struct stretch){a, b, out.first, count});
    make_stretch(of, bound - 1, (struct stretch){a + count, b + count, half + out.first, count});
    norm_kernels()->fold(a, b, count, of->rho[bound - 1]);
    memcpy(out.a, a, sizeof(*a) * count);
    memcpy(out.b, b, sizeof(*b) * count);
}

/* The squares of the round after `bound` + 1 rounds, summed over stretches. */
static struct norm_squares stretch_squares(const struct stretches *of, unsigned bound)
{
    uint64_t a[2 * STRETCH];
    uint64_t b[2 * STRETCH];
    struct norm_squares sum = {{0}, {0}};
    size_t half = of->regions.half >> (bound + 1);
    for (size_t k = 0; k < half; k += STRETCH) {
        size_t count = least(half - k, STRETCH);
        make_stretch(of, bound, (struct stretch){a, b, k, count});
        make_stretch(of, bound, (struct stretch){a + count, b + count, half + k, count});
        struct norm_squares part = norm_kernels()->squares(a, b, count);
        sum.at_0 = field_ext_add(sum.at_0, part.at_0);
        sum.at_2 = field_ext_add(sum.at_2, part.at_2);
    }
    explicit_bzero(a, sizeof(a));
    explicit_bzero(b, sizeof(b));
    return sum;
}

static void fill_table(struct table *table, const struct stretches *of, unsigned bound)
{
    for (size_t k = 0; k < table->count; k += STRETCH) {
        size_t count = least(table->count - k, STRETCH);
        make_stretch(of, bound, (struct stretch){table->a + k, table->b + k, k, count});
    }
}

/* What each round after the first takes up from the one before. */
struct rounds {
    struct norm_proof *proof;
    struct transcript *transcript;
    const struct norm_sumcheck *input;
    struct field_ext prefix; /* g at the challenges so far, without the variables not bound yet */
};

/* Round i >= 2: its two values from the squares of its table, which has 2 half entries, and its
 * challenge. */
static struct field_ext later_round(struct rounds *rounds, unsigned round,
                                    const struct norm_squares *squares, size_t half)
{
    const struct norm_sumcheck *input = rounds->input;
    const struct field_ext *own = input->masks + 5 + (size_t)2 * (round - 2);
    struct field_ext rest = rest_of_masks(input, 5 + 2 * (round - 1));
    struct field_ext common = field_ext_scale(rounds->prefix, half);
    common = field_ext_add(common, field_ext_scale(rest, half / 2)); /* none are left at the last */
    struct field_ext at_2 = field_ext_scale(mask_at(own, 2, field_ext_of(2)), half);
    struct field_ext *sent = rounds->proof->rounds[round - 2];
    sent[0] = field_ext_add(squares->at_0, common);
    sent[1] = field_ext_add(squares->at_2, field_ext_add(common, at_2));
    transcript_absorb_ext(rounds->transcript, "rr", sent, 2);
    struct field_ext rho = transcript_challenge(rounds->transcript);
    rounds->prefix = field_ext_add(rounds->prefix, mask_at(own, 2, rho));
    return rho;
}

/* Rounds 2 and on, while the table is larger than `table_max`; returns how many those were. */
static unsigned streamed_rounds(struct rounds *rounds, struct stretches *of, size_t table_max)
{
    unsigned done = 0;
    while (of->regions.half >> done > table_max) {
        size_t half = of->regions.half >> (done + 1);
        struct norm_squares squares = stretch_squares(of, done);
        of->rho[done] = later_round(rounds, done + 2, &squares, half);
        done++;
    }
    return done;
}

/* The rest of them, `done` of which were streamed, with a table; returns its last entry. */
static struct field_ext table_rounds(struct rounds *rounds, const struct stretches *of,
                                     unsigned done)
{
    size_t count = of->regions.half >> done;
    size_t size = sizeof(uint64_t) * count;
    struct table table = {memory_new(size), memory_new(size), count};
    fill_table(&table, of, done);
    for (unsigned round = done + 2; round <= of->input->layout->variables; round++) {
        size_t half = table.count / 2;
        struct norm_squares squares = norm_kernels()->squares(table.a, table.b, half);
        struct field_ext rho = later_round(rounds, round, &squares, half);
        norm_kernels()->fold(table.a, table.b, half, rho);
        table.count = half;
    }
    struct field_ext last = {table.a[0], table.b[0]};
    explicit_bzero(table.a, size);
    explicit_bzero(table.b, size);
    free(table.a);
    free(table.b);
    return last;
}

void norm_sumcheck_prove(struct norm_proof *proof, struct transcript *transcript,
                         const struct norm_sumcheck *input)
{
    static const uint64_t nodes[4] = {0, 2, 3, 4};
    size_t table_max = input->table_max == 0 ? TABLE_MAX : input->table_max;
    size_t room_size = sizeof(uint64_t) * 4 * STRETCH * STREAMS_MAX;
    struct stretches of = {.input = input, .regions = regions_of(input->layout)};
    struct moments sum = moments_of(input, &of.regions);
    for (unsigned i = 0; i < 4; i++) {
        proof->first[i] = first_at(input, &sum, of.regions.half, nodes[i]);
    }
    transcript_absorb_ext(transcript, "r1", proof->first, 4);
    struct field_ext rho = transcript_challenge(transcript);
    struct field_ext prefix = field_ext_add(input->masks[0], mask_at(input->masks + 1, 4, rho));
    struct rounds rounds = {proof, transcript, input, prefix};
    of.step = (struct norm_step){rho, field_ext_mul(norm_blind_weight(rho), input->blind)};
    of.room = memory_new(room_size);
    assert(of.regions.half >> STREAMS_MAX <= table_max);
    unsigned done = streamed_rounds(&rounds, &of, table_max);
    proof->value = table_rounds(&rounds, &of, done);
    explicit_bzero(of.room, room_size);
    free(of.room);
    explicit_bzero(&of, sizeof(of));
    explicit_bzero(&sum, sizeof(sum));
}
