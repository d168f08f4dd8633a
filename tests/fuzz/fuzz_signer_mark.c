/* The mark beside the validator's key: one encoding for one value, everything else is refused. */
#include "node/signer_mark.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = {data, size};
    struct signer_mark mark;
    if (signer_mark_decode(&mark, input)) {
        struct buffer again = {0};
        signer_mark_encode(&again, &mark);
        assert(bytes_equal(buffer_bytes(&again), input));
        buffer_close(&again);
    }
    return 0;
}
