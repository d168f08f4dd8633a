#include "p2p/http_server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/memory.h"
#include "p2p/http_connection.h"

#define LISTEN_BACKLOG 128

const char *http_server_status_text(enum http_server_status status)
{
#define HTTP_SERVER_STATUS_TEXT(name, text) [name] = (text),
    static const char *const texts[] = {HTTP_SERVER_STATUS_LIST(HTTP_SERVER_STATUS_TEXT)};
#undef HTTP_SERVER_STATUS_TEXT
    return (size_t)status < ARRAY_COUNT(texts) ? texts[status] : "unknown status";
}

void http_server_release(struct http_server *server)
{
    assert(server->outstanding > 0);
    server->outstanding--;
    if (server->outstanding > 0) {
        return;
    }
    assert(server->stopped);
    void (*closed)(void *context) = server->closed;
    void *context = server->closed_context;
    free(server->slots);
    free(server);
    if (closed != NULL) {
        closed(context);
    }
}

static void on_handle_closed(uv_handle_t *handle)
{
    http_server_release(handle->data);
}

static void stop(struct http_server *server)
{
    server->stopped = true;
    for (uint32_t i = 0; i < server->config.connection_max; i++) {
        if (server->slots[i] != NULL) {
            http_connection_close(server->slots[i]);
        }
    }
    uv_close((uv_handle_t *)&server->listener, on_handle_closed);
    uv_close((uv_handle_t *)&server->turn, on_handle_closed);
}

/* Before the loop waits: answers leave, together where a connection has several. */
static void on_turn(uv_prepare_t *prepare)
{
    struct http_server *server = prepare->data;
    while (server->dirty) {
        server->dirty = false;
        for (uint32_t i = 0; i < server->config.connection_max; i++) {
            if (server->slots[i] != NULL) {
                http_connection_turn(server->slots[i]);
            }
        }
    }
    if (server->stopping) {
        stop(server);
    }
}

void http_server_close(struct http_server *server, void (*closed)(void *context), void *context)
{
    assert(!server->stopping);
    server->stopping = true;
    server->closed = closed;
    server->closed_context = context;
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct http_server *server = listener->data;
    if (status == 0 && !server->stopping) {
        http_connection_take(server);
    }
}

static void set_default(uint64_t *value, uint64_t otherwise)
{
    if (*value == 0) {
        *value = otherwise;
    }
}

static void set_defaults(struct http_server_config *config)
{
    set_default(&config->head_timeout_ms, 10000);
    set_default(&config->body_timeout_ms, 60000);
    set_default(&config->body_grace_ms, 1000);
    set_default(&config->idle_timeout_ms, 60000);
    if (config->body_max == 0) {
        config->body_max = (size_t)1 << 20;
    }
    if (config->output_memory_max == 0) {
        config->output_memory_max = (size_t)256 << 20;
    }
    if (config->body_memory_max == 0) {
        config->body_memory_max = (size_t)256 << 20;
    }
    if (config->connection_max == 0) {
        config->connection_max = 256;
    }
}

/* A socket file that nobody listens on is left from a process that was killed. */
static bool remove_stale(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path) + 1);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return false;
    }
    bool refused = connect(descriptor, (const struct sockaddr *)&address, sizeof(address)) < 0 &&
                   errno == ECONNREFUSED;
    (void)close(descriptor);
    return refused && unlink(path) == 0;
}

static enum http_server_status listen_on_path(struct http_server *server, const char *path)
{
    uv_pipe_t *pipe = &server->listener.pipe;
    struct sockaddr_un address;
    server->is_pipe = true;
    (void)uv_pipe_init(server->loop, pipe, 0);
    if (strlen(path) >= sizeof(address.sun_path)) {
        return HTTP_SERVER_ADDRESS;
    }
    int status = uv_pipe_bind(pipe, path);
    if (status == UV_EADDRINUSE && remove_stale(path)) {
        status = uv_pipe_bind(pipe, path);
    }
    if (status < 0 || uv_listen(&server->listener.stream, LISTEN_BACKLOG, on_connection) < 0) {
        return HTTP_SERVER_LISTEN;
    }
    return HTTP_SERVER_OK;
}

static enum http_server_status listen_on_host(struct http_server *server,
                                              const struct http_server_config *config)
{
    uv_tcp_t *tcp = &server->listener.tcp;
    struct sockaddr_storage address;
    int size = sizeof(address);
    (void)uv_tcp_init(server->loop, tcp);
    memset(&address, 0, sizeof(address));
    if (config->host == NULL ||
        (uv_ip4_addr(config->host, config->port, (struct sockaddr_in *)&address) != 0 &&
         uv_ip6_addr(config->host, config->port, (struct sockaddr_in6 *)&address) != 0)) {
        return HTTP_SERVER_ADDRESS;
    }
    if (uv_tcp_bind(tcp, (struct sockaddr *)&address, 0) < 0 ||
        uv_listen(&server->listener.stream, LISTEN_BACKLOG, on_connection) < 0 ||
        uv_tcp_getsockname(tcp, (struct sockaddr *)&address, &size) < 0) {
        return HTTP_SERVER_LISTEN;
    }
    /* The port is at the same place for both families. */
    server->port = ntohs(((struct sockaddr_in *)&address)->sin_port);
    return HTTP_SERVER_OK;
}

enum http_server_status http_server_open(struct http_server **out, uv_loop_t *loop,
                                         const struct http_server_config *config)
{
    assert(config->on_request != NULL);
    *out = NULL;
    struct http_server *server = memory_new(sizeof(*server));
    server->loop = loop;
    server->config = *config;
    set_defaults(&server->config);
    server->slots = memory_new(server->config.connection_max * sizeof(struct http_connection *));
    server->next_generation = 1;
    (void)uv_prepare_init(loop, &server->turn);
    (void)uv_prepare_start(&server->turn, on_turn);
    server->turn.data = server;
    server->outstanding = 2;
    enum http_server_status status = config->path != NULL ? listen_on_path(server, config->path)
                                                          : listen_on_host(server, config);
    server->listener.stream.data = server;
    if (status != HTTP_SERVER_OK) {
        server->stopping = true;
        stop(server);
        return status;
    }
    *out = server;
    return HTTP_SERVER_OK;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

const struct http_server_statistics *http_server_statistics(const struct http_server *server)
{
    return &server->statistics;
}
