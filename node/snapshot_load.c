#include "node/snapshot_load.h"

#include "base/bcs.h"
#include "base/memory.h"
#include "market/accounts.h"
#include "market/ledger.h"
#include "node/block_store.h"
#include "node/state_store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* One snapshot on its way into stores. */
struct loading {
    const struct genesis_file *genesis;
    const char *directory;
    struct snapshot_opened opened;
    struct buffer base_bytes;
    struct snapshot_base *base;
    const struct snapshot_trust *trust;
    struct state_store *store;
    struct hash root; /* of the keys so far */
    uint64_t key_count;
    struct buffer last_key;
    char *error;
    size_t error_size;
};

static bool fail(const struct loading *loading, const char *what)
{
    (void)snprintf(loading->error, loading->error_size, "%.300s: %s", loading->directory, what);
    return false;
}

static bool read_file(const char *path, size_t size_max, struct buffer *out, char *error,
                      size_t error_size)
{
    struct stat status;
    buffer_clear(out);
    int failure = stat(path, &status) != 0 ? errno : 0;
    if (failure == 0 && (uint64_t)status.st_size > size_max) {
        failure = EFBIG;
    }
    failure = failure == 0 ? disk_read_file(path, out) : failure;
    if (failure != 0) {
        (void)snprintf(error, error_size, "%.300s: %s", path, disk_error_text(failure));
    }
    return failure == 0;
}

/* Say which file it is that cannot be used. */
static bool blame(const char *path, char *error, size_t error_size)
{
    char why[320];
    (void)snprintf(why, sizeof why, "%s", error);
    (void)snprintf(error, error_size, "%.300s: %s", path, why);
    return false;
}

bool snapshot_open(struct snapshot_opened *out, const char *directory, char *error,
                   size_t error_size)
{
    char path[DISK_PATH_MAX];
    *out = (struct snapshot_opened){0};
    snapshot_manifest_file(path, directory);
    if (!read_file(path, SNAPSHOT_MANIFEST_MAX, &out->storage, error, error_size)) {
        return false;
    }
    if (!snapshot_manifest_decode(&out->manifest, buffer_bytes(&out->storage), error, error_size)) {
        return blame(path, error, error_size);
    }
    snapshot_manifest_hash(&out->hash, buffer_bytes(&out->storage));
    return true;
}

void snapshot_close(struct snapshot_opened *opened)
{
    buffer_close(&opened->storage);
}

void snapshot_trust_genesis(struct snapshot_trust *out, const struct genesis_file *genesis)
{
    *out =
        (struct snapshot_trust){.chain_id = genesis->chain_id, .validators = &genesis->validators};
}

/* What a quorum says about this state. */
static bool load_base(struct loading *loading)
{
    char path[DISK_PATH_MAX];
    snapshot_file(path, loading->directory, 0);
    if (!snapshot_open(&loading->opened, loading->directory, loading->error, loading->error_size) ||
        !read_file(path, SNAPSHOT_CHUNK_MAX, &loading->base_bytes, loading->error,
                   loading->error_size)) {
        return false;
    }
    return (snapshot_base_read(loading->base, buffer_bytes(&loading->base_bytes), loading->error,
                               loading->error_size) &&
            snapshot_base_verify(loading->base, &loading->opened.manifest, loading->trust,
                                 loading->error, loading->error_size)) ||
           blame(path, loading->error, loading->error_size);
}

/* The chunks. */

/* The changes that a chunk is; keys ascend from chunk to chunk. */
static bool list_changes(struct loading *loading, struct bytes chunk, struct buffer *changes)
{
    size_t offset = 0;
    bool malformed;
    struct bytes key;
    struct bytes value;
    struct bytes last = buffer_bytes(&loading->last_key);
    while (snapshot_next_pair(chunk, &offset, &key, &value, &malformed)) {
        if (bytes_compare(key, last) <= 0) {
            return fail(loading, "the keys of a chunk are not in order");
        }
        struct state_change change = {.key = key, .value = value};
        buffer_append(changes, BYTES_OF(change));
        loading->key_count++;
        last = key;
    }
    if (malformed || changes->size == 0) {
        return fail(loading, "a chunk is malformed");
    }
    struct buffer kept = {0};
    buffer_append(&kept, last);
    buffer_close(&loading->last_key);
    loading->last_key = kept;
    return true;
}

static bool load_chunk(struct loading *loading, uint32_t index, struct buffer *chunk)
{
    char path[DISK_PATH_MAX];
    struct buffer changes = {0};
    snapshot_file(path, loading->directory, index);
    bool good = read_file(path, SNAPSHOT_CHUNK_MAX, chunk, loading->error, loading->error_size);
    if (good && !snapshot_chunk_fits(&loading->opened.manifest, index, buffer_bytes(chunk))) {
        (void)snprintf(loading->error, loading->error_size,
                       "%.300s: a chunk is not the one that the manifest names", path);
        good = false;
    }
    good = good && list_changes(loading, buffer_bytes(chunk), &changes);
    if (good) {
        struct state_batch *batch = state_batch_new(state_snapshot_open(loading->store));
        state_batch_state(batch, (const void *)changes.data,
                          changes.size / sizeof(struct state_change), &loading->root);
        state_store_commit(loading->store, batch);
    }
    buffer_close(&changes);
    return good;
}

/* Are more blocks due even without transactions? As ledger_execute() says. */
static bool deadlines_pending(struct loading *loading)
{
    struct state_snapshot *snapshot = state_snapshot_open(loading->store);
    struct state_source source = state_snapshot_source(snapshot);
    struct state *state = state_new(&source);
    struct chain_record chain;
    chain_load(state, &chain);
    state_free(state);
    state_snapshot_close(snapshot);
    return chain.rounds_open > 0;
}

/* For the proofs that this node will give, and the snapshots that it will make. */
static void load_handovers(struct loading *loading)
{
    size_t offset = 0;
    uint64_t since;
    struct bytes link;
    struct state_batch *batch = state_batch_new(NULL);
    while (handovers_next(loading->base->handovers, &offset, &link, &since)) {
        state_batch_handover(batch, since, link);
    }
    state_store_commit(loading->store, batch);
}

static bool load_state(struct loading *loading, const char *path)
{
    const struct state_store_options options = {
        .directory = path, .genesis = &loading->genesis->genesis, .empty = true};
    const struct snapshot_manifest *manifest = &loading->opened.manifest;
    if (state_store_open(&loading->store, &options, loading->error, loading->error_size) !=
        STATE_STORE_OK) {
        return false;
    }
    struct buffer chunk = {0};
    bool good = true;
    for (uint32_t i = 1; good && i < snapshot_chunk_count(manifest); i++) {
        good = load_chunk(loading, i, &chunk);
    }
    buffer_close(&chunk);
    if (!good) {
        return false;
    }
    if (loading->key_count != manifest->key_count) {
        return fail(loading, "manifest.key_count: not the number of keys in the chunks");
    }
    if (!hash_equal(&loading->root, &manifest->state_root)) {
        return fail(loading, "the chunks lead to another state root than a quorum certified");
    }
    const struct state_head head = {.height = manifest->height,
                                    .time_ms = loading->base->block.header.time_ms,
                                    .digest = manifest->block,
                                    .state_root = manifest->state_root,
                                    .receipts_root = loading->base->next.receipts_root,
                                    .deadlines_pending = deadlines_pending(loading)};
    load_handovers(loading);
    state_store_begin_at(loading->store, &head);
    return true;
}

static bool load_blocks(struct loading *loading, const char *path)
{
    const struct block_store_options options = {.directory = path};
    struct block_store *blocks;
    if (block_store_open(&blocks, &options, loading->error, loading->error_size) !=
        BLOCK_STORE_OK) {
        return false;
    }
    const struct block_record record = {loading->opened.manifest.height, loading->base->block_bytes,
                                        loading->base->certificate_bytes};
    block_store_append(blocks, &record);
    block_store_close(blocks);
    return true;
}

bool snapshot_restore_part(struct restore *restore, const char *home,
                           const struct snapshot_source *source, char *error, size_t error_size)
{
    struct loading loading = {.genesis = source->genesis,
                              .trust = source->trust,
                              .directory = source->directory,
                              .error = error,
                              .error_size = error_size};
    loading.base = memory_new(sizeof *loading.base);
    bool good = load_base(&loading) && restore_begin(restore, home, error, error_size);
    if (good) {
        good = load_state(&loading, restore->state) && load_blocks(&loading, restore->blocks);
        state_store_close(loading.store);
        if (!good) {
            restore_abandon(restore);
        }
    }
    snapshot_close(&loading.opened);
    buffer_close(&loading.base_bytes);
    buffer_close(&loading.last_key);
    free(loading.base);
    return good;
}

bool snapshot_restore(const char *home, const struct genesis_file *genesis,
                      const struct snapshot_trust *trust, const char *directory, char *error,
                      size_t error_size)
{
    struct restore restore;
    const struct snapshot_source source = {genesis, trust, directory};
    return snapshot_restore_part(&restore, home, &source, error, error_size) &&
           restore_complete(&restore, home, error, error_size);
}

bool snapshot_verify(const char *home, const struct genesis_file *genesis,
                     const struct snapshot_trust *trust, const char *directory, char *error,
                     size_t error_size)
{
    struct restore restore;
    const struct snapshot_source source = {genesis, trust, directory};
    bool good = snapshot_restore_part(&restore, home, &source, error, error_size);
    if (good) {
        restore_abandon(&restore);
    }
    return good;
}
