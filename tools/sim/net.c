/* Links between hosts, and what breaks them. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tools/sim/sim_state.h"
#include "tools/sim/wan.h"

static void schedule_delivery(struct sim *sim, const struct host *from, const struct host *to,
                              struct payload *payload)
{
    uint64_t range = sim->options.delay_max_us - sim->options.delay_min_us;
    uint64_t delay_us = sim->options.delay_min_us + random_below(&sim->random, range + 1);
    if (sim->options.wan) {
        delay_us = wan_delay_us(from->validator, to->validator);
    }
    struct vote head;
    sim->report.sent++;
    sim->report.sent_bytes += payload->wire.size;
    if (message_peek(&head, buffer_bytes(&payload->wire)) && head.type == VOTE_STATUS) {
        sim->report.status++;
        sim->report.status_bytes += payload->wire.size;
    }
    payload->references++;
    sim_schedule(
        sim, to, delay_us,
        (struct event){.kind = EVENT_DELIVER, .value = from->validator, .payload = payload});
}

static bool link_passes(struct sim *sim, const struct host *from, const struct host *to,
                        const struct payload *payload)
{
    struct vote vote;
    if (sim->blocked[from->index][to->index] || !to->up) {
        return false;
    }
    if (sim->filter != NULL && payload->form == FORM_MESSAGE &&
        message_peek(&vote, buffer_bytes(&payload->wire)) &&
        !sim->filter(sim->filter_data, from->index, to->index, &vote)) {
        return false;
    }
    return sim->healed || !random_chance(&sim->random, sim->options.loss_per_mille);
}

static struct payload *garble(struct sim *sim, const struct payload *payload)
{
    struct payload *bad = payload_new(buffer_bytes(&payload->wire));
    bad->form = payload->form;
    bad->whole = payload->whole;
    if (bad->whole != NULL) {
        bad->whole->references++;
    }
    uint64_t place = random_below(&sim->random, bad->wire.size);
    bad->wire.data[place] ^= (uint8_t)(1 + random_below(&sim->random, 255));
    if (random_chance(&sim->random, 300)) {
        bad->wire.size = random_below(&sim->random, bad->wire.size);
    }
    return bad;
}

void net_transmit(struct sim *sim, const struct host *from, const struct host *to,
                  struct payload *payload)
{
    bool faulty = from->behaviour == TWIN;
    if (!link_passes(sim, from, to, payload) || (faulty && random_chance(&sim->random, 300))) {
        return;
    }
    if (faulty && random_chance(&sim->random, 30)) {
        struct payload *bad = garble(sim, payload);
        schedule_delivery(sim, from, to, bad);
        payload_release(bad);
        return;
    }
    schedule_delivery(sim, from, to, payload);
    if (!sim->healed && random_chance(&sim->random, sim->options.double_per_mille)) {
        schedule_delivery(sim, from, to, payload);
    }
}

/* A forgery goes to everybody, or to some while others get the truth. */
static struct payload *maybe_forge(struct sim *sim, const struct host *host,
                                   const struct payload *payload, bool *to_all)
{
    struct payload *forged = NULL;
    if (random_chance(&sim->random, sim->options.forge_per_mille)) {
        forged = forge_payload(sim, host, payload);
        *to_all = random_chance(&sim->random, 500);
    }
    if (forged != NULL) {
        checker_heard(sim, host, forged);
    }
    return forged;
}

static void send(struct sim *sim, struct host *host, const struct outgoing *outgoing)
{
    struct vote head;
    if (message_peek(&head, buffer_bytes(&outgoing->payload->wire)) && head.type == VOTE_PROPOSE) {
        sim->proposed_us[head.height % 2] = sim->time_us;
    }
    if (host->behaviour == HONEST) {
        checker_sent(sim, host, outgoing->payload);
    }
    if (host->behaviour == MUTE) {
        return;
    }
    struct payload *brief = outgoing->type == PBFT_ACTION_BROADCAST && head.type == VOTE_PROPOSE
                                ? brief_of(sim, host, outgoing->payload)
                                : NULL;
    struct payload *truth = brief != NULL ? brief : outgoing->payload;
    struct payload *forged = NULL;
    bool to_all = false;
    if (host->behaviour == TWIN) {
        checker_heard(sim, host, outgoing->payload);
        forged = maybe_forge(sim, host, outgoing->payload, &to_all);
    }
    for (uint32_t i = 0; i < sim->host_count; i++) {
        const struct host *to = &sim->hosts[i];
        bool meant = outgoing->type == PBFT_ACTION_BROADCAST || to->validator == outgoing->to;
        if (meant && to->validator != host->validator) {
            bool lie = forged != NULL && (to_all || random_chance(&sim->random, 500));
            net_transmit(sim, host, to, lie ? forged : truth);
        }
    }
    payload_release(forged);
    payload_release(brief);
}

static uint32_t number_of(const struct sim *sim, const struct point *node_key)
{
    const struct validators *keys = &sim->membership.keys;
    for (uint32_t i = 0; i < keys->count; i++) {
        if (bytes_equal(BYTES_OF(keys->list[i].node_key), BYTES_OF(*node_key))) {
            return i;
        }
    }
    return VALIDATORS_NONE;
}

void net_push(struct sim *sim, struct host *host, const struct pbft_action *action)
{
    host->outbox = memory_resize(host->outbox, (host->outbox_count + 1) * sizeof(*host->outbox));
    struct outgoing *outgoing = &host->outbox[host->outbox_count++];
    *outgoing = (struct outgoing){.gate = host->written, .type = action->type};
    if (action->type == PBFT_ACTION_DECIDED) {
        outgoing->payload = payload_new((struct bytes){0});
        block_encode(&outgoing->payload->wire, action->block);
        outgoing->certificate = *action->certificate;
        outgoing->logged = action->logged;
    } else {
        outgoing->to = number_of(sim, &action->receiver);
        outgoing->payload = payload_new(action->bytes);
    }
}

/* The host's present set is that of the height after the one just stored. */
static void note_sets(struct sim *sim, struct host *host)
{
    const struct sim_set *before = membership_at(&sim->membership, host->height);
    const struct sim_set *after = membership_at(&sim->membership, host->height + 1);
    if (before == NULL || after == NULL || !validator_set_equal(before->set, after->set)) {
        sim_schedule(sim, host, 0, (struct event){.kind = EVENT_PEERS});
    }
}

/* Milliseconds since the height's proposal, where this host is the last one to decide it. */
static uint64_t time_to_last(const struct sim *sim, const struct host *host)
{
    for (uint32_t i = 0; i < sim->host_count; i++) {
        if (sim->hosts[i].height < host->height) {
            return 0;
        }
    }
    return (sim->time_us - sim->proposed_us[host->height % 2]) / 1000;
}

static void release(struct sim *sim, struct host *host, const struct outgoing *outgoing)
{
    if (outgoing->type == PBFT_ACTION_DECIDED) {
        disk_store(sim, host, outgoing);
        compact_forget(host->compact, host->height);
        sim->report.decided_ms += time_to_last(sim, host);
        note_sets(sim, host);
        sim_schedule(sim, host, sim_some_us(sim, 8000), (struct event){.kind = EVENT_EXECUTED});
        if (sim->options.work && host->height < sim->goal) {
            sim_schedule(sim, host, sim_some_us(sim, 20000), (struct event){.kind = EVENT_WORK});
        }
    } else {
        send(sim, host, outgoing);
    }
}

void net_flush(struct sim *sim, struct host *host)
{
    size_t sent = 0;
    while (sent < host->outbox_count && host->outbox[sent].gate <= host->durable) {
        release(sim, host, &host->outbox[sent]);
        payload_release(host->outbox[sent].payload);
        sent++;
    }
    if (sent > 0) {
        memmove(host->outbox, host->outbox + sent,
                (host->outbox_count - sent) * sizeof(*host->outbox));
        host->outbox_count -= sent;
    }
}

void net_verify(struct sim *sim, struct payload *payload, const struct block_rules *rules,
                char *error, size_t error_size)
{
    struct vote head;
    if (payload->verified) {
        return;
    }
    message_free(payload->message);
    if (!message_verify(&payload->message, rules, buffer_bytes(&payload->wire), error,
                        error_size)) {
        sim->report.refused++;
    }
    /* A STATUS means to each receiver what that one's set makes of it. */
    payload->verified =
        !message_peek(&head, buffer_bytes(&payload->wire)) || head.type != VOTE_STATUS;
}

/* A STATUS of somebody who is not in the receiver's set is no business of the core. */
static bool concerns(const struct block_rules *rules, const struct vote *head, struct bytes wire)
{
    struct public_key key;
    return head->type != VOTE_STATUS || !message_peek_key(&key, wire) ||
           validators_find(rules->validators, &key) != VALIDATORS_NONE;
}

static void note_message(struct sim *sim, const struct message *message)
{
    if (message->vote.type == VOTE_PROPOSE) {
        sim->proposed = message->vote.digest;
        if (message->prepared.present) {
            sim_met(sim, SIM_REPROPOSAL);
        }
    }
}

void net_take(struct sim *sim, struct host *host, const struct event *event)
{
    struct payload *payload = event->payload;
    struct vote head;
    struct block_rules rules;
    struct bytes wire = buffer_bytes(&payload->wire);
    if (!message_peek(&head, wire) || !pbft_wants(host->pbft, &head) ||
        !pbft_rules(host->pbft, pbft_rules_height(host->pbft, &head), &rules) ||
        !concerns(&rules, &head, wire)) {
        return;
    }
    char error[160];
    bool forged = payload->forged && !payload->verified;
    net_verify(sim, payload, &rules, error, sizeof(error));
    if (forged && payload->message == NULL) {
        sim_met(sim, SIM_FORGED);
    } else if (forged) {
        checker_passed(sim, payload->message);
    }
    if (payload->message != NULL) {
        note_message(sim, payload->message);
        sim->report.messages++;
        if (payload->message->vote.type == VOTE_PROPOSE) {
            compact_close(host->compact, payload->message->vote.height);
            compact_keep(host->compact, wire, false);
        }
        struct pbft_event message = {.type = PBFT_EVENT_MESSAGE, .u.message = payload->message};
        (void)host_step(sim, host, &message);
        if (host->behaviour == TWIN) {
            accuse_falsely(sim, host, &payload->message->vote);
        }
    }
}

void net_deliver(struct sim *sim, struct host *host, const struct event *event)
{
    if (event->payload->form == FORM_MESSAGE) {
        net_take(sim, host, event);
    } else if (event->payload->form == FORM_TRANSACTION) {
        accuse_deliver(sim, host, event->payload);
    } else {
        brief_deliver(sim, host, event);
    }
}

static bool reaches(const struct sim *sim, const struct host *a, const struct host *b)
{
    return b->up && !sim->blocked[a->index][b->index] && !sim->blocked[b->index][a->index];
}

void net_peers_of(struct sim *sim, struct host *host)
{
    struct pbft_summary summary;
    bool met[SIM_VALIDATORS_MAX] = {false};
    struct pbft_event event = {.type = PBFT_EVENT_PEERS};
    if (!host->up) {
        return;
    }
    pbft_summarize(host->pbft, &summary);
    for (uint32_t i = 0; i < sim->host_count; i++) {
        const struct host *other = &sim->hosts[i];
        bool member =
            membership_index(&sim->membership, summary.height, other->validator) != VALIDATORS_NONE;
        if (member && !met[other->validator] && (host == other || reaches(sim, host, other))) {
            met[other->validator] = true;
            event.u.connected++;
        }
    }
    (void)host_step(sim, host, &event);
}

void net_peers(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->host_count; i++) {
        net_peers_of(sim, &sim->hosts[i]);
        accuse_offer(sim, &sim->hosts[i]);
    }
}

static void split(struct sim *sim)
{
    bool side[SIM_HOSTS_MAX];
    bool one_way = random_chance(&sim->random, 300);
    for (uint32_t i = 0; i < sim->host_count; i++) {
        side[i] = random_chance(&sim->random, 500);
    }
    for (uint32_t i = 0; i < sim->host_count; i++) {
        for (uint32_t j = 0; j < sim->host_count; j++) {
            sim->blocked[i][j] = side[i] != side[j] && (!one_way || side[i]);
        }
    }
}

void net_fault(struct sim *sim)
{
    struct host *host = &sim->hosts[random_below(&sim->random, sim->host_count)];
    switch (random_below(&sim->random, 10)) {
    case 0:
        host_stop(sim, host);
        break;
    case 1:
        host_end(sim, host);
        break;
    case 2:
        for (uint32_t i = 0; i < sim->host_count; i++) {
            if (random_chance(&sim->random, 300)) {
                host_stop(sim, &sim->hosts[i]);
            } else if (random_chance(&sim->random, 400)) {
                host_end(sim, &sim->hosts[i]);
            }
        }
        break;
    case 3:
        split(sim);
        sim_met(sim, SIM_SPLIT);
        break;
    case 4:
        host->skew_ms = (int64_t)random_below(&sim->random, 20001) - 10000;
        break;
    case 5:
        memset(sim->blocked, 0, sizeof(sim->blocked));
        sim_met(sim, SIM_HEALED);
        break;
    case 6:
        sim_signer_leave(sim, host, random_below(&sim->random, 5000000));
        break;
    default:
        for (uint32_t i = 0; i < sim->host_count; i++) {
            if (random_chance(&sim->random, 700)) {
                host_start(sim, &sim->hosts[i]);
            }
        }
        break;
    }
    net_peers(sim);
    sim_schedule(sim, NULL, random_below(&sim->random, 2 * sim->options.fault_interval_us),
                 (struct event){.kind = EVENT_FAULT});
}
