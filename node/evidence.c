#include "node/evidence.h"

#include "base/memory.h"
#include "market/accounts.h"
#include "market/evidence.h"
#include "node/accusation_file.h"
#include "node/gossip.h"
#include "node/node_state.h"
#include "node/remote_signer.h"
#include "node/sync_driver.h"

#include <stdlib.h>

#define EXPIRY_BLOCKS 200
#define ERROR_MAX     512

struct evidence {
    struct node *node;
    struct accusations held;
    bool looked; /* at all of them, since the start */
    uv_work_t work;
    bool writing;
    bool changed;          /* `held` is not what was, or is being, written */
    struct buffer content; /* being written */
    bool written;
    char error[ERROR_MAX];
};

static void log_warning(const char *event, const char *text)
{
    char quoted[ERROR_MAX + 32];
    log_write(LOG_LEVEL_WARN, event, "text=%s", log_quote(quoted, sizeof(quoted), text));
}

/* The file. */

static void run_write(uv_work_t *work)
{
    struct evidence *evidence = work->data;
    evidence->written = accusations_store(evidence->node->home, buffer_bytes(&evidence->content),
                                          evidence->error, ERROR_MAX);
}

static void keep(struct evidence *evidence);

/* Votes do not depend on it: what could not be written is tried again with the next block. */
static void after_write(uv_work_t *work, int status)
{
    struct evidence *evidence = work->data;
    evidence->writing = false;
    if (status != 0) {
        return; /* the node stops */
    }
    if (!evidence->written) {
        evidence->changed = true;
        log_warning("evidence_not_kept", evidence->error);
    } else if (evidence->changed) {
        keep(evidence);
    }
}

/* Bring the file to what is held, on a worker; once for all that changes meanwhile. */
static void keep(struct evidence *evidence)
{
    evidence->changed = true;
    if (evidence->writing) {
        return;
    }
    evidence->changed = false;
    evidence->writing = true;
    buffer_clear(&evidence->content);
    if (evidence->held.count > 0) {
        accusations_encode(&evidence->content, &evidence->held);
    }
    int queued = uv_queue_work(&evidence->node->loop, &evidence->work, run_write, after_write);
    assert(queued == 0);
    (void)queued;
}

struct evidence *evidence_open(struct node *node)
{
    struct evidence *evidence = memory_new(sizeof(*evidence));
    evidence->node = node;
    evidence->work.data = evidence;
    if (!accusations_load(&evidence->held, node->home, &node->genesis->chain_id, evidence->error,
                          ERROR_MAX)) {
        log_warning("evidence_lost", evidence->error);
    }
    return evidence;
}

void evidence_free(struct evidence *evidence)
{
    if (evidence != NULL) {
        buffer_close(&evidence->content);
        free(evidence);
    }
}

/* The reports. */

/* Signed by the key in the home, or by the signer that has it. */
static bool sign(struct node *node, struct signing_evidence *wanted,
                 struct transaction *transaction)
{
    static const uint8_t no_randomness[32];
    char error[256];
    char quoted[300];
    if (node->voter.remote == NULL) {
        transaction_sign(transaction, (struct bytes){0}, &node->keys.validator, no_randomness);
        return true;
    }
    if (remote_signer_evidence(node->voter.remote, wanted, &transaction->signature, error,
                               sizeof(error))) {
        return true;
    }
    log_write(LOG_LEVEL_WARN, "evidence_sent", "result=%s",
              log_quote(quoted, sizeof(quoted), error));
    return false;
}

/* The own account's next nonce in the state, and after what is in the pool and in decided blocks. */
static uint64_t next_nonce(struct node *node, struct state *state, uint64_t *committed)
{
    struct account account;
    struct address sender;
    address_of(&sender, &node->voter.signer.key);
    account_load(state, &sender, &account);
    *committed = account.nonce;
    return mempool_next_nonce(node->pool, &sender, account.nonce);
}

static bool write_envelope(struct node *node, struct state *state,
                           const struct accusation *accusation, struct buffer *out)
{
    struct buffer program = {0};
    struct transaction transaction;
    struct signing_evidence wanted = {
        .chain_id = node->genesis->chain_id,
        .nonce = accusation->nonce,
        .expires_at = node->committed.height + EXPIRY_BLOCKS,
        .validator = accusation->validator,
        .conflict = accusation->conflict,
    };
    evidence_transaction(&transaction, &program, state, &node->voter.signer.key, &wanted);
    bool good = sign(node, &wanted, &transaction);
    if (good) {
        transaction_write_envelope(out, &transaction, (struct bytes){0});
    }
    buffer_close(&program);
    return good;
}

static void on_done(void *context, const struct verify_result *result, enum mempool_status status)
{
    struct accusation *accusation = context;
    char line[200] = "ok";
    char quoted[220];
    size_t count;
    bool good = result->status == TRANSACTION_OK && result->refusal.code == 0;
    if (result->refusal.code != 0) {
        const struct refusal_text *texts = market_refusal_texts(&count);
        refusal_print(line, sizeof(line), &result->refusal, texts, count);
    } else if (!good || status != MEMPOOL_OK) {
        (void)snprintf(line, sizeof(line), "%s",
                       !good ? result->error : mempool_status_text(status));
    }
    log_write(LOG_LEVEL_WARN, "evidence_sent", "result=%s",
              log_quote(quoted, sizeof(quoted), line));
    accusation_checked(accusation, good && status == MEMPOOL_OK);
}

static void report(struct node *node, struct state *state, struct accusation *accusation,
                   uint64_t nonce)
{
    struct buffer envelope = {0};
    accusation_report(accusation, node->committed.height, nonce);
    if (!write_envelope(node, state, accusation, &envelope) ||
        !gossip_submit(node->gossip, buffer_bytes(&envelope), on_done, accusation)) {
        accusation_checked(accusation, false);
    }
    buffer_close(&envelope);
}

static void look(struct node *node, struct state *state, struct accusation *accusation)
{
    uint64_t committed;
    uint64_t nonce = next_nonce(node, state, &committed);
    switch (evidence_foresee(state, node->committed.height, &accusation->validator,
                             accusation->conflict.height)) {
    case EVIDENCE_EARLY:
        return;
    case EVIDENCE_VAIN:
        if (accusations_forget(&node->evidence->held, accusation)) {
            keep(node->evidence);
        }
        return;
    case EVIDENCE_JAILS:
        break;
    }
    if (node->self != VALIDATORS_NONE &&
        accusation_due(accusation, node->committed.height, committed, nonce)) {
        report(node, state, accusation, nonce);
    }
}

static void hold(struct node *node, struct state *state, const struct public_key *validator,
                 const struct conflict *conflict)
{
    const uint64_t height = node->committed.height;
    if (evidence_foresee(state, height, validator, conflict->height) == EVIDENCE_VAIN) {
        return;
    }
    struct accusation *accusation =
        accusations_hold(&node->evidence->held, validator, conflict, height);
    if (accusation != NULL) {
        keep(node->evidence);
        look(node, state, accusation);
    }
}

void evidence_send(struct node *node, const struct public_key *validator,
                   const struct conflict *conflict)
{
    if (!node->voter.present) {
        return;
    }
    struct state_snapshot *snapshot = state_snapshot_open(node->store);
    struct state_source source = state_snapshot_source(snapshot);
    struct state *state = state_new(&source);
    hold(node, state, validator, conflict);
    state_free(state);
    state_snapshot_close(snapshot);
}

static void look_at_all(struct node *node)
{
    struct accusations *held = &node->evidence->held;
    struct state_snapshot *snapshot = state_snapshot_open(node->store);
    struct state_source source = state_snapshot_source(snapshot);
    struct state *state = state_new(&source);
    for (uint32_t i = 0; i < VALIDATORS_MAX; i++) {
        if (held->list[i].held) {
            look(node, state, &held->list[i]);
        }
    }
    state_free(state);
    state_snapshot_close(snapshot);
}

void evidence_committed(struct node *node)
{
    struct evidence *evidence = node->evidence;
    if (evidence->changed) {
        keep(evidence);
    }
    if (evidence->held.count > 0 && node->voter.present && !sync_driver_active(node->sync)) {
        look_at_all(node);
    }
}

void evidence_watch(struct node *node)
{
    struct evidence *evidence = node->evidence;
    if (!evidence->looked && !node->closing && sync_driver_located(node->sync) &&
        !sync_driver_active(node->sync)) {
        evidence->looked = true;
        evidence_committed(node);
    }
}
