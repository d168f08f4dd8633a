#include "node/consensus_glue.h"
#include "node/peers.h"
#include "node/rpc_call.h"
#include "node/stall.h"
#include "node/sync_driver.h"

#include <stdio.h>

static void set(json_t *json, const char *key, json_t *value)
{
    (void)json_object_set_new(json, key, value);
}

static json_t *mempool_status(struct rpc_call *call)
{
    struct mempool_usage usage;
    const struct config *config = call->node->config;
    mempool_read_usage(call->node->pool, &usage);
    json_t *json = json_object();
    set(json, "count", json_integer(usage.count));
    set(json, "bytes", json_u64(usage.bytes));
    set(json, "accounts", json_integer(usage.accounts));
    set(json, "gapped", json_integer(usage.gapped));
    set(json, "gapped_bytes", json_u64(usage.gapped_bytes));
    set(json, "count_max", json_integer(config->mempool_count_max));
    set(json, "bytes_max", json_u64(config->mempool_bytes_max));
    set(json, "account_count_max", json_integer(config->mempool_account_count_max));
    set(json, "gapped_max", json_integer(config->mempool_count_max / MEMPOOL_GAPPED_PART));
    return json;
}

static json_t *peer_object(struct node *node, uint32_t index)
{
    const struct network_peer *peer = &node->peers[index];
    const struct network_statistics *statistics = network_statistics(node->network, index);
    char address[CONFIG_ADDRESS_MAX] = "";
    if (peer->host != NULL) {
        (void)config_address(address, sizeof(address), peer->host, peer->port);
    }
    json_t *json = json_object();
    set(json, "name", peer->label == NULL ? json_null() : json_string(peer->label));
    set(json, "address", json_string(address));
    set(json, "node_key", json_hex(BYTES_OF(peer->key)));
    set(json, "connected", json_boolean(node->peer_up[index]));
    set(json, "state", json_string(network_peer_state_text(statistics->state)));
    set(json, "validator", json_boolean(node->peer_validator[index] != VALIDATORS_NONE));
    set(json, "peer_height", json_u64(sync_driver_peer_height(node->sync, index)));
    set(json, "sent_bytes", json_u64(statistics->bytes_out));
    set(json, "received_bytes", json_u64(statistics->bytes_in));
    set(json, "round_trip_us", json_u64(statistics->round_trip_us));
    set(json, "last_reason", json_string(network_reason_text(statistics->last_reason)));
    return json;
}

/* Connections that came to us and never became a peer's, by what was wrong with them. */
static json_t *refused_list(const struct node *node)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < NETWORK_REASON_COUNT; i++) {
        enum network_reason reason = (enum network_reason)i;
        uint64_t count = network_refused_count(node->network, reason);
        if (count > 0) {
            json_t *json = json_object();
            set(json, "reason", json_string(network_reason_text(reason)));
            set(json, "count", json_u64(count));
            (void)json_array_append_new(list, json);
        }
    }
    return list;
}

static json_t *net_peers(struct rpc_call *call)
{
    struct node *node = call->node;
    json_t *list = json_array();
    for (uint32_t i = 0; i < node->peer_count; i++) {
        if (network_statistics(node->network, i)->state != NETWORK_PEER_SELF) {
            (void)json_array_append_new(list, peer_object(node, i));
        }
    }
    json_t *json = json_object();
    set(json, "peers", list);
    set(json, "refused", refused_list(node));
    return json;
}

static const char *phase_text(const struct pbft_summary *summary)
{
    if (summary->prepared) {
        return "commit";
    }
    if (summary->has_proposal) {
        return "prepare";
    }
    return summary->work ? "propose" : "idle";
}

/* What each validator has said at this height and round. */
static json_t *votes_list(const struct node *node, const struct pbft_summary *summary)
{
    const struct validators *validators = &node->validators->validators;
    json_t *list = json_array();
    for (uint32_t i = 0; i < validators->count; i++) {
        uint8_t said = summary->said[i];
        bool up = i == peers_self(node) || node->peer_up[node->validator_peer[i]];
        json_t *json = json_object();
        set(json, "name", json_text(validators->list[i].name));
        set(json, "connected", json_boolean(up));
        set(json, "prepare", json_boolean((said & PBFT_SAID_PREPARE) != 0));
        set(json, "commit", json_boolean((said & PBFT_SAID_COMMIT) != 0));
        set(json, "round_change", json_boolean((said & PBFT_SAID_CHANGE) != 0));
        (void)json_array_append_new(list, json);
    }
    return list;
}

static json_t *consensus_state(struct rpc_call *call)
{
    struct node *node = call->node;
    struct pbft_summary summary;
    uint32_t count = node->validators->validators.count;
    glue_summarize(node->glue, &summary);
    json_t *json = json_object();
    set(json, "consensus_height", json_u64(summary.height));
    set(json, "round", json_integer(summary.round));
    set(json, "phase", json_string(phase_text(&summary)));
    set(json, "leader", json_text(node->validators->validators.list[summary.leader].name));
    set(json, "decided_height", json_u64(summary.decided));
    set(json, "executed_height", json_u64(summary.executed));
    set(json, "prepares", json_integer(summary.prepares));
    set(json, "commits", json_integer(summary.commits));
    set(json, "round_changes", json_integer(summary.changes));
    set(json, "syncing",
        json_boolean(sync_driver_active(node->sync) || glue_recovering(node->glue)));
    set(json, "validators", json_integer(count));
    set(json, "quorum", json_integer(validators_quorum(count)));
    set(json, "connected", json_integer(node_connected_validators(node)));
    set(json, "waits_for",
        summary.work ? json_string(stall_step_text(stall_step_of(&summary, count))) : json_null());
    set(json, "votes", votes_list(node, &summary));
    return json;
}

static json_t *node_stop_method(struct rpc_call *call)
{
    json_t *json = json_object();
    set(json, "stopping", json_true());
    node_stop(call->node);
    return json;
}

/* The snapshot itself takes its time; it is of the next block's state. */
static json_t *node_snapshot(struct rpc_call *call)
{
    executor_freeze_next(call->node->executor);
    json_t *json = json_pack("{s:b}", "begins", 1);
    (void)json_object_set_new(json, "height_min", json_u64(call->node->committed.height + 1));
    return json;
}

const struct rpc_method rpc_net_methods[] = {
    {"mempool_status", mempool_status, {NULL}, false},
    {"net_peers", net_peers, {NULL}, false},
    {"consensus_state", consensus_state, {NULL}, false},
    {"node_stop", node_stop_method, {NULL}, true},
    {"node_snapshot", node_snapshot, {NULL}, true},
    {NULL, NULL, {NULL}, false},
};
