/* Frames out of any bytes: the same for every split, and what was read writes back to the input. */
#include <string.h>

#include "p2p/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Write the frames of `input`, read in pieces, to `out`; returns why reading ended. */
static enum frame_status copy_frames(struct bytes input, size_t piece, struct buffer *out)
{
    static struct frame_table table;
    struct frame_reader reader;
    enum frame_status status = FRAME_MORE;
    for (size_t i = 0; i < FRAME_TYPE_COUNT; i += 2) {
        table.types[i].allowed = true;
        table.types[i].size_max = (uint32_t)(i * 16);
    }
    frame_reader_init(&reader, &table);
    while (input.size > 0 && status == FRAME_MORE) {
        struct bytes part = {input.data, input.size < piece ? input.size : piece};
        struct frame frame;
        input.data += part.size;
        input.size -= part.size;
        while ((status = frame_read(&reader, &part, &frame)) == FRAME_OK) {
            assert(table.types[frame.type].allowed);
            assert(frame.payload.size <= table.types[frame.type].size_max);
            frame_write(out, frame.type, frame.payload);
        }
        assert(status != FRAME_MORE || part.size == 0);
    }
    frame_reader_close(&reader);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buffer whole = {0};
    struct buffer pieces = {0};
    if (size == 0) {
        return 0;
    }
    struct bytes input = {data + 1, size - 1};
    enum frame_status first = copy_frames(input, SIZE_MAX, &whole);
    enum frame_status second = copy_frames(input, (size_t)1 + data[0], &pieces);
    assert(first == second);
    assert(bytes_equal(buffer_bytes(&whole), buffer_bytes(&pieces)));
    assert(whole.size <= input.size);
    assert(whole.size == 0 || memcmp(whole.data, input.data, whole.size) == 0);
    buffer_close(&whole);
    buffer_close(&pieces);
    return 0;
}
