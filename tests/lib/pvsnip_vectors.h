/* The project's own vectors of the norm proof and what follows it: every intermediate of fixed inputs, as
 * lines "name = hex", counts and verdicts in decimal. tests/vectors/README.md describes them;
 * tests/reference/pvsnip.py computes them again from the text of the specification. */
#ifndef TESTS_LIB_PVSNIP_VECTORS_H
#define TESTS_LIB_PVSNIP_VECTORS_H

#include "base/buffer.h"

struct pvsnip_vectors {
    const char *path;
    void (*write)(struct buffer *out);
};

#define PVSNIP_VECTORS_COUNT 6

extern const struct pvsnip_vectors pvsnip_vectors[PVSNIP_VECTORS_COUNT];

/* Of files in deal_vectors.c. */
void deal_vectors_4_1(struct buffer *out);
void deal_vectors_7_2(struct buffer *out);

#endif /* TESTS_LIB_PVSNIP_VECTORS_H */
