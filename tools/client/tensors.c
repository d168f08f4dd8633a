#include "tools/client/tensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tools/client/file.h"
#include "tools/client/npy.h"
#include "tools/client/safetensors.h"

#define HEADER_ROOM ((size_t)1 << 20)
#define FILE_MAX    ((size_t)TENSORS_ELEMENTS_MAX * 8 + HEADER_ROOM)

static bool from_npy(struct tensors *out, struct bytes file, const char *path, struct fault *fault)
{
    struct npy npy;
    if (!npy_decode(&npy, file, path, fault)) {
        return false;
    }
    out->values = npy.values;
    out->count = npy.count;
    out->parts = memory_new(sizeof(*out->parts));
    out->part_count = 1;
    memcpy(out->parts->shape, npy.shape, sizeof(npy.shape));
    out->parts->dimensions = npy.dimensions;
    out->parts->count = npy.count;
    return true;
}

bool tensors_read(struct tensors *out, const char *path, struct fault *fault)
{
    struct buffer file = {0};
    *out = (struct tensors){0};
    bool good = file_read(&file, path, FILE_MAX, fault);
    struct bytes content = buffer_bytes(&file);
    if (good && content.size > 8 && content.data[8] == '{') {
        good = safetensors_decode(out, content, path, fault);
    } else if (good && content.size > 0 && content.data[0] == 0x93) {
        good = from_npy(out, content, path, fault);
    } else if (good) {
        good = fault_set(fault, "%s: neither an .npy nor a .safetensors file", path);
    }
    buffer_close(&file);
    return good;
}

void tensors_close(struct tensors *tensors)
{
    for (size_t i = 0; i < tensors->part_count; i++) {
        free(tensors->parts[i].name);
    }
    free(tensors->parts);
    free(tensors->values);
    *tensors = (struct tensors){0};
}

void tensors_place(const struct tensors *tensors, size_t index, char out[TENSORS_PLACE_MAX])
{
    size_t part = 0;
    while (index >= tensors->parts[part].first + tensors->parts[part].count) {
        part++;
        assert(part < tensors->part_count && "the index is one of an element");
    }
    const struct tensor *tensor = &tensors->parts[part];
    size_t at[TENSORS_DIMENSIONS_MAX] = {0};
    size_t rest = index - tensor->first;
    for (size_t k = tensor->dimensions; k > 0; k--) {
        at[k - 1] = rest % tensor->shape[k - 1];
        rest /= tensor->shape[k - 1];
    }
    int length = snprintf(out, TENSORS_PLACE_MAX, "element [");
    for (size_t k = 0; k < tensor->dimensions; k++) {
        length += snprintf(out + length, TENSORS_PLACE_MAX - (size_t)length, "%s%zu",
                           k > 0 ? ", " : "", at[k]);
    }
    length += snprintf(out + length, TENSORS_PLACE_MAX - (size_t)length, "]");
    if (tensor->name != NULL) {
        (void)snprintf(out + length, TENSORS_PLACE_MAX - (size_t)length, " of '%.60s'",
                       tensor->name);
    }
}

bool tensors_write(const char *path, const double *values, size_t count, struct fault *fault)
{
    static const char suffix[] = ".safetensors";
    size_t length = strlen(path);
    if (length < sizeof(suffix) || strcmp(path + length - (sizeof(suffix) - 1), suffix) != 0) {
        return npy_write(path, values, count, fault);
    }
    struct buffer file = {0};
    safetensors_encode(&file, "sum", values, count);
    bool good = file_write(path, buffer_bytes(&file), 0644, fault);
    buffer_close(&file);
    return good;
}
