/* Operands of every native instruction, and events: what decodes encodes to the same bytes. The first
 * byte selects the schema. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "market/events.h"
#include "market/operands.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct schema *select_schema(uint8_t selector)
{
    if (selector < 128) {
        return market_natives.rows[selector % market_natives.count].operand;
    }
    const struct schema *schema = event_schema((uint16_t)(selector - 128u));
    return schema != NULL ? schema : &transfer_schema;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    const struct schema *schema = select_schema(data[0]);
    struct bytes input = {data + 1, size - 1};
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
