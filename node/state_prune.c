#include "node/state_prune.h"

#include <string.h>

#include "base/bcs.h"
#include "node/state_batch.h"
#include "node/state_guard.h"

#define RESERVE_BYTES ((uint64_t)16 << 20) /* pages that a step takes and gives back, at most */

uint64_t state_snapshot_base(struct state_snapshot *snapshot)
{
    struct bytes value;
    struct bcs_reader reader;
    if (!state_lookup(snapshot, STATE_TABLE_META, bytes_of_text(STATE_META_BASE), &value)) {
        return 1;
    }
    bcs_reader_init(&reader, value);
    uint64_t base = bcs_read_u64(&reader);
    if (!bcs_reader_done(&reader)) {
        state_stop_corrupt(snapshot->store, "the base");
    }
    return base;
}

/* Keys of receipts and events begin with the height: erase from the first on. */
static int erase_heights(MDB_txn *txn, MDB_dbi table, uint64_t until)
{
    MDB_cursor *cursor = NULL;
    MDB_val key = {0};
    MDB_val value = {0};
    struct state_table_key limit;
    state_key_height(&limit, until);
    int result = mdb_cursor_open(txn, table, &cursor);
    if (result != MDB_SUCCESS) {
        return result;
    }
    result = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    while (result == MDB_SUCCESS && key.mv_size >= limit.size &&
           memcmp(key.mv_data, limit.data, limit.size) < 0) {
        result = mdb_cursor_del(cursor, 0);
        if (result == MDB_SUCCESS) {
            result = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
        }
    }
    mdb_cursor_close(cursor);
    return result == MDB_NOTFOUND ? MDB_SUCCESS : result;
}

/* Values that begin with the height of a block: of a transaction's place, and a sidecar's. */
static int erase_named(MDB_txn *txn, MDB_dbi table, const struct buffer *names, uint64_t until)
{
    int result = MDB_SUCCESS;
    for (size_t at = 0; at < names->size && result == MDB_SUCCESS; at += sizeof(struct hash)) {
        MDB_val key = state_val((struct bytes){names->data + at, sizeof(struct hash)});
        MDB_val value = {0};
        result = mdb_get(txn, table, &key, &value);
        if (result == MDB_SUCCESS) {
            struct bcs_reader reader;
            bcs_reader_init(&reader, state_bytes(value));
            if (bcs_read_u64(&reader) < until) {
                result = mdb_del(txn, table, &key, NULL);
            }
        }
        result = result == MDB_NOTFOUND ? MDB_SUCCESS : result;
    }
    return result;
}

static int put_base(MDB_txn *txn, MDB_dbi table, uint64_t base)
{
    struct buffer value = {0};
    bcs_write_u64(&value, base);
    MDB_val key = state_val(bytes_of_text(STATE_META_BASE));
    MDB_val content = state_val(buffer_bytes(&value));
    int result = mdb_put(txn, table, &key, &content, 0);
    buffer_close(&value);
    return result;
}

static int prune_once(struct state_store *store, const struct state_prune *prune)
{
    MDB_txn *txn = NULL;
    const MDB_dbi *tables = store->tables;
    state_store_reserve(store, RESERVE_BYTES);
    int result = mdb_txn_begin(store->env, NULL, 0, &txn);
    if (result != MDB_SUCCESS) {
        return result;
    }
    result = erase_heights(txn, tables[STATE_TABLE_RECEIPTS], prune->until);
    result = result == 0 ? erase_heights(txn, tables[STATE_TABLE_EVENTS], prune->until) : result;
    result = result == 0 ? erase_named(txn, tables[STATE_TABLE_TRANSACTIONS], &prune->transactions,
                                       prune->until)
                         : result;
    result = result == 0
                 ? erase_named(txn, tables[STATE_TABLE_BLOBS], &prune->sidecars, prune->until)
                 : result;
    result = result == 0 ? put_base(txn, tables[STATE_TABLE_META], prune->until) : result;
    if (result != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        return result;
    }
    return mdb_txn_commit(txn);
}

void state_store_prune(struct state_store *store, const struct state_prune *prune)
{
    const char *guard = state_guard_enter(store->path);
    int result = prune_once(store, prune);
    while (result == MDB_MAP_FULL) {
        state_store_grow(store);
        result = prune_once(store, prune);
    }
    state_guard_leave(guard);
    state_check(store, result, "pruning");
}
