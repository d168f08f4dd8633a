#include "tools/client/quantise.h"

#include <inttypes.h>
#include <math.h>

#include "crypto/field.h"

/* The largest |v|; false, with the place, where an element is not finite. */
static bool find_largest(const struct tensors *update, double *largest, struct fault *fault)
{
    *largest = 0;
    for (size_t i = 0; i < update->count; i++) {
        double value = update->values[i];
        if (!isfinite(value)) {
            char place[TENSORS_PLACE_MAX];
            tensors_place(update, i, place);
            return fault_set(fault, "%s of the update is %g, a finite number is expected", place,
                             value);
        }
        *largest = fmax(*largest, fabs(value));
    }
    return true;
}

/* Euclidean norm; nothing overflows, because the elements are divided by the largest first. */
static double norm_of(const struct tensors *update, double largest)
{
    double sum = 0;
    for (size_t i = 0; i < update->count; i++) {
        double part = update->values[i] / largest;
        sum += part * part;
    }
    return largest * sqrt(sum);
}

/* Is the norm of the integers at most `bound` < 2^31? Exact. */
static bool within(const int64_t *steps, size_t count, uint64_t bound)
{
    uint64_t left = bound * bound;
    for (size_t i = 0; i < count; i++) {
        uint64_t size = (uint64_t)(steps[i] < 0 ? -steps[i] : steps[i]);
        if (size > bound || size * size > left) {
            return false;
        }
        left -= size * size;
    }
    return true;
}

static void round_all(int64_t *out, const struct tensors *update, int scale_bits)
{
    for (size_t i = 0; i < update->count; i++) {
        out[i] = (int64_t)round(ldexp(update->values[i], scale_bits));
    }
}

/* Multiply so that the norm is the bound, and round towards zero, which makes no element larger. What
 * floating point may have added is taken off by a slightly smaller factor. */
static double scale_down(int64_t *out, const struct tensors *update,
                         const struct quantise_rule *rule, double largest)
{
    double target = (double)rule->norm_bound;
    double relative = norm_of(update, largest) / largest;
    for (;;) {
        for (size_t i = 0; i < update->count; i++) {
            out[i] = (int64_t)trunc(update->values[i] / largest * (target / relative));
        }
        if (within(out, update->count, rule->norm_bound)) {
            return ldexp(target / relative, -(int)rule->scale_bits) / largest;
        }
        target *= 1 - 0x1p-40;
    }
}

bool quantise(int64_t *out, const struct tensors *update, const struct quantise_rule *rule,
              double *factor, struct fault *fault)
{
    double largest = 0;
    double used = 1;
    if (!find_largest(update, &largest, fault)) {
        return false;
    }
    bool fits = ldexp(largest, rule->scale_bits) < (double)rule->norm_bound + 1;
    if (fits) {
        round_all(out, update, rule->scale_bits);
        fits = within(out, update->count, rule->norm_bound);
    }
    if (!fits && rule->overflow == QUANTISE_REFUSE) {
        double norm = norm_of(update, largest);
        return fault_set(fault,
                         "the update has norm %g, which is %.15g steps of 2^-%u; the model's bound "
                         "is %" PRIu32 " steps (without --no-clip it is scaled down)",
                         norm, ldexp(norm, rule->scale_bits), rule->scale_bits, rule->norm_bound);
    }
    if (!fits) {
        used = scale_down(out, update, rule, largest);
    }
    if (factor != NULL) {
        *factor = used;
    }
    return true;
}

void dequantise(double *out, const uint64_t *elements, size_t count, uint8_t scale_bits)
{
    for (size_t i = 0; i < count; i++) {
        out[i] = ldexp((double)field_to_signed(elements[i]), -(int)scale_bits);
    }
}
