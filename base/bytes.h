/* Borrowed byte ranges, hexadecimal, and the two attributes every module uses.
 *
 * Assertions stay on in every build: a broken invariant of ours must stop the program, because a
 * stopped replica is safe and a lying one is not. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef NDEBUG
#error "Souk is built with assertions on: do not define NDEBUG"
#endif

#define NODISCARD          __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a)  __attribute__((format(printf, f, a)))
#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A range of bytes that somebody else owns. `data` may be NULL only where `size` is 0. */
struct bytes {
    const uint8_t *data;
    size_t size;
};

/* The bytes of an object or array, for example BYTES_OF(hash->bytes). */
#define BYTES_OF(object) ((struct bytes){(const uint8_t *)&(object), sizeof(object)})

struct bytes bytes_of_text(const char *text); /* Without the terminator. */
bool bytes_equal(struct bytes a, struct bytes b);

/* Total order: bytewise, a proper prefix before what it begins. Returns < 0, 0 or > 0. */
int bytes_compare(struct bytes a, struct bytes b);

/* Write `in` as lower-case hexadecimal and a terminator; `out` holds 2 * in.size + 1 characters. */
void hex_encode(char *out, struct bytes in);

/* Read exactly 2 * size hexadecimal characters of either case, with or without a leading "0x".
 * Returns false, and leaves `out` unspecified, where `text` is anything else. */
NODISCARD bool hex_decode(uint8_t *out, size_t size, const char *text);

#endif /* BASE_BYTES_H */
