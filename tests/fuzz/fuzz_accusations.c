/* The evidence that a node keeps in its home: one encoding for one value, everything else is refused. */
#include "node/accusation_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = {data, size};
    struct accusations accusations;
    if (accusations_decode(&accusations, input)) {
        struct buffer again = {0};
        accusations_encode(&again, &accusations);
        assert(bytes_equal(buffer_bytes(&again), input));
        buffer_close(&again);
    }
    return 0;
}
