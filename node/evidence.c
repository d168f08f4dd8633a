#include "node/evidence.h"

#include "market/admit.h"
#include "market/evidence.h"
#include "node/gossip.h"
#include "node/node_state.h"
#include "node/remote_signer.h"

#include <inttypes.h>
#include <string.h>

#define EXPIRY_BLOCKS 200
#define REPEAT_BLOCKS 200 /* before the same validator is reported again */

/* Is there somebody to jail, and who? */
static bool find_offender(struct node *node, struct state *state, uint32_t sender, uint64_t height,
                          struct public_key *out)
{
    return evidence_offender(state, sender, height, out) &&
           (memcmp(&node->accused, out, sizeof(*out)) != 0 ||
            height >= node->accused_height + REPEAT_BLOCKS);
}

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

static bool write_envelope(struct node *node, struct state *state,
                           const struct evidence_operand *operand, struct buffer *out)
{
    struct buffer program = {0};
    struct account account;
    struct address sender;
    struct transaction transaction;
    const struct public_key *key = &node->voter.signer.key;
    address_of(&sender, key);
    account_load(state, &sender, &account);
    struct signing_evidence wanted = {
        .chain_id = node->genesis->chain_id,
        .nonce = mempool_next_nonce(node->pool, &sender, account.nonce),
        .expires_at = node->committed.height + EXPIRY_BLOCKS,
        .validator = operand->validator,
        .conflict = operand->conflict,
    };
    evidence_transaction(&transaction, &program, state, key, &wanted);
    bool good = sign(node, &wanted, &transaction);
    if (good) {
        transaction_write_envelope(out, &transaction, (struct bytes){0});
    }
    buffer_close(&program);
    return good;
}

static void on_done(void *context, const struct verify_result *result, enum mempool_status status)
{
    (void)context;
    char line[200] = "ok";
    char quoted[220];
    size_t count;
    if (result->refusal.code != 0) {
        const struct refusal_text *texts = market_refusal_texts(&count);
        refusal_print(line, sizeof(line), &result->refusal, texts, count);
    } else if (result->status != TRANSACTION_OK || status != MEMPOOL_OK) {
        (void)snprintf(line, sizeof(line), "%s",
                       result->status != TRANSACTION_OK ? result->error
                                                        : mempool_status_text(status));
    }
    log_write(LOG_LEVEL_WARN, "evidence_sent", "result=%s",
              log_quote(quoted, sizeof(quoted), line));
}

void evidence_send(struct node *node, uint32_t sender, const struct conflict *conflict)
{
    struct evidence_operand operand = {.conflict = *conflict};
    if (node->self == VALIDATORS_NONE) {
        return;
    }
    struct buffer envelope = {0};
    struct state_snapshot *snapshot = state_snapshot_open(node->store);
    struct state_source source = state_snapshot_source(snapshot);
    struct state *state = state_new(&source);
    if (find_offender(node, state, sender, conflict->height, &operand.validator)) {
        node->accused = operand.validator;
        node->accused_height = conflict->height;
        if (!write_envelope(node, state, &operand, &envelope) ||
            !gossip_submit(node->gossip, buffer_bytes(&envelope), on_done, node)) {
            memset(&node->accused, 0, sizeof(node->accused)); /* busy: report it again */
        }
    }
    state_free(state);
    state_snapshot_close(snapshot);
    buffer_close(&envelope);
}
