#include "market/work.h"

#include <string.h>

#include "base/checked.h"
#include "market/deadlines.h"
#include "market/rounds.h"
#include "market/servers.h"

bool work_load(struct round_work *work, struct state *state, uint64_t model, uint32_t round)
{
    struct market_key key;
    *work = (struct round_work){.state = state};
    key_round(&key, model, round);
    if (!record_load(state, &key, &round_schema, &work->round)) {
        return false;
    }
    bool known = model_load(&work->view, state, model);
    assert(known && "a round has a model");
    return known;
}

void work_close(struct round_work *work)
{
    model_close(&work->view);
}

void work_store(const struct round_work *work)
{
    struct market_key key;
    key_round(&key, work->round.model, work->round.number);
    record_store(work->state, &key, &round_schema, &work->round);
}

bool work_open(struct round_work *work, struct native_call *call, uint64_t model, uint32_t round)
{
    if (!work_load(work, call->state, model, round)) {
        struct model_view view;
        if (!model_open(&view, call, model)) {
            return false;
        }
        uint32_t last = view.model.rounds_opened;
        model_close(&view);
        return refuse(call, REFUSAL_ROUND_UNKNOWN, round, last);
    }
    work->block = call->block;
    work->events = call->events;
    return true;
}

bool work_sender(const struct round_work *work, struct native_call *call, enum round_phase phase,
                 unsigned *server)
{
    const struct model_terms *terms = &work->view.terms;
    unsigned number = 0;
    for (uint32_t i = 0; i < terms->server_count && number == 0; i++) {
        if (address_equal(&terms->servers[i], &call->sender)) {
            number = i + 1;
        }
    }
    if (number == 0) {
        return refuse(call, REFUSAL_SENDER_NOT_SERVER, 0, terms->server_count);
    }
    if (work->round.phase != phase) {
        return refuse(call, REFUSAL_ROUND_PHASE_WRONG, work->round.phase, (uint64_t)phase);
    }
    if (!work_active(work, number)) {
        return refuse(call, REFUSAL_SENDER_LEFT, number, 0);
    }
    if (shamir_set_has(work->round.posted, number)) {
        return refuse(call, REFUSAL_SENDER_POSTED, number, 0);
    }
    *server = number;
    return true;
}

void work_posted(struct round_work *work, unsigned server)
{
    struct round *round = &work->round;
    round->posted = (uint16_t)(round->posted | shamir_set_of(server));
    struct event_round_posted event = {round->model, round->number, (uint8_t)server, round->phase};
    events_add(work->events, EVENT_ROUND_POSTED, &event);
    if ((round->active & ~round->posted) == 0) {
        work_end_phase(work);
    }
    work_store(work);
}

void work_end_phase(struct round_work *work)
{
    struct round *round = &work->round;
    if (round->deadline_height != work->block->height) {
        round->deadline_height = work->block->height;
        deadlines_add(work->state, round->deadline_height, round->model, round->number);
    }
}

/* The owners that the phase is about. */
static uint16_t owners_of(const struct round *round)
{
    if (round->phase < PHASE_ACK) {
        return round->committed;
    }
    return round->phase < PHASE_DECIDE_BEACON ? round->proved : round->accepted;
}

static void enter(struct round_work *work, enum round_phase phase, uint64_t deadline_height)
{
    struct round *round = &work->round;
    round->phase = (uint8_t)phase;
    round->phase_height = work->closed_height;
    round->deadline_height = deadline_height;
    round->posted = 0;
    deadlines_add(work->state, deadline_height, round->model, round->number);
    struct event_round_phase event = {.model = round->model,
                                      .round = round->number,
                                      .phase = round->phase,
                                      .owners = owners_of(round),
                                      .active = round->active,
                                      .deadline_height = deadline_height};
    events_add(work->events, EVENT_ROUND_PHASE, &event);
    work_store(work);
}

void work_enter(struct round_work *work, enum round_phase phase, uint32_t window)
{
    assert(window >= 1);
    enter(work, phase, work->closed_height + window);
}

void work_enter_beacon(struct round_work *work, enum round_phase phase)
{
    work->round.beacon_height = work->closed_height + 1;
    enter(work, phase, work->round.beacon_height + 1);
}

unsigned work_active_count(const struct round_work *work)
{
    return shamir_set_count(work->round.active);
}

bool work_active(const struct round_work *work, unsigned server)
{
    return shamir_set_has(work->round.active, server);
}

unsigned work_threshold(const struct round_work *work)
{
    return aggregate_threshold(work->view.terms.threshold, work->round.liars);
}

/* A server leaves Q, and up to `amount` of its stake is forfeited. */
static void leave(struct round_work *work, unsigned server, enum penalty_reason reason,
                  uint64_t amount)
{
    struct round *round = &work->round;
    const struct address *address = &work->view.terms.servers[server - 1];
    struct event_server_penalised event = {.server = *address,
                                           .model = round->model,
                                           .round = round->number,
                                           .number = (uint8_t)server,
                                           .phase = round->phase,
                                           .reason = (uint8_t)reason};
    round->active = (uint16_t)(round->active & ~shamir_set_of(server));
    event.amount = server_penalise(work->state, address, amount);
    events_add(work->events, EVENT_SERVER_PENALISED, &event);
}

void work_penalise(struct round_work *work, unsigned server, enum penalty_reason reason,
                   unsigned times)
{
    struct parameters parameters;
    uint64_t amount;
    parameters_load(work->state, &parameters);
    if (!checked_mul(&amount, parameters.server_penalty, times)) {
        amount = UINT64_MAX;
    }
    leave(work, server, reason, amount);
}

void work_convict(struct round_work *work, unsigned server, enum penalty_reason reason)
{
    if (shamir_set_has(work->round.convicted, server)) {
        return;
    }
    work->round.convicted = (uint16_t)(work->round.convicted | shamir_set_of(server));
    work->round.liars++;
    leave(work, server, reason, UINT64_MAX);
}

void work_drop_silent(struct round_work *work, unsigned times)
{
    uint32_t silent = work->round.active & ~(uint32_t)work->round.posted;
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        if (shamir_set_has(silent, server)) {
            work_penalise(work, server, PENALTY_SILENT, times);
        }
    }
}

bool work_servers_suffice(const struct round_work *work)
{
    return work->round.liars <= work->view.terms.threshold &&
           work_active_count(work) >= work_threshold(work);
}

bool work_check_servers(struct round_work *work)
{
    if (work->round.liars > work->view.terms.threshold) {
        round_abort(work, ABORT_TOO_MANY_LIARS);
        return false;
    }
    if (work_active_count(work) < work_threshold(work)) {
        round_abort(work, ABORT_TOO_FEW_SERVERS);
        return false;
    }
    return true;
}

bool work_aggregate_needed(const struct round *round)
{
    return round->phase == PHASE_CHECK_BEACON || round->phase == PHASE_CHECK ||
           round->phase == PHASE_CREDITS;
}

struct bytes work_aggregate(const struct round_work *work)
{
    const struct blob_source *blobs = &work->block->blobs;
    struct bytes aggregate;
    assert(work_aggregate_needed(&work->round));
    bool here = blobs->read(blobs->context, &work->round.aggregate_root, work->round.aggregate_size,
                            &aggregate);
    assert(here && "a block is executed where its blobs are");
    (void)here;
    return aggregate;
}

void work_values(const struct round_work *work, struct shamir_values *out)
{
    const struct round *round = &work->round;
    *out = (struct shamir_values){0};
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        struct field_ext value;
        if (!shamir_set_has(round->active & (uint32_t)round->posted, server)) {
            continue;
        }
        bool canonical = field_ext_read(&value, round->values[server - 1]);
        assert(canonical && "instructions refuse others");
        (void)canonical;
        shamir_values_set(out, server, value);
    }
}
