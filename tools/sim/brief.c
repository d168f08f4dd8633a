/* Proposals in short form between hosts: the machine of consensus/compact.h, on links that lose and delay
 * its questions and answers. A pool holds each item of a body by chance. */
#include "base/memory.h"
#include "tools/sim/sim_state.h"

enum { HELD_PER_MILLE = 850, BRIEF_PER_MILLE = 700, ITEMS_MAX = 64 };

/* The body of a proposal, as a list of items. False where it is none, as in bodies that nobody may accept. */
static bool list_items(struct bytes wire, struct bytes items[ITEMS_MAX], struct hash ids[ITEMS_MAX],
                       size_t *count)
{
    struct vote vote;
    struct block_header header;
    struct bcs_reader reader;
    bcs_reader_init(&reader, wire);
    schema_read(&reader, &vote_schema, &vote);
    schema_read(&reader, &block_header_schema, &header);
    struct bytes body = bcs_read_bytes(&reader, BLOCK_BODY_SIZE_MAX);
    if (reader.status != BCS_OK) {
        return false;
    }
    bcs_reader_init(&reader, body);
    for (*count = 0; *count < ITEMS_MAX && reader.offset < body.size; (*count)++) {
        items[*count] = bcs_read_bytes(&reader, BLOCK_BODY_SIZE_MAX);
        hash_plain(&ids[*count], items[*count]);
    }
    return bcs_reader_done(&reader);
}

struct payload *brief_of(struct sim *sim, struct host *host, struct payload *whole)
{
    struct bytes items[ITEMS_MAX];
    struct hash ids[ITEMS_MAX];
    size_t count;
    struct buffer out = {0};
    struct bytes wire = buffer_bytes(&whole->wire);
    struct payload *brief = NULL;
    if (sim->options.shorts && random_chance(&sim->brief_random, BRIEF_PER_MILLE) &&
        list_items(wire, items, ids, &count) && compact_write(&out, wire, ids, count)) {
        compact_keep(host->compact, wire, true);
        brief = payload_new(buffer_bytes(&out));
        brief->form = FORM_SHORT;
        brief->whole = whole;
        whole->references++;
    }
    buffer_close(&out);
    return brief;
}

struct pool {
    struct sim *sim;
    const struct payload *whole;
};

static void walk(void *context, void (*each)(void *data, const struct hash *id, struct bytes item),
                 void *data)
{
    const struct pool *pool = context;
    struct bytes items[ITEMS_MAX];
    struct hash ids[ITEMS_MAX];
    size_t count;
    bool listed = list_items(buffer_bytes(&pool->whole->wire), items, ids, &count);
    for (size_t i = 0; listed && i < count; i++) {
        if (random_chance(&pool->sim->brief_random, HELD_PER_MILLE)) {
            each(data, &ids[i], items[i]);
        }
    }
}

static void send(struct sim *sim, struct host *host, uint32_t validator, enum payload_form form,
                 struct bytes bytes)
{
    struct payload *payload = payload_new(bytes);
    payload->form = form;
    for (uint32_t i = 0; host->behaviour != MUTE && i < sim->host_count; i++) {
        if (sim->hosts[i].validator == validator && validator != host->validator) {
            net_transmit(sim, host, &sim->hosts[i], payload);
        }
    }
    payload_release(payload);
}

/* What was put together is taken as if it had come whole. False where it does not verify. */
static bool take_whole(struct sim *sim, struct host *host, const struct compact_result *given)
{
    struct payload *payload = payload_new(given->bytes);
    const struct event event = {.kind = EVENT_DELIVER, .value = given->peer, .payload = payload};
    sim_met(sim, given->fetched == 0 ? SIM_SHORT_POOL : SIM_SHORT_FETCHED);
    net_take(sim, host, &event);
    bool good = !payload->verified || payload->message != NULL;
    payload_release(payload);
    return good;
}

static void ask(struct sim *sim, struct host *host, const struct compact_result *result)
{
    const uint64_t wait_us = COMPACT_WAIT_MS * UINT64_C(1000);
    if (result->all) {
        sim_met(sim, SIM_SHORT_WHOLE);
    }
    send(sim, host, result->peer, FORM_ASK, result->bytes);
    sim_schedule(sim, host, wait_us, (struct event){.kind = EVENT_BRIEF, .detail = result->height});
}

/* A result that does not verify is followed by a question, or by nothing. */
static void finish(struct sim *sim, struct host *host, const struct compact_result *given)
{
    struct compact_result result = *given;
    if (result.outcome == COMPACT_WHOLE && !take_whole(sim, host, &result)) {
        uint64_t height = result.height;
        compact_refuse(host->compact, height, &result);
    }
    switch (result.outcome) {
    case COMPACT_NOTHING:
    case COMPACT_GIVE_UP:
    case COMPACT_WHOLE:
        return;
    case COMPACT_MALFORMED:
        sim->report.refused++;
        return;
    case COMPACT_ASK:
        ask(sim, host, &result);
    }
}

static bool leads(const struct host *host, const struct vote *vote)
{
    struct block_rules rules;
    return pbft_rules(host->pbft, vote->height, &rules) &&
           vote->sender ==
               validators_leader(rules.validators, rules.demoted, vote->height, vote->round);
}

static void take_short(struct sim *sim, struct host *host, const struct event *event)
{
    struct vote vote;
    struct compact_result result;
    struct pool context = {sim, event->payload->whole};
    const struct compact_pool pool = {&context, walk};
    struct bytes wire = buffer_bytes(&event->payload->wire);
    if (!compact_peek(&vote, wire)) {
        sim->report.refused++;
    } else if (pbft_wants(host->pbft, &vote) && leads(host, &vote)) {
        compact_receive(host->compact, event->value, wire, &pool, &result);
        finish(sim, host, &result);
    }
}

static void take_ask(struct sim *sim, struct host *host, const struct event *event)
{
    struct compact_result result;
    compact_answer(host->compact, buffer_bytes(&event->payload->wire), &result);
    if (result.outcome == COMPACT_WHOLE || result.outcome == COMPACT_ASK) {
        send(sim, host, event->value, result.outcome == COMPACT_WHOLE ? FORM_MESSAGE : FORM_ITEMS,
             result.bytes);
    }
}

void brief_deliver(struct sim *sim, struct host *host, const struct event *event)
{
    struct compact_result result;
    if (event->payload->form == FORM_SHORT) {
        take_short(sim, host, event);
    } else if (event->payload->form == FORM_ASK) {
        take_ask(sim, host, event);
    } else {
        compact_take(host->compact, event->value, buffer_bytes(&event->payload->wire), &result);
        finish(sim, host, &result);
    }
}

void brief_expired(struct sim *sim, struct host *host, uint64_t height)
{
    struct compact_result result;
    if (compact_waits(host->compact, height)) {
        uint32_t next = (uint32_t)random_below(&sim->brief_random, sim->membership.keys.count);
        compact_expire(host->compact, height, next, &result);
        finish(sim, host, &result);
    }
}
