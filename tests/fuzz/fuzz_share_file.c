/* Kept contributions: what decodes encodes to the same bytes. */
#include "tools/wallet/share_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct share_file file;
    struct buffer again = {0};
    struct bytes input = {data, size};
    char error[200] = "";
    if (share_file_decode(&file, input, error, sizeof(error))) {
        assert(file.blob_count <= SHARE_BLOBS_MAX);
        share_file_encode(&again, &file);
        assert(bytes_equal(buffer_bytes(&again), input));
    } else {
        assert(error[0] != '\0');
    }
    buffer_close(&again);
    share_file_close(&file);
    return 0;
}
