#include "crypto/aggregate.h"

#include <string.h>

#include "crypto/field_vector.h"

const char *aggregate_result_text(enum aggregate_result result)
{
#define AGGREGATE_RESULT_CASE(name, text)                                                          \
    case name:                                                                                     \
        return text;
    switch (result) {
        AGGREGATE_RESULT_LIST(AGGREGATE_RESULT_CASE)
    }
#undef AGGREGATE_RESULT_CASE
    return "unknown result";
}

void aggregate_beacon(struct hash *out, unsigned number, const struct hash *context,
                      const struct hash *block_hash)
{
    assert(number >= 1 && number <= 3);
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add(&sha, bytes_of_text("PVS1/beacon"));
    sha256_add_u8(&sha, (uint8_t)number);
    sha256_add(&sha, BYTES_OF(*context));
    sha256_add(&sha, BYTES_OF(*block_hash));
    sha256_finish(&sha, out);
}

struct field_ext aggregate_gamma(const struct hash *beacon, const struct public_key *owner)
{
    struct hash hash;
    struct sha256 sha;
    sha256_init(&sha);
    sha256_add(&sha, BYTES_OF(*beacon));
    sha256_add(&sha, bytes_of_text("PVS1/gamma"));
    sha256_add(&sha, BYTES_OF(*owner));
    sha256_finish(&sha, &hash);
    return field_ext_of_hash(&hash);
}

void aggregate_check_form(struct multilinear *out, const struct hash *beacon, uint32_t dimension)
{
    multilinear_init_random(out, beacon, AGGREGATE_DST_CHECK, dimension);
}

void aggregate_set_hash(struct hash *out, const struct public_key *owners, size_t count)
{
    struct sha256 sha;
    sha256_init(&sha);
    for (size_t i = 0; i < count; i++) {
        assert(i == 0 || memcmp(owners[i - 1].bytes, owners[i].bytes, 32) < 0);
        sha256_add(&sha, BYTES_OF(owners[i]));
    }
    sha256_finish(&sha, out);
}

void aggregate_fold(struct field_ext *total, struct field_ext gamma, struct field_ext value)
{
    *total = field_ext_add(*total, field_ext_mul(gamma, value));
}

void aggregate_add(uint64_t *sum, const uint64_t *share, uint32_t dimension)
{
    field_vector_add(sum, share, dimension);
}

struct field_ext aggregate_check_value(const struct multilinear *check, const uint64_t *sum,
                                       uint32_t dimension)
{
    return multilinear_evaluate(check, sum, dimension);
}

unsigned aggregate_threshold(unsigned degree, unsigned liar_count)
{
    assert(liar_count <= degree);
    return 2 * degree + 1 - liar_count;
}

/* The servers off the one polynomial, where the values allow it to be told: 3 t + 1 - 2 f of them of
 * which at most t - f are wrong. False where there is no such polynomial. That the values reach the
 * threshold is the caller's to check. */
static bool find_wrong(const struct shamir_values *values, unsigned degree, unsigned liar_count,
                       uint32_t *off)
{
    *off = 0;
    if (shamir_consistent(values, values->servers, degree)) {
        return true;
    }
    return shamir_decode(values, degree, degree - liar_count, off);
}

void aggregate_leader_form(struct multilinear *out, const struct hash *private_seed,
                           uint32_t dimension)
{
    multilinear_init_random(out, private_seed, "PVS1/leader", dimension);
}

bool aggregate_plan_make(struct aggregate_plan *out, const struct shamir_values *values,
                         unsigned degree, unsigned liar_count, uint32_t *off)
{
    uint32_t wrong;
    bool found = find_wrong(values, degree, liar_count, &wrong);
    *out = (struct aggregate_plan){0};
    if (off != NULL) {
        *off = wrong;
    }
    uint32_t good = values->servers & ~wrong;
    if (!found || shamir_set_count(good) < aggregate_threshold(degree, liar_count)) {
        return false;
    }
    uint32_t used = 0;
    for (unsigned i = 0; i <= degree; i++) {
        out->servers[i] = shamir_set_first(good & ~used);
        used |= shamir_set_of(out->servers[i]);
    }
    out->count = degree + 1;
    shamir_zero_coefficients(out->coefficients, used);
    return true;
}

void aggregate_plan_apply(uint64_t *out, const struct aggregate_plan *plan,
                          const uint64_t *const sums[SHAMIR_SERVERS_MAX], size_t count)
{
    const uint64_t *inputs[SHAMIR_SERVERS_MAX];
    for (unsigned i = 0; i < plan->count; i++) {
        inputs[i] = sums[plan->servers[i] - 1];
    }
    field_vector_combine(out, inputs, plan->coefficients, plan->count, count);
}

bool aggregate_combine(uint64_t *out, const struct aggregate_sums *sums, unsigned degree,
                       unsigned liar_count, const struct hash *private_seed, uint32_t *off)
{
    struct shamir_values values = {0};
    struct aggregate_plan plan;
    struct multilinear form;
    aggregate_leader_form(&form, private_seed, sums->dimension);
    for (unsigned server = 1; server <= SHAMIR_SERVERS_MAX; server++) {
        if (shamir_set_has(sums->servers, server)) {
            shamir_values_set(&values, server,
                              multilinear_evaluate(&form, sums->sums[server - 1], sums->dimension));
        }
    }
    multilinear_close(&form);
    if (!aggregate_plan_make(&plan, &values, degree, liar_count, off)) {
        return false;
    }
    aggregate_plan_apply(out, &plan, sums->sums, sums->dimension);
    return true;
}

bool aggregate_values_match(struct field_ext posted, const struct field_ext *gammas,
                            const struct field_ext *values, size_t count)
{
    struct field_ext total = {0};
    for (size_t i = 0; i < count; i++) {
        aggregate_fold(&total, gammas[i], values[i]);
    }
    return field_ext_equal(posted, total);
}

bool aggregate_evaluate(struct field_ext *out, const struct multilinear *check,
                        struct bytes aggregate, uint32_t dimension, uint64_t *index)
{
    if (aggregate.size != (size_t)FIELD_SIZE * dimension) {
        *out = (struct field_ext){0};
        if (index != NULL) {
            *index = dimension;
        }
        return false;
    }
    return multilinear_evaluate_bytes(out, check, aggregate, index);
}

enum aggregate_result aggregate_check(const struct shamir_values *values, unsigned degree,
                                      unsigned liar_count, struct field_ext claimed, uint32_t *off)
{
    *off = 0;
    if (shamir_set_count(values->servers) < aggregate_threshold(degree, liar_count)) {
        return AGGREGATE_TOO_FEW;
    }
    if (!find_wrong(values, degree, liar_count, off)) {
        return AGGREGATE_INCONSISTENT;
    }
    struct field_ext held = shamir_interpolate(values, values->servers & ~*off, degree, 0);
    return field_ext_equal(held, claimed) ? AGGREGATE_ACCEPTED : AGGREGATE_SUM_WRONG;
}
