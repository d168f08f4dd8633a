/* HTTP/1.1 requests out of a stream of bytes, strictly: a pure parser without a socket.
 *
 * The head of a request (up to the empty line) is collected and checked byte by byte here, then given
 * to llhttp in one piece; the body is counted here, because its size has exactly one form.
 * Refused, beyond what llhttp refuses: any Transfer-Encoding; a Host header that is missing or there
 * twice; a Content-Length that is not plain digits or there twice; CR without LF and LF without CR;
 * control characters; a line that begins with a space; a target that is not a path.
 * Source: RFC 9110, RFC 9112. */
#ifndef P2P_HTTP_REQUEST_H
#define P2P_HTTP_REQUEST_H

#include "base/buffer.h"

#define HTTP_HEAD_MAX   16384 /* bytes of request line and headers */
#define HTTP_HEADER_MAX 64

enum http_method { HTTP_METHOD_GET, HTTP_METHOD_HEAD, HTTP_METHOD_POST, HTTP_METHOD_PUT };

struct http_header {
    const char *name;  /* lower case */
    const char *value; /* without the spaces around it */
};

/* Where bodies go that must not be kept in memory: a part at a time, as they come. */
struct http_sink {
    void *context;
    void *(*open)(void *context, size_t size); /* one body of `size` (> 0) bytes; NULL: it cannot */
    bool (*write)(void *body, struct bytes part); /* False where it cannot be stored. */
    void (*close)(void *body);                    /* One that nobody gets. */
};

/* A request, borrowed from its parser. Texts are terminated and hold no NUL. */
struct http_request {
    enum http_method method;
    const char *path;  /* begins with '/'; not percent-decoded */
    const char *query; /* what follows the '?', or "" */
    struct http_header headers[HTTP_HEADER_MAX];
    uint32_t header_count;
    struct bytes body;
    void *stored; /* with a sink: the body that it opened, which the taker of the request owns now;
                      * `body` is empty then. NULL without a body */
    bool keep_alive; /* the client wants the connection to stay */
};

/* The value of the first header of that (lower-case) name, or NULL. */
const char *http_request_header(const struct http_request *request, const char *name);

enum http_parse {
    HTTP_PARSE_MORE,     /* all input was taken */
    HTTP_PARSE_CONTINUE, /* once, after a head with "Expect: 100-continue": say 100 and go on */
    HTTP_PARSE_REQUEST,  /* a request is whole */
    HTTP_PARSE_REFUSED   /* for good: answer with the error and close */
};

struct http_parser;

/* `body_max`: bytes of the longest body. Bodies go to `sink`, which outlives the parser, or, where it is
 * NULL, to memory. */
struct http_parser *http_parser_new(size_t body_max, const struct http_sink *sink);
void http_parser_free(struct http_parser *parser); /* NULL is allowed. */

/* Take bytes from the front of *input until something happens.
 * With HTTP_PARSE_REQUEST the request is http_parser_request(), until the next call. */
NODISCARD enum http_parse http_parser_feed(struct http_parser *parser, struct bytes *input);

const struct http_request *http_parser_request(const struct http_parser *parser);

/* After HTTP_PARSE_REFUSED: the HTTP status (400, 411, 413, 417, 431, 501, 503, 505) and one line of
 * static text that says why. */
uint16_t http_parser_status(const struct http_parser *parser);
const char *http_parser_error(const struct http_parser *parser);

/* Where the stream stands, for time-outs. */
bool http_parser_between(const struct http_parser *parser); /* No byte of the next request yet. */
bool http_parser_in_head(const struct http_parser *parser);
size_t http_parser_body_size(const struct http_parser *parser); /* Announced; 0 outside a body. */
size_t http_parser_body_got(const struct http_parser *parser);  /* Of those, come so far. */

#endif /* P2P_HTTP_REQUEST_H */
