#include "base/memory.h"
#include "node/config.h"

#include <stdlib.h>
#include <string.h>

/* What is read and printed is read again, and prints the same. */
static void check_printed(const struct config *config)
{
    struct config *again = memory_new(sizeof(*again));
    struct buffer first = {0};
    struct buffer second = {0};
    char error[320];
    config_print(&first, config);
    config_init(again);
    bool good = config_read_text(again, buffer_text(&first), error, sizeof(error));
    assert(good);
    config_print(&second, again);
    assert(bytes_equal(buffer_bytes(&first), buffer_bytes(&second)));
    buffer_close(&first);
    buffer_close(&second);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *config = memory_new(sizeof(*config));
    char *text = memory_new(size + 1);
    char error[320] = "";
    memcpy(text, data, size);
    config_init(config);
    if (config_read_text(config, text, error, sizeof(error))) {
        check_printed(config);
    } else {
        assert(error[0] != '\0');
    }
    free(text);
    free(config);
    return 0;
}
