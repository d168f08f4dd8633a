#include "tools/testnet/join.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/client/file.h"
#include "tools/client/heartbeat.h"
#include "tools/client/submit.h"
#include "tools/client/wallet.h"
#include "tools/testnet/control.h"
#include "tools/testnet/make.h"

#define GENESIS_TEXT_MAX (4u << 20)
#define ELECTED_WAIT_MS  60000
#define STEP_MS          50

/* What is known on the way. */
struct joining {
    struct net *net;
    struct part part;
    struct rpc *rpc; /* of the first node */
    struct chain_info chain;
    struct public_key key;
    struct point node_key;
    struct point others[NET_VALIDATORS_MAX]; /* node keys, by number */
};

static bool node_key_of(const struct joining *joining, uint32_t node, struct secret_key *out,
                        struct fault *fault)
{
    char path[NET_PATH_MAX];
    char password_path[NET_PATH_MAX];
    struct wallet_password password;
    net_path(path, joining->net, "node-%" PRIu32 "/config/validator_key", node);
    net_path(password_path, joining->net, "node-%" PRIu32 "/config/password", node);
    bool good = wallet_password_get(&password, password_path, false, fault) &&
                wallet_open(out, path, &password, 0, fault);
    wallet_password_close(&password);
    return good;
}

/* Send one instruction, signed by a validator; *answer (may be NULL) is the caller's. */
static bool send(const struct joining *joining, uint32_t signer, uint8_t native,
                 const void *operand, json_t **answer, struct fault *fault)
{
    struct secret_key key;
    struct submit_receipt receipt = {0};
    struct buffer program = {0};
    if (!node_key_of(joining, signer, &key, fault)) {
        return false;
    }
    submit_program(&program, &(struct submit_native){native, operand}, 1);
    const struct submit_request request = {.program = buffer_bytes(&program), .key = &key};
    bool good = submit_patiently(joining->rpc, &joining->chain, &request, &receipt, fault);
    secret_key_close(&key);
    buffer_close(&program);
    if (good && answer != NULL) {
        *answer = receipt.json;
    } else if (good) {
        json_decref(receipt.json);
    }
    return good;
}

static bool proposal_number(const json_t *answer, uint64_t *out, struct fault *fault)
{
    size_t index;
    json_t *event;
    json_array_foreach(json_object_get(json_object_get(answer, "receipt"), "events"), index, event)
    {
        const json_t *data = json_object_get(event, "data");
        if (json_object_get(data, "expires_ms") != NULL) {
            return rpc_u64(out, data, "proposal", fault);
        }
    }
    return fault_set(fault, "the node reported no proposal");
}

static bool has_passed(const struct joining *joining, uint64_t proposal, bool *passed,
                       struct fault *fault)
{
    json_t *answer = rpc_call(joining->rpc, "governance_proposal",
                              json_pack("{s:I}", "proposal", proposal), fault);
    const char *status = NULL;
    bool good =
        answer != NULL && rpc_text(&status, json_object_get(answer, "proposal"), "status", fault);
    *passed = good && strcmp(status, "passed") == 0;
    json_decref(answer);
    return good;
}

/* Propose by the first node, and let one after the other vote until it has passed. */
static bool decide(const struct joining *joining, uint8_t native, const void *operand,
                   struct fault *fault)
{
    json_t *answer = NULL;
    struct proposal_vote_operand vote = {.yes = true};
    bool passed = false;
    bool good = send(joining, 1, native, operand, &answer, fault) &&
                proposal_number(answer, &vote.proposal, fault);
    json_decref(answer);
    for (uint32_t i = 1; good && !passed && i <= joining->net->validators; i++) {
        good = send(joining, i, NATIVE_PROPOSAL_VOTE, &vote, NULL, fault) &&
               has_passed(joining, vote.proposal, &passed, fault);
    }
    return good && (passed || fault_set(fault, "proposal %" PRIu64 " did not pass", vote.proposal));
}

/* The validators' node keys by the number in their names. */
static bool list_others(struct joining *joining, struct fault *fault)
{
    size_t index;
    json_t *entry;
    uint32_t found = 0;
    json_t *answer = rpc_call(joining->rpc, "chain_validators", NULL, fault);
    if (answer == NULL) {
        return false;
    }
    json_array_foreach(json_object_get(answer, "validators"), index, entry)
    {
        const char *name = json_string_value(json_object_get(entry, "name"));
        const char *hex = json_string_value(json_object_get(entry, "node_key"));
        for (uint32_t i = 1; name != NULL && hex != NULL && i <= joining->net->validators; i++) {
            char wanted[32];
            (void)snprintf(wanted, sizeof(wanted), "node-%" PRIu32, i);
            found += strcmp(name, wanted) == 0 &&
                     hex_decode(joining->others[i - 1].bytes, sizeof(struct point), hex);
        }
    }
    json_decref(answer);
    return found == joining->net->validators ||
           fault_set(fault, "the chain knows %" PRIu32 " of the %" PRIu32 " nodes as validators",
                     found, joining->net->validators);
}

static bool make_home(struct joining *joining, const struct net *larger, struct fault *fault)
{
    char path[NET_PATH_MAX];
    struct buffer genesis = {0};
    net_path(path, larger, "genesis.json");
    bool good = make_node(larger, &joining->part, &joining->key, &joining->node_key, fault) &&
                make_peers(larger, joining->part.index, joining->others, fault) &&
                file_read(&genesis, path, GENESIS_TEXT_MAX, fault);
    net_path(path, larger, "%s/config/genesis.json", joining->part.name);
    good = good && file_write(path, buffer_bytes(&genesis), 0644, fault);
    buffer_close(&genesis);
    return good;
}

static bool record_heartbeat(const struct joining *joining, const struct net *larger,
                             struct fault *fault)
{
    char url[48];
    struct heartbeat_operand operand;
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u",
                   net_rpc_port(larger, joining->part.index));
    return heartbeat_fetch(url, &operand, fault) &&
           send(joining, 1, NATIVE_HEARTBEAT, &operand, NULL, fault);
}

static bool is_elected(const struct joining *joining, struct rpc *rpc, struct fault *fault)
{
    char hex[2 * sizeof(struct public_key) + 1];
    size_t index;
    json_t *entry;
    bool found = false;
    hex_encode(hex, BYTES_OF(joining->key.bytes));
    json_t *answer = rpc_call(rpc, "chain_validators", NULL, fault);
    json_array_foreach(json_object_get(answer, "validators"), index, entry)
    {
        const char *key = json_string_value(json_object_get(entry, "public_key"));
        found = found || (key != NULL && strcmp(key, hex) == 0);
    }
    json_decref(answer);
    return found;
}

/* The set changes two blocks after the vote; the first of them certifies the vote and has no event
 * that could be waited for. */
static bool wait_elected(const struct joining *joining, struct rpc *rpc, struct fault *fault)
{
    const struct timespec step = {.tv_nsec = STEP_MS * 1000000L};
    for (int waited = 0; waited < ELECTED_WAIT_MS; waited += STEP_MS) {
        if (is_elected(joining, rpc, fault)) {
            return true;
        }
        (void)nanosleep(&step, NULL);
    }
    return fault_set(fault, "%s is not in the set after %d s", joining->part.name,
                     ELECTED_WAIT_MS / 1000);
}

/* Every node that runs has the new set, and is ready in it: it must hear of a quorum of that first. */
static bool wait_settled(const struct joining *joining, const struct net *larger,
                         struct fault *fault)
{
    struct part parts[NET_PARTS_MAX];
    size_t count = net_parts(larger, parts);
    bool good = true;
    for (size_t i = 0; good && i < count; i++) {
        char url[48];
        if (parts[i].kind != PART_VALIDATOR || !control_runs(larger, &parts[i])) {
            continue;
        }
        (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u",
                       net_rpc_port(larger, parts[i].index));
        struct rpc *rpc = rpc_new(url);
        good = wait_elected(joining, rpc, fault) && control_await(larger, &parts[i], fault);
        rpc_free(rpc);
    }
    return good;
}

static bool join(struct joining *joining, const struct net *larger, struct fault *fault)
{
    struct node_action node = {.permitted = true, .name = bytes_of_text(joining->part.name)};
    struct validator_add_action add = {.name = node.name};
    if (!chain_info_load(joining->rpc, &joining->chain, fault) || !list_others(joining, fault) ||
        !make_home(joining, larger, fault)) {
        return false;
    }
    node.node_key = joining->node_key;
    add.key = joining->key;
    add.node_key = joining->node_key;
    (void)fprintf(stderr, "permitting %s\n", joining->part.name);
    if (!decide(joining, NATIVE_PROPOSE_NODE, &node, fault)) {
        return false;
    }
    (void)fprintf(stderr, "starting %s\n", joining->part.name);
    if (!control_restart(larger, &joining->part, fault) ||
        !record_heartbeat(joining, larger, fault)) {
        return false;
    }
    (void)fprintf(stderr, "voting for %s\n", joining->part.name);
    return decide(joining, NATIVE_PROPOSE_VALIDATOR_ADD, &add, fault) &&
           wait_settled(joining, larger, fault);
}

bool join_network(struct net *net, struct part *joined, struct fault *fault)
{
    char url[48];
    struct net larger = *net;
    struct joining joining = {.net = net};
    larger.validators++;
    larger.added++;
    if (larger.validators > NET_VALIDATORS_MAX) {
        return fault_set(fault, "there are %" PRIu32 " validators, %d is the bound",
                         net->validators, NET_VALIDATORS_MAX);
    }
    if (net_last_port(&larger) > UINT16_MAX) {
        return fault_set(fault, "there is no port left above %" PRIu32, net_last_port(net));
    }
    joining.part = (struct part){.kind = PART_VALIDATOR, .index = larger.validators};
    (void)snprintf(joining.part.name, sizeof(joining.part.name), "node-%" PRIu32,
                   larger.validators);
    (void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", net_rpc_port(net, 1));
    joining.rpc = rpc_new(url);
    bool good = join(&joining, &larger, fault) && net_save(&larger, fault);
    rpc_free(joining.rpc);
    if (good) {
        *net = larger;
        *joined = joining.part;
    }
    return good;
}
