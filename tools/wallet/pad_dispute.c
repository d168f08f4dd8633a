/* souk round defend: what a dispute about the pad asks of the model owner, as of an owner about its shares:
 * claims, a share opened in place of a silent server. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tools/client/file.h"
#include "tools/client/sharer.h"
#include "tools/wallet/commands.h"
#include "tools/wallet/pad.h"

#define PIECE        16384 /* elements of a share at once */
#define WAIT_STEP_MS 500   /* half of a window may pass without an event */

/* The model owner in one round with a pad. */
struct defence {
    struct session *session;
    struct round_name name;
    struct round_setting setting; /* as of the last look */
    uint64_t height;
    bool defended; /* something was sent */
};

static bool load_dispute(struct defence *self, struct dispute *out, bool *open, struct fault *fault)
{
    struct market_key key;
    struct buffer storage = {0};
    key_dispute(&key, self->name.model, self->name.round, MARKET_PAD_SEAT);
    bool good = chain_record_load(self->session->rpc, &key, &dispute_schema, out, &storage, fault);
    *open = good && storage.size > 0 && !out->resolved;
    buffer_close(&storage);
    return good;
}

static bool send(struct defence *self, uint8_t native, const void *operand, struct bytes sidecar,
                 const char *done, struct fault *fault)
{
    struct submit_receipt receipt;
    if (!session_send(self->session, &(struct submit_native){native, operand}, 1, sidecar, &receipt,
                      fault)) {
        return false;
    }
    printf("%s in block %" PRIu64 ", fee %" PRIu64 "\n", done, receipt.height, receipt.fee);
    (void)fflush(stdout);
    json_decref(receipt.json);
    self->defended = true;
    return true;
}

/* ---- CLAIM */

/* Room for a piece of a share. */
struct piece {
    uint8_t bytes[PIECE * FIELD_SIZE];
    uint64_t elements[PIECE];
};

/* Server j's side of the pad. */
struct side {
    const struct share_round *round;
    const struct share_keys *keys;
    unsigned server;
};

/* One vector of the share, into its value. */
static bool add_share(struct pad_value *value, const struct side *side,
                      const struct share_label *label, const struct ciphertexts *ciphertexts,
                      size_t count, struct fault *fault)
{
    struct share_reader reader;
    bool derived = side->server <= side->round->degree;
    struct source source = {0};
    struct piece *piece = memory_new(sizeof(*piece));
    bool good = true;
    if (!derived) {
        source = ciphertexts_source(ciphertexts, side->server - side->round->degree - 1U);
    }
    share_reader_init(&reader, side->round, &side->keys->keys[side->server - 1], label,
                      side->server, 0);
    for (size_t at = 0; good && at < count; at += PIECE) {
        size_t size = count - at < PIECE ? count - at : PIECE;
        struct bytes ciphertext = {piece->bytes, derived ? 0 : size * FIELD_SIZE};
        good =
            derived || source_read(&source, at * FIELD_SIZE, piece->bytes, ciphertext.size, fault);
        if (good) {
            bool canonical = share_reader_next(&reader, piece->elements, size, ciphertext);
            assert(canonical && "our own ciphertexts are");
            (void)canonical;
            pad_value_add(value, piece->elements, size);
        }
    }
    share_reader_close(&reader);
    explicit_bzero(piece, sizeof(*piece));
    free(piece);
    return good;
}

/* f'_0j of the servers of a mask, 16 bytes each, in order. */
static bool write_claim(const struct defence *self, const struct pad_secret *pad, uint32_t servers,
                        struct buffer *out, struct fault *fault)
{
    const struct round_setting *setting = &self->setting;
    const struct share_label x = share_label_x();
    const struct share_label aux = share_label_aux(pad->auxiliary.nonce2);
    struct multilinear form;
    struct share_keys keys;
    bool good = true;
    share_keys_make(&keys, &setting->share, &self->session->public_key, &pad->kept.ephemeral);
    pad_form(&form, &setting->round.decide_beacon, setting->terms.dimension);
    for (unsigned j = 1; good && j <= setting->terms.server_count; j++) {
        struct pad_value value;
        if (!shamir_set_has(servers, j)) {
            continue;
        }
        const struct side side = {&setting->share, &keys, j};
        pad_value_init(&value, &form, setting->terms.dimension);
        good = add_share(&value, &side, &x, &pad->x, setting->terms.dimension, fault) &&
               add_share(&value, &side, &aux, &pad->aux, PAD_AUX_COUNT, fault);
        if (good) {
            uint8_t encoded[FIELD_EXT_SIZE];
            field_ext_write(encoded, pad_value_finish(&value));
            buffer_append(out, BYTES_OF(encoded));
        }
    }
    multilinear_close(&form);
    share_keys_close(&keys);
    return good;
}

static bool claim(struct defence *self, const struct pad_secret *pad, const struct dispute *dispute,
                  struct fault *fault)
{
    struct buffer values = {0};
    bool good = write_claim(self, pad, dispute->posted, &values, fault);
    const struct share_claim_operand operand = {
        .model = self->name.model,
        .round = self->name.round,
        .pad = true,
        .values = buffer_bytes(&values),
    };
    good = good && send(self, NATIVE_SHARE_CLAIM, &operand, (struct bytes){0}, "claimed", fault);
    buffer_close(&values);
    return good;
}

/* ---- JUSTIFY */

static bool open_share(struct defence *self, const struct pad_secret *pad, unsigned server,
                       struct fault *fault)
{
    char done[80];
    struct sharer sharer;
    struct dispute_justify_operand operand;
    struct buffer sidecar = {0};
    unsigned degree = self->setting.share.degree;
    size_t roots = share_blob_count(&self->setting.share) * sizeof(struct hash);
    if (!sharer_of_pad(&sharer, self->session->rpc, &self->setting, fault)) {
        return false;
    }
    sharer_open(&operand, &sharer, &self->setting, server, &pad->kept.ephemeral);
    if (server > degree) {
        operand.roots = (struct bytes){pad->x.roots[0].bytes, roots};
        operand.roots2 = (struct bytes){pad->aux.roots[0].bytes, roots};
    }
    (void)snprintf(done, sizeof(done), "opened the pad's share of server %u", server);
    bool good =
        (server <= degree || (ciphertexts_load(&sidecar, &pad->x, server - degree - 1, fault) &&
                              ciphertexts_load(&sidecar, &pad->aux, server - degree - 1, fault))) &&
        send(self, NATIVE_DISPUTE_JUSTIFY, &operand, buffer_bytes(&sidecar), done, fault);
    buffer_close(&sidecar);
    return good;
}

static bool open_shares(struct defence *self, const struct pad_secret *pad, uint32_t silent,
                        struct fault *fault)
{
    bool good = true;
    for (unsigned j = 1; good && j <= self->setting.terms.server_count; j++) {
        good = !shamir_set_has(silent, j) || open_share(self, pad, j, fault);
    }
    return good;
}

/* ---- The round */

/* What is asked now: a claim, or servers that are blamed and had half of the window to speak. */
static bool step(struct defence *self, struct fault *fault)
{
    const struct round *round = &self->setting.round;
    struct dispute dispute;
    struct pad_secret pad;
    bool open = false;
    bool late = self->height + 1 >= round->deadline_height - self->setting.terms.justify_window / 2;
    if (!load_dispute(self, &dispute, &open, fault)) {
        return false;
    }
    bool claiming = open && round->phase == PHASE_CLAIM && !dispute.named && !dispute.claimed;
    uint32_t silent = dispute.blamed & ~(uint32_t)round->convicted;
    bool opening = open && round->phase == PHASE_JUSTIFY && late && silent != 0;
    if (!claiming && !opening) {
        return true;
    }
    if (!pad_begin(&pad, self->session, &self->setting, fault)) {
        return false;
    }
    bool good =
        claiming ? claim(self, &pad, &dispute, fault) : open_shares(self, &pad, silent, fault);
    pad_close(&pad);
    return good;
}

/* Look, and do what is due. *over: nothing can be asked any more. */
static bool look(struct defence *self, bool *over, struct fault *fault)
{
    struct session *session = self->session;
    struct chain_info chain;
    if (!round_setting_load(session->rpc, &session->chain, self->name.model, self->name.round,
                            &self->setting, fault)) {
        return false;
    }
    *over = self->setting.round.phase > PHASE_JUSTIFY;
    bool good = chain_info_load(session->rpc, &chain, fault);
    self->height = good ? chain.height : 0;
    good = good && (*over || step(self, fault));
    if (good && *over && self->setting.round.phase == PHASE_ABORTED) {
        good = fault_set(fault, "the round was aborted: %s",
                         abort_reason_name(self->setting.round.abort_reason));
    }
    round_setting_close(&self->setting);
    return good;
}

static bool see_through(struct defence *self, struct fault *fault)
{
    char cursor[RPC_CURSOR_MAX] = "latest";
    bool over = false;
    bool good = rpc_await_event(self->session->rpc, cursor, 0, fault);
    while (good) {
        good = look(self, &over, fault);
        if (over) {
            return good;
        }
        if (!good) {
            (void)fprintf(stderr, "souk: %s; trying again\n", fault->text);
        }
        good = rpc_await_event(self->session->rpc, cursor, WAIT_STEP_MS, fault);
    }
    return false;
}

/* Only who opened the round, with its pad, can speak for it. */
static bool has_pad(struct session *session, const struct round_name *name, struct fault *fault)
{
    char path[PAD_PATH_MAX];
    return pad_path(path, session, &session->address, name, fault) &&
           (file_exists(path) ||
            fault_set(fault, "there is no pad of this account for the round: %s is missing", path));
}

int run_round_defend(struct cli *cli)
{
    struct fault fault;
    struct session session;
    struct defence self = {0};
    if (!session_open_signer(&session, cli, &fault)) {
        return cli_fail(cli, &fault);
    }
    self.session = &session;
    bool good = round_name_read(&session, &self.name, &fault) &&
                has_pad(&session, &self.name, &fault) && see_through(&self, &fault);
    session_close(&session);
    if (!good) {
        return cli_fail(cli, &fault);
    }
    printf("%s\n", self.defended ? "the pad was defended" : "nothing was asked about the pad");
    return 0;
}
