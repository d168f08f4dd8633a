/* Byte ranges out of any text: what is taken lies within the whole, and is written back the same. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/http_range.h"

#define TEXT_MAX 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[TEXT_MAX + 1] = "";
    uint64_t total = size == 0 ? 0 : data[0];
    struct http_range range;
    bool asks = false;
    memcpy(text, data, size < TEXT_MAX ? size : TEXT_MAX);
    const char *after = text[0] == '\0' ? text : text + 1;
    if (http_range_read(&range, after, total)) {
        assert(range.first <= range.last && range.last < total && range.total == total);
    }
    if (http_range_read_content(&range, after, &asks)) {
        assert(asks || (range.first <= range.last && range.last < range.total));
        assert(strchr(after, '/') != NULL);
    }
    return 0;
}
