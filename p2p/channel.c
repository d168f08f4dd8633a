#include "p2p/channel.h"

#include <string.h>

bool channel_initiate(struct channel *channel, struct bytes prologue, const struct secret_key *key,
                      const struct secret_key *ephemeral, const struct point *responder,
                      struct buffer *out)
{
    memset(channel, 0, sizeof(*channel));
    return noise_initiate(&channel->handshake, prologue, key, ephemeral, responder, out);
}

void channel_respond(struct channel *channel, struct bytes prologue, const struct secret_key *key,
                     const struct secret_key *ephemeral)
{
    memset(channel, 0, sizeof(*channel));
    noise_respond(&channel->handshake, prologue, key, ephemeral);
}

void channel_close(struct channel *channel)
{
    if (channel->pending.size > 0) {
        explicit_bzero(channel->pending.data, channel->pending.size);
    }
    buffer_close(&channel->pending);
    noise_handshake_close(&channel->handshake);
}

bool channel_open(const struct channel *channel)
{
    return channel->handshake.step == NOISE_DONE;
}

static size_t wanted_size(const struct channel *channel)
{
    if (!channel_open(channel)) {
        return noise_wants(&channel->handshake);
    }
    return channel->body_next ? (size_t)channel->body_size + NOISE_TAG_SIZE : NOISE_HEADER_SIZE;
}

/* Take bytes until `pending` holds `size` of them; false where the input ends before. */
static bool fill(struct channel *channel, struct bytes *input, size_t size)
{
    size_t missing = size - channel->pending.size;
    size_t taken = input->size < missing ? input->size : missing;
    buffer_append(&channel->pending, (struct bytes){input->data, taken});
    input->data += taken;
    input->size -= taken;
    return taken == missing;
}

/* Open what is complete in `pending`; *plain is set where it was a body. */
static enum noise_status open_part(struct channel *channel, struct bytes *plain)
{
    struct noise_cipher *cipher = &channel->handshake.receive;
    if (!channel->body_next) {
        channel->body_next = true;
        return noise_open_header(cipher, &channel->body_size, channel->pending.data);
    }
    channel->body_next = false;
    /* `pending` keeps its memory after buffer_clear(), so the opened body can stay in it. */
    *plain = (struct bytes){channel->pending.data, channel->body_size};
    return noise_open_body(cipher, channel->pending.data, buffer_bytes(&channel->pending));
}

enum noise_status channel_receive(struct channel *channel, struct bytes *input, struct bytes *plain,
                                  struct buffer *out)
{
    enum noise_status status = NOISE_OK;
    *plain = (struct bytes){NULL, 0};
    assert(channel->handshake.step != NOISE_FAILED);
    while (status == NOISE_OK && plain->size == 0 && fill(channel, input, wanted_size(channel))) {
        bool was_open = channel_open(channel);
        if (was_open) {
            status = open_part(channel, plain);
        } else {
            status = noise_read(&channel->handshake, buffer_bytes(&channel->pending), out);
        }
        buffer_clear(&channel->pending);
        if (!was_open && channel_open(channel)) {
            break;
        }
    }
    if (status != NOISE_OK) {
        *plain = (struct bytes){NULL, 0};
    }
    return status;
}

void channel_send(struct channel *channel, struct buffer *out, struct bytes plain)
{
    assert(channel_open(channel));
    while (plain.size > 0) {
        size_t size = plain.size < NOISE_MESSAGE_MAX ? plain.size : NOISE_MESSAGE_MAX;
        noise_seal(&channel->handshake.send, out, (struct bytes){plain.data, size});
        plain.data += size;
        plain.size -= size;
    }
}
