#include "node/consensus_glue.h"
#include "node/peers.h"
#include "node/rpc.h"
#include "node/signer.h"
#include "node/snapshot_maker.h"
#include "node/sync_driver.h"

#include "base/memory.h"
#include "market/members.h"
#include "market/parameter_rules.h"

#include <inttypes.h>
#include <stdlib.h>

static void set(json_t *json, const char *key, json_t *value)
{
    (void)json_object_set_new(json, key, value);
}

static json_t *validator_name(const struct validator_set *members, uint32_t index)
{
    return index >= members->validators.count ? json_null()
                                              : json_text(members->validators.list[index].name);
}

static json_t *chain_status(struct rpc_call *call)
{
    struct node *node = call->node;
    json_t *json = json_object();
    set(json, "digest", json_hex(BYTES_OF(call->head.digest)));
    set(json, "time_ms", json_u64(call->head.time_ms));
    set(json, "state_root", json_hex(BYTES_OF(call->head.state_root)));
    set(json, "chain_id", json_hex(BYTES_OF(node->genesis->chain_id)));
    set(json, "network", json_text(node->genesis->genesis.network));
    set(json, "address_prefix", json_string(node->genesis->prefix));
    set(json, "version", json_string(SOUK_VERSION));
    set(json, "syncing",
        json_boolean(sync_driver_active(node->sync) || glue_recovering(node->glue)));
    set(json, "target_height", json_u64(sync_driver_target(node->sync)));
    set(json, "validator", validator_name(node->validators, node->self));
    set(json, "observing", json_boolean(signer_observing(node->signer)));
    set(json, "lowest_height", json_u64(block_store_first_height(node->blocks)));
    set(json, "snapshot_height", json_u64(snapshot_maker_last(node->snapshots)));
    set(json, "peers_connected", json_integer(node_connected_validators(node)));
    return json;
}

static json_t *chain_genesis(struct rpc_call *call)
{
    const struct genesis_file *genesis = call->node->genesis;
    json_t *json = json_object();
    set(json, "chain_id", json_hex(BYTES_OF(genesis->chain_id)));
    set(json, "genesis", json_schema_write(&genesis_schema, &genesis->genesis, genesis->prefix));
    return json;
}

static json_t *certificate_object(const struct validator_set *members,
                                  const struct certificate *certificate)
{
    json_t *signers = json_array();
    for (uint32_t i = 0; i < members->validators.count; i++) {
        if (certificate_has(certificate, i)) {
            (void)json_array_append_new(signers, validator_name(members, i));
        }
    }
    json_t *json = json_object();
    set(json, "height", json_u64(certificate->height));
    set(json, "round", json_integer(certificate->round));
    set(json, "digest", json_hex(BYTES_OF(certificate->digest)));
    set(json, "signers", signers);
    return json;
}

static json_t *header_object(const struct node *node, const struct validator_set *members,
                             const struct block_header *header)
{
    struct address proposer = {{0}};
    json_t *json = json_schema_write(&block_header_schema, header, node->genesis->prefix);
    if (header->proposer < members->validators.count) {
        address_of(&proposer, &members->validators.list[header->proposer].key);
    }
    set(json, "proposer", json_address(&proposer, node->genesis->prefix));
    set(json, "proposer_name", validator_name(members, header->proposer));
    return json;
}

static json_t *transaction_object(const struct node *node, struct bytes envelope)
{
    struct transaction tx;
    struct bytes sidecar;
    struct hash id;
    struct address sender;
    if (transaction_decode(&tx, &sidecar, envelope, NULL, 0) != TRANSACTION_OK) {
        return json_null();
    }
    json_t *json = json_schema_write(&transaction_schema, &tx, node->genesis->prefix);
    transaction_id(&id, &tx);
    address_of(&sender, &tx.sender);
    set(json, "id", json_hex(BYTES_OF(id)));
    set(json, "sender_address", json_address(&sender, node->genesis->prefix));
    return json;
}

static json_t *transactions(const struct node *node, struct bytes body)
{
    json_t *list = json_array();
    size_t offset = 0;
    struct bytes envelope;
    bool malformed = false;
    while (ledger_next_envelope(body, &offset, &envelope, &malformed)) {
        (void)json_array_append_new(list, transaction_object(node, envelope));
    }
    return list;
}

/* A stored block, decoded. */
struct loaded {
    struct buffer storage;
    struct block block;
    struct certificate certificate;
};

static struct loaded *load(struct rpc_call *call)
{
    uint64_t height;
    struct block_record record;
    if (!rpc_take_u64_or(call, "height", &height, UINT64_MAX, call->head.height)) {
        return NULL;
    }
    struct block_store *blocks = call->node->blocks;
    if (height == 0 || height > call->head.height) {
        (void)rpc_refuse(call, RPC_NOT_FOUND, "height: %" PRIu64 ", blocks 1 to %" PRIu64 " exist",
                         height, call->head.height);
        return NULL;
    }
    if (height < block_store_first_height(blocks)) {
        (void)rpc_refuse(call, RPC_PRUNED, "height: %" PRIu64 ", blocks are kept from %" PRIu64,
                         height, block_store_first_height(blocks));
        return NULL;
    }
    struct loaded *loaded = memory_new(sizeof(*loaded));
    if (block_store_read(blocks, height, &loaded->storage, &record) == BLOCK_STORE_OK &&
        block_decode(&loaded->block, record.block, NULL, 0) &&
        certificate_decode(&loaded->certificate, record.certificate, NULL, 0)) {
        return loaded;
    }
    buffer_close(&loaded->storage);
    free(loaded);
    (void)rpc_refuse(call, RPC_INTERNAL_ERROR, "block %" PRIu64 " cannot be read", height);
    return NULL;
}

static json_t *block_object(struct rpc_call *call, const struct loaded *loaded)
{
    struct hash digest;
    const struct block_header *header = &loaded->block.header;
    struct validator_set *members = state_snapshot_validators(call->snapshot, header->height);
    json_t *json = json_object();
    block_digest(&digest, header);
    set(json, "digest", json_hex(BYTES_OF(digest)));
    set(json, "header", header_object(call->node, members, header));
    set(json, "certificate", certificate_object(members, &loaded->certificate));
    validator_set_release(members);
    return json;
}

static void unload(struct loaded *loaded)
{
    buffer_close(&loaded->storage);
    free(loaded);
}

static json_t *chain_header(struct rpc_call *call)
{
    struct loaded *loaded = load(call);
    if (loaded == NULL) {
        return NULL;
    }
    json_t *json = block_object(call, loaded);
    unload(loaded);
    return json;
}

static json_t *chain_block(struct rpc_call *call)
{
    struct loaded *loaded = load(call);
    if (loaded == NULL) {
        return NULL;
    }
    json_t *json = block_object(call, loaded);
    set(json, "size", json_u64(loaded->block.body.size));
    set(json, "transactions", transactions(call->node, loaded->block.body));
    unload(loaded);
    return json;
}

static json_t *chain_receipts(struct rpc_call *call)
{
    uint64_t height;
    if (!rpc_take_u64(call, "height", &height, UINT64_MAX)) {
        return NULL;
    }
    json_t *list = json_array();
    struct buffer encoded = {0};
    for (uint32_t i = 0; state_snapshot_receipt(call->snapshot, height, i, &encoded); i++) {
        (void)json_array_append_new(list, rpc_receipt(call->node, buffer_bytes(&encoded)));
        buffer_clear(&encoded);
    }
    buffer_close(&encoded);
    if (json_array_size(list) == 0) {
        json_decref(list);
        return rpc_refuse(call, RPC_NOT_FOUND, "height: no receipts of block %" PRIu64, height);
    }
    json_t *json = json_object();
    set(json, "receipts", list);
    return json;
}

/* Last height whose certificate here has a signature of this key; 0 where it is no validator's now. */
static uint64_t last_signed(const struct node *node, const struct public_key *key)
{
    uint32_t index = validators_find(&node->validators->validators, key);
    return index == VALIDATORS_NONE ? 0 : node->metrics.last_signed[index];
}

static json_t *validator_object(struct rpc_call *call, const struct validator_set *members,
                                uint32_t index)
{
    struct node *node = call->node;
    const struct validator *validator = &members->validators.list[index];
    struct address address;
    struct point own;
    uint32_t peer = peers_find(node, &validator->node_key);
    point_of(&own, &node->keys.node);
    bool up = bytes_equal(BYTES_OF(own), BYTES_OF(validator->node_key)) ||
              (peer != SYNC_PEER_NONE && node->peer_up[peer]);
    json_t *json = json_object();
    address_of(&address, &validator->key);
    set(json, "index", json_integer(index));
    set(json, "name", json_text(validator->name));
    set(json, "address", json_address(&address, rpc_prefix(call)));
    set(json, "public_key", json_hex(BYTES_OF(validator->key)));
    set(json, "node_key", json_hex(BYTES_OF(validator->node_key)));
    set(json, "jailed", json_boolean(validator->jailed));
    const struct demotion *demotion = demotions_find(glue_demotions(node->glue), &validator->key);
    set(json, "failures", json_integer(demotion == NULL ? 0 : demotion->failures));
    set(json, "demoted_until", json_u64(demotion == NULL ? 0 : demotion->until));
    set(json, "connected", json_boolean(up));
    set(json, "last_signed_height", json_u64(last_signed(node, &validator->key)));
    return json;
}

static json_t *chain_validators(struct rpc_call *call)
{
    uint64_t height;
    const uint64_t known = call->head.height + MEMBERS_DELAY;
    if (!rpc_take_u64_or(call, "of", &height, UINT64_MAX, call->head.height + 1)) {
        return NULL;
    }
    if (height < 1 || height > known) {
        return rpc_refuse(call, RPC_NOT_FOUND, "of: the sets of blocks 1 to %" PRIu64 " are known",
                          known);
    }
    struct validator_set *members = state_snapshot_validators(call->snapshot, height);
    json_t *list = json_array();
    for (uint32_t i = 0; i < members->validators.count; i++) {
        (void)json_array_append_new(list, validator_object(call, members, i));
    }
    json_t *json = json_object();
    set(json, "of", json_u64(height));
    set(json, "validators_hash", json_hex(BYTES_OF(members->hash)));
    set(json, "validators", list);
    validator_set_release(members);
    return json;
}

static json_t *chain_parameters(struct rpc_call *call)
{
    struct market_key key;
    struct chain_record chain;
    key_chain(&key);
    (void)rpc_load(call, &key, &chain_record_schema, &chain);
    json_t *json = json_object();
    struct parameters parameters;
    parameters_at(rpc_state(call), call->head.height + 1, &parameters);
    set(json, "parameters", rpc_record(call, &parameters_schema, &parameters));
    set(json, "chain", rpc_record(call, &chain_record_schema, &chain));
    return json;
}

const struct rpc_method rpc_chain_methods[] = {
    {"chain_status", chain_status, {NULL}, false},
    {"chain_genesis", chain_genesis, {NULL}, false},
    {"chain_header", chain_header, {"height"}, false},
    {"chain_block", chain_block, {"height"}, false},
    {"chain_receipts", chain_receipts, {"height"}, false},
    {"chain_validators", chain_validators, {"of"}, false},
    {"chain_parameters", chain_parameters, {NULL}, false},
    {NULL, NULL, {NULL}, false},
};
