#include "tools/client/quantise.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

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

/* From a value to steps: to the nearest, or scaled and towards zero. */
struct conversion {
    bool scaled;
    double largest; /* |v|, where scaled */
    double factor;  /* of v / largest, or of v: a power of two, so the product is exact */
};

static int64_t convert(const struct conversion *conversion, double value)
{
    return conversion->scaled ? (int64_t)trunc(value / conversion->largest * conversion->factor)
                              : (int64_t)round(value * conversion->factor);
}

/* Is the norm of the integers at most `bound` < 2^31? Exact. */
static bool within(const struct tensors *update, const struct conversion *conversion,
                   uint64_t bound)
{
    uint64_t left = bound * bound;
    for (size_t i = 0; i < update->count; i++) {
        int64_t steps = convert(conversion, update->values[i]);
        uint64_t size = (uint64_t)(steps < 0 ? -steps : steps);
        if (size > bound || size * size > left) {
            return false;
        }
        left -= size * size;
    }
    return true;
}

/* Multiply so that the norm is the bound, and round towards zero, which makes no element larger. What
 * floating point may have added is taken off by a slightly smaller factor. */
static double scale_down(struct conversion *out, const struct tensors *update,
                         const struct quantise_rule *rule, double largest)
{
    double target = (double)rule->norm_bound;
    double relative = norm_of(update, largest) / largest;
    *out = (struct conversion){.scaled = true, .largest = largest};
    for (;;) {
        out->factor = target / relative;
        if (within(update, out, rule->norm_bound)) {
            return ldexp(out->factor, -(int)rule->scale_bits) / largest;
        }
        target *= 1 - 0x1p-40;
    }
}

static_assert(sizeof(int64_t) == sizeof(double), "integers take the place of values");

static int64_t *convert_all(struct tensors *update, const struct conversion *conversion)
{
    void *memory = update->values;
    uint8_t *at = memory;
    for (size_t i = 0; i < update->count; i++, at += sizeof(int64_t)) {
        double value;
        memcpy(&value, at, sizeof(value));
        int64_t steps = convert(conversion, value);
        memcpy(at, &steps, sizeof(steps));
    }
    update->values = NULL;
    return memory;
}

bool quantise(int64_t **out, struct tensors *update, const struct quantise_rule *rule,
              double *factor, struct fault *fault)
{
    struct conversion conversion = {.factor = ldexp(1, rule->scale_bits)};
    double largest = 0;
    double used = 1;
    *out = NULL;
    if (!find_largest(update, &largest, fault)) {
        return false;
    }
    bool fits = ldexp(largest, rule->scale_bits) < (double)rule->norm_bound + 1 &&
                within(update, &conversion, rule->norm_bound);
    if (!fits && rule->overflow == QUANTISE_REFUSE) {
        double norm = norm_of(update, largest);
        return fault_set(fault,
                         "the update has norm %g, which is %.15g steps of 2^-%u; the model's bound "
                         "is %" PRIu32 " steps (without --no-clip it is scaled down)",
                         norm, ldexp(norm, rule->scale_bits), rule->scale_bits, rule->norm_bound);
    }
    if (!fits) {
        used = scale_down(&conversion, update, rule, largest);
    }
    *out = convert_all(update, &conversion);
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
