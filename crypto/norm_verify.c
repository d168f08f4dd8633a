#include "crypto/norm_verify.h"

#include "crypto/norm_equations.h"
#include "crypto/xof.h"

#define TEXT_CASE(name, text)                                                                      \
    case name:                                                                                     \
        return text;

const char *norm_verdict_text(enum norm_verdict verdict)
{
    switch (verdict) {
        NORM_VERDICT_LIST(TEXT_CASE)
    }
    return "unknown verdict";
}

const char *norm_dispute_text(enum norm_dispute dispute)
{
    switch (dispute) {
        NORM_DISPUTE_LIST(TEXT_CASE)
    }
    return "unknown dispute";
}

void norm_theta_draw(struct norm_theta *out, const struct norm_layout *layout,
                     const struct hash *beacon_2)
{
    struct xof xof;
    *out = (struct norm_theta){0};
    xof_init(&xof, beacon_2->bytes, "PVS1/theta", (struct bytes){0});
    for (unsigned i = 0; i < 5U + layout->params.sketch_rows; i++) {
        out->weights[i] = xof_next_ext(&xof);
    }
    xof_close(&xof);
}

/* The value at `x` of the polynomial of degree `count` - 1 through values[i] at i, by Lagrange: the
 * denominators are factorials, so all weights are binomials over (count - 1)!. */
static struct field_ext interpolate(const struct field_ext *values, unsigned count,
                                    const uint64_t *binomials, uint64_t inverse, struct field_ext x)
{
    struct field_ext result = {0};
    for (unsigned i = 0; i < count; i++) {
        struct field_ext term = values[i];
        for (unsigned k = 0; k < count; k++) {
            if (k != i) {
                term = field_ext_mul(term, field_ext_sub(x, field_ext_of(k)));
            }
        }
        result = field_ext_add(result, field_ext_scale(term, binomials[i]));
    }
    return field_ext_scale(result, inverse);
}

static struct field_ext interpolate_3(const struct field_ext values[3], struct field_ext x)
{
    static const uint64_t binomials[3] = {1, FIELD_MODULUS - 2, 1};
    return interpolate(values, 3, binomials, UINT64_C(0x7fffffff80000001), x); /* 1/2! */
}

static struct field_ext interpolate_5(const struct field_ext values[5], struct field_ext x)
{
    static const uint64_t binomials[5] = {1, FIELD_MODULUS - 4, 6, FIELD_MODULUS - 4, 1};
    return interpolate(values, 5, binomials, UINT64_C(0xf555555460000001), x); /* 1/4! */
}

void norm_replay(struct norm_replay *out, const struct norm_layout *layout,
                 const struct norm_statement *statement, const struct norm_proof *proof)
{
    struct transcript transcript;
    *out = (struct norm_replay){0};
    norm_transcript_start(&transcript, out->chi, layout, statement, &proof->root2);
    transcript_absorb_ext(&transcript, "H", &proof->sum, 1);
    transcript_absorb_ext(&transcript, "r1", proof->first, 4);
    out->rho[0] = transcript_challenge(&transcript);
    const struct field_ext *first = proof->first;
    struct field_ext nodes[5] = {first[0], field_ext_sub(proof->sum, first[0]), first[1], first[2],
                                 first[3]};
    out->claim = interpolate_5(nodes, out->rho[0]);
    for (unsigned i = 1; i < layout->variables; i++) {
        const struct field_ext *sent = proof->rounds[i - 1];
        struct field_ext round[3] = {sent[0], field_ext_sub(out->claim, sent[0]), sent[1]};
        transcript_absorb_ext(&transcript, "rr", sent, 2);
        out->rho[i] = transcript_challenge(&transcript);
        out->claim = interpolate_3(round, out->rho[i]);
    }
}

struct norm_outcome norm_outcome_of(const struct norm_replay *replay,
                                    const struct norm_proof *proof)
{
    return (struct norm_outcome){proof->sum, replay->claim, proof->value};
}

/* c0 = theta_0 v + theta_1 H + theta_2 (claim - v^2) - theta_3 B^2 + (wr - 1) sum of theta_{4+w} over
 * w < r, and for the inner test - theta_{4+k} T0. */
struct field_ext norm_constant(const struct norm_layout *layout, const struct norm_theta *theta,
                               const struct norm_outcome *outcome)
{
    const struct field_ext *weights = theta->weights;
    struct field_ext value = outcome->value;
    struct field_ext off = field_ext_sub(outcome->claim, field_ext_mul(value, value));
    struct field_ext sum = field_ext_mul(weights[0], value);
    sum = field_ext_add(sum, field_ext_mul(weights[1], outcome->sum));
    sum = field_ext_add(sum, field_ext_mul(weights[2], off));
    sum = field_ext_sub(sum, field_ext_scale(weights[3], layout->bound_squared));
    struct field_ext rows = {0};
    for (unsigned w = 0; w < layout->params.rows; w++) {
        rows = field_ext_add(rows, weights[4 + w]);
    }
    sum = field_ext_add(sum, field_ext_scale(rows, layout->window - 1));
    uint64_t threshold = field_from_signed(layout->params.threshold); /* 0 but with that test */
    struct field_ext last = weights[4 + layout->params.sketch_rows];
    return field_ext_sub(sum, field_ext_scale(last, threshold));
}

enum norm_verdict norm_decide(const struct shamir_values *values, unsigned degree,
                              unsigned liar_count, struct field_ext constant)
{
    assert(liar_count <= degree);
    if (shamir_set_count(values->servers) < 2 * degree + 1 - liar_count) {
        return NORM_TOO_FEW;
    }
    if (!shamir_consistent(values, values->servers, degree)) {
        return NORM_INCONSISTENT;
    }
    struct field_ext held = shamir_interpolate(values, values->servers, degree, 0);
    return field_ext_equal(field_ext_add(held, constant), field_ext_of(0)) ? NORM_ACCEPTED
                                                                           : NORM_FALSE;
}

enum norm_dispute norm_dispute_values(const struct shamir_values *posted, unsigned degree,
                                      unsigned liar_count, uint32_t *blamed)
{
    *blamed = 0;
    assert(liar_count <= degree);
    if (shamir_set_count(posted->servers) < 3 * degree + 1 - 2 * liar_count) {
        return NORM_CLAIM_NEEDED;
    }
    return shamir_decode(posted, degree, degree - liar_count, blamed) ? NORM_BLAMED
                                                                      : NORM_OWNER_GUILTY;
}

enum norm_dispute norm_dispute_claim(const struct shamir_values *claimed,
                                     const struct shamir_values *posted, unsigned degree,
                                     unsigned liar_count, struct field_ext constant,
                                     uint32_t *blamed)
{
    *blamed = 0;
    assert(liar_count <= degree && claimed->servers == posted->servers);
    if (norm_decide(claimed, degree, liar_count, constant) != NORM_ACCEPTED) {
        return NORM_OWNER_GUILTY;
    }
    uint32_t off = 0;
    for (unsigned server = 1; server <= SHAMIR_SERVERS_MAX; server++) {
        if (shamir_set_has(posted->servers, server) &&
            !field_ext_equal(claimed->values[server - 1], posted->values[server - 1])) {
            off |= shamir_set_of(server);
        }
    }
    if (shamir_set_count(off) > degree - liar_count) {
        return NORM_OWNER_GUILTY;
    }
    *blamed = off;
    return NORM_BLAMED;
}
