#include "tools/signer/signer.h"

/* Does the request name the chain of this signer? The first one binds it. */
static bool of_our_chain(struct signer_state *state, const struct signer_request *request,
                         bool *changed)
{
    if (!state->bound) {
        state->bound = true;
        state->chain_id = request->chain_id;
        *changed = true;
    }
    return hash_equal(&state->chain_id, &request->chain_id);
}

bool signer_answer(struct signer *signer, const struct signer_request *request,
                   struct signer_answer *answer, struct fault *fault)
{
    struct signer_state *state = &signer->file.state;
    bool changed = false;
    *answer = (struct signer_answer){.version = SIGNER_VERSION,
                                     .public_key = signer->public_key,
                                     .height = vote_guard_height(&state->guard)};
    if (request->call == SIGNER_KEY) {
        return true;
    }
    if (!of_our_chain(state, request, &changed)) {
        answer->status = SIGNER_CHAIN;
        signer->refusals++;
        return true;
    }
    struct vote vote;
    signer_request_vote(&vote, request);
    answer->verdict = (uint8_t)vote_guard_take(&state->guard, &vote);
    answer->height = vote_guard_height(&state->guard);
    if (answer->verdict > VOTE_GUARD_FREE) {
        answer->status = SIGNER_REFUSED;
        answer->free_round = vote_guard_free_round(&state->guard, vote.height);
        signer->refusals++;
        return true;
    }
    changed = changed || answer->verdict == VOTE_GUARD_NEW;
    if (changed && !state_file_store(&signer->file, fault)) {
        return false;
    }
    vote_sign(&vote, &request->chain_id, &signer->key);
    answer->signature = vote.signature;
    signer->signatures++;
    return true;
}
