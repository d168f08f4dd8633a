#include "tests/lib/norm_slow.h"

#include <stdlib.h>

#include "base/memory.h"
#include "crypto/transcript.h"

void norm_ablate_chi(struct field_ext chi[NORM_CHI_MAX], enum norm_ablation ablation)
{
    for (unsigned i = 0; i < NORM_CHI_MAX && ablation == NORM_ABLATION_BITS; i++) {
        chi[i] = field_ext_of(0);
    }
    if (ablation == NORM_ABLATION_CHI_0) {
        chi[0] = field_ext_of(1);
    }
}

void norm_ablate_theta(struct norm_theta *theta, const struct norm_layout *layout,
                       enum norm_ablation ablation)
{
    for (unsigned w = 0; w < layout->params.rows && ablation == NORM_ABLATION_ROWS; w++) {
        theta->weights[4 + w] = field_ext_of(0);
    }
}

struct slow {
    const struct norm_layout *layout;
    const uint64_t *aux;
    unsigned m;
    struct field_ext *z;    /* 2^m, folded in place */
    struct field_ext *c;    /* nZ weights */
    struct field_ext blind; /* R0 */
    struct field_ext rho[NORM_VARIABLES_MAX];
};

static struct field_ext pair_at(const uint64_t *aux, size_t index)
{
    return (struct field_ext){aux[index], aux[index + 1]};
}

/* g_v(X), the part of variable v = 1 .. m; v = 0 is the constant. */
static struct field_ext mask_part(const struct slow *slow, unsigned v, struct field_ext x)
{
    const uint64_t *g = slow->aux + slow->layout->mask_start;
    if (v == 0) {
        return pair_at(g, 0);
    }
    unsigned first = v == 1 ? 1 : 5 + 2 * (v - 2);
    unsigned degree = v == 1 ? 4 : 2;
    struct field_ext power = x;
    struct field_ext sum = {0};
    for (unsigned i = 0; i < degree; i++) {
        struct field_ext term = field_ext_mul(pair_at(g, 2 * (size_t)(first + i)), power);
        sum = field_ext_add(sum, term);
        power = field_ext_mul(power, x);
    }
    return sum;
}

static void make_weights(struct slow *slow, const struct field_ext *chi)
{
    for (size_t k = 0; k < slow->layout->product_count; k++) {
        slow->c[k] = chi[0];
        for (unsigned b = 0; b + 1 < slow->layout->chi_count; b++) {
            if ((k >> b & 1) != 0) {
                slow->c[k] = field_ext_mul(slow->c[k], chi[b + 1]);
            }
        }
    }
}

/* sum of 2^b bits, for bits that may be any elements. */
static uint64_t weighted(const uint64_t *bits, unsigned count)
{
    uint64_t sum = 0;
    for (unsigned b = 0; b < count; b++) {
        sum = field_add(sum, field_mul(bits[b], UINT64_C(1) << b));
    }
    return sum;
}

/* H, and Z of the bits. */
static struct field_ext make_table(struct slow *slow, const uint64_t *x)
{
    const struct norm_layout *layout = slow->layout;
    const struct norm_params *params = &layout->params;
    struct field_ext sum = field_ext_of(weighted(slow->aux, layout->norm_bits));
    for (size_t k = 0; k < params->dimension; k++) {
        slow->z[k] = field_ext_of(x[k]);
    }
    struct field_ext *tail = slow->z + params->dimension;
    for (size_t k = 0; k < layout->bit_count; k++) {
        tail[k] = field_ext_scale(slow->c[k], slow->aux[k]);
        sum = field_ext_add(sum, field_ext_mul(slow->c[k], tail[k]));
    }
    if (params->reference == NORM_REFERENCE_COSINE) {
        const uint64_t *bits = slow->aux + layout->reference_start;
        unsigned kept = (unsigned)(params->reference_bits - params->reference_drop);
        struct field_ext last = slow->c[layout->bit_count];
        tail[layout->bit_count] =
            field_ext_scale(last, weighted(bits + params->reference_drop, kept));
        uint64_t norm = weighted(slow->aux, layout->norm_bits);
        uint64_t rest = weighted(bits + params->reference_bits, params->reference_rest);
        uint64_t value = field_add(field_mul(params->kappa, norm), rest);
        sum = field_ext_add(sum, field_ext_scale(field_ext_mul(last, last), value));
    }
    return sum;
}

/* Z^ at X_1 = x, the table's index without its top bit being k, for round 1; plainly folded after. */
static struct field_ext folded(const struct slow *slow, size_t half, size_t k, unsigned round,
                               struct field_ext x)
{
    struct field_ext low = slow->z[k];
    struct field_ext z = field_ext_sub(slow->z[half + k], low);
    z = field_ext_add(low, field_ext_mul(z, x));
    if (round == 1) {
        struct field_ext weight = field_ext_mul(x, field_ext_sub(field_ext_of(1), x));
        z = field_ext_add(z, field_ext_mul(weight, slow->blind));
    }
    return z;
}

/* g with rho for the variables before `round`, x for it, and the bits of k for those after. */
static struct field_ext mask_at(const struct slow *slow, unsigned round, struct field_ext x,
                                size_t k)
{
    struct field_ext sum = mask_part(slow, 0, x);
    for (unsigned v = 1; v <= slow->m; v++) {
        struct field_ext at = v < round    ? slow->rho[v - 1]
                              : v == round ? x
                                           : field_ext_of(k >> (slow->m - v) & 1);
        sum = field_ext_add(sum, mask_part(slow, v, at));
    }
    return sum;
}

static struct field_ext round_at(const struct slow *slow, unsigned round, uint64_t x)
{
    assert(round >= 1 && round <= slow->m);
    size_t half = (size_t)1 << (slow->m - round);
    struct field_ext sum = {0};
    for (size_t k = 0; k < half; k++) {
        struct field_ext z = folded(slow, half, k, round, field_ext_of(x));
        sum = field_ext_add(sum, field_ext_mul(z, z));
        sum = field_ext_add(sum, mask_at(slow, round, field_ext_of(x), k));
    }
    return sum;
}

static void fold(struct slow *slow, unsigned round, struct field_ext rho)
{
    size_t half = (size_t)1 << (slow->m - round);
    for (size_t k = 0; k < half; k++) {
        slow->z[k] = folded(slow, half, k, round, rho);
    }
    slow->rho[round - 1] = rho;
}

static void run_rounds(struct slow *slow, struct norm_proof *proof, struct transcript *transcript)
{
    static const uint64_t nodes[4] = {0, 2, 3, 4};
    for (unsigned i = 0; i < 4; i++) {
        proof->first[i] = round_at(slow, 1, nodes[i]);
    }
    transcript_absorb_ext(transcript, "r1", proof->first, 4);
    fold(slow, 1, transcript_challenge(transcript));
    for (unsigned round = 2; round <= slow->m; round++) {
        struct field_ext *sent = proof->rounds[round - 2];
        sent[0] = round_at(slow, round, 0);
        sent[1] = round_at(slow, round, 2);
        transcript_absorb_ext(transcript, "rr", sent, 2);
        fold(slow, round, transcript_challenge(transcript));
    }
    proof->value = slow->z[0];
}

static struct field_ext sum_of_masks(const struct slow *slow)
{
    struct field_ext sum = {0};
    for (size_t k = 0; k < (size_t)1 << slow->m; k++) {
        sum = field_ext_add(sum, mask_at(slow, 0, field_ext_of(0), k));
    }
    return sum;
}

void norm_prove_slowly(struct norm_proof *proof, const struct norm_layout *layout,
                       const struct norm_statement *statement, const uint64_t *x,
                       const uint64_t *aux, enum norm_ablation ablation)
{
    struct slow slow = {.layout = layout, .aux = aux, .m = layout->variables};
    struct field_ext chi[NORM_CHI_MAX];
    struct transcript transcript;
    uint8_t prefix[160];
    const void *parts[5] = {&statement->context, &statement->owner, &statement->root,
                            &statement->beacon, &proof->root2};
    for (unsigned i = 0; i < 5; i++) {
        memcpy(prefix + 32 * (size_t)i, parts[i], 32);
    }
    transcript_init(&transcript);
    transcript_absorb(&transcript, "PVS1/prove", BYTES_OF(prefix));
    for (unsigned i = 0; i < layout->chi_count; i++) {
        chi[i] = transcript_challenge(&transcript);
    }
    norm_ablate_chi(chi, ablation);
    slow.z = memory_new(sizeof(*slow.z) << slow.m);
    slow.c = memory_new(sizeof(*slow.c) * layout->product_count);
    slow.blind = pair_at(aux, layout->blind_start);
    make_weights(&slow, chi);
    proof->sum = field_ext_add(make_table(&slow, x), sum_of_masks(&slow));
    transcript_absorb_ext(&transcript, "H", &proof->sum, 1);
    run_rounds(&slow, proof, &transcript);
    free(slow.z);
    free(slow.c);
}
