/* Model files: a decoded array has the elements its shape says, all within the file; as a flat array
 * it is written and read again. */
#include <string.h>

#include "tools/client/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct npy npy;
    struct npy again;
    struct fault fault;
    struct buffer file = {0};
    if (!npy_decode(&npy, (struct bytes){data, size}, "input", &fault)) {
        assert(npy.values == NULL && fault.text[0] != '\0');
        return 0;
    }
    assert(npy.count <= NPY_ELEMENTS_MAX && npy.dimensions <= NPY_DIMENSIONS_MAX);
    assert(npy.count * 4 <= size);
    npy_encode(&file, npy.values, npy.count);
    bool good = npy_decode(&again, buffer_bytes(&file), "again", &fault);
    assert(good && again.count == npy.count);
    assert(npy.count == 0 ||
           memcmp(again.values, npy.values, npy.count * sizeof(*npy.values)) == 0);
    buffer_close(&file);
    npy_close(&again);
    npy_close(&npy);
    return 0;
}
