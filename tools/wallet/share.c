/* souk share: contribute a secret-shared update to a round. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/share_owner.h"
#include "tools/client/file.h"
#include "tools/client/npy.h"
#include "tools/client/quantise.h"
#include "tools/client/random.h"
#include "tools/client/show.h"
#include "tools/wallet/commands.h"
#include "tools/wallet/deliver.h"

const struct cli_option share_commit_options[] = {
    {"update", "FILE.npy", "what training changed: an array of the model's dimension"},
    {"clip", NULL, "cut elements beyond the model's bound, instead of refusing"},
};
const size_t share_commit_option_count = ARRAY_COUNT(share_commit_options);

static bool load_update(const struct cli *cli, const struct model_terms *terms, int64_t **out,
                        struct fault *fault)
{
    struct npy update;
    const char *path = cli_value(cli, "update");
    const struct quantise_rule rule = {
        .scale_bits = terms->scale_bits,
        .element_bound = terms->norm_bound,
        .overflow = cli_flag(cli, "clip") ? QUANTISE_CLIP : QUANTISE_REFUSE,
    };
    size_t clipped = 0;
    if (!npy_read(&update, path, fault)) {
        return false;
    }
    bool good = update.count == terms->dimension ||
                fault_set(fault, "%s has %zu elements, the model's dimension is %" PRIu32, path,
                          update.count, terms->dimension);
    *out = memory_new(update.count * sizeof(int64_t));
    good = good && quantise(*out, update.values, update.count, &rule, &clipped, fault);
    if (good && clipped > 0) {
        (void)fprintf(stderr, "souk: %zu of %zu elements were cut to the bound\n", clipped,
                      update.count);
    }
    npy_close(&update);
    return good;
}

static void hash_update(struct hash *out, const int64_t *update, size_t count)
{
    struct sha256 sha;
    sha256_init(&sha);
    for (size_t i = 0; i < count; i++) {
        sha256_add_u64(&sha, (uint64_t)update[i]);
    }
    sha256_finish(&sha, out);
}

/* Make shares with a key and a mask that are used this once. */
static bool make_shares(const struct session *session, const struct round_setting *setting,
                        const int64_t *update, struct share_file *out, struct fault *fault)
{
    struct share_owner owner;
    struct secret_key ephemeral;
    uint8_t mask_seed[XOF_SEED_SIZE];
    uint8_t random32[32];
    memset(out, 0, sizeof(*out));
    random_secret_key(&ephemeral);
    random_fill(mask_seed, sizeof(mask_seed));
    random_fill(random32, sizeof(random32));
    enum share_status status =
        share_owner_init(&owner, &setting->share, &session->public_key, &ephemeral, mask_seed);
    secret_key_close(&ephemeral);
    explicit_bzero(mask_seed, sizeof(mask_seed));
    if (status != SHARE_OK) {
        return fault_set(fault, "%s", share_status_text(status));
    }
    hash_update(&out->update, update, setting->terms.dimension);
    out->blob_count = share_blob_count(&setting->share);
    share_owner_add(&owner, update, setting->terms.dimension, out->blobs);
    share_owner_finish(&owner, out->blobs, out->roots, &out->commitment, random32);
    share_owner_close(&owner);
    return true;
}

/* Read the contribution that was begun before. */
static bool read_kept(const struct round_setting *setting, const char *path,
                      struct share_file *file, struct fault *fault)
{
    unsigned expected = share_blob_count(&setting->share);
    if (!share_file_read(file, path, fault)) {
        return false;
    }
    return file->blob_count == expected ||
           fault_set(fault, "%s: %" PRIu32 " ciphertexts, this round has servers for %u", path,
                     file->blob_count, expected);
}

/* Go on with the contribution that was begun before, or make one and keep it. On false `file` is
 * still to be closed. */
static bool prepare(struct session *session, const struct round_setting *setting,
                    const int64_t *update, const char *path, struct share_file *file,
                    struct fault *fault)
{
    if (!file_exists(path)) {
        return make_shares(session, setting, update, file, fault) &&
               share_file_write(file, path, fault);
    }
    struct hash hash;
    hash_update(&hash, update, setting->terms.dimension);
    if (!read_kept(setting, path, file, fault)) {
        return false;
    }
    return hash_equal(&hash, &file->update) ||
           fault_set(fault,
                     "this account began to contribute another update to this round (%s); go on "
                     "with that one, a second is never made",
                     path);
}

/* Put the commitment on the chain, unless it is there. An account without a seat joins with the same
 * transaction. */
static bool commit(struct session *session, const struct round *round,
                   const struct share_file *file, struct fault *fault)
{
    struct participant participant;
    struct submit_receipt receipt;
    bool seated = false;
    if (!chain_owner_load(session->rpc, round, &session->address, &participant, &seated, fault)) {
        return false;
    }
    if (seated && participant.status != PARTICIPANT_JOINED) {
        return hash_equal(&participant.root, &file->commitment.root) ||
               fault_set(fault, "this account committed to other shares in this round");
    }
    struct round_operand join = {.model = round->model, .round = round->number};
    struct share_commit_operand operand = {
        .model = round->model,
        .round = round->number,
        .ephemeral = file->commitment.ephemeral,
        .root = file->commitment.root,
        .proof = file->commitment.proof,
    };
    struct submit_native natives[] = {
        {NATIVE_ROUND_JOIN, &join},
        {NATIVE_SHARE_COMMIT, &operand},
    };
    if (!session_send(session, seated ? natives + 1 : natives, seated ? 1 : 2, &receipt, fault)) {
        return false;
    }
    if (!cli_json(session->cli)) {
        printf("committed in block %" PRIu64 ", fee %" PRIu64 "\n", receipt.height, receipt.fee);
    }
    json_decref(receipt.json);
    return true;
}

static int deliver_and_report(struct session *session, const struct round_setting *setting,
                              const struct share_file *file)
{
    struct fault fault;
    if (setting->round.phase > PHASE_ACK) {
        (void)fault_set(&fault, "deliveries are over: round %" PRIu32 " is in phase '%s'",
                        setting->round.number, round_phase_name(setting->round.phase));
        return cli_fail(session->cli, &fault);
    }
    uint32_t held = deliver_shares(session, setting, file, &fault);
    if (cli_json(session->cli)) {
        show_json(json_pack("{s:I, s:I, s:I, s:I}", "model", (json_int_t)setting->round.model,
                            "round", (json_int_t)setting->round.number, "servers",
                            (json_int_t)file->blob_count, "held", (json_int_t)held));
    } else {
        printf("delivered to %" PRIu32 " of %" PRIu32 " servers\n", held, file->blob_count);
    }
    if (held == file->blob_count) {
        return 0;
    }
    (void)fault_set(&fault,
                    "not every server holds its share: 'souk share deliver %" PRIu64 " %" PRIu32
                    "' tries again, before the phase 'ack' ends",
                    setting->round.model, setting->round.number);
    return cli_fail(session->cli, &fault);
}

/* May this account still commit, or did it? Asked before anything is made for the round. */
static bool takes_commitments(struct session *session, const struct round *round,
                              struct fault *fault)
{
    struct participant participant;
    bool seated = false;
    if (!chain_owner_load(session->rpc, round, &session->address, &participant, &seated, fault)) {
        return false;
    }
    bool committed = seated && participant.status != PARTICIPANT_JOINED;
    return committed || round->phase == PHASE_COMMIT ||
           fault_set(fault, "round %" PRIu32 " takes no more commitments: it is in phase '%s'",
                     round->number, round_phase_name(round->phase));
}

static int contribute(struct session *session, const struct round_name *name,
                      const struct round_setting *setting)
{
    struct fault fault;
    char path[SHARE_PATH_MAX];
    struct share_file file = {0};
    int64_t *update = NULL;
    int code = CLI_FAILED;
    if (!takes_commitments(session, &setting->round, &fault) ||
        !share_file_path(path, session, name, &fault) ||
        !load_update(session->cli, &setting->terms, &update, &fault) ||
        !prepare(session, setting, update, path, &file, &fault) ||
        !commit(session, &setting->round, &file, &fault)) {
        code = cli_fail(session->cli, &fault);
    } else {
        code = deliver_and_report(session, setting, &file);
    }
    free(update);
    share_file_close(&file);
    return code;
}

static int redeliver(struct session *session, const struct round_name *name,
                     const struct round_setting *setting)
{
    struct fault fault;
    char path[SHARE_PATH_MAX];
    struct share_file file = {0};
    bool good = share_file_path(path, session, name, &fault);
    if (good && !file_exists(path)) {
        good = fault_set(&fault,
                         "this account has nothing to deliver in round %" PRIu32
                         " of model %" PRIu64 ": there is no %s ('souk share commit' makes it)",
                         name->round, name->model, path);
    }
    int code = good && read_kept(setting, path, &file, &fault)
                   ? deliver_and_report(session, setting, &file)
                   : cli_fail(session->cli, &fault);
    share_file_close(&file);
    return code;
}

/* Open the session and the round's setting, and go on with `next`. */
static int with_round(struct cli *cli, int (*next)(struct session *, const struct round_name *,
                                                   const struct round_setting *))
{
    struct fault fault;
    struct session session;
    struct round_name name;
    struct round_setting setting;
    if (!session_open_signer(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    int code = CLI_FAILED;
    if (!round_name_read(&session, &name, &fault) ||
        !round_setting_load(session.rpc, &session.chain, name.model, name.round, &setting,
                            &fault)) {
        code = cli_fail(cli, &fault);
    } else {
        code = next(&session, &name, &setting);
        round_setting_close(&setting);
    }
    session_close(&session);
    return code;
}

int run_share_commit(struct cli *cli)
{
    if (cli_value(cli, "update") == NULL) {
        return cli_usage(cli, "--update is needed");
    }
    return with_round(cli, contribute);
}

int run_share_deliver(struct cli *cli)
{
    return with_round(cli, redeliver);
}
