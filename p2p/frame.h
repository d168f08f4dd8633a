/* Frames in the plain text of an encrypted connection: size (u32, little-endian, of the payload
 * alone), type (u8), payload. A frame may span many Noise messages, and many frames fit in one.
 *
 * A table of the owner says which types exist and how long each may be. The size is checked as soon
 * as the five bytes of the header are there, and memory grows only with the bytes that came. */
#ifndef P2P_FRAME_H
#define P2P_FRAME_H

#include "base/buffer.h"

#define FRAME_HEADER_SIZE 5
#define FRAME_TYPE_COUNT  256

#define FRAME_STATUS_LIST(X)                                                                       \
    X(FRAME_OK, "ok")                                                                              \
    X(FRAME_MORE, "the frame is not complete yet")                                                 \
    X(FRAME_UNKNOWN_TYPE, "a frame has a type that is not in the table")                           \
    X(FRAME_TOO_LONG, "a frame is longer than its type allows")

#define FRAME_STATUS_ENUM(name, text) name,
enum frame_status { FRAME_STATUS_LIST(FRAME_STATUS_ENUM) };
#undef FRAME_STATUS_ENUM

const char *frame_status_text(enum frame_status status); /* Static string; never NULL. */

/* Which frames are allowed: all zero allows none. */
struct frame_table {
    struct {
        bool allowed;
        uint32_t size_max; /* bytes of payload */
    } types[FRAME_TYPE_COUNT];
};

struct frame {
    uint8_t type;
    struct bytes payload;
};

struct frame_reader {
    const struct frame_table *table; /* borrowed */
    uint8_t header[FRAME_HEADER_SIZE];
    uint32_t header_size;     /* bytes of the header that are there */
    struct buffer payload;    /* what is there of a payload that came in parts */
    bool delivered;           /* `payload` was handed out by the last call */
    enum frame_status status; /* sticky once it is an error */
};

void frame_reader_init(struct frame_reader *reader, const struct frame_table *table);
void frame_reader_close(struct frame_reader *reader);

/* Take bytes from the front of *input until a frame is whole.
 *   FRAME_OK            *out is the frame; its payload is borrowed until the next call, and no longer
 *                       than the input's memory. Call again: more frames may follow.
 *   FRAME_MORE          all input was taken and no frame is complete
 *   FRAME_UNKNOWN_TYPE  out->type is not allowed        } for good: the connection must be closed;
 *   FRAME_TOO_LONG      out->type has a smaller cap     } out->payload is empty */
NODISCARD enum frame_status frame_read(struct frame_reader *reader, struct bytes *input,
                                       struct frame *out);

/* Append a frame to `out`. The payload must fit the table of the receiver: not checked here. */
void frame_write(struct buffer *out, uint8_t type, struct bytes payload);

#endif /* P2P_FRAME_H */
