#include "crypto/norm_layout.h"

#define KEPT_BITS_MAX   31 /* of C in the cosine test: its square stays below 2^62 */
#define INTEGER_BITS    62 /* of what is compared as an integer: sums of two stay below p */
#define WINDOW_MAX      (UINT32_C(1) << 28)
#define SKETCH_FRACTION 64 /* one functional of x in so many coordinates may be shown */

const char *norm_status_text(enum norm_status status)
{
#define NORM_STATUS_CASE(name, text)                                                               \
    case name:                                                                                     \
        return text;
    switch (status) {
        NORM_STATUS_LIST(NORM_STATUS_CASE)
    }
#undef NORM_STATUS_CASE
    return "unknown status";
}

static unsigned bit_length(uint64_t value)
{
    unsigned bits = 0;
    for (; value != 0; value >>= 1) {
        bits++;
    }
    return bits;
}

/* The least power of two that is at least ceil(8.7 B) + 1. */
static uint32_t window_of(uint32_t bound)
{
    uint64_t least = (UINT64_C(87) * bound + 9) / 10 + 1;
    uint32_t window = 1;
    while (window < least) {
        window *= 2;
    }
    assert(window <= WINDOW_MAX && "NORM_BOUND_MAX is the largest with this window");
    return window;
}

static enum norm_status check_sharing(const struct norm_params *params)
{
    if (params->dimension < NORM_DIMENSION_MIN || params->dimension > NORM_DIMENSION_MAX) {
        return NORM_DIMENSION;
    }
    if (params->degree < 1) {
        return NORM_DEGREE;
    }
    if (params->server_count > SHAMIR_SERVERS_MAX ||
        params->server_count < 2 * params->degree + 1) {
        return NORM_SERVERS;
    }
    if (params->bound < 1 || params->bound > NORM_BOUND_MAX) {
        return NORM_BOUND;
    }
    if (params->rows < 1 || params->rows > NORM_ROWS_MAX) {
        return NORM_ROWS;
    }
    if (params->sketch_rows < params->rows || params->sketch_rows > NORM_ROWS_MAX) {
        return NORM_SKETCH_ROWS;
    }
    if (params->sketched && params->sketch_rows > params->dimension / SKETCH_FRACTION) {
        return NORM_SKETCH_LEAKS;
    }
    if (params->owners_min < NORM_OWNERS_MIN || params->owners_max < params->owners_min ||
        params->owners_max > NORM_OWNERS_MAX) {
        return NORM_OWNERS;
    }
    return NORM_OK;
}

static enum norm_status check_cosine(const struct norm_params *params, unsigned norm_bits)
{
    unsigned dropped = params->reference_drop;
    if (dropped >= params->reference_bits || params->reference_bits - dropped > KEPT_BITS_MAX) {
        return NORM_REFERENCE_DROP;
    }
    if (params->reference_rest < 1 || params->reference_rest > INTEGER_BITS) {
        return NORM_REFERENCE_REST;
    }
    if (params->kappa < 1 || params->kappa > UINT64_C(1) << (INTEGER_BITS - norm_bits)) {
        return NORM_KAPPA;
    }
    return params->threshold == 0 ? NORM_OK : NORM_REFERENCE_UNUSED;
}

static enum norm_status check_reference(const struct norm_params *params, unsigned norm_bits)
{
    bool plain = params->reference_drop == 0 && params->reference_rest == 0 && params->kappa == 0;
    if (params->reference == NORM_REFERENCE_NONE) {
        bool unused = plain && params->reference_bits == 0 && params->threshold == 0;
        return unused ? NORM_OK : NORM_REFERENCE_UNUSED;
    }
    if (params->reference != NORM_REFERENCE_INNER && params->reference != NORM_REFERENCE_COSINE) {
        return NORM_REFERENCE;
    }
    if (params->reference_bits < 1 || params->reference_bits > INTEGER_BITS) {
        return NORM_REFERENCE_BITS;
    }
    if (params->reference == NORM_REFERENCE_COSINE) {
        return check_cosine(params, norm_bits);
    }
    return plain ? NORM_OK : NORM_REFERENCE_UNUSED;
}

/* Counts and starts, from params, window and bits. */
static void place(struct norm_layout *layout)
{
    const struct norm_params *params = &layout->params;
    bool cosine = params->reference == NORM_REFERENCE_COSINE;
    layout->rest_start = layout->norm_bits;
    layout->rows_start = 2 * (uint32_t)layout->norm_bits;
    layout->reference_start = layout->rows_start + (uint32_t)params->rows * layout->row_bits;
    layout->bit_count = layout->reference_start + params->reference_bits + params->reference_rest;
    layout->product_count = layout->bit_count + (cosine ? 1 : 0);
    layout->variables = (uint8_t)multilinear_variables(params->dimension + layout->product_count);
    layout->chi_count = (uint8_t)(multilinear_variables(layout->product_count) + 1);
    layout->mask_count = 5 + 2 * ((uint32_t)layout->variables - 1);
    layout->sketch_start = layout->bit_count;
    layout->mask_start = layout->sketch_start + params->sketch_rows - params->rows;
    layout->blind_start = layout->mask_start + 2 * layout->mask_count;
    layout->aux_count = layout->blind_start + 2;
    assert(layout->variables <= NORM_VARIABLES_MAX && layout->chi_count <= NORM_CHI_MAX);
}

enum norm_status norm_layout_init(struct norm_layout *out, const struct norm_params *params)
{
    *out = (struct norm_layout){0};
    enum norm_status status = check_sharing(params);
    if (status != NORM_OK) {
        return status;
    }
    uint64_t bound_squared = (uint64_t)params->bound * params->bound;
    unsigned norm_bits = bit_length(bound_squared);
    status = check_reference(params, norm_bits);
    if (status != NORM_OK) {
        return status;
    }
    out->params = *params;
    out->bound_squared = bound_squared;
    out->norm_bits = (uint8_t)norm_bits;
    out->window = window_of(params->bound);
    out->row_bits = (uint8_t)bit_length(out->window); /* log2 of a power of two, and 1 */
    place(out);
    return NORM_OK;
}

/* |g0|^2, or UINT128 of all ones where it is 2^124 or more. */
static field_wide reference_squared(const int64_t *reference, uint32_t dimension)
{
    field_wide limit = (field_wide)1 << (2 * INTEGER_BITS);
    field_wide sum = 0;
    for (uint32_t k = 0; k < dimension; k++) {
        uint64_t magnitude = reference[k] < 0 ? 0 - (uint64_t)reference[k] : (uint64_t)reference[k];
        if (magnitude >= UINT64_C(1) << INTEGER_BITS) {
            return ~(field_wide)0;
        }
        sum += (field_wide)magnitude * magnitude;
        if (sum >= limit) {
            return ~(field_wide)0;
        }
    }
    return sum;
}

enum norm_status norm_reference_check(const struct norm_layout *layout, const int64_t *reference)
{
    const struct norm_params *params = &layout->params;
    if (params->reference == NORM_REFERENCE_NONE) {
        return NORM_OK;
    }
    uint64_t room = UINT64_C(1) << INTEGER_BITS; /* |g0| B must stay below it */
    if (params->reference == NORM_REFERENCE_INNER) {
        uint64_t threshold =
            params->threshold < 0 ? 0 - (uint64_t)params->threshold : (uint64_t)params->threshold;
        uint64_t limit = UINT64_C(1) << params->reference_bits;
        if (threshold >= limit) {
            return NORM_REFERENCE_SIZE;
        }
        room = limit - threshold;
    }
    /* |g0|^2 B^2 < room^2, by a quotient that is exact for integers. */
    field_wide most = ((field_wide)room * room - 1) / layout->bound_squared;
    field_wide squared = reference_squared(reference, params->dimension);
    return squared <= most ? NORM_OK : NORM_REFERENCE_SIZE;
}
