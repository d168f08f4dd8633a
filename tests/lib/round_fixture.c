#include "tests/lib/round_fixture.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/pad.h"
#include "market/context.h"
#include "market/terms.h"

static const uint8_t zeros[32];

/* ---- Opening a round */

static const struct public_key *key_of(const struct round_fixture *round, unsigned owner)
{
    int account = owner == ROUND_FIXTURE_PAD ? FIXTURE_PUBLISHER : FIXTURE_OWNER_1 + (int)owner;
    return &round->chain->keys[account].public_key;
}

static void fresh_ephemeral(struct round_fixture *round, unsigned owner, uint8_t random32[32])
{
    struct round_fixture_owner *self = &round->owners[owner];
    memset(random32, 0, 32);
    random32[0] = 3;
    random32[1] = (uint8_t)round->model;
    random32[2] = (uint8_t)round->number;
    random32[3] = (uint8_t)owner;
    random32[31] = 1;
    bool valid = secret_key_init(&self->ephemeral, random32);
    ck_assert(valid);
    secret_key_make_even(&self->ephemeral);
    share_keys_make(&self->keys, &round->shares, key_of(round, owner), &self->ephemeral);
}

/* Share one vector under a label. */
static void seal(struct round_fixture *round, unsigned owner, unsigned which,
                 const uint64_t *elements, size_t count, const struct share_label *label)
{
    struct round_fixture_owner *self = &round->owners[owner];
    struct share_writer writer;
    share_writer_init(&writer, &round->shares, &self->keys, label);
    share_writer_add(&writer, elements, count, self->blobs[which]);
    share_writer_finish(&writer, self->roots[which]);
}

/* The pad is shared before there is a beacon. */
static void make_pad(struct round_fixture *round, struct round_open_operand *operand)
{
    struct round_fixture_owner *self = &round->owners[ROUND_FIXTURE_PAD];
    uint32_t dimension = round->terms.dimension;
    uint8_t random32[32];
    uint64_t blind[PAD_AUX_COUNT];
    struct pad_stream stream;
    struct share_auxiliary auxiliary = {0};
    fresh_ephemeral(round, ROUND_FIXTURE_PAD, random32);
    self->values = memory_new(dimension * sizeof(*self->values));
    pad_stream_init(&stream, random32, &round->shares.context);
    pad_stream_next(&stream, (uint64_t *)self->values, dimension);
    pad_stream_close(&stream);
    pad_blind(blind, random32, &round->shares.context);
    const struct share_label x = share_label_x();
    const struct share_label aux = share_label_aux(zeros);
    seal(round, ROUND_FIXTURE_PAD, 0, (const uint64_t *)self->values, dimension, &x);
    seal(round, ROUND_FIXTURE_PAD, 1, blind, PAD_AUX_COUNT, &aux);
    share_commit(&self->commitment, &round->shares, key_of(round, ROUND_FIXTURE_PAD),
                 &self->ephemeral, self->roots[0], zeros);
    auxiliary.root = self->commitment.root;
    share_root2(&self->proof.root2, &round->shares.context, key_of(round, ROUND_FIXTURE_PAD),
                &auxiliary, self->roots[1], share_blob_count(&round->shares));
    operand->pad_ephemeral = self->commitment.ephemeral;
    operand->pad_root = self->commitment.root;
    operand->pad_proof = self->commitment.proof;
    operand->pad_root2 = self->proof.root2;
}

/* The context is known before the round is: the pad's commitment is bound to it. */
static void know_context(struct round_fixture *round)
{
    const struct round expected = {.model = round->model, .number = round->number};
    context_load(&round->shares, round->chain->state, &round->chain->chain_id, &expected,
                 &round->terms);
    terms_layout(&round->layout, &round->terms);
}

static void open_round(struct round_fixture *round)
{
    static const uint8_t file[] = "the model that owners train on";
    struct round_open_operand operand = {.model = round->model, .round = round->number};
    know_context(round);
    if ((round->terms.modes & MODE_PAD) != 0) {
        make_pad(round, &operand);
    }
    uint16_t code = fixture_try(round->chain, FIXTURE_PUBLISHER, NATIVE_ROUND_OPEN, &operand,
                                (struct bytes){file, sizeof(file)});
    ck_assert_uint_eq(code, 0);
    struct round record = round_fixture_record(round);
    ck_assert(hash_equal(&round->shares.context, &record.context));
}

static void prepare(struct round_fixture *round)
{
    if (round_fixture_record(round).phase == PHASE_PAD) {
        round_fixture_all(round, ROUND_FIXTURE_SERVERS & ~((1U << round->terms.threshold) - 1),
                          NATIVE_BATCH_ACK);
    }
    round_fixture_deal_all(round);
    ck_assert_uint_eq(round_fixture_record(round).phase, PHASE_COMMIT);
}

void round_fixture_reference(int64_t *out, uint32_t dimension)
{
    for (uint32_t k = 0; k < dimension; k++) {
        out[k] = (int64_t)(k % 3) - 1;
    }
}

static void append_reference(struct buffer *out, uint32_t dimension)
{
    int64_t *reference = memory_new(dimension * sizeof(*reference));
    round_fixture_reference(reference, dimension);
    for (uint32_t k = 0; k < dimension; k++) {
        uint8_t element[FIELD_SIZE];
        field_write(element, field_from_signed(reference[k]));
        buffer_append(out, BYTES_OF(element));
    }
    free(reference);
}

void round_fixture_open_only(struct round_fixture *round, struct market_fixture *chain,
                             const struct model_terms *terms)
{
    struct market_key key;
    struct chain_record record;
    memset(round, 0, sizeof(*round));
    round->chain = chain;
    round->terms = *terms;
    struct buffer blob = {0};
    if (!hash_is_zero(&terms->reference)) {
        append_reference(&blob, terms->dimension);
    }
    uint16_t code =
        fixture_try(chain, FIXTURE_PUBLISHER, NATIVE_MODEL_PUBLISH, terms, buffer_bytes(&blob));
    ck_assert_uint_eq(code, 0);
    buffer_close(&blob);
    key_chain(&key);
    (void)record_load(chain->state, &key, &chain_record_schema, &record);
    round->model = record.model_count;
    round->number = 1;
    open_round(round);
}

void round_fixture_open(struct round_fixture *round, struct market_fixture *chain,
                        const struct model_terms *terms)
{
    round_fixture_open_only(round, chain, terms);
    prepare(round);
}

void round_fixture_next(struct round_fixture *round)
{
    struct round_fixture before = *round;
    round_fixture_close(round);
    round->chain = before.chain;
    round->terms = before.terms;
    round->model = before.model;
    round->number = before.number + 1;
    open_round(round);
    prepare(round);
}

void round_fixture_close(struct round_fixture *round)
{
    for (size_t i = 0; i <= ROUND_FIXTURE_OWNERS; i++) {
        struct round_fixture_owner *owner = &round->owners[i];
        for (size_t j = 0; j < SHARE_BLOBS_MAX; j++) {
            buffer_close(&owner->blobs[0][j]);
            buffer_close(&owner->blobs[1][j]);
        }
        free(owner->values);
        free(owner->witness);
    }
    free(round->zeros);
    memset(round, 0, sizeof(*round));
}

struct round round_fixture_record(const struct round_fixture *round)
{
    struct market_key key;
    struct round record;
    key_round(&key, round->model, round->number);
    bool known = record_load(round->chain->state, &key, &round_schema, &record);
    ck_assert(known);
    return record;
}

struct participant round_fixture_participant(const struct round_fixture *round, unsigned owner)
{
    struct market_key key;
    struct participant record;
    key_participant(&key, round->model, round->number, round->owners[owner].seat);
    bool known = record_load(round->chain->state, &key, &participant_schema, &record);
    ck_assert(known);
    return record;
}

static uint16_t seat_of(const struct round_fixture *round, unsigned owner)
{
    return owner == ROUND_FIXTURE_PAD ? MARKET_PAD_SEAT : round->owners[owner].seat;
}

bool round_fixture_dispute(const struct round_fixture *round, unsigned owner, struct dispute *out)
{
    struct market_key key;
    key_dispute(&key, round->model, round->number, seat_of(round, owner));
    return record_load(round->chain->state, &key, &dispute_schema, out);
}

void round_fixture_use_reference(struct model_terms *terms)
{
    struct buffer blob = {0};
    append_reference(&blob, terms->dimension);
    merkle_blob_root(&terms->reference, buffer_bytes(&blob));
    buffer_close(&blob);
}

/* ---- COMMIT */

void round_fixture_join(struct round_fixture *round, unsigned owner)
{
    const struct round_operand operand = {round->model, round->number};
    round->owners[owner].seat = round->joined++;
    fixture_send(round->chain, FIXTURE_OWNER_1 + (int)owner, NATIVE_ROUND_JOIN, &operand,
                 (struct bytes){0});
}

/* Another element in the ciphertext of the last server: what is committed to fits no polynomial. */
static void spoil(struct round_fixture *round, unsigned owner)
{
    struct round_fixture_owner *self = &round->owners[owner];
    unsigned last = share_blob_count(&round->shares) - 1;
    uint64_t value;
    bool canonical = field_read(&value, self->blobs[0][last].data);
    ck_assert(canonical);
    field_write(self->blobs[0][last].data, field_add(value, 1));
    merkle_blob_root(&self->roots[0][last], buffer_bytes(&self->blobs[0][last]));
}

static void choose_values(struct round_fixture *round, unsigned owner)
{
    struct round_fixture_owner *self = &round->owners[owner];
    uint32_t dimension = round->terms.dimension;
    self->values = memory_new(dimension * sizeof(*self->values));
    self->witness = memory_new(dimension * sizeof(*self->witness));
    for (uint32_t k = 0; k < dimension; k++) {
        self->values[k] = (int64_t)owner * 100 + (int64_t)(k % 64) - 300;
        self->witness[k] = self->values[k];
    }
    if (self->fault == OWNER_LARGE) {
        self->values[0] = (int64_t)round->terms.norm_bound + 1;
    }
}

void round_fixture_make(struct round_fixture *round, unsigned owner, enum owner_fault fault)
{
    struct round_fixture_owner *self = &round->owners[owner];
    uint32_t dimension = round->terms.dimension;
    uint8_t random32[32];
    const struct share_label label = share_label_x();
    self->fault = fault;
    choose_values(round, owner);
    fresh_ephemeral(round, owner, random32);
    uint64_t *elements = memory_new(dimension * sizeof(*elements));
    for (uint32_t k = 0; k < dimension; k++) {
        elements[k] = field_from_signed(self->values[k]);
    }
    seal(round, owner, 0, elements, dimension, &label);
    free(elements);
    if (fault == OWNER_INCONSISTENT) {
        spoil(round, owner);
    }
    share_commit(&self->commitment, &round->shares, key_of(round, owner), &self->ephemeral,
                 self->roots[0], zeros);
}

struct share_commit_operand round_fixture_commitment(const struct round_fixture *round,
                                                     unsigned owner)
{
    const struct share_commitment *commitment = &round->owners[owner].commitment;
    return (struct share_commit_operand){round->model, round->number, commitment->ephemeral,
                                         commitment->root, commitment->proof};
}

void round_fixture_commit(struct round_fixture *round, unsigned owner)
{
    const struct share_commit_operand operand = round_fixture_commitment(round, owner);
    round->owners[owner].committed = true;
    fixture_send(round->chain, FIXTURE_OWNER_1 + (int)owner, NATIVE_SHARE_COMMIT, &operand,
                 (struct bytes){0});
}

void round_fixture_enter(struct round_fixture *round, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        round_fixture_join(round, i);
        round_fixture_make(round, i, OWNER_HONEST);
        round_fixture_commit(round, i);
    }
}

/* ---- PROVE */

static void make_proof(struct round_fixture *round, unsigned owner)
{
    struct round_fixture_owner *self = &round->owners[owner];
    struct round record = round_fixture_record(round);
    struct norm_witness witness = {
        .layout = &round->layout,
        .statement = {round->shares.context, *key_of(round, owner), self->commitment.root,
                      record.prove_beacon},
        .vector = self->witness,
        .seed = {7, (uint8_t)round->model, (uint8_t)round->number, (uint8_t)owner}};
    int64_t *reference = NULL;
    if (round->terms.reference_test != NORM_REFERENCE_NONE) {
        reference = memory_new(round->terms.dimension * sizeof(*reference));
        round_fixture_reference(reference, round->terms.dimension);
        witness.reference = reference;
    }
    for (size_t i = 0; i < SHARE_BLOBS_MAX; i++) {
        buffer_close(&self->blobs[1][i]);
    }
    enum norm_prove_status status = norm_contribute(&self->proof, self->blobs[1], self->roots[1],
                                                    &witness, &round->shares, &self->keys);
    ck_assert_int_eq(status, NORM_PROVE_OK);
    free(reference);
}

void round_fixture_encode_proof(const struct round_fixture *round, unsigned owner,
                                struct buffer *out)
{
    uint8_t encoded[NORM_PROOF_SIZE_MAX];
    norm_proof_write(encoded, &round->owners[owner].proof, &round->layout);
    buffer_append(out, (struct bytes){encoded, norm_proof_size(&round->layout)});
}

void round_fixture_prove(struct round_fixture *round, unsigned owner)
{
    struct buffer proof = {0};
    make_proof(round, owner);
    round_fixture_encode_proof(round, owner, &proof);
    const struct share_prove_operand operand = {round->model, round->number, buffer_bytes(&proof)};
    round->owners[owner].proved = true;
    fixture_send(round->chain, FIXTURE_OWNER_1 + (int)owner, NATIVE_SHARE_PROVE, &operand,
                 (struct bytes){0});
    buffer_close(&proof);
}

void round_fixture_prove_all(struct round_fixture *round)
{
    round_fixture_until(round, PHASE_PROVE);
    for (unsigned i = 0; i < ROUND_FIXTURE_OWNERS; i++) {
        if (round->owners[i].committed) {
            round_fixture_prove(round, i);
        }
    }
    fixture_block(round->chain);
}

/* ---- PUBLISH, CLAIM, JUSTIFY */

static struct bytes list_of(const struct round_fixture *round, unsigned owner, unsigned which)
{
    return (struct bytes){(const uint8_t *)round->owners[owner].roots[which],
                          share_blob_count(&round->shares) * sizeof(struct hash)};
}

static void append_ciphertexts(const struct round_fixture *round, unsigned owner, unsigned server,
                               struct buffer *out)
{
    if (server > round->terms.threshold) {
        unsigned at = server - round->terms.threshold - 1U;
        buffer_append(out, buffer_bytes(&round->owners[owner].blobs[0][at]));
        buffer_append(out, buffer_bytes(&round->owners[owner].blobs[1][at]));
    }
}

static int account_of(unsigned owner)
{
    return owner == ROUND_FIXTURE_PAD ? FIXTURE_PUBLISHER : FIXTURE_OWNER_1 + (int)owner;
}

void round_fixture_publish(struct round_fixture *round, unsigned owner, unsigned server)
{
    struct buffer sidecar = {0};
    const struct share_publish_operand operand = {round->model, round->number, (uint8_t)server,
                                                  list_of(round, owner, 0),
                                                  list_of(round, owner, 1)};
    append_ciphertexts(round, owner, server, &sidecar);
    fixture_send(round->chain, account_of(owner), NATIVE_SHARE_PUBLISH, &operand,
                 buffer_bytes(&sidecar));
    buffer_close(&sidecar);
}

void round_fixture_claim(struct round_fixture *round, unsigned owner)
{
    struct dispute dispute;
    struct buffer values = {0};
    bool known = round_fixture_dispute(round, owner, &dispute);
    ck_assert(known);
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        uint8_t encoded[FIELD_EXT_SIZE];
        if (shamir_set_has(dispute.posted, server)) {
            field_ext_write(encoded, round_fixture_value(round, owner, server));
            buffer_append(&values, BYTES_OF(encoded));
        }
    }
    const struct share_claim_operand operand = {round->model, round->number,
                                                owner == ROUND_FIXTURE_PAD, buffer_bytes(&values)};
    fixture_send(round->chain, account_of(owner), NATIVE_SHARE_CLAIM, &operand, (struct bytes){0});
    buffer_close(&values);
}

static void describe_case(const struct round_fixture *round, unsigned owner, unsigned server,
                          struct justify_case *out)
{
    const struct round_fixture_owner *self = &round->owners[owner];
    struct round record = round_fixture_record(round);
    *out = (struct justify_case){.round = &round->shares,
                                 .owner = *key_of(round, owner),
                                 .commitment = self->commitment,
                                 .server = server,
                                 .aux_count = owner == ROUND_FIXTURE_PAD ? PAD_AUX_COUNT
                                                                         : round->layout.aux_count};
    out->auxiliary.root = self->commitment.root;
    out->auxiliary.root2 = self->proof.root2;
    memcpy(out->auxiliary.nonce2, self->proof.nonce2, sizeof(self->proof.nonce2));
    if (owner != ROUND_FIXTURE_PAD) {
        out->auxiliary.beacon = record.prove_beacon;
    }
}

void round_fixture_opening(const struct round_fixture *round, unsigned owner, unsigned server,
                           bool by_owner, struct dispute_justify_operand *out,
                           struct buffer *sidecar)
{
    struct justify_case about;
    struct justify_opening opening;
    struct secret_key secret;
    describe_case(round, owner, server, &about);
    if (by_owner) {
        justify_open_owner(&opening, &about, &round->owners[owner].ephemeral, zeros);
    } else {
        fixture_encryption_key(&secret, server);
        bool good = justify_open_server(&opening, &about, &secret, zeros);
        ck_assert(good);
    }
    *out = (struct dispute_justify_operand){.model = round->model,
                                            .round = round->number,
                                            .owner = seat_of(round, owner),
                                            .server = (uint8_t)server,
                                            .shared = opening.shared};
    memcpy(out->challenge, opening.proof.challenge, sizeof(out->challenge));
    memcpy(out->response, opening.proof.response, sizeof(out->response));
    if (server > round->terms.threshold) {
        out->roots = list_of(round, owner, 0);
        out->roots2 = list_of(round, owner, 1);
    }
    append_ciphertexts(round, owner, server, sidecar);
    if (round->terms.reference_test != NORM_REFERENCE_NONE && owner != ROUND_FIXTURE_PAD) {
        append_reference(sidecar, round->terms.dimension);
    }
}

void round_fixture_justify(struct round_fixture *round, unsigned owner, unsigned server,
                           bool by_owner)
{
    struct dispute_justify_operand operand;
    struct buffer sidecar = {0};
    round_fixture_opening(round, owner, server, by_owner, &operand, &sidecar);
    fixture_send(round->chain, by_owner ? account_of(owner) : FIXTURE_SERVER_1 + (int)server - 1,
                 NATIVE_DISPUTE_JUSTIFY, &operand, buffer_bytes(&sidecar));
    buffer_close(&sidecar);
}

void round_fixture_until(struct round_fixture *round, enum round_phase phase)
{
    for (int i = 0; i < 60 && round_fixture_record(round).phase != phase; i++) {
        fixture_block(round->chain);
    }
    ck_assert_uint_eq(round_fixture_record(round).phase, phase);
}
