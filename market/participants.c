#include "market/participants.h"

#include <stdlib.h>

#include "base/memory.h"
#include "market/sort.h"

void participant_load(const struct round_work *work, uint16_t index, struct participant *out)
{
    struct market_key key;
    key_participant(&key, work->round.model, work->round.number, index);
    bool known = record_load(work->state, &key, &participant_schema, out);
    assert(known && index < work->round.joined);
    (void)known;
}

void participant_store(const struct round_work *work, uint16_t index,
                       const struct participant *participant)
{
    struct market_key key;
    key_participant(&key, work->round.model, work->round.number, index);
    record_store(work->state, &key, &participant_schema, participant);
}

bool participant_seat(const struct round_work *work, const struct address *owner, uint16_t *index)
{
    struct market_key key;
    struct bytes value;
    key_seat(&key, work->round.model, work->round.number, owner);
    if (!state_get(work->state, key_bytes(&key), &value)) {
        return false;
    }
    struct bcs_reader reader;
    bcs_reader_init(&reader, value);
    *index = bcs_read_u16(&reader);
    return true;
}

/* Takes the stake out of the round and the record. */
static uint64_t release(struct round_work *work, struct participant *participant)
{
    uint64_t stake = participant->stake;
    assert(stake <= work->round.stakes);
    work->round.stakes -= stake;
    participant->stake = 0;
    return stake;
}

static struct event_participant event_of(const struct round_work *work, uint16_t index,
                                         const struct participant *participant, uint64_t amount)
{
    return (struct event_participant){work->round.model, work->round.number, index,
                                      participant->owner, amount};
}

static void to_treasury(const struct round_work *work, uint64_t amount)
{
    struct parameters parameters;
    parameters_load(work->state, &parameters);
    account_credit(work->state, &parameters.treasury, amount);
}

void participant_refund(struct round_work *work, uint16_t index, struct participant *participant)
{
    uint64_t stake = release(work, participant);
    participant->status = PARTICIPANT_REFUNDED;
    account_credit(work->state, &participant->owner, stake);
    participant_store(work, index, participant);
    struct event_money event = {work->round.model, work->round.number, participant->owner, stake};
    events_add(work->events, EVENT_REFUND, &event);
}

void participant_drop(struct round_work *work, uint16_t index, struct participant *participant)
{
    uint64_t stake = release(work, participant);
    participant->status = PARTICIPANT_DROPPED;
    account_credit(work->state, &participant->owner, stake);
    participant_store(work, index, participant);
    struct event_participant event = event_of(work, index, participant, stake);
    events_add(work->events, EVENT_OWNER_DROPPED, &event);
}

void participant_forfeit(struct round_work *work, uint16_t index, struct participant *participant)
{
    uint64_t stake = release(work, participant);
    participant->status = PARTICIPANT_FORFEITED;
    to_treasury(work, stake);
    participant_store(work, index, participant);
    struct event_participant event = event_of(work, index, participant, stake);
    events_add(work->events, EVENT_OWNER_FORFEITED, &event);
}

void participant_fine(struct round_work *work, uint16_t index, struct participant *participant)
{
    uint64_t stake = release(work, participant);
    uint64_t fine = stake / PARTICIPANT_FINE_PART;
    participant->status = PARTICIPANT_DROPPED;
    to_treasury(work, fine);
    account_credit(work->state, &participant->owner, stake - fine);
    participant_store(work, index, participant);
    struct event_participant event = event_of(work, index, participant, stake - fine);
    events_add(work->events, EVENT_OWNER_DROPPED, &event);
}

void participant_slash(struct round_work *work, uint16_t index, struct participant *participant,
                       const struct address *prover, uint64_t reward)
{
    uint64_t stake = release(work, participant);
    reward = reward < stake ? reward : stake;
    participant->status = PARTICIPANT_SLASHED;
    if (reward > 0) {
        account_credit(work->state, prover, reward);
    }
    to_treasury(work, stake - reward);
    participant_store(work, index, participant);
    struct event_participant event = event_of(work, index, participant, stake);
    events_add(work->events, EVENT_OWNER_SLASHED, &event);
}

void participant_pay(struct round_work *work, uint16_t index, struct participant *participant,
                     uint64_t reward)
{
    uint64_t stake = release(work, participant);
    assert(reward <= work->round.escrow);
    work->round.escrow -= reward;
    participant->status = PARTICIPANT_PAID;
    participant->paid = reward;
    account_credit(work->state, &participant->owner, stake);
    account_credit(work->state, &participant->owner, reward);
    participant_store(work, index, participant);
    struct event_participant event = event_of(work, index, participant, reward);
    events_add(work->events, EVENT_OWNER_PAID, &event);
}

struct owner_row {
    struct public_key key;
    uint16_t index;
};

void owner_set_load(struct owner_set *out, const struct round_work *work)
{
    struct owner_row *rows = memory_new(work->round.joined * sizeof(*rows));
    *out = (struct owner_set){0};
    for (uint16_t i = 0; i < work->round.joined; i++) {
        struct participant participant;
        participant_load(work, i, &participant);
        if (participant.status == PARTICIPANT_ACCEPTED) {
            rows[out->count++] = (struct owner_row){participant.owner_key, i};
        }
    }
    sort_items(rows, out->count, sizeof(*rows), offsetof(struct owner_row, key), sizeof(rows->key));
    out->keys = memory_new(out->count * sizeof(*out->keys));
    out->indexes = memory_new(out->count * sizeof(*out->indexes));
    for (uint32_t i = 0; i < out->count; i++) {
        out->keys[i] = rows[i].key;
        out->indexes[i] = rows[i].index;
    }
    free(rows);
}

void owner_set_close(struct owner_set *set)
{
    free(set->keys);
    free(set->indexes);
    *set = (struct owner_set){0};
}
