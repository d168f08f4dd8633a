/* The text of HTTP answers (RFC 9112). A part of p2p/http_server.h; only http_pipeline.c includes it. */
#ifndef P2P_HTTP_ANSWER_H
#define P2P_HTTP_ANSWER_H

#include "base/buffer.h"

/* Append status line and headers with the empty line; `headers` are more lines, each with its CRLF. */
void http_answer_head(struct buffer *out, uint16_t status, const char *content_type,
                      const char *headers, uint64_t body_size, bool keep_alive);

/* Append {"error": "..."} in one line; `text` is escaped. */
void http_answer_error(struct buffer *out, const char *text);

#endif /* P2P_HTTP_ANSWER_H */
