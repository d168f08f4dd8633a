#include "p2p/link.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define SEAL_SIZE   ((size_t)1 << 20) /* sealed at once; bounds the second copy of the queue */
#define MEMORY_KEPT ((size_t)1 << 20) /* a bigger queue's memory is given back when it is empty */
#define PING_SIZE   8

static void write_done(uv_write_t *request, int status);

static void on_handle_closed(uv_handle_t *handle)
{
    struct link *link = handle->data;
    assert(link->handles > 0);
    link->handles--;
    if (link->handles > 0) {
        return;
    }
    channel_close(&link->channel);
    frame_reader_close(&link->reader);
    buffer_close(&link->queue);
    buffer_close(&link->sealed);
    link->settings->on_gone(link);
    free(link);
}

void link_close(struct link *link, enum network_reason reason, const char *detail)
{
    if (link->closing) {
        return;
    }
    link->closing = true;
    link->detail = detail;
    uv_close((uv_handle_t *)&link->tcp, on_handle_closed);
    uv_close((uv_handle_t *)&link->timer, on_handle_closed);
    uv_close((uv_handle_t *)&link->pause, on_handle_closed);
    link->settings->on_close(link, reason);
}

/* Writing */

size_t link_queue_size(const struct link *link)
{
    return link->queue.size - link->queue_offset + link->sealed.size - link->sealed_offset;
}

static void count_out(struct link *link, size_t size)
{
    link->sealed_offset += size;
    if (link->statistics != NULL) {
        link->statistics->bytes_out += size;
    } else {
        link->bytes_out += size;
    }
    if (link->sealed_offset == link->sealed.size) {
        buffer_clear(&link->sealed);
        link->sealed_offset = 0;
    }
}

/* Seal the next part of the queue, once what was sealed before is written. */
static void seal_queue(struct link *link)
{
    size_t size = link->queue.size - link->queue_offset;
    if (link->sealed.size > 0 || size == 0) {
        return;
    }
    size = size < SEAL_SIZE ? size : SEAL_SIZE;
    channel_send(&link->channel, &link->sealed,
                 (struct bytes){link->queue.data + link->queue_offset, size});
    link->queue_offset += size;
    if (link->queue_offset < link->queue.size) {
        return;
    }
    link->queue_offset = 0;
    if (link->queue.capacity > MEMORY_KEPT) {
        buffer_close(&link->queue);
    }
    buffer_clear(&link->queue);
}

static uv_buf_t unwritten(struct link *link)
{
    size_t size = link->sealed.size - link->sealed_offset;
    return uv_buf_init((char *)link->sealed.data + link->sealed_offset, (unsigned)size);
}

void link_flush(struct link *link)
{
    while (!link->closing && !link->writing) {
        seal_queue(link);
        if (link->sealed.size == 0) {
            return;
        }
        uv_buf_t rest = unwritten(link);
        int written = uv_try_write((uv_stream_t *)&link->tcp, &rest, 1);
        if (written >= 0) {
            count_out(link, (size_t)written);
            continue;
        }
        if (written == UV_EAGAIN) {
            link->writing = true;
            written = uv_write(&link->write, (uv_stream_t *)&link->tcp, &rest, 1, write_done);
        }
        if (written < 0) {
            link->writing = false;
            link_close(link, NETWORK_BROKEN, uv_strerror(written));
        }
    }
}

static void write_done(uv_write_t *request, int status)
{
    struct link *link = request->data;
    link->writing = false;
    if (link->closing) {
        return;
    }
    if (status < 0) {
        link_close(link, NETWORK_BROKEN, uv_strerror(status));
        return;
    }
    count_out(link, link->sealed.size - link->sealed_offset);
    link_flush(link);
}

bool link_send(struct link *link, uint8_t type, struct bytes payload)
{
    assert(link->up);
    if (link->closing) {
        return true; /* its end is under way: nobody will miss the frame */
    }
    size_t queued = link_queue_size(link);
    if (queued > link->settings->queue_max ||
        payload.size + FRAME_HEADER_SIZE > link->settings->queue_max - queued) {
        return false;
    }
    frame_write(&link->queue, type, payload);
    link->statistics->frames_out[type]++;
    link->statistics->payload_out[type] += payload.size;
    return true;
}

/* Keep-alive */

void link_ping(struct link *link)
{
    uint64_t now_ns = uv_hrtime();
    if (link->ping_ns == 0) {
        link->ping_ns = now_ns;
    }
    if (!link_send(link, NETWORK_PING, BYTES_OF(link->ping_ns))) {
        link_close(link, NETWORK_QUEUE_EXCEEDED, "no room for a ping");
        return;
    }
    link_flush(link);
}

static void on_keep_alive(uv_timer_t *timer)
{
    struct link *link = timer->data;
    uint64_t now_ms = uv_now(link->settings->loop);
    if (link->closing) {
        return;
    }
    /* While reading is paused, silence is of our own making. */
    if (!link->paused && now_ms - link->received_ms >= link->settings->idle_timeout_ms) {
        link_close(link, NETWORK_IDLE, "");
        return;
    }
    link_ping(link);
}

static void on_pong(struct link *link, struct bytes payload)
{
    uint64_t sent_ns;
    if (payload.size != PING_SIZE) {
        return;
    }
    memcpy(&sent_ns, payload.data, sizeof(sent_ns));
    if (link->ping_ns != 0 && sent_ns == link->ping_ns) {
        link->statistics->round_trip_us = (uv_hrtime() - sent_ns) / 1000;
        link->ping_ns = 0;
    }
}

/* Budget: a bucket of one second's worth that refills with time and may go into debt. */

static void refill(struct link *link)
{
    uint64_t now_ms = uv_now(link->settings->loop);
    uint64_t elapsed_ms = now_ms - link->refilled_ms;
    if (elapsed_ms == 0) {
        return;
    }
    uint64_t part_ms = elapsed_ms < 1000 ? elapsed_ms : 1000;
    int64_t bytes_max = (int64_t)link->settings->in_bytes_max;
    int64_t frames_max = (int64_t)link->settings->in_frames_max;
    int64_t bytes = link->bytes_left + bytes_max * (int64_t)part_ms / 1000;
    int64_t frames = link->frames_left + frames_max * (int64_t)part_ms / 1000;
    link->bytes_left = bytes < bytes_max ? bytes : bytes_max;
    link->frames_left = frames < frames_max ? frames : frames_max;
    link->refilled_ms = now_ms;
}

static uint64_t debt_ms(int64_t left, uint64_t per_second)
{
    return left >= 0 ? 0 : (uint64_t)-left * 1000 / per_second + 1;
}

static void start_reading(struct link *link);

static void on_pause_over(uv_timer_t *timer)
{
    struct link *link = timer->data;
    if (link->closing) {
        return;
    }
    refill(link);
    link->paused = false;
    link->received_ms = uv_now(link->settings->loop);
    start_reading(link);
}

static void pause_if_over_budget(struct link *link)
{
    uint64_t bytes_ms = debt_ms(link->bytes_left, link->settings->in_bytes_max);
    uint64_t frames_ms = debt_ms(link->frames_left, link->settings->in_frames_max);
    uint64_t wait_ms = bytes_ms > frames_ms ? bytes_ms : frames_ms;
    if (link->closing || wait_ms == 0) {
        return;
    }
    link->paused = true;
    if (link->statistics != NULL) {
        link->statistics->pauses++;
    }
    (void)uv_read_stop((uv_stream_t *)&link->tcp);
    (void)uv_timer_start(&link->pause, on_pause_over, wait_ms, 0);
}

/* Reading */

static void on_frame(struct link *link, const struct frame *frame)
{
    link->statistics->frames_in[frame->type]++;
    link->statistics->payload_in[frame->type] += frame->payload.size;
    link->frames_left--;
    if (frame->type == NETWORK_PONG) {
        on_pong(link, frame->payload);
    } else if (frame->type != NETWORK_PING) {
        link->settings->on_frame(link, frame->type, frame->payload);
    } else if (!link_send(link, NETWORK_PONG, frame->payload)) {
        link_close(link, NETWORK_QUEUE_EXCEEDED, "no room for a pong");
    }
}

static void receive_frames(struct link *link, struct bytes plain)
{
    struct frame frame;
    while (!link->closing) {
        switch (frame_read(&link->reader, &plain, &frame)) {
        case FRAME_OK:
            on_frame(link, &frame);
            break;
        case FRAME_MORE:
            return;
        case FRAME_UNKNOWN_TYPE:
            link_close(link, NETWORK_FRAME_UNKNOWN, "");
            break;
        case FRAME_TOO_LONG:
            link_close(link, NETWORK_FRAME_TOO_LONG, "");
            break;
        }
    }
}

/* The initiator is let in when the responder's first message comes: a refusal is a close instead. */
static void receive_plain(struct link *link, struct bytes plain)
{
    if (!link->up && !link->closing) {
        link->settings->on_open(link);
    }
    if (link->up) {
        receive_frames(link, plain);
    }
}

static void receive(struct link *link, struct bytes input)
{
    while (input.size > 0 && !link->closing) {
        struct bytes plain;
        bool was_open = channel_open(&link->channel);
        if (!was_open && link->writing) { /* `sealed` is not ours to append to */
            link_close(link, NETWORK_HANDSHAKE_FAILED, "an act came before ours was taken");
            return;
        }
        enum noise_status status = channel_receive(&link->channel, &input, &plain, &link->sealed);
        if (status != NOISE_OK) {
            link_close(link, was_open ? NETWORK_TAMPERED : NETWORK_HANDSHAKE_FAILED,
                       noise_status_text(status));
            return;
        }
        if (!was_open && channel_open(&link->channel) && !link->dialled) {
            link->settings->on_open(link);
        }
        if (plain.size > 0) {
            receive_plain(link, plain);
        }
    }
    link_flush(link);
}

/* A refusal is no message but the end, and what the initiator knows of it is how far it came. */
static const char *end_detail(const struct link *link)
{
    if (!link->dialled || link->up) {
        return "";
    }
    return channel_open(&link->channel)
               ? "it has seen our key and does not let us in"
               : "in the handshake: it is of another chain, has another key, or is busy";
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct link *link = stream->data;
    if (size == 0 || link->closing) {
        return;
    }
    if (size < 0) {
        bool ended = size == UV_EOF;
        link_close(link, ended ? NETWORK_CLOSED_BY_PEER : NETWORK_BROKEN,
                   ended ? end_detail(link) : uv_strerror((int)size));
        return;
    }
    if (link->statistics != NULL) {
        link->statistics->bytes_in += (uint64_t)size;
    } else {
        link->bytes_in += (uint64_t)size;
    }
    refill(link);
    link->bytes_left -= size;
    link->received_ms = uv_now(link->settings->loop);
    receive(link, (struct bytes){(const uint8_t *)buffer->base, (size_t)size});
    pause_if_over_budget(link);
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    const struct link *link = handle->data;
    (void)suggested;
    *out = uv_buf_init(link->settings->read_buffer, LINK_READ_SIZE);
}

static void start_reading(struct link *link)
{
    int status = uv_read_start((uv_stream_t *)&link->tcp, on_allocate, on_read);
    if (status < 0) {
        link_close(link, NETWORK_BROKEN, uv_strerror(status));
    }
}

/* Beginning */

static void on_handshake_slow(uv_timer_t *timer)
{
    link_close(timer->data, NETWORK_HANDSHAKE_SLOW, "");
}

static struct link *link_new(struct link_settings *settings, bool dialled)
{
    struct link *link = memory_new(sizeof(*link));
    link->settings = settings;
    link->dialled = dialled;
    link->detail = "";
    link->started_ms = uv_now(settings->loop);
    link->received_ms = link->started_ms;
    link->refilled_ms = link->started_ms;
    link->bytes_left = (int64_t)settings->in_bytes_max;
    link->frames_left = (int64_t)settings->in_frames_max;
    frame_reader_init(&link->reader, &settings->table);
    int status = uv_tcp_init(settings->loop, &link->tcp);
    assert(status == 0 && "no socket is made yet");
    (void)uv_timer_init(settings->loop, &link->timer);
    (void)uv_timer_init(settings->loop, &link->pause);
    link->handles = 3;
    link->tcp.data = link;
    link->timer.data = link;
    link->pause.data = link;
    link->connect.data = link;
    link->write.data = link;
    (void)uv_timer_start(&link->timer, on_handshake_slow, settings->handshake_timeout_ms, 0);
    return link;
}

static void ephemeral_key(const struct link_settings *settings, struct secret_key *key)
{
    uint8_t random[32];
    do {
        settings->random(settings->context, random, sizeof(random));
    } while (!secret_key_init(key, random));
    explicit_bzero(random, sizeof(random));
}

static void on_connected(uv_connect_t *request, int status)
{
    struct link *link = request->data;
    if (link->closing) {
        return;
    }
    if (status < 0) {
        link_close(link, NETWORK_CONNECT_FAILED, uv_strerror(status));
        return;
    }
    (void)uv_tcp_nodelay(&link->tcp, 1);
    start_reading(link);
    link_flush(link);
}

/* A failed connect() must not call back from inside link_dial(): let the timer do it. */
static void on_connect_failed(uv_timer_t *timer)
{
    struct link *link = timer->data;
    link_close(link, NETWORK_CONNECT_FAILED, link->detail);
}

struct link *link_dial(struct link_settings *settings, const struct sockaddr *address,
                       const struct point *responder)
{
    struct link *link = link_new(settings, true);
    struct secret_key ephemeral;
    ephemeral_key(settings, &ephemeral);
    bool begun = channel_initiate(&link->channel, settings->prologue, &settings->key, &ephemeral,
                                  responder, &link->sealed);
    secret_key_close(&ephemeral);
    assert(begun && "the peer's key was checked when the network was opened");
    int status = uv_tcp_connect(&link->connect, &link->tcp, address, on_connected);
    if (status < 0) {
        link->detail = uv_strerror(status);
        (void)uv_timer_start(&link->timer, on_connect_failed, 0, 0);
    }
    return link;
}

static void read_address(struct link *link)
{
    struct sockaddr_storage address;
    char text[INET6_ADDRSTRLEN] = "?";
    int size = sizeof(address);
    if (uv_tcp_getpeername(&link->tcp, (struct sockaddr *)&address, &size) == 0) {
        (void)uv_ip_name((struct sockaddr *)&address, text, sizeof(text));
    }
    memcpy(link->address, text, sizeof(text));
}

struct link *link_take(struct link_settings *settings, uv_stream_t *listener)
{
    struct link *link = link_new(settings, false);
    struct secret_key ephemeral;
    ephemeral_key(settings, &ephemeral);
    channel_respond(&link->channel, settings->prologue, &settings->key, &ephemeral);
    secret_key_close(&ephemeral);
    if (uv_accept(listener, (uv_stream_t *)&link->tcp) < 0) {
        link_close(link, NETWORK_BROKEN, "accept failed");
        return NULL;
    }
    (void)uv_tcp_nodelay(&link->tcp, 1);
    read_address(link);
    start_reading(link);
    return link;
}

const struct point *link_key(const struct link *link)
{
    return &link->channel.handshake.peer_key;
}

void link_accept_peer(struct link *link, struct network_statistics *statistics)
{
    assert(!link->up && !link->closing);
    link->up = true;
    link->up_since_ms = uv_now(link->settings->loop);
    link->statistics = statistics;
    statistics->bytes_in += link->bytes_in;
    statistics->bytes_out += link->bytes_out;
    uint64_t interval_ms = link->settings->ping_interval_ms;
    (void)uv_timer_start(&link->timer, on_keep_alive, interval_ms, interval_ms);
    if (!link->dialled) {
        link_ping(link); /* tells the initiator that it is accepted */
    }
}
