/* Reports of double votes: a host that holds two votes which contradict each other sends the chain a
 * transaction, as node/evidence.c does, and every block later looks whether that was enough. It travels
 * like any message, and again to whom a link is back. */
#include <string.h>

#include "tools/sim/sim_state.h"

enum { LIE_PER_MILLE = 4 };

static void send(struct sim *sim, const struct host *host, struct bytes envelope)
{
    struct payload *payload = payload_new(envelope);
    payload->form = FORM_TRANSACTION;
    for (uint32_t i = 0; i < sim->host_count; i++) {
        if (sim->hosts[i].validator != host->validator) {
            net_transmit(sim, host, &sim->hosts[i], payload);
        }
    }
    payload_release(payload);
}

/* Only who votes pays for a report. */
static void accuse(struct sim *sim, struct host *host, struct sim_accusation *accusation)
{
    struct buffer envelope = {0};
    if (sim->app.accuse != NULL &&
        membership_index(&sim->membership, host->height + 1, host->validator) != VALIDATORS_NONE &&
        sim->app.accuse(sim->app.data, host->index, host->validator, accusation, &envelope)) {
        if (host->behaviour == HONEST) {
            (void)sim->app.submit(sim->app.data, host->index, buffer_bytes(&envelope));
        }
        send(sim, host, buffer_bytes(&envelope));
    }
    buffer_close(&envelope);
}

void accuse_hold(struct sim *sim, struct host *host, uint32_t number,
                 const struct pbft_action *action)
{
    struct sim_accusation *accusation = &host->accusations[number];
    accusation->held = true;
    accusation->validator = action->signed_by;
    vote_conflict(&accusation->conflict, &action->votes[0], &action->votes[1]);
    accuse(sim, host, accusation);
}

void accuse_again(struct sim *sim, struct host *host)
{
    for (uint32_t i = 0; i < sim->membership.keys.count; i++) {
        if (host->accusations[i].held) {
            accuse(sim, host, &host->accusations[i]);
        }
    }
}

void accuse_offer(struct sim *sim, const struct host *host)
{
    size_t offset = 0;
    struct bytes envelope;
    while (sim->app.pooled != NULL && host->up &&
           sim->app.pooled(sim->app.data, host->index, &offset, &envelope)) {
        send(sim, host, envelope);
    }
}

void accuse_deliver(struct sim *sim, const struct host *host, const struct payload *payload)
{
    if (host->behaviour == HONEST) {
        (void)sim->app.submit(sim->app.data, host->index, buffer_bytes(&payload->wire));
    }
}

/* One vote of an honest validator twice, or two that have nothing to do with each other. */
void accuse_falsely(struct sim *sim, struct host *host, const struct vote *vote)
{
    uint32_t number = membership_number(&sim->membership, vote->height, vote->sender);
    if (vote->type > VOTE_ROUND_CHANGE || number == VALIDATORS_NONE ||
        number < sim->membership.faulty) {
        return;
    }
    struct vote other = host->heard[number];
    host->heard[number] = *vote;
    if (!random_chance(&sim->random, LIE_PER_MILLE)) {
        return;
    }
    if (other.height == 0 || random_chance(&sim->random, 500)) {
        other = *vote;
    }
    bool ordered = memcmp(&vote->digest, &other.digest, sizeof(other.digest)) < 0;
    const struct vote *first = ordered ? vote : &other;
    const struct vote *second = ordered ? &other : vote;
    struct sim_accusation lie = {.held = true,
                                 .validator = sim->membership.keys.list[number].key,
                                 .conflict = {.type = vote->type,
                                              .height = vote->height,
                                              .round = vote->round,
                                              .first = first->digest,
                                              .first_signature = first->signature,
                                              .second = second->digest,
                                              .second_signature = second->signature}};
    accuse(sim, host, &lie);
}
