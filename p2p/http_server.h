/* A small HTTP/1.1 server on a libuv loop: JSON-RPC, metrics, blobs.
 *
 * A handler gets each request and answers it at once or later. Requests that a client sends ahead
 * (pipelining) are answered in their order. Everything is bounded: connections, heads, bodies,
 * requests in wait, time. A client that closes its sending side has gone, whatever it still waits for.
 * One thread: that of the loop. */
#ifndef P2P_HTTP_SERVER_H
#define P2P_HTTP_SERVER_H

#include <uv.h>

#include "p2p/http_request.h"

#define HTTP_PIPELINE_MAX 16 /* requests of one connection that wait for their answers */

#define HTTP_SERVER_STATUS_LIST(X)                                                                 \
    X(HTTP_SERVER_OK, "ok")                                                                        \
    X(HTTP_SERVER_ADDRESS,                                                                         \
      "the listen address is no IPv4 or IPv6 address, or the path is too long")                    \
    X(HTTP_SERVER_LISTEN, "the listen address is in use or may not be used")

#define HTTP_SERVER_STATUS_ENUM(name, text) name,
enum http_server_status { HTTP_SERVER_STATUS_LIST(HTTP_SERVER_STATUS_ENUM) };
#undef HTTP_SERVER_STATUS_ENUM

const char *http_server_status_text(enum http_server_status status); /* Never NULL. */

struct http_server;

/* The right to answer one request: a plain value, to be copied and kept. It stays safe to use when
 * the client has gone; it must not be used after the server's `closed` callback. */
struct http_response {
    struct http_server *server;
    uint64_t connection;
    uint64_t number;
};

/* Zero in a limit or time-out means its default. */
struct http_server_config {
    const char *host; /* an address to listen on */
    uint16_t port;    /* 0: any free port, see http_server_port() */
    const char *path; /* a Unix socket to listen on instead; a stale file there is replaced */

    size_t body_max;              /* bytes of one body; 1 MiB */
    size_t body_memory_max;       /* bytes of all bodies being received; 256 MiB, then slow ones end
                               * with 408; without any 503 */
    const struct http_sink *sink; /* where bodies go, outlives the server; NULL: memory */
    size_t output_memory_max; /* bytes of all answers not yet taken; 256 MiB, then requests wait */
    uint32_t
        connection_max; /* 256; for one more the client is closed that asks nothing for longest, and
                               * where all ask something the new one */
    uint64_t head_timeout_ms; /* first to last byte of a head; 10000, then 408 */
    uint64_t body_timeout_ms; /* whole body after the head; 60000, then 408 */
    uint64_t body_grace_ms;   /* after it a body too slow for body_timeout_ms makes room; 1000 */
    uint64_t idle_timeout_ms; /* between requests, or a client that takes no byte; 60000 */

    /* Called once for each request, which is borrowed until the call returns. */
    void (*on_request)(void *context, const struct http_request *request,
                       struct http_response response);
    void *context;
};

struct http_server_statistics {
    uint64_t requests;    /* handed to the handler */
    uint64_t refused;     /* requests that were malformed or over a limit */
    uint64_t connections; /* accepted so far */
    uint64_t turned_away; /* over connection_max, while none rested */
    uint64_t displaced;   /* resting connections that were closed for a new one */
    uint64_t timeouts;
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint32_t connections_now;
};

/* Listen. Copies the configuration, borrows `loop`.
 * On HTTP_SERVER_OK the caller owns *out and releases it by http_server_close(). On error *out is
 * NULL: HTTP_SERVER_ADDRESS, HTTP_SERVER_LISTEN as their texts say. */
NODISCARD enum http_server_status http_server_open(struct http_server **out, uv_loop_t *loop,
                                                   const struct http_server_config *config);

/* Close all connections, then call `closed` (may be NULL), after which the server is gone. Answers
 * given before are written as far as the sockets take them at once. */
void http_server_close(struct http_server *server, void (*closed)(void *context), void *context);

uint16_t http_server_port(const struct http_server *server); /* 0 for a Unix socket. */
const struct http_server_statistics *http_server_statistics(const struct http_server *server);

/* Answer a request, inside the handler or any time later; the body is copied. `content_type` is our
 * own static text. The answer to HEAD leaves the body out by itself. Returns false where the client
 * has gone or the request was answered before: then nothing happens. */
bool http_respond(struct http_response response, uint16_t status, const char *content_type,
                  struct bytes body);

/* A body that is made while it is written, so that it need not be in memory. */
struct http_source {
    uint64_t size; /* bytes of the whole body */
    void *context;
    /* Append the next bytes, at least one and at most `max`. False: they cannot be had, and the
     * connection is closed. */
    bool (*read)(void *context, size_t max, struct buffer *out);
    void (*close)(void *context); /* Exactly once, when nothing more is read; also to a HEAD. */
};

/* Answer with such a body. `headers` are more lines, each with its CRLF, or "". Where it returns false
 * `source` was closed all the same. */
bool http_respond_source(struct http_response response, uint16_t status, const char *content_type,
                         const char *headers, const struct http_source *source);

/* Answer with {"error": "..."} in one line; `text` is escaped. */
bool http_respond_error(struct http_response response, uint16_t status, const char *text);

/* True while an answer would still reach the client: for long polling. */
bool http_response_wanted(struct http_response response);

#endif /* P2P_HTTP_SERVER_H */
