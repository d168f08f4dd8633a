#include "market/deadlines.h"

#include "market/rounds.h"

uint32_t deadlines_count(struct state *state, uint64_t height)
{
    struct market_key key;
    key_deadline_count(&key, height);
    return record_load_count(state, &key);
}

void deadlines_add(struct state *state, uint64_t height, uint64_t model, uint32_t round)
{
    struct market_key key;
    struct deadline entry = {model, round};
    uint32_t count = deadlines_count(state, height);
    key_deadline(&key, height, count);
    record_store(state, &key, &deadline_schema, &entry);
    key_deadline_count(&key, height);
    record_store_count(state, &key, count + 1);
}

/* The round of one entry, where it has something to do in this block. */
static bool open_entry(struct round_work *work, struct state *state,
                       const struct block_context *block, uint32_t sequence)
{
    struct market_key key;
    struct deadline entry;
    key_deadline(&key, block->height, sequence);
    bool known = record_load(state, &key, &deadline_schema, &entry) &&
                 work_load(work, state, entry.model, entry.round);
    assert(known && "the state is corrupt");
    (void)known;
    work->block = block;
    return work->round.deadline_height == block->height;
}

static bool awaits_beacon(const struct round_work *work)
{
    return work->round.phase == PHASE_PROVE_BEACON || work->round.phase == PHASE_DECIDE_BEACON ||
           work->round.phase == PHASE_CHECK_BEACON;
}

void deadlines_begin_block(struct state *state, const struct block_context *block,
                           struct event_log *events)
{
    uint32_t count = deadlines_count(state, block->height);
    for (uint32_t i = 0; i < count; i++) {
        struct round_work work;
        if (open_entry(&work, state, block, i) && awaits_beacon(&work)) {
            work.events = events;
            work.closed_height = block->height - 1;
            round_draw_beacon(&work);
        }
        work_close(&work);
    }
}

static void close_phase(struct round_work *work)
{
    switch ((enum round_phase)work->round.phase) {
    case PHASE_PAD:
        round_close_pad(work);
        return;
    case PHASE_DEAL:
        round_close_deal(work);
        return;
    case PHASE_CONFIRM:
        round_close_confirm(work);
        return;
    case PHASE_COMMIT:
        round_close_commit(work);
        return;
    case PHASE_PROVE:
        round_close_prove(work);
        return;
    case PHASE_ACK:
        round_close_ack(work);
        return;
    case PHASE_PUBLISH:
        round_close_publish(work);
        return;
    case PHASE_DECIDE:
        round_close_decide(work);
        return;
    case PHASE_FALLBACK:
        round_close_fallback(work);
        return;
    case PHASE_CLAIM:
        round_close_claim(work);
        return;
    case PHASE_JUSTIFY:
        round_close_justify(work);
        return;
    case PHASE_VALUES:
        round_close_values(work);
        return;
    case PHASE_AGGREGATE:
        round_close_aggregate(work);
        return;
    case PHASE_CHECK:
        round_close_check(work);
        return;
    case PHASE_CREDITS:
        round_close_credits(work);
        return;
    case PHASE_PROVE_BEACON:
    case PHASE_DECIDE_BEACON:
    case PHASE_CHECK_BEACON:
    case PHASE_SETTLED:
    case PHASE_ABORTED:
        return;
    }
}

void deadlines_clear(struct state *state, uint64_t height)
{
    uint32_t count = deadlines_count(state, height);
    struct market_key key;
    for (uint32_t i = 0; i < count; i++) {
        key_deadline(&key, height, i);
        record_erase(state, &key);
    }
    key_deadline_count(&key, height);
    record_erase(state, &key);
}

void deadlines_end_block(struct state *state, const struct block_context *block,
                         struct event_log *events)
{
    uint32_t count = deadlines_count(state, block->height);
    for (uint32_t i = 0; i < count; i++) {
        struct round_work work;
        if (open_entry(&work, state, block, i)) {
            work.events = events;
            work.closed_height = block->height;
            close_phase(&work);
        }
        work_close(&work);
    }
    assert(deadlines_count(state, block->height) == count && "a phase lasts at least one height");
    deadlines_clear(state, block->height);
}
