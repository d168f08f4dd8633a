/* From floating point to the integers that are shared and summed, and back.
 *
 * An update element v becomes x = round-half-away(v * 2^scale_bits); it must be finite and
 * |x| <= element_bound. A sum is the centred field element divided by 2^scale_bits. */
#ifndef TOOLS_CLIENT_QUANTISE_H
#define TOOLS_CLIENT_QUANTISE_H

#include "tools/client/fault.h"

/* What happens to an element beyond the bound. */
enum quantise_overflow { QUANTISE_REFUSE, QUANTISE_CLIP };

struct quantise_rule {
    uint8_t scale_bits;
    uint32_t element_bound; /* steps */
    enum quantise_overflow overflow;
};

/* Fill `out` with `count` integers. `clipped` (may be NULL) counts elements that were cut. False
 * with the index and value of the first element that is not finite or, when refusing, too large. */
NODISCARD bool quantise(int64_t *out, const double *values, size_t count,
                        const struct quantise_rule *rule, size_t *clipped, struct fault *fault);

/* Read an aggregate blob, 8 bytes for each element, as real sums. `out` holds blob.size / 8. False
 * with the index of an element that is not canonical, or where the size is no multiple of 8. */
NODISCARD bool dequantise(double *out, struct bytes blob, uint8_t scale_bits, struct fault *fault);

#endif /* TOOLS_CLIENT_QUANTISE_H */
