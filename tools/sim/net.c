/* Links between hosts, and what breaks them. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tools/sim/sim_state.h"

static void schedule_delivery(struct sim *sim, const struct host *from, const struct host *to,
                              struct payload *payload)
{
    uint64_t range = sim->options.delay_max_us - sim->options.delay_min_us;
    uint64_t delay_us = sim->options.delay_min_us + random_below(&sim->random, range + 1);
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
    if (sim->filter != NULL && message_peek(&vote, buffer_bytes(&payload->wire)) &&
        !sim->filter(sim->filter_data, from->index, to->index, &vote)) {
        return false;
    }
    return sim->healed || !random_chance(&sim->random, sim->options.loss_per_mille);
}

static struct payload *garble(struct sim *sim, const struct payload *payload)
{
    struct payload *bad = payload_new(buffer_bytes(&payload->wire));
    uint64_t place = random_below(&sim->random, bad->wire.size);
    bad->wire.data[place] ^= (uint8_t)(1 + random_below(&sim->random, 255));
    if (random_chance(&sim->random, 300)) {
        bad->wire.size = random_below(&sim->random, bad->wire.size);
    }
    return bad;
}

static void transmit(struct sim *sim, const struct host *from, const struct host *to,
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
        checker_heard(sim, forged);
    }
    return forged;
}

static void send(struct sim *sim, const struct host *host, const struct outgoing *outgoing)
{
    if (host->behaviour == HONEST) {
        checker_sent(sim, host, outgoing->payload);
    }
    if (host->behaviour == MUTE) {
        return;
    }
    struct payload *forged = NULL;
    bool to_all = false;
    if (host->behaviour == TWIN) {
        checker_heard(sim, outgoing->payload);
        forged = maybe_forge(sim, host, outgoing->payload, &to_all);
    }
    for (uint32_t i = 0; i < sim->host_count; i++) {
        const struct host *to = &sim->hosts[i];
        bool meant = outgoing->type == PBFT_ACTION_BROADCAST || to->validator == outgoing->to;
        if (meant && to->validator != host->validator) {
            bool lie = forged != NULL && (to_all || random_chance(&sim->random, 500));
            transmit(sim, host, to, lie ? forged : outgoing->payload);
        }
    }
    payload_release(forged);
}

void net_push(struct sim *sim, struct host *host, const struct pbft_action *action)
{
    (void)sim;
    host->outbox = memory_resize(host->outbox, (host->outbox_count + 1) * sizeof(*host->outbox));
    struct outgoing *outgoing = &host->outbox[host->outbox_count++];
    *outgoing = (struct outgoing){.gate = host->written, .type = action->type, .to = action->to};
    if (action->type == PBFT_ACTION_DECIDED) {
        outgoing->payload = payload_new((struct bytes){0});
        block_encode(&outgoing->payload->wire, action->block);
        outgoing->certificate = *action->certificate;
    } else {
        outgoing->payload = payload_new(action->bytes);
    }
}

static void release(struct sim *sim, struct host *host, const struct outgoing *outgoing)
{
    if (outgoing->type == PBFT_ACTION_DECIDED) {
        disk_store(sim, host, outgoing);
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

void net_verify(struct sim *sim, struct payload *payload, char *error, size_t error_size)
{
    if (!payload->verified) {
        payload->verified = true;
        if (!message_verify(&payload->message, &sim->rules, buffer_bytes(&payload->wire), error,
                            error_size)) {
            sim->report.refused++;
        }
    }
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

void net_deliver(struct sim *sim, struct host *host, const struct event *event)
{
    struct payload *payload = event->payload;
    struct vote head;
    if (!message_peek(&head, buffer_bytes(&payload->wire)) || !pbft_wants(host->pbft, &head)) {
        return;
    }
    char error[160];
    bool forged = payload->forged && !payload->verified;
    net_verify(sim, payload, error, sizeof(error));
    if (forged && payload->message == NULL) {
        sim_met(sim, SIM_FORGED);
    } else if (forged) {
        checker_passed(sim, payload->message);
    }
    if (payload->message != NULL) {
        note_message(sim, payload->message);
        sim->report.messages++;
        struct pbft_event message = {.type = PBFT_EVENT_MESSAGE, .u.message = payload->message};
        host_step(sim, host, &message);
    }
}

static bool reaches(const struct sim *sim, const struct host *a, const struct host *b)
{
    return b->up && !sim->blocked[a->index][b->index] && !sim->blocked[b->index][a->index];
}

void net_peers(struct sim *sim)
{
    for (uint32_t i = 0; i < sim->host_count; i++) {
        struct host *host = &sim->hosts[i];
        bool met[SIM_VALIDATORS_MAX] = {false};
        uint32_t connected = 0;
        for (uint32_t j = 0; j < sim->host_count && host->up; j++) {
            uint32_t validator = sim->hosts[j].validator;
            if (!met[validator] && (i == j || reaches(sim, host, &sim->hosts[j]))) {
                met[validator] = true;
                connected++;
            }
        }
        if (host->up) {
            struct pbft_event event = {.type = PBFT_EVENT_PEERS, .u.connected = connected};
            host_step(sim, host, &event);
        }
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
    switch (random_below(&sim->random, 9)) {
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
