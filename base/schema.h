/* Structures described by tables: one description serves encoding, decoding, JSON, the assembler
 * and the byte tables of docs/wire-format.md, so they cannot disagree.
 *
 * A schema lists the fields of a C struct in wire order. Integers, fixed arrays, byte strings and
 * texts are leaves; a field may also be one flat structure or a bounded list of flat structures or
 * of fixed arrays. Nesting ends there, on purpose: a reader of the table sees the whole layout.
 *
 *     static const struct field transfer_fields[] = {
 *         SCHEMA_ARRAY(struct transfer, to, FORM_ADDRESS),
 *         SCHEMA_U64(struct transfer, amount, FORM_NUMBER),
 *     };
 *     const struct schema transfer_schema = SCHEMA("transfer", struct transfer, transfer_fields);
 */
#ifndef BASE_SCHEMA_H
#define BASE_SCHEMA_H

#include "base/bcs.h"

enum field_type {
    FIELD_U8,
    FIELD_U16,
    FIELD_U32,
    FIELD_U64,
    FIELD_BOOL,
    FIELD_ENUM,   /* uint8_t below `max`, printed by names[value] */
    FIELD_ARRAY,  /* `size` bytes, no length on the wire */
    FIELD_BYTES,  /* struct bytes, at most `max` bytes, borrowed from the input */
    FIELD_TEXT,   /* struct bytes, printable ASCII, at most `max` bytes, borrowed */
    FIELD_STRUCT, /* a flat structure in place, described by `schema` */
    FIELD_LIST,   /* at most `max` elements in place, their number in a uint32_t member */
};

/* How people read and write a leaf; the wire does not know it. */
enum field_form {
    FORM_NUMBER,
    FORM_HEX,
    FORM_ADDRESS, /* 20 bytes, bech32m */
    FORM_TEXT,
};

struct schema;

struct field {
    const char *name;
    enum field_type type;
    enum field_form form;
    size_t offset;               /* of the member in the struct */
    size_t size;                 /* of the member, or of one element of a list */
    size_t count_offset;         /* FIELD_LIST: of the uint32_t that counts the elements */
    uint32_t max;                /* FIELD_ENUM, FIELD_BYTES, FIELD_TEXT, FIELD_LIST: the bound */
    const struct schema *schema; /* FIELD_STRUCT and lists of structures; NULL: array elements */
    const char *const *names;    /* FIELD_ENUM */
};

struct schema {
    const char *name;
    size_t size; /* of the C struct */
    const struct field *fields;
    size_t field_count;
};

#define SCHEMA(label, type, table)                                                                 \
    {                                                                                              \
        (label), sizeof(type), (table), ARRAY_COUNT(table)                                         \
    }
#define SCHEMA_LEAF(owner, member, kind, shape)                                                    \
    {                                                                                              \
        .name = #member, .type = (kind), .form = (shape), .offset = offsetof(owner, member),       \
        .size = sizeof(((owner *)0)->member)                                                       \
    }
#define SCHEMA_U8(owner, member)         SCHEMA_LEAF(owner, member, FIELD_U8, FORM_NUMBER)
#define SCHEMA_U16(owner, member)        SCHEMA_LEAF(owner, member, FIELD_U16, FORM_NUMBER)
#define SCHEMA_U32(owner, member)        SCHEMA_LEAF(owner, member, FIELD_U32, FORM_NUMBER)
#define SCHEMA_U64(owner, member)        SCHEMA_LEAF(owner, member, FIELD_U64, FORM_NUMBER)
#define SCHEMA_BOOL(owner, member)       SCHEMA_LEAF(owner, member, FIELD_BOOL, FORM_NUMBER)
#define SCHEMA_ARRAY(owner, member, how) SCHEMA_LEAF(owner, member, FIELD_ARRAY, how)
#define SCHEMA_ENUM(owner, member, table)                                                          \
    {                                                                                              \
        .name = #member, .type = FIELD_ENUM, .form = FORM_TEXT, .offset = offsetof(owner, member), \
        .size = 1, .max = ARRAY_COUNT(table), .names = (table)                                     \
    }
#define SCHEMA_BYTES(owner, member, bound)                                                         \
    {                                                                                              \
        .name = #member, .type = FIELD_BYTES, .form = FORM_HEX, .offset = offsetof(owner, member), \
        .size = sizeof(struct bytes), .max = (bound)                                               \
    }
#define SCHEMA_TEXT(owner, member, bound)                                                          \
    {                                                                                              \
        .name = #member, .type = FIELD_TEXT, .form = FORM_TEXT, .offset = offsetof(owner, member), \
        .size = sizeof(struct bytes), .max = (bound)                                               \
    }
#define SCHEMA_STRUCT(owner, member, inner)                                                        \
    {                                                                                              \
        .name = #member, .type = FIELD_STRUCT, .offset = offsetof(owner, member),                  \
        .size = sizeof(((owner *)0)->member), .schema = (inner)                                    \
    }
/* `member` is an array of the bound's length; `counter` is its uint32_t count. `inner` describes
 * one element, or is NULL where an element is a fixed array of bytes printed as `how`. */
#define SCHEMA_LIST(owner, member, counter, inner, how)                                            \
    {                                                                                              \
        .name = #member, .type = FIELD_LIST, .form = (how), .offset = offsetof(owner, member),     \
        .size = sizeof(((owner *)0)->member[0]), .count_offset = offsetof(owner, counter),         \
        .max = ARRAY_COUNT(((owner *)0)->member), .schema = (inner)                                \
    }

/* An integer member of 1, 2, 4 or 8 bytes (asserted), as a number; a value that is stored fits
 * (asserted). Members are reached by offset, so alignment is never assumed. */
uint64_t schema_load_integer(const void *member, size_t size);
void schema_store_integer(void *member, size_t size, uint64_t value);

/* Append the encoding of *value, a struct of the schema's type. Asserts that lengths and
 * enumerations are within their bounds: what we write we can read. */
void schema_write(struct buffer *out, const struct schema *schema, const void *value);

/* Read one value into *value; everything in it that was not read is zero. Byte strings are borrowed
 * from the reader's input. On error the reader's status, offset and field say what was wrong. */
void schema_read(struct bcs_reader *reader, const struct schema *schema, void *value);

/* Read a whole input. Returns false with one line about it in `error` (which may be NULL with
 * size 0) where `input` is not the one encoding of a value. */
NODISCARD bool schema_decode(const struct schema *schema, void *value, struct bytes input,
                             char *error, size_t error_size);

/* Bytes of the longest encoding; saturates at SIZE_MAX / 2. */
size_t schema_size_max(const struct schema *schema);

#endif /* BASE_SCHEMA_H */
