/* Who signs for a host: its key, or a signer like souk-signer, which has a memory of its own that no power
 * cut of the host touches, refuses what contradicts it, and is away now and then. */
#include "consensus/vote_guard.h"
#include "tools/sim/sim_state.h"

static enum vote_signing sign(void *data, struct vote *vote, uint32_t *free_round)
{
    struct host_signer *signer = data;
    if (signer->sim->time_us < signer->back_us) {
        sim_met(signer->sim, SIM_SIGNER_AWAY);
        return VOTE_SIGNER_AWAY;
    }
    if (vote_guard_take(&signer->guard, vote) > VOTE_GUARD_FREE) {
        sim_met(signer->sim, SIM_SIGNER_REFUSED);
        *free_round = vote_guard_free_round(&signer->guard, vote->height);
        return VOTE_REFUSED;
    }
    return signer->with_key.sign(signer->with_key.data, vote, free_round);
}

void sim_signer_open(struct sim *sim, struct host *host)
{
    struct host_signer *signer = &host->signer;
    struct secret_key secret;
    signer->sim = sim;
    sim_secret(host->validator, &secret);
    signer->with_key = vote_key_signer(&signer->key, &sim->rules.chain_id, &secret);
    signer->present = signer->with_key;
    if (sim->options.guarded && host->behaviour == HONEST) {
        signer->present.sign = sign;
        signer->present.data = signer;
    }
}

void sim_signer_leave(struct sim *sim, struct host *host, uint64_t for_us)
{
    host->signer.back_us = sim->time_us + for_us;
}
