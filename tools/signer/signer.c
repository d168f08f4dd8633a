#include "tools/signer/signer.h"

#include "base/checked.h"

static const uint8_t no_randomness[32];

/* Does the request name the chain of this signer? A new signer has none. */
static bool of_our_chain(const struct signer_state *state, const struct hash *chain_id)
{
    return !state->bound || hash_equal(&state->chain_id, chain_id);
}

/* The first signature binds it to a chain, a refusal does not. True where that is to be stored. */
static bool bind_chain(struct signer_state *state, const struct hash *chain_id)
{
    bool changed = !state->bound;
    state->bound = true;
    state->chain_id = *chain_id;
    return changed;
}

static void begin_answer(const struct signer *signer, struct signer_answer *answer)
{
    *answer = (struct signer_answer){.version = SIGNER_VERSION,
                                     .public_key = signer->public_key,
                                     .height = vote_guard_height(&signer->file.state.guard)};
}

static bool refuse(struct signer *signer, struct signer_answer *answer, enum signer_status status)
{
    answer->status = (uint8_t)status;
    signer->refusals++;
    return true;
}

bool signer_answer(struct signer *signer, const struct signer_request *request,
                   struct signer_answer *answer, struct fault *fault)
{
    struct signer_state *state = &signer->file.state;
    begin_answer(signer, answer);
    if (request->call == SIGNER_KEY) {
        return true;
    }
    if (!of_our_chain(state, &request->chain_id)) {
        return refuse(signer, answer, SIGNER_CHAIN);
    }
    struct vote vote;
    signer_request_vote(&vote, request);
    answer->verdict = (uint8_t)vote_guard_take(&state->guard, &vote);
    answer->height = vote_guard_height(&state->guard);
    if (answer->verdict > VOTE_GUARD_FREE) {
        answer->free_round = vote_guard_free_round(&state->guard, vote.height);
        return refuse(signer, answer, SIGNER_REFUSED);
    }
    bool changed = bind_chain(state, &request->chain_id) || answer->verdict == VOTE_GUARD_NEW;
    if (changed && !state_file_store(&signer->file, fault)) {
        return false;
    }
    vote_sign(&vote, &request->chain_id, &signer->key);
    answer->signature = vote.signature;
    signer->signatures++;
    return true;
}

bool signer_answer_heartbeat(struct signer *signer, const struct signing_heartbeat *wanted,
                             struct signer_answer *answer, struct fault *fault)
{
    struct hash message;
    begin_answer(signer, answer);
    if (!of_our_chain(&signer->file.state, &wanted->chain_id)) {
        return refuse(signer, answer, SIGNER_CHAIN);
    }
    if (bind_chain(&signer->file.state, &wanted->chain_id) &&
        !state_file_store(&signer->file, fault)) {
        return false;
    }
    signing_heartbeat_hash(&message, wanted);
    signature_make(&answer->signature, &signer->key, &message, no_randomness);
    signer->signatures++;
    return true;
}

/* The most that the transaction can cost, where that may be spent. */
static bool affordable(const struct signer *signer, const struct signing_evidence *wanted,
                       uint64_t *fee)
{
    return checked_mul(fee, wanted->gas_limit, wanted->gas_price) &&
           *fee <= signer->fees_max - signer->fees;
}

bool signer_answer_evidence(struct signer *signer, const struct signing_evidence *wanted,
                            struct signer_answer *answer, struct fault *fault)
{
    uint64_t fee = 0;
    struct buffer program = {0};
    struct transaction transaction;
    begin_answer(signer, answer);
    if (!of_our_chain(&signer->file.state, &wanted->chain_id)) {
        return refuse(signer, answer, SIGNER_CHAIN);
    }
    if (!affordable(signer, wanted, &fee)) {
        return refuse(signer, answer, SIGNER_FEES);
    }
    if (!conflict_verify(&wanted->conflict, &wanted->chain_id, &wanted->validator, NULL, 0)) {
        return refuse(signer, answer, SIGNER_PROOF);
    }
    if (bind_chain(&signer->file.state, &wanted->chain_id) &&
        !state_file_store(&signer->file, fault)) {
        return false;
    }
    signing_transaction(&transaction, &program, wanted);
    transaction_sign(&transaction, (struct bytes){0}, &signer->key, no_randomness);
    answer->signature = transaction.signature;
    signer->fees += fee;
    signer->signatures++;
    buffer_close(&program);
    return true;
}
