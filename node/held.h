/* Messages of consensus, and proposals in short form, that came too early: a replica takes those of its
 * height and the next, and the others may be one step further when it was held up for a moment. They
 * are kept until its height is near. Each peer has its own share of the room, so a liar can fill only his. */
#ifndef NODE_HELD_H
#define NODE_HELD_H

#include "base/buffer.h"

#define HELD_DISTANCE_MAX 16                 /* heights beyond the next */
#define HELD_COUNT_MAX    128                /* messages of one peer */
#define HELD_BYTES_MAX    ((size_t)12 << 20) /* of one peer */

struct held_message {
    struct held_message *next;
    uint32_t peer;
    uint8_t type; /* enum frame_type */
    uint64_t height;
    struct buffer wire;
};

/* All zero is empty. */
struct held {
    struct held_message *first; /* in order of arrival */
};

/* Keep a copy. Dropped silently where the peer's room is full: its sender repeats what matters. */
void held_add(struct held *held, uint32_t peer, uint8_t type, uint64_t height, struct bytes wire);

/* Take out the oldest message of at most `height`; NULL where there is none. held_free() it. */
struct held_message *held_take(struct held *held, uint64_t height);
void held_free(struct held_message *message);
void held_close(struct held *held);

#endif /* NODE_HELD_H */
