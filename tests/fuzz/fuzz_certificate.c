/* A certificate that decodes encodes to the same bytes; checking it never fails but by saying no. */
#include <stdlib.h>

#include "consensus/certificate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct validators validators = {.count = 4};
    static const struct hash chain_id = {{1}};
    struct bytes input = {data, size};
    struct certificate certificate;
    struct buffer again = {0};
    char error[160];
    if (!certificate_decode(&certificate, input, error, sizeof(error))) {
        return 0;
    }
    certificate_encode(&again, &certificate);
    if (!bytes_equal(buffer_bytes(&again), input)) {
        abort();
    }
    buffer_close(&again);
    /* Keys of zeros verify nothing, so a certificate that passes is a fault. */
    if (certificate_verify(&certificate, VOTE_COMMIT, &chain_id, &validators, error,
                           sizeof(error))) {
        abort();
    }
    return 0;
}
