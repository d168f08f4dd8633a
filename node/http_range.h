/* Byte ranges of HTTP: one range of a request (RFC 9110, 14.1.2) and of a piece that is put (14.4).
 * Strict: one form, plain digits. */
#ifndef NODE_HTTP_RANGE_H
#define NODE_HTTP_RANGE_H

#include "base/bytes.h"

struct http_range {
    uint64_t first; /* byte */
    uint64_t last;  /* byte, not before the first */
    uint64_t total; /* bytes of the whole */
};

/* "bytes=5-9", "bytes=5-" or "bytes=-5" of `total` bytes. False where it is none of these, or has no
 * byte of the whole. */
NODISCARD bool http_range_read(struct http_range *out, const char *text, uint64_t total);

/* "bytes 5-9/100"; or "bytes * /100" without the space, which asks how far a blob is: *asks. False
 * where it is neither. */
NODISCARD bool http_range_read_content(struct http_range *out, const char *text, bool *asks);

#endif /* NODE_HTTP_RANGE_H */
