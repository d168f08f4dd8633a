#include "node/genesis_file.h"

/* Any text: refused with one line, or a genesis whose encoding decodes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct genesis_file *file = NULL;
    char error[320] = "";
    if (genesis_file_parse(&file, (struct bytes){data, size}, error, sizeof(error))) {
        assert(file->validators.count == file->genesis.validator_count);
        genesis_file_free(file);
    } else {
        assert(file == NULL && error[0] != '\0');
    }
    return 0;
}
