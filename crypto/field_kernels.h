/* The kernels behind field_vector.h: one table for each level. */
#ifndef CRYPTO_FIELD_KERNELS_H
#define CRYPTO_FIELD_KERNELS_H

#include "crypto/field_vector.h"

/* A coefficient of a linear combination. */
struct field_factor {
    uint64_t value;     /* the element itself */
    uint64_t magnitude; /* of value as an integer of either sign, where that is small */
    uint64_t negative;  /* all bits set where it is below zero, else none */
};

/* As the functions of field_vector.h. `combine_small` is for coefficients whose magnitudes are all
 * less than 2^20. */
struct field_kernels {
    void (*add)(uint64_t *sum, const uint64_t *terms, size_t count);
    void (*subtract)(uint64_t *sum, const uint64_t *terms, size_t count);
    void (*from_signed)(uint64_t *out, const int64_t *values, size_t count);
    size_t (*check)(const uint8_t *in, size_t count);
    void (*combine)(uint64_t *out, const uint64_t *const *inputs,
                    const struct field_factor *factors, unsigned input_count, size_t count);
    void (*combine_small)(uint64_t *out, const uint64_t *const *inputs,
                          const struct field_factor *factors, unsigned input_count, size_t count);
    struct field_ext (*dot)(const uint64_t *elements, const uint64_t *a, const uint64_t *b,
                            size_t count);
};

extern const struct field_kernels field_kernels_portable;
#if defined(__x86_64__)
extern const struct field_kernels field_kernels_avx2;
extern const struct field_kernels field_kernels_avx512;
extern const struct field_kernels field_kernels_ifma;
#endif

/* The inputs of a combination from element `done` on: vectors leave a rest to portable C. */
static inline void field_rest(const uint64_t *rest[FIELD_COMBINE_MAX],
                              const uint64_t *const *inputs, unsigned input_count, size_t done)
{
    for (unsigned i = 0; i < input_count; i++) {
        rest[i] = inputs[i] + done;
    }
}

#endif /* CRYPTO_FIELD_KERNELS_H */
