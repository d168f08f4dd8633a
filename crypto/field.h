/* The field of the aggregation, and its quadratic extension.
 *
 * F is the integers modulo p = 2^64 - 2^32 + 1. An element is a plain uint64_t below p, always: what
 * comes from outside passes field_read(). K = F[X]/(X^2 - 7) has about 2^128 elements a + bX; 7 is
 * no square modulo p. A signed integer v stands for v mod p.
 *
 * Additions, subtractions and products are free of branches and table look-ups that depend on
 * values. */
#ifndef CRYPTO_FIELD_H
#define CRYPTO_FIELD_H

#include <string.h>

#include "crypto/hash.h"

#define FIELD_MODULUS     UINT64_C(0xffffffff00000001)
#define FIELD_EPSILON     UINT64_C(0xffffffff) /* 2^64 mod p */
#define FIELD_SIZE        ((size_t)8)          /* bytes of an element, little-endian */
#define FIELD_EXT_SIZE    ((size_t)16)         /* bytes of an element of K: a, then b */
#define FIELD_NON_RESIDUE UINT64_C(7)

__extension__ typedef unsigned __int128 field_wide;

static inline uint64_t field_add(uint64_t a, uint64_t b)
{
    uint64_t sum = a + b;
    uint64_t over = (uint64_t)(sum < a) | (uint64_t)(sum >= FIELD_MODULUS);
    return sum - (FIELD_MODULUS & (0 - over));
}

static inline uint64_t field_sub(uint64_t a, uint64_t b)
{
    uint64_t borrow = (uint64_t)(a < b);
    return a - b + (FIELD_MODULUS & (0 - borrow));
}

static inline uint64_t field_negate(uint64_t a)
{
    return field_sub(0, a);
}

/* Any 128-bit integer modulo p: 2^64 = 2^32 - 1 and 2^96 = -1 modulo p. */
static inline uint64_t field_reduce(field_wide value)
{
    uint64_t low = (uint64_t)value;
    uint64_t high = (uint64_t)(value >> 64);
    uint64_t top = high >> 32;
    uint64_t rest = low - top;
    rest -= FIELD_EPSILON & (0 - (uint64_t)(low < top));
    uint64_t middle = ((high & FIELD_EPSILON) << 32) - (high & FIELD_EPSILON);
    uint64_t sum = rest + middle;
    sum += FIELD_EPSILON & (0 - (uint64_t)(sum < middle));
    return sum - (FIELD_MODULUS & (0 - (uint64_t)(sum >= FIELD_MODULUS)));
}

static inline uint64_t field_mul(uint64_t a, uint64_t b)
{
    return field_reduce((field_wide)a * b);
}

uint64_t field_pow(uint64_t base, uint64_t exponent); /* Time depends on the exponent. */
uint64_t field_inverse(uint64_t a);                   /* 0 for 0. */
uint64_t field_from_signed(int64_t value);
int64_t field_to_signed(uint64_t a); /* The representative of -(p-1)/2 .. (p-1)/2. */

#define FIELD_NATIVE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) /* encodings are words in memory */

/* 8 bytes as they are, little-endian; at any address. */
static inline uint64_t field_load(const uint8_t in[FIELD_SIZE])
{
    uint64_t value;
    memcpy(&value, in, sizeof(value));
#if !FIELD_NATIVE
    value = __builtin_bswap64(value);
#endif
    return value;
}

/* Read 8 bytes. False, and *out is 0, where they are p or more. */
NODISCARD bool field_read(uint64_t *out, const uint8_t in[FIELD_SIZE]);
void field_write(uint8_t out[FIELD_SIZE], uint64_t a);

/* Read `count` elements of in.size = 8 * count bytes (asserted). False with *index, which may be
 * NULL, at the first that is p or more; then `out` is unspecified. */
NODISCARD bool field_read_all(uint64_t *out, struct bytes in, uint64_t *index);
void field_write_all(uint8_t *out, const uint64_t *elements, size_t count);

/* A sum of products that is reduced once, at its end; all zero is the empty sum. Up to 2^60 of
 * them. */
struct field_sum {
    field_wide low;
    field_wide high;
};

static inline void field_sum_add(struct field_sum *sum, uint64_t a, uint64_t b)
{
    field_wide product = (field_wide)a * b;
    sum->low += (uint64_t)product;
    sum->high += (uint64_t)(product >> 64);
}

static inline uint64_t field_sum_value(const struct field_sum *sum)
{
    return field_add(field_reduce(sum->low), field_mul(field_reduce(sum->high), FIELD_EPSILON));
}

/* a + bX of K. */
struct field_ext {
    uint64_t a;
    uint64_t b;
};

static inline struct field_ext field_ext_of(uint64_t a)
{
    return (struct field_ext){a, 0};
}

static inline struct field_ext field_ext_add(struct field_ext x, struct field_ext y)
{
    return (struct field_ext){field_add(x.a, y.a), field_add(x.b, y.b)};
}

static inline struct field_ext field_ext_sub(struct field_ext x, struct field_ext y)
{
    return (struct field_ext){field_sub(x.a, y.a), field_sub(x.b, y.b)};
}

static inline struct field_ext field_ext_mul(struct field_ext x, struct field_ext y)
{
    uint64_t square = field_mul(field_mul(x.b, y.b), FIELD_NON_RESIDUE);
    uint64_t cross = field_add(field_mul(x.a, y.b), field_mul(x.b, y.a));
    return (struct field_ext){field_add(field_mul(x.a, y.a), square), cross};
}

static inline struct field_ext field_ext_scale(struct field_ext x, uint64_t factor)
{
    return (struct field_ext){field_mul(x.a, factor), field_mul(x.b, factor)};
}

static inline bool field_ext_equal(struct field_ext x, struct field_ext y)
{
    return ((x.a ^ y.a) | (x.b ^ y.b)) == 0;
}

struct field_ext field_ext_inverse(struct field_ext x); /* 0 for 0. */

/* False, and *out is 0, where a or b is p or more. */
NODISCARD bool field_ext_read(struct field_ext *out, const uint8_t in[FIELD_EXT_SIZE]);
void field_ext_write(uint8_t out[FIELD_EXT_SIZE], struct field_ext x);

/* E of pv-snip section 3: both halves of the hash as 128-bit little-endian integers modulo p. */
struct field_ext field_ext_of_hash(const struct hash *hash);

#endif /* CRYPTO_FIELD_H */
