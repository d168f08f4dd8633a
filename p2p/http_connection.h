/* One client of the HTTP server: reads requests, keeps their answers in order, writes them.
 *
 * A part of p2p/http_server.h. A connection is on the heap and frees itself when libuv has closed
 * it; from http_connection_close() on it is no longer among the server's. */
#ifndef P2P_HTTP_CONNECTION_H
#define P2P_HTTP_CONNECTION_H

#include "p2p/http_server.h"

#define HTTP_READ_SIZE 65536

struct http_connection;

/* The server, as far as its connections need it. */
struct http_server {
    uv_loop_t *loop;
    struct http_server_config config; /* `host` and `path` are not used after opening */
    struct http_server_statistics statistics;
    struct http_connection **slots; /* connection_max; NULL where free */
    uint64_t next_generation;
    size_t body_memory;   /* announced bytes of the bodies being received */
    size_t output_memory; /* bytes of answers that are not written yet */
    bool dirty;           /* a connection has something to write, or to read on */
    bool stopping;
    bool stopped;
    union {
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } listener;
    bool is_pipe;
    uint16_t port;
    uv_prepare_t turn;
    uint64_t outstanding; /* handles and connections that libuv still knows */
    void (*closed)(void *context);
    void *closed_context;
    char read_buffer[HTTP_READ_SIZE]; /* filled and emptied within one callback of libuv */
};

/* Accept a client into a free slot, or that of the client that rests longest; or turn it away where none rests. */
void http_connection_take(struct http_server *server);

/* Once in a loop turn: write what is answered, then read on where that was waited for. */
void http_connection_turn(struct http_connection *connection);

void http_connection_close(struct http_connection *connection);

/* The last handle or connection is gone: called by each as it goes. */
void http_server_release(struct http_server *server);

#endif /* P2P_HTTP_CONNECTION_H */
