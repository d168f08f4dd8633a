#include "market/acks.h"
#include "market/operands.h"
#include "market/participants.h"
#include "market/rounds.h"

static bool bit_of(struct bytes bitmap, size_t index)
{
    return (bitmap.data[index / 8] >> (index % 8) & 1) != 0;
}

/* A set bit must stand for an owner who proved: so there is one encoding, and no vote on nothing. */
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
        if (participant.status != PARTICIPANT_PROVED) {
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

/* The pad, or the dealt keys, are one thing for all owners: one bit. */
static bool confirm(struct round_work *work, struct native_call *call)
{
    const struct batch_ack_operand *operand = call->operand;
    unsigned server;
    if (!work_sender(work, call, (enum round_phase)work->round.phase, &server)) {
        return false;
    }
    if (operand->bitmap.size != 1) {
        return refuse(call, REFUSAL_ACK_SIZE, operand->bitmap.size, 1);
    }
    if (operand->bitmap.data[0] != 1) {
        return refuse(call, REFUSAL_ACK_BIT, operand->bitmap.data[0], 0);
    }
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
    bool all = work.round.phase == PHASE_PAD || work.round.phase == PHASE_CONFIRM;
    bool done = all ? confirm(&work, call) : ack(&work, call);
    work_close(&work);
    return done;
}

/* A server that misses more than half would make most owners publish: it goes, while it can be spared.
 * Who misses most goes first: else owners who deliver nothing to an honest server could have it spared
 * for one that denies everything. */
static void drop_deaf_servers(struct round_work *work)
{
    while (work_active_count(work) > work_threshold(work)) {
        unsigned server = ack_deafest(work, work->round.proved / 2U);
        if (server == 0) {
            return;
        }
        ack_drop_server(work, server);
    }
}

void round_close_ack(struct round_work *work)
{
    work_drop_silent(work, 1);
    if (!work_check_servers(work)) {
        return;
    }
    drop_deaf_servers(work);
    work->round.missing = ack_missing_total(work);
    if (work->round.missing == 0) {
        round_accept_owners(work);
        return;
    }
    work_enter(work, PHASE_PUBLISH, work->view.terms.publish_window);
}
