/* The project's own vectors of the aggregation: every intermediate of fixed inputs, as lines
 * "name = hex". tests/vectors/README.md describes them; tests/reference/aggregation.py computes them
 * again from the text of the specification. */
#ifndef TESTS_LIB_AGGREGATION_VECTORS_H
#define TESTS_LIB_AGGREGATION_VECTORS_H

#include "base/buffer.h"

struct aggregation_vectors {
    const char *path;
    void (*write)(struct buffer *out);
};

#define AGGREGATION_VECTORS_COUNT 5

extern const struct aggregation_vectors aggregation_vectors[AGGREGATION_VECTORS_COUNT];

#endif /* TESTS_LIB_AGGREGATION_VECTORS_H */
