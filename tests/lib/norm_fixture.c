#include "tests/lib/norm_fixture.h"

#include <stdlib.h>

#include "base/memory.h"
#include "tests/lib/check_run.h"

static void random_key(struct secret_key *out, uint64_t *state)
{
    uint8_t random[32];
    do {
        check_random_fill(state, random, sizeof(random));
    } while (!secret_key_init(out, random));
}

static uint64_t random_element(uint64_t *state)
{
    return check_random(state) % FIELD_MODULUS;
}

struct norm_params norm_params_small(unsigned server_count, unsigned degree, uint32_t dimension,
                                     uint32_t bound)
{
    return (struct norm_params){
        .dimension = dimension,
        .bound = bound,
        .server_count = (uint8_t)server_count,
        .degree = (uint8_t)degree,
        .rows = 20,
        .sketch_rows = 20,
        .owners_min = 3,
        .owners_max = 100,
    };
}

void norm_fixture_init(struct norm_fixture *fixture, const struct norm_params *params,
                       int64_t reference_size, uint64_t seed)
{
    *fixture = (struct norm_fixture){.state = seed};
    enum norm_status status = norm_layout_init(&fixture->layout, params);
    assert(status == NORM_OK);
    struct share_round *round = &fixture->round;
    check_random_fill(&fixture->state, round->context.bytes, 32);
    check_random_fill(&fixture->state, fixture->beacon_1.bytes, 32);
    check_random_fill(&fixture->state, fixture->beacon_2.bytes, 32);
    round->dimension = params->dimension;
    round->server_count = params->server_count;
    round->degree = params->degree;
    for (unsigned i = 0; i < round->server_count; i++) {
        random_key(&fixture->server_keys[i], &fixture->state);
        point_of(&round->servers[i], &fixture->server_keys[i]);
    }
    if (params->reference != NORM_REFERENCE_NONE) {
        fixture->reference = memory_new(sizeof(int64_t) * params->dimension);
        for (uint32_t k = 0; k < params->dimension; k++) {
            uint64_t range = 2 * (uint64_t)reference_size + 1;
            fixture->reference[k] =
                (int64_t)(check_random(&fixture->state) % range) - reference_size;
        }
        status = norm_reference_check(&fixture->layout, fixture->reference);
        assert(status == NORM_OK);
    }
}

void norm_fixture_close(struct norm_fixture *fixture)
{
    free(fixture->reference);
    *fixture = (struct norm_fixture){0};
}

void norm_owner_init(struct norm_owner *owner, struct norm_fixture *fixture)
{
    size_t dimension = fixture->layout.params.dimension;
    *owner = (struct norm_owner){0};
    check_random_fill(&fixture->state, owner->id.bytes, 32);
    check_random_fill(&fixture->state, owner->seed, 32);
    random_key(&owner->ephemeral, &fixture->state);
    share_keys_make(&owner->keys, &fixture->round, &owner->id, &owner->ephemeral);
    owner->vector = memory_new(sizeof(int64_t) * dimension);
    owner->x = memory_new(sizeof(uint64_t) * dimension);
    owner->aux = memory_new(sizeof(uint64_t) * fixture->layout.aux_count);
}

void norm_owner_close(struct norm_owner *owner)
{
    free(owner->vector);
    free(owner->x);
    free(owner->aux);
    for (unsigned i = 0; i < SHARE_BLOBS_MAX; i++) {
        buffer_close(&owner->blobs[i]);
        buffer_close(&owner->blobs2[i]);
    }
    for (unsigned i = 0; i < SHAMIR_SERVERS_MAX; i++) {
        free(owner->shares[i]);
    }
    *owner = (struct norm_owner){0};
}

static uint64_t square_root(field_wide value)
{
    uint64_t root = 0;
    for (unsigned bit = 40; bit-- > 0;) {
        uint64_t next = root | UINT64_C(1) << bit;
        root = (field_wide)next * next <= value ? next : root;
    }
    return root;
}

void norm_owner_draw(struct norm_owner *owner, struct norm_fixture *fixture, unsigned share)
{
    uint32_t dimension = fixture->layout.params.dimension;
    field_wide squares = 0;
    for (uint32_t k = 0; k < dimension; k++) {
        owner->vector[k] = (int64_t)(check_random(&fixture->state) >> 40) - (1 << 23);
        squares += (uint64_t)(owner->vector[k] * owner->vector[k]);
    }
    int64_t root = (int64_t)square_root(squares) + 1;
    int64_t target = (int64_t)((uint64_t)fixture->layout.params.bound * share / 256);
    for (uint32_t k = 0; k < dimension; k++) {
        owner->vector[k] = owner->vector[k] * target / root; /* towards 0 */
    }
    norm_owner_elements(owner, fixture);
}

void norm_owner_elements(struct norm_owner *owner, const struct norm_fixture *fixture)
{
    for (uint32_t k = 0; k < fixture->layout.params.dimension; k++) {
        owner->x[k] = field_from_signed(owner->vector[k]);
    }
}

static void write_shared(struct buffer *blobs, struct hash *roots, const struct norm_owner *owner,
                         const struct norm_fixture *fixture, const struct share_label *label,
                         const uint64_t *elements)
{
    struct share_writer *writer = memory_new(sizeof(*writer));
    const struct norm_layout *layout = &fixture->layout;
    size_t count = label->prefix_size == 0 ? layout->params.dimension : layout->aux_count;
    for (unsigned i = 0; i < SHARE_BLOBS_MAX; i++) {
        buffer_clear(&blobs[i]);
    }
    share_writer_init(writer, &fixture->round, &owner->keys, label);
    share_writer_add(writer, elements, count, blobs);
    share_writer_finish(writer, roots);
    free(writer);
}

void norm_owner_commit(struct norm_owner *owner, const struct norm_fixture *fixture)
{
    static const uint8_t zeros[32];
    struct share_label label = share_label_x();
    write_shared(owner->blobs, owner->roots, owner, fixture, &label, owner->x);
    share_commit(&owner->commitment, &fixture->round, &owner->id, &owner->ephemeral, owner->roots,
                 zeros);
}

struct norm_statement norm_owner_statement(const struct norm_owner *owner,
                                           const struct norm_fixture *fixture)
{
    return (struct norm_statement){
        .context = fixture->round.context,
        .owner = owner->id,
        .root = owner->commitment.root,
        .beacon = fixture->beacon_1,
    };
}

static void write_bits(uint64_t *out, uint64_t value, unsigned count)
{
    for (unsigned b = 0; b < count; b++) {
        out[b] = value >> b & 1;
    }
}

/* <P_w, x> for centred elements, by the bits of the masks; the sum modulo p. */
static void project_elements(uint64_t *y, const struct norm_owner *owner,
                             const struct norm_fixture *fixture)
{
    struct projection projection = {fixture->beacon_1, fixture->layout.params.dimension,
                                    fixture->layout.params.sketch_rows};
    uint8_t *masks = memory_new(projection_group_size(&projection));
    memset(y, 0, sizeof(*y) * projection.rows);
    for (uint32_t k = 0; k < projection.dimension; k++) {
        if (k % PROJECTION_GROUP_COLUMNS == 0) {
            projection_group(masks, &projection, k / PROJECTION_GROUP_COLUMNS);
        }
        uint32_t column = k % PROJECTION_GROUP_COLUMNS;
        for (uint32_t w = 0; w < projection.rows; w++) {
            const uint8_t *row = masks + 4 * ((size_t)(column / 16) * projection.rows + w);
            unsigned byte = column % 16 / 8;
            if ((row[byte] >> column % 8 & 1) != 0) {
                y[w] = field_add(y[w], owner->x[k]);
            }
            if ((row[2 + byte] >> column % 8 & 1) != 0) {
                y[w] = field_sub(y[w], owner->x[k]);
            }
        }
    }
    free(masks);
}

static uint64_t elements_squared(const struct norm_owner *owner, const struct norm_layout *layout)
{
    uint64_t sum = 0;
    for (uint32_t k = 0; k < layout->params.dimension; k++) {
        sum = field_add(sum, field_mul(owner->x[k], owner->x[k]));
    }
    return sum;
}

static void witness_reference(struct norm_owner *owner, const struct norm_fixture *fixture,
                              uint64_t norm)
{
    const struct norm_params *params = &fixture->layout.params;
    uint64_t *bits = owner->aux + fixture->layout.reference_start;
    uint64_t inner = field_negate(field_from_signed(params->threshold));
    for (uint32_t k = 0; k < params->dimension; k++) {
        uint64_t entry = field_from_signed(fixture->reference[k]);
        inner = field_add(inner, field_mul(entry, owner->x[k]));
    }
    write_bits(bits, inner, params->reference_bits);
    if (params->reference == NORM_REFERENCE_COSINE) {
        uint64_t high = inner >> params->reference_drop;
        uint64_t rest = high * high - params->kappa * norm;
        write_bits(bits + params->reference_bits, rest, params->reference_rest);
    }
}

void norm_owner_witness(struct norm_owner *owner, struct norm_fixture *fixture, uint64_t claim)
{
    const struct norm_layout *layout = &fixture->layout;
    uint64_t y[NORM_ROWS_MAX];
    uint64_t norm = claim == UINT64_MAX ? elements_squared(owner, layout) : claim;
    memset(owner->aux, 0, sizeof(uint64_t) * layout->aux_count);
    write_bits(owner->aux, norm, layout->norm_bits);
    write_bits(owner->aux + layout->rest_start, layout->bound_squared - norm, layout->norm_bits);
    project_elements(y, owner, fixture);
    for (uint32_t w = 0; w < layout->params.rows; w++) {
        uint64_t value = field_add(y[w], layout->window - 1);
        value = value >> layout->row_bits == 0 ? value : 0;
        write_bits(owner->aux + layout->rows_start + (size_t)w * layout->row_bits, value,
                   layout->row_bits);
    }
    for (uint32_t w = layout->params.rows; w < layout->params.sketch_rows; w++) {
        owner->aux[layout->sketch_start + w - layout->params.rows] = y[w];
    }
    if (layout->params.reference != NORM_REFERENCE_NONE) {
        witness_reference(owner, fixture, norm);
    }
    for (uint32_t k = layout->mask_start; k < layout->aux_count; k++) {
        owner->aux[k] = random_element(&fixture->state);
    }
}

/* What each server gets, by its own keys. */
static void read_shares(struct norm_owner *owner, const struct norm_fixture *fixture)
{
    const struct share_round *round = &fixture->round;
    size_t dimension = fixture->layout.params.dimension;
    size_t aux_count = fixture->layout.aux_count;
    struct share_label labels[2] = {share_label_x(), share_label_aux(owner->proof.nonce2)};
    size_t counts[2] = {dimension, aux_count};
    for (unsigned server = 1; server <= round->server_count; server++) {
        struct hash key;
        bool good = share_key_of_server(&key, round, &owner->id, &owner->commitment.ephemeral,
                                        server, &fixture->server_keys[server - 1]);
        assert(good && hash_equal(&key, &owner->keys.keys[server - 1]));
        free(owner->shares[server - 1]);
        uint64_t *share = memory_new(sizeof(*share) * (dimension + aux_count));
        owner->shares[server - 1] = share;
        for (unsigned part = 0; part < 2; part++) {
            struct bytes blob = {0};
            struct share_reader reader;
            if (server > round->degree) {
                unsigned i = server - round->degree - 1;
                blob = buffer_bytes(part == 0 ? &owner->blobs[i] : &owner->blobs2[i]);
            }
            share_reader_init(&reader, round, &key, &labels[part], server, 0);
            good = share_reader_next(&reader, share, counts[part], blob);
            assert(good);
            share_reader_close(&reader);
            share += counts[part];
        }
    }
}

void norm_owner_share_aux(struct norm_owner *owner, const struct norm_fixture *fixture)
{
    struct share_auxiliary auxiliary = {.root = owner->commitment.root,
                                        .beacon = fixture->beacon_1};
    memcpy(owner->proof.nonce2, owner->seed, sizeof(owner->proof.nonce2));
    memcpy(auxiliary.nonce2, owner->seed, sizeof(auxiliary.nonce2));
    struct share_label label = share_label_aux(owner->proof.nonce2);
    write_shared(owner->blobs2, owner->roots2, owner, fixture, &label, owner->aux);
    share_root2(&owner->proof.root2, &fixture->round.context, &owner->id, &auxiliary, owner->roots2,
                share_blob_count(&fixture->round));
    read_shares(owner, fixture);
}

void norm_owner_prove(struct norm_owner *owner, const struct norm_fixture *fixture,
                      enum norm_ablation ablation)
{
    struct norm_statement statement = norm_owner_statement(owner, fixture);
    norm_prove_slowly(&owner->proof, &fixture->layout, &statement, owner->x, owner->aux, ablation);
}

void norm_owner_honest(struct norm_owner *owner, struct norm_fixture *fixture, unsigned share)
{
    norm_owner_draw(owner, fixture, share);
    norm_owner_commit(owner, fixture);
    struct norm_witness witness = {
        .layout = &fixture->layout,
        .statement = norm_owner_statement(owner, fixture),
        .vector = owner->vector,
        .reference = fixture->reference,
    };
    memcpy(witness.seed, owner->seed, sizeof(witness.seed));
    enum norm_prove_status status = norm_contribute(&owner->proof, owner->blobs2, owner->roots2,
                                                    &witness, &fixture->round, &owner->keys);
    assert(status == NORM_PROVE_OK);
    status = norm_witness_make(owner->aux, &witness);
    assert(status == NORM_PROVE_OK);
    read_shares(owner, fixture);
}

void norm_owner_cheat(struct norm_owner *owner, struct norm_fixture *fixture, uint64_t claim)
{
    norm_owner_commit(owner, fixture);
    norm_owner_witness(owner, fixture, claim);
    norm_owner_share_aux(owner, fixture);
    norm_owner_prove(owner, fixture, NORM_ABLATION_NONE);
}

struct norm_evaluation norm_owner_evaluate(const struct norm_owner *owner,
                                           const struct norm_fixture *fixture,
                                           enum norm_ablation ablation)
{
    const struct norm_layout *layout = &fixture->layout;
    struct norm_evaluation result = {0};
    struct norm_statement statement = norm_owner_statement(owner, fixture);
    struct norm_theta theta;
    struct norm_replay replay;
    struct norm_round round;
    struct norm_form form;
    norm_theta_draw(&theta, layout, &fixture->beacon_2);
    norm_ablate_theta(&theta, layout, ablation);
    norm_replay(&replay, layout, &statement, &owner->proof);
    norm_ablate_chi(replay.chi, ablation);
    struct norm_outcome outcome = norm_outcome_of(&replay, &owner->proof);
    result.constant = norm_constant(layout, &theta, &outcome);
    norm_round_init_theta(&round, layout, &fixture->beacon_1, &theta, fixture->reference, true);
    norm_form_init(&form, &round, &replay);
    for (unsigned server = 1; server <= layout->params.server_count; server++) {
        const uint64_t *share = owner->shares[server - 1];
        struct field_ext value = norm_value_of(&form, share, share + layout->params.dimension);
        shamir_values_set(&result.values, server, value);
    }
    norm_form_close(&form);
    norm_round_close(&round);
    return result;
}

enum norm_verdict norm_owner_verdict(const struct norm_owner *owner,
                                     const struct norm_fixture *fixture,
                                     enum norm_ablation ablation)
{
    struct norm_evaluation result = norm_owner_evaluate(owner, fixture, ablation);
    return norm_decide(&result.values, fixture->layout.params.degree, 0, result.constant);
}
