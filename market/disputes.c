#include "market/disputes.h"

#include <string.h>

#include "crypto/norm_verify.h"
#include "market/rounds.h"

bool dispute_load(const struct round_work *work, uint16_t index, struct dispute *out)
{
    struct market_key key;
    key_dispute(&key, work->round.model, work->round.number, index);
    return record_load(work->state, &key, &dispute_schema, out);
}

void dispute_store(const struct round_work *work, uint16_t index, const struct dispute *dispute)
{
    struct market_key key;
    key_dispute(&key, work->round.model, work->round.number, index);
    record_store(work->state, &key, &dispute_schema, dispute);
}

static void erase(const struct round_work *work, uint16_t index)
{
    struct market_key key;
    key_dispute(&key, work->round.model, work->round.number, index);
    record_erase(work->state, &key);
}

void dispute_values(const struct dispute *dispute, struct shamir_values *out)
{
    *out = (struct shamir_values){0};
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        struct field_ext value;
        if (shamir_set_has(dispute->posted, server)) {
            bool canonical = field_ext_read(&value, dispute->values[server - 1]);
            assert(canonical && "instructions refuse others");
            (void)canonical;
            shamir_values_set(out, server, value);
        }
    }
}

void dispute_guilty(struct round_work *work, uint16_t index, const struct address *prover,
                    uint64_t reward)
{
    struct participant participant;
    if (index == MARKET_PAD_SEAT) {
        work->round.pad_guilty = true;
        return;
    }
    participant_load(work, index, &participant);
    participant_slash(work, index, &participant, prover, reward);
    work->round.accepted--;
}

/* The servers that spoiled the values of one owner are as a rule those that spoil the next one's. */
static enum norm_dispute name_blamed(const struct round_work *work,
                                     const struct shamir_values *values, uint32_t *suspects,
                                     uint32_t *blamed)
{
    uint8_t degree = work->view.terms.threshold;
    unsigned liars_left = (unsigned)(degree - work->round.liars);
    if (*suspects != 0 && shamir_off_among(values, *suspects, degree, blamed)) {
        return NORM_BLAMED;
    }
    enum norm_dispute verdict = norm_dispute_values(values, degree, work->round.liars, blamed);
    if (shamir_set_count(*suspects | *blamed) <= liars_left) {
        *suspects |= *blamed;
    }
    return verdict;
}

void dispute_open(struct round_work *work, uint16_t index, const struct shamir_values *values,
                  uint32_t *suspects)
{
    struct dispute dispute = {.posted = (uint16_t)values->servers,
                              .value_count = MARKET_SERVERS_MAX};
    uint32_t blamed;
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        if (shamir_set_has(values->servers, server)) {
            field_ext_write(dispute.values[server - 1], values->values[server - 1]);
        }
    }
    switch (name_blamed(work, values, suspects, &blamed)) {
    case NORM_OWNER_GUILTY:
        dispute_guilty(work, index, NULL, 0);
        return;
    case NORM_BLAMED:
        dispute.named = true;
        dispute.blamed = (uint16_t)blamed;
        break;
    case NORM_CLAIM_NEEDED:
        break;
    }
    dispute_store(work, index, &dispute);
    struct event_dispute_opened event = {work->round.model, work->round.number, index,
                                         dispute.blamed};
    events_add(work->events, EVENT_DISPUTE_OPENED, &event);
}

void dispute_pad(struct round_work *work)
{
    struct shamir_values values = {0};
    struct pad pad;
    if ((work->view.terms.modes & MODE_PAD) == 0) {
        return;
    }
    pad_load(work, &pad);
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        struct field_ext value;
        if (work_active(work, server)) {
            bool canonical = field_ext_read(&value, pad.values[server - 1]);
            assert(canonical && "the instruction refuses others");
            (void)canonical;
            shamir_values_set(&values, server, value);
        }
    }
    if (!shamir_consistent(&values, values.servers, work->view.terms.threshold)) {
        uint32_t suspects = 0;
        dispute_open(work, MARKET_PAD_SEAT, &values, &suspects);
    }
}

uint32_t dispute_waiting(const struct round_work *work, const struct dispute *dispute)
{
    return dispute->resolved ? 0 : dispute->blamed & ~(uint32_t)work->round.convicted;
}

void dispute_each(struct round_work *work, dispute_visit *visit)
{
    struct dispute dispute;
    for (uint16_t i = 0; i < work->round.joined; i++) {
        if (dispute_load(work, i, &dispute)) {
            visit(work, i, &dispute);
        }
    }
    if (dispute_load(work, MARKET_PAD_SEAT, &dispute)) {
        visit(work, MARKET_PAD_SEAT, &dispute);
    }
}

static bool waits(const struct round_work *work, const struct dispute *dispute,
                  enum round_phase phase)
{
    if (phase == PHASE_CLAIM) {
        return !dispute->named && !dispute->claimed && !dispute->resolved;
    }
    return dispute_waiting(work, dispute) != 0;
}

uint16_t dispute_count(const struct round_work *work, enum round_phase phase)
{
    struct dispute dispute;
    uint16_t count = 0;
    for (uint16_t i = 0; i < work->round.joined; i++) {
        count =
            (uint16_t)(count + (dispute_load(work, i, &dispute) && waits(work, &dispute, phase)));
    }
    return (uint16_t)(count + (dispute_load(work, MARKET_PAD_SEAT, &dispute) &&
                               waits(work, &dispute, phase)));
}

void disputes_erase(const struct round_work *work)
{
    for (uint16_t i = 0; i < work->round.joined; i++) {
        erase(work, i);
    }
    erase(work, MARKET_PAD_SEAT);
}

void round_enter_disputes(struct round_work *work)
{
    work->round.disputes = dispute_count(work, PHASE_CLAIM);
    if (work->round.disputes > 0) {
        work_enter(work, PHASE_CLAIM, work->view.terms.claim_window);
        return;
    }
    work->round.disputes = dispute_count(work, PHASE_JUSTIFY);
    if (work->round.disputes > 0) {
        work_enter(work, PHASE_JUSTIFY, work->view.terms.justify_window);
        return;
    }
    round_end_disputes(work);
}
