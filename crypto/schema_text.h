/* Schemas as text: one field, or a whole structure, as people write it.
 *
 * The assembler, the JSON layer and the explorers share these forms, so that a value looks the same
 * wherever it is shown and what was shown can be typed in again:
 *
 *     integers      decimal, no sign, no leading zero          bool     true, false
 *     FORM_HEX      lower-case hexadecimal (0x and upper case are accepted)
 *     FORM_ADDRESS  bech32m with the chain's prefix            enum     its name
 *     FORM_TEXT     the characters; inside a structure quoted, with \" and \\ for " and \
 *
 * A structure is `name=value` for each field, separated by spaces, in any order when read and each
 * exactly once. A list is [value,value]; a nested structure, also one in a list, is {name=value,
 * name=value}; neither holds a space. */
#ifndef CRYPTO_SCHEMA_TEXT_H
#define CRYPTO_SCHEMA_TEXT_H

#include "base/schema.h"

#define SCHEMA_TEXT_ERROR_SIZE 192

/* A reader of texts. Initialise with schema_text_init(), end with schema_text_close(). */
struct schema_text {
    const char *prefix;                 /* of addresses; borrowed */
    char error[SCHEMA_TEXT_ERROR_SIZE]; /* one line, once a call returned false */
    uint8_t **blocks;                   /* what parsed byte strings borrow */
    size_t block_count;
};

void schema_text_init(struct schema_text *text, const char *prefix);
void schema_text_close(struct schema_text *text); /* Frees what parsed values borrow. */

/* Append the text of one leaf, unquoted. `member` points at the member in its structure (for an
 * element of a list of arrays: at the element, with the list's field). */
void schema_text_print_leaf(const struct field *field, const void *member, const char *prefix,
                            struct buffer *out);

/* Read the text of one leaf into `member`. Byte strings and texts are borrowed from `text` until it
 * is closed. False with one line in text->error that names the field, what was found and what was
 * expected; the member is then unspecified. */
NODISCARD bool schema_text_parse_leaf(const struct field *field, void *member, const char *input,
                                      struct schema_text *text);

/* Append a whole structure, "to=tsouk1... amount=5"; nothing for a schema without fields. */
void schema_text_print(const struct schema *schema, const void *value, const char *prefix,
                       struct buffer *out);

/* Read a whole structure. Every field must be there once. The same errors; a value that was read can
 * be written by schema_write(). */
NODISCARD bool schema_text_parse(const struct schema *schema, void *value, const char *input,
                                 struct schema_text *text);

#endif /* CRYPTO_SCHEMA_TEXT_H */
