/* The answers that one client awaits, in the order of its requests (RFC 9112, 9.3.2). A part of
 * p2p/http_server.h; only http_connection.c includes it. */
#ifndef P2P_HTTP_PIPELINE_H
#define P2P_HTTP_PIPELINE_H

#include "p2p/http_server.h"

struct http_pipelined {
    struct http_source source; /* of the body, where it is not in `bytes` */
    bool given;
    bool without_body; /* to a HEAD */
    bool keep_alive;
    struct buffer bytes;
};

/* Zero is empty. */
struct http_pipeline {
    struct http_pipelined answers[HTTP_PIPELINE_MAX];
    uint64_t first_number; /* of the oldest answer */
    uint32_t count;
};

void http_pipeline_close(struct http_pipeline *pipeline);

/* The number of the request that comes next. */
uint64_t http_pipeline_next(const struct http_pipeline *pipeline);

/* A place for the next answer; there must be one free. Returns its number. */
uint64_t http_pipeline_push(struct http_pipeline *pipeline, bool without_body, bool keep_alive);

/* The answer of that number; NULL where it is given, or the number is of no request that waits. */
struct http_pipelined *http_pipeline_awaited(struct http_pipeline *pipeline, uint64_t number);

/* The oldest answer; NULL where there is none, or it is not given yet. */
struct http_pipelined *http_pipeline_first(struct http_pipeline *pipeline);

/* Forget the oldest answer, which is given. */
void http_pipeline_drop(struct http_pipeline *pipeline);

/* Give an awaited answer, as http_respond(), http_respond_source() and http_respond_error() do. */
void http_pipelined_give(struct http_pipelined *answer, uint16_t status, const char *content_type,
                         struct bytes body);
void http_pipelined_give_source(struct http_pipelined *answer, uint16_t status,
                                const char *content_type, const char *headers,
                                const struct http_source *source);
void http_pipelined_give_error(struct http_pipelined *answer, uint16_t status, const char *text);

/* Nothing more is read of it; an empty one is allowed. */
void http_source_close(struct http_source *source);

#endif /* P2P_HTTP_PIPELINE_H */
