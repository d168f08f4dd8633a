#include "p2p/http_connection.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/memory.h"
#include "p2p/http_pipeline.h"

#define OUTPUT_MAX ((size_t)1 << 20) /* unwritten bytes beyond which no request is read */
#define WRITE_MAX  ((size_t)1 << 18) /* at once, so that a slow client's progress is seen */
#define LINGER_MS  1000 /* a refused client may still be sending: its error must reach it first */

/* What the connection waits for; each has its own time-out. */
enum phase { PHASE_NONE, PHASE_IDLE, PHASE_HEAD, PHASE_BODY, PHASE_WRITE, PHASE_LINGER };

struct http_connection {
    struct http_server *server;
    uint64_t id; /* modulo connection_max it is the slot */
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } socket;
    uv_timer_t timer;
    uv_write_t write;
    uint32_t handles;
    struct http_parser *parser;
    struct buffer input; /* came while no request could be taken */
    struct http_pipeline pipeline;
    size_t answer_size; /* bytes of the answers that are given and not yet in `output` */
    struct buffer output;
    struct http_source source; /* what follows `output` */
    size_t output_offset;
    size_t write_size; /* of the write under way */
    size_t body_reserved;
    uint64_t body_since; /* uv_now() when it was reserved */
    enum phase phase;
    uint64_t phase_number; /* which request it is about */
    uint64_t phase_since;  /* uv_now() when it began */
    bool reading;
    bool writing; /* `output` belongs to libuv until the write is done */
    bool last;    /* no request is taken any more: close once all answers are written */
    bool shut;    /* our side is shut; only waiting for the client to close */
    bool closing;
};

static void on_handle_closed(uv_handle_t *handle)
{
    struct http_connection *connection = handle->data;
    struct http_server *server = connection->server;
    assert(connection->handles > 0);
    connection->handles--;
    if (connection->handles > 0) {
        return;
    }
    http_pipeline_close(&connection->pipeline);
    http_source_close(&connection->source);
    buffer_close(&connection->input);
    buffer_close(&connection->output);
    http_parser_free(connection->parser);
    free(connection);
    http_server_release(server);
}

static struct http_connection **slot_of(struct http_server *server, uint64_t id)
{
    return &server->slots[id % server->config.connection_max];
}

/* Answers are memory that a client takes when it likes. Where there was too little of it, others wait
 * for what is released. */
static void release_output(struct http_connection *connection, size_t size)
{
    struct http_server *server = connection->server;
    assert(server->output_memory >= size);
    server->dirty = server->dirty || server->output_memory >= server->config.output_memory_max;
    server->output_memory -= size;
}

static size_t unwritten_size(const struct http_connection *connection)
{
    return connection->output.size - connection->output_offset;
}

static void release_body(struct http_connection *connection)
{
    connection->server->body_memory -= connection->body_reserved;
    connection->body_reserved = 0;
}

void http_connection_close(struct http_connection *connection)
{
    if (connection->closing) {
        return;
    }
    connection->closing = true;
    release_body(connection);
    release_output(connection, connection->answer_size + unwritten_size(connection));
    *slot_of(connection->server, connection->id) = NULL;
    connection->server->statistics.connections_now--;
    uv_close(&connection->socket.handle, on_handle_closed);
    uv_close((uv_handle_t *)&connection->timer, on_handle_closed);
}

static void mark_dirty(struct http_connection *connection)
{
    connection->server->dirty = true;
}

/* Answers */

/* An answer was given. */
static void count_answer(struct http_connection *connection, const struct http_pipelined *answer)
{
    connection->answer_size += answer->bytes.size;
    connection->server->output_memory += answer->bytes.size;
    mark_dirty(connection);
}

/* The answer that a request awaits, and its connection; NULL where it is gone or answered. */
static struct http_pipelined *find(struct http_response response, struct http_connection **out)
{
    struct http_connection *connection = *slot_of(response.server, response.connection);
    *out = connection;
    if (connection == NULL || connection->id != response.connection) {
        return NULL;
    }
    return http_pipeline_awaited(&connection->pipeline, response.number);
}

bool http_respond(struct http_response response, uint16_t status, const char *content_type,
                  struct bytes body)
{
    struct http_connection *connection;
    struct http_pipelined *answer = find(response, &connection);
    if (answer == NULL) {
        return false;
    }
    http_pipelined_give(answer, status, content_type, body);
    count_answer(connection, answer);
    return true;
}

bool http_respond_source(struct http_response response, uint16_t status, const char *content_type,
                         const char *headers, const struct http_source *source)
{
    struct http_connection *connection;
    struct http_pipelined *answer = find(response, &connection);
    if (answer == NULL) {
        source->close(source->context);
        return false;
    }
    http_pipelined_give_source(answer, status, content_type, headers, source);
    count_answer(connection, answer);
    return true;
}

bool http_respond_error(struct http_response response, uint16_t status, const char *text)
{
    struct http_connection *connection;
    struct http_pipelined *answer = find(response, &connection);
    if (answer == NULL) {
        return false;
    }
    http_pipelined_give_error(answer, status, text);
    count_answer(connection, answer);
    return true;
}

bool http_response_wanted(struct http_response response)
{
    struct http_connection *connection;
    return find(response, &connection) != NULL;
}

/* Time-outs */

static void refuse(struct http_connection *connection, uint16_t status, const char *text)
{
    struct http_pipeline *pipeline = &connection->pipeline;
    connection->server->statistics.refused++;
    connection->last = true;
    release_body(connection);
    struct http_pipelined *answer =
        http_pipeline_awaited(pipeline, http_pipeline_push(pipeline, false, false));
    http_pipelined_give_error(answer, status, text);
    count_answer(connection, answer);
}

/* The request that is being received took too long. */
static void end_slow(struct http_connection *connection, const char *text)
{
    if (!connection->last && connection->pipeline.count < HTTP_PIPELINE_MAX) {
        refuse(connection, 408, text);
    } else {
        http_connection_close(connection);
    }
}

static void on_timeout(uv_timer_t *timer)
{
    struct http_connection *connection = timer->data;
    if (connection->closing) {
        return;
    }
    bool in_request = connection->phase == PHASE_HEAD || connection->phase == PHASE_BODY;
    connection->server->statistics.timeouts += connection->phase == PHASE_LINGER ? 0 : 1;
    if (in_request) {
        end_slow(connection, connection->phase == PHASE_HEAD ? "the head took too long"
                                                             : "the body took too long");
    } else {
        http_connection_close(connection);
    }
}

static enum phase current_phase(const struct http_connection *connection)
{
    if (connection->shut) {
        return PHASE_LINGER;
    }
    if (unwritten_size(connection) > 0) {
        return PHASE_WRITE;
    }
    if (!connection->reading || connection->last) {
        return PHASE_NONE;
    }
    if (http_parser_in_head(connection->parser)) {
        return PHASE_HEAD;
    }
    if (!http_parser_between(connection->parser)) {
        return PHASE_BODY;
    }
    return connection->pipeline.count > 0 ? PHASE_NONE : PHASE_IDLE;
}

static uint64_t phase_timeout_ms(const struct http_server_config *config, enum phase phase)
{
    switch (phase) {
    case PHASE_HEAD:
        return config->head_timeout_ms;
    case PHASE_BODY:
        return config->body_timeout_ms;
    case PHASE_LINGER:
        return LINGER_MS;
    case PHASE_NONE:
    case PHASE_IDLE:
    case PHASE_WRITE:
        break;
    }
    return config->idle_timeout_ms;
}

/* A time-out begins when its phase does: bytes that drip in do not extend it. */
static void watch_time(struct http_connection *connection, bool progress)
{
    enum phase phase = current_phase(connection);
    uint64_t number = http_pipeline_next(&connection->pipeline);
    bool restarts = progress && phase == PHASE_WRITE;
    if (connection->closing ||
        (phase == connection->phase && number == connection->phase_number && !restarts)) {
        return;
    }
    connection->phase = phase;
    connection->phase_number = number;
    connection->phase_since = uv_now(connection->server->loop);
    if (phase == PHASE_NONE) {
        (void)uv_timer_stop(&connection->timer);
        return;
    }
    uint64_t timeout_ms = phase_timeout_ms(&connection->server->config, phase);
    (void)uv_timer_start(&connection->timer, on_timeout, timeout_ms, 0);
}

/* Writing */

static bool has_source(const struct http_connection *connection)
{
    return connection->source.close != NULL;
}

/* Take the next part of a body that is made on the way. False where the connection had to be closed. */
static bool refill(struct http_connection *connection)
{
    struct http_source *source = &connection->source;
    size_t max = source->size < WRITE_MAX ? (size_t)source->size : WRITE_MAX;
    bool good = source->read(source->context, max, &connection->output);
    size_t size = connection->output.size;
    assert(size <= max && (!good || size > 0));
    connection->server->output_memory += size;
    source->size -= size;
    if (!good) {
        http_connection_close(connection);
    } else if (source->size == 0) {
        http_source_close(source);
    }
    return good;
}

/* Move complete answers, in their order, to the output. */
static void collect_answers(struct http_connection *connection)
{
    while (!connection->writing && !has_source(connection)) {
        struct http_pipelined *answer = http_pipeline_first(&connection->pipeline);
        if (answer == NULL) {
            return;
        }
        connection->answer_size -= answer->bytes.size;
        if (connection->output.size == 0) {
            assert(connection->output_offset == 0);
            struct buffer empty = connection->output;
            connection->output = answer->bytes; /* a long body is not copied again */
            answer->bytes = empty;
        } else {
            buffer_append(&connection->output, buffer_bytes(&answer->bytes));
        }
        connection->source = answer->source;
        answer->source = (struct http_source){0};
        connection->last = connection->last || !answer->keep_alive;
        http_pipeline_drop(&connection->pipeline);
    }
}

static void count_written(struct http_connection *connection, size_t size)
{
    connection->server->statistics.bytes_out += size;
    connection->output_offset += size;
    release_output(connection, size);
    if (connection->output_offset == connection->output.size) {
        connection->output_offset = 0;
        if (connection->output.capacity > HTTP_READ_SIZE) {
            buffer_close(&connection->output);
        }
        buffer_clear(&connection->output);
    }
}

static void on_written(uv_write_t *request, int status)
{
    struct http_connection *connection = request->data;
    connection->writing = false;
    if (connection->closing) {
        return;
    }
    if (status < 0) {
        http_connection_close(connection);
        return;
    }
    count_written(connection, connection->write_size);
    watch_time(connection, true);
    mark_dirty(connection);
}

/* Returns false where the connection had to be closed. */
static bool write_output(struct http_connection *connection)
{
    while (!connection->writing) {
        if (unwritten_size(connection) == 0 && has_source(connection) && !refill(connection)) {
            return false;
        }
        if (unwritten_size(connection) == 0) {
            return true;
        }
        size_t size =
            unwritten_size(connection) < WRITE_MAX ? unwritten_size(connection) : WRITE_MAX;
        uv_buf_t rest = uv_buf_init((char *)connection->output.data + connection->output_offset,
                                    (unsigned)size);
        /* A client that takes a long body as fast as it comes must not keep the loop. */
        int written =
            has_source(connection) ? UV_EAGAIN : uv_try_write(&connection->socket.stream, &rest, 1);
        if (written >= 0) {
            count_written(connection, (size_t)written);
            continue;
        }
        if (written == UV_EAGAIN) {
            connection->writing = true;
            connection->write_size = size;
            written =
                uv_write(&connection->write, &connection->socket.stream, &rest, 1, on_written);
        }
        if (written < 0) {
            connection->writing = false;
            http_connection_close(connection);
            return false;
        }
    }
    return true;
}

/* Nothing more will be answered: shut our side and wait shortly for the client to close its own, so
 * that bytes still on their way do not reset the connection before the answer has arrived. */
static void linger(struct http_connection *connection)
{
    connection->shut = true;
    int descriptor;
    if (uv_fileno(&connection->socket.handle, &descriptor) < 0 ||
        shutdown(descriptor, SHUT_WR) < 0) {
        http_connection_close(connection);
    }
}

/* Reading */

static void take_request(struct http_connection *connection)
{
    struct http_server *server = connection->server;
    const struct http_request *request = http_parser_request(connection->parser);
    release_body(connection);
    connection->last = connection->last || !request->keep_alive;
    uint64_t number = http_pipeline_push(&connection->pipeline, request->method == HTTP_METHOD_HEAD,
                                         request->keep_alive);
    server->statistics.requests++;
    server->config.on_request(server->config.context, request,
                              (struct http_response){server, connection->id, number});
}

/* Would this body not be whole within its time, if it goes on as it came so far? */
static bool is_slow(const struct http_connection *connection)
{
    const struct http_server_config *config = &connection->server->config;
    uint64_t age_ms = uv_now(connection->server->loop) - connection->body_since;
    if (connection->body_reserved == 0 || age_ms <= config->body_grace_ms) {
        return false;
    }
    return http_parser_body_got(connection->parser) * config->body_timeout_ms <
           connection->body_reserved * (age_ms - config->body_grace_ms);
}

/* Announcing a body costs nothing, so a few idle clients could keep all others out: who is slow makes
 * room, if that is enough. */
static bool make_room(struct http_server *server, size_t size)
{
    size_t slow = 0;
    for (uint32_t i = 0; i < server->config.connection_max; i++) {
        const struct http_connection *other = server->slots[i];
        slow += other != NULL && is_slow(other) ? other->body_reserved : 0;
    }
    size_t room = server->config.body_memory_max - server->body_memory;
    if (size > room + slow) {
        return false;
    }
    for (uint32_t i = 0; size > server->config.body_memory_max - server->body_memory; i++) {
        struct http_connection *other = server->slots[i];
        if (other != NULL && is_slow(other)) {
            server->statistics.timeouts++;
            end_slow(other, "the body came too slowly while others waited");
        }
    }
    return true;
}

/* Bodies are memory that a client asks for in advance. */
static bool reserve_body(struct http_connection *connection)
{
    struct http_server *server = connection->server;
    size_t size = http_parser_body_size(connection->parser);
    if (size == 0 || connection->body_reserved > 0) {
        return true;
    }
    if (!make_room(server, size)) {
        refuse(connection, 503, "too many bodies are being received");
        return false;
    }
    server->body_memory += size;
    connection->body_reserved = size;
    connection->body_since = uv_now(server->loop);
    return true;
}

/* The client waits for this before it sends its body. Nothing may be ahead of it. */
static void say_continue(struct http_connection *connection)
{
    if (reserve_body(connection) && connection->pipeline.count == 0 && !connection->writing) {
        size_t before = connection->output.size;
        buffer_append_text(&connection->output, "HTTP/1.1 100 Continue\r\n\r\n");
        connection->server->output_memory += connection->output.size - before;
        mark_dirty(connection);
    }
}

static bool may_take_request(const struct http_connection *connection)
{
    const struct http_server *server = connection->server;
    return !connection->closing && !connection->last && !server->stopping &&
           connection->pipeline.count < HTTP_PIPELINE_MAX &&
           connection->answer_size + unwritten_size(connection) < OUTPUT_MAX &&
           server->output_memory < server->config.output_memory_max;
}

static void parse(struct http_connection *connection, struct bytes *input)
{
    while (input->size > 0 && may_take_request(connection)) {
        switch (http_parser_feed(connection->parser, input)) {
        case HTTP_PARSE_MORE:
            (void)reserve_body(connection);
            break;
        case HTTP_PARSE_CONTINUE:
            say_continue(connection);
            break;
        case HTTP_PARSE_REQUEST:
            take_request(connection);
            break;
        case HTTP_PARSE_REFUSED:
            refuse(connection, http_parser_status(connection->parser),
                   http_parser_error(connection->parser));
            break;
        }
    }
    if (connection->last) {
        input->size = 0; /* what follows the last request is of no interest */
    }
}

static void on_allocate(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    const struct http_connection *connection = handle->data;
    (void)suggested;
    *out = uv_buf_init(connection->server->read_buffer, HTTP_READ_SIZE);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct http_connection *connection = stream->data;
    if (size == 0 || connection->closing) {
        return;
    }
    if (size < 0) {
        http_connection_close(connection);
        return;
    }
    connection->server->statistics.bytes_in += (uint64_t)size;
    struct bytes input = {(const uint8_t *)buffer->base, (size_t)size};
    parse(connection, &input);
    if (connection->closing) {
        return;
    }
    if (input.size > 0) {
        buffer_append(&connection->input, input);
        (void)uv_read_stop(stream);
        connection->reading = false;
        mark_dirty(connection);
    }
    watch_time(connection, false);
}

static void start_reading(struct http_connection *connection)
{
    connection->reading = true;
    if (uv_read_start(&connection->socket.stream, on_allocate, on_read) < 0) {
        http_connection_close(connection);
    }
}

/* Go on with what came while no request could be taken. */
static void resume(struct http_connection *connection)
{
    struct bytes input = buffer_bytes(&connection->input);
    parse(connection, &input);
    if (connection->closing) {
        return;
    }
    buffer_consume(&connection->input, connection->input.size - input.size);
    if (input.size == 0) {
        buffer_close(&connection->input);
        start_reading(connection);
    }
}

void http_connection_turn(struct http_connection *connection)
{
    collect_answers(connection);
    if (!write_output(connection)) {
        return;
    }
    bool all_written = connection->pipeline.count == 0 && unwritten_size(connection) == 0 &&
                       !has_source(connection);
    if (connection->last && all_written && !connection->shut) {
        linger(connection);
    } else if (!connection->reading) {
        resume(connection);
    }
    watch_time(connection, false);
}

/* Accepting */

static uint64_t free_slot(const struct http_server *server)
{
    uint64_t slot = 0;
    while (slot < server->config.connection_max && server->slots[slot] != NULL) {
        slot++;
    }
    return slot;
}

/* Whoever opens connections and asks nothing must not keep the others out: the one that rests longest goes. A client
 * has to bear this at any time (RFC 9112, 9.5). */
static void displace(struct http_server *server)
{
    struct http_connection *longest = NULL;
    for (uint32_t i = 0; i < server->config.connection_max; i++) {
        struct http_connection *connection = server->slots[i];
        bool rests = connection->phase == PHASE_IDLE && connection->pipeline.count == 0;
        if (rests &&
            (longest == NULL || connection->phase_since < longest->phase_since ||
             (connection->phase_since == longest->phase_since && connection->id < longest->id))) {
            longest = connection;
        }
    }
    if (longest != NULL) {
        server->statistics.displaced++;
        http_connection_close(longest);
    }
}

static void init_socket(struct http_connection *connection)
{
    struct http_server *server = connection->server;
    int status = server->is_pipe ? uv_pipe_init(server->loop, &connection->socket.pipe, 0)
                                 : uv_tcp_init(server->loop, &connection->socket.tcp);
    assert(status == 0 && "no socket is made yet");
    (void)uv_timer_init(server->loop, &connection->timer);
    connection->handles = 2;
    connection->socket.handle.data = connection;
    connection->timer.data = connection;
    connection->write.data = connection;
}

/* It has to be accepted before it can be closed. */
static void turn_away(struct http_connection *connection)
{
    struct http_server *server = connection->server;
    (void)uv_accept(&server->listener.stream, &connection->socket.stream);
    server->statistics.turned_away++;
    connection->closing = true;
    uv_close(&connection->socket.handle, on_handle_closed);
    uv_close((uv_handle_t *)&connection->timer, on_handle_closed);
}

void http_connection_take(struct http_server *server)
{
    if (free_slot(server) == server->config.connection_max) {
        displace(server);
    }
    uint64_t slot = free_slot(server);
    bool room = slot < server->config.connection_max;
    struct http_connection *connection = memory_new(sizeof(*connection));
    connection->server = server;
    init_socket(connection);
    server->outstanding++;
    if (!room || uv_accept(&server->listener.stream, &connection->socket.stream) < 0) {
        turn_away(connection);
        return;
    }
    connection->id = server->next_generation * server->config.connection_max + slot;
    server->next_generation++;
    server->slots[slot] = connection;
    server->statistics.connections++;
    server->statistics.connections_now++;
    connection->parser = http_parser_new(server->config.body_max, server->config.sink);
    if (!server->is_pipe) {
        (void)uv_tcp_nodelay(&connection->socket.tcp, 1);
    }
    start_reading(connection);
    watch_time(connection, false);
}
