/* Kept contributions: what decodes encodes to the same bytes. */
#include "tools/wallet/contribution.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct contribution contribution;
    struct buffer again = {0};
    struct bytes input = {data, size};
    char error[200] = "";
    if (contribution_decode(&contribution, input, error, sizeof(error))) {
        contribution_encode(&again, &contribution);
        assert(bytes_equal(buffer_bytes(&again), input));
    } else {
        assert(error[0] != '\0' && contribution.vector == NULL);
    }
    buffer_close(&again);
    contribution_close(&contribution);
    return 0;
}
