#include "tools/wallet/owner.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/client/file.h"

#define SHOWN_MAX ((size_t)1 << 20) /* bytes of the list of vectors that were shown */

/* <home>/shares/<chain>-<model><rest>; makes the folder. */
static bool make_path(const struct owner *owner, const char *rest, char out[OWNER_PATH_MAX],
                      struct fault *fault)
{
    char chain[17];
    const char *home = session_home(owner->session->cli);
    hex_encode(chain, (struct bytes){owner->session->chain.chain_id.bytes, 8});
    if (snprintf(out, OWNER_PATH_MAX, "%s/shares/%s-%" PRIu64 "%s", home, chain, owner->name.model,
                 rest) >= OWNER_PATH_MAX) {
        return fault_set(fault, "%s: the path is too long", home);
    }
    return file_make_folder_of(out, fault);
}

bool owner_refresh(struct owner *owner, struct fault *fault)
{
    struct session *session = owner->session;
    struct chain_info chain;
    round_setting_close(&owner->setting);
    bool good = round_setting_load(session->rpc, &session->chain, owner->name.model,
                                   owner->name.round, &owner->setting, fault) &&
                chain_seat_load(session->rpc, &owner->setting.round, &session->address,
                                &owner->seat, fault) &&
                chain_info_load(session->rpc, &chain, fault);
    owner->height = good ? chain.height : 0;
    return good;
}

bool owner_await(struct owner *owner, int wait_ms, struct fault *fault)
{
    return rpc_await_event(owner->session->rpc, owner->cursor, wait_ms, fault) &&
           owner_refresh(owner, fault);
}

bool owner_open(struct owner *out, struct session *session, struct fault *fault)
{
    char rest[128];
    memset(out, 0, sizeof(*out));
    out->session = session;
    out->x.path = "share";
    out->aux.path = "aux";
    (void)snprintf(out->cursor, sizeof(out->cursor), "latest");
    if (!round_name_read(session, &out->name, fault)) {
        return false;
    }
    (void)snprintf(rest, sizeof(rest), "-%" PRIu32 "-%s.share", out->name.round,
                   session->address_text);
    /* The cursor is taken before the round is read, so that no change falls between the two. */
    if (!make_path(out, rest, out->path, fault) || !owner_await(out, 0, fault)) {
        round_setting_close(&out->setting);
        return false;
    }
    return true;
}

void owner_close(struct owner *owner)
{
    delivery_close(&owner->x);
    delivery_close(&owner->aux);
    ciphertexts_close(&owner->proven.auxiliary);
    contribution_close(&owner->contribution);
    round_setting_close(&owner->setting);
}

bool owner_committed(const struct owner *owner)
{
    return owner->seat.seated && owner->seat.participant.status != PARTICIPANT_JOINED;
}

/* ---- Vectors that must not be shared again */

/* The hashes of vectors that were in a sum that was shown before its round was aborted: 32 bytes each. */
static bool load_shown(const struct owner *owner, char path[OWNER_PATH_MAX], struct buffer *out,
                       struct fault *fault)
{
    char rest[128];
    (void)snprintf(rest, sizeof(rest), "-%s.shown", owner->session->address_text);
    return make_path(owner, rest, path, fault) &&
           (!file_exists(path) || file_read(out, path, SHOWN_MAX, fault));
}

static bool was_shown(const struct owner *owner, const struct hash *update, bool *shown,
                      struct fault *fault)
{
    char path[OWNER_PATH_MAX];
    struct buffer list = {0};
    bool good = load_shown(owner, path, &list, fault);
    *shown = false;
    for (size_t at = 0; at + sizeof(update->bytes) <= list.size; at += sizeof(update->bytes)) {
        *shown = *shown || memcmp(list.data + at, update->bytes, sizeof(update->bytes)) == 0;
    }
    buffer_close(&list);
    return good;
}

static bool remember_shown(const struct owner *owner, struct fault *fault)
{
    char path[OWNER_PATH_MAX];
    struct buffer list = {0};
    bool good = load_shown(owner, path, &list, fault);
    buffer_append(&list, BYTES_OF(owner->contribution.update.bytes));
    good = good && file_write(path, buffer_bytes(&list), 0600, fault);
    buffer_close(&list);
    return good;
}

/* ---- Beginning and end */

bool owner_resume(struct owner *owner, struct fault *fault)
{
    if (!file_exists(owner->path)) {
        return fault_set(fault,
                         "this account has nothing to deliver in round %" PRIu32
                         " of model %" PRIu64 ": there is no %s ('souk share run' makes it)",
                         owner->name.round, owner->name.model, owner->path);
    }
    return contribution_read(&owner->contribution, owner->path, fault) &&
           (owner->contribution.count == owner->setting.terms.dimension ||
            fault_set(fault, "%s: another dimension than the model's", owner->path));
}

/* Of the model's test. */
static bool load_reference(struct owner *owner, int64_t **out, struct fault *fault)
{
    *out = NULL;
    return owner->setting.terms.reference_test == NORM_REFERENCE_NONE ||
           round_setting_reference(owner->session->rpc, &owner->setting, out, fault);
}

/* Nobody should commit, and lose the stake's fee, with what cannot be proven. */
static bool passes_test(struct owner *owner, const int64_t *vector, struct fault *fault)
{
    int64_t *reference = NULL;
    if (!load_reference(owner, &reference, fault)) {
        return false;
    }
    bool passes = norm_passes_reference(&owner->setting.layout, vector, reference);
    free(reference);
    return passes || fault_set(fault, "the update fails the model's test against its reference: "
                                      "the model takes no such update");
}

/* Nothing is kept yet: may this vector be shared in this round? */
static bool may_begin(const struct owner *owner, const int64_t *vector, struct fault *fault)
{
    const struct round *round = &owner->setting.round;
    struct hash hash;
    bool shown = false;
    contribution_hash(&hash, vector, owner->setting.terms.dimension);
    if (owner_committed(owner)) {
        return fault_set(fault,
                         "this account committed to other shares in this round, and %s is "
                         "not here",
                         owner->path);
    }
    if (round->phase > PHASE_COMMIT) {
        return fault_set(fault, "round %" PRIu32 " takes no more commitments: it is in phase '%s'",
                         round->number, round_phase_name(round->phase));
    }
    return was_shown(owner, &hash, &shown, fault) &&
           (!shown || fault_set(fault, "this update was in a sum that was shown before its round "
                                       "was aborted; the same must not be shared again: train on "
                                       "another batch"));
}

bool owner_begin(struct owner *owner, int64_t *vector, struct fault *fault)
{
    struct session *session = owner->session;
    struct hash hash;
    if (!file_exists(owner->path)) {
        if (!may_begin(owner, vector, fault) || !passes_test(owner, vector, fault)) {
            free(vector);
            return false;
        }
        return contribution_make(&owner->contribution, &owner->setting.share, &session->public_key,
                                 vector, fault) &&
               contribution_write(&owner->contribution, owner->path, fault);
    }
    contribution_hash(&hash, vector, owner->setting.terms.dimension);
    free(vector);
    return owner_resume(owner, fault) &&
           (hash_equal(&hash, &owner->contribution.update) ||
            fault_set(fault,
                      "this account began to contribute another update to this round (%s); go on "
                      "with that one, a second is never made",
                      owner->path));
}

bool owner_end(struct owner *owner, struct fault *fault)
{
    static const struct hash none = {0};
    const struct round *round = &owner->setting.round;
    bool shown = round->phase == PHASE_ABORTED && !hash_equal(&round->aggregate_root, &none);
    if (shown && owner->contribution.count > 0 && !remember_shown(owner, fault)) {
        return false;
    }
    return unlink(owner->path) == 0 || !file_exists(owner->path) ||
           fault_set(fault, "%s cannot be removed", owner->path);
}

/* ---- Steps */

bool owner_send(struct owner *owner, const struct submit_native *natives, size_t count,
                struct bytes sidecar, const char *done, struct fault *fault)
{
    struct submit_receipt receipt;
    if (!session_send(owner->session, natives, count, sidecar, &receipt, fault)) {
        return false;
    }
    owner->fees += receipt.fee;
    if (!cli_json(owner->session->cli)) {
        printf("%s in block %" PRIu64 ", fee %" PRIu64 "\n", done, receipt.height, receipt.fee);
        (void)fflush(stdout);
    }
    json_decref(receipt.json);
    return owner_refresh(owner, fault);
}

bool owner_commit(struct owner *owner, struct fault *fault)
{
    const struct share_commitment *commitment = &owner->contribution.commitment;
    if (owner_committed(owner)) {
        return hash_equal(&owner->seat.participant.root, &commitment->root) ||
               fault_set(fault, "this account committed to other shares in this round");
    }
    struct round_operand join = {.model = owner->name.model, .round = owner->name.round};
    struct share_commit_operand operand = {
        .model = owner->name.model,
        .round = owner->name.round,
        .ephemeral = commitment->ephemeral,
        .root = commitment->root,
        .proof = commitment->proof,
    };
    const struct submit_native natives[] = {
        {NATIVE_ROUND_JOIN, &join},
        {NATIVE_SHARE_COMMIT, &operand},
    };
    return owner_send(owner, owner->seat.seated ? natives + 1 : natives, owner->seat.seated ? 1 : 2,
                      (struct bytes){0}, "committed", fault);
}

bool owner_make(struct owner *owner, struct fault *fault)
{
    int64_t *reference = NULL;
    if (owner->made) {
        return true;
    }
    if (!load_reference(owner, &reference, fault)) {
        return false;
    }
    owner->made = contribution_prove(&owner->contribution, &owner->setting,
                                     &owner->session->public_key, reference, &owner->proven, fault);
    free(reference);
    return owner->made;
}

bool owner_prove(struct owner *owner, struct fault *fault)
{
    uint8_t encoded[NORM_PROOF_SIZE_MAX];
    if (owner->seat.participant.status != PARTICIPANT_COMMITTED ||
        owner->setting.round.phase != PHASE_PROVE) {
        return true;
    }
    if (!owner_make(owner, fault)) {
        return false;
    }
    norm_proof_write(encoded, &owner->proven.proof, &owner->setting.layout);
    const struct share_prove_operand operand = {
        .model = owner->name.model,
        .round = owner->name.round,
        .proof = {encoded, norm_proof_size(&owner->setting.layout)},
    };
    return owner_send(owner, &(struct submit_native){NATIVE_SHARE_PROVE, &operand}, 1,
                      (struct bytes){0}, "proved", fault);
}

bool owner_share(const struct owner *owner, struct ciphertexts *out, struct fault *fault)
{
    char folder[OWNER_PATH_MAX];
    (void)snprintf(folder, sizeof(folder), "%s/shares", session_home(owner->session->cli));
    return contribution_share(&owner->contribution, &owner->setting.share,
                              &owner->session->public_key, folder, out, fault);
}

/* Make what is due, and send it. */
static bool send_due(struct owner *owner, struct delivery *delivery, struct fault *fault)
{
    struct ciphertexts made = {0};
    bool is_aux = delivery == &owner->aux;
    bool good = is_aux ? owner_make(owner, fault) : owner_share(owner, &made, fault);
    if (good) {
        delivery_send(delivery, &owner->setting, owner->session->address_text,
                      is_aux ? &owner->proven.auxiliary : &made);
    }
    ciphertexts_close(&made);
    return good;
}

static bool deliver(struct owner *owner, struct delivery *delivery, struct fault *fault)
{
    bool quiet = cli_json(owner->session->cli);
    if (delivery_due(delivery, &owner->setting) && !send_due(owner, delivery, fault)) {
        if (!quiet) {
            (void)fprintf(stderr, "souk: %s\n", fault->text);
        }
        return false;
    }
    return delivery_collect(delivery, &owner->setting, quiet, fault) ||
           delivery_due(delivery, &owner->setting);
}

bool owner_deliver(struct owner *owner, struct fault *fault)
{
    uint8_t phase = owner->setting.round.phase;
    if (!owner_committed(owner) || phase > PHASE_ACK) {
        return false;
    }
    bool more = deliver(owner, &owner->x, fault);
    bool proved = owner->seat.participant.status == PARTICIPANT_PROVED;
    return (proved && deliver(owner, &owner->aux, fault)) || more;
}
