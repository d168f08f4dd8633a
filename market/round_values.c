#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/credit.h"
#include "market/opened.h"
#include "market/operands.h"
#include "market/public_values.h"
#include "market/rounds.h"

static bool check_elements(struct native_call *call, struct bytes values)
{
    for (size_t i = 0; i < values.size / FIELD_SIZE; i++) {
        uint64_t element;
        if (!field_read(&element, values.data + i * FIELD_SIZE)) {
            return refuse(call, REFUSAL_VALUES_NOT_CANONICAL, i, 0);
        }
    }
    return true;
}

static bool post_values(struct round_work *work, struct native_call *call)
{
    const struct batch_values_operand *operand = call->operand;
    bool credits = work->round.phase == PHASE_CREDITS;
    size_t size =
        FIELD_SIZE * (credits ? work->round.accepted
                              : public_value_count(&work->view.terms, work->round.accepted));
    struct market_key key;
    unsigned server;
    if (!work_sender(work, call, credits ? PHASE_CREDITS : PHASE_VALUES, &server)) {
        return false;
    }
    if (operand->values.size != size) {
        return refuse(call, REFUSAL_VALUES_SIZE, operand->values.size, size);
    }
    uint64_t gas =
        size / FIELD_SIZE * ROUND_VALUE_GAS + (uint64_t)work->round.joined * ROUND_OWNER_GAS;
    if (!native_charge(call, gas) || !check_elements(call, operand->values)) {
        return false;
    }
    key_values(&key, work->round.model, work->round.number, (uint8_t)server);
    state_put(call->state, key_bytes(&key), operand->values);
    work_posted(work, server);
    return true;
}

bool round_values(struct native_call *call)
{
    const struct batch_values_operand *operand = call->operand;
    struct round_work work;
    if (!work_open(&work, call, operand->model, operand->round)) {
        return false;
    }
    bool done = post_values(&work, call);
    work_close(&work);
    return done;
}

bool round_query_score(struct native_call *call)
{
    const struct score_operand *operand = call->operand;
    struct round_work work;
    uint16_t index;
    int64_t score = 0;
    if (!work_open(&work, call, operand->model, operand->round)) {
        return false;
    }
    bool known =
        participant_seat(&work, &operand->owner, &index) && public_score_of(&work, index, &score);
    call->result = (uint64_t)score;
    work_close(&work);
    return known || refuse(call, REFUSAL_SCORE_UNKNOWN, operand->round, operand->model);
}

static void convict_all(struct round_work *work, uint32_t set)
{
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        if (shamir_set_has(set, server)) {
            work_convict(work, server, PENALTY_VALUES);
        }
    }
}

static void drop_unselected(struct round_work *work, const struct owner_set *owners,
                            const bool *taken)
{
    for (uint32_t i = 0; i < owners->count; i++) {
        struct participant participant;
        if (!taken[i]) {
            participant_load(work, owners->indexes[i], &participant);
            participant_drop(work, owners->indexes[i], &participant);
            work->round.accepted--;
        }
    }
}

void round_close_values(struct round_work *work)
{
    struct public_reading reading;
    work_drop_silent(work, 1);
    if (!work_check_servers(work)) {
        return;
    }
    public_reading_load(&reading, work);
    opened_erase_values(work);
    convict_all(work, reading.off);
    if (!work_check_servers(work)) {
        public_reading_close(&reading);
        return;
    }
    bool decoded = reading.decoded;
    if (decoded) {
        public_reading_select(&reading, &work->view.terms);
        drop_unselected(work, &reading.owners, reading.taken);
        public_reading_store(&reading, work);
    }
    public_reading_close(&reading);
    if (!decoded && (work->view.terms.modes & MODE_VALUES_ABORT) != 0) {
        round_abort(work, ABORT_VALUES);
    } else if (work->round.accepted < work->view.terms.owners_min) {
        round_abort(work, ABORT_TOO_FEW_OWNERS);
    } else {
        round_enter_aggregate(work);
    }
}

/* Credits that are missing, do not decode or do not sum to <A, A> are none: then all get the same. */
static bool credits_hold(const struct round_work *work, const struct public_reading *reading)
{
    uint32_t dimension = work->view.terms.dimension;
    uint64_t *elements = memory_new(dimension * sizeof(*elements));
    bool holds = field_read_all(elements, work_aggregate(work), NULL) &&
                 credit_check(reading->values[0], reading->owners.count, elements, dimension);
    free(elements);
    return holds;
}

void round_close_credits(struct round_work *work)
{
    struct public_reading reading;
    work_drop_silent(work, 1);
    if (work_servers_suffice(work)) {
        public_reading_load(&reading, work);
        convict_all(work, reading.off);
        if (reading.decoded && credits_hold(work, &reading)) {
            public_reading_store(&reading, work);
        }
        public_reading_close(&reading);
    }
    opened_erase_values(work);
    round_settle(work);
}
