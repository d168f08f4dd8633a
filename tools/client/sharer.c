#include "tools/client/sharer.h"

#include <string.h>

#include "tools/client/random.h"

static bool take_proof(struct sharer *out, const struct round_setting *setting,
                       const struct proof_record *record, struct fault *fault)
{
    enum norm_proof_status status = norm_proof_read(&out->proof, &setting->layout, record->proof);
    if (status != NORM_PROOF_OK) {
        return fault_set(fault, "the proof of seat %u: %s", out->seat,
                         norm_proof_status_text(status));
    }
    out->proved = true;
    out->auxiliary.root2 = out->proof.root2;
    memcpy(out->auxiliary.nonce2, out->proof.nonce2, sizeof(out->auxiliary.nonce2));
    return true;
}

bool sharer_of_owner(struct sharer *out, struct rpc *rpc, const struct round_setting *setting,
                     const struct participant *participant, uint16_t seat, struct fault *fault)
{
    struct market_key key;
    struct proof_record record;
    struct buffer storage = {0};
    memset(out, 0, sizeof(*out));
    out->seat = seat;
    out->status = participant->status;
    out->address = participant->owner;
    out->owner = participant->owner_key;
    out->commitment.ephemeral = participant->ephemeral;
    out->commitment.root = participant->root;
    out->auxiliary.root = participant->root;
    out->auxiliary.beacon = setting->round.prove_beacon;
    out->aux_count = setting->layout.aux_count;
    key_proof(&key, setting->round.model, setting->round.number, seat);
    bool good = chain_record_load(rpc, &key, &proof_record_schema, &record, &storage, fault);
    if (good && storage.size > 0) {
        good = take_proof(out, setting, &record, fault);
    }
    buffer_close(&storage);
    return good;
}

bool sharer_of_pad(struct sharer *out, struct rpc *rpc, const struct round_setting *setting,
                   struct fault *fault)
{
    struct market_key key;
    struct pad pad;
    struct buffer storage = {0};
    memset(out, 0, sizeof(*out));
    key_pad(&key, setting->round.model, setting->round.number);
    bool good = chain_record_load(rpc, &key, &pad_schema, &pad, &storage, fault);
    bool there = storage.size > 0;
    buffer_close(&storage);
    if (!good || !there) {
        return good && fault_set(fault, "the round has no pad");
    }
    out->seat = MARKET_PAD_SEAT;
    out->proved = true;
    out->address = setting->model.owner;
    out->owner = pad.owner_key;
    out->commitment.ephemeral = pad.ephemeral;
    out->commitment.root = pad.root;
    out->auxiliary.root = pad.root;
    out->auxiliary.root2 = pad.root2;
    memcpy(out->auxiliary.nonce2, pad.nonce, sizeof(out->auxiliary.nonce2));
    out->aux_count = PAD_AUX_COUNT;
    return true;
}

struct justify_case sharer_case(const struct sharer *sharer, const struct round_setting *setting,
                                unsigned server)
{
    return (struct justify_case){
        .round = &setting->share,
        .owner = sharer->owner,
        .commitment = sharer->commitment,
        .auxiliary = sharer->auxiliary,
        .server = server,
        .aux_count = sharer->aux_count,
    };
}

void sharer_open(struct dispute_justify_operand *out, const struct sharer *sharer,
                 const struct round_setting *setting, unsigned server,
                 const struct secret_key *ephemeral)
{
    uint8_t random32[32];
    struct justify_opening opening;
    const struct justify_case about = sharer_case(sharer, setting, server);
    random_fill(random32, sizeof(random32));
    justify_open_owner(&opening, &about, ephemeral, random32);
    *out = (struct dispute_justify_operand){
        .model = setting->round.model,
        .round = setting->round.number,
        .owner = sharer->seat,
        .server = (uint8_t)server,
        .shared = opening.shared,
    };
    memcpy(out->challenge, opening.proof.challenge, sizeof(out->challenge));
    memcpy(out->response, opening.proof.response, sizeof(out->response));
}

void sharer_replay(const struct sharer *sharer, const struct round_setting *setting,
                   struct norm_replay *out)
{
    const struct norm_statement statement = {
        .context = setting->share.context,
        .owner = sharer->owner,
        .root = sharer->commitment.root,
        .beacon = setting->round.prove_beacon,
    };
    norm_replay(out, &setting->layout, &statement, &sharer->proof);
}
