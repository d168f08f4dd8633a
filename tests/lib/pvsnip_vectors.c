#include "tests/lib/pvsnip_vectors.h"

#include <stdlib.h>

#include "base/memory.h"
#include "crypto/aggregate.h"
#include "crypto/justify.h"
#include "crypto/sketch.h"
#include "crypto/zero_sharing.h"
#include "tests/lib/check_run.h"
#include "tests/lib/norm_fixture.h"

#define OWNERS 3

static const uint8_t zeros[32];

/* Name with up to two indices; 0 is none. */
static void put_name(struct buffer *out, const char *name, unsigned first, unsigned second)
{
    buffer_append_text(out, name);
    if (first != 0) {
        buffer_format(out, "_%u", first);
    }
    if (second != 0) {
        buffer_format(out, "_%u", second);
    }
    buffer_append_text(out, " = ");
}

void pvsnip_put(struct buffer *out, const char *name, unsigned first, unsigned second,
                struct bytes value)
{
    put_name(out, name, first, second);
    buffer_reserve(out, 2 * value.size + 1);
    hex_encode((char *)out->data + out->size, value);
    out->size += 2 * value.size;
    buffer_append_text(out, "\n");
}

void pvsnip_put_number(struct buffer *out, const char *name, unsigned first, uint64_t value)
{
    put_name(out, name, first, 0);
    buffer_format(out, "%llu\n", (unsigned long long)value);
}

void pvsnip_put_elements(struct buffer *out, const char *name, unsigned first, unsigned second,
                         const uint64_t *elements, size_t count)
{
    uint8_t *bytes = memory_new(FIELD_SIZE * count);
    field_write_all(bytes, elements, count);
    pvsnip_put(out, name, first, second, (struct bytes){bytes, FIELD_SIZE * count});
    free(bytes);
}

void pvsnip_put_exts(struct buffer *out, const char *name, unsigned first, unsigned second,
                     const struct field_ext *values, size_t count)
{
    uint8_t *bytes = memory_new(FIELD_EXT_SIZE * count);
    for (size_t i = 0; i < count; i++) {
        field_ext_write(bytes + FIELD_EXT_SIZE * i, values[i]);
    }
    pvsnip_put(out, name, first, second, (struct bytes){bytes, FIELD_EXT_SIZE * count});
    free(bytes);
}

/* ---- P */

static void write_projection(struct buffer *out)
{
    static const uint32_t dimensions[2] = {17, 4097};
    for (unsigned i = 0; i < 2; i++) {
        struct projection projection = {.dimension = dimensions[i], .rows = 5};
        uint64_t state = i;
        struct field_ext weights[5];
        int64_t y[5];
        uint64_t encoded[5];
        int64_t *x = memory_new(sizeof(*x) * dimensions[i]);
        uint64_t *q = memory_new(sizeof(*q) * 2 * (dimensions[i] + PROJECTION_GROUP_COLUMNS));
        uint64_t *q_b = q + dimensions[i] + PROJECTION_GROUP_COLUMNS;
        struct projection_sum sum;
        check_random_fill(&state, projection.beacon.bytes, 32);
        for (unsigned w = 0; w < 5; w++) {
            weights[w] = (struct field_ext){check_random(&state) % FIELD_MODULUS,
                                            check_random(&state) % FIELD_MODULUS};
        }
        for (uint32_t k = 0; k < dimensions[i]; k++) {
            x[k] = (int64_t)(k * k % 1001) - 500;
        }
        projection_apply(y, &projection, x);
        for (unsigned w = 0; w < 5; w++) {
            encoded[w] = field_from_signed(y[w]);
        }
        projection_sum_init(&sum, &projection, weights);
        for (uint32_t group = 0; group < projection_group_count(&projection); group++) {
            size_t first = (size_t)group * PROJECTION_GROUP_COLUMNS;
            projection_sum_group(&sum, q + first, q_b + first, group);
        }
        projection_sum_close(&sum);
        pvsnip_put_number(out, "dimension", i + 1, dimensions[i]);
        pvsnip_put(out, "beacon", i + 1, 0, BYTES_OF(projection.beacon));
        pvsnip_put_exts(out, "weights", i + 1, 0, weights, 5);
        pvsnip_put_elements(out, "y", i + 1, 0, encoded, 5);
        pvsnip_put_elements(out, "q_a", i + 1, 0, q, dimensions[i]);
        pvsnip_put_elements(out, "q_b", i + 1, 0, q_b, dimensions[i]);
        free(x);
        free(q);
    }
}

void pvsnip_put_params(struct buffer *out, const struct norm_fixture *fixture)
{
    const struct norm_params *params = &fixture->layout.params;
    pvsnip_put_number(out, "dimension", 0, params->dimension);
    pvsnip_put_number(out, "bound", 0, params->bound);
    pvsnip_put_number(out, "servers", 0, params->server_count);
    pvsnip_put_number(out, "degree", 0, params->degree);
    pvsnip_put_number(out, "rows", 0, params->rows);
    pvsnip_put_number(out, "sketch_rows", 0, params->sketch_rows);
    pvsnip_put_number(out, "reference_test", 0, params->reference);
    pvsnip_put_number(out, "kc", 0, params->reference_bits);
    pvsnip_put_number(out, "s", 0, params->reference_drop);
    pvsnip_put_number(out, "kw", 0, params->reference_rest);
    pvsnip_put_number(out, "kappa", 0, params->kappa);
    pvsnip_put_number(out, "T0", 0, field_from_signed(params->threshold));
    pvsnip_put(out, "ctx", 0, 0, BYTES_OF(fixture->round.context));
    pvsnip_put(out, "beacon_1", 0, 0, BYTES_OF(fixture->beacon_1));
    pvsnip_put(out, "beacon_2", 0, 0, BYTES_OF(fixture->beacon_2));
}

/* ---- Rounds */

struct round_writer {
    struct buffer *out;
    struct norm_fixture fixture;
    struct norm_owner owners[OWNERS];
    struct norm_round round;
    struct norm_evaluation evaluations[OWNERS];
    struct field_ext gammas[OWNERS];
};

static void put_fixture(struct buffer *out, const struct norm_fixture *fixture)
{
    const struct norm_params *params = &fixture->layout.params;
    pvsnip_put_params(out, fixture);
    for (unsigned j = 1; j <= params->server_count; j++) {
        pvsnip_put(out, "sk", j, 0, BYTES_OF(fixture->server_keys[j - 1]));
        pvsnip_put(out, "PK", j, 0, BYTES_OF(fixture->round.servers[j - 1]));
    }
    uint64_t *reference = memory_new(sizeof(*reference) * params->dimension);
    for (uint32_t k = 0; k < params->dimension && fixture->reference != NULL; k++) {
        reference[k] = field_from_signed(fixture->reference[k]);
    }
    pvsnip_put_elements(out, "g0", 0, 0, reference, params->dimension);
    free(reference);
}

static void put_owner(struct round_writer *writer, unsigned i)
{
    struct buffer *out = writer->out;
    const struct norm_fixture *fixture = &writer->fixture;
    const struct norm_layout *layout = &fixture->layout;
    const struct norm_owner *owner = &writer->owners[i - 1];
    uint8_t proof[NORM_PROOF_SIZE_MAX];
    pvsnip_put(out, "owner", i, 0, BYTES_OF(owner->id));
    pvsnip_put(out, "ek", i, 0, BYTES_OF(owner->ephemeral));
    pvsnip_put(out, "EK", i, 0, BYTES_OF(owner->commitment.ephemeral));
    pvsnip_put_elements(out, "x", i, 0, owner->x, layout->params.dimension);
    pvsnip_put_elements(out, "aux", i, 0, owner->aux, layout->aux_count);
    for (unsigned j = 1; j <= layout->params.server_count; j++) {
        pvsnip_put(out, "K", i, j, BYTES_OF(owner->keys.keys[j - 1]));
        if (j > layout->params.degree) {
            unsigned blob = j - layout->params.degree - 1;
            pvsnip_put(out, "C", i, j, buffer_bytes(&owner->blobs[blob]));
            pvsnip_put(out, "h", i, j, BYTES_OF(owner->roots[blob]));
            pvsnip_put(out, "C2", i, j, buffer_bytes(&owner->blobs2[blob]));
            pvsnip_put(out, "h2", i, j, BYTES_OF(owner->roots2[blob]));
        }
    }
    pvsnip_put(out, "root", i, 0, BYTES_OF(owner->commitment.root));
    pvsnip_put(out, "pok", i, 0, BYTES_OF(owner->commitment.proof));
    norm_proof_write(proof, &owner->proof, layout);
    pvsnip_put(out, "proof", i, 0, (struct bytes){proof, norm_proof_size(layout)});
}

static void put_values(struct round_writer *writer, unsigned i)
{
    struct buffer *out = writer->out;
    const struct norm_fixture *fixture = &writer->fixture;
    const struct norm_owner *owner = &writer->owners[i - 1];
    const struct norm_evaluation *evaluation = &writer->evaluations[i - 1];
    struct norm_statement statement = norm_owner_statement(owner, fixture);
    struct norm_replay replay;
    norm_replay(&replay, &fixture->layout, &statement, &owner->proof);
    writer->gammas[i - 1] = aggregate_gamma(&fixture->beacon_2, &owner->id);
    pvsnip_put_exts(out, "chi", i, 0, replay.chi, fixture->layout.chi_count);
    pvsnip_put_exts(out, "rho", i, 0, replay.rho, fixture->layout.variables);
    pvsnip_put_exts(out, "claim", i, 0, &replay.claim, 1);
    pvsnip_put_exts(out, "c0", i, 0, &evaluation->constant, 1);
    pvsnip_put_exts(out, "gamma", i, 0, &writer->gammas[i - 1], 1);
    for (unsigned j = 1; j <= fixture->layout.params.server_count; j++) {
        pvsnip_put_exts(out, "e", i, j, &evaluation->values.values[j - 1], 1);
    }
    pvsnip_put_number(
        out, "verdict", i,
        norm_decide(&evaluation->values, fixture->layout.params.degree, 0, evaluation->constant));
}

/* The batch over the first `count` owners. */
static void put_batch(struct round_writer *writer, unsigned count)
{
    const struct norm_params *params = &writer->fixture.layout.params;
    struct shamir_values values = {0};
    struct field_ext constant = {0};
    for (unsigned i = 0; i < count; i++) {
        const struct norm_evaluation *one = &writer->evaluations[i];
        aggregate_fold(&constant, writer->gammas[i], one->constant);
        for (unsigned j = 1; j <= params->server_count; j++) {
            struct field_ext total = values.values[j - 1];
            aggregate_fold(&total, writer->gammas[i], one->values.values[j - 1]);
            shamir_values_set(&values, j, total);
        }
    }
    for (unsigned j = 1; j <= params->server_count; j++) {
        pvsnip_put_exts(writer->out, "E", count, j, &values.values[j - 1], 1);
    }
    pvsnip_put_number(writer->out, "batch_verdict", count,
                      norm_decide(&values, params->degree, 0, constant));
}

/* A + W of the first two owners, who are honest. */
static void put_aggregate(struct round_writer *writer)
{
    const struct norm_params *params = &writer->fixture.layout.params;
    uint64_t *sum = memory_new(sizeof(*sum) * params->dimension);
    struct hash beacon;
    struct multilinear form;
    aggregate_beacon(&beacon, 3, &writer->fixture.round.context, &writer->fixture.beacon_1);
    pvsnip_put(writer->out, "beacon_3", 0, 0,
               BYTES_OF(beacon)); /* the block's hash: that of beacon_1 */
    aggregate_check_form(&form, &beacon, params->dimension);
    aggregate_add(sum, writer->owners[0].x, params->dimension);
    aggregate_add(sum, writer->owners[1].x, params->dimension);
    pvsnip_put_elements(writer->out, "A", 0, 0, sum, params->dimension);
    for (unsigned j = 1; j <= params->server_count; j++) {
        memset(sum, 0, sizeof(*sum) * params->dimension);
        aggregate_add(sum, writer->owners[0].shares[j - 1], params->dimension);
        aggregate_add(sum, writer->owners[1].shares[j - 1], params->dimension);
        struct field_ext value = aggregate_check_value(&form, sum, params->dimension);
        pvsnip_put_exts(writer->out, "W", j, 0, &value, 1);
    }
    multilinear_close(&form);
    free(sum);
}

static void put_justify(struct round_writer *writer, unsigned i, unsigned j, bool by_owner)
{
    const struct norm_fixture *fixture = &writer->fixture;
    const struct norm_owner *owner = &writer->owners[i - 1];
    struct justify_case about = {
        .round = &fixture->round,
        .owner = owner->id,
        .commitment = owner->commitment,
        .auxiliary = {.root = owner->commitment.root, .beacon = fixture->beacon_1},
        .server = j,
    };
    struct justify_opening opening;
    if (by_owner) {
        justify_open_owner(&opening, &about, &owner->ephemeral, zeros);
    } else {
        bool good = justify_open_server(&opening, &about, &fixture->server_keys[j - 1], zeros);
        assert(good);
    }
    pvsnip_put(writer->out, by_owner ? "D_owner" : "D_server", i, j, BYTES_OF(opening.shared));
    pvsnip_put(writer->out, by_owner ? "dleq_owner" : "dleq_server", i, j, BYTES_OF(opening.proof));
}

/* The masked distance of the sketches of owners 1 and 2 (positions 0 and 1), from every server. */
static void put_distance(struct round_writer *writer)
{
    const struct norm_layout *layout = &writer->fixture.layout;
    uint32_t dimension = layout->params.dimension;
    struct zero_sharing sharing;
    struct zero_sharing_pair pair = {.context = writer->fixture.round.context, .second = 1};
    struct public_key ids[2] = {writer->owners[0].id, writer->owners[1].id};
    bool ordered = memcmp(ids[0].bytes, ids[1].bytes, 32) < 0;
    struct public_key sorted[2] = {ids[ordered ? 0 : 1], ids[ordered ? 1 : 0]};
    aggregate_set_hash(&pair.owners, sorted, 2);
    zero_sharing_init(&sharing, layout->params.server_count, layout->params.degree);
    for (unsigned set = 0; set < sharing.count; set++) {
        memset(sharing.keys[set], (int)sharing.sets[set], XOF_SEED_SIZE); /* set, 32 times */
    }
    for (unsigned j = 1; j <= layout->params.server_count; j++) {
        uint64_t sketches[2][NORM_ROWS_MAX];
        for (unsigned i = 0; i < 2; i++) {
            sketch_of_aux(sketches[i], layout, writer->owners[i].shares[j - 1] + dimension);
        }
        uint64_t value = sketch_distance(sketches[0], sketches[1], layout->params.sketch_rows);
        value = field_add(value, zero_sharing_value(&sharing, j, &pair));
        pvsnip_put_elements(writer->out, "distance", j, 0, &value, 1);
    }
}

/* Owners 1 and 2 are honest, owner 3 has a norm above the bound. */
static void write_round(struct buffer *out, const struct norm_params *params,
                        int64_t reference_size, uint64_t seed)
{
    struct round_writer *writer = memory_new(sizeof(*writer));
    writer->out = out;
    norm_fixture_init(&writer->fixture, params, reference_size, seed);
    put_fixture(out, &writer->fixture);
    for (unsigned i = 1; i <= OWNERS; i++) {
        struct norm_owner *owner = &writer->owners[i - 1];
        norm_owner_init(owner, &writer->fixture);
        for (uint32_t k = 0; k < params->dimension && reference_size > 0; k++) {
            owner->vector[k] = writer->fixture.reference[k] / (int64_t)(2 + i);
        }
        norm_owner_elements(owner, &writer->fixture);
        if (reference_size == 0) {
            norm_owner_draw(owner, &writer->fixture, i == 3 ? 260 : 150);
        }
        uint64_t limit = writer->fixture.layout.bound_squared;
        norm_owner_cheat(owner, &writer->fixture, i == 3 ? limit : UINT64_MAX);
        writer->evaluations[i - 1] =
            norm_owner_evaluate(owner, &writer->fixture, NORM_ABLATION_NONE);
        put_owner(writer, i);
        put_values(writer, i);
    }
    put_batch(writer, 2);
    put_batch(writer, 3);
    put_aggregate(writer);
    put_justify(writer, 1, 2, false);
    put_justify(writer, 2, params->server_count, true);
    put_distance(writer);
    for (unsigned i = 0; i < OWNERS; i++) {
        norm_owner_close(&writer->owners[i]);
    }
    norm_fixture_close(&writer->fixture);
    free(writer);
}

static struct norm_params params_of(unsigned server_count, unsigned degree, uint32_t dimension)
{
    struct norm_params params = norm_params_small(server_count, degree, dimension, 100);
    params.rows = 4;
    params.sketch_rows = 6;
    return params;
}

static void write_plain(struct buffer *out)
{
    struct norm_params params = params_of(4, 1, 64);
    write_round(out, &params, 0, 1);
}

static void write_inner(struct buffer *out)
{
    struct norm_params params = params_of(3, 1, 70);
    params.reference = NORM_REFERENCE_INNER;
    params.reference_bits = 20;
    params.threshold = 5;
    write_round(out, &params, 10, 2);
}

static void write_cosine(struct buffer *out)
{
    struct norm_params params = params_of(7, 2, 100);
    params.reference = NORM_REFERENCE_COSINE;
    params.reference_bits = 20;
    params.reference_drop = 2;
    params.reference_rest = 40;
    params.kappa = 50;
    write_round(out, &params, 10, 3);
}

const struct pvsnip_vectors pvsnip_vectors[PVSNIP_VECTORS_COUNT] = {
    {"tests/vectors/pvsnip_projection.txt", write_projection},
    {"tests/vectors/pvsnip_round_4_1.txt", write_plain},
    {"tests/vectors/pvsnip_round_inner_3_1.txt", write_inner},
    {"tests/vectors/pvsnip_round_cosine_7_2.txt", write_cosine},
    {"tests/vectors/pvsnip_deal_4_1.txt", deal_vectors_4_1},
    {"tests/vectors/pvsnip_deal_7_2.txt", deal_vectors_7_2},
};
