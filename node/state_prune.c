#include "node/state_prune.h"

#include <errno.h>
#include <string.h>

#include "base/bcs.h"
#include "node/state_batch.h"
#include "node/state_guard.h"

#define RESERVE_BYTES ((uint64_t)16 << 20) /* pages that a step takes and gives back, at most */
#define SMALL_KEYS    4u    /* that a transaction erases where the disk is full ... */
#define LARGE_KEYS    4096u /* ... and once it made room */

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

/* Keys of receipts and events begin with the height: erase from the first on, *left of them at most. */
static int erase_heights(MDB_txn *txn, MDB_dbi table, uint64_t until, uint32_t *left)
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
    while (result == MDB_SUCCESS && *left > 0 && key.mv_size >= limit.size &&
           memcmp(key.mv_data, limit.data, limit.size) < 0) {
        result = mdb_cursor_del(cursor, 0);
        if (result == MDB_SUCCESS) {
            --*left;
            result = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
        }
    }
    mdb_cursor_close(cursor);
    return result == MDB_NOTFOUND ? MDB_SUCCESS : result;
}

/* Values that begin with the height of a block: of a transaction's place, and a sidecar's. From *at on. */
static int erase_named(MDB_txn *txn, MDB_dbi table, const struct buffer *names, uint64_t until,
                       size_t *at, uint32_t *left)
{
    int result = MDB_SUCCESS;
    for (; *left > 0 && *at < names->size && result == MDB_SUCCESS; *at += sizeof(struct hash)) {
        MDB_val key = state_val((struct bytes){names->data + *at, sizeof(struct hash)});
        MDB_val value = {0};
        result = mdb_get(txn, table, &key, &value);
        if (result == MDB_SUCCESS) {
            struct bcs_reader reader;
            bcs_reader_init(&reader, state_bytes(value));
            if (bcs_read_u64(&reader) < until) {
                result = mdb_del(txn, table, &key, NULL);
                --*left;
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

/* How far a step has come that is done in several transactions. */
struct prune_place {
    bool based; /* the base is set */
    size_t transaction;
    size_t sidecar;
    bool done;
};

static int erase(MDB_txn *txn, const MDB_dbi *tables, const struct state_prune *prune,
                 struct prune_place *place, uint32_t left)
{
    const uint64_t until = prune->until;
    int result = place->based ? 0 : put_base(txn, tables[STATE_TABLE_META], until);
    place->based = true;
    result = result == 0 ? erase_heights(txn, tables[STATE_TABLE_RECEIPTS], until, &left) : result;
    result = result == 0 ? erase_heights(txn, tables[STATE_TABLE_EVENTS], until, &left) : result;
    result = result == 0 ? erase_named(txn, tables[STATE_TABLE_TRANSACTIONS], &prune->transactions,
                                       until, &place->transaction, &left)
                         : result;
    result = result == 0 ? erase_named(txn, tables[STATE_TABLE_BLOBS], &prune->sidecars, until,
                                       &place->sidecar, &left)
                         : result;
    place->done = left > 0;
    return result;
}

/* Erase `left` keys at most. *place moves on where that is durable. */
static int erase_durably(struct state_store *store, const struct state_prune *prune,
                         struct prune_place *place, uint32_t left)
{
    MDB_txn *txn = NULL;
    struct prune_place reached = *place;
    state_store_reserve(store, RESERVE_BYTES);
    int result = mdb_txn_begin(store->env, NULL, 0, &txn);
    if (result != MDB_SUCCESS) {
        return result;
    }
    result = erase(txn, store->tables, prune, &reached, left);
    if (result != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        return result;
    }
    result = mdb_txn_commit(txn);
    *place = result == MDB_SUCCESS ? reached : *place;
    return result;
}

/* 0, ENOSPC where the disk is full, or the process ends. */
static int run(struct state_store *store, const struct state_prune *prune,
               struct prune_place *place, uint32_t left)
{
    const char *guard = state_guard_enter(store->path);
    int result = erase_durably(store, prune, place, left);
    while (result == MDB_MAP_FULL) {
        state_store_grow(store);
        result = erase_durably(store, prune, place, left);
    }
    state_guard_leave(guard);
    result = state_disk_error(store, result);
    if (result != ENOSPC) {
        state_check(store, result, "pruning");
    }
    return result;
}

/* A call before may have set the base and have left keys below it. */
static struct prune_place begin(struct state_store *store, const struct state_prune *prune)
{
    struct state_snapshot *snapshot = state_snapshot_open(store);
    struct prune_place place = {.based = state_snapshot_base(snapshot) >= prune->until};
    state_snapshot_close(snapshot);
    return place;
}

void state_store_prune(struct state_store *store, const struct state_prune *prune)
{
    struct prune_place place = begin(store, prune);
    state_check(store, run(store, prune, &place, UINT32_MAX), "pruning");
}

/* The base first, alone: what is below it is asked for by nobody, so a crash may fall between the others. What
 * one transaction freed is room for the one after the next, which may then be larger. */
int state_store_prune_in_parts(struct state_store *store, const struct state_prune *prune)
{
    struct prune_place place = begin(store, prune);
    uint32_t keys = SMALL_KEYS;
    int result = run(store, prune, &place, UINT32_MAX);
    if (result != 0) {
        result = run(store, prune, &place, 0);
    }
    while (result == 0 && !place.done) {
        result = run(store, prune, &place, keys);
        if (result == 0) {
            keys = keys < LARGE_KEYS ? 2 * keys : keys;
        } else if (keys > 1) {
            keys = keys / 4 > 0 ? keys / 4 : 1;
            result = 0;
        }
    }
    return result;
}
