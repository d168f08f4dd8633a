#include "node/state_genesis.h"

#include <stdlib.h>

#include "base/bcs.h"
#include "base/memory.h"
#include "node/state_batch.h"

static bool nothing(void *context, struct bytes key, struct buffer *value)
{
    (void)context;
    (void)key;
    (void)value;
    return false;
}

void state_genesis_validators(struct validators *out, const struct genesis *genesis)
{
    *out = (struct validators){.count = genesis->validator_count};
    for (uint32_t i = 0; i < out->count; i++) {
        const struct genesis_validator *from = &genesis->validators[i];
        out->list[i] = (struct validator){
            .key = from->public_key, .node_key = from->node_key, .name = from->name};
    }
}

static void write_validators(struct state_batch *batch, const struct genesis *genesis)
{
    struct validators *validators = memory_new(sizeof(*validators));
    state_genesis_validators(validators, genesis);
    state_batch_validators(batch, 1, validators);
    free(validators);
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
    write_validators(batch, genesis);
}

void state_genesis_identify(struct state_store *store, const struct genesis *genesis)
{
    struct hash chain_id;
    genesis_chain_id(&chain_id, genesis);
    struct state_batch *batch = state_batch_new(NULL);
    write_identity(batch, genesis, &chain_id);
    state_store_commit(store, batch);
}

void state_genesis_write(struct state_store *store, const struct genesis *genesis)
{
    struct state_head head = {.time_ms = genesis->time_ms};
    genesis_chain_id(&head.digest, genesis);
    struct state_source source = {NULL, nothing};
    struct state *state = state_new(&source);
    genesis_apply(genesis, state);
    size_t count;
    const struct state_change *changes = state_changes(state, &count);

    struct state_batch *batch = state_batch_new(NULL);
    state_batch_state(batch, changes, count, &head.state_root);
    write_identity(batch, genesis, &head.digest);
    state_batch_head(batch, &head);
    state_store_commit(store, batch);
    state_free(state);
}
