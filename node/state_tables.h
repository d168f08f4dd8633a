/* Inside of the state store: its tables, their keys, and how an LMDB error ends. */
#ifndef NODE_STATE_TABLES_H
#define NODE_STATE_TABLES_H

#include <lmdb.h>
#include <uv.h>

#include "node/disk.h"
#include "node/state_store.h"

#define STATE_TABLE_LIST(X)                                                                        \
    X(STATE_TABLE_META, "meta")                                                                    \
    X(STATE_TABLE_STATE, "state")                                                                  \
    X(STATE_TABLE_TRIE, "trie")                                                                    \
    X(STATE_TABLE_RECEIPTS, "receipts")                                                            \
    X(STATE_TABLE_TRANSACTIONS, "transactions")                                                    \
    X(STATE_TABLE_EVENTS, "events")                                                                \
    X(STATE_TABLE_BLOBS, "blobs")                                                                  \
    X(STATE_TABLE_HANDOVERS, "handovers")

#define STATE_TABLE_ENUM(name, text) name,
enum state_table { STATE_TABLE_LIST(STATE_TABLE_ENUM) STATE_TABLE_COUNT };
#undef STATE_TABLE_ENUM

#define STATE_META_SCHEMA  "schema"  /* u32 STATE_STORE_SCHEMA */
#define STATE_META_CHAIN   "chain"   /* 32 bytes: the chain id */
#define STATE_META_GENESIS "genesis" /* BCS */
#define STATE_META_HEAD    "head"    /* BCS of struct state_head */
#define STATE_META_BASE    "base"    /* u64: lowest height whose receipts are there; absent: 1 */

struct state_layer;
struct state_freeze;

struct state_store {
    MDB_env *env;
    MDB_dbi tables[STATE_TABLE_COUNT];
    char path[DISK_PATH_MAX]; /* of data.mdb, for messages */
    bool read_only;
    uv_mutex_t mutex; /* guards what follows */
    uv_cond_t idle;   /* no snapshot is open, or growing is over */
    uint32_t snapshot_count;
    bool growing;                                 /* the map moves: no snapshot may begin */
    struct state_layer *layers[STATE_LAYERS_MAX]; /* oldest first, one for each height */
    uint32_t layer_count;
    uint64_t shown; /* snapshots see blocks up to this height */

    uv_mutex_t freeze_mutex;
    struct state_freeze *freeze; /* state_freeze.c; NULL: none is under way */
};

struct state_snapshot {
    struct state_store *store;
    MDB_txn *txn;
    uint32_t layer_count;
    struct state_layer *layers[]; /* newest first */
};

#define STATE_TRIE_KEY_MAX    34 /* bytes */
#define STATE_TRIE_VALUE_SIZE 65 /* bytes: u8 kind, both hashes */
#define STATE_EVENT_KEY_SIZE  16 /* bytes */

/* Keys begin with big-endian numbers, so that LMDB's order is theirs. */
struct state_table_key {
    uint8_t data[64];
    size_t size;
};

void state_key_trie(struct state_table_key *out, const struct trie_path *path);
void state_key_receipt(struct state_table_key *out, uint64_t height, uint32_t index);
void state_key_height(struct state_table_key *out, uint64_t height);
NODISCARD bool state_key_read_height(uint64_t *out, struct bytes key);
void state_key_event(struct state_table_key *out, const struct event_cursor *cursor);
void state_key_read_event(struct event_cursor *out, const uint8_t key[STATE_EVENT_KEY_SIZE]);
void state_value_trie(uint8_t out[STATE_TRIE_VALUE_SIZE], const struct trie_node *node);
NODISCARD bool state_value_read_trie(struct trie_node *out, struct bytes value);

MDB_val state_val(struct bytes bytes); /* For a call that only reads it. */
struct bytes state_bytes(MDB_val value);

/* Read both ends, within the guard: a wild pointer of a damaged database faults here, not where the bytes
 * are used. */
void state_touch(struct bytes bytes);

/* Look up one key, in the layers and then in the database. False where it is absent; any other failure
 * stops the process. *value is valid as long as the snapshot. */
NODISCARD bool state_lookup(struct state_snapshot *snapshot, enum state_table table,
                            struct bytes key, struct bytes *value);

/* Walk a table in bytewise order of its keys, from the first >= `from`, until `each` returns false. Key and value are
 * borrowed for the call. */
void state_walk(struct state_snapshot *snapshot, enum state_table table, struct bytes from,
                bool (*each)(void *context, struct bytes key, struct bytes value), void *context);

/* Double the map; waits for the snapshots to end, and no transaction is open. */
void state_store_grow(struct state_store *store);

/* Before a transaction: the file is to be so much longer than what is used. */
void state_store_reserve(struct state_store *store, uint64_t bytes);

/* Stop the process unless `result` is MDB_SUCCESS. */
void state_check(const struct state_store *store, int result, const char *what);

/* LMDB says EIO for a write that was cut short, which is how most disks are found full. */
int state_disk_error(const struct state_store *store, int result);

/* Stop it because a record is not what we wrote. */
_Noreturn void state_stop_corrupt(const struct state_store *store, const char *what);

#endif /* NODE_STATE_TABLES_H */
