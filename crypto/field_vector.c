#include "crypto/field_vector.h"

#include <stdatomic.h>

#include "crypto/field_kernels.h"

#define SMALL_MAX (UINT64_C(1) << 20) /* 16 products by less than this fit the small kernels */

const char *field_level_text(enum field_level level)
{
#define FIELD_LEVEL_CASE(name, text)                                                               \
    case name:                                                                                     \
        return text;
    switch (level) {
        FIELD_LEVEL_LIST(FIELD_LEVEL_CASE)
    }
#undef FIELD_LEVEL_CASE
    return "unknown level";
}

/* NULL where this machine has not the level. */
static const struct field_kernels *kernels_of(enum field_level level)
{
#if defined(__x86_64__)
    bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                __builtin_cpu_supports("avx512vl");
    switch (level) {
    case FIELD_LEVEL_PORTABLE:
        break;
    case FIELD_LEVEL_AVX2:
        return __builtin_cpu_supports("avx2") ? &field_kernels_avx2 : NULL;
    case FIELD_LEVEL_AVX512:
        return wide ? &field_kernels_avx512 : NULL;
    case FIELD_LEVEL_IFMA:
        return wide && __builtin_cpu_supports("avx512ifma") ? &field_kernels_ifma : NULL;
    }
#endif
    return level == FIELD_LEVEL_PORTABLE ? &field_kernels_portable : NULL;
}

static _Atomic(const struct field_kernels *) chosen;

static const struct field_kernels *kernels(void)
{
    const struct field_kernels *table = atomic_load_explicit(&chosen, memory_order_relaxed);
    for (unsigned level = FIELD_LEVEL_COUNT; table == NULL; level--) {
        table = kernels_of((enum field_level)(level - 1));
        if (table != NULL) { /* Threads that race here all store the same. */
            atomic_store_explicit(&chosen, table, memory_order_relaxed);
        }
    }
    return table;
}

enum field_level field_vector_level(void)
{
    const struct field_kernels *table = kernels();
    unsigned level = 0;
    while (kernels_of((enum field_level)level) != table) {
        level++;
    }
    return (enum field_level)level;
}

bool field_vector_force(enum field_level level)
{
    const struct field_kernels *table = kernels_of(level);
    if (table != NULL) {
        atomic_store_explicit(&chosen, table, memory_order_relaxed);
    }
    return table != NULL;
}

void field_vector_add(uint64_t *sum, const uint64_t *terms, size_t count)
{
    kernels()->add(sum, terms, count);
}

void field_vector_subtract(uint64_t *sum, const uint64_t *terms, size_t count)
{
    kernels()->subtract(sum, terms, count);
}

void field_vector_from_signed(uint64_t *out, const int64_t *values, size_t count)
{
    kernels()->from_signed(out, values, count);
}

size_t field_vector_check(const uint8_t *in, size_t count)
{
    return kernels()->check(in, count);
}

void field_vector_combine(uint64_t *out, const uint64_t *const *inputs,
                          const uint64_t *coefficients, unsigned input_count, size_t count)
{
    struct field_factor factors[FIELD_COMBINE_MAX];
    bool small = true;
    assert(input_count <= FIELD_COMBINE_MAX);
    for (unsigned i = 0; i < input_count; i++) {
        uint64_t value = coefficients[i];
        bool negative = value > FIELD_MODULUS / 2;
        uint64_t magnitude = negative ? FIELD_MODULUS - value : value;
        factors[i] = (struct field_factor){value, magnitude, 0 - (uint64_t)negative};
        small = small && magnitude < SMALL_MAX;
    }
    const struct field_kernels *table = kernels();
    (small ? table->combine_small : table->combine)(out, inputs, factors, input_count, count);
}

struct field_ext field_vector_dot(const uint64_t *elements, const uint64_t *a, const uint64_t *b,
                                  size_t count)
{
    return kernels()->dot(elements, a, b, count);
}
