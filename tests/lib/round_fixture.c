#include "tests/lib/round_fixture.h"

#include <check.h>
#include <string.h>

#include "market/context.h"

static const uint8_t zeros[32];

static void open_round(struct round_fixture *round)
{
    static const uint8_t file[] = "the model that owners train on";
    const struct round_open_operand operand = {.model = round->model, .round = round->number};
    uint16_t code = fixture_try(round->chain, FIXTURE_PUBLISHER, NATIVE_ROUND_OPEN, &operand,
                                (struct bytes){file, sizeof(file)});
    ck_assert_uint_eq(code, 0);
    struct round record = round_fixture_record(round);
    context_load(&round->shares, round->chain->state, &round->chain->chain_id, &record,
                 &round->terms);
    ck_assert(hash_equal(&round->shares.context, &record.context));
}

void round_fixture_open(struct round_fixture *round, struct market_fixture *chain,
                        const struct model_terms *terms)
{
    struct market_key key;
    struct chain_record record;
    memset(round, 0, sizeof(*round));
    round->chain = chain;
    round->terms = *terms;
    uint16_t code =
        fixture_try(chain, FIXTURE_PUBLISHER, NATIVE_MODEL_PUBLISH, terms, (struct bytes){0});
    ck_assert_uint_eq(code, 0);
    key_chain(&key);
    (void)record_load(chain->state, &key, &chain_record_schema, &record);
    round->model = record.model_count;
    round->number = 1;
    open_round(round);
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
}

void round_fixture_close(struct round_fixture *round)
{
    for (size_t i = 0; i < ROUND_FIXTURE_OWNERS; i++) {
        for (size_t j = 0; j < SHARE_BLOBS_MAX; j++) {
            buffer_close(&round->owners[i].blobs[j]);
        }
    }
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

void round_fixture_join(struct round_fixture *round, unsigned owner)
{
    const struct round_operand operand = {round->model, round->number};
    round->owners[owner].seat = round->joined++;
    fixture_send(round->chain, FIXTURE_OWNER_1 + (int)owner, NATIVE_ROUND_JOIN, &operand,
                 (struct bytes){0});
}

/* Another element in the ciphertext of the last server: what was committed to fits no polynomial. */
static void spoil(struct round_fixture *round, unsigned owner, const struct secret_key *ephemeral,
                  struct hash *roots)
{
    struct round_fixture_owner *self = &round->owners[owner];
    const struct public_key *id = &round->chain->keys[FIXTURE_OWNER_1 + owner].public_key;
    unsigned count = share_blob_count(&round->shares);
    uint8_t *element = self->blobs[count - 1].data;
    uint64_t value;
    bool canonical = field_read(&value, element);
    ck_assert(canonical);
    field_write(element, field_add(value, 1));
    merkle_blob_root(&roots[count - 1], buffer_bytes(&self->blobs[count - 1]));
    share_root(&self->commitment.root, &round->shares.context, id, &self->commitment.ephemeral,
               roots, count);
    struct hash message;
    share_proof_message(&message, &round->shares.context, id, &self->commitment.ephemeral,
                        &self->commitment.root);
    signature_make(&self->commitment.proof, ephemeral, &message, zeros);
}

void round_fixture_make(struct round_fixture *round, unsigned owner, bool inconsistent)
{
    struct round_fixture_owner *self = &round->owners[owner];
    struct share_owner sharing;
    struct secret_key ephemeral;
    struct hash roots[SHARE_BLOBS_MAX];
    uint8_t random32[32] = {3, (uint8_t)round->model, (uint8_t)round->number, (uint8_t)owner};
    random32[31] = 1;
    bool valid = secret_key_init(&ephemeral, random32);
    ck_assert(valid);
    secret_key_make_even(&ephemeral);
    for (size_t k = 0; k < ROUND_FIXTURE_DIMENSION; k++) {
        self->values[k] = (int64_t)owner * 1000 + (int64_t)k - 3000;
    }
    enum share_status status = share_owner_init(
        &sharing, &round->shares, &round->chain->keys[FIXTURE_OWNER_1 + owner].public_key,
        &ephemeral, random32);
    ck_assert_int_eq(status, SHARE_OK);
    share_owner_add(&sharing, self->values, ROUND_FIXTURE_DIMENSION, self->blobs);
    share_owner_finish(&sharing, self->blobs, roots, &self->commitment, zeros);
    share_owner_close(&sharing);
    if (inconsistent) {
        spoil(round, owner, &ephemeral, roots);
    }
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
        round_fixture_make(round, i, false);
        round_fixture_commit(round, i);
    }
}

void round_fixture_bitmap(const struct round_fixture *round, uint32_t withheld_owners,
                          uint8_t out[2])
{
    memset(out, 0, 2);
    for (unsigned i = 0; i < ROUND_FIXTURE_OWNERS; i++) {
        const struct round_fixture_owner *owner = &round->owners[i];
        if (owner->committed && (withheld_owners >> i & 1) == 0) {
            out[owner->seat / 8] = (uint8_t)(out[owner->seat / 8] | 1U << (owner->seat % 8));
        }
    }
}

static int server_account(unsigned server)
{
    return FIXTURE_SERVER_1 + (int)server - 1;
}

void round_fixture_ack(struct round_fixture *round, unsigned server, uint32_t withheld_owners)
{
    uint8_t bitmap[2];
    round_fixture_bitmap(round, withheld_owners, bitmap);
    const struct batch_ack_operand operand = {
        round->model, round->number, {bitmap, ((size_t)round->joined + 7) / 8}};
    fixture_send(round->chain, server_account(server), NATIVE_BATCH_ACK, &operand,
                 (struct bytes){0});
}

/* ---- What servers compute */

static void share_of(const struct round_fixture *round, unsigned owner, unsigned server,
                     uint64_t out[ROUND_FIXTURE_DIMENSION + 2])
{
    const struct round_fixture_owner *self = &round->owners[owner];
    struct secret_key secret;
    struct hash key;
    size_t count = share_count(&round->shares);
    fixture_encryption_key(&secret, server);
    bool good = share_server_key(&key, &round->shares,
                                 &round->chain->keys[FIXTURE_OWNER_1 + owner].public_key,
                                 &self->commitment.ephemeral, server, &secret);
    if (server <= round->terms.threshold) {
        share_derive(out, count, &key);
    } else {
        unsigned blob = server - round->terms.threshold - 1;
        good = good && share_open(out, buffer_bytes(&self->blobs[blob]), &key);
    }
    ck_assert(good);
}

/* I in the order of owner keys, as owner numbers. */
static unsigned accepted_owners(const struct round_fixture *round, unsigned *out)
{
    unsigned count = 0;
    for (unsigned i = 0; i < ROUND_FIXTURE_OWNERS; i++) {
        if (!round->owners[i].committed) {
            continue;
        }
        struct participant participant = round_fixture_participant(round, i);
        if (participant.status != PARTICIPANT_ACCEPTED) {
            continue;
        }
        unsigned at = count++;
        const struct fixture_key *keys = &round->chain->keys[FIXTURE_OWNER_1];
        while (at > 0 && memcmp(&keys[out[at - 1]].public_key, &keys[i].public_key, 32) > 0) {
            out[at] = out[at - 1];
            at--;
        }
        out[at] = i;
    }
    return count;
}

static struct field_ext owner_value(const struct round_fixture *round, unsigned owner,
                                    unsigned server, const struct multilinear *form)
{
    uint64_t share[ROUND_FIXTURE_DIMENSION + 2];
    share_of(round, owner, server, share);
    return aggregate_owner_value(form, share, ROUND_FIXTURE_DIMENSION);
}

static void post_value(struct round_fixture *round, unsigned server, uint8_t native,
                       struct field_ext value)
{
    struct batch_value_operand operand = {.model = round->model, .round = round->number};
    if (round->wrong[native]) {
        value = field_ext_add(value, field_ext_of(1));
        round->wrong[native] = false;
    }
    field_ext_write(operand.value, value);
    fixture_send(round->chain, server_account(server), native, &operand, (struct bytes){0});
}

void round_fixture_decide(struct round_fixture *round, unsigned server)
{
    unsigned owners[ROUND_FIXTURE_OWNERS];
    struct round record = round_fixture_record(round);
    struct multilinear form;
    struct field_ext total = {0};
    aggregate_decide_form(&form, &record.decide_beacon, ROUND_FIXTURE_DIMENSION);
    unsigned count = accepted_owners(round, owners);
    for (unsigned i = 0; i < count; i++) {
        const struct fixture_key *key = &round->chain->keys[FIXTURE_OWNER_1 + owners[i]];
        aggregate_fold(&total, aggregate_gamma(&record.decide_beacon, &key->public_key),
                       owner_value(round, owners[i], server, &form));
    }
    multilinear_close(&form);
    post_value(round, server, NATIVE_BATCH_DECIDE, total);
}

void round_fixture_values(const struct round_fixture *round, unsigned server, struct buffer *out)
{
    unsigned owners[ROUND_FIXTURE_OWNERS];
    struct round record = round_fixture_record(round);
    struct multilinear form;
    aggregate_decide_form(&form, &record.decide_beacon, ROUND_FIXTURE_DIMENSION);
    unsigned count = accepted_owners(round, owners);
    for (unsigned i = 0; i < count; i++) {
        uint8_t encoded[FIELD_EXT_SIZE];
        field_ext_write(encoded, owner_value(round, owners[i], server, &form));
        buffer_append(out, BYTES_OF(encoded));
    }
    multilinear_close(&form);
}

void round_fixture_fallback(struct round_fixture *round, unsigned server)
{
    struct buffer values = {0};
    round_fixture_values(round, server, &values);
    if (round->wrong[NATIVE_BATCH_FALLBACK]) {
        struct field_ext first;
        bool canonical = field_ext_read(&first, values.data);
        ck_assert(canonical);
        field_ext_write(values.data, field_ext_add(first, field_ext_of(1)));
        round->wrong[NATIVE_BATCH_FALLBACK] = false;
    }
    const struct batch_fallback_operand operand = {round->model, round->number,
                                                   buffer_bytes(&values)};
    fixture_send(round->chain, server_account(server), NATIVE_BATCH_FALLBACK, &operand,
                 (struct bytes){0});
    buffer_close(&values);
}

/* The true sum of I, as the leader would get it from the servers' sums. */
void round_fixture_sum(const struct round_fixture *round, struct hash *owners_hash,
                       uint8_t out[ROUND_FIXTURE_DIMENSION * 8])
{
    unsigned owners[ROUND_FIXTURE_OWNERS];
    unsigned count = accepted_owners(round, owners);
    uint64_t sums[MARKET_SERVERS_MAX][ROUND_FIXTURE_DIMENSION] = {{0}};
    uint64_t result[ROUND_FIXTURE_DIMENSION];
    struct public_key keys[ROUND_FIXTURE_OWNERS];
    struct aggregate_sums input = {.dimension = ROUND_FIXTURE_DIMENSION};
    struct hash seed = {{9}};
    for (unsigned i = 0; i < count; i++) {
        keys[i] = round->chain->keys[FIXTURE_OWNER_1 + owners[i]].public_key;
    }
    for (unsigned server = 1; server <= round->terms.server_count; server++) {
        for (unsigned i = 0; i < count; i++) {
            uint64_t share[ROUND_FIXTURE_DIMENSION + 2];
            share_of(round, owners[i], server, share);
            aggregate_add(sums[server - 1], share, ROUND_FIXTURE_DIMENSION);
        }
        input.servers |= shamir_set_of(server);
        input.sums[server - 1] = sums[server - 1];
    }
    bool combined = aggregate_combine(result, &input, round->terms.threshold, 0, &seed, NULL);
    ck_assert(combined);
    for (size_t k = 0; k < ROUND_FIXTURE_DIMENSION; k++) {
        int64_t expected = 0;
        for (unsigned i = 0; i < count; i++) {
            expected += round->owners[owners[i]].values[k];
        }
        ck_assert_int_eq(field_to_signed(result[k]), expected);
    }
    field_write_all(out, result, ROUND_FIXTURE_DIMENSION);
    aggregate_set_hash(owners_hash, keys, count);
}

void round_fixture_aggregate(struct round_fixture *round, unsigned server)
{
    uint8_t sum[ROUND_FIXTURE_DIMENSION * 8];
    struct batch_aggregate_operand operand = {.model = round->model, .round = round->number};
    round_fixture_sum(round, &operand.owners, sum);
    if (round->wrong[NATIVE_BATCH_AGGREGATE]) {
        uint64_t element;
        bool canonical = field_read(&element, sum + 136);
        ck_assert(canonical);
        field_write(sum + 136, field_add(element, 1));
        round->wrong[NATIVE_BATCH_AGGREGATE] = false;
    }
    fixture_send(round->chain, server_account(server), NATIVE_BATCH_AGGREGATE, &operand,
                 BYTES_OF(sum));
}

void round_fixture_check(struct round_fixture *round, unsigned server)
{
    unsigned owners[ROUND_FIXTURE_OWNERS];
    struct round record = round_fixture_record(round);
    struct multilinear form;
    uint64_t sum[ROUND_FIXTURE_DIMENSION] = {0};
    unsigned count = accepted_owners(round, owners);
    for (unsigned i = 0; i < count; i++) {
        uint64_t share[ROUND_FIXTURE_DIMENSION + 2];
        share_of(round, owners[i], server, share);
        aggregate_add(sum, share, ROUND_FIXTURE_DIMENSION);
    }
    aggregate_check_form(&form, &record.check_beacon, ROUND_FIXTURE_DIMENSION);
    struct field_ext value = aggregate_check_value(&form, sum, ROUND_FIXTURE_DIMENSION);
    multilinear_close(&form);
    post_value(round, server, NATIVE_BATCH_CHECK, value);
}

void round_fixture_all(struct round_fixture *round, uint32_t set, uint8_t native)
{
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        if (!shamir_set_has(set, server)) {
            continue;
        }
        if (native == NATIVE_BATCH_ACK) {
            round_fixture_ack(round, server, 0);
        } else if (native == NATIVE_BATCH_DECIDE) {
            round_fixture_decide(round, server);
        } else if (native == NATIVE_BATCH_FALLBACK) {
            round_fixture_fallback(round, server);
        } else {
            ck_assert_uint_eq(native, NATIVE_BATCH_CHECK);
            round_fixture_check(round, server);
        }
    }
    fixture_block(round->chain);
    for (uint32_t i = 0; i + 1 < round->chain->results.count; i++) {
        ck_assert_uint_eq(fixture_refusal(round->chain, i).code, 0);
    }
}

void round_fixture_until(struct round_fixture *round, enum round_phase phase)
{
    for (int i = 0; i < 40 && round_fixture_record(round).phase != phase; i++) {
        fixture_block(round->chain);
    }
    ck_assert_uint_eq(round_fixture_record(round).phase, phase);
}
