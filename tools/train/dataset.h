/* Labelled samples from a CSV file: numbers, and the class as a whole number in the last column. */
#ifndef TOOLS_TRAIN_DATASET_H
#define TOOLS_TRAIN_DATASET_H

#include "base/buffer.h"
#include "tools/client/fault.h"

#define DATASET_ROWS_MAX    1000000
#define DATASET_COLUMNS_MAX 16384
#define DATASET_CLASSES_MAX 1000

struct dataset {
    size_t count;    /* samples */
    size_t inputs;   /* features of one sample */
    size_t classes;  /* largest label + 1 */
    double *samples; /* count * inputs, row by row */
    uint32_t *labels;
};

/* Parse a text, which messages call `name`; features are divided by `divisor`. False with the line
 * and column of what is wrong, and *out empty. */
NODISCARD bool dataset_parse(struct dataset *out, struct buffer *text, const char *name,
                             double divisor, struct fault *fault);

/* The same for a file. */
NODISCARD bool dataset_read(struct dataset *out, const char *path, double divisor,
                            struct fault *fault);
void dataset_close(struct dataset *dataset);

/* Write rows `first` .. `first + count - 1` in the order given, as they were before the division. */
NODISCARD bool dataset_write(const struct dataset *dataset, const size_t *order, size_t first,
                             size_t count, const char *path, struct fault *fault);

#endif /* TOOLS_TRAIN_DATASET_H */
