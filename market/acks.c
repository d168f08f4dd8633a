#include "market/acks.h"

static bool in_bitmap(const struct round_work *work, unsigned server, uint16_t index)
{
    struct market_key key;
    struct bytes bitmap;
    key_ack(&key, work->round.model, work->round.number, (uint8_t)server);
    bool posted = state_get(work->state, key_bytes(&key), &bitmap);
    assert(posted && bitmap.size == ((size_t)work->round.joined + 7) / 8);
    (void)posted;
    return (bitmap.data[index / 8] >> (index % 8) & 1) != 0;
}

static uint16_t published_by(const struct round_work *work, uint16_t index)
{
    struct market_key key;
    struct published published;
    key_published(&key, work->round.model, work->round.number, index);
    (void)record_load(work->state, &key, &published_schema, &published);
    return published.servers;
}

bool ack_missing(const struct round_work *work, unsigned server, uint16_t index)
{
    return server > work->view.terms.threshold && work_active(work, server) &&
           !in_bitmap(work, server, index) && !shamir_set_has(published_by(work, index), server);
}

unsigned ack_missing_count(const struct round_work *work, unsigned server)
{
    unsigned count = 0;
    for (uint16_t i = 0; i < work->round.joined; i++) {
        struct participant participant;
        participant_load(work, i, &participant);
        if (participant.status == PARTICIPANT_PROVED) {
            count += ack_missing(work, server, i) ? 1 : 0;
        }
    }
    return count;
}

uint32_t ack_missing_total(const struct round_work *work)
{
    uint32_t total = 0;
    for (unsigned server = 1; server <= work->view.terms.server_count; server++) {
        total += ack_missing_count(work, server);
    }
    return total;
}

unsigned ack_published_count(const struct round_work *work, unsigned server)
{
    unsigned count = 0;
    for (uint16_t i = 0; i < work->round.joined; i++) {
        count += shamir_set_has(published_by(work, i), server) ? 1 : 0;
    }
    return count;
}

unsigned ack_deafest(const struct round_work *work, unsigned least)
{
    unsigned deafest = 0;
    for (unsigned server = 1; server <= work->view.terms.server_count; server++) {
        unsigned count = ack_missing_count(work, server);
        if (count > least) {
            deafest = server;
            least = count;
        }
    }
    return deafest;
}

void ack_drop_server(struct round_work *work, unsigned server)
{
    struct round *round = &work->round;
    unsigned missing = ack_missing_count(work, server);
    round->active = (uint16_t)(round->active & ~shamir_set_of(server));
    struct event_server_dropped event = {round->model, round->number, (uint8_t)server, round->phase,
                                         missing};
    events_add(work->events, EVENT_SERVER_DROPPED, &event);
}

void ack_published(const struct round_work *work, uint16_t index, unsigned server)
{
    struct market_key key;
    struct published published = {(uint16_t)(published_by(work, index) | shamir_set_of(server))};
    key_published(&key, work->round.model, work->round.number, index);
    record_store(work->state, &key, &published_schema, &published);
}

void acks_erase(const struct round_work *work)
{
    struct market_key key;
    for (unsigned server = 1; server <= work->view.terms.server_count; server++) {
        key_ack(&key, work->round.model, work->round.number, (uint8_t)server);
        record_erase(work->state, &key);
    }
    for (uint16_t i = 0; i < work->round.joined; i++) {
        key_published(&key, work->round.model, work->round.number, i);
        record_erase(work->state, &key);
    }
}
