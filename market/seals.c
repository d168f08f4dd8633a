#include "market/seals.h"

#include <string.h>

#include "crypto/pad.h"
#include "market/context.h"
#include "market/proofs.h"
#include "market/terms.h"

static void load_pad(struct sealed *out, const struct round_work *work)
{
    struct market_key key;
    struct pad pad;
    key_pad(&key, work->round.model, work->round.number);
    bool known = record_load(work->state, &key, &pad_schema, &pad);
    assert(known && "the round has a pad");
    (void)known;
    struct justify_case *about = &out->about;
    about->owner = pad.owner_key;
    about->commitment.ephemeral = pad.ephemeral;
    about->commitment.root = pad.root;
    about->auxiliary.root = pad.root;
    about->auxiliary.root2 = pad.root2;
    memcpy(about->auxiliary.nonce2, pad.nonce, sizeof(pad.nonce));
    about->aux_count = PAD_AUX_COUNT;
}

static void load_owner(struct sealed *out, const struct round_work *work, uint16_t index)
{
    struct participant participant;
    struct norm_proof proof;
    participant_load(work, index, &participant);
    proof_load(&proof, NULL, work, &out->layout, index);
    struct justify_case *about = &out->about;
    about->owner = participant.owner_key;
    about->commitment.ephemeral = participant.ephemeral;
    about->commitment.root = participant.root;
    about->auxiliary.root = participant.root;
    about->auxiliary.beacon = work->round.prove_beacon;
    about->auxiliary.root2 = proof.root2;
    memcpy(about->auxiliary.nonce2, proof.nonce2, sizeof(proof.nonce2));
    about->aux_count = out->layout.aux_count;
}

void sealed_load(struct sealed *out, const struct round_work *work, uint16_t index, unsigned server)
{
    memset(out, 0, sizeof(*out));
    terms_layout(&out->layout, &work->view.terms);
    context_load(&out->shares, work->state, &work->block->chain_id, &work->round,
                 &work->view.terms);
    out->about.round = &out->shares;
    out->about.server = server;
    if (index == MARKET_PAD_SEAT) {
        load_pad(out, work);
    } else {
        load_owner(out, work, index);
    }
}

size_t sealed_size(const struct sealed *sealed)
{
    return sealed->about.server <= sealed->shares.degree
               ? 0
               : (sealed->shares.dimension + sealed->about.aux_count) * FIELD_SIZE;
}

bool sealed_roots(const struct sealed *sealed, struct bytes list, struct hash *out)
{
    unsigned count = share_blob_count(&sealed->shares);
    if (list.size != count * sizeof(struct hash)) {
        return false;
    }
    memcpy(out, list.data, list.size);
    return true;
}

static bool lists_committed(const struct sealed *sealed, const struct hash *roots,
                            const struct hash *roots2)
{
    const struct justify_case *about = &sealed->about;
    unsigned count = share_blob_count(&sealed->shares);
    struct hash root;
    struct hash root2;
    share_root(&root, &sealed->shares.context, &about->owner, &about->commitment.ephemeral, roots,
               count);
    share_root2(&root2, &sealed->shares.context, &about->owner, &about->auxiliary, roots2, count);
    return hash_equal(&root, &about->commitment.root) &&
           hash_equal(&root2, &about->auxiliary.root2);
}

static bool check_blob(struct native_call *call, struct bytes blob, const struct hash *expected,
                       unsigned number)
{
    struct hash root;
    for (size_t i = 0; i < blob.size / FIELD_SIZE; i++) {
        uint64_t element;
        if (!field_read(&element, blob.data + i * FIELD_SIZE)) {
            return refuse(call, REFUSAL_PUBLISH_NOT_CANONICAL, i, 0);
        }
    }
    merkle_blob_root(&root, blob);
    return hash_equal(&root, expected) || refuse(call, REFUSAL_PUBLISH_BLOB, number, 0);
}

bool sealed_check(const struct sealed *sealed, struct native_call *call, struct bytes ciphertexts,
                  struct bytes roots, struct bytes roots2)
{
    struct hash lists[2][SHARE_BLOBS_MAX];
    size_t first = (size_t)sealed->shares.dimension * FIELD_SIZE;
    unsigned at = sealed->about.server - sealed->shares.degree - 1U;
    if (ciphertexts.size != sealed_size(sealed)) {
        return refuse(call, REFUSAL_PUBLISH_SIZE, ciphertexts.size, sealed_size(sealed));
    }
    if (!sealed_roots(sealed, roots, lists[0]) || !sealed_roots(sealed, roots2, lists[1]) ||
        !lists_committed(sealed, lists[0], lists[1])) {
        return refuse(call, REFUSAL_PUBLISH_ROOTS, 0, 0);
    }
    const struct bytes x = {ciphertexts.data, first};
    const struct bytes aux = {ciphertexts.data + first, ciphertexts.size - first};
    return check_blob(call, x, &lists[0][at], 1) && check_blob(call, aux, &lists[1][at], 2);
}
