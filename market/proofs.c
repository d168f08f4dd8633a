#include "market/proofs.h"

struct norm_statement proof_statement(const struct round_work *work,
                                      const struct participant *participant)
{
    return (struct norm_statement){work->round.context, participant->owner_key, participant->root,
                                   work->round.prove_beacon};
}

void proof_load(struct norm_proof *proof, struct norm_outcome *outcome,
                const struct round_work *work, const struct norm_layout *layout, uint16_t index)
{
    struct market_key key;
    struct proof_record record;
    key_proof(&key, work->round.model, work->round.number, index);
    bool known = record_load(work->state, &key, &proof_record_schema, &record) &&
                 norm_proof_read(proof, layout, record.proof) == NORM_PROOF_OK;
    assert(known && "the seat proved");
    if (outcome != NULL) {
        outcome->sum = proof->sum;
        outcome->value = proof->value;
        known = field_ext_read(&outcome->claim, record.claim);
        assert(known && "the state is corrupt");
    }
    (void)known;
}

void proof_erase_all(const struct round_work *work)
{
    for (uint16_t i = 0; i < work->round.joined; i++) {
        struct market_key key;
        key_proof(&key, work->round.model, work->round.number, i);
        record_erase(work->state, &key);
    }
}
