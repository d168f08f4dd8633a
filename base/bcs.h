/* Canonical encoding: BCS, Binary Canonical Serialization (as specified by Diem, Aptos and Sui).
 *
 * Integers are little-endian and of fixed width; lengths and variant tags are ULEB128 in their
 * shortest form and below 2^32; a bool is one byte, 0 or 1; a structure is its fields in order,
 * without padding. Every value has exactly one encoding, and a reader accepts no other.
 *
 * Both cursors are sticky: after the first error every call does nothing (a reader returns zeros),
 * so a caller may run through a whole structure and check once at its end. */
#ifndef BASE_BCS_H
#define BASE_BCS_H

#include "base/buffer.h"
#include "base/bytes.h"

#define BCS_STATUS_LIST(X)                                                                         \
    X(BCS_OK, "ok")                                                                                \
    X(BCS_TRUNCATED, "the input ends too early")                                                   \
    X(BCS_TRAILING, "bytes follow the value")                                                      \
    X(BCS_LENGTH_FORM, "a length is not in its shortest form, or not below 2^32")                  \
    X(BCS_TOO_LONG, "longer than allowed")                                                         \
    X(BCS_BOOL, "a bool is neither 0 nor 1")                                                       \
    X(BCS_VALUE, "a value is outside its range")                                                   \
    X(BCS_TEXT, "a text is not printable ASCII")

#define BCS_STATUS_ENUM(name, text) name,
enum bcs_status { BCS_STATUS_LIST(BCS_STATUS_ENUM) };
#undef BCS_STATUS_ENUM

const char *bcs_status_text(enum bcs_status status); /* Static string; never NULL. */

/* Reading. `input` is borrowed for as long as the reader and what it returned are used. */
struct bcs_reader {
    struct bytes input;
    size_t offset;          /* of the next byte; after an error, of the value that was wrong */
    enum bcs_status status; /* the first error, or BCS_OK */
    const char *field;      /* name of the field being read, for messages; may be NULL */
};

void bcs_reader_init(struct bcs_reader *reader, struct bytes input);
uint8_t bcs_read_u8(struct bcs_reader *reader);
uint16_t bcs_read_u16(struct bcs_reader *reader);
uint32_t bcs_read_u32(struct bcs_reader *reader);
uint64_t bcs_read_u64(struct bcs_reader *reader);
bool bcs_read_bool(struct bcs_reader *reader);
uint32_t bcs_read_length(struct bcs_reader *reader, uint32_t max); /* ULEB128, at most `max`. */
void bcs_read_array(struct bcs_reader *reader, uint8_t *out, size_t size); /* No length. */
struct bytes bcs_read_bytes(struct bcs_reader *reader, uint32_t max); /* Length, then borrowed. */
struct bytes bcs_read_text(struct bcs_reader *reader, uint32_t max);  /* Characters ' ' to '~'. */
void bcs_reader_fail(struct bcs_reader *reader, enum bcs_status status); /* First error wins. */

/* True where the whole input was read without an error. Otherwise `status` says why not. */
NODISCARD bool bcs_reader_done(struct bcs_reader *reader);

/* One line that says what was wrong and where, for example
 * "amount at byte 12 of 14: the input ends too early". */
void bcs_error_text(const struct bcs_reader *reader, char *out, size_t size);

/* Writing, always to the end of a buffer. Lengths must be below 2^32: asserted. */
void bcs_write_u8(struct buffer *out, uint8_t value);
void bcs_write_u16(struct buffer *out, uint16_t value);
void bcs_write_u32(struct buffer *out, uint32_t value);
void bcs_write_u64(struct buffer *out, uint64_t value);
void bcs_write_bool(struct buffer *out, bool value);
void bcs_write_length(struct buffer *out, size_t length);
void bcs_write_array(struct buffer *out, const uint8_t *data, size_t size); /* No length. */
void bcs_write_bytes(struct buffer *out, struct bytes bytes);               /* Length, bytes. */

#endif /* BASE_BCS_H */
