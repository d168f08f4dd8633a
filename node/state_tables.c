#include "node/state_tables.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/bcs.h"
#include "node/fault.h"
#include "node/state_guard.h"
#include "node/state_layer.h"

static void add_number(struct state_table_key *key, uint64_t number, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        key->data[key->size++] = (uint8_t)(number >> (8 * (size - 1 - i)));
    }
}

/* Depth first: the upper levels, which every update touches, share a few pages. */
void state_key_trie(struct state_table_key *out, const struct trie_path *path)
{
    size_t size = ((size_t)path->depth + 7) / 8;
    out->size = 0;
    add_number(out, path->depth, 2);
    memcpy(out->data + out->size, path->bits, size);
    out->size += size;
}

void state_key_receipt(struct state_table_key *out, uint64_t height, uint32_t index)
{
    out->size = 0;
    add_number(out, height, 8);
    add_number(out, index, 4);
}

void state_key_event(struct state_table_key *out, const struct event_cursor *cursor)
{
    state_key_receipt(out, cursor->height, cursor->index);
    add_number(out, cursor->n, 4);
}

void state_key_height(struct state_table_key *out, uint64_t height)
{
    out->size = 0;
    add_number(out, height, 8);
}

static uint64_t read_number(const uint8_t *data, size_t size)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++) {
        number = number << 8 | data[i];
    }
    return number;
}

bool state_key_read_height(uint64_t *out, struct bytes key)
{
    *out = key.size == 8 ? read_number(key.data, 8) : 0;
    return key.size == 8;
}

void state_key_read_event(struct event_cursor *out, const uint8_t key[STATE_EVENT_KEY_SIZE])
{
    out->height = read_number(key, 8);
    out->index = (uint32_t)read_number(key + 8, 4);
    out->n = (uint32_t)read_number(key + 12, 4);
}

void state_value_trie(uint8_t out[STATE_TRIE_VALUE_SIZE], const struct trie_node *node)
{
    out[0] = (uint8_t)node->kind;
    memcpy(out + 1, node->a.bytes, sizeof node->a.bytes);
    memcpy(out + 1 + sizeof node->a.bytes, node->b.bytes, sizeof node->b.bytes);
}

bool state_value_read_trie(struct trie_node *out, struct bytes value)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, value);
    uint8_t kind = bcs_read_u8(&reader);
    bcs_read_array(&reader, out->a.bytes, sizeof out->a.bytes);
    bcs_read_array(&reader, out->b.bytes, sizeof out->b.bytes);
    out->kind = kind == TRIE_LEAF ? TRIE_LEAF : TRIE_BRANCH;
    return bcs_reader_done(&reader) && (kind == TRIE_LEAF || kind == TRIE_BRANCH);
}

MDB_val state_val(struct bytes bytes)
{
    MDB_val value = {.mv_size = bytes.size};
    /* LMDB's type has no const; what is given to it for reading is not written. */
    memcpy(&value.mv_data, &bytes.data, sizeof value.mv_data);
    return value;
}

struct bytes state_bytes(MDB_val value)
{
    return (struct bytes){value.mv_data, value.mv_size};
}

void state_touch(struct bytes bytes)
{
    if (bytes.size > 0) {
        const volatile uint8_t *data = bytes.data;
        (void)data[0];
        (void)data[bytes.size - 1];
    }
}

int state_disk_error(const struct state_store *store, int result)
{
    struct statvfs disk;
    bool full = result == EIO && statvfs(store->path, &disk) == 0 && disk.f_bavail < 16;
    return full ? ENOSPC : result;
}

void state_check(const struct state_store *store, int result, const char *what)
{
    if (result == MDB_SUCCESS) {
        return;
    }
    if (result == MDB_CORRUPTED || result == MDB_PAGE_NOTFOUND || result == MDB_PANIC ||
        result == MDB_KEYEXIST || result == MDB_BAD_VALSIZE) {
        state_stop_corrupt(store, what);
    }
    fault_stop(FAULT_DISK, "%s: %s failed: %s", store->path, what,
               mdb_strerror(state_disk_error(store, result)));
}

void state_stop_corrupt(const struct state_store *store, const char *what)
{
    fault_stop(FAULT_CORRUPT, "%s: the state database is damaged (%s); " STATE_GUARD_ADVICE,
               store->path, what);
}

bool state_lookup(struct state_snapshot *snapshot, enum state_table table, struct bytes key,
                  struct bytes *value)
{
    *value = (struct bytes){0};
    const uint64_t hash = state_layer_hash(table, key);
    for (uint32_t i = 0; i < snapshot->layer_count; i++) {
        const struct state_entry *entry = state_layer_find(snapshot->layers[i], table, key, hash);
        if (entry != NULL) {
            *value = entry->value;
            return !entry->erased;
        }
    }
    MDB_val wanted = state_val(key);
    MDB_val found = {0};
    const char *guard = state_guard_enter(snapshot->store->path);
    int result = mdb_get(snapshot->txn, snapshot->store->tables[table], &wanted, &found);
    if (result == MDB_SUCCESS) {
        state_touch(state_bytes(found));
    }
    state_guard_leave(guard);
    if (result == MDB_NOTFOUND) {
        return false;
    }
    state_check(snapshot->store, result, "reading");
    *value = state_bytes(found);
    return true;
}
