/* One end of an encrypted connection without the socket: bytes of the network in, plain text out.
 *
 * It runs the handshake (p2p/noise.h) and then opens and seals messages, for any split of the
 * incoming bytes. What it keeps of them is never more than one sealed message. */
#ifndef P2P_CHANNEL_H
#define P2P_CHANNEL_H

#include "p2p/noise.h"

struct channel {
    struct noise_handshake handshake;
    struct buffer pending; /* an incomplete act, header or body */
    uint16_t body_size;    /* of the message whose header was opened */
    bool body_next;
};

/* As noise_initiate() and noise_respond(); release with channel_close(). */
NODISCARD bool channel_initiate(struct channel *channel, struct bytes prologue,
                                const struct secret_key *key, const struct secret_key *ephemeral,
                                const struct point *responder, struct buffer *out);
void channel_respond(struct channel *channel, struct bytes prologue, const struct secret_key *key,
                     const struct secret_key *ephemeral);
void channel_close(struct channel *channel);

/* True once both sides have proven their keys; then handshake.peer_key is the other side's. */
bool channel_open(const struct channel *channel);

/* Take bytes from the front of *input until an event or until it is empty: the end of the handshake
 * (once; channel_open() turns true) or a message. *plain is that message, or empty; it is borrowed
 * until the next call. Acts to send are appended to `out`. Call again while input->size > 0.
 * After an error (any of enum noise_status) the connection must be closed. */
NODISCARD enum noise_status channel_receive(struct channel *channel, struct bytes *input,
                                            struct bytes *plain, struct buffer *out);

/* Seal `plain` of any size as messages of at most NOISE_MESSAGE_MAX bytes and append them to `out`.
 * The channel must be open. */
void channel_send(struct channel *channel, struct buffer *out, struct bytes plain);

#endif /* P2P_CHANNEL_H */
