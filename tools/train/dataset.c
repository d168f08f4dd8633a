#include "tools/train/dataset.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tools/client/file.h"

#define FILE_MAX ((size_t)1 << 30)

static size_t count_columns(const char *line)
{
    size_t columns = 1;
    for (; *line != '\0' && *line != '\n'; line++) {
        columns += *line == ',';
    }
    return columns;
}

static size_t count_rows(const char *text)
{
    size_t rows = 0;
    for (const char *line = text; *line != '\0'; rows++) {
        const char *end = strchr(line, '\n');
        line = end == NULL ? line + strlen(line) : end + 1;
    }
    return rows;
}

/* One number at *at, which moves behind the comma or line end that must follow. */
static bool take_number(const char **at, bool last, double *out)
{
    char *end = NULL;
    errno = 0;
    /* strtod() would skip a line end and take the next line's first number for a missing one. */
    if (strchr("\r\n", (*at)[strspn(*at, " \t")]) != NULL) {
        return false;
    }
    *out = strtod(*at, &end);
    if (end == *at || errno != 0 || !isfinite(*out)) {
        return false;
    }
    if (*end == '\r') {
        end++;
    }
    bool line_ends = *end == '\n' || *end == '\0';
    if (last != line_ends || (!last && *end != ',')) {
        return false;
    }
    *at = *end == '\0' ? end : end + 1;
    return true;
}

static bool take_row(struct dataset *out, size_t row, const char **at, double divisor,
                     size_t *column)
{
    double value = 0;
    for (*column = 0; *column < out->inputs; (*column)++) {
        if (!take_number(at, false, &value)) {
            return false;
        }
        out->samples[row * out->inputs + *column] = value / divisor;
    }
    if (!take_number(at, true, &value) || value < 0 || value >= DATASET_CLASSES_MAX ||
        floor(value) < value) {
        return false;
    }
    out->labels[row] = (uint32_t)value;
    if (out->labels[row] >= out->classes) {
        out->classes = (size_t)out->labels[row] + 1;
    }
    return true;
}

static bool parse(struct dataset *out, const char *text, const char *name, double divisor,
                  struct fault *fault)
{
    size_t rows = count_rows(text);
    size_t columns = count_columns(text);
    if (rows < 1 || rows > DATASET_ROWS_MAX || columns < 2 || columns > DATASET_COLUMNS_MAX) {
        return fault_set(
            fault,
            "%s: %zu rows of %zu columns; 1 to %d rows of 2 to %d columns, the class in "
            "the last, are expected",
            name, rows, columns, DATASET_ROWS_MAX, DATASET_COLUMNS_MAX);
    }
    out->count = rows;
    out->inputs = columns - 1;
    out->samples = memory_new(rows * out->inputs * sizeof(double));
    out->labels = memory_new(rows * sizeof(uint32_t));
    for (size_t row = 0; row < rows; row++) {
        size_t column = 0;
        if (!take_row(out, row, &text, divisor, &column)) {
            return fault_set(fault,
                             "%s: line %zu, column %zu: %zu numbers and then a class below %d are "
                             "expected",
                             name, row + 1, column + 1, out->inputs, DATASET_CLASSES_MAX);
        }
    }
    return true;
}

bool dataset_parse(struct dataset *out, struct buffer *text, const char *name, double divisor,
                   struct fault *fault)
{
    *out = (struct dataset){0};
    bool good = text->size == 0 || memchr(text->data, 0, text->size) == NULL ||
                fault_set(fault, "%s: a text file is expected, and it holds a zero byte", name);
    good = good && parse(out, buffer_text(text), name, divisor, fault);
    if (!good) {
        dataset_close(out);
    }
    return good;
}

bool dataset_read(struct dataset *out, const char *path, double divisor, struct fault *fault)
{
    struct buffer file = {0};
    *out = (struct dataset){0};
    bool good =
        file_read(&file, path, FILE_MAX, fault) && dataset_parse(out, &file, path, divisor, fault);
    buffer_close(&file);
    return good;
}

void dataset_close(struct dataset *dataset)
{
    free(dataset->samples);
    free(dataset->labels);
    *dataset = (struct dataset){0};
}

bool dataset_write(const struct dataset *dataset, const size_t *order, size_t first, size_t count,
                   const char *path, struct fault *fault)
{
    struct buffer text = {0};
    for (size_t i = first; i < first + count; i++) {
        const double *sample = dataset->samples + order[i] * dataset->inputs;
        for (size_t k = 0; k < dataset->inputs; k++) {
            buffer_format(&text, "%.17g,", sample[k]);
        }
        buffer_format(&text, "%u\n", dataset->labels[order[i]]);
    }
    bool good = file_write(path, buffer_bytes(&text), 0600, fault);
    buffer_close(&text);
    return good;
}
