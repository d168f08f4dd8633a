#include "node/state_layer.h"

#include <stdlib.h>
#include <string.h>

#include "base/bcs.h"
#include "base/memory.h"
#include "node/state_batch.h"

#define FILTER_BITS 16 /* for each key: one search in sixteen is in vain */

static int compare_key(const struct state_entry *entry, enum state_table table, struct bytes key)
{
    if (entry->table != table) {
        return entry->table < table ? -1 : 1;
    }
    return bytes_compare(entry->key, key);
}

static int by_key(const void *a, const void *b)
{
    const struct state_entry *left = a;
    const struct state_entry *right = b;
    int order = compare_key(left, right->table, right->key);
    if (order != 0) {
        return order;
    }
    return left->order < right->order ? -1 : 1;
}

/* Sort, and keep the newest of each key. Returns how many are left. */
static size_t settle(struct state_entry *entries, size_t count)
{
    size_t kept = 0;
    qsort(entries, count, sizeof *entries, by_key);
    for (size_t i = 0; i < count; i++) {
        bool newer = i + 1 < count &&
                     compare_key(&entries[i], entries[i + 1].table, entries[i + 1].key) == 0;
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

static void make_filter(struct state_layer *layer)
{
    size_t words = 1;
    while (words * 64 < layer->count * FILTER_BITS) {
        words *= 2;
    }
    layer->filter = memory_new(words * sizeof *layer->filter);
    layer->filter_mask = words * 64 - 1;
    for (size_t i = 0; i < layer->count; i++) {
        uint64_t bit =
            state_layer_hash(layer->entries[i].table, layer->entries[i].key) & layer->filter_mask;
        layer->filter[bit / 64] |= (uint64_t)1 << (bit % 64);
    }
}

struct state_layer *state_layer_new(struct state_batch *batch)
{
    struct state_layer *layer = memory_new(sizeof *layer);
    state_batch_finish(batch);
    layer->height = batch->height;
    layer->references = 1;
    layer->writes = batch->writes;
    layer->entries = memory_new(batch->write_count * sizeof *layer->entries);
    batch->writes = (struct buffer){0};
    struct bcs_reader reader;
    bcs_reader_init(&reader, buffer_bytes(&layer->writes));
    for (uint32_t i = 0; i < batch->write_count; i++) {
        struct state_entry *entry = &layer->entries[i];
        entry->order = i;
        entry->table = bcs_read_u8(&reader);
        entry->erased = bcs_read_bool(&reader);
        entry->key = bcs_read_bytes(&reader, UINT32_MAX);
        entry->value = bcs_read_bytes(&reader, UINT32_MAX);
    }
    assert(bcs_reader_done(&reader));
    layer->count = settle(layer->entries, batch->write_count);
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
            buffer_close(&layer->writes);
            free(layer->entries);
            free(layer->filter);
            free(layer);
        }
    }
}

size_t state_layer_seek(const struct state_layer *layer, enum state_table table, struct bytes key)
{
    size_t low = 0;
    size_t high = layer->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_key(&layer->entries[middle], table, key) < 0) {
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
    size_t place = state_layer_seek(layer, table, key);
    bool found = place < layer->count && compare_key(&layer->entries[place], table, key) == 0;
    return found ? &layer->entries[place] : NULL;
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
static int apply_sorted(const struct state_entry *entries, size_t count,
                        const struct state_store *store, MDB_txn *txn)
{
    MDB_cursor *cursor = NULL;
    int result = MDB_SUCCESS;
    for (size_t i = 0; i < count && result == MDB_SUCCESS; i++) {
        if (i == 0 || entries[i].table != entries[i - 1].table) {
            if (cursor != NULL) {
                mdb_cursor_close(cursor);
            }
            result = mdb_cursor_open(txn, store->tables[entries[i].table], &cursor);
            cursor = result == MDB_SUCCESS ? cursor : NULL;
        }
        result = result == MDB_SUCCESS ? apply_entry(cursor, &entries[i]) : result;
    }
    if (cursor != NULL) {
        mdb_cursor_close(cursor);
    }
    return result;
}

int state_layers_apply(struct state_layer *const *layers, uint32_t count,
                       const struct state_store *store, MDB_txn *txn)
{
    size_t total = 0;
    for (uint32_t i = 0; i < count; i++) {
        total += layers[i]->count;
    }
    struct state_entry *entries = memory_new(total * sizeof *entries);
    size_t filled = 0;
    for (uint32_t i = 0; i < count; i++) {
        for (size_t j = 0; j < layers[i]->count; j++) {
            entries[filled] = layers[i]->entries[j];
            entries[filled++].order = i;
        }
    }
    int result = apply_sorted(entries, count > 1 ? settle(entries, total) : total, store, txn);
    free(entries);
    return result;
}
