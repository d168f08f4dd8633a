/* Receipts: what decodes encodes to the same bytes, and a walk over its events ends. */
#include "vm/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct receipt receipt;
    struct bytes input = {data, size};
    if (!schema_decode(&receipt_schema, &receipt, input, NULL, 0)) {
        return 0;
    }
    struct buffer again = {0};
    schema_write(&again, &receipt_schema, &receipt);
    assert(bytes_equal(buffer_bytes(&again), input));
    buffer_close(&again);
    struct event event;
    size_t offset = 0;
    size_t before = 0;
    while (receipt_next_event(receipt.events, &offset, &event)) {
        assert(offset > before && offset <= receipt.events.size);
        assert(event.data.size <= EVENT_DATA_MAX);
        before = offset;
    }
    char line[200];
    refusal_print(line, sizeof(line), &receipt.refusal, NULL, 0);
    return 0;
}
