#include "market/operands.h"
#include "market/participants.h"
#include "market/rounds.h"

void round_enter_aggregate(struct round_work *work)
{
    work->round.leader = (uint8_t)shamir_set_first(work->round.active);
    work->round.aggregate_root = (struct hash){0};
    work->round.aggregate_size = 0;
    work_enter(work, PHASE_AGGREGATE, work->view.terms.aggregate_window);
}

uint64_t round_turn_height(const struct round *round, const struct model_terms *terms,
                           unsigned server)
{
    uint32_t before = round->active & (shamir_set_of(server) - 1);
    uint64_t share = terms->aggregate_window / shamir_set_count(round->active);
    share = share == 0 ? 1 : share;
    return round->phase_height + 1 + share * shamir_set_count(before);
}

static bool check_turn(const struct round_work *work, struct native_call *call, unsigned server)
{
    uint64_t turn = round_turn_height(&work->round, &work->view.terms, server);
    if (call->block->height < turn) {
        return refuse(call, REFUSAL_AGGREGATE_TURN, call->block->height, turn);
    }
    if (work->round.posted != 0) {
        return refuse(call, REFUSAL_AGGREGATE_TWICE, work->round.leader, 0);
    }
    return true;
}

static bool check_owners(const struct round_work *work, struct native_call *call,
                         const struct hash *claimed)
{
    struct owner_set owners;
    struct hash expected;
    owner_set_load(&owners, work);
    aggregate_set_hash(&expected, owners.keys, owners.count);
    owner_set_close(&owners);
    return hash_equal(&expected, claimed) ||
           refuse(call, REFUSAL_AGGREGATE_OWNERS, 0, work->round.accepted);
}

static bool check_elements(struct native_call *call)
{
    for (size_t i = 0; i < call->sidecar.size / FIELD_SIZE; i++) {
        uint64_t element;
        if (!field_read(&element, call->sidecar.data + i * FIELD_SIZE)) {
            return refuse(call, REFUSAL_AGGREGATE_NOT_CANONICAL, i, 0);
        }
    }
    return true;
}

static bool post(struct round_work *work, struct native_call *call)
{
    const struct batch_aggregate_operand *operand = call->operand;
    struct round *round = &work->round;
    uint64_t size = (uint64_t)work->view.terms.dimension * FIELD_SIZE;
    uint64_t gas = work->view.terms.dimension * (uint64_t)ROUND_ELEMENT_GAS +
                   round->joined * (uint64_t)ROUND_OWNER_GAS;
    unsigned server;
    if (!work_sender(work, call, PHASE_AGGREGATE, &server) || !check_turn(work, call, server)) {
        return false;
    }
    if (call->sidecar.size != size) {
        return refuse(call, REFUSAL_AGGREGATE_SIZE, call->sidecar.size, size);
    }
    if (!native_charge(call, gas) || !check_owners(work, call, &operand->owners) ||
        !check_elements(call)) {
        return false;
    }
    round->leader = (uint8_t)server;
    round->aggregate_root = call->sidecar_root;
    round->aggregate_size = (uint32_t)size;
    round->posted = (uint16_t)shamir_set_of(server);
    work_end_phase(work);
    work_store(work);
    struct event_round_aggregated event = {round->model, round->number, round->leader,
                                           round->aggregate_root, round->aggregate_size};
    events_add(call->events, EVENT_ROUND_AGGREGATED, &event);
    return true;
}

bool round_aggregate(struct native_call *call)
{
    const struct batch_aggregate_operand *operand = call->operand;
    struct round_work work;
    if (!work_open(&work, call, operand->model, operand->round)) {
        return false;
    }
    bool posted = post(&work, call);
    work_close(&work);
    return posted;
}

/* With so many servers in Q a leader tells liars' sums from the others'; with fewer, one false sum keeps
 * every honest leader from posting, and nobody can tell who sent it. */
static bool leaders_could_post(const struct round_work *work)
{
    unsigned needed = 3U * work->view.terms.threshold + 1U - 2U * work->round.liars;
    return work_active_count(work) >= needed;
}

void round_close_aggregate(struct round_work *work)
{
    if (work->round.posted != 0) {
        work_enter_beacon(work, PHASE_CHECK_BEACON);
        return;
    }
    /* Every server had its turn as leader and none used it. */
    bool guilty = leaders_could_post(work);
    for (unsigned server = 1; guilty && server <= MARKET_SERVERS_MAX; server++) {
        if (work_active(work, server)) {
            work_penalise(work, server, PENALTY_NO_AGGREGATE, 1);
        }
    }
    round_abort(work, ABORT_NO_AGGREGATE);
}
