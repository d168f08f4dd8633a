/* HTTP requests through libcurl: bounded in time and size, one line about what failed. */
#ifndef TOOLS_CLIENT_HTTP_H
#define TOOLS_CLIENT_HTTP_H

#include <stdatomic.h>

#include "base/buffer.h"
#include "tools/client/source.h"

struct http; /* A connection cache; used by one thread. */

struct http *http_new(void);
void http_free(struct http *http); /* NULL is allowed. */

struct http_call {
    const char *method; /* "GET", "POST", "PUT" */
    const char *url;
    const char *content_type; /* of the body; NULL where there is none */
    struct bytes body;
    const struct source *rest; /* of the body, after it; or NULL */
    const char *header;        /* one more, "Range: bytes=0-9"; or NULL */
    long timeout_ms;           /* of the whole call */
    size_t answer_max;         /* bytes */
    const atomic_bool
        *stop; /* ends the call within about a second where it becomes true, or NULL */
};

/* Perform a call. True where an answer came, whatever its status; `answer` is replaced. */
NODISCARD bool http_perform(struct http *http, const struct http_call *call, long *status,
                            struct buffer *answer, struct fault *fault);

#endif /* TOOLS_CLIENT_HTTP_H */
