/* The encrypted channel against any bytes: before, during and after the handshake. The first byte says
 * how far an honest other side goes before the input takes over, and where the input is cut. */
#include <string.h>

#include "p2p/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void start(struct channel *a, struct channel *b, struct buffer *act)
{
    struct secret_key keys[4];
    struct point responder;
    for (uint8_t i = 0; i < 4; i++) {
        memset(keys[i].bytes, 0x11 * (i + 1), sizeof(keys[i]));
    }
    point_of(&responder, &keys[1]);
    bool begun = channel_initiate(a, bytes_of_text("souk"), &keys[0], &keys[2], &responder, act);
    assert(begun);
    channel_respond(b, bytes_of_text("souk"), &keys[1], &keys[3]);
}

/* Give all of `input`; true where nothing was refused. */
static bool give(struct channel *to, struct bytes input, struct buffer *reply, struct buffer *plain)
{
    while (input.size > 0) {
        struct bytes got;
        size_t before = input.size;
        if (channel_receive(to, &input, &got, reply) != NOISE_OK) {
            return false;
        }
        assert(input.size < before);
        buffer_append(plain, got);
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct channel channels[2];
    struct buffer wires[2] = {{0}, {0}};
    struct buffer plain = {0};
    unsigned honest_acts = size == 0 ? 0 : data[0] % 4;
    struct bytes rest = {data + 1, size == 0 ? 0 : size - 1};
    start(&channels[0], &channels[1], &wires[0]);
    for (unsigned i = 0; i < honest_acts; i++) {
        bool good =
            give(&channels[1 - i % 2], buffer_bytes(&wires[i % 2]), &wires[1 - i % 2], &plain);
        assert(good);
        buffer_clear(&wires[i % 2]);
    }
    unsigned from = honest_acts % 2;
    if (honest_acts == 3) {
        /* Open: what one side seals the other opens; then the input comes as sealed text. */
        channel_send(&channels[0], &wires[0], rest);
        bool good = give(&channels[1], buffer_bytes(&wires[0]), &wires[1], &plain);
        assert(good && bytes_equal(buffer_bytes(&plain), rest));
        from = 0;
    }
    /* Nobody without the keys gets a message in. */
    buffer_clear(&plain);
    (void)give(&channels[1 - from], rest, &wires[1 - from], &plain);
    assert(plain.size == 0);
    for (size_t i = 0; i < 2; i++) {
        channel_close(&channels[i]);
        buffer_close(&wires[i]);
    }
    buffer_close(&plain);
    return 0;
}
