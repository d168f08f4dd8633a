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

/* Height 0, and all of it in `state`. */
static void commit(struct state_store *store, const struct genesis *genesis, struct state *state)
{
    size_t count;
    struct state_head head = {.time_ms = genesis->time_ms};
    struct state_batch *batch = state_batch_new(NULL);
    const struct state_change *changes = state_changes(state, &count);
    genesis_chain_id(&head.digest, genesis);
    state_batch_state(batch, changes, count, &head.state_root);
    write_identity(batch, genesis, &head.digest);
    state_batch_head(batch, &head);
    state_store_commit(store, batch);
}

static bool has_root(const struct base_state *base, const struct hash *expected, char *error,
                     size_t error_size)
{
    struct hash root = {{0}};
    struct state_batch *batch = state_batch_new(NULL);
    state_batch_state(batch, base->entries, base->count, &root);
    state_batch_free(batch);
    if (!hash_equal(&root, expected)) {
        char text[65];
        hex_encode(text, BYTES_OF(root.bytes));
        (void)snprintf(error, error_size,
                       "%s: its state root is %s, the genesis has another base_state_root",
                       HOME_BASE_STATE, text);
        return false;
    }
    return true;
}

static bool fork_from(struct state *state, const struct genesis *genesis, const char *base_path,
                      char *error, size_t error_size)
{
    struct base_state base = {0};
    bool good = base_state_load(&base, base_path, error, error_size) &&
                has_root(&base, &genesis->base_state_root, error, error_size);
    for (size_t i = 0; good && i < base.count; i++) {
        state_put(state, base.entries[i].key, base.entries[i].value);
    }
    base_state_close(&base);
    if (good) {
        fork_apply(genesis, state);
    }
    return good;
}

bool state_genesis_write(struct state_store *store, const struct genesis *genesis,
                         const char *base_path, char *error, size_t error_size)
{
    const struct state_source source = {NULL, nothing};
    bool good = true;
    if (genesis_is_fork(genesis) && base_path == NULL) {
        (void)snprintf(error, error_size, "the genesis is of a fork, whose %s is needed",
                       HOME_BASE_STATE);
        return false;
    }
    struct state *state = state_new(&source);
    if (genesis_is_fork(genesis)) {
        good = fork_from(state, genesis, base_path, error, error_size);
    } else {
        genesis_apply(genesis, state);
    }
    if (good) {
        commit(store, genesis, state);
    }
    state_free(state);
    return good;
}
