#include "base/memory.h"
#include "node/frames.h"

#include <stdlib.h>

/* The frames of catching up: STATUS, GET_BLOCKS, BLOCKS. Each decodes to what it was encoded from. */
static void check_schema(const struct schema *schema, struct bytes input)
{
    uint64_t value[16];
    struct buffer again = {0};
    if (schema_decode(schema, value, input, NULL, 0)) {
        schema_write(&again, schema, value);
        assert(bytes_equal(buffer_bytes(&again), input));
    }
    buffer_close(&again);
}

static void check_blocks(struct bytes input)
{
    struct block *block = memory_new(sizeof(*block));
    struct certificate *certificate = memory_new(sizeof(*certificate));
    struct buffer again = {0};
    struct buffer block_bytes = {0};
    struct buffer certificate_bytes = {0};
    size_t offset;
    uint64_t request;
    bool malformed = !frames_read_request(input, &offset, &request);
    frames_begin_blocks(&again, request);
    while (!malformed && frames_next_block(input, &offset, block, certificate, &malformed)) {
        buffer_clear(&block_bytes);
        buffer_clear(&certificate_bytes);
        block_encode(&block_bytes, block);
        certificate_encode(&certificate_bytes, certificate);
        frames_append_block(&again, buffer_bytes(&block_bytes), buffer_bytes(&certificate_bytes));
    }
    assert(malformed || bytes_equal(buffer_bytes(&again), input));
    buffer_close(&again);
    buffer_close(&block_bytes);
    buffer_close(&certificate_bytes);
    free(block);
    free(certificate);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct bytes input = {data, size};
    check_schema(&frame_status_schema, input);
    check_schema(&frame_get_blocks_schema, input);
    check_schema(&frame_get_blob_schema, input);
    check_schema(&frame_blob_schema, input);
    check_blocks(input);
    return 0;
}
