/* Model files in the safetensors format: tensors of dtype F32 and F64, any names and shapes.
 *
 * LE64 size of the header, the header in JSON, the data. Read strictly: known members only, none
 * twice, and every byte of the data belongs to exactly one tensor, as the format demands. */
#ifndef TOOLS_CLIENT_SAFETENSORS_H
#define TOOLS_CLIENT_SAFETENSORS_H

#include "tools/client/tensors.h"

/* Decode a file's content. False with one line that begins with `name`. */
NODISCARD bool safetensors_decode(struct tensors *out, struct bytes file, const char *name,
                                  struct fault *fault);

/* Append a file of one one-dimensional tensor of dtype F64; the name needs no escapes in JSON. */
void safetensors_encode(struct buffer *out, const char *name, const double *values, size_t count);

#endif /* TOOLS_CLIENT_SAFETENSORS_H */
