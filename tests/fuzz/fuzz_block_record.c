/* A record of the block store: one encoding for one value. And an index of a segment: whatever it
 * says, it is refused or describes a gapless file. */
#include "node/block_index.h"
#include "node/block_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_index(struct bytes input)
{
    struct block_index index = {0};
    struct block_segment *segment = block_index_add(&index, 1);
    if (block_segment_read_index(segment, input)) {
        struct buffer again = {0};
        block_segment_write_index(&again, segment);
        assert(bytes_equal(buffer_bytes(&again), input));
        buffer_close(&again);
    }
    block_index_close(&index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes input = {data, size};
    struct block_record record;
    if (block_record_read(&record, input)) {
        struct buffer again = {0};
        block_record_write(&again, &record);
        assert(bytes_equal(buffer_bytes(&again), input));
        buffer_close(&again);
    }
    read_index(input);
    return 0;
}
