/* Answering disputes: a server that is blamed opens the one share in question (JUSTIFY). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "market/operands.h"
#include "tools/client/blob.h"
#include "tools/client/log.h"
#include "tools/client/random.h"
#include "tools/server/duties.h"

/* The encoded ciphertext of a delivery, appended. */
static bool append_ciphertext(struct buffer *out, const struct duty *duty,
                              const struct held_share *share, struct fault *fault)
{
    struct vault_reader file;
    size_t roots = share_blob_count(&duty->round->setting.share) * sizeof(struct hash);
    size_t size = roots + share->count * FIELD_SIZE;
    uint8_t *bytes = memory_new(size);
    bool good = vault_reader_open(&file, duty->server, &duty->round->name, share->kind,
                                  &share->owner, fault);
    if (good) {
        good = vault_reader_at(&file, 0, bytes, size, fault);
        vault_reader_close(&file);
    }
    buffer_append(out, (struct bytes){bytes + roots, good ? size - roots : 0});
    free(bytes);
    return good;
}

/* g0 at the end of the sidecar, where values are tested against it. */
static bool append_reference(struct buffer *out, const struct duty *duty,
                             const struct sharer *sharer, struct fault *fault)
{
    struct buffer blob = {0};
    const struct model_terms *terms = &duty->round->setting.terms;
    if (terms->reference_test == NORM_REFERENCE_NONE || sharer->seat == MARKET_PAD_SEAT) {
        return true;
    }
    bool good = blob_get(duty->rpc, &blob, &terms->reference,
                         terms->dimension * (uint32_t)FIELD_SIZE, fault);
    buffer_append(out, buffer_bytes(&blob));
    buffer_close(&blob);
    return good;
}

/* Roots and ciphertexts, of a server above t. */
static bool add_ciphertexts(struct justify_opening *opening, struct buffer *sidecar,
                            const struct duty *duty, const struct held_share *x,
                            const struct held_share *aux, struct fault *fault)
{
    return held_share_roots(opening->roots, x, duty->server, duty->round, fault) &&
           held_share_roots(opening->roots2, aux, duty->server, duty->round, fault) &&
           append_ciphertext(sidecar, duty, x, fault) &&
           append_ciphertext(sidecar, duty, aux, fault);
}

static bool keep_opening(const struct duty *duty, const char *name, const struct sharer *sharer,
                         struct justify_opening *opening, struct buffer *sidecar,
                         struct fault *fault)
{
    const struct duty_round *round = duty->round;
    bool blobs = round->self > round->setting.share.degree;
    size_t size = blobs ? share_blob_count(&round->setting.share) * sizeof(struct hash) : 0;
    struct held_share x;
    struct held_share aux;
    if (!held_share_x(&x, duty->server, round, sharer, fault)) {
        return false;
    }
    held_share_aux(&aux, &x, sharer);
    bool good = (!blobs || add_ciphertexts(opening, sidecar, duty, &x, &aux, fault)) &&
                append_reference(sidecar, duty, sharer, fault);
    held_share_close(&x);
    held_share_close(&aux);
    struct dispute_justify_operand operand = {
        .model = round->name.model,
        .round = round->name.round,
        .owner = sharer->seat,
        .server = (uint8_t)round->self,
        .shared = opening->shared,
        .roots = {opening->roots[0].bytes, size},
        .roots2 = {opening->roots2[0].bytes, size},
    };
    memcpy(operand.challenge, opening->proof.challenge, sizeof(operand.challenge));
    memcpy(operand.response, opening->proof.response, sizeof(operand.response));
    return good &&
           post_keep(duty->server, round, name,
                     &(struct post){NATIVE_DISPUTE_JUSTIFY, &operand, buffer_bytes(sidecar)},
                     fault);
}

static bool justify(const struct duty *duty, const struct sharer *sharer, struct fault *fault)
{
    char name[POST_NAME_MAX];
    struct buffer sidecar = {0};
    struct justify_opening opening = {.by_owner = false};
    const struct justify_case about = sharer_case(sharer, &duty->round->setting, duty->round->self);
    bool good = true;
    post_name_seat(name, duty->round, NATIVE_DISPUTE_JUSTIFY, sharer->seat);
    if (!post_kept(duty->server, duty->round, name)) {
        uint8_t random32[32];
        random_fill(random32, sizeof(random32));
        good = (justify_open_server(&opening, &about, &duty->server->encryption, random32) ||
                fault_set(fault, "an owner's ephemeral key is no point")) &&
               keep_opening(duty, name, sharer, &opening, &sidecar, fault);
    }
    buffer_close(&sidecar);
    good = good && post_send(duty->server, duty->rpc, duty->round, name, fault);
    if (good) {
        atomic_fetch_add(&duty->server->counters.disputes_answered, 1);
        log_info("justified", "model=%" PRIu64 " round=%" PRIu32 " seat=%u",
                 duty->round->name.model, duty->round->name.round, sharer->seat);
    }
    return good;
}

/* Is there a dispute about this seat that we must answer? */
static bool blames_us(const struct duty *duty, uint16_t seat, bool *blamed, struct fault *fault)
{
    struct market_key key;
    struct dispute dispute;
    struct buffer storage = {0};
    key_dispute(&key, duty->round->name.model, duty->round->name.round, seat);
    bool good = chain_record_load(duty->rpc, &key, &dispute_schema, &dispute, &storage, fault);
    *blamed = good && storage.size > 0 && !dispute.resolved &&
              shamir_set_has(dispute.blamed, duty->round->self);
    buffer_close(&storage);
    return good;
}

bool duty_justify(const struct duty *duty, struct fault *fault)
{
    const struct roster *roster = &duty->round->roster;
    struct sharer sharer;
    bool blamed = false;
    for (uint16_t k = 0; k < roster->accepted_count; k++) {
        uint16_t seat = roster->accepted[k];
        if (!blames_us(duty, seat, &blamed, fault) ||
            (blamed && (!sharer_of_owner(&sharer, duty->rpc, &duty->round->setting,
                                         &roster->owners[seat], seat, fault) ||
                        !justify(duty, &sharer, fault)))) {
            return false;
        }
    }
    return !duty_padded(duty->round) ||
           (blames_us(duty, MARKET_PAD_SEAT, &blamed, fault) &&
            (!blamed || (sharer_of_pad(&sharer, duty->rpc, &duty->round->setting, fault) &&
                         justify(duty, &sharer, fault))));
}
