/* The state view: what programs read and write, on top of a snapshot they never see.
 *
 * Keys are a kind byte and ids; values are BCS. Writes go to an overlay with a journal, so that a
 * program's effects are kept or undone as a whole; the overlay's content is what a block changes. */
#ifndef VM_STATE_H
#define VM_STATE_H

#include "base/buffer.h"

#define STATE_KEY_MAX   64    /* bytes */
#define STATE_VALUE_MAX 65536 /* bytes */

/* The snapshot below. It must not change between two calls of state_reset(): a view asks for a key
 * once and remembers the answer. `get` appends the value of a key to an empty buffer and returns true, or
 * returns false where there is none. A storage fault does not return: the program stops. */
struct state_source {
    void *context;
    bool (*get)(void *context, struct bytes key, struct buffer *value);
};

struct state; /* One view; used by one thread. */

struct state *state_new(const struct state_source *source); /* Copies *source. */
void state_free(struct state *state);                       /* NULL is allowed. */

/* The value of a key. True, and *value borrowed until the next write or rollback; false and an
 * empty *value where there is none. */
bool state_get(struct state *state, struct bytes key, struct bytes *value);

/* The same in the snapshot, below every write of this view. Borrowed until the next call of this
 * function. */
bool state_get_below(struct state *state, struct bytes key, struct bytes *value);

void state_put(struct state *state, struct bytes key, struct bytes value); /* Copies both. */
void state_erase(struct state *state, struct bytes key); /* Nothing happens where it is absent. */

/* A savepoint, and back to it: every write since the mark is undone. Marks nest. */
size_t state_mark(const struct state *state);
void state_rollback(struct state *state, size_t mark);

/* What differs from the snapshot, sorted by key, each key once. An entry whose value equals the
 * snapshot's does not appear. */
struct state_change {
    struct bytes key;
    struct bytes value; /* where `erased` is false */
    bool erased;
};

/* Returns an array of *count changes, valid until the next call on this view. */
const struct state_change *state_changes(struct state *state, size_t *count);

/* Forget the overlay and the journal; the source now holds the changes. */
void state_reset(struct state *state);

#endif /* VM_STATE_H */
