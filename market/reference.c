#include "market/reference.h"

#include <stdlib.h>

#include "base/memory.h"
#include "crypto/field.h"
#include "market/terms.h"

int64_t *reference_read(struct bytes blob)
{
    size_t count = blob.size / FIELD_SIZE;
    int64_t *out = memory_new(count * sizeof(*out));
    for (size_t i = 0; i < count; i++) {
        out[i] = field_to_signed(field_reduce(field_load(blob.data + i * FIELD_SIZE)));
    }
    return out;
}

static bool check_elements(struct native_call *call)
{
    for (size_t i = 0; i < call->sidecar.size / FIELD_SIZE; i++) {
        uint64_t element;
        if (!field_read(&element, call->sidecar.data + i * FIELD_SIZE)) {
            return refuse(call, REFUSAL_MODEL_REFERENCE_ELEMENT, i, 0);
        }
    }
    return true;
}

/* The proof's own rule; without a test that of the cosine, which is |g0| B < 2^62. A distance is at most
 * (|g0| + B)^2, which |g0| 2^32 < 2^62 keeps below p / 2. */
static bool check_size(struct native_call *call, const struct model_terms *terms)
{
    struct norm_layout layout;
    terms_layout(&layout, terms);
    if (layout.params.reference == NORM_REFERENCE_NONE) {
        layout.params.reference = NORM_REFERENCE_COSINE;
    }
    int64_t *reference = reference_read(call->sidecar);
    bool fits = norm_reference_check(&layout, reference) == NORM_OK;
    if ((terms->modes & MODE_DISTANCE) != 0) {
        layout.params.reference = NORM_REFERENCE_COSINE;
        layout.bound_squared = UINT64_MAX;
        fits = fits && norm_reference_check(&layout, reference) == NORM_OK;
    }
    free(reference);
    return fits ||
           refuse(call, REFUSAL_MODEL_REFERENCE_SIZE, terms->norm_bound, terms->reference_bits);
}

bool reference_check(struct native_call *call, const struct model_terms *terms)
{
    bool needed = !hash_is_zero(&terms->reference);
    size_t size = needed ? (size_t)terms->dimension * FIELD_SIZE : 0;
    if (call->sidecar.size != size) {
        return refuse(call, REFUSAL_MODEL_REFERENCE_BYTES, call->sidecar.size, size);
    }
    if (!needed) {
        return true;
    }
    if (!native_charge(call, terms->dimension)) {
        return false;
    }
    if (!hash_equal(&call->sidecar_root, &terms->reference)) {
        return refuse(call, REFUSAL_MODEL_REFERENCE_ROOT, 0, 0);
    }
    return check_elements(call) && check_size(call, terms);
}
