/* What the servers of a round compute and post. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/pad.h"
#include "crypto/sketch.h"
#include "crypto/values.h"
#include "tests/lib/round_fixture.h"

static int server_account(unsigned server)
{
    return FIXTURE_SERVER_1 + (int)server - 1;
}

void round_fixture_bitmap(const struct round_fixture *round, uint32_t withheld_owners,
                          uint8_t out[2])
{
    memset(out, 0, 2);
    for (unsigned i = 0; i < ROUND_FIXTURE_OWNERS; i++) {
        const struct round_fixture_owner *owner = &round->owners[i];
        if (owner->proved && (withheld_owners >> i & 1) == 0) {
            out[owner->seat / 8] = (uint8_t)(out[owner->seat / 8] | 1U << (owner->seat % 8));
        }
    }
}

void round_fixture_ack(struct round_fixture *round, unsigned server, uint32_t withheld_owners)
{
    uint8_t bitmap[2];
    struct batch_ack_operand operand = {.model = round->model, .round = round->number};
    uint8_t phase = round_fixture_record(round).phase;
    if (phase == PHASE_CONFIRM && !round_fixture_take_keys(round, server)) {
        return;
    }
    if (phase == PHASE_PAD || phase == PHASE_CONFIRM) {
        bitmap[0] = 1;
        operand.bitmap = (struct bytes){bitmap, 1};
    } else {
        round_fixture_bitmap(round, withheld_owners, bitmap);
        operand.bitmap = (struct bytes){bitmap, ((size_t)round->joined + 7) / 8};
    }
    fixture_send(round->chain, server_account(server), NATIVE_BATCH_ACK, &operand,
                 (struct bytes){0});
}

/* ---- Shares and what comes of them */

static const struct public_key *key_of(const struct round_fixture *round, unsigned owner)
{
    int account = owner == ROUND_FIXTURE_PAD ? FIXTURE_PUBLISHER : FIXTURE_OWNER_1 + (int)owner;
    return &round->chain->keys[account].public_key;
}

/* The share of x (which 0) or of the auxiliary vector (1). */
static void open_vector(const struct round_fixture *round, const struct round_fixture_owner *self,
                        unsigned server, unsigned which, const struct hash *key, uint64_t *out)
{
    size_t count = round->terms.dimension;
    if (which == 1) {
        bool pad = self == &round->owners[ROUND_FIXTURE_PAD];
        count = pad ? PAD_AUX_COUNT : round->layout.aux_count;
    }
    struct share_label label = which == 0 ? share_label_x() : share_label_aux(self->proof.nonce2);
    struct share_reader reader;
    struct bytes ciphertext = {0};
    if (server > round->terms.threshold) {
        ciphertext = buffer_bytes(&self->blobs[which][server - round->terms.threshold - 1U]);
    }
    share_reader_init(&reader, &round->shares, key, &label, server, 0);
    bool canonical = share_reader_next(&reader, out, count, ciphertext);
    share_reader_close(&reader);
    ck_assert(canonical);
}

void round_fixture_share(const struct round_fixture *round, unsigned owner, unsigned server,
                         uint64_t *x, uint64_t *aux)
{
    struct secret_key secret;
    struct hash key;
    fixture_encryption_key(&secret, server);
    bool good = share_key_of_server(&key, &round->shares, key_of(round, owner),
                                    &round->owners[owner].commitment.ephemeral, server, &secret);
    ck_assert(good);
    open_vector(round, &round->owners[owner], server, 0, &key, x);
    if (aux != NULL) {
        open_vector(round, &round->owners[owner], server, 1, &key, aux);
    }
}

static void evaluate_pad(struct round_fixture *round)
{
    struct round_fixture_owner *self = &round->owners[ROUND_FIXTURE_PAD];
    struct round record = round_fixture_record(round);
    uint32_t dimension = round->terms.dimension;
    uint64_t *x = memory_new(dimension * sizeof(*x));
    uint64_t blind[PAD_AUX_COUNT];
    struct multilinear form;
    pad_form(&form, &record.decide_beacon, dimension);
    for (unsigned server = 1; server <= round->terms.server_count; server++) {
        round_fixture_share(round, ROUND_FIXTURE_PAD, server, x, blind);
        struct pad_value value;
        pad_value_init(&value, &form, dimension);
        pad_value_add(&value, x, dimension);
        pad_value_add(&value, blind, PAD_AUX_COUNT);
        self->e[server - 1] = pad_value_finish(&value);
    }
    multilinear_close(&form);
    free(x);
}

static void evaluate_owner(struct round_fixture *round, unsigned owner)
{
    struct round_fixture_owner *self = &round->owners[owner];
    struct round record = round_fixture_record(round);
    const struct norm_statement statement = {round->shares.context, *key_of(round, owner),
                                             self->commitment.root, record.prove_beacon};
    uint32_t dimension = round->terms.dimension;
    uint64_t *x = memory_new(dimension * sizeof(*x));
    uint64_t *aux = memory_new(round->layout.aux_count * sizeof(*aux));
    int64_t *reference = memory_new(dimension * sizeof(*reference));
    struct norm_replay replay;
    struct norm_round setting;
    struct norm_form form;
    round_fixture_reference(reference, dimension);
    norm_replay(&replay, &round->layout, &statement, &self->proof);
    norm_round_init(&setting, &round->layout, &record.prove_beacon, &record.decide_beacon,
                    round->terms.reference_test != NORM_REFERENCE_NONE ? reference : NULL, true);
    norm_form_init(&form, &setting, &replay);
    for (unsigned server = 1; server <= round->terms.server_count; server++) {
        round_fixture_share(round, owner, server, x, aux);
        self->e[server - 1] = norm_value_of(&form, x, aux);
    }
    norm_form_close(&form);
    norm_round_close(&setting);
    free(reference);
    free(aux);
    free(x);
}

struct field_ext round_fixture_value(struct round_fixture *round, unsigned owner, unsigned server)
{
    struct round_fixture_owner *self = &round->owners[owner];
    if (!self->evaluated) {
        if (owner == ROUND_FIXTURE_PAD) {
            evaluate_pad(round);
        } else {
            evaluate_owner(round, owner);
        }
        self->evaluated = true;
    }
    return self->e[server - 1];
}

/* As posted: a lie is one off. */
static struct field_ext told_value(struct round_fixture *round, unsigned owner, unsigned server)
{
    struct field_ext value = round_fixture_value(round, owner, server);
    bool lie = (round->lies[server - 1] >> owner & 1) != 0;
    return lie ? field_ext_add(value, field_ext_of(1)) : value;
}

/* I in the order of owner keys, as owner numbers. */
unsigned round_fixture_accepted(const struct round_fixture *round, unsigned *out)
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

/* ---- DECIDE and FALLBACK */

static void post_value(struct round_fixture *round, unsigned server, uint8_t native,
                       struct field_ext value, struct bytes pad)
{
    struct batch_value_operand operand = {
        .model = round->model, .round = round->number, .pad = pad};
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
    struct field_ext total = {0};
    uint8_t pad[FIELD_EXT_SIZE];
    bool padded = (round->terms.modes & MODE_PAD) != 0;
    unsigned count = round_fixture_accepted(round, owners);
    for (unsigned i = 0; i < count; i++) {
        aggregate_fold(&total, aggregate_gamma(&record.decide_beacon, key_of(round, owners[i])),
                       told_value(round, owners[i], server));
    }
    if (padded) {
        field_ext_write(pad, told_value(round, ROUND_FIXTURE_PAD, server));
    }
    post_value(round, server, NATIVE_BATCH_DECIDE, total,
               (struct bytes){pad, padded ? sizeof(pad) : 0});
}

void round_fixture_opened(struct round_fixture *round, unsigned server, struct buffer *out)
{
    unsigned owners[ROUND_FIXTURE_OWNERS];
    unsigned count = round_fixture_accepted(round, owners);
    for (unsigned i = 0; i < count; i++) {
        uint8_t encoded[FIELD_EXT_SIZE];
        field_ext_write(encoded, told_value(round, owners[i], server));
        buffer_append(out, BYTES_OF(encoded));
    }
}

void round_fixture_fallback(struct round_fixture *round, unsigned server)
{
    struct buffer values = {0};
    round_fixture_opened(round, server, &values);
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

/* ---- VALUES and CREDITS */

void round_fixture_element(struct buffer *out, uint64_t value)
{
    uint8_t encoded[FIELD_SIZE];
    field_write(encoded, value);
    buffer_append(out, BYTES_OF(encoded));
}

static void append_functionals(const struct round_fixture *round, unsigned server, uint32_t mode,
                               const uint64_t *direction, struct buffer *out)
{
    unsigned owners[ROUND_FIXTURE_OWNERS];
    unsigned count = round_fixture_accepted(round, owners);
    uint32_t dimension = round->terms.dimension;
    uint64_t *x = memory_new(dimension * sizeof(*x));
    uint64_t *aux = memory_new(round->layout.aux_count * sizeof(*aux));
    for (unsigned i = 0; i < count; i++) {
        round_fixture_share(round, owners[i], server, x, aux);
        round_fixture_element(out, mode == MODE_DISTANCE
                                       ? sketch_public_distance(&round->layout, x, aux, direction)
                                       : values_inner_product(direction, x, dimension));
    }
    free(aux);
    free(x);
}

static void append_public_values(const struct round_fixture *round, unsigned server,
                                 struct buffer *out)
{
    uint32_t dimension = round->terms.dimension;
    unsigned owners[ROUND_FIXTURE_OWNERS];
    int64_t *reference = memory_new(dimension * sizeof(*reference));
    uint64_t *direction = memory_new(dimension * sizeof(*direction));
    round_fixture_reference(reference, dimension);
    for (uint32_t k = 0; k < dimension; k++) {
        direction[k] = field_from_signed(reference[k]);
    }
    for (uint32_t mode = MODE_SCORE; mode <= MODE_DISTANCE; mode <<= 1) {
        if ((round->terms.modes & mode) != 0) {
            append_functionals(round, server, mode, direction, out);
        }
    }
    if ((round->terms.modes & MODE_PAIRS) != 0) {
        unsigned count = round_fixture_accepted(round, owners);
        round_fixture_pairs(round, server, owners, count, out);
    }
    free(direction);
    free(reference);
}

/* With the aggregate that is on the chain. */
static void append_credits(const struct round_fixture *round, unsigned server, struct buffer *out)
{
    struct round_work work;
    uint64_t *aggregate = memory_new(round->terms.dimension * sizeof(*aggregate));
    bool known = work_load(&work, round->chain->state, round->model, round->number);
    ck_assert(known);
    work.block = &round->chain->block;
    bool canonical = field_read_all(aggregate, work_aggregate(&work), NULL);
    work_close(&work);
    ck_assert(canonical);
    append_functionals(round, server, MODE_CREDIT, aggregate, out);
    free(aggregate);
}

void round_fixture_values(struct round_fixture *round, unsigned server)
{
    struct buffer values = {0};
    if (round_fixture_record(round).phase == PHASE_CREDITS) {
        append_credits(round, server, &values);
    } else {
        append_public_values(round, server, &values);
    }
    if (round->wrong[NATIVE_BATCH_VALUES]) {
        uint64_t first;
        bool canonical = field_read(&first, values.data);
        ck_assert(canonical);
        field_write(values.data, field_add(first, 1));
        round->wrong[NATIVE_BATCH_VALUES] = false;
    }
    const struct batch_values_operand operand = {round->model, round->number,
                                                 buffer_bytes(&values)};
    fixture_send(round->chain, server_account(server), NATIVE_BATCH_VALUES, &operand,
                 (struct bytes){0});
    buffer_close(&values);
}

/* ---- AGGREGATE and CHECK */

/* A_j: of I, and of the pad. */
static void sum_shares(const struct round_fixture *round, unsigned server, uint64_t *out)
{
    unsigned owners[ROUND_FIXTURE_OWNERS + 1];
    uint32_t dimension = round->terms.dimension;
    uint64_t *x = memory_new(dimension * sizeof(*x));
    unsigned count = round_fixture_accepted(round, owners);
    if ((round->terms.modes & MODE_PAD) != 0) {
        owners[count++] = ROUND_FIXTURE_PAD;
    }
    for (unsigned i = 0; i < count; i++) {
        round_fixture_share(round, owners[i], server, x, NULL);
        aggregate_add(out, x, dimension);
    }
    free(x);
}

/* The sum that the chain shows is that of the owners' vectors, and of the pad. */
static void check_sum(const struct round_fixture *round, const uint64_t *result)
{
    unsigned owners[ROUND_FIXTURE_OWNERS];
    unsigned count = round_fixture_accepted(round, owners);
    for (uint32_t k = 0; k < round->terms.dimension; k++) {
        uint64_t expected = 0;
        for (unsigned i = 0; i < count; i++) {
            expected = field_add(expected, field_from_signed(round->owners[owners[i]].values[k]));
        }
        if ((round->terms.modes & MODE_PAD) != 0) {
            expected = field_add(expected, (uint64_t)round->owners[ROUND_FIXTURE_PAD].values[k]);
        }
        ck_assert_uint_eq(result[k], expected);
    }
}

/* As the leader would get it from the sums of the servers of Q. */
bool round_fixture_sum(const struct round_fixture *round, struct hash *owners_hash,
                       struct buffer *out)
{
    unsigned owners[ROUND_FIXTURE_OWNERS];
    unsigned count = round_fixture_accepted(round, owners);
    uint32_t dimension = round->terms.dimension;
    uint64_t *sums[MARKET_SERVERS_MAX] = {NULL};
    uint64_t *result = memory_new(dimension * sizeof(*result));
    struct public_key keys[ROUND_FIXTURE_OWNERS];
    struct round record = round_fixture_record(round);
    struct aggregate_sums input = {.dimension = dimension, .servers = record.active};
    const struct hash seed = {{9}};
    for (unsigned i = 0; i < count; i++) {
        keys[i] = *key_of(round, owners[i]);
    }
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        if (shamir_set_has(record.active, server)) {
            sums[server - 1] = memory_new(dimension * sizeof(*result));
            sum_shares(round, server, sums[server - 1]);
            sums[server - 1][5] ^= round->wrong_sums >> (server - 1) & 1;
            input.sums[server - 1] = sums[server - 1];
        }
    }
    bool combined =
        aggregate_combine(result, &input, round->terms.threshold, record.liars, &seed, NULL);
    if (combined) {
        check_sum(round, result);
    }
    for (uint32_t k = 0; combined && k < dimension; k++) {
        round_fixture_element(out, result[k]);
    }
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        free(sums[server - 1]);
    }
    free(result);
    aggregate_set_hash(owners_hash, keys, count);
    return combined;
}

void round_fixture_aggregate(struct round_fixture *round, unsigned server)
{
    struct buffer sum = {0};
    struct batch_aggregate_operand operand = {.model = round->model, .round = round->number};
    bool combined = round_fixture_sum(round, &operand.owners, &sum);
    ck_assert(combined);
    if (round->wrong[NATIVE_BATCH_AGGREGATE]) {
        uint64_t element;
        bool canonical = field_read(&element, sum.data + 136);
        ck_assert(canonical);
        field_write(sum.data + 136, field_add(element, 1));
        round->wrong[NATIVE_BATCH_AGGREGATE] = false;
    }
    fixture_send(round->chain, server_account(server), NATIVE_BATCH_AGGREGATE, &operand,
                 buffer_bytes(&sum));
    buffer_close(&sum);
}

void round_fixture_check(struct round_fixture *round, unsigned server)
{
    struct round record = round_fixture_record(round);
    struct multilinear form;
    uint32_t dimension = round->terms.dimension;
    uint64_t *sum = memory_new(dimension * sizeof(*sum));
    sum_shares(round, server, sum);
    aggregate_check_form(&form, &record.check_beacon, dimension);
    struct field_ext value = aggregate_check_value(&form, sum, dimension);
    multilinear_close(&form);
    free(sum);
    post_value(round, server, NATIVE_BATCH_CHECK, value, (struct bytes){0});
}

/* ---- Whole phases */

static void post(struct round_fixture *round, unsigned server, uint8_t native)
{
    if (native == NATIVE_BATCH_DEAL) {
        round_fixture_deal(round, server);
    } else if (native == NATIVE_BATCH_ACK) {
        round_fixture_ack(round, server, 0);
    } else if (native == NATIVE_BATCH_DECIDE) {
        round_fixture_decide(round, server);
    } else if (native == NATIVE_BATCH_FALLBACK) {
        round_fixture_fallback(round, server);
    } else if (native == NATIVE_BATCH_VALUES) {
        round_fixture_values(round, server);
    } else {
        ck_assert_uint_eq(native, NATIVE_BATCH_CHECK);
        round_fixture_check(round, server);
    }
}

void round_fixture_all(struct round_fixture *round, uint32_t set, uint8_t native)
{
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        if (shamir_set_has(set, server)) {
            post(round, server, native);
        }
    }
    fixture_block(round->chain);
    for (uint32_t i = 0; i + 1 < round->chain->results.count; i++) {
        ck_assert_uint_eq(fixture_refusal(round->chain, i).code, 0);
    }
}
