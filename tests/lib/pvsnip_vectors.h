/* The project's own vectors of the norm proof and what follows it: every intermediate of fixed inputs, as
 * lines "name = hex", counts and verdicts in decimal. tests/vectors/README.md describes them;
 * tests/reference/pvsnip.py computes them again from the text of the specification. */
#ifndef TESTS_LIB_PVSNIP_VECTORS_H
#define TESTS_LIB_PVSNIP_VECTORS_H

#include "base/buffer.h"
#include "crypto/field.h"

struct norm_fixture;

struct pvsnip_vectors {
    const char *path;
    void (*write)(struct buffer *out);
};

#define PVSNIP_VECTORS_COUNT 6
#define PVSNIP_REFUSED_COUNT 29

extern const struct pvsnip_vectors pvsnip_vectors[PVSNIP_VECTORS_COUNT];

/* One file for each of the specification's negative tests that validators decide from bytes alone. */
extern const struct pvsnip_vectors pvsnip_refused[PVSNIP_REFUSED_COUNT];

/* Lines "name_first_second = value"; an index of 0 is none. */
void pvsnip_put(struct buffer *out, const char *name, unsigned first, unsigned second,
                struct bytes value);
void pvsnip_put_number(struct buffer *out, const char *name, unsigned first, uint64_t value);
void pvsnip_put_elements(struct buffer *out, const char *name, unsigned first, unsigned second,
                         const uint64_t *elements, size_t count);
void pvsnip_put_exts(struct buffer *out, const char *name, unsigned first, unsigned second,
                     const struct field_ext *values, size_t count);

/* What a round is about, without its keys: parameters, context and the first two beacons. */
void pvsnip_put_params(struct buffer *out, const struct norm_fixture *fixture);

/* Of files in deal_vectors.c. */
void deal_vectors_4_1(struct buffer *out);
void deal_vectors_7_2(struct buffer *out);

#endif /* TESTS_LIB_PVSNIP_VECTORS_H */
