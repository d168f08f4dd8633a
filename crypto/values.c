#include "crypto/values.h"

#include "crypto/field_vector.h"

const char *values_result_text(enum values_result result)
{
#define VALUES_RESULT_CASE(name, text)                                                             \
    case name:                                                                                     \
        return text;
    switch (result) {
        VALUES_RESULT_LIST(VALUES_RESULT_CASE)
    }
#undef VALUES_RESULT_CASE
    return "unknown result";
}

/* Values are in F, so those of an honest majority are; a liar's may not be, and then do not fit. */
static int64_t centre(const struct shamir_values *posted, uint32_t set, unsigned degree)
{
    return field_to_signed(shamir_interpolate(posted, set, degree, 0).a);
}

enum values_result values_open(int64_t *out, const struct shamir_values *posted, unsigned degree,
                               unsigned liar_count, uint32_t *off)
{
    uint32_t wrong = 0;
    *out = 0;
    assert(liar_count <= degree);
    if (off != NULL) {
        *off = 0;
    }
    if (shamir_set_count(posted->servers) < 2 * degree + 1 - liar_count) {
        return VALUES_TOO_FEW;
    }
    if (!shamir_consistent(posted, posted->servers, degree) &&
        !shamir_decode(posted, degree, degree - liar_count, &wrong)) {
        return VALUES_INCONSISTENT;
    }
    if (off != NULL) {
        *off = wrong;
    }
    *out = centre(posted, posted->servers & ~wrong, degree);
    return VALUES_OK;
}

enum values_result values_open_product(int64_t *out, const struct shamir_values *posted,
                                       unsigned degree, unsigned liar_count)
{
    *out = 0;
    assert(liar_count <= degree);
    if (shamir_set_count(posted->servers) < 3 * degree + 1 - liar_count) {
        return VALUES_TOO_FEW;
    }
    if (!shamir_consistent(posted, posted->servers, 2 * degree)) {
        return VALUES_INCONSISTENT;
    }
    *out = centre(posted, posted->servers, 2 * degree);
    return VALUES_OK;
}

uint64_t values_inner_product(const uint64_t *public_vector, const uint64_t *share, size_t count)
{
    return field_vector_dot(share, public_vector, public_vector, count).a;
}
