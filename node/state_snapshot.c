#include <stdlib.h>
#include <string.h>

#include "base/bcs.h"
#include "base/memory.h"
#include "market/members.h"
#include "node/state_guard.h"
#include "node/state_layer.h"

static const struct field head_fields[] = {
    SCHEMA_U64(struct state_head, height),
    SCHEMA_U64(struct state_head, time_ms),
    SCHEMA_ARRAY(struct state_head, digest, FORM_HEX),
    SCHEMA_ARRAY(struct state_head, state_root, FORM_HEX),
    SCHEMA_ARRAY(struct state_head, receipts_root, FORM_HEX),
    SCHEMA_BOOL(struct state_head, deadlines_pending),
};
const struct schema state_head_schema = SCHEMA("state_head", struct state_head, head_fields);

/* Within the lock: what is being written to the database was shown before, so the transaction is never
 * ahead of the layers. */
static struct state_snapshot *open_up_to(struct state_store *store, bool newest)
{
    uv_mutex_lock(&store->mutex);
    while (store->growing) {
        uv_cond_wait(&store->idle, &store->mutex);
    }
    uint32_t count = store->layer_count;
    while (!newest && count > 0 && store->layers[count - 1]->height > store->shown) {
        count--;
    }
    struct state_snapshot *snapshot =
        memory_new(sizeof *snapshot + count * sizeof(struct state_layer *));
    snapshot->store = store;
    snapshot->layer_count = count;
    for (uint32_t i = 0; i < count; i++) {
        snapshot->layers[i] = store->layers[count - 1 - i];
        snapshot->layers[i]->references++;
    }
    const char *guard = state_guard_enter(store->path);
    int result = mdb_txn_begin(store->env, NULL, MDB_RDONLY, &snapshot->txn);
    state_guard_leave(guard);
    state_check(store, result, "beginning a snapshot");
    store->snapshot_count++;
    uv_mutex_unlock(&store->mutex);
    return snapshot;
}

struct state_snapshot *state_snapshot_open(struct state_store *store)
{
    return open_up_to(store, false);
}

struct state_snapshot *state_snapshot_open_newest(struct state_store *store)
{
    return open_up_to(store, true);
}

void state_snapshot_close(struct state_snapshot *snapshot)
{
    if (snapshot == NULL) {
        return;
    }
    struct state_store *store = snapshot->store;
    mdb_txn_abort(snapshot->txn);
    uv_mutex_lock(&store->mutex);
    state_layers_release(snapshot->layers, snapshot->layer_count);
    store->snapshot_count--;
    uv_cond_broadcast(&store->idle);
    uv_mutex_unlock(&store->mutex);
    free(snapshot);
}

void state_snapshot_head(struct state_snapshot *snapshot, struct state_head *out)
{
    struct bytes value;
    if (!state_lookup(snapshot, STATE_TABLE_META, bytes_of_text(STATE_META_HEAD), &value) ||
        !schema_decode(&state_head_schema, out, value, NULL, 0)) {
        state_stop_corrupt(snapshot->store, "no head");
    }
}

void state_snapshot_genesis(struct state_snapshot *snapshot, struct buffer *out)
{
    struct bytes value;
    if (!state_lookup(snapshot, STATE_TABLE_META, bytes_of_text(STATE_META_GENESIS), &value)) {
        state_stop_corrupt(snapshot->store, "no genesis");
    }
    buffer_append(out, value);
}

bool state_snapshot_get(struct state_snapshot *snapshot, struct bytes key, struct buffer *value)
{
    struct bytes found;
    if (!state_lookup(snapshot, STATE_TABLE_STATE, key, &found)) {
        return false;
    }
    buffer_append(value, found);
    return true;
}

static bool source_get(void *context, struct bytes key, struct buffer *value)
{
    return state_snapshot_get(context, key, value);
}

struct state_source state_snapshot_source(struct state_snapshot *snapshot)
{
    return (struct state_source){snapshot, source_get};
}

static bool trie_get(void *context, const struct trie_path *path, struct trie_node *out)
{
    struct state_snapshot *snapshot = context;
    struct state_table_key key;
    struct bytes value;
    state_key_trie(&key, path);
    if (!state_lookup(snapshot, STATE_TABLE_TRIE, (struct bytes){key.data, key.size}, &value)) {
        return false;
    }
    if (!state_value_read_trie(out, value)) {
        state_stop_corrupt(snapshot->store, "a trie node");
    }
    return true;
}

static void trie_refuse_put(void *context, const struct trie_path *path,
                            const struct trie_node *node)
{
    (void)context;
    (void)path;
    (void)node;
    bool writable = false;
    assert(writable && "a snapshot is only read");
}

static void trie_refuse_erase(void *context, const struct trie_path *path)
{
    (void)context;
    (void)path;
    bool writable = false;
    assert(writable && "a snapshot is only read");
}

struct trie_store state_snapshot_trie(struct state_snapshot *snapshot)
{
    return (struct trie_store){snapshot, trie_get, trie_refuse_put, trie_refuse_erase};
}

/* The trie asserts that its nodes are there: a lost one is damage to the database, not a bug. */
void state_snapshot_prove(struct state_snapshot *snapshot, struct bytes key, struct trie_proof *out)
{
    struct hash place;
    struct trie_store trie = state_snapshot_trie(snapshot);
    trie_key_hash(&place, key);
    const char *guard = state_guard_enter(snapshot->store->path);
    trie_prove(&trie, &place, out);
    state_guard_leave(guard);
}

/* A walk through one table of the database and all layers at once. */
struct walk {
    struct state_snapshot *snapshot;
    enum state_table table;
    MDB_cursor *cursor;
    bool more;        /* the cursor stands on a record ... */
    struct bytes key; /* ... which is this */
    struct bytes value;
    size_t *places; /* in each layer: of the next entry */
};

static void step(struct walk *walk, MDB_cursor_op operation)
{
    MDB_val key = state_val(walk->key);
    MDB_val value = {0};
    const char *guard = state_guard_enter(walk->snapshot->store->path);
    int result = mdb_cursor_get(walk->cursor, &key, &value, operation);
    if (result == MDB_SUCCESS) {
        state_touch(state_bytes(key));
        state_touch(state_bytes(value));
    }
    state_guard_leave(guard);
    walk->more = result != MDB_NOTFOUND;
    if (walk->more) {
        state_check(walk->snapshot->store, result, "reading");
        walk->key = state_bytes(key);
        walk->value = state_bytes(value);
    }
}

static const struct state_entry *entry_at(const struct walk *walk, uint32_t layer)
{
    size_t count;
    const struct state_entry *entries =
        state_layer_entries(walk->snapshot->layers[layer], walk->table, &count);
    return walk->places[layer] < count ? &entries[walk->places[layer]] : NULL;
}

/* The lowest key of all, from the newest layer that has it. False at the end. */
static bool lowest(const struct walk *walk, struct state_entry *out)
{
    bool found = false;
    const char *guard = state_guard_enter(walk->snapshot->store->path);
    for (uint32_t i = 0; i < walk->snapshot->layer_count; i++) {
        const struct state_entry *entry = entry_at(walk, i);
        if (entry != NULL && (!found || bytes_compare(entry->key, out->key) < 0)) {
            *out = *entry;
            found = true;
        }
    }
    if (walk->more && (!found || bytes_compare(walk->key, out->key) < 0)) {
        *out = (struct state_entry){.key = walk->key, .value = walk->value};
        found = true;
    }
    state_guard_leave(guard);
    return found;
}

static void pass(struct walk *walk, struct bytes key)
{
    const char *guard = state_guard_enter(walk->snapshot->store->path);
    for (uint32_t i = 0; i < walk->snapshot->layer_count; i++) {
        const struct state_entry *entry = entry_at(walk, i);
        walk->places[i] += entry != NULL && bytes_equal(entry->key, key) ? 1 : 0;
    }
    if (walk->more && bytes_equal(walk->key, key)) {
        step(walk, MDB_NEXT);
    }
    state_guard_leave(guard);
}

void state_walk(struct state_snapshot *snapshot, enum state_table table, struct bytes from,
                bool (*each)(void *context, struct bytes key, struct bytes value), void *context)
{
    struct walk walk = {.snapshot = snapshot, .table = table, .key = from};
    int result = mdb_cursor_open(snapshot->txn, snapshot->store->tables[table], &walk.cursor);
    state_check(snapshot->store, result, "opening a cursor");
    walk.places = memory_new((snapshot->layer_count + 1) * sizeof *walk.places);
    for (uint32_t i = 0; i < snapshot->layer_count; i++) {
        walk.places[i] = state_layer_seek(snapshot->layers[i], table, from);
    }
    step(&walk, from.size == 0 ? MDB_FIRST : MDB_SET_RANGE);
    struct state_entry entry = {0};
    while (lowest(&walk, &entry) && (entry.erased || each(context, entry.key, entry.value))) {
        pass(&walk, entry.key);
    }
    free(walk.places);
    mdb_cursor_close(walk.cursor);
}

void state_snapshot_walk(struct state_snapshot *snapshot, struct bytes from,
                         bool (*each)(void *context, struct bytes key, struct bytes value),
                         void *context)
{
    state_walk(snapshot, STATE_TABLE_STATE, from, each, context);
}

struct validator_set *state_snapshot_validators(struct state_snapshot *snapshot, uint64_t height)
{
    struct state_source source = state_snapshot_source(snapshot);
    struct state *state = state_new(&source);
    struct validators *validators = memory_new(sizeof(*validators));
    members_load(state, height, validators);
    struct validator_set *set = validator_set_new(validators);
    free(validators);
    state_free(state);
    return set;
}

struct gathering {
    const struct state_store *store;
    uint64_t height;
    struct buffer *out;
};

static bool gather(void *context, struct bytes key, struct bytes value)
{
    const struct gathering *gathering = context;
    uint64_t since;
    if (!state_key_read_height(&since, key)) {
        state_stop_corrupt(gathering->store, "a handover");
    }
    if (since <= gathering->height) {
        buffer_append(gathering->out, value);
    }
    return since < gathering->height;
}

void state_snapshot_handovers(struct state_snapshot *snapshot, uint64_t height, struct buffer *out)
{
    struct gathering gathering = {snapshot->store, height, out};
    state_walk(snapshot, STATE_TABLE_HANDOVERS, (struct bytes){0}, gather, &gathering);
}

bool state_snapshot_receipt(struct state_snapshot *snapshot, uint64_t height, uint32_t index,
                            struct buffer *out)
{
    struct state_table_key key;
    struct bytes value;
    state_key_receipt(&key, height, index);
    if (!state_lookup(snapshot, STATE_TABLE_RECEIPTS, (struct bytes){key.data, key.size}, &value)) {
        return false;
    }
    buffer_append(out, value);
    return true;
}

bool state_snapshot_transaction(struct state_snapshot *snapshot, const struct hash *id,
                                struct transaction_place *out)
{
    struct bytes value;
    if (!state_lookup(snapshot, STATE_TABLE_TRANSACTIONS, BYTES_OF(id->bytes), &value)) {
        *out = (struct transaction_place){0};
        return false;
    }
    struct bcs_reader reader;
    bcs_reader_init(&reader, value);
    out->height = bcs_read_u64(&reader);
    out->index = bcs_read_u32(&reader);
    if (!bcs_reader_done(&reader)) {
        state_stop_corrupt(snapshot->store, "a transaction's place");
    }
    return true;
}

static void read_place(const struct state_snapshot *snapshot, struct bytes value,
                       struct blob_place *out)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, value);
    out->height = bcs_read_u64(&reader);
    out->offset = bcs_read_u32(&reader);
    out->size = bcs_read_u32(&reader);
    if (!bcs_reader_done(&reader)) {
        state_stop_corrupt(snapshot->store, "a blob's place");
    }
}

bool state_snapshot_blob(struct state_snapshot *snapshot, const struct hash *root,
                         struct blob_place *out)
{
    struct bytes value;
    *out = (struct blob_place){0};
    if (!state_lookup(snapshot, STATE_TABLE_BLOBS, BYTES_OF(root->bytes), &value)) {
        return false;
    }
    read_place(snapshot, value, out);
    return true;
}

struct blob_walk {
    struct state_snapshot *snapshot;
    void (*each)(void *context, const struct hash *root, const struct blob_place *place);
    void *context;
};

static bool each_blob(void *context, struct bytes key, struct bytes value)
{
    const struct blob_walk *blobs = context;
    struct blob_place place;
    struct hash root;
    if (key.size != sizeof(root)) {
        state_stop_corrupt(blobs->snapshot->store, "a blob's root");
    }
    memcpy(root.bytes, key.data, sizeof(root));
    read_place(blobs->snapshot, value, &place);
    blobs->each(blobs->context, &root, &place);
    return true;
}

struct event_walk {
    struct state_snapshot *snapshot;
    struct state_table_key after;
    bool (*each)(void *context, const struct event_cursor *cursor, const struct event *event);
    void *context;
};

static bool each_event(void *context, struct bytes key, struct bytes value)
{
    struct event_walk *events = context;
    if (bytes_equal(key, (struct bytes){events->after.data, events->after.size})) {
        return true;
    }
    struct event_cursor cursor;
    struct bcs_reader reader;
    bcs_reader_init(&reader, value);
    struct event event = {.kind = bcs_read_u16(&reader)};
    if (key.size != STATE_EVENT_KEY_SIZE || reader.status != BCS_OK) {
        state_stop_corrupt(events->snapshot->store, "an event");
    }
    event.data = (struct bytes){value.data + reader.offset, value.size - reader.offset};
    state_key_read_event(&cursor, key.data);
    return events->each(events->context, &cursor, &event);
}

void state_snapshot_events(struct state_snapshot *snapshot, const struct event_cursor *after,
                           bool (*each)(void *context, const struct event_cursor *cursor,
                                        const struct event *event),
                           void *context)
{
    struct event_walk events = {.snapshot = snapshot, .each = each, .context = context};
    state_key_event(&events.after, after);
    state_walk(snapshot, STATE_TABLE_EVENTS, (struct bytes){events.after.data, events.after.size},
               each_event, &events);
}

void state_snapshot_blobs(struct state_snapshot *snapshot,
                          void (*each)(void *context, const struct hash *root,
                                       const struct blob_place *place),
                          void *context)
{
    struct blob_walk blobs = {snapshot, each, context};
    state_walk(snapshot, STATE_TABLE_BLOBS, (struct bytes){0}, each_blob, &blobs);
}
