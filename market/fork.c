#include "market/fork.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "market/accounts.h"
#include "market/deadlines.h"
#include "market/features.h"
#include "market/ledger.h"
#include "market/members.h"
#include "market/participants.h"
#include "market/rounds.h"

/* Owners that have a seat and have not committed get their stake back too: it is not their fault. */
static void refund_joined(struct round_work *work)
{
    for (uint16_t i = 0; i < work->round.joined; i++) {
        struct participant participant;
        participant_load(work, i, &participant);
        if (participant.status == PARTICIPANT_JOINED) {
            participant_refund(work, i, &participant);
        }
    }
}

static void abort_round(struct state *state, uint64_t model, uint32_t number)
{
    struct round_work work;
    struct event_log unheard = {0};
    bool known = work_load(&work, state, model, number);
    assert(known && "the state is corrupt");
    (void)known;
    work.events = &unheard;
    work.closed_height = 0;
    deadlines_clear(state, work.round.deadline_height);
    refund_joined(&work);
    round_abort(&work, ABORT_FORK);
    work_close(&work);
    event_log_close(&unheard);
}

static void abort_rounds(struct state *state)
{
    struct chain_record chain;
    chain_load(state, &chain);
    for (uint64_t id = 1; id <= chain.model_count; id++) {
        struct model_view view;
        bool known = model_load(&view, state, id);
        assert(known && "models are numbered without gaps");
        (void)known;
        bool open = view.model.round_open;
        uint32_t number = view.model.rounds_opened;
        model_close(&view);
        if (open) {
            abort_round(state, id, number);
        }
    }
}

/* Forget every set, and what was held against its members. */
static void forget_members(struct state *state)
{
    struct governance governance;
    struct market_key key;
    struct validators *set = memory_new(sizeof(*set));
    governance_load(state, &governance);
    for (uint32_t number = 1; number <= governance.set_count; number++) {
        key_validator_set(&key, number);
        (void)record_load(state, &key, &validators_schema, set);
        for (uint32_t i = 0; i < set->count; i++) {
            struct market_key pardon;
            key_pardon(&pardon, &set->list[i].key);
            record_erase(state, &pardon);
        }
        record_erase(state, &key);
        key_set_begin(&key, number);
        record_erase(state, &key);
    }
    free(set);
}

static void begin_features(struct state *state, uint64_t base_height)
{
    struct features old;
    struct features features = {0};
    struct market_key key;
    features_load(state, &old);
    for (uint32_t i = 0; i < old.count; i++) {
        if (old.list[i].activation_height <= base_height) {
            features.list[features.count++] = (struct feature){old.list[i].name, 1};
        }
    }
    key_features(&key);
    if (old.count > 0) {
        record_store(state, &key, &features_schema, &features);
    }
}

void fork_apply(const struct genesis *genesis, struct state *state)
{
    struct governance governance;
    struct market_key key;
    assert(genesis_is_fork(genesis));
    abort_rounds(state);
    forget_members(state);
    governance_load(state, &governance);
    genesis_found(genesis, state);
    governance.set_count = 1;
    governance.member_change = 0;
    governance_store(state, &governance);
    begin_features(state, genesis->base_height);
    key_checkpoints(&key);
    record_erase(state, &key);
    key_next_parameters(&key);
    record_erase(state, &key);
    ledger_assert_conserved(state);
}
