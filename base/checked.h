/* Integer arithmetic that says when it does not fit. Nothing in the state is computed without it. */
#ifndef BASE_CHECKED_H
#define BASE_CHECKED_H

#include "base/bytes.h"

/* *out = a op b. Returns false, and leaves *out unspecified, where the result does not fit. */
NODISCARD static inline bool checked_add(uint64_t *out, uint64_t a, uint64_t b)
{
    return !__builtin_add_overflow(a, b, out);
}

NODISCARD static inline bool checked_sub(uint64_t *out, uint64_t a, uint64_t b)
{
    return !__builtin_sub_overflow(a, b, out);
}

NODISCARD static inline bool checked_mul(uint64_t *out, uint64_t a, uint64_t b)
{
    return !__builtin_mul_overflow(a, b, out);
}

#endif /* BASE_CHECKED_H */
