#include "node/state_freeze.h"

#include <stdlib.h>

#include "base/table.h"
#include "node/snapshot.h"
#include "node/state_tables.h"

/* A key that has changed since, and what it held: nothing, where it is new. */
struct old_value {
    UT_hash_handle hh;
    bool present;
    struct buffer key;
    struct buffer value;
};

struct state_freeze {
    struct state_head head;
    struct old_value *olds;
    struct buffer passed; /* keys below it have been read */
    size_t bytes;
    bool broken;
};

/* The macros of the table expand to more than the linter bears. */
// NOLINTBEGIN(readability-function-size,clang-analyzer-unix.Malloc)
static void drop(struct state_freeze *freeze, struct old_value *old)
{
    HASH_DEL(freeze->olds, old);
    freeze->bytes -= old->key.size + old->value.size;
    buffer_close(&old->key);
    buffer_close(&old->value);
    free(old);
}

static void drop_all(struct state_freeze *freeze)
{
    struct old_value *old;
    struct old_value *next;
    HASH_ITER(hh, freeze->olds, old, next)
    {
        // cppcheck-suppress uninitvar; the macro sets it
        drop(freeze, old);
    }
}

static struct old_value *find(const struct state_freeze *freeze, struct bytes key)
{
    struct old_value *old = NULL;
    HASH_FIND(hh, freeze->olds, key.data, key.size, old);
    return old;
}

static void put_aside(struct state_freeze *freeze, struct state_snapshot *before, struct bytes key)
{
    struct old_value *old = memory_new(sizeof *old);
    buffer_append(&old->key, key);
    old->present = state_snapshot_get(before, key, &old->value);
    freeze->bytes += old->key.size + old->value.size;
    HASH_ADD_KEYPTR(hh, freeze->olds, old->key.data, old->key.size, old);
}
// NOLINTEND(readability-function-size,clang-analyzer-unix.Malloc)

bool state_freeze_begin(struct state_store *store, const struct state_head *head)
{
    uv_mutex_lock(&store->freeze_mutex);
    bool good = store->freeze == NULL;
    if (good) {
        store->freeze = memory_new(sizeof *store->freeze);
        store->freeze->head = *head;
    }
    uv_mutex_unlock(&store->freeze_mutex);
    return good;
}

void state_freeze_note(struct state_store *store, struct state_snapshot *before,
                       const struct state_change *changes, size_t count)
{
    uv_mutex_lock(&store->freeze_mutex);
    struct state_freeze *freeze = store->freeze;
    for (size_t i = 0; freeze != NULL && !freeze->broken && i < count; i++) {
        if (bytes_compare(changes[i].key, buffer_bytes(&freeze->passed)) >= 0 &&
            find(freeze, changes[i].key) == NULL) {
            put_aside(freeze, before, changes[i].key);
        }
        if (freeze->bytes > STATE_FREEZE_BYTES_MAX) {
            freeze->broken = true;
            drop_all(freeze);
        }
    }
    uv_mutex_unlock(&store->freeze_mutex);
}

bool state_freeze_head(struct state_store *store, struct state_head *out)
{
    uv_mutex_lock(&store->freeze_mutex);
    bool found = store->freeze != NULL;
    if (found) {
        *out = store->freeze->head;
    }
    uv_mutex_unlock(&store->freeze_mutex);
    return found;
}

void state_freeze_end(struct state_store *store)
{
    uv_mutex_lock(&store->freeze_mutex);
    if (store->freeze != NULL) {
        drop_all(store->freeze);
        buffer_close(&store->freeze->passed);
        free(store->freeze);
        store->freeze = NULL;
    }
    uv_mutex_unlock(&store->freeze_mutex);
}

/* Reading a piece: the pairs of a snapshot, merged with the old values. */

struct piece {
    const struct state_freeze *freeze;
    struct old_value **olds; /* from the first key on, in order */
    size_t old_count;
    size_t old_at;
    size_t size;
    struct buffer *out;
    struct buffer *next;
    uint64_t *key_count;
    bool full;
};

static int by_key(const void *a, const void *b)
{
    const struct old_value *const *first = a;
    const struct old_value *const *second = b;
    return bytes_compare(buffer_bytes(&(*first)->key), buffer_bytes(&(*second)->key));
}

static void collect_olds(struct piece *piece, struct bytes from)
{
    const struct state_freeze *freeze = piece->freeze;
    piece->olds = memory_new(HASH_COUNT(freeze->olds) * sizeof(struct old_value *));
    for (struct old_value *old = freeze->olds; old != NULL; old = old->hh.next) {
        if (old->present && bytes_compare(buffer_bytes(&old->key), from) >= 0) {
            piece->olds[piece->old_count++] = old;
        }
    }
    qsort(piece->olds, piece->old_count, sizeof(struct old_value *), by_key);
}

/* False where the piece is full: the key is the first of the next one. */
static bool give(struct piece *piece, struct bytes key, struct bytes value)
{
    if (piece->out->size >= piece->size) {
        piece->full = true;
        buffer_clear(piece->next);
        buffer_append(piece->next, key);
        return false;
    }
    snapshot_write_pair(piece->out, key, value);
    (*piece->key_count)++;
    return true;
}

/* Old values of keys below `key`; all of them where it is empty. */
static bool give_olds(struct piece *piece, struct bytes key)
{
    while (piece->old_at < piece->old_count) {
        const struct old_value *old = piece->olds[piece->old_at];
        if (key.size > 0 && bytes_compare(buffer_bytes(&old->key), key) >= 0) {
            return true;
        }
        if (!give(piece, buffer_bytes(&old->key), buffer_bytes(&old->value))) {
            return false;
        }
        piece->old_at++;
    }
    return true;
}

static bool each_pair(void *context, struct bytes key, struct bytes value)
{
    struct piece *piece = context;
    if (!give_olds(piece, key)) {
        return false;
    }
    const struct old_value *old = find(piece->freeze, key);
    if (old != NULL) {
        return true; /* changed since: the old value comes in its turn, where there was one */
    }
    return give(piece, key, value);
}

/* Keys below the place that was reached need not be put aside any more. */
static void pass(struct state_freeze *freeze, struct bytes key)
{
    struct old_value *old;
    struct old_value *next;
    buffer_clear(&freeze->passed);
    buffer_append(&freeze->passed, key);
    HASH_ITER(hh, freeze->olds, old, next)
    {
        if (bytes_compare(buffer_bytes(&old->key), key) < 0) {
            // cppcheck-suppress uninitvar; the macro sets it
            drop(freeze, old);
        }
    }
}

/* The snapshot is opened before the mutex is taken: what changed up to its height is put aside then. */
bool state_freeze_read(struct state_store *store, struct buffer *from, size_t size,
                       struct buffer *out, uint64_t *key_count, bool *more)
{
    struct buffer next = {0};
    struct piece piece = {.size = size, .out = out, .next = &next};
    struct state_head head;
    piece.key_count = key_count;
    *more = false;
    struct state_snapshot *snapshot = state_snapshot_open(store);
    state_snapshot_head(snapshot, &head);
    uv_mutex_lock(&store->freeze_mutex);
    struct state_freeze *freeze = store->freeze;
    bool good = freeze != NULL && !freeze->broken && head.height >= freeze->head.height;
    if (good) {
        piece.freeze = freeze;
        collect_olds(&piece, buffer_bytes(from));
        state_snapshot_walk(snapshot, buffer_bytes(from), each_pair, &piece);
        if (!piece.full) {
            (void)give_olds(&piece, (struct bytes){0});
        }
        *more = piece.full;
        if (piece.full) {
            buffer_clear(from);
            buffer_append(from, buffer_bytes(&next));
            pass(freeze, buffer_bytes(&next));
        }
    }
    uv_mutex_unlock(&store->freeze_mutex);
    state_snapshot_close(snapshot);
    free(piece.olds);
    buffer_close(&next);
    return good;
}
