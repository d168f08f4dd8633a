/* From floating point to the integers that are shared and summed, and back.
 *
 * An update element v becomes x = round-half-away(v * 2^scale_bits); it must be finite, and the norm of
 * all x together at most the model's bound. An update beyond it is scaled down as a whole, so that it
 * keeps its direction. A sum is the centred field element divided by 2^scale_bits. */
#ifndef TOOLS_CLIENT_QUANTISE_H
#define TOOLS_CLIENT_QUANTISE_H

#include "tools/client/tensors.h"

/* What happens to an update whose norm is beyond the bound. */
enum quantise_overflow { QUANTISE_SCALE, QUANTISE_REFUSE };

struct quantise_rule {
    uint8_t scale_bits;
    uint32_t norm_bound; /* B, steps; at least 1 and below 2^31 */
    enum quantise_overflow overflow;
};

/* Turn an update into update->count integers whose squares sum to at most norm_bound^2, in the memory of
 * its values, which is *out then and to be freed; the update has none any more. *factor (may be NULL) is
 * what the update was multiplied with before it was rounded: 1, or less where it was scaled down. False
 * with the place and value of the first element that is not finite or, when refusing, with the norm;
 * then the update is as before. */
NODISCARD bool quantise(int64_t **out, struct tensors *update, const struct quantise_rule *rule,
                        double *factor, struct fault *fault);

/* Read `count` field elements as real sums: centred, divided by 2^scale_bits. */
void dequantise(double *out, const uint64_t *elements, size_t count, uint8_t scale_bits);

#endif /* TOOLS_CLIENT_QUANTISE_H */
