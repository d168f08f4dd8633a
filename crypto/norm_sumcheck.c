#include "crypto/norm_sumcheck.h"

#include <stdlib.h>

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

/* The table after round 1, where `shift` is rho_1 (1 - rho_1) R0. */
static void fold_first(struct table *out, const struct norm_sumcheck *input,
                       const struct regions *regions, struct field_ext rho)
{
    const struct norm_kernels *kernels = norm_kernels();
    const int64_t *x = input->vector;
    struct norm_step step = {rho, field_ext_mul(norm_blind_weight(rho), input->blind)};
    size_t bits = regions->bits;
    kernels->fold_integers(out->a, out->b, x, x + regions->half, regions->both, &step);
    kernels->fold_integers(out->a + bits, out->b + bits, x + bits, NULL, regions->alone - bits,
                           &step);
    for (size_t k = regions->both; k < regions->half; k++) {
        if (k == bits) {
            k = regions->alone;
            if (k == regions->half) {
                break;
            }
        }
        struct field_ext low = entry(input, k);
        struct field_ext d = field_ext_sub(entry(input, regions->half + k), low);
        struct field_ext z = field_ext_add(field_ext_add(low, step.shift), field_ext_mul(rho, d));
        out->a[k] = z.a;
        out->b[k] = z.b;
    }
}

/* Round i >= 2: its two values, and the fold. `prefix` is g at the challenges so far, without the
 * variables that are not bound yet. */
static void later_round(struct field_ext sent[2], struct transcript *transcript,
                        struct table *table, const struct norm_sumcheck *input, unsigned round,
                        struct field_ext *prefix)
{
    const struct norm_kernels *kernels = norm_kernels();
    size_t half = table->count / 2;
    const struct field_ext *own = input->masks + 5 + (size_t)2 * (round - 2);
    struct field_ext rest = rest_of_masks(input, 5 + 2 * (round - 1));
    struct field_ext common = field_ext_scale(*prefix, half);
    common = field_ext_add(common, field_ext_scale(rest, half / 2)); /* none are left at the last */
    struct norm_squares squares = kernels->squares(table->a, table->b, half);
    struct field_ext at_2 = field_ext_scale(mask_at(own, 2, field_ext_of(2)), half);
    sent[0] = field_ext_add(squares.at_0, common);
    sent[1] = field_ext_add(squares.at_2, field_ext_add(common, at_2));
    transcript_absorb_ext(transcript, "rr", sent, 2);
    struct field_ext rho = transcript_challenge(transcript);
    *prefix = field_ext_add(*prefix, mask_at(own, 2, rho));
    kernels->fold(table->a, table->b, half, rho);
    table->count = half;
}

void norm_sumcheck_prove(struct norm_proof *proof, struct transcript *transcript,
                         const struct norm_sumcheck *input)
{
    static const uint64_t nodes[4] = {0, 2, 3, 4};
    struct regions regions = regions_of(input->layout);
    struct moments sum = moments_of(input, &regions);
    for (unsigned i = 0; i < 4; i++) {
        proof->first[i] = first_at(input, &sum, regions.half, nodes[i]);
    }
    transcript_absorb_ext(transcript, "r1", proof->first, 4);
    struct field_ext rho = transcript_challenge(transcript);
    struct field_ext prefix = field_ext_add(input->masks[0], mask_at(input->masks + 1, 4, rho));
    size_t size = sizeof(uint64_t) * regions.half;
    struct table table = {memory_new(size), memory_new(size), regions.half};
    fold_first(&table, input, &regions, rho);
    for (unsigned round = 2; round <= input->layout->variables; round++) {
        later_round(proof->rounds[round - 2], transcript, &table, input, round, &prefix);
    }
    proof->value = (struct field_ext){table.a[0], table.b[0]};
    explicit_bzero(table.a, size);
    explicit_bzero(table.b, size);
    explicit_bzero(&sum, sizeof(sum));
    free(table.a);
    free(table.b);
}
