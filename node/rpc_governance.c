#include "node/rpc.h"
#include "node/rpc_prove.h"

#include "market/features.h"
#include "market/governance.h"
#include "market/heartbeats.h"
#include "market/members.h"
#include "market/nodes.h"
#include "market/operands.h"
#include "node/remote_signer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void set(json_t *object, const char *name, json_t *value)
{
    (void)json_object_set_new(object, name, value);
}

/* What the proposal says, with the names of its instruction's operand. */
static json_t *action_object(struct rpc_call *call, const struct proposal *proposal)
{
    uint8_t action[NATIVE_OPERAND_SIZE_MAX];
    const struct schema *schema = proposal_rules_of(proposal->kind)->action;
    bool good = schema_decode(schema, action, proposal->action, NULL, 0);
    assert(good && "it was an operand");
    (void)good;
    return rpc_record(call, schema, action);
}

/* The validators that passed it, else those that vote on the next block, and what each has cast. */
static void add_ballots(struct rpc_call *call, const struct proposal *proposal, json_t *json)
{
    const uint64_t id = proposal->id;
    const uint64_t passed = proposal->passed_height;
    struct validators voters;
    struct proposal_tally tally;
    json_t *ballots = json_array();
    members_load(rpc_state(call), passed != 0 ? passed : call->head.height + 1, &voters);
    proposal_tally(rpc_state(call), id, &voters, &tally);
    for (uint32_t i = 0; i < voters.count; i++) {
        struct market_key key;
        struct ballot ballot;
        key_ballot(&key, id, &voters.list[i].key);
        bool cast = rpc_load(call, &key, &ballot_schema, &ballot);
        json_t *one = json_object();
        set(one, "name", json_text(voters.list[i].name));
        set(one, "public_key", json_hex(BYTES_OF(voters.list[i].key)));
        set(one, "vote", cast ? json_string(ballot.yes ? "yes" : "no") : json_null());
        (void)json_array_append_new(ballots, one);
    }
    set(json, "yes", json_integer(tally.yes));
    set(json, "no", json_integer(tally.no));
    set(json, "needed", json_integer(tally.needed));
    set(json, "ballots", ballots);
}

/* NULL where there is none. */
static json_t *proposal_object(struct rpc_call *call, uint64_t id)
{
    struct proposal proposal;
    if (!proposal_load(rpc_state(call), id, &proposal)) {
        return NULL;
    }
    json_t *json = json_object();
    set(json, "id", json_u64(proposal.id));
    set(json, "kind", json_string(proposal_kind_name(proposal.kind)));
    set(json, "status",
        json_string(proposal_status_name(proposal_status(&proposal, call->head.time_ms))));
    set(json, "proposer", json_hex(BYTES_OF(proposal.proposer)));
    set(json, "opened_height", json_u64(proposal.opened_height));
    set(json, "expires_ms", json_u64(proposal.expires_ms));
    set(json, "passed_height",
        proposal.passed_height == 0 ? json_null() : json_u64(proposal.passed_height));
    set(json, "action", action_object(call, &proposal));
    add_ballots(call, &proposal, json);
    return json;
}

static json_t *governance_proposal(struct rpc_call *call)
{
    uint64_t id;
    struct market_key key;
    if (!rpc_take_u64(call, "proposal", &id, UINT64_MAX)) {
        return NULL;
    }
    json_t *proposal = proposal_object(call, id);
    if (proposal == NULL) {
        return rpc_refuse(call, RPC_NOT_FOUND, "proposal: there is no proposal %" PRIu64, id);
    }
    json_t *json = json_object();
    set(json, "proposal", proposal);
    key_proposal(&key, id);
    return rpc_prove_state(call, key_bytes(&key), json);
}

/* Newest first, from `before` downwards. */
static json_t *governance_proposals(struct rpc_call *call)
{
    uint64_t before;
    uint32_t count;
    struct governance governance;
    if (!rpc_take_u64_or(call, "before", &before, UINT64_MAX, UINT64_MAX) ||
        !rpc_take_count(call, &count, 20)) {
        return NULL;
    }
    governance_load(rpc_state(call), &governance);
    uint64_t id = before > governance.proposal_count ? governance.proposal_count : before - 1;
    json_t *list = json_array();
    for (; before > 0 && id > 0 && json_array_size(list) < count; id--) {
        (void)json_array_append_new(list, proposal_object(call, id));
    }
    json_t *json = json_object();
    set(json, "proposals", list);
    set(json, "next", before > 0 && id > 0 ? json_u64(id + 1) : json_null());
    return json;
}

static json_t *governance_nodes(struct rpc_call *call)
{
    struct permitted_nodes nodes;
    json_t *list = json_array();
    nodes_load(rpc_state(call), &nodes);
    for (uint32_t i = 0; i < nodes.count; i++) {
        json_t *one = json_object();
        set(one, "name", json_text(nodes.list[i].name));
        set(one, "node_key", json_hex(BYTES_OF(nodes.list[i].node_key)));
        (void)json_array_append_new(list, one);
    }
    json_t *json = json_object();
    set(json, "nodes", list);
    return json;
}

static json_t *governance_features(struct rpc_call *call)
{
    struct features features;
    json_t *list = json_array();
    features_load(rpc_state(call), &features);
    for (uint32_t i = 0; i < features.count; i++) {
        const struct feature *feature = &features.list[i];
        json_t *one = json_object();
        set(one, "name", json_text(feature->name));
        set(one, "activation_height", json_u64(feature->activation_height));
        set(one, "active", json_boolean(feature->activation_height <= call->head.height));
        set(one, "known", json_boolean(feature_known(feature->name)));
        (void)json_array_append_new(list, one);
    }
    json_t *json = json_object();
    set(json, "features", list);
    return json;
}

/* By the key in the home, or by the signer that has it. */
static bool sign_heartbeat(struct rpc_call *call, struct signing_heartbeat *wanted,
                           struct signature *out)
{
    static const uint8_t no_randomness[32];
    const struct node *node = call->node;
    char error[256];
    if (node->voter.remote == NULL) {
        struct hash message;
        signing_heartbeat_hash(&message, wanted);
        signature_make(out, &node->keys.validator, &message, no_randomness);
        return true;
    }
    if (!remote_signer_heartbeat(node->voter.remote, wanted, out, error, sizeof(error))) {
        (void)rpc_refuse(call, RPC_BUSY, "%s", error);
        return false;
    }
    return true;
}

/* Was this one signed for an earlier call? The same checkpoint gives the same signature. */
static bool heartbeat_kept(const struct heartbeat_operand *kept,
                           const struct signing_heartbeat *wanted, const struct public_key *key)
{
    return memcmp(&kept->key, key, sizeof(*key)) == 0 && kept->height == wanted->height &&
           hash_equal(&kept->digest, &wanted->digest);
}

/* This node says that it follows the chain, in the words of HEARTBEAT. A checkpoint is signed once, so
 * that many calls do not keep a signer busy which has votes to sign. */
static json_t *governance_heartbeat(struct rpc_call *call)
{
    struct node *node = call->node;
    struct checkpoint checkpoint;
    if (!node->voter.present) {
        return rpc_refuse(call, RPC_NOT_FOUND, "this node has no validator key");
    }
    checkpoint_newest(rpc_state(call), &node->genesis->chain_id, &checkpoint);
    struct signing_heartbeat wanted = {.chain_id = node->genesis->chain_id,
                                       .height = checkpoint.height,
                                       .digest = checkpoint.digest};
    point_of(&wanted.node_key, &node->keys.node);
    if (!heartbeat_kept(&node->heartbeat, &wanted, &node->voter.signer.key)) {
        struct heartbeat_operand heartbeat = {.key = node->voter.signer.key,
                                              .node_key = wanted.node_key,
                                              .height = wanted.height,
                                              .digest = wanted.digest};
        if (!sign_heartbeat(call, &wanted, &heartbeat.signature)) {
            return NULL;
        }
        node->heartbeat = heartbeat;
    }
    json_t *json = json_object();
    set(json, "heartbeat", rpc_record(call, &heartbeat_operand_schema, &node->heartbeat));
    return json;
}

const struct rpc_method rpc_governance_methods[] = {
    {"governance_proposals", governance_proposals, {"before", "count"}, false},
    {"governance_proposal", governance_proposal, {"proposal", "prove", "timeout_ms"}, false},
    {"governance_nodes", governance_nodes, {NULL}, false},
    {"governance_features", governance_features, {NULL}, false},
    {"governance_heartbeat", governance_heartbeat, {NULL}, false},
    {NULL, NULL, {NULL}, false},
};
