#include "market/heartbeats.h"

#include <string.h>

#include "market/events.h"
#include "market/operands.h"

void heartbeat_hash(struct hash *out, const struct hash *chain_id, const struct point *node_key,
                    const struct checkpoint *checkpoint)
{
    struct sha256 sha;
    sha256_init_tagged(&sha, "souk/heartbeat/v1");
    sha256_add(&sha, BYTES_OF(*chain_id));
    sha256_add(&sha, BYTES_OF(*node_key));
    sha256_add_u64(&sha, checkpoint->height);
    sha256_add(&sha, BYTES_OF(checkpoint->digest));
    sha256_finish(&sha, out);
}

static void checkpoints_load(struct state *state, const struct hash *chain_id,
                             struct checkpoints *out)
{
    struct market_key key;
    key_checkpoints(&key);
    if (!record_load(state, &key, &checkpoints_schema, out)) {
        out->count = 1;
        out->list[0] = (struct checkpoint){0, *chain_id};
    }
}

void checkpoint_newest(struct state *state, const struct hash *chain_id, struct checkpoint *out)
{
    struct checkpoints checkpoints;
    checkpoints_load(state, chain_id, &checkpoints);
    *out = checkpoints.list[checkpoints.count - 1];
}

void checkpoints_begin_block(struct state *state, const struct block_context *block)
{
    struct checkpoints checkpoints;
    struct market_key key;
    if (block->height % CHECKPOINT_INTERVAL != 0) {
        return;
    }
    checkpoints_load(state, &block->chain_id, &checkpoints);
    if (checkpoints.count == GOVERNANCE_CHECKPOINTS_MAX) {
        checkpoints.count--;
        memmove(checkpoints.list, checkpoints.list + 1,
                checkpoints.count * sizeof(checkpoints.list[0]));
    }
    checkpoints.list[checkpoints.count++] =
        (struct checkpoint){block->height - 1, block->parent_digest};
    key_checkpoints(&key);
    record_store(state, &key, &checkpoints_schema, &checkpoints);
}

bool heartbeat_require(struct native_call *call, const struct public_key *candidate,
                       const struct point *node_key)
{
    struct market_key key;
    struct heartbeat heartbeat;
    key_heartbeat(&key, candidate);
    if (!record_load(call->state, &key, &heartbeat_schema, &heartbeat)) {
        return refuse(call, REFUSAL_CANDIDATE_UNKNOWN, 0, 1);
    }
    if (memcmp(&heartbeat.node_key, node_key, sizeof(*node_key)) != 0) {
        return refuse(call, REFUSAL_CANDIDATE_NODE_KEY, 0, 0);
    }
    uint64_t age_ms = call->block->time_ms - heartbeat.time_ms; /* block times only grow */
    if (age_ms > HEARTBEAT_AGE_MAX_MS) {
        return refuse(call, REFUSAL_CANDIDATE_STALE, age_ms, HEARTBEAT_AGE_MAX_MS);
    }
    return true;
}

/* Is this one of the checkpoints that the chain still knows? */
static bool check_checkpoint(struct native_call *call, const struct checkpoint *signed_one)
{
    struct checkpoints known;
    checkpoints_load(call->state, &call->block->chain_id, &known);
    for (uint32_t i = 0; i < known.count; i++) {
        if (known.list[i].height == signed_one->height) {
            return hash_equal(&known.list[i].digest, &signed_one->digest) ||
                   refuse(call, REFUSAL_HEARTBEAT_DIGEST, signed_one->height, 0);
        }
    }
    return refuse(call, REFUSAL_HEARTBEAT_HEIGHT, signed_one->height,
                  known.list[known.count - 1].height);
}

bool heartbeat_record(struct native_call *call)
{
    const struct heartbeat_operand *operand = call->operand;
    const struct checkpoint checkpoint = {operand->height, operand->digest};
    struct hash message;
    heartbeat_hash(&message, &call->block->chain_id, &operand->node_key, &checkpoint);
    if (!check_checkpoint(call, &checkpoint)) {
        return false;
    }
    if (!point_valid(&operand->node_key)) {
        return refuse(call, REFUSAL_VALIDATOR_NODE_KEY_INVALID, 0, 0);
    }
    if (!public_key_valid(&operand->key) ||
        !signature_check(&operand->signature, &operand->key, &message)) {
        return refuse(call, REFUSAL_HEARTBEAT_SIGNATURE, 0, 0);
    }
    struct market_key key;
    const struct heartbeat record = {operand->node_key, operand->height, call->block->time_ms};
    key_heartbeat(&key, &operand->key);
    record_store(call->state, &key, &heartbeat_schema, &record);
    struct event_heartbeat event = {operand->key, operand->height};
    events_add(call->events, EVENT_HEARTBEAT, &event);
    return true;
}
