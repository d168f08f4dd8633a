#include "node/evidence.h"

#include "market/accounts.h"
#include "market/evidence.h"
#include "node/gossip.h"
#include "node/node_state.h"
#include "node/remote_signer.h"
#include "node/sync_driver.h"

#include <inttypes.h>
#include <string.h>

#define EXPIRY_BLOCKS 200

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

/* Is there still somebody to jail? */
static bool holds(const struct node *node, struct state *state, const struct accusation *accusation)
{
    struct public_key offender;
    const uint64_t height = accusation->conflict.height;
    return node->committed.height < height + EVIDENCE_AGE_MAX &&
           evidence_offender(state, accusation->sender, height, &offender);
}

static void look(struct node *node, struct state *state, struct accusation *accusation)
{
    uint64_t committed;
    uint64_t nonce = next_nonce(node, state, &committed);
    if (!holds(node, state, accusation)) {
        accusations_forget(&node->accusations, accusation);
    } else if (accusation_due(accusation, node->committed.height, committed, nonce)) {
        report(node, state, accusation, nonce);
    }
}

void evidence_send(struct node *node, uint32_t sender, const struct conflict *conflict)
{
    struct public_key offender;
    if (node->self == VALIDATORS_NONE) {
        return;
    }
    struct state_snapshot *snapshot = state_snapshot_open(node->store);
    struct state_source source = state_snapshot_source(snapshot);
    struct state *state = state_new(&source);
    if (evidence_offender(state, sender, conflict->height, &offender)) {
        struct accusation *accusation =
            accusations_hold(&node->accusations, &offender, sender, conflict);
        if (accusation != NULL) {
            look(node, state, accusation);
        }
    }
    state_free(state);
    state_snapshot_close(snapshot);
}

void evidence_committed(struct node *node)
{
    if (node->accusations.count == 0 || node->self == VALIDATORS_NONE ||
        sync_driver_active(node->sync)) {
        return;
    }
    struct state_snapshot *snapshot = state_snapshot_open(node->store);
    struct state_source source = state_snapshot_source(snapshot);
    struct state *state = state_new(&source);
    for (uint32_t i = 0; i < VALIDATORS_MAX; i++) {
        if (node->accusations.list[i].held) {
            look(node, state, &node->accusations.list[i]);
        }
    }
    state_free(state);
    state_snapshot_close(snapshot);
}
