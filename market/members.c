#include "market/members.h"

#include "market/events.h"

static uint64_t begin_of(struct state *state, uint32_t number)
{
    struct market_key key;
    struct set_begin begin;
    key_set_begin(&key, number);
    bool known = record_load(state, &key, &set_begin_schema, &begin);
    assert(known && "sets are numbered without gaps");
    (void)known;
    return begin.height;
}

static void load_number(struct state *state, uint32_t number, struct validators *out)
{
    struct market_key key;
    key_validator_set(&key, number);
    bool known = record_load(state, &key, &validators_schema, out);
    assert(known && "sets are numbered without gaps");
    (void)known;
}

static void store_number(struct state *state, uint32_t number, uint64_t height,
                         const struct validators *set)
{
    struct market_key key;
    const struct set_begin begin = {height};
    key_validator_set(&key, number); /* First: names may be borrowed from the state. */
    record_store(state, &key, &validators_schema, set);
    key_set_begin(&key, number);
    record_store(state, &key, &set_begin_schema, &begin);
}

void members_load(struct state *state, uint64_t height, struct validators *out)
{
    struct governance governance;
    governance_load(state, &governance);
    assert(governance.set_count > 0);
    uint32_t low = 1; /* begins at or before `height`, or is the first of all */
    uint32_t high = governance.set_count;
    while (low < high) {
        uint32_t middle = high - (high - low) / 2;
        if (begin_of(state, middle) <= height) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    load_number(state, low, out);
}

bool members_begin(struct state *state, uint64_t height)
{
    struct governance governance;
    governance_load(state, &governance);
    return begin_of(state, governance.set_count) == height;
}

void members_newest(struct state *state, struct validators *out)
{
    struct governance governance;
    governance_load(state, &governance);
    load_number(state, governance.set_count, out);
}

void members_found(struct state *state, const struct validators *set)
{
    const struct governance governance = {.set_count = 1};
    store_number(state, 1, 1, set);
    governance_store(state, &governance);
}

void members_store(struct state *state, uint64_t height, const struct validators *set)
{
    struct governance governance;
    governance_load(state, &governance);
    uint64_t begin = height + MEMBERS_DELAY;
    assert(set->count > 0 && set->count <= VALIDATORS_MAX);
    if (begin_of(state, governance.set_count) == begin) {
        store_number(state, governance.set_count, begin, set);
        return;
    }
    governance.set_count++;
    store_number(state, governance.set_count, begin, set);
    governance_store(state, &governance);
}

void members_change(struct native_call *call, const struct validators *set)
{
    struct event_validators event = {.from_height = call->block->height + MEMBERS_DELAY,
                                     .count = set->count};
    validators_hash(&event.hash, set);
    members_store(call->state, call->block->height, set);
    events_add(call->events, EVENT_VALIDATORS_CHANGED, &event);
}
