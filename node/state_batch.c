#include "node/state_batch.h"

#include <stdlib.h>

#include "base/bcs.h"
#include "base/memory.h"
#include "node/state_freeze.h"
#include "node/state_guard.h"
#include "node/state_trie.h"

struct state_batch *state_batch_new(struct state_snapshot *snapshot)
{
    struct state_batch *batch = memory_new(sizeof *batch);
    batch->snapshot = snapshot;
    return batch;
}

void state_batch_free(struct state_batch *batch)
{
    if (batch == NULL) {
        return;
    }
    state_snapshot_close(batch->snapshot);
    for (size_t i = 0; i < STATE_TABLE_COUNT; i++) {
        state_writes_close(&batch->writes[i]);
    }
    free(batch);
}

static void add_write(struct state_batch *batch, enum state_table table, bool erased,
                      struct bytes key, struct bytes value)
{
    struct state_writes *writes = &batch->writes[table];
    const struct state_entry entry = {
        .erased = erased, .key.size = key.size, .value.size = value.size};
    buffer_append(&writes->entries, BYTES_OF(entry));
    buffer_append(&writes->data, key);
    buffer_append(&writes->data, value);
}

void state_batch_write(struct state_batch *batch, enum state_table table, struct bytes key,
                       struct bytes value)
{
    add_write(batch, table, false, key, value);
}

/* What an update writes it does not read again. */
static bool trie_get(void *context, const struct trie_path *path, struct trie_node *out)
{
    struct state_batch *batch = context;
    if (batch->snapshot == NULL) {
        return false;
    }
    struct trie_store below = state_snapshot_trie(batch->snapshot);
    return below.get(below.context, path, out);
}

static void trie_put(void *context, const struct trie_path *path, const struct trie_node *node)
{
    struct state_table_key key;
    uint8_t value[STATE_TRIE_VALUE_SIZE];
    state_key_trie(&key, path);
    state_value_trie(value, node);
    add_write(context, STATE_TABLE_TRIE, false, (struct bytes){key.data, key.size},
              BYTES_OF(value));
}

static void trie_erase(void *context, const struct trie_path *path)
{
    const struct bytes none = {0};
    struct state_table_key key;
    state_key_trie(&key, path);
    add_write(context, STATE_TABLE_TRIE, true, (struct bytes){key.data, key.size}, none);
}

/* The trie asserts that its nodes are there: a lost one is damage to the database, not a bug. */
static void update_trie(struct state_batch *batch, const struct state_change *changes, size_t count,
                        struct hash *root)
{
    struct trie_store trie = {batch, trie_get, trie_put, trie_erase};
    assert(batch->writes[STATE_TABLE_TRIE].entries.size == 0 && "one update for each batch");
    bool below = batch->snapshot != NULL;
    const char *guard = state_guard_enter(below ? batch->snapshot->store->path : NULL);
    state_trie_update(&trie, changes, count, root);
    state_guard_leave(guard);
}

void state_batch_state(struct state_batch *batch, const struct state_change *changes, size_t count,
                       struct hash *root)
{
    if (batch->snapshot != NULL) {
        state_freeze_note(batch->snapshot->store, batch->snapshot, changes, count);
    }
    update_trie(batch, changes, count, root);
    for (size_t i = 0; i < count; i++) {
        const struct bytes none = {0};
        add_write(batch, STATE_TABLE_STATE, changes[i].erased, changes[i].key,
                  changes[i].erased ? none : changes[i].value);
    }
}

static void add_events(struct state_batch *batch, struct event_cursor cursor, struct bytes receipt)
{
    struct receipt decoded;
    bool good = schema_decode(&receipt_schema, &decoded, receipt, NULL, 0);
    assert(good);
    struct buffer value = {0};
    struct event event;
    size_t offset = 0;
    while (receipt_next_event(decoded.events, &offset, &event)) {
        struct state_table_key key;
        state_key_event(&key, &cursor);
        buffer_clear(&value);
        bcs_write_u16(&value, event.kind);
        buffer_append(&value, event.data);
        state_batch_write(batch, STATE_TABLE_EVENTS, (struct bytes){key.data, key.size},
                          buffer_bytes(&value));
        cursor.n++;
    }
    buffer_close(&value);
}

void state_batch_receipts(struct state_batch *batch, uint64_t height,
                          const struct ledger_results *results)
{
    for (uint32_t i = 0; i < results->count; i++) {
        struct bytes receipt = ledger_receipt(results, i);
        struct state_table_key key;
        state_key_receipt(&key, height, i);
        state_batch_write(batch, STATE_TABLE_RECEIPTS, (struct bytes){key.data, key.size}, receipt);
        add_events(batch, (struct event_cursor){height, i, 0}, receipt);
    }
}

void state_batch_transaction(struct state_batch *batch, const struct hash *id,
                             const struct transaction_place *place)
{
    struct buffer value = {0};
    bcs_write_u64(&value, place->height);
    bcs_write_u32(&value, place->index);
    state_batch_write(batch, STATE_TABLE_TRANSACTIONS, BYTES_OF(id->bytes), buffer_bytes(&value));
    buffer_close(&value);
}

void state_batch_blob(struct state_batch *batch, const struct hash *root,
                      const struct blob_place *place)
{
    struct buffer value = {0};
    bcs_write_u64(&value, place->height);
    bcs_write_u32(&value, place->offset);
    bcs_write_u32(&value, place->size);
    state_batch_write(batch, STATE_TABLE_BLOBS, BYTES_OF(root->bytes), buffer_bytes(&value));
    buffer_close(&value);
}

void state_batch_handover(struct state_batch *batch, uint64_t since, struct bytes link)
{
    struct state_table_key key;
    state_key_height(&key, since);
    state_batch_write(batch, STATE_TABLE_HANDOVERS, (struct bytes){key.data, key.size}, link);
}

void state_batch_head(struct state_batch *batch, const struct state_head *head)
{
    struct buffer value = {0};
    batch->height = head->height;
    schema_write(&value, &state_head_schema, head);
    state_batch_write(batch, STATE_TABLE_META, bytes_of_text(STATE_META_HEAD),
                      buffer_bytes(&value));
    buffer_close(&value);
}
