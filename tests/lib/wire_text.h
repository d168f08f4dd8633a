/* Schemas as documents and as examples: the byte tables of docs/wire-format.md and the values of
 * tests/vectors/wire_*.txt come from here, so neither can disagree with what the programs do. */
#ifndef TESTS_LIB_WIRE_TEXT_H
#define TESTS_LIB_WIRE_TEXT_H

#include "base/schema.h"

/* Append a Markdown table with a row for each leaf (offset, bytes, field, kind), and a line about the
 * size of the whole. */
void wire_text_table(struct buffer *out, const struct schema *schema);

/* Fill a value so that its encoding counts 1, 2, 3 ... byte by byte where a field may hold anything:
 * lists get two elements, byte strings three bytes, texts their field's name, enumerations their
 * second name. Byte strings borrow constants. */
void wire_text_fill(const struct schema *schema, void *value);

/* Append the encoding of a value as a Markdown table: offset, bytes in hexadecimal, field. Lists are
 * one row. */
void wire_text_dump(struct buffer *out, const struct schema *schema, const void *value);

#endif /* TESTS_LIB_WIRE_TEXT_H */
