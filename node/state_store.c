#include "node/state_store.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bcs.h"
#include "base/memory.h"
#include "node/fault.h"
#include "node/state_batch.h"
#include "node/state_freeze.h"
#include "node/state_genesis.h"
#include "node/state_guard.h"
#include "node/state_layer.h"

#define MAP_SIZE_DEFAULT ((size_t)1 << 30)
#define MAP_BESIDE       ((size_t)64 << 20)  /* bytes for the rest of what opening takes */
#define RESERVE_BYTES    ((uint64_t)1 << 20) /* that the file is longer than what is used */
#define READERS_MAX      510                 /* snapshots at once */
#define LOCK_BYTES       ((READERS_MAX + 2) * (uint64_t)64) /* of lock.mdb for so many */

const char *state_store_status_text(enum state_store_status status)
{
#define STATE_STORE_STATUS_CASE(name, text)                                                        \
    case name:                                                                                     \
        return text;
    switch (status) {
        STATE_STORE_STATUS_LIST(STATE_STORE_STATUS_CASE)
    }
#undef STATE_STORE_STATUS_CASE
    return "unknown";
}

struct opening {
    struct state_store *store;
    const struct state_store_options *options;
    char *error;
    size_t error_size;
};

static enum state_store_status damaged(const struct opening *opening, const char *what)
{
    (void)snprintf(opening->error, opening->error_size,
                   "%s: the state database is damaged (%s); " STATE_GUARD_ADVICE,
                   opening->store->path, what);
    return STATE_STORE_CORRUPT;
}

/* Bytes that the library has to map: what it was told, or more where the file has more. */
static uint64_t map_needed(const struct opening *opening)
{
    struct stat file;
    uint64_t size = opening->options->map_size == 0 ? MAP_SIZE_DEFAULT : opening->options->map_size;
    if (stat(opening->store->path, &file) == 0 && (uint64_t)file.st_size > size) {
        size = (uint64_t)file.st_size;
    }
    return size;
}

/* The library found no room for its map, or for itself. Where as much can be mapped, the file asks for more than
 * it has: it is damaged. Else it is not the file that is wrong. */
static enum state_store_status no_room(const struct opening *opening)
{
    uint64_t needed = map_needed(opening);
    size_t size = (size_t)needed + MAP_BESIDE;
    void *map = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map != MAP_FAILED) {
        (void)munmap(map, size);
        return damaged(opening, "it asks for a larger map than it has pages");
    }
    (void)snprintf(opening->error, opening->error_size,
                   "%s: memory or address space does not suffice for its map of %" PRIu64
                   " MiB: raise the limit of this process (ulimit -v, LimitAS) and start again; "
                   "nothing is damaged, keep data/",
                   opening->store->path, needed >> 20);
    return STATE_STORE_IO;
}

static enum state_store_status lmdb_error(const struct opening *opening, int result)
{
    if (result == ENOMEM) {
        return no_room(opening);
    }
    if (result == MDB_INVALID || result == MDB_CORRUPTED || result == MDB_VERSION_MISMATCH ||
        result == MDB_PAGE_NOTFOUND || result == MDB_PANIC || result == MDB_INCOMPATIBLE ||
        result == MDB_BAD_DBI || result == EINVAL || result == EBADF) {
        return damaged(opening, mdb_strerror(result));
    }
    result = state_disk_error(opening->store, result);
    (void)snprintf(opening->error, opening->error_size, "%s: %s", opening->store->path,
                   mdb_strerror(result));
    return STATE_STORE_IO;
}

static void on_assert(MDB_env *env, const char *text)
{
    const struct state_store *store = mdb_env_get_userctx(env);
    state_stop_corrupt(store, text);
}

/* Every page that the database counts on must be in the file, or touching it kills the process. */
static bool file_complete(const struct state_store *store)
{
    MDB_envinfo info;
    MDB_stat page;
    struct stat file;
    return mdb_env_info(store->env, &info) == 0 && mdb_env_stat(store->env, &page) == 0 &&
           stat(store->path, &file) == 0 && page.ms_psize >= 512 &&
           info.me_last_pgno < UINT64_MAX / page.ms_psize - 1 &&
           (uint64_t)file.st_size >= ((uint64_t)info.me_last_pgno + 1) * page.ms_psize;
}

/* LMDB writes to its lock file through memory: on a full disk that kills where the file has holes. */
static int reserve_lock(const char *directory)
{
    char path[DISK_PATH_MAX];
    int size = snprintf(path, sizeof path, "%s/lock.mdb", directory);
    if (size < 0 || (size_t)size >= sizeof path) {
        return ENAMETOOLONG;
    }
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        return errno;
    }
    int error = disk_allocate(descriptor, LOCK_BYTES);
    close(descriptor);
    return error;
}

static enum state_store_status open_environment(const struct opening *opening)
{
    struct state_store *store = opening->store;
    const struct state_store_options *options = opening->options;
    unsigned flags = MDB_NORDAHEAD | MDB_NOTLS | MDB_NOMETASYNC;
    flags |= options->scratch ? MDB_NOSYNC : 0u;
    flags |= options->read_only ? MDB_RDONLY | MDB_NOLOCK : 0u;
    int result = mdb_env_create(&store->env);
    assert(result == MDB_SUCCESS);
    (void)mdb_env_set_userctx(store->env, store);
    (void)mdb_env_set_assert(store->env, on_assert);
    (void)mdb_env_set_maxdbs(store->env, STATE_TABLE_COUNT);
    (void)mdb_env_set_maxreaders(store->env, READERS_MAX);
    size_t map_size = options->map_size == 0 ? MAP_SIZE_DEFAULT : options->map_size;
    result = mdb_env_set_mapsize(store->env, map_size);
    if (result == MDB_SUCCESS && !options->read_only) {
        result = reserve_lock(options->directory);
    }
    if (result == MDB_SUCCESS) {
        result = mdb_env_open(store->env, options->directory, flags, 0600);
    }
    if (result != MDB_SUCCESS) {
        return lmdb_error(opening, result);
    }
    int dead = 0;
    (void)mdb_reader_check(store->env, &dead);
    /* A database that was just made has two meta pages and no more. */
    return file_complete(store) ? STATE_STORE_OK : damaged(opening, "the file is cut off");
}

static enum state_store_status open_tables(const struct opening *opening)
{
#define STATE_TABLE_TEXT(name, text) text,
    static const char *const names[] = {STATE_TABLE_LIST(STATE_TABLE_TEXT)};
#undef STATE_TABLE_TEXT
    bool create = !opening->options->read_only && opening->options->genesis != NULL;
    MDB_txn *txn = NULL;
    int result = mdb_txn_begin(opening->store->env, NULL,
                               opening->options->read_only ? MDB_RDONLY : 0, &txn);
    if (result != MDB_SUCCESS) {
        return lmdb_error(opening, result);
    }
    for (size_t i = 0; i < STATE_TABLE_COUNT && result == MDB_SUCCESS; i++) {
        result = mdb_dbi_open(txn, names[i], create ? MDB_CREATE : 0, &opening->store->tables[i]);
    }
    if (result != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        if (result == MDB_NOTFOUND) {
            (void)snprintf(opening->error, opening->error_size, "%s: there is no state database",
                           opening->store->path);
            return STATE_STORE_IO;
        }
        return lmdb_error(opening, result);
    }
    result = mdb_txn_commit(txn);
    return result == MDB_SUCCESS ? STATE_STORE_OK : lmdb_error(opening, result);
}

static enum state_store_status check_identity(const struct opening *opening,
                                              struct state_snapshot *snapshot)
{
    struct bytes version;
    struct bytes chain;
    struct bcs_reader reader;
    if (!state_lookup(snapshot, STATE_TABLE_META, bytes_of_text(STATE_META_SCHEMA), &version) ||
        !state_lookup(snapshot, STATE_TABLE_META, bytes_of_text(STATE_META_CHAIN), &chain) ||
        version.size != 4 || chain.size != sizeof(struct hash)) {
        return damaged(opening, "no version or chain id");
    }
    bcs_reader_init(&reader, version);
    uint32_t number = bcs_read_u32(&reader);
    if (number != STATE_STORE_SCHEMA) {
        (void)snprintf(opening->error, opening->error_size,
                       "%s: table version %u, this program reads %u; remove data/state: the node "
                       "rebuilds it from its blocks",
                       opening->store->path, number, (unsigned)STATE_STORE_SCHEMA);
        return STATE_STORE_WRONG_VERSION;
    }
    if (opening->options->genesis == NULL) {
        return STATE_STORE_OK;
    }
    struct hash expected;
    genesis_chain_id(&expected, opening->options->genesis);
    if (!bytes_equal(chain, BYTES_OF(expected.bytes))) {
        char found_text[65];
        char expected_text[65];
        hex_encode(found_text, chain);
        hex_encode(expected_text, BYTES_OF(expected.bytes));
        (void)snprintf(opening->error, opening->error_size,
                       "%s: the state is of chain %s, the genesis is of chain %s",
                       opening->store->path, found_text, expected_text);
        return STATE_STORE_WRONG_CHAIN;
    }
    return STATE_STORE_OK;
}

/* The trie's first node must be the one that the head's root names. */
static enum state_store_status check_root(const struct opening *opening,
                                          struct state_snapshot *snapshot)
{
    struct bytes value;
    struct state_head head;
    if (!state_lookup(snapshot, STATE_TABLE_META, bytes_of_text(STATE_META_HEAD), &value) ||
        !schema_decode(&state_head_schema, &head, value, NULL, 0)) {
        return damaged(opening, "no head");
    }
    struct trie_path path = {0};
    struct trie_node node;
    struct trie_store trie = state_snapshot_trie(snapshot);
    struct hash root = {0};
    if (trie.get(trie.context, &path, &node)) {
        trie_node_hash(&root, &node);
    }
    return hash_equal(&root, &head.state_root) ? STATE_STORE_OK
                                               : damaged(opening, "state root and trie differ");
}

static bool is_empty(struct state_store *store)
{
    struct state_snapshot *snapshot = state_snapshot_open(store);
    struct bytes value;
    bool found = state_lookup(snapshot, STATE_TABLE_META, bytes_of_text(STATE_META_HEAD), &value);
    MDB_stat states = {0};
    int result = mdb_stat(snapshot->txn, store->tables[STATE_TABLE_STATE], &states);
    state_snapshot_close(snapshot);
    return !found && result == MDB_SUCCESS && states.ms_entries == 0;
}

static enum state_store_status open_content(const struct opening *opening)
{
    enum state_store_status status = open_environment(opening);
    if (status == STATE_STORE_OK) {
        status = open_tables(opening);
    }
    if (status != STATE_STORE_OK) {
        return status;
    }
    if (opening->options->empty) {
        assert(is_empty(opening->store));
        state_genesis_identify(opening->store, opening->options->genesis);
        return STATE_STORE_OK;
    }
    if (is_empty(opening->store)) {
        if (opening->options->genesis == NULL || opening->options->read_only) {
            (void)snprintf(opening->error, opening->error_size, "%s: the state database is empty",
                           opening->store->path);
            return STATE_STORE_IO;
        }
        if (!state_genesis_write(opening->store, opening->options->genesis,
                                 opening->options->base_state, opening->error,
                                 opening->error_size)) {
            return STATE_STORE_GENESIS;
        }
    }
    struct state_snapshot *snapshot = state_snapshot_open(opening->store);
    status = check_identity(opening, snapshot);
    if (status == STATE_STORE_OK) {
        status = check_root(opening, snapshot);
    }
    struct state_head head;
    if (status == STATE_STORE_OK) {
        state_snapshot_head(snapshot, &head);
        opening->store->shown = head.height;
    }
    state_snapshot_close(snapshot);
    return status;
}

enum state_store_status state_store_open(struct state_store **out,
                                         const struct state_store_options *options, char *error,
                                         size_t error_size)
{
    *out = NULL;
    struct state_store *store = memory_new(sizeof *store);
    uv_mutex_init(&store->mutex);
    uv_mutex_init(&store->freeze_mutex);
    uv_cond_init(&store->idle);
    store->read_only = options->read_only;
    int size = snprintf(store->path, sizeof store->path, "%s/data.mdb", options->directory);
    int failure = size < 0 || (size_t)size >= sizeof store->path ? ENAMETOOLONG : 0;
    if (failure == 0 && !options->read_only) {
        failure = disk_make_directory(options->directory);
    }
    if (failure != 0) {
        (void)snprintf(error, error_size, "%s: %s", store->path, strerrordesc_np(failure));
        state_store_close(store);
        return STATE_STORE_IO;
    }
    state_guard_install();
    struct opening opening = {store, options, error, error_size};
    const char *guard = state_guard_enter(store->path);
    enum state_store_status status = open_content(&opening);
    state_guard_leave(guard);
    if (status != STATE_STORE_OK) {
        state_store_close(store);
        return status;
    }
    *out = store;
    return STATE_STORE_OK;
}

void state_store_close(struct state_store *store)
{
    if (store == NULL) {
        return;
    }
    assert(store->snapshot_count == 0);
    state_layers_release(store->layers, store->layer_count);
    if (store->env != NULL) {
        mdb_env_close(store->env);
    }
    uv_cond_destroy(&store->idle);
    state_freeze_end(store);
    uv_mutex_destroy(&store->freeze_mutex);
    uv_mutex_destroy(&store->mutex);
    free(store);
}

void state_store_begin_at(struct state_store *store, const struct state_head *head)
{
    struct state_batch *batch = state_batch_new(NULL);
    struct buffer base = {0};
    bcs_write_u64(&base, head->height + 1);
    state_batch_head(batch, head);
    state_batch_write(batch, STATE_TABLE_META, bytes_of_text(STATE_META_BASE), buffer_bytes(&base));
    buffer_close(&base);
    state_store_commit(store, batch);
    state_check(store, mdb_env_sync(store->env, 1), "syncing");
}

int state_store_copy(struct state_store *store, const char *directory)
{
    const char *guard = state_guard_enter(store->path);
    int result = mdb_env_copy2(store->env, directory, MDB_CP_COMPACT);
    state_guard_leave(guard);
    return result;
}

void state_store_read_usage(struct state_store *store, struct state_store_usage *out)
{
    MDB_envinfo info;
    MDB_stat page;
    state_check(store, mdb_env_info(store->env, &info), "reading the size");
    state_check(store, mdb_env_stat(store->env, &page), "reading the size");
    out->map_size = info.me_mapsize;
    out->used_bytes = ((uint64_t)info.me_last_pgno + 1) * page.ms_psize;
}

/* LMDB moves its map only while no transaction is open: wait for the snapshots to end. */
void state_store_grow(struct state_store *store)
{
    MDB_envinfo info;
    uv_mutex_lock(&store->mutex);
    store->growing = true;
    while (store->snapshot_count > 0) {
        uv_cond_wait(&store->idle, &store->mutex);
    }
    state_check(store, mdb_env_info(store->env, &info), "reading the size");
    state_check(store, mdb_env_set_mapsize(store->env, info.me_mapsize * 2), "growing the map");
    store->growing = false;
    uv_cond_broadcast(&store->idle);
    uv_mutex_unlock(&store->mutex);
}

/* LMDB counts pages that a transaction took at the end of the file and gave back, and never writes them:
 * the file would look cut off. So it is made longer beforehand; the room is a hole, and costs no disk. */
void state_store_reserve(struct state_store *store, uint64_t bytes)
{
    struct state_store_usage usage;
    struct stat file;
    mdb_filehandle_t descriptor;
    state_store_read_usage(store, &usage);
    if (mdb_env_get_fd(store->env, &descriptor) != 0 || fstat(descriptor, &file) != 0) {
        return;
    }
    uint64_t wanted = usage.used_bytes + bytes;
    wanted = wanted > usage.map_size ? usage.map_size : wanted;
    if ((uint64_t)file.st_size < wanted) {
        state_check(store, ftruncate(descriptor, (off_t)wanted) == 0 ? 0 : errno,
                    "making room in the file");
    }
}

static int try_commit(struct state_store *store, struct state_layer *const *layers, uint32_t count)
{
    MDB_txn *txn = NULL;
    state_store_reserve(store, RESERVE_BYTES);
    int result = mdb_txn_begin(store->env, NULL, 0, &txn);
    if (result != MDB_SUCCESS) {
        return result;
    }
    result = state_layers_apply(layers, count, store, txn);
    if (result != MDB_SUCCESS) {
        mdb_txn_abort(txn);
        return result;
    }
    return mdb_txn_commit(txn);
}

void state_store_add(struct state_store *store, struct state_batch *batch)
{
    struct state_layer *layer = state_layer_new(batch);
    uv_mutex_lock(&store->mutex);
    assert(store->layer_count < STATE_LAYERS_MAX);
    assert(store->layer_count == 0 ||
           store->layers[store->layer_count - 1]->height + 1 == layer->height);
    store->layers[store->layer_count++] = layer;
    uv_mutex_unlock(&store->mutex);
}

void state_store_show(struct state_store *store, uint64_t height)
{
    uv_mutex_lock(&store->mutex);
    store->shown = height > store->shown ? height : store->shown;
    uv_mutex_unlock(&store->mutex);
}

/* The oldest layers, as far as they are shown; no others are removed meanwhile. */
static uint32_t layers_shown(struct state_store *store, struct state_layer **out)
{
    uint32_t count = 0;
    uv_mutex_lock(&store->mutex);
    while (count < store->layer_count && store->layers[count]->height <= store->shown) {
        out[count] = store->layers[count];
        count++;
    }
    uv_mutex_unlock(&store->mutex);
    return count;
}

static void drop_layers(struct state_store *store, uint32_t count)
{
    uv_mutex_lock(&store->mutex);
    state_layers_release(store->layers, count);
    store->layer_count -= count;
    memmove(store->layers, store->layers + count,
            store->layer_count * sizeof(struct state_layer *));
    uv_mutex_unlock(&store->mutex);
}

void state_store_flush(struct state_store *store)
{
    struct state_layer *layers[STATE_LAYERS_MAX];
    uint32_t count = layers_shown(store, layers);
    if (count == 0) {
        return;
    }
    const char *guard = state_guard_enter(store->path);
    int result = try_commit(store, layers, count);
    while (result == MDB_MAP_FULL) {
        state_store_grow(store);
        result = try_commit(store, layers, count);
    }
    state_guard_leave(guard);
    state_check(store, result, "committing blocks");
    drop_layers(store, count);
}

void state_store_commit(struct state_store *store, struct state_batch *batch)
{
    uint64_t height = batch->height;
    state_store_add(store, batch);
    state_store_show(store, height);
    state_store_flush(store);
}
