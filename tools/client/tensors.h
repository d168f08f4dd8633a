/* Model files of any format, as one flat vector that remembers which tensor each element is of.
 *
 * .npy holds one array. .safetensors holds named ones; its elements are taken tensor by tensor in
 * bytewise order of the names, whatever the order in the file, so that two programs that write the
 * same tensors mean the same vector. */
#ifndef TOOLS_CLIENT_TENSORS_H
#define TOOLS_CLIENT_TENSORS_H

#include "base/buffer.h"
#include "tools/client/fault.h"

#define TENSORS_ELEMENTS_MAX   (1u << 24)
#define TENSORS_DIMENSIONS_MAX 8
#define TENSORS_PLACE_MAX      256 /* of the text of tensors_place() */

struct tensor {
    char *name; /* NULL where the format has no names */
    size_t shape[TENSORS_DIMENSIONS_MAX];
    size_t dimensions;
    size_t first; /* index of its first element in `values` */
    size_t count;
};

struct tensors {
    double *values; /* row by row */
    size_t count;
    struct tensor *parts; /* in the order of `values` */
    size_t part_count;
};

/* Read a file, whose format is told by how it begins. False with one line that begins with the path;
 * nothing is to be closed then. */
NODISCARD bool tensors_read(struct tensors *out, const char *path, struct fault *fault);
/* Write one vector of float64: a .safetensors file with the tensor "sum" where the path ends so, else an
 * .npy file. */
NODISCARD bool tensors_write(const char *path, const double *values, size_t count,
                             struct fault *fault);
void tensors_close(struct tensors *tensors);

/* Name an element for a person: "element [3, 4]" or "element [3, 4] of 'layer.weight'". */
void tensors_place(const struct tensors *tensors, size_t index, char out[TENSORS_PLACE_MAX]);

#endif /* TOOLS_CLIENT_TENSORS_H */
