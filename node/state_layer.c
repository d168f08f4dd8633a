#include "node/state_layer.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "node/state_batch.h"

#define FILTER_BITS 16 /* for each key: one search in sixteen is in vain */

void state_writes_close(struct state_writes *writes)
{
    buffer_close(&writes->entries);
    buffer_close(&writes->data);
}

static int by_key(const void *a, const void *b)
{
    const struct state_entry *left = a;
    const struct state_entry *right = b;
    int order = bytes_compare(left->key, right->key);
    if (order != 0) {
        return order;
    }
    return left->order < right->order ? -1 : 1;
}

static bool ascend(const struct state_entry *entries, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (bytes_compare(entries[i - 1].key, entries[i].key) >= 0) {
            return false;
        }
    }
    return true;
}

/* Sort, and keep the newest of each key. Returns how many are left. */
static size_t settle(struct state_entry *entries, size_t count)
{
    size_t kept = 0;
    if (ascend(entries, count)) { /* as most tables are written */
        return count;
    }
    qsort(entries, count, sizeof *entries, by_key);
    for (size_t i = 0; i < count; i++) {
        bool newer = i + 1 < count && bytes_equal(entries[i].key, entries[i + 1].key);
        if (!newer) {
            entries[kept++] = entries[i];
        }
    }
    return kept;
}

/* FNV-1a, eight bytes at a time. Who makes keys collide makes a search, as without the filter. */
uint64_t state_layer_hash(enum state_table table, struct bytes key)
{
    uint64_t hash = 0xcbf29ce484222325u + (uint64_t)table;
    for (size_t i = 0; i < key.size; i += sizeof hash) {
        uint64_t word = 0;
        memcpy(&word, key.data + i, key.size - i < sizeof word ? key.size - i : sizeof word);
        hash = (hash ^ word) * 0x100000001b3u;
        hash ^= hash >> 29;
    }
    return hash;
}

const struct state_entry *state_layer_entries(const struct state_layer *layer,
                                              enum state_table table, size_t *count)
{
    const struct buffer *entries = &layer->writes[table].entries;
    *count = entries->size / sizeof(struct state_entry);
    return (const void *)entries->data;
}

static void make_filter(struct state_layer *layer)
{
    size_t total = 0;
    size_t words = 1;
    for (size_t i = 0; i < STATE_TABLE_COUNT; i++) {
        total += layer->writes[i].entries.size / sizeof(struct state_entry);
    }
    while (words * 64 < total * FILTER_BITS) {
        words *= 2;
    }
    layer->filter = memory_new(words * sizeof *layer->filter);
    layer->filter_mask = words * 64 - 1;
    for (enum state_table table = 0; table < STATE_TABLE_COUNT; table++) {
        size_t count;
        const struct state_entry *entries = state_layer_entries(layer, table, &count);
        for (size_t i = 0; i < count; i++) {
            uint64_t bit = state_layer_hash(table, entries[i].key) & layer->filter_mask;
            layer->filter[bit / 64] |= (uint64_t)1 << (bit % 64);
        }
    }
}

/* All is written: say where each key and value is, and bring them into order. */
static void settle_writes(struct state_writes *writes)
{
    struct state_entry *entries = (void *)writes->entries.data;
    size_t count = writes->entries.size / sizeof *entries;
    const uint8_t *data = writes->data.data;
    for (size_t i = 0; i < count; i++) {
        entries[i].order = (uint32_t)i;
        entries[i].key.data = data;
        data += entries[i].key.size;
        entries[i].value.data = data;
        data += entries[i].value.size;
    }
    writes->entries.size = settle(entries, count) * sizeof *entries;
}

struct state_layer *state_layer_new(struct state_batch *batch)
{
    struct state_layer *layer = memory_new(sizeof *layer);
    layer->height = batch->height;
    layer->references = 1;
    for (size_t i = 0; i < STATE_TABLE_COUNT; i++) {
        layer->writes[i] = batch->writes[i];
        batch->writes[i] = (struct state_writes){0};
        settle_writes(&layer->writes[i]);
    }
    make_filter(layer);
    state_batch_free(batch);
    return layer;
}

void state_layers_release(struct state_layer *const *layers, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct state_layer *layer = layers[i];
        layer->references--;
        if (layer->references == 0) {
            for (size_t table = 0; table < STATE_TABLE_COUNT; table++) {
                state_writes_close(&layer->writes[table]);
            }
            free(layer->filter);
            free(layer);
        }
    }
}

size_t state_layer_seek(const struct state_layer *layer, enum state_table table, struct bytes key)
{
    size_t low = 0;
    size_t high;
    const struct state_entry *entries = state_layer_entries(layer, table, &high);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (bytes_compare(entries[middle].key, key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const struct state_entry *state_layer_find(const struct state_layer *layer, enum state_table table,
                                           struct bytes key, uint64_t hash)
{
    uint64_t bit = hash & layer->filter_mask;
    if ((layer->filter[bit / 64] >> (bit % 64) & 1) == 0) {
        return NULL;
    }
    size_t count;
    const struct state_entry *entries = state_layer_entries(layer, table, &count);
    size_t place = state_layer_seek(layer, table, key);
    bool found = place < count && bytes_equal(entries[place].key, key);
    return found ? &entries[place] : NULL;
}

static int apply_entry(MDB_cursor *cursor, const struct state_entry *entry)
{
    MDB_val key = state_val(entry->key);
    MDB_val value = state_val(entry->value);
    if (!entry->erased) {
        return mdb_cursor_put(cursor, &key, &value, 0);
    }
    int result = mdb_cursor_get(cursor, &key, &value, MDB_SET);
    if (result == MDB_NOTFOUND) {
        return MDB_SUCCESS;
    }
    return result == MDB_SUCCESS ? mdb_cursor_del(cursor, 0) : result;
}

/* In the order of the keys: a cursor that finds the next key on the page where it stands need not go
 * down the tree again. */
static int apply_sorted(const struct state_entry *entries, size_t count, MDB_dbi table,
                        MDB_txn *txn)
{
    MDB_cursor *cursor = NULL;
    int result = mdb_cursor_open(txn, table, &cursor);
    if (result != MDB_SUCCESS) {
        return result;
    }
    for (size_t i = 0; i < count && result == MDB_SUCCESS; i++) {
        result = apply_entry(cursor, &entries[i]);
    }
    mdb_cursor_close(cursor);
    return result;
}

/* The entries of a table in all layers, the newest of each key. Returns their count. */
static size_t gather(struct buffer *out, struct state_layer *const *layers, uint32_t layer_count,
                     enum state_table table)
{
    buffer_clear(out);
    for (uint32_t i = 0; i < layer_count; i++) {
        size_t begin = out->size;
        buffer_append(out, buffer_bytes(&layers[i]->writes[table].entries));
        for (size_t at = begin; at < out->size; at += sizeof(struct state_entry)) {
            ((struct state_entry *)(void *)(out->data + at))->order = i;
        }
    }
    return settle((void *)out->data, out->size / sizeof(struct state_entry));
}

int state_layers_apply(struct state_layer *const *layers, uint32_t count,
                       const struct state_store *store, MDB_txn *txn)
{
    struct buffer entries = {0};
    int result = MDB_SUCCESS;
    for (enum state_table i = 0; i < STATE_TABLE_COUNT && result == MDB_SUCCESS; i++) {
        size_t kept = gather(&entries, layers, count, i);
        result = apply_sorted((void *)entries.data, kept, store->tables[i], txn);
    }
    buffer_close(&entries);
    return result;
}
