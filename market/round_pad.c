#include <string.h>

#include "market/operands.h"
#include "market/rounds.h"
#include "market/seals.h"

/* ROUND_OPEN brings the pad where the model has the mode, and nothing else. */
bool round_pad_open(struct round_work *work, struct native_call *call)
{
    const struct round_open_operand *operand = call->operand;
    const struct share_commitment commitment = {operand->pad_ephemeral, operand->pad_root,
                                                operand->pad_proof};
    static const struct round_open_operand none;
    if ((work->view.terms.modes & MODE_PAD) == 0) {
        bool empty = memcmp(&commitment.ephemeral, &none.pad_ephemeral, 32) == 0 &&
                     hash_is_zero(&operand->pad_root) && hash_is_zero(&operand->pad_root2) &&
                     memcmp(&commitment.proof, &none.pad_proof, 64) == 0 &&
                     memcmp(operand->pad_nonce, none.pad_nonce, 16) == 0;
        return empty || refuse(call, REFUSAL_ROUND_PAD_UNUSED, 0, 0);
    }
    if (!share_commitment_valid(&commitment, &work->round.context, &call->sender_key)) {
        return refuse(call, REFUSAL_ROUND_PAD_PROOF, 0, 0);
    }
    if (!round_take_ephemeral(call, &operand->pad_ephemeral)) {
        return false;
    }
    struct pad pad = {.owner_key = call->sender_key,
                      .ephemeral = operand->pad_ephemeral,
                      .root = operand->pad_root,
                      .root2 = operand->pad_root2,
                      .value_count = MARKET_SERVERS_MAX};
    memcpy(pad.nonce, operand->pad_nonce, sizeof(pad.nonce));
    pad_store(work, &pad);
    return true;
}

void pad_load(const struct round_work *work, struct pad *out)
{
    struct market_key key;
    key_pad(&key, work->round.model, work->round.number);
    bool known = record_load(work->state, &key, &pad_schema, out);
    assert(known && "the round has a pad");
    (void)known;
}

void pad_store(const struct round_work *work, const struct pad *pad)
{
    struct market_key key;
    key_pad(&key, work->round.model, work->round.number);
    record_store(work->state, &key, &pad_schema, pad);
}

/* Servers 1 .. t derive the pad's shares: they hold them. */
void round_pad_enter(struct round_work *work)
{
    work_enter(work, PHASE_PAD, work->view.terms.pad_window);
    work->round.posted = (uint16_t)((1U << work->view.terms.threshold) - 1);
    work_store(work);
}

bool round_pad_publish(struct round_work *work, struct native_call *call)
{
    const struct share_publish_operand *operand = call->operand;
    const struct round *round = &work->round;
    struct sealed sealed;
    unsigned server = operand->server;
    if (!address_equal(&call->sender, &work->view.model.owner)) {
        return refuse(call, REFUSAL_PUBLISH_NO_SEAT, round->number, round->model);
    }
    if (server < 1 || server > work->view.terms.server_count || !work_active(work, server) ||
        shamir_set_has(round->posted, server)) {
        return refuse(call, REFUSAL_PUBLISH_NOT_MISSING, server, MARKET_PAD_SEAT);
    }
    if (!native_charge(call, call->sidecar.size / FIELD_SIZE * ROUND_ELEMENT_GAS)) {
        return false;
    }
    sealed_load(&sealed, work, MARKET_PAD_SEAT, server);
    if (!sealed_check(&sealed, call, call->sidecar, operand->roots, operand->roots2)) {
        return false;
    }
    work_posted(work, server);
    round_event_published(work, call, MARKET_PAD_SEAT, server);
    return true;
}

/* Nobody has joined yet: an undelivered pad costs its owner what it paid for the round's opening. */
void round_close_pad(struct round_work *work)
{
    if ((work->round.active & ~work->round.posted) != 0) {
        round_abort(work, ABORT_PAD);
        return;
    }
    round_begin(work);
}
