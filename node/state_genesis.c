#include "node/state_genesis.h"

#include <stdio.h>

#include "base/bcs.h"
#include "market/fork.h"
#include "node/base_state.h"
#include "node/home.h"
#include "node/state_batch.h"

static bool nothing(void *context, struct bytes key, struct buffer *value)
{
    (void)context;
    (void)key;
    (void)value;
    return false;
}

static void write_identity(struct state_batch *batch, const struct genesis *genesis,
                           const struct hash *chain_id)
{
    struct buffer value = {0};
    bcs_write_u32(&value, STATE_STORE_SCHEMA);
    state_batch_write(batch, STATE_TABLE_META, bytes_of_text(STATE_META_SCHEMA),
                      buffer_bytes(&value));
    state_batch_write(batch, STATE_TABLE_META, bytes_of_text(STATE_META_CHAIN),
                      BYTES_OF(chain_id->bytes));
    buffer_clear(&value);
    schema_write(&value, &genesis_schema, genesis);
    state_batch_write(batch, STATE_TABLE_META, bytes_of_text(STATE_META_GENESIS),
                      buffer_bytes(&value));
    buffer_close(&value);
}

void state_genesis_identify(struct state_store *store, const struct genesis *genesis)
{
    struct hash chain_id;
    genesis_chain_id(&chain_id, genesis);
    struct state_batch *batch = state_batch_new(NULL);
    write_identity(batch, genesis, &chain_id);
    state_store_commit(store, batch);
}

/* Height 0: `state` holds what changes `batch` and *root still have to take. */
static void commit(struct state_store *store, const struct genesis *genesis, struct state *state,
                   struct state_batch *batch, struct hash root)
{
    size_t count;
    struct state_head head = {.time_ms = genesis->time_ms, .state_root = root};
    const struct state_change *changes = state_changes(state, &count);
    genesis_chain_id(&head.digest, genesis);
    state_batch_state(batch, changes, count, &head.state_root);
    write_identity(batch, genesis, &head.digest);
    state_batch_head(batch, &head);
    state_store_commit(store, batch);
}

static void write_first(struct state_store *store, const struct genesis *genesis)
{
    const struct hash nothing_yet = {{0}};
    const struct state_source source = {NULL, nothing};
    struct state *state = state_new(&source);
    genesis_apply(genesis, state);
    commit(store, genesis, state, state_batch_new(NULL), nothing_yet);
    state_free(state);
}

static bool write_fork(struct state_store *store, const struct genesis *genesis,
                       struct base_state *base, char *error, size_t error_size)
{
    struct hash root = {{0}};
    struct state_batch *batch = state_batch_new(NULL);
    state_batch_state(batch, base->entries, base->count, &root);
    if (!hash_equal(&root, &genesis->base_state_root)) {
        char text[65];
        hex_encode(text, BYTES_OF(root.bytes));
        (void)snprintf(error, error_size,
                       "%s: its state root is %s, the genesis has another base_state_root",
                       HOME_BASE_STATE, text);
        state_batch_free(batch);
        return false;
    }
    const struct state_source source = base_state_source(base);
    struct state *state = state_new(&source);
    fork_apply(genesis, state);
    commit(store, genesis, state, batch, root);
    state_free(state);
    return true;
}

bool state_genesis_write(struct state_store *store, const struct genesis *genesis,
                         const char *base_path, char *error, size_t error_size)
{
    struct base_state base = {0};
    if (!genesis_is_fork(genesis)) {
        write_first(store, genesis);
        return true;
    }
    if (base_path == NULL) {
        (void)snprintf(error, error_size, "the genesis is of a fork, whose %s is needed",
                       HOME_BASE_STATE);
        return false;
    }
    bool good = base_state_load(&base, base_path, error, error_size) &&
                write_fork(store, genesis, &base, error, error_size);
    base_state_close(&base);
    return good;
}
