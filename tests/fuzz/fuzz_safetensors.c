/* Model files with named tensors: what is decoded lies within the file, its parts follow each other in
 * order of their names, and every element has a place. */
#include <string.h>

#include "tools/client/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tensors tensors;
    struct fault fault;
    char place[TENSORS_PLACE_MAX];
    size_t count = 0;
    if (!safetensors_decode(&tensors, (struct bytes){data, size}, "input", &fault)) {
        assert(tensors.values == NULL && tensors.parts == NULL && fault.text[0] != '\0');
        return 0;
    }
    assert(tensors.count <= TENSORS_ELEMENTS_MAX && tensors.count * 4 <= size);
    for (size_t i = 0; i < tensors.part_count; i++) {
        const struct tensor *part = &tensors.parts[i];
        assert(part->first == count && part->dimensions <= TENSORS_DIMENSIONS_MAX);
        assert(i == 0 || strcmp(tensors.parts[i - 1].name, part->name) < 0);
        count += part->count;
    }
    assert(count == tensors.count);
    if (count > 0) {
        tensors_place(&tensors, count - 1, place);
        assert(strncmp(place, "element [", 9) == 0);
    }
    tensors_close(&tensors);
    return 0;
}
