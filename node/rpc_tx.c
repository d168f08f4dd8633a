#include "base/memory.h"
#include "market/accounts.h"
#include "market/operands.h"
#include "node/blob_driver.h"
#include "node/gossip.h"
#include "node/rpc.h"
#include "node/rpc_prove.h"
#include "node/simulate.h"
#include "node/sync_driver.h"
#include "vm/interpreter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS_DEFAULT 10000

static json_t *status_object(const struct hash *id, const char *status)
{
    json_t *json = json_object();
    (void)json_object_set_new(json, "id", json_hex((struct bytes){id->bytes, sizeof(id->bytes)}));
    (void)json_object_set_new(json, "status", json_string(status));
    return json;
}

json_t *rpc_tx_status(struct rpc_call *call, const struct hash *id)
{
    struct transaction_place place;
    struct bytes envelope;
    if (!state_snapshot_transaction(call->snapshot, id, &place)) {
        return mempool_find(call->node->pool, id, &envelope) ? status_object(id, "pending") : NULL;
    }
    struct buffer encoded = {0};
    json_t *json = status_object(id, "committed");
    bool found = state_snapshot_receipt(call->snapshot, place.height, place.index, &encoded);
    json_t *receipt = found ? rpc_receipt(call->node, buffer_bytes(&encoded)) : NULL;
    (void)json_object_set_new(json, "block_height", json_u64(place.height));
    (void)json_object_set_new(json, "index", json_integer(place.index));
    (void)json_object_set_new(json, "receipt", receipt == NULL ? json_null() : receipt);
    buffer_close(&encoded);
    return json;
}

static json_t *tx_get(struct rpc_call *call)
{
    struct hash id;
    if (!rpc_take_hash(call, "id", &id)) {
        return NULL;
    }
    return rpc_prove_transaction(call, &id, rpc_tx_status(call, &id));
}

/* A tx_send under way. */
struct sending {
    struct node *node;
    struct rpc_reply *reply;
    size_t slot;
    bool wait;
    uint64_t timeout_ms;
};

static const char *const transaction_names[] = {
#define NAME(name, text) #name,
    TRANSACTION_STATUS_LIST(NAME)
#undef NAME
};

/* `text`, where it is not empty, says more than the status. */
static void refuse_envelope(struct rpc_call *call, enum transaction_status status, const char *text)
{
    static const char parameter[] = "envelope: ";
    bool named = strncmp(text, parameter, sizeof(parameter) - 1) == 0;
    char line[RPC_ERROR_MAX];
    (void)snprintf(line, sizeof(line), "%s%s", named ? "" : parameter,
                   text[0] != '\0' ? text : transaction_status_text(status));
    (void)rpc_refuse_as(call, RPC_TRANSACTION_INVALID, transaction_names[status], line);
}

/* The state refuses it; `before` is what is said before that. */
static void refuse_transaction(struct rpc_call *call, const struct refusal *refusal,
                               const char *before)
{
    char line[RPC_ERROR_MAX];
    json_t *json = rpc_refusal(refusal);
    (void)snprintf(line, sizeof(line), "%s%s", before,
                   json_string_value(json_object_get(json, "sentence")));
    (void)rpc_refuse_as(call, RPC_TRANSACTION_REFUSED,
                        json_string_value(json_object_get(json, "name")), line);
    call->error_data = json_object();
    (void)json_object_set_new(call->error_data, "refusal", json);
}

json_t *rpc_tx_outcome(struct rpc_call *call, const struct awaited *awaited, bool over)
{
    struct transaction_place place;
    struct account account;
    struct refusal why;
    if (state_snapshot_transaction(call->snapshot, &awaited->id, &place)) {
        return rpc_tx_status(call, &awaited->id);
    }
    account_load(rpc_state(call), &awaited->sender, &account);
    if (awaited_in_vain(awaited, call->head.height, account.nonce, &why)) {
        refuse_transaction(call, &why, "no block can execute it any more: ");
        return NULL;
    }
    json_t *json = over ? rpc_tx_status(call, &awaited->id) : NULL;
    if (over && json == NULL) {
        (void)rpc_refuse(call, RPC_NOT_FOUND, "id: it left the pool, and no executed block has it");
    }
    return json;
}

/* Turn what the checks said into the call's error. True where they passed. */
static bool checks_passed(struct rpc_call *call, const struct verify_result *result)
{
    if (result->status != TRANSACTION_OK) {
        refuse_envelope(call, result->status, result->error);
        return false;
    }
    if (result->refusal.code != 0) {
        refuse_transaction(call, &result->refusal, "");
        return false;
    }
    return true;
}

/* The answer where it can be given now; NULL with the error set, or with `deferred`. */
static json_t *answer_sent(struct rpc_call *call, const struct sending *sending,
                           const struct verify_result *result, enum mempool_status status)
{
    /* A transaction that was sent before, and even executed, is not refused for its nonce. */
    struct transaction_place place;
    bool decoded = result->status == TRANSACTION_OK;
    if (decoded && state_snapshot_transaction(call->snapshot, &result->id, &place)) {
        return rpc_tx_status(call, &result->id);
    }
    if (!checks_passed(call, result)) {
        return NULL;
    }
    /* Stale: in a block that is decided and not yet committed, perhaps this very one. */
    bool waits = status == MEMPOOL_OK || status == MEMPOOL_KNOWN;
    if (!waits) {
        return rpc_refuse_as(call, RPC_MEMPOOL_REFUSED, mempool_status_name(status),
                             mempool_status_text(status));
    }
    if (!sending->wait) {
        return status_object(&result->id, "pending");
    }
    const struct awaited awaited = {result->id, result->sender, result->nonce, result->expires_at};
    call->deferred = rpc_wait_transaction(sending->reply, sending->slot, sending->node, &awaited,
                                          sending->timeout_ms);
    return call->deferred
               ? NULL
               : rpc_refuse(call, RPC_BUSY, "%u calls are waiting already", RPC_WAITING_MAX);
}

static void on_sent(void *context, const struct verify_result *result, enum mempool_status status)
{
    struct sending *sending = context;
    struct rpc_call call;
    rpc_call_open(&call, sending->node);
    json_t *answer = answer_sent(&call, sending, result, status);
    if (!call.deferred) {
        rpc_finish(sending->reply, sending->slot, answer, &call);
    }
    rpc_call_close(&call);
    free(sending);
}

static bool take_wait(struct rpc_call *call, bool *wait, uint64_t *timeout_ms)
{
    const char *text;
    if (!rpc_take_text(call, "wait", &text) ||
        !rpc_take_u64_or(call, "timeout_ms", timeout_ms, RPC_WAIT_MS_MAX, WAIT_MS_DEFAULT)) {
        return false;
    }
    *wait = text != NULL && strcmp(text, "commit") == 0;
    if (text != NULL && !*wait && strcmp(text, "none") != 0) {
        (void)rpc_refuse(call, RPC_INVALID_PARAMS, "wait: \"none\" or \"commit\" is expected");
        return false;
    }
    return true;
}

static json_t *tx_send(struct rpc_call *call)
{
    struct node *node = call->node;
    struct buffer envelope = {0};
    struct sending *sending = memory_new(sizeof(*sending));
    *sending = (struct sending){.node = node, .reply = call->reply, .slot = call->slot};
    bool good = take_wait(call, &sending->wait, &sending->timeout_ms) &&
                rpc_take_bytes(call, "envelope", &envelope, ENVELOPE_SIZE_MAX);
    if (good && sync_driver_active(node->sync)) {
        (void)rpc_refuse(call, RPC_SYNCING, "the node is catching up and takes no transactions");
        good = false;
    }
    if (good) {
        call->deferred = gossip_submit(node->gossip, buffer_bytes(&envelope), on_sent, sending);
        if (!call->deferred) {
            (void)rpc_refuse(call, RPC_BUSY, "too many transactions wait for verification");
        }
    }
    if (!call->deferred) {
        free(sending);
    }
    buffer_close(&envelope);
    return NULL;
}

/* A tx_simulate under way. */
struct simulating {
    struct node *node;
    struct rpc_reply *reply;
    size_t slot;
};

static void on_simulated(void *context, const struct state_head *head, struct bytes encoded)
{
    struct simulating *simulating = context;
    struct rpc_call call;
    rpc_call_open(&call, simulating->node);
    call.head = *head;
    json_t *json = NULL;
    if (encoded.size == 0) {
        refuse_envelope(&call, TRANSACTION_NO_BLOB, "");
    } else {
        json_t *receipt = rpc_receipt(simulating->node, encoded);
        json = json_object();
        (void)json_object_set(json, "gas_used", json_object_get(receipt, "gas_used"));
        (void)json_object_set_new(json, "receipt", receipt);
    }
    rpc_finish(simulating->reply, simulating->slot, json, &call);
    rpc_call_close(&call);
    free(simulating);
}

static json_t *simulate(struct rpc_call *call, struct bytes envelope)
{
    struct simulating *simulating = memory_new(sizeof(*simulating));
    *simulating = (struct simulating){.node = call->node, .reply = call->reply, .slot = call->slot};
    call->deferred = simulator_submit(call->node->simulator, envelope, on_simulated, simulating);
    if (!call->deferred) {
        free(simulating);
        (void)rpc_refuse(call, RPC_BUSY, "%u simulations are waiting already",
                         SIMULATE_WAITING_MAX);
    }
    return NULL;
}

static json_t *tx_simulate(struct rpc_call *call)
{
    struct buffer envelope = {0};
    struct transaction tx;
    struct bytes sidecar;
    char error[160];
    json_t *json = NULL;
    if (!rpc_take_bytes(call, "envelope", &envelope, ENVELOPE_SIZE_MAX)) {
        buffer_close(&envelope);
        return NULL;
    }
    enum transaction_status status =
        transaction_decode(&tx, &sidecar, buffer_bytes(&envelope), error, sizeof(error));
    if (blob_driver_lacks_state(call->node->blob_driver)) {
        (void)rpc_refuse(call, RPC_SYNCING, "the node is fetching blobs that the state names");
    } else if (status != TRANSACTION_OK) {
        refuse_envelope(call, status, error);
    } else if (!hash_equal(&tx.chain_id, &call->node->genesis->chain_id)) {
        verify_tell_chains(error, sizeof(error), &tx.chain_id, &call->node->genesis->chain_id);
        refuse_envelope(call, TRANSACTION_WRONG_CHAIN, error);
    } else {
        json = simulate(call, buffer_bytes(&envelope));
    }
    buffer_close(&envelope);
    return json;
}

const struct rpc_method rpc_tx_methods[] = {
    {"tx_send", tx_send, {"envelope", "wait", "timeout_ms"}, false},
    {"tx_get", tx_get, {"id", "prove", "timeout_ms"}, false},
    {"tx_simulate", tx_simulate, {"envelope"}, false},
    {NULL, NULL, {NULL}, false},
};
