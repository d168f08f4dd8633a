#include "node/state_batch.h"

#include <stdlib.h>

#include "base/bcs.h"
#include "base/table.h"
#include "node/state_freeze.h"
#include "node/state_guard.h"
#include "node/state_trie.h"

struct state_batch_node {
    struct trie_path path;
    bool erased;
    struct trie_node node;
    UT_hash_handle hh;
};

static_assert(sizeof(struct trie_path) == 34, "a path has no padding and can be a hash key");

/* The macros of the table expand to more than the linter bears. */
// NOLINTBEGIN(readability-function-size,clang-analyzer-unix.Malloc)
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
    struct state_batch_node *node;
    struct state_batch_node *next;
    HASH_ITER(hh, batch->nodes, node, next)
    {
        HASH_DEL(batch->nodes, node);
        free(node);
    }
    state_snapshot_close(batch->snapshot);
    buffer_close(&batch->writes);
    free(batch);
}

static struct state_batch_node *find(const struct state_batch *batch, const struct trie_path *path)
{
    struct state_batch_node *found = NULL;
    HASH_FIND(hh, batch->nodes, path, sizeof *path, found);
    return found;
}

static bool trie_get(void *context, const struct trie_path *path, struct trie_node *out)
{
    struct state_batch *batch = context;
    const struct state_batch_node *entry = find(batch, path);
    if (entry != NULL) {
        *out = entry->node;
        return !entry->erased;
    }
    if (batch->snapshot == NULL) {
        return false;
    }
    struct trie_store below = state_snapshot_trie(batch->snapshot);
    return below.get(below.context, path, out);
}

static struct state_batch_node *entry_for(struct state_batch *batch, const struct trie_path *path)
{
    struct state_batch_node *entry = find(batch, path);
    if (entry == NULL) {
        entry = memory_new(sizeof *entry);
        entry->path = *path;
        HASH_ADD(hh, batch->nodes, path, sizeof entry->path, entry);
    }
    return entry;
}

static void trie_put(void *context, const struct trie_path *path, const struct trie_node *node)
{
    struct state_batch_node *entry = entry_for(context, path);
    entry->erased = false;
    entry->node = *node;
}

static void trie_erase(void *context, const struct trie_path *path)
{
    entry_for(context, path)->erased = true;
}

static void add_write(struct state_batch *batch, enum state_table table, bool erased,
                      struct bytes key, struct bytes value)
{
    bcs_write_u8(&batch->writes, (uint8_t)table);
    bcs_write_bool(&batch->writes, erased);
    bcs_write_bytes(&batch->writes, key);
    bcs_write_bytes(&batch->writes, value);
    batch->write_count++;
}

void state_batch_write(struct state_batch *batch, enum state_table table, struct bytes key,
                       struct bytes value)
{
    add_write(batch, table, false, key, value);
}

/* The trie asserts that its nodes are there: a lost one is damage to the database, not a bug. */
static void update_trie(struct state_batch *batch, const struct state_change *changes, size_t count,
                        struct hash *root)
{
    struct trie_store trie = {batch, trie_get, trie_put, trie_erase};
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

void state_batch_finish(struct state_batch *batch)
{
    struct buffer value = {0};
    state_snapshot_close(batch->snapshot);
    batch->snapshot = NULL;
    for (const struct state_batch_node *node = batch->nodes; node != NULL; node = node->hh.next) {
        struct state_table_key key;
        state_key_trie(&key, &node->path);
        buffer_clear(&value);
        if (!node->erased) {
            state_value_trie(&value, &node->node);
        }
        add_write(batch, STATE_TABLE_TRIE, node->erased, (struct bytes){key.data, key.size},
                  buffer_bytes(&value));
    }
    buffer_close(&value);
}
// NOLINTEND(readability-function-size,clang-analyzer-unix.Malloc)
