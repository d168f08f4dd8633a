#include "market/operands.h"
#include "market/participants.h"
#include "market/rounds.h"

static bool bit_of(struct bytes bitmap, size_t index)
{
    return (bitmap.data[index / 8] >> (index % 8) & 1) != 0;
}

/* A set bit must stand for an owner who committed: so there is one encoding, and no vote on nothing. */
static bool check_bits(const struct round_work *work, struct native_call *call, struct bytes bitmap)
{
    for (size_t i = 0; i < bitmap.size * 8; i++) {
        if (!bit_of(bitmap, i)) {
            continue;
        }
        struct participant participant = {0};
        if (i < work->round.joined) {
            participant_load(work, (uint16_t)i, &participant);
        }
        if (participant.status != PARTICIPANT_COMMITTED) {
            return refuse(call, REFUSAL_ACK_BIT, i, 0);
        }
    }
    return true;
}

static bool ack(struct round_work *work, struct native_call *call)
{
    const struct batch_ack_operand *operand = call->operand;
    const struct round *round = &work->round;
    size_t size = ((size_t)round->joined + 7) / 8;
    unsigned server;
    if (!work_sender(work, call, PHASE_ACK, &server)) {
        return false;
    }
    if (operand->bitmap.size != size) {
        return refuse(call, REFUSAL_ACK_SIZE, operand->bitmap.size, size);
    }
    if (!native_charge(call, (uint64_t)round->joined * ROUND_OWNER_GAS) ||
        !check_bits(work, call, operand->bitmap)) {
        return false;
    }
    struct market_key key;
    key_ack(&key, round->model, round->number, (uint8_t)server);
    state_put(call->state, key_bytes(&key), operand->bitmap);
    work_posted(work, server);
    return true;
}

bool round_ack(struct native_call *call)
{
    const struct batch_ack_operand *operand = call->operand;
    struct round_work work;
    if (!work_open(&work, call, operand->model, operand->round)) {
        return false;
    }
    bool done = ack(&work, call);
    work_close(&work);
    return done;
}

/* The bitmap of a server of Q, all of whom posted when this is called. */
static struct bytes bitmap_of(const struct round_work *work, unsigned server)
{
    struct market_key key;
    struct bytes bitmap;
    key_ack(&key, work->round.model, work->round.number, (uint8_t)server);
    bool posted = state_get(work->state, key_bytes(&key), &bitmap);
    assert(posted && bitmap.size == ((size_t)work->round.joined + 7) / 8);
    (void)posted;
    return bitmap;
}

static unsigned missing_count(const struct round_work *work, unsigned server)
{
    struct bytes bitmap = bitmap_of(work, server);
    unsigned held = 0;
    for (size_t i = 0; i < work->round.joined; i++) {
        held += bit_of(bitmap, i) ? 1 : 0;
    }
    return work->round.committed - held;
}

/* The server above t that misses most, the first of equals; 0 where none misses more than half. */
static unsigned deafest_server(const struct round_work *work, unsigned *missing)
{
    unsigned deafest = 0;
    *missing = work->round.committed / 2U;
    for (unsigned server = work->view.terms.threshold + 1U; server <= MARKET_SERVERS_MAX;
         server++) {
        unsigned count = work_active(work, server) ? missing_count(work, server) : 0;
        if (count > *missing) {
            deafest = server;
            *missing = count;
        }
    }
    return deafest;
}

/* A server above t that misses more than half would drop most owners: it goes, while it can be spared.
 * Nobody can tell whose fault it is, so it loses nothing else. Who misses most goes first: else owners
 * who deliver nothing to an honest server could have it spared for one that denies everything. */
static void drop_deaf_servers(struct round_work *work)
{
    struct round *round = &work->round;
    while (work_active_count(work) > work_threshold(work)) {
        unsigned missing;
        unsigned server = deafest_server(work, &missing);
        if (server == 0) {
            return;
        }
        round->active = (uint16_t)(round->active & ~shamir_set_of(server));
        struct event_server_dropped event = {round->model, round->number, (uint8_t)server,
                                             round->phase, missing};
        events_add(work->events, EVENT_SERVER_DROPPED, &event);
    }
}

/* Servers 1 .. t derive their shares and hold no ciphertext: their bits say nothing. */
static bool held_by_all(const struct round_work *work, uint16_t index)
{
    for (unsigned server = work->view.terms.threshold + 1U; server <= MARKET_SERVERS_MAX;
         server++) {
        if (work_active(work, server) && !bit_of(bitmap_of(work, server), index)) {
            return false;
        }
    }
    return true;
}

static void accept_owners(struct round_work *work)
{
    for (uint16_t i = 0; i < work->round.joined; i++) {
        struct participant participant;
        participant_load(work, i, &participant);
        if (participant.status != PARTICIPANT_COMMITTED) {
            continue;
        }
        if (!held_by_all(work, i)) {
            participant_drop(work, i, &participant);
            continue;
        }
        participant.status = PARTICIPANT_ACCEPTED;
        participant_store(work, i, &participant);
        work->round.accepted++;
    }
}

static void erase_bitmaps(struct round_work *work)
{
    for (unsigned server = 1; server <= work->view.terms.server_count; server++) {
        struct market_key key;
        key_ack(&key, work->round.model, work->round.number, (uint8_t)server);
        record_erase(work->state, &key);
    }
}

void round_close_ack(struct round_work *work)
{
    work_drop_silent(work, 1);
    if (!work_check_servers(work)) {
        erase_bitmaps(work);
        return;
    }
    drop_deaf_servers(work);
    accept_owners(work);
    erase_bitmaps(work);
    if (work->round.accepted < work->view.terms.owners_min) {
        round_abort(work, ABORT_TOO_FEW_OWNERS);
        return;
    }
    work_enter_beacon(work, PHASE_DECIDE_BEACON);
}
