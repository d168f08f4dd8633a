/* Loops over vectors of field elements, by the widest instructions the processor has.
 *
 * Portable C, AVX2, AVX-512 (F, DQ, VL) and AVX-512 with IFMA give identical results; one is chosen
 * at the first call. Elements are canonical, as everywhere (field.h). No kernel branches on values
 * or looks them up, but for those that look for elements that are not below p, which stop early. */
#ifndef CRYPTO_FIELD_VECTOR_H
#define CRYPTO_FIELD_VECTOR_H

#include "crypto/field.h"

#define FIELD_LEVEL_LIST(X)                                                                        \
    X(FIELD_LEVEL_PORTABLE, "portable")                                                            \
    X(FIELD_LEVEL_AVX2, "AVX2")                                                                    \
    X(FIELD_LEVEL_AVX512, "AVX-512")                                                               \
    X(FIELD_LEVEL_IFMA, "AVX-512 IFMA")

#define FIELD_LEVEL_ENUM(name, text) name,
enum field_level { FIELD_LEVEL_LIST(FIELD_LEVEL_ENUM) };
#undef FIELD_LEVEL_ENUM
#define FIELD_LEVEL_COUNT 4

const char *field_level_text(enum field_level level); /* Static string; never NULL. */

enum field_level field_vector_level(void); /* In use. */

/* For tests and measurements: use this level from now on, in every thread. False, and nothing
 * changes, where the machine has it not. */
NODISCARD bool field_vector_force(enum field_level level);

/* sum[k] += terms[k], sum[k] -= terms[k]. */
void field_vector_add(uint64_t *sum, const uint64_t *terms, size_t count);
void field_vector_subtract(uint64_t *sum, const uint64_t *terms, size_t count);

/* out[k] = field_from_signed(values[k]). */
void field_vector_from_signed(uint64_t *out, const int64_t *values, size_t count);

/* The index of the first of `count` encoded elements that is p or more; `count` where none is. */
size_t field_vector_check(const uint8_t *in, size_t count);

#define FIELD_COMBINE_MAX 16 /* inputs of a linear combination */

/* out[k] = sum of coefficients[i] * inputs[i][k], over at most FIELD_COMBINE_MAX inputs (asserted);
 * `out` is none of the inputs. Coefficients are public: where all are integers of less than 2^20
 * in magnitude the work is about half. */
void field_vector_combine(uint64_t *out, const uint64_t *const *inputs,
                          const uint64_t *coefficients, unsigned input_count, size_t count);

/* (sum of elements[k] * a[k], sum of elements[k] * b[k]). */
struct field_ext field_vector_dot(const uint64_t *elements, const uint64_t *a, const uint64_t *b,
                                  size_t count);

#endif /* CRYPTO_FIELD_VECTOR_H */
