#include "tools/wallet/pad.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/field_vector.h"
#include "tools/client/file.h"
#include "tools/client/random.h"

#define PIECE        16384 /* elements that are shared in one go */
#define WAIT_STEP_MS 250

bool pad_path(char out[PAD_PATH_MAX], const struct session *session, const struct address *owner,
              const struct round_name *name, struct fault *fault)
{
    char chain[17];
    char address[ADDRESS_TEXT_MAX];
    hex_encode(chain, (struct bytes){session->chain.chain_id.bytes, 8});
    address_print(address, session->chain.prefix, owner);
    return snprintf(out, PAD_PATH_MAX, "%s/shares/%s-%" PRIu64 "-%" PRIu32 "-%s.pad",
                    session_home(session->cli), chain, name->model, name->round,
                    address) < PAD_PATH_MAX ||
           fault_set(fault, "%s: the path is too long", session_home(session->cli));
}

/* The shares of the pad, in files in the folder of the pad's own. */
static bool share_pad(struct pad_secret *pad, const struct share_round *round,
                      const struct share_keys *keys, const char *folder, struct fault *fault)
{
    struct pad_stream stream;
    struct share_writer writer;
    const struct share_label label = share_label_x();
    if (!ciphertexts_open_files(&pad->x, folder, share_blob_count(round), fault)) {
        return false;
    }
    uint64_t *piece = memory_new(PIECE * sizeof(*piece));
    bool good = true;
    pad_stream_init(&stream, pad->kept.seed, &round->context);
    share_writer_init(&writer, round, keys, &label);
    for (size_t at = 0; good && at < round->dimension; at += PIECE) {
        size_t count = round->dimension - at < PIECE ? round->dimension - at : PIECE;
        pad_stream_next(&stream, piece, count);
        share_writer_add(&writer, piece, count, pad->x.blobs);
        good = ciphertexts_flush(&pad->x, fault);
    }
    share_writer_finish(&writer, pad->x.roots);
    pad_stream_close(&stream);
    explicit_bzero(piece, PIECE * sizeof(*piece));
    free(piece);
    return good;
}

static void share_blind(struct pad_secret *pad, const struct share_round *round,
                        const struct share_keys *keys)
{
    struct share_writer writer;
    const struct share_label label = share_label_aux(pad->auxiliary.nonce2);
    uint64_t blind[PAD_AUX_COUNT];
    pad_blind(blind, pad->kept.seed, &round->context);
    share_writer_init(&writer, round, keys, &label);
    share_writer_add(&writer, blind, PAD_AUX_COUNT, pad->aux.blobs);
    share_writer_finish(&writer, pad->aux.roots);
    explicit_bzero(blind, sizeof(blind));
}

/* nonce2 of the pad: a function of the seed, so that nothing more has to be kept. */
static void make_nonce(uint8_t out[NORM_NONCE_SIZE], const uint8_t seed[XOF_SEED_SIZE])
{
    struct sha256 sha;
    struct hash hash;
    sha256_init_tagged(&sha, "souk/pad-nonce/v1");
    sha256_add(&sha, (struct bytes){seed, XOF_SEED_SIZE});
    sha256_finish(&sha, &hash);
    memcpy(out, hash.bytes, NORM_NONCE_SIZE);
}

/* Everything that follows from key and seed. */
static bool complete(struct pad_secret *pad, const struct session *session,
                     const struct share_round *round, struct fault *fault)
{
    struct share_keys keys;
    char folder[PAD_PATH_MAX];
    (void)snprintf(folder, sizeof(folder), "%s/shares", session_home(session->cli));
    pad->x_delivery.path = "share";
    pad->aux_delivery.path = "aux";
    make_nonce(pad->auxiliary.nonce2, pad->kept.seed);
    share_keys_make(&keys, round, &session->public_key, &pad->kept.ephemeral);
    bool good = file_make_folder(folder, fault) && share_pad(pad, round, &keys, folder, fault);
    share_blind(pad, round, &keys);
    share_keys_close(&keys);
    return good;
}

/* root2 binds R0 to the commitment; there is no beacon yet. */
static void bind_blind(struct pad_secret *pad, const struct session *session,
                       const struct share_round *round)
{
    pad->auxiliary.root = pad->kept.commitment.root;
    share_root2(&pad->auxiliary.root2, &round->context, &session->public_key, &pad->auxiliary,
                pad->aux.roots, share_blob_count(round));
}

static bool make_new(struct pad_secret *pad, const struct session *session,
                     const struct share_round *round, const char *path, struct fault *fault)
{
    uint8_t random32[32];
    random_secret_key(&pad->kept.ephemeral);
    secret_key_make_even(&pad->kept.ephemeral);
    random_fill(pad->kept.seed, sizeof(pad->kept.seed));
    random_fill(random32, sizeof(random32));
    contribution_hash(&pad->kept.update, NULL, 0);
    if (!complete(pad, session, round, fault)) {
        return false;
    }
    share_commit(&pad->kept.commitment, round, &session->public_key, &pad->kept.ephemeral,
                 pad->x.roots, random32);
    return file_make_folder_of(path, fault) && contribution_write(&pad->kept, path, fault);
}

static bool take_up(struct pad_secret *pad, const struct session *session,
                    const struct share_round *round, const char *path, struct fault *fault)
{
    struct hash root;
    if (!contribution_read(&pad->kept, path, fault) || !complete(pad, session, round, fault)) {
        return false;
    }
    share_root(&root, &round->context, &session->public_key, &pad->kept.commitment.ephemeral,
               pad->x.roots, share_blob_count(round));
    return hash_equal(&root, &pad->kept.commitment.root) ||
           fault_set(fault, "%s: the pad of another round", path);
}

bool pad_begin(struct pad_secret *out, const struct session *session,
               const struct round_setting *setting, struct fault *fault)
{
    char path[PAD_PATH_MAX];
    const struct round_name name = {setting->round.model, setting->round.number};
    memset(out, 0, sizeof(*out));
    bool good = pad_path(path, session, &session->address, &name, fault) &&
                (file_exists(path) ? take_up(out, session, &setting->share, path, fault)
                                   : make_new(out, session, &setting->share, path, fault));
    if (!good) {
        pad_close(out);
        return false;
    }
    bind_blind(out, session, &setting->share);
    return true;
}

void pad_close(struct pad_secret *pad)
{
    delivery_close(&pad->x_delivery);
    delivery_close(&pad->aux_delivery);
    ciphertexts_close(&pad->x);
    ciphertexts_close(&pad->aux);
    contribution_close(&pad->kept);
}

void pad_fill(struct round_open_operand *operand, const struct pad_secret *pad)
{
    operand->pad_ephemeral = pad->kept.commitment.ephemeral;
    operand->pad_root = pad->kept.commitment.root;
    operand->pad_proof = pad->kept.commitment.proof;
    operand->pad_root2 = pad->auxiliary.root2;
    memcpy(operand->pad_nonce, pad->auxiliary.nonce2, sizeof(operand->pad_nonce));
}

/* ---- Delivery */

static void deliver(struct delivery *delivery, const struct ciphertexts *ciphertexts,
                    const struct round_setting *setting, bool quiet)
{
    struct fault fault;
    if (delivery_due(delivery, setting)) {
        delivery_send(delivery, setting, "pad", ciphertexts);
    }
    (void)delivery_collect(delivery, setting, quiet, &fault);
}

static bool publish(struct pad_secret *pad, struct session *session,
                    const struct round_setting *setting, unsigned server, struct fault *fault)
{
    struct buffer sidecar = {0};
    struct submit_receipt receipt;
    unsigned i = server - setting->terms.threshold - 1U;
    size_t roots = share_blob_count(&setting->share) * sizeof(struct hash);
    const struct share_publish_operand operand = {
        .model = setting->round.model,
        .round = setting->round.number,
        .server = (uint8_t)server,
        .roots = {pad->x.roots[0].bytes, roots},
        .roots2 = {pad->aux.roots[0].bytes, roots},
    };
    bool good = ciphertexts_load(&sidecar, &pad->x, i, fault) &&
                ciphertexts_load(&sidecar, &pad->aux, i, fault) &&
                session_send(session, &(struct submit_native){NATIVE_SHARE_PUBLISH, &operand}, 1,
                             buffer_bytes(&sidecar), &receipt, fault);
    buffer_close(&sidecar);
    if (good) {
        (void)fprintf(stderr, "souk: published the pad's ciphertexts for server %u\n", server);
        json_decref(receipt.json);
    }
    return good;
}

/* In the second half of the window publish for every server that has not acknowledged. */
static bool publish_missing(struct pad_secret *pad, struct session *session,
                            const struct round_setting *setting, struct fault *fault)
{
    struct chain_info chain;
    bool good = chain_info_load(session->rpc, &chain, fault);
    if (!good || chain.height < setting->round.deadline_height - setting->terms.pad_window / 2) {
        return good;
    }
    uint32_t missing = setting->round.active & ~(uint32_t)setting->round.posted;
    for (unsigned j = 1; good && j <= setting->terms.server_count; j++) {
        good = !shamir_set_has(missing, j) || publish(pad, session, setting, j, fault);
    }
    return good;
}

static bool see_through_phase(struct pad_secret *pad, struct session *session,
                              const struct round_setting *setting, struct fault *fault)
{
    bool quiet = cli_json(session->cli);
    deliver(&pad->x_delivery, &pad->x, setting, quiet);
    deliver(&pad->aux_delivery, &pad->aux, setting, quiet);
    return publish_missing(pad, session, setting, fault);
}

/* One look at the round, and what its phase asks; *over where PAD has ended. */
static bool look(struct pad_secret *pad, struct session *session, const struct round_name *name,
                 bool *over, struct fault *fault)
{
    struct round_setting setting;
    if (!round_setting_load(session->rpc, &session->chain, name->model, name->round, &setting,
                            fault)) {
        return false;
    }
    uint8_t phase = setting.round.phase;
    *over = phase != PHASE_PAD;
    bool good = *over ? phase != PHASE_ABORTED ||
                            fault_set(fault, "the round was aborted: the servers have no pad")
                      : see_through_phase(pad, session, &setting, fault);
    round_setting_close(&setting);
    return good;
}

/* A look that fails, as where a server acknowledges what was about to be published, is tried again; its
 * reason is told once. */
bool pad_see_through(struct pad_secret *pad, struct session *session, const struct round_name *name,
                     struct fault *fault)
{
    char cursor[RPC_CURSOR_MAX] = "latest";
    struct fault last = {""};
    bool over = false;
    bool good = rpc_await_event(session->rpc, cursor, 0, fault);
    while (good) {
        good = look(pad, session, name, &over, fault);
        if (over) {
            return good;
        }
        if (!good && strcmp(last.text, fault->text) != 0) {
            (void)fprintf(stderr, "souk: %s; trying again\n", fault->text);
            last = *fault;
        }
        good = rpc_await_event(session->rpc, cursor, WAIT_STEP_MS, fault);
    }
    return false;
}

/* ---- Result */

bool pad_remove(uint64_t *elements, size_t count, const char *path, const struct hash *context,
                struct fault *fault)
{
    struct contribution kept;
    struct pad_stream stream;
    if (!contribution_read(&kept, path, fault)) {
        return false;
    }
    uint64_t *piece = memory_new(PIECE * sizeof(*piece));
    pad_stream_init(&stream, kept.seed, context);
    for (size_t at = 0; at < count; at += PIECE) {
        size_t size = count - at < PIECE ? count - at : PIECE;
        pad_stream_next(&stream, piece, size);
        field_vector_subtract(elements + at, piece, size);
    }
    pad_stream_close(&stream);
    explicit_bzero(piece, PIECE * sizeof(*piece));
    free(piece);
    contribution_close(&kept);
    return true;
}
