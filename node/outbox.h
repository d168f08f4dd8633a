/* What consensus wants to leave the process, held back until what it rests on is on disk.
 *
 * Each entry is stamped with the sequence of the last log record before it; the front entry leaves
 * when the log is durable up to there, and the order never changes. */
#ifndef NODE_OUTBOX_H
#define NODE_OUTBOX_H

#include "base/buffer.h"

enum outbox_kind {
    OUTBOX_SEND,      /* `bytes` to validator `to` */
    OUTBOX_BROADCAST, /* `bytes` to everybody */
    OUTBOX_DECIDED,   /* `bytes` is a block, `extra` its certificate, of `height` */
};

struct outbox_entry {
    struct outbox_entry *next;
    enum outbox_kind kind;
    uint64_t stamp;
    uint32_t to;
    uint64_t height;     /* of the block, or the highest that what is sent may speak of */
    bool logged;         /* DECIDED: the log holds the block */
    struct buffer bytes; /* owned by the entry */
    struct buffer extra; /* of a BROADCAST: its short form, where it leaves in that */
};

/* All zero is empty. */
struct outbox {
    struct outbox_entry *first;
    struct outbox_entry *last;
    uint32_t count;
    size_t block_bytes; /* of the blocks among them, as far as they were noted */
};

#define OUTBOX_BLOCKS_MAX ((size_t)64 << 20) /* bytes */

/* Append an entry; the caller fills in its buffers. */
struct outbox_entry *outbox_add(struct outbox *outbox, enum outbox_kind kind, uint64_t stamp);
/* A DECIDED entry is filled in. */
void outbox_note_block(struct outbox *outbox, const struct outbox_entry *entry);
/* Do so many blocks wait that no more should be decided? The others go on without us, and execution may be slower
 * for good: what is missing is fetched when there is room. */
bool outbox_full(const struct outbox *outbox);
/* The front entry if the log, durable up to `durable`, lets it go; else NULL. It stays in front. */
struct outbox_entry *outbox_front(struct outbox *outbox, uint64_t durable);
void outbox_pop(struct outbox *outbox); /* Frees the front entry. */
void outbox_close(struct outbox *outbox);

#endif /* NODE_OUTBOX_H */
