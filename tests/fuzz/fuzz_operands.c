/* Operands of every native instruction, and events: what decodes encodes to the same bytes. The first
 * byte says which of the two, the second is the instruction's or the event's number. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "market/events.h"
#include "market/operands.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SELECTOR_SIZE = 2 };

/* NULL: there is none of this number. */
static const struct schema *select_schema(const uint8_t selector[SELECTOR_SIZE])
{
    if ((selector[0] & 1) != 0) {
        return event_schema(selector[1]);
    }
    const struct native *native = native_find(&market_natives, selector[1]);
    return native == NULL ? NULL : native->operand;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct schema *schema = size < SELECTOR_SIZE ? NULL : select_schema(data);
    if (schema == NULL) {
        return 0;
    }
    struct bytes input = {data + SELECTOR_SIZE, size - SELECTOR_SIZE};
    void *value = memory_new(schema->size);
    char error[200];
    if (schema_decode(schema, value, input, error, sizeof(error))) {
        struct buffer again = {0};
        schema_write(&again, schema, value);
        if (!bytes_equal(buffer_bytes(&again), input)) {
            abort();
        }
        buffer_close(&again);
    } else if (strlen(error) == 0) {
        abort();
    }
    free(value);
    return 0;
}
