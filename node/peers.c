#include "node/peers.h"

#include "base/memory.h"
#include "market/nodes.h"
#include "node/node_state.h"
#include "node/sync_driver.h"

#include <stdlib.h>
#include <string.h>

static const struct config_peer *find_config_peer(const struct config *config,
                                                  const struct point *key)
{
    for (uint32_t i = 0; i < config->peer_count; i++) {
        if (bytes_equal(BYTES_OF(config->peers[i].node_key), BYTES_OF(*key))) {
            return &config->peers[i];
        }
    }
    return NULL;
}

uint32_t peers_find(const struct node *node, const struct point *key)
{
    for (uint32_t i = 0; i < node->peer_count; i++) {
        if (bytes_equal(BYTES_OF(node->peers[i].key), BYTES_OF(*key))) {
            return i;
        }
    }
    return SYNC_PEER_NONE;
}

/* Dialled where the configuration says where it is. */
static void add_peer(struct node *node, const struct point *key, struct bytes label)
{
    const struct config_peer *config = find_config_peer(node->config, key);
    if (node->peer_count == NETWORK_PEER_MAX) {
        log_write(LOG_LEVEL_WARN, "peer_ignored", "text=\"there are %d peers already\"",
                  NETWORK_PEER_MAX);
        return;
    }
    uint32_t index = node->peer_count++;
    struct network_peer *peer = &node->peers[index];
    char *text = memory_new(label.size + 1);
    memcpy(text, label.data, label.size);
    peer->key = *key;
    peer->label = text;
    node->peer_labels[index] = text;
    node->peer_validator[index] = VALIDATORS_NONE;
    if (config != NULL && config->endpoint.host[0] != '\0') {
        peer->host = config->endpoint.host;
        peer->port = config->endpoint.port;
    }
    if (node->network != NULL) {
        sync_driver_add_peer(node->sync);
        network_add_peer(node->network, peer);
    }
}

void peers_admit(struct node *node, const struct validator_set *set)
{
    for (uint32_t i = 0; i < set->validators.count; i++) {
        const struct validator *validator = &set->validators.list[i];
        if (peers_find(node, &validator->node_key) == SYNC_PEER_NONE) {
            add_peer(node, &validator->node_key, validator->name);
        }
    }
}

static uint32_t find_node(const struct validators *validators, const struct point *key)
{
    for (uint32_t i = 0; i < validators->count; i++) {
        if (bytes_equal(BYTES_OF(validators->list[i].node_key), BYTES_OF(*key))) {
            return i;
        }
    }
    return VALIDATORS_NONE;
}

void peers_elect(struct node *node, struct validator_set *set)
{
    peers_admit(node, set);
    validator_set_release(node->validators);
    node->validators = validator_set_share(set);
    node->self = VALIDATORS_NONE;
    if (node->votes) {
        node->self = validators_find(&set->validators, &node->voter.signer.key);
    }
    for (uint32_t i = 0; i < node->peer_count; i++) {
        node->peer_validator[i] = find_node(&set->validators, &node->peers[i].key);
        if (node->peer_validator[i] != VALIDATORS_NONE) {
            node->validator_peer[node->peer_validator[i]] = i;
        }
    }
    if (node->sync != NULL) {
        sync_driver_elect(node->sync);
    }
}

uint32_t peers_self(const struct node *node)
{
    return node->voter.present
               ? validators_find(&node->validators->validators, &node->voter.signer.key)
               : VALIDATORS_NONE;
}

void peers_open(struct node *node, struct validator_set *present, const struct validator_set *next)
{
    node->peers = memory_new(NETWORK_PEER_MAX * sizeof(*node->peers));
    node->peer_labels = memory_new(NETWORK_PEER_MAX * sizeof(char *));
    node->peer_validator = memory_new(NETWORK_PEER_MAX * sizeof(*node->peer_validator));
    node->peer_up = memory_new(NETWORK_PEER_MAX * sizeof(*node->peer_up));
    peers_elect(node, present);
    peers_admit(node, next);
    for (uint32_t i = 0; i < node->config->peer_count; i++) {
        const struct config_peer *peer = &node->config->peers[i];
        if (peers_find(node, &peer->node_key) == SYNC_PEER_NONE) {
            add_peer(node, &peer->node_key, bytes_of_text(peer->name));
        }
    }
}

/* Does the state name this node: a validator of the next blocks, or permitted besides? */
static bool is_named(const struct point *key, struct validator_set *const sets[2],
                     const struct permitted_nodes *nodes)
{
    return find_node(&sets[0]->validators, key) != VALIDATORS_NONE ||
           find_node(&sets[1]->validators, key) != VALIDATORS_NONE ||
           nodes_find(nodes, key) < nodes->count;
}

static void load_nodes(struct state_snapshot *snapshot, struct permitted_nodes *nodes,
                       struct node *node)
{
    struct state_source source = state_snapshot_source(snapshot);
    struct state *state = state_new(&source);
    nodes_load(state, nodes);
    for (uint32_t i = 0; i < nodes->count; i++) {
        if (peers_find(node, &nodes->list[i].node_key) == SYNC_PEER_NONE) {
            add_peer(node, &nodes->list[i].node_key, nodes->list[i].name);
        }
    }
    state_free(state);
}

void peers_permit(struct node *node)
{
    struct permitted_nodes nodes;
    struct state_snapshot *snapshot = state_snapshot_open(node->store);
    const uint64_t height = node->committed.height;
    struct validator_set *const sets[2] = {state_snapshot_validators(snapshot, height + 1),
                                           state_snapshot_validators(snapshot, height + 2)};
    load_nodes(snapshot, &nodes, node);
    for (uint32_t i = 0; node->network != NULL && i < node->peer_count; i++) {
        const struct point *key = &node->peers[i].key;
        network_permit(node->network, i,
                       find_config_peer(node->config, key) != NULL || is_named(key, sets, &nodes));
    }
    validator_set_release(sets[0]);
    validator_set_release(sets[1]);
    state_snapshot_close(snapshot);
}

void peers_close(struct node *node)
{
    for (uint32_t i = 0; i < node->peer_count; i++) {
        free(node->peer_labels[i]);
    }
    free(node->peers);
    free(node->peer_labels);
    free(node->peer_validator);
    free(node->peer_up);
    validator_set_release(node->validators);
}
