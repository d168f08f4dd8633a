/* What a dispute asks of an owner: ciphertexts in public, claims, a share opened. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tools/client/blob.h"
#include "tools/client/sharer.h"
#include "tools/wallet/owner.h"

/* C_ij || C2_ij of server t + 1 + i. */
static bool write_sidecar(struct buffer *out, const struct owner *owner,
                          const struct ciphertexts *x, unsigned i, struct fault *fault)
{
    return ciphertexts_load(out, x, i, fault) &&
           ciphertexts_load(out, &owner->proven.auxiliary, i, fault);
}

static struct bytes roots_of(const struct owner *owner, const struct ciphertexts *ciphertexts)
{
    return (struct bytes){ciphertexts->roots[0].bytes,
                          share_blob_count(&owner->setting.share) * sizeof(struct hash)};
}

/* ---- PUBLISH */

/* Servers that said they do not hold our ciphertexts and for which none are published yet, mask. */
static bool find_missing(struct owner *owner, uint32_t *missing, struct fault *fault)
{
    const struct round *round = &owner->setting.round;
    struct rpc *rpc = owner->session->rpc;
    struct buffer value = {0};
    struct published published;
    struct market_key key;
    *missing = 0;
    key_published(&key, round->model, round->number, owner->seat.index);
    bool good = chain_record_load(rpc, &key, &published_schema, &published, &value, fault);
    for (unsigned j = owner->setting.terms.threshold + 1U;
         good && j <= owner->setting.terms.server_count; j++) {
        key_ack(&key, round->model, round->number, (uint8_t)j);
        good = chain_bytes_load(rpc, &key, &value, fault);
        size_t byte = owner->seat.index / 8U;
        bool held = byte < value.size && (value.data[byte] >> (owner->seat.index % 8) & 1) != 0;
        if (good && value.size > 0 && !held && shamir_set_has(round->active, j) &&
            !shamir_set_has(published.servers, j)) {
            *missing |= shamir_set_of(j);
        }
    }
    buffer_close(&value);
    return good;
}

bool owner_acknowledged(struct owner *owner, uint32_t *servers, struct fault *fault)
{
    uint8_t status = owner->seat.participant.status;
    bool publishing = owner->setting.round.phase == PHASE_PUBLISH && status == PARTICIPANT_PROVED;
    uint32_t missing = 0;
    *servers = 0;
    if (publishing && !find_missing(owner, &missing, fault)) {
        return false;
    }
    if (publishing || status == PARTICIPANT_ACCEPTED || status == PARTICIPANT_PAID) {
        *servers = delivery_takers(&owner->setting) & ~missing;
    }
    return true;
}

static bool publish_for(struct owner *owner, const struct ciphertexts *x, unsigned server,
                        struct fault *fault)
{
    char done[64];
    struct buffer sidecar = {0};
    const struct share_publish_operand operand = {
        .model = owner->name.model,
        .round = owner->name.round,
        .server = (uint8_t)server,
        .roots = roots_of(owner, x),
        .roots2 = roots_of(owner, &owner->proven.auxiliary),
    };
    (void)snprintf(done, sizeof(done), "published the ciphertexts for server %u", server);
    bool good =
        write_sidecar(&sidecar, owner, x, server - owner->setting.terms.threshold - 1U, fault) &&
        owner_send(owner, &(struct submit_native){NATIVE_SHARE_PUBLISH, &operand}, 1,
                   buffer_bytes(&sidecar), done, fault);
    buffer_close(&sidecar);
    return good;
}

bool owner_publish(struct owner *owner, struct fault *fault)
{
    uint32_t missing = 0;
    struct ciphertexts x;
    if (owner->setting.round.phase != PHASE_PUBLISH ||
        owner->seat.participant.status != PARTICIPANT_PROVED) {
        return true;
    }
    if (!find_missing(owner, &missing, fault) || missing == 0) {
        return missing == 0;
    }
    if (!owner_make(owner, fault)) {
        return false;
    }
    bool good = owner_share(owner, &x, fault);
    for (unsigned j = 1; good && j <= owner->setting.terms.server_count; j++) {
        good = !shamir_set_has(missing, j) || publish_for(owner, &x, j, fault);
    }
    ciphertexts_close(&x);
    return good;
}

/* ---- CLAIM and JUSTIFY */

static bool load_dispute(struct owner *owner, struct dispute *out, bool *open, struct fault *fault)
{
    struct market_key key;
    struct buffer storage = {0};
    key_dispute(&key, owner->name.model, owner->name.round, owner->seat.index);
    bool good = chain_record_load(owner->session->rpc, &key, &dispute_schema, out, &storage, fault);
    *open = good && storage.size > 0 && !out->resolved;
    buffer_close(&storage);
    return good;
}

/* Server j's side of one of our vectors. */
struct side {
    const struct share_round *round;
    const struct share_keys *keys;
    unsigned server;
};

static bool read_share(uint64_t *out, size_t count, const struct side *side,
                       const struct share_label *label, const struct ciphertexts *ciphertexts,
                       struct fault *fault)
{
    struct share_reader reader;
    struct buffer ciphertext = {0};
    if (side->server > side->round->degree &&
        !ciphertexts_load(&ciphertext, ciphertexts, side->server - side->round->degree - 1U,
                          fault)) {
        buffer_close(&ciphertext);
        return false;
    }
    share_reader_init(&reader, side->round, &side->keys->keys[side->server - 1], label,
                      side->server, 0);
    bool good = share_reader_next(&reader, out, count, buffer_bytes(&ciphertext));
    assert(good && "our own ciphertexts are canonical");
    share_reader_close(&reader);
    buffer_close(&ciphertext);
    return good;
}

/* What that server must post of us. */
static bool value_of(struct field_ext *out, const struct owner *owner, const struct norm_form *form,
                     const struct side *side, const struct ciphertexts *x, struct fault *fault)
{
    size_t count = owner->setting.terms.dimension;
    size_t aux_count = owner->setting.layout.aux_count;
    const struct share_label label_x = share_label_x();
    const struct share_label label_aux = share_label_aux(owner->proven.proof.nonce2);
    uint64_t *share = memory_new(count * sizeof(*share));
    uint64_t *aux = memory_new(aux_count * sizeof(*aux));
    bool good = read_share(share, count, side, &label_x, x, fault) &&
                read_share(aux, aux_count, side, &label_aux, &owner->proven.auxiliary, fault);
    if (good) {
        *out = norm_value_of(form, share, aux);
    }
    explicit_bzero(share, count * sizeof(*share));
    explicit_bzero(aux, aux_count * sizeof(*aux));
    free(share);
    free(aux);
    return good;
}

/* e'_ij of the servers of a mask, 16 bytes each, in order. */
static bool write_claim(struct owner *owner, uint32_t servers, struct buffer *out,
                        struct fault *fault)
{
    const struct round_setting *setting = &owner->setting;
    struct norm_round round;
    struct norm_form form;
    struct norm_replay replay;
    struct share_keys keys;
    struct ciphertexts x;
    int64_t *reference = NULL;
    const struct norm_statement statement = {setting->share.context, owner->session->public_key,
                                             owner->contribution.commitment.root,
                                             setting->round.prove_beacon};
    if (!owner_make(owner, fault) ||
        (setting->terms.reference_test != NORM_REFERENCE_NONE &&
         !round_setting_reference(owner->session->rpc, setting, &reference, fault))) {
        return false;
    }
    norm_replay(&replay, &setting->layout, &statement, &owner->proven.proof);
    norm_round_init(&round, &setting->layout, &setting->round.prove_beacon,
                    &setting->round.decide_beacon, reference, true);
    norm_form_init(&form, &round, &replay);
    share_keys_make(&keys, &setting->share, &owner->session->public_key,
                    &owner->contribution.ephemeral);
    bool good = owner_share(owner, &x, fault);
    for (unsigned j = 1; good && j <= setting->terms.server_count; j++) {
        if (shamir_set_has(servers, j)) {
            uint8_t encoded[FIELD_EXT_SIZE];
            struct field_ext value = {0};
            const struct side side = {&setting->share, &keys, j};
            good = value_of(&value, owner, &form, &side, &x, fault);
            field_ext_write(encoded, value);
            buffer_append(out, BYTES_OF(encoded));
        }
    }
    ciphertexts_close(&x);
    share_keys_close(&keys);
    norm_form_close(&form);
    norm_round_close(&round);
    free(reference);
    return good;
}

bool owner_claim(struct owner *owner, struct fault *fault)
{
    struct dispute dispute;
    struct buffer values = {0};
    bool open = false;
    if (owner->setting.round.phase != PHASE_CLAIM ||
        owner->seat.participant.status != PARTICIPANT_ACCEPTED) {
        return true;
    }
    if (!load_dispute(owner, &dispute, &open, fault)) {
        return false;
    }
    if (!open || dispute.named || dispute.claimed) {
        return true;
    }
    bool good = write_claim(owner, dispute.posted, &values, fault);
    const struct share_claim_operand operand = {
        .model = owner->name.model,
        .round = owner->name.round,
        .values = buffer_bytes(&values),
    };
    good = good && owner_send(owner, &(struct submit_native){NATIVE_SHARE_CLAIM, &operand}, 1,
                              (struct bytes){0}, "claimed", fault);
    buffer_close(&values);
    return good;
}

/* g0 at the end of the sidecar, where values are tested against it. */
static bool append_reference(struct buffer *out, const struct owner *owner, struct fault *fault)
{
    const struct model_terms *terms = &owner->setting.terms;
    struct buffer blob = {0};
    if (terms->reference_test == NORM_REFERENCE_NONE) {
        return true;
    }
    bool good = blob_get(owner->session->rpc, &blob, &terms->reference,
                         (uint32_t)(terms->dimension * FIELD_SIZE), fault);
    buffer_append(out, buffer_bytes(&blob));
    buffer_close(&blob);
    return good;
}

static bool open_share(struct owner *owner, const struct ciphertexts *x, unsigned server,
                       struct fault *fault)
{
    char done[64];
    struct sharer sharer;
    struct dispute_justify_operand operand;
    struct buffer sidecar = {0};
    unsigned degree = owner->setting.share.degree;
    if (!sharer_of_owner(&sharer, owner->session->rpc, &owner->setting, &owner->seat.participant,
                         owner->seat.index, fault)) {
        return false;
    }
    sharer_open(&operand, &sharer, &owner->setting, server, &owner->contribution.ephemeral);
    if (server > degree) {
        operand.roots = roots_of(owner, x);
        operand.roots2 = roots_of(owner, &owner->proven.auxiliary);
    }
    (void)snprintf(done, sizeof(done), "opened the share of server %u", server);
    bool good =
        (server <= degree || write_sidecar(&sidecar, owner, x, server - degree - 1, fault)) &&
        append_reference(&sidecar, owner, fault) &&
        owner_send(owner, &(struct submit_native){NATIVE_DISPUTE_JUSTIFY, &operand}, 1,
                   buffer_bytes(&sidecar), done, fault);
    buffer_close(&sidecar);
    return good;
}

bool owner_justify(struct owner *owner, struct fault *fault)
{
    const struct round *round = &owner->setting.round;
    struct dispute dispute;
    struct ciphertexts x;
    bool open = false;
    /* A blamed server has half of the window to speak for itself. */
    if (round->phase != PHASE_JUSTIFY || owner->seat.participant.status != PARTICIPANT_ACCEPTED ||
        owner->height + 1 < round->deadline_height - owner->setting.terms.justify_window / 2) {
        return true;
    }
    if (!load_dispute(owner, &dispute, &open, fault)) {
        return false;
    }
    uint32_t silent = open ? dispute.blamed & ~(uint32_t)round->convicted : 0;
    if (silent == 0) {
        return true;
    }
    if (!owner_make(owner, fault)) {
        return false;
    }
    bool good = owner_share(owner, &x, fault);
    for (unsigned j = 1; good && j <= owner->setting.terms.server_count; j++) {
        good = !shamir_set_has(silent, j) || open_share(owner, &x, j, fault);
    }
    ciphertexts_close(&x);
    return good;
}
