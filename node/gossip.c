#include "node/gossip.h"

#include "base/memory.h"
#include "node/blob_driver.h"
#include "node/consensus_glue.h"
#include "node/frames.h"
#include "node/node_state.h"

#include <stdlib.h>

#define CATCH_UP_SIZE_MAX (8u << 20) /* bytes of the pool that a returning peer is given */

struct gossip {
    struct node *node;
    struct buffer batch; /* for the validators */
    uv_timer_t timer;
    bool stopped;
    bool receiving; /* a frame is being taken apart: the core hears of it as a whole */
    bool grown;     /* the pool, since the core last heard of it */
};

/* A client that waits for an answer. */
struct waiting {
    gossip_done *on_done;
    void *context;
};

static void send_validators(struct node *node, struct bytes payload)
{
    for (uint32_t i = 0; i < node->peer_count; i++) {
        if (node->peer_validator[i] != VALIDATORS_NONE && node->peer_up[i]) {
            /* A peer that cannot take it now gets the pool when it is back. */
            enum network_status status = network_send(node->network, i, FRAME_TXS, payload);
            (void)status;
        }
    }
}

static void flush(struct gossip *gossip)
{
    if (gossip->batch.size > 0 && !gossip->stopped) {
        send_validators(gossip->node, buffer_bytes(&gossip->batch));
    }
    buffer_clear(&gossip->batch);
}

static void on_timer(uv_timer_t *timer)
{
    flush(timer->data);
}

static void push(struct gossip *gossip, struct bytes envelope)
{
    if (gossip->batch.size + envelope.size > FRAME_TXS_BATCH_SIZE) {
        flush(gossip);
    }
    if (gossip->batch.size == 0) {
        (void)uv_timer_start(&gossip->timer, on_timer, gossip->node->config->mempool_batch_ms, 0);
    }
    ledger_append_envelope(&gossip->batch, envelope);
}

/* Checked but for the blob that it names: a client is told, another validator's waits for it. */
static bool lacks_blob(const struct verify_result *result)
{
    return result->status == TRANSACTION_NO_BLOB;
}

static bool checks_passed(const struct verify_result *result)
{
    return result->status == TRANSACTION_OK && result->refusal.code == 0;
}

/* The sender's next nonce. While the transaction was verified a block may have been committed, and
 * the pool has forgotten what that block took: so the state is asked again. */
static uint64_t next_nonce(const struct node *node, const struct verify_result *result)
{
    if (result->height >= node->committed.height) {
        return result->next_nonce;
    }
    struct state_snapshot *snapshot = state_snapshot_open(node->store);
    struct state_source source = state_snapshot_source(snapshot);
    struct state *state = state_new(&source);
    struct market_key key;
    struct account account;
    key_account(&key, &result->sender);
    (void)record_load(state, &key, &account_schema, &account);
    state_free(state);
    state_snapshot_close(snapshot);
    return account.nonce;
}

static enum mempool_status add(struct gossip *gossip, const struct verify_result *result,
                               bool from_client)
{
    const struct mempool_offer offer = {.id = result->id,
                                        .sender = result->sender,
                                        .nonce = result->nonce,
                                        .gas_limit = result->gas_limit,
                                        .gas_price = result->gas_price,
                                        .expires_at = result->expires_at,
                                        .blob_root = result->blob_root,
                                        .blob_size = result->blob_size,
                                        .arrived_us = uv_hrtime() / 1000,
                                        .envelope = result->envelope};
    struct node *node = gossip->node;
    enum mempool_status status =
        mempool_add(node->pool, &offer, next_nonce(node, result), node->committed.height);
    node->metrics.transactions_failed[status]++;
    if (status == MEMPOOL_OK) {
        if (from_client) {
            push(gossip, result->envelope);
        }
        gossip->grown = true;
    }
    return status;
}

static void on_verified(void *context, void *tag, const struct verify_result *result)
{
    struct gossip *gossip = context;
    struct waiting *waiting = tag;
    enum mempool_status status = MEMPOOL_OK;
    if (checks_passed(result)) {
        status = add(gossip, result, waiting != NULL);
    } else if (lacks_blob(result) && waiting == NULL) {
        blob_driver_take_transaction(gossip->node->blob_driver, &result->blob_root,
                                     result->blob_size, result->envelope);
    } else {
        gossip->node->metrics.transactions_invalid++;
    }
    if (waiting != NULL) {
        waiting->on_done(waiting->context, result, status);
        free(waiting);
    }
}

/* One proposal for all that came together, not one for the first of it. */
static void tell_core(void *context)
{
    struct gossip *gossip = context;
    if (gossip->grown && !gossip->receiving) {
        gossip->grown = false;
        glue_work_changed(gossip->node->glue);
    }
}

bool gossip_submit(struct gossip *gossip, struct bytes envelope, gossip_done *on_done,
                   void *context)
{
    struct waiting *waiting = memory_new(sizeof(*waiting));
    *waiting = (struct waiting){on_done, context};
    bool taken = !gossip->stopped && verifier_submit(gossip->node->verifier, envelope, waiting);
    if (!taken) {
        free(waiting);
    }
    return taken;
}

void gossip_receive(struct gossip *gossip, uint32_t peer, struct bytes payload)
{
    size_t offset = 0;
    struct bytes envelope;
    bool malformed = false;
    bool taken = true;
    gossip->receiving = true;
    while (taken && !gossip->stopped &&
           ledger_next_envelope(payload, &offset, &envelope, &malformed)) {
        /* Overloaded: the client's node keeps it, and so does the leader's turn. */
        taken = verifier_submit(gossip->node->verifier, envelope, NULL);
    }
    gossip->receiving = false;
    tell_core(gossip);
    if (malformed) {
        log_write(LOG_LEVEL_WARN, "frame_refused", "peer=%u type=txs", peer);
        network_drop(gossip->node->network, peer);
    }
}

void gossip_retry(struct gossip *gossip, struct bytes envelope)
{
    if (!gossip->stopped) {
        /* Where too many wait, the node that the client sent it to still has it. */
        (void)!verifier_submit(gossip->node->verifier, envelope, NULL);
    }
}

struct catch_up {
    struct gossip *gossip;
    uint32_t peer;
    struct buffer batch;
    size_t size;
    size_t size_max;
};

static bool send_batch(struct catch_up *catch_up)
{
    enum network_status status = catch_up->batch.size == 0
                                     ? NETWORK_OK
                                     : network_send(catch_up->gossip->node->network, catch_up->peer,
                                                    FRAME_TXS, buffer_bytes(&catch_up->batch));
    buffer_clear(&catch_up->batch);
    return status == NETWORK_OK;
}

static bool catch_up_each(void *context, struct bytes envelope)
{
    struct catch_up *catch_up = context;
    catch_up->size += envelope.size;
    if (catch_up->batch.size + envelope.size > FRAME_TXS_BATCH_SIZE && !send_batch(catch_up)) {
        return false;
    }
    ledger_append_envelope(&catch_up->batch, envelope);
    return catch_up->size < catch_up->size_max;
}

static void give_pool(struct gossip *gossip, uint32_t peer, size_t size_max)
{
    if (gossip->stopped || gossip->node->peer_validator[peer] == VALIDATORS_NONE) {
        return;
    }
    struct catch_up catch_up = {.gossip = gossip, .peer = peer, .size_max = size_max};
    mempool_walk(gossip->node->pool, catch_up_each, &catch_up);
    (void)send_batch(&catch_up);
    buffer_close(&catch_up.batch);
}

void gossip_peer_up(struct gossip *gossip, uint32_t peer)
{
    give_pool(gossip, peer, CATCH_UP_SIZE_MAX);
}

void gossip_remind(struct gossip *gossip, uint32_t peer)
{
    give_pool(gossip, peer, FRAME_TXS_BATCH_SIZE);
}

struct gossip *gossip_open(struct node *node)
{
    struct gossip *gossip = memory_new(sizeof(*gossip));
    const struct verify_options options = {.loop = &node->loop,
                                           .store = node->store,
                                           .blobs = node->blobs,
                                           .verified = node->verified,
                                           .chain_id = node->genesis->chain_id,
                                           .context = gossip,
                                           .on_done = on_verified,
                                           .on_batch = tell_core};
    gossip->node = node;
    (void)uv_timer_init(&node->loop, &gossip->timer);
    gossip->timer.data = gossip;
    node->verifier = verifier_new(&options);
    return gossip;
}

void gossip_stop(struct gossip *gossip)
{
    gossip->stopped = true;
    uv_close((uv_handle_t *)&gossip->timer, NULL);
}

void gossip_free(struct gossip *gossip)
{
    if (gossip != NULL) {
        buffer_close(&gossip->batch);
        free(gossip);
    }
}
