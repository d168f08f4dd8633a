#include "tools/client/quantise.h"

#include <inttypes.h>
#include <math.h>

#include "crypto/field.h"

bool quantise(int64_t *out, const double *values, size_t count, const struct quantise_rule *rule,
              size_t *clipped, struct fault *fault)
{
    size_t cut = 0;
    double bound = (double)rule->element_bound;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) {
            return fault_set(fault, "element %zu of the update is %g, a finite number is expected",
                             i, values[i]);
        }
        double scaled = round(ldexp(values[i], rule->scale_bits));
        if (fabs(scaled) > bound) {
            if (rule->overflow == QUANTISE_REFUSE) {
                return fault_set(
                    fault,
                    "element %zu of the update is %g, which is %.15g steps of 2^-%u; the "
                    "model's bound is %" PRIu32 " steps (--clip cuts it)",
                    i, values[i], scaled, rule->scale_bits, rule->element_bound);
            }
            scaled = copysign(bound, scaled);
            cut++;
        }
        out[i] = (int64_t)scaled;
    }
    if (clipped != NULL) {
        *clipped = cut;
    }
    return true;
}

bool dequantise(double *out, struct bytes blob, uint8_t scale_bits, struct fault *fault)
{
    if (blob.size % FIELD_SIZE != 0) {
        return fault_set(fault, "the aggregate has %zu bytes, a multiple of 8 is expected",
                         blob.size);
    }
    for (size_t i = 0; i < blob.size / FIELD_SIZE; i++) {
        uint64_t element = 0;
        if (!field_read(&element, blob.data + FIELD_SIZE * i)) {
            return fault_set(fault, "element %zu of the aggregate is not below the field's prime",
                             i);
        }
        out[i] = ldexp((double)field_to_signed(element), -(int)scale_bits);
    }
    return true;
}
