/* One encrypted TCP connection on a libuv loop: handshake, frames, keep-alive, queue, budget.
 *
 * A part of p2p/network.h, which decides who the other side may be. A link is on the heap; it ends by
 * link_close() or by itself, then says so once by `on_close`, and frees itself after `on_gone`. */
#ifndef P2P_LINK_H
#define P2P_LINK_H

#include "p2p/channel.h"
#include "p2p/network.h"

#define LINK_READ_SIZE 65536

struct link;

/* What all links of a network share; borrowed by each link until its `on_gone`. */
struct link_settings {
    uv_loop_t *loop;
    struct secret_key key;
    struct bytes prologue;
    struct frame_table table; /* with NETWORK_PING and NETWORK_PONG */
    uint64_t handshake_timeout_ms;
    uint64_t ping_interval_ms;
    uint64_t idle_timeout_ms;
    size_t queue_max;
    uint64_t in_bytes_max;
    uint64_t in_frames_max;

    void *context;
    void (*random)(void *context, uint8_t *out, size_t size);
    /* The other side has proven its key: link_key(). To accept, call link_accept_peer(); or close. */
    void (*on_open)(struct link *link);
    void (*on_frame)(struct link *link, uint8_t type, struct bytes payload);
    void (*on_close)(struct link *link, enum network_reason reason);
    void (*on_gone)(struct link *link); /* Forget the pointer: the memory is freed next. */

    char read_buffer[LINK_READ_SIZE]; /* filled and emptied within one callback of libuv */
};

/* Read it; only `user` and `doom` are the network's to write. */
struct link {
    struct link_settings *settings;
    void *user;               /* the network's: which peer this is; NULL while unknown */
    enum network_reason doom; /* the network's: to be closed in this loop turn, unless NONE */
    bool dialled;             /* by us */
    bool up;                  /* accepted by both sides: frames may flow */
    bool closing;
    uint64_t started_ms;
    uint64_t up_since_ms;
    const char *detail; /* static text on why it closed, beyond the reason; or "" */
    struct network_statistics *statistics; /* of the peer; NULL while unknown */
    char address[64];

    uv_tcp_t tcp;
    uv_timer_t timer; /* the end of the handshake, then the keep-alive */
    uv_timer_t pause; /* the end of a pause in reading */
    uv_connect_t connect;
    uv_write_t write;
    uint32_t handles; /* not yet closed */

    struct channel channel;
    struct frame_reader reader;
    struct buffer queue; /* frames in plain text */
    size_t queue_offset; /* what of it is sealed already */
    struct buffer sealed;
    size_t sealed_offset; /* what of it is written already */
    bool writing;         /* `sealed` belongs to libuv until the write is done */

    uint64_t received_ms;
    uint64_t ping_ns;  /* when the unanswered ping was sent; 0 where there is none */
    uint64_t bytes_in; /* before `statistics` was known */
    uint64_t bytes_out;
    int64_t bytes_left; /* of the budget; below zero is a debt to be waited for */
    int64_t frames_left;
    uint64_t refilled_ms;
    bool paused;
};

/* Connect to `address` and shake hands with the owner of `responder`, a valid point. Never NULL; a
 * failure comes by `on_close`, in a later loop turn. */
struct link *link_dial(struct link_settings *settings, const struct sockaddr *address,
                       const struct point *responder);

/* Take a connection from a listening socket; NULL where that failed. */
struct link *link_take(struct link_settings *settings, uv_stream_t *listener);

const struct point *link_key(const struct link *link); /* Of the other side; after `on_open`. */

/* Inside `on_open`: let frames flow. `statistics` counts from now on. */
void link_accept_peer(struct link *link, struct network_statistics *statistics);

/* Queue a frame of a link that is up. False where the queue is full: nothing was queued. */
NODISCARD bool link_send(struct link *link, uint8_t type, struct bytes payload);
size_t link_queue_size(const struct link *link);

void link_flush(struct link *link); /* Write what is queued, as far as the socket takes it. */
void link_ping(struct link *link);  /* Ask now whether the other side is still there. */

/* End it. `on_close` is called at once with `reason`; a second call does nothing. `detail` is static
 * text, or "". */
void link_close(struct link *link, enum network_reason reason, const char *detail);

#endif /* P2P_LINK_H */
