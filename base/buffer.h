/* A growing byte string that owns its memory. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/bytes.h"

/* All zero is an empty buffer. */
struct buffer {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

void buffer_close(struct buffer *buffer); /* Frees the memory and leaves an empty buffer. */
void buffer_clear(struct buffer *buffer); /* Size 0; keeps the memory for reuse. */
void buffer_reserve(struct buffer *buffer, size_t extra); /* Room for `extra` more bytes. */
void buffer_append(struct buffer *buffer, struct bytes bytes);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_format(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);

/* Remove the first `size` bytes; `size` is at most buffer->size. */
void buffer_consume(struct buffer *buffer, size_t size);

struct bytes buffer_bytes(const struct buffer *buffer); /* Valid until the buffer changes. */

/* The content as a terminated string; the terminator is not counted. Valid until it changes. */
const char *buffer_text(struct buffer *buffer);

#endif /* BASE_BUFFER_H */
