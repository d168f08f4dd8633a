/* Model files: NumPy's .npy, versions 1 and 2, float32 and float64, little-endian, any shape.
 *
 * The format is NEP 1 (numpy/lib/format). Fortran order is refused for more than one dimension,
 * because a flat update must have one order. */
#ifndef TOOLS_CLIENT_NPY_H
#define TOOLS_CLIENT_NPY_H

#include "base/buffer.h"
#include "tools/client/fault.h"

#define NPY_ELEMENTS_MAX   (1u << 24)
#define NPY_DIMENSIONS_MAX 8

struct npy {
    double *values; /* row by row; freed by npy_close() */
    size_t count;
    size_t shape[NPY_DIMENSIONS_MAX];
    size_t dimensions;
};

/* Decode a file's content. False with one line that begins with `name`. */
NODISCARD bool npy_decode(struct npy *out, struct bytes file, const char *name,
                          struct fault *fault);
NODISCARD bool npy_read(struct npy *out, const char *path, struct fault *fault);
void npy_close(struct npy *npy);

/* Append a one-dimensional float64 array as a version 1 file. */
void npy_encode(struct buffer *out, const double *values, size_t count);
NODISCARD bool npy_write(const char *path, const double *values, size_t count, struct fault *fault);

#endif /* TOOLS_CLIENT_NPY_H */
