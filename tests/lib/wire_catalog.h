/* Every encoding that leaves a program or is hashed, in the order of docs/wire-format.md. */
#ifndef TESTS_LIB_WIRE_CATALOG_H
#define TESTS_LIB_WIRE_CATALOG_H

#include "base/schema.h"

/* One encoding: a structure of a schema, or (schema NULL) something made of others, whose parts
 * `text` lists and of which write() appends an example. */
struct wire_entry {
    const char *name;
    const char *text; /* a sentence or a table under the heading; may be NULL */
    const struct schema *schema;
    void (*write)(struct buffer *out);
};

struct wire_section {
    const char *title;
    const char *file; /* tests/vectors/wire_<file>.txt */
    const char *text;
    const struct wire_entry *entries; /* NULL: natives or events, from the market's tables */
    size_t entry_count;
};

extern const struct wire_section wire_sections[];
extern const size_t wire_section_total;

size_t wire_section_count(const struct wire_section *section);
void wire_section_entry(const struct wire_section *section, size_t index, struct wire_entry *out);

struct wire_tag {
    const char *tag;
    const char *what;
};
extern const struct wire_tag wire_tags[];
extern const size_t wire_tag_count;

/* Append the generated part of the document. */
void wire_catalog_document(struct buffer *out);

#endif /* TESTS_LIB_WIRE_CATALOG_H */
