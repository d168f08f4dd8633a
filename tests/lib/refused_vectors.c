/* Vectors of what must be refused: tests/vectors/README.md says what each is. The product's own functions refuse
 * them here; tests/reference/pvsnip.py decides from the file. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/aggregate.h"
#include "crypto/justify.h"
#include "crypto/norm_verify.h"
#include "crypto/pad.h"
#include "crypto/values.h"
#include "market/servers.h"
#include "tests/lib/check_run.h"
#include "tests/lib/norm_forge.h"
#include "tests/lib/pvsnip_vectors.h"

#define BOUND 100

/* An owner of a small round, and what is done to it. */
struct attack {
    struct norm_fixture fixture;
    struct norm_owner owner;
    struct shamir_values values; /* as posted */
};

static const uint8_t zeros[32];

static struct norm_params params_of(uint32_t bound)
{
    struct norm_params params = norm_params_small(4, 1, 64, bound);
    params.rows = 24; /* a false vector passes all with probability 2^-24: these do not */
    params.sketch_rows = 26;
    return params;
}

static void begin_with(struct attack *attack, const struct norm_params *params, int64_t reference)
{
    norm_fixture_init(&attack->fixture, params, reference, 31);
    norm_owner_init(&attack->owner, &attack->fixture);
}

static void begin(struct attack *attack)
{
    struct norm_params params = params_of(BOUND);
    begin_with(attack, &params, 0);
}

/* What validators see, what the owner shared, and their verdict, which is no acceptance. */
static void finish(struct buffer *out, struct attack *attack, enum norm_verdict expected)
{
    const struct norm_layout *layout = &attack->fixture.layout;
    const struct norm_owner *owner = &attack->owner;
    uint8_t proof[NORM_PROOF_SIZE_MAX];
    struct norm_evaluation evaluation =
        norm_owner_evaluate(owner, &attack->fixture, NORM_ABLATION_NONE);
    struct shamir_values *values = &attack->values;
    for (unsigned j = 1; j <= layout->params.server_count; j++) {
        values->values[j - 1] =
            field_ext_add(values->values[j - 1], evaluation.values.values[j - 1]);
    }
    values->servers = values->servers == 0 ? evaluation.values.servers : values->servers;
    ck_assert_int_eq(norm_decide(values, layout->params.degree, 0, evaluation.constant), expected);
    pvsnip_put_params(out, &attack->fixture);
    pvsnip_put(out, "owner", 0, 0, BYTES_OF(owner->id));
    pvsnip_put(out, "root", 0, 0, BYTES_OF(owner->commitment.root));
    norm_proof_write(proof, &owner->proof, layout);
    pvsnip_put(out, "proof", 0, 0, (struct bytes){proof, norm_proof_size(layout)});
    pvsnip_put_elements(out, "x", 0, 0, owner->x, layout->params.dimension);
    pvsnip_put_elements(out, "aux", 0, 0, owner->aux, layout->aux_count);
    pvsnip_put_number(out, "posted", 0, shamir_set_count(values->servers));
    for (unsigned j = 1; j <= shamir_set_count(values->servers); j++) {
        pvsnip_put_exts(out, "e", j, 0, &values->values[j - 1], 1);
    }
    pvsnip_put_number(out, "verdict", 0, expected);
    norm_owner_close(&attack->owner);
    norm_fixture_close(&attack->fixture);
}

static void refuse_01(struct buffer *out)
{
    struct attack attack = {0};
    begin(&attack);
    attack.owner.vector[7] = BOUND;
    attack.owner.vector[8] = 1;
    norm_owner_elements(&attack.owner, &attack.fixture);
    norm_owner_cheat(&attack.owner, &attack.fixture, (uint64_t)BOUND * BOUND);
    finish(out, &attack, NORM_FALSE);
}

static void refuse_02(struct buffer *out)
{
    struct attack attack = {0};
    begin(&attack);
    attack.owner.x[0] = field_mul(field_pow(7, (FIELD_MODULUS - 1) / 4), 3);
    attack.owner.x[1] = 3;
    norm_owner_cheat(&attack.owner, &attack.fixture, UINT64_MAX);
    finish(out, &attack, NORM_FALSE);
}

/* A true witness, one element of which is changed before it is shared and proven. */
static void spoil(struct buffer *out,
                  void (*change)(uint64_t *aux, const struct norm_layout *layout))
{
    struct attack attack = {0};
    begin(&attack);
    norm_owner_draw(&attack.owner, &attack.fixture, 200);
    norm_owner_commit(&attack.owner, &attack.fixture);
    norm_owner_witness(&attack.owner, &attack.fixture, UINT64_MAX);
    change(attack.owner.aux, &attack.fixture.layout);
    norm_owner_share_aux(&attack.owner, &attack.fixture);
    norm_owner_prove(&attack.owner, &attack.fixture, NORM_ABLATION_NONE);
    finish(out, &attack, NORM_FALSE);
}

/* Bits (0, 1) become (2, 0). */
static void move_bit(uint64_t *bits)
{
    size_t k = 0;
    while (bits[k + 1] != 1) {
        k++;
    }
    bits[k] = field_add(bits[k], 2);
    bits[k + 1] = 0;
}

static void non_bit_of_norm(uint64_t *aux, const struct norm_layout *layout)
{
    (void)layout;
    move_bit(aux);
}

static void non_bit_of_row(uint64_t *aux, const struct norm_layout *layout)
{
    move_bit(aux + layout->rows_start);
}

static void flipped_bit(uint64_t *aux, const struct norm_layout *layout)
{
    aux[layout->rows_start + 5] ^= 1;
}

static void false_sketch(uint64_t *aux, const struct norm_layout *layout)
{
    aux[layout->sketch_start] = field_add(aux[layout->sketch_start], 1);
}

static void refuse_03_norm(struct buffer *out)
{
    spoil(out, non_bit_of_norm);
}

static void refuse_03_row(struct buffer *out)
{
    spoil(out, non_bit_of_row);
}

static void refuse_04(struct buffer *out)
{
    spoil(out, flipped_bit);
}

static void refuse_33(struct buffer *out)
{
    spoil(out, false_sketch);
}

/* The first bit of N is none, and chosen so that its own constraint cancels the norm where c_0 is 1. */
static void refuse_05(struct buffer *out)
{
    struct attack attack = {0};
    struct norm_params params = params_of(1 << 24); /* a large bound makes the search short */
    begin_with(&attack, &params, 0);
    struct norm_owner *owner = &attack.owner;
    owner->vector[0] = 20000000;
    owner->vector[1] = 19000000;
    norm_owner_elements(owner, &attack.fixture);
    norm_owner_commit(owner, &attack.fixture);
    norm_owner_witness(owner, &attack.fixture, 0);
    bool forged = norm_forge_first_bit(owner, &attack.fixture.layout,
                                       norm_squared(owner->vector, params.dimension));
    ck_assert(forged);
    norm_owner_share_aux(owner, &attack.fixture);
    norm_owner_prove(owner, &attack.fixture, NORM_ABLATION_CHI_0);
    ck_assert_int_eq(norm_owner_verdict(owner, &attack.fixture, NORM_ABLATION_CHI_0),
                     NORM_ACCEPTED);
    norm_owner_prove(owner, &attack.fixture, NORM_ABLATION_NONE);
    finish(out, &attack, NORM_FALSE);
}

/* v solves the equations of a beacon that was foreseen; another one came. */
static void refuse_06(struct buffer *out)
{
    struct attack attack = {0};
    begin(&attack);
    struct hash *beacon = &attack.fixture.beacon_2;
    attack.owner.vector[7] = BOUND;
    attack.owner.vector[8] = BOUND;
    norm_owner_elements(&attack.owner, &attack.fixture);
    norm_owner_cheat(&attack.owner, &attack.fixture, (uint64_t)BOUND * BOUND);
    while (!norm_forge_value(&attack.owner, &attack.fixture)) {
        beacon->bytes[0]++;
    }
    ck_assert_int_eq(norm_owner_verdict(&attack.owner, &attack.fixture, NORM_ABLATION_NONE),
                     NORM_ACCEPTED);
    pvsnip_put(out, "foreseen", 0, 0, BYTES_OF(*beacon));
    beacon->bytes[1]++;
    finish(out, &attack, NORM_FALSE);
}

/* x = c g0 + s h with h at right angles to g0 and as long: a cosine of c in 10000, where half is asked for.
 * Bits of C and W are those of what does not fit them. */
static void put_cosine(struct buffer *out, int64_t cosine, int64_t sine)
{
    struct attack attack = {0};
    struct norm_params params = params_of(1 << 20);
    params.reference = NORM_REFERENCE_COSINE;
    params.reference_bits = 40;
    params.reference_drop = 9;
    params.reference_rest = 62;
    params.kappa = 1;
    begin_with(&attack, &params, 10000);
    struct norm_fixture *fixture = &attack.fixture;
    struct norm_owner *owner = &attack.owner;
    uint64_t squared = norm_squared(fixture->reference, params.dimension);
    fixture->layout.params.kappa = (squared / 4 + (1 << 18) - 1) >> 18; /* tau0^2 |g0|^2 / 4^s */
    for (uint32_t k = 0; k < params.dimension; k += 2) {
        int64_t a = fixture->reference[k];
        int64_t b = fixture->reference[k + 1];
        owner->vector[k] = (cosine * a - sine * b) / 1000;
        owner->vector[k + 1] = (cosine * b + sine * a) / 1000;
    }
    norm_owner_elements(owner, fixture);
    norm_owner_cheat(owner, fixture, UINT64_MAX);
    uint64_t *g0 = memory_new(sizeof(*g0) * params.dimension);
    for (uint32_t k = 0; k < params.dimension; k++) {
        g0[k] = field_from_signed(fixture->reference[k]);
    }
    pvsnip_put_elements(out, "g0", 0, 0, g0, params.dimension);
    free(g0);
    finish(out, &attack, NORM_FALSE);
}

static void refuse_34_below(struct buffer *out)
{
    put_cosine(out, 4995, 8663);
}

static void refuse_34_negative(struct buffer *out)
{
    put_cosine(out, -9000, 4358);
}

/* ---- The pad */

/* A polynomial of degree 1 through `secret`, at servers 1 .. 4. */
static void line_of(struct shamir_values *out, struct field_ext secret)
{
    for (unsigned j = 1; j <= 4; j++) {
        struct field_ext rise = field_ext_scale((struct field_ext){77, 5}, j);
        shamir_values_set(out, j, field_ext_add(secret, rise));
    }
}

/* One element of one server's share is off its polynomial. */
static void refuse_32(struct buffer *out)
{
    enum { D = 64 };
    uint64_t seed = 41;
    struct hash beacon;
    struct multilinear form;
    struct shamir_values values = {0};
    uint64_t pad[D + PAD_AUX_COUNT];
    uint64_t slope[D + PAD_AUX_COUNT];
    check_random_fill(&seed, beacon.bytes, sizeof(beacon.bytes));
    for (size_t k = 0; k < D + PAD_AUX_COUNT; k++) {
        pad[k] = check_random(&seed) % FIELD_MODULUS;
        slope[k] = check_random(&seed) % FIELD_MODULUS;
    }
    pad_form(&form, &beacon, D);
    pvsnip_put_number(out, "dimension", 0, D);
    pvsnip_put_number(out, "servers", 0, 4);
    pvsnip_put_number(out, "degree", 0, 1);
    pvsnip_put(out, "beacon_2", 0, 0, BYTES_OF(beacon));
    for (unsigned j = 1; j <= 4; j++) {
        struct pad_value value;
        for (size_t k = 0; k < D + PAD_AUX_COUNT; k++) {
            pad[k] = field_add(pad[k], slope[k]);
        }
        uint64_t true_element = pad[20];
        pad[20] = field_add(pad[20], j == 3 ? 1 : 0);
        pad_value_init(&value, &form, D);
        pad_value_add(&value, pad, D + PAD_AUX_COUNT);
        shamir_values_set(&values, j, pad_value_finish(&value));
        pvsnip_put_elements(out, "pad", j, 0, pad, D);
        pvsnip_put_elements(out, "R0", j, 0, pad + D, PAD_AUX_COUNT);
        pvsnip_put_exts(out, "f", j, 0, &values.values[j - 1], 1);
        pad[20] = true_element;
    }
    multilinear_close(&form);
    ck_assert(!shamir_consistent(&values, 15, 1));
    pvsnip_put_number(out, "verdict", 0, NORM_INCONSISTENT);
}

/* An owner whose norm is false, and a pad whose values would cancel its error if they were added to them. */
static void refuse_32_mixed(struct buffer *out)
{
    struct attack attack = {0};
    struct shamir_values pad = {0};
    begin(&attack);
    attack.owner.vector[7] = BOUND;
    attack.owner.vector[8] = 1;
    norm_owner_elements(&attack.owner, &attack.fixture);
    norm_owner_cheat(&attack.owner, &attack.fixture, (uint64_t)BOUND * BOUND);
    struct norm_evaluation now =
        norm_owner_evaluate(&attack.owner, &attack.fixture, NORM_ABLATION_NONE);
    struct field_ext error =
        field_ext_add(shamir_interpolate(&now.values, now.values.servers, 1, 0), now.constant);
    line_of(&pad, field_ext_sub(field_ext_of(0), error));
    ck_assert(shamir_consistent(&pad, 15, 1));
    for (unsigned j = 1; j <= 4; j++) {
        pvsnip_put_exts(out, "f", j, 0, &pad.values[j - 1], 1);
        now.values.values[j - 1] = field_ext_add(now.values.values[j - 1], pad.values[j - 1]);
    }
    ck_assert_int_eq(norm_decide(&now.values, 1, 0, now.constant), NORM_ACCEPTED);
    finish(out, &attack, NORM_FALSE);
}

/* An honest owner, whose proof is read with something else. */
static void begin_honest(struct attack *attack)
{
    begin(attack);
    norm_owner_honest(&attack->owner, &attack->fixture, 200);
}

static void refuse_07(struct buffer *out)
{
    struct attack attack = {0};
    begin_honest(&attack);
    attack.owner.proof.value.a = field_add(attack.owner.proof.value.a, 1);
    finish(out, &attack, NORM_FALSE);
}

static void refuse_08(struct buffer *out)
{
    struct attack attack = {0};
    begin_honest(&attack);
    attack.owner.id.bytes[31] ^= 1;
    finish(out, &attack, NORM_FALSE);
}

static void refuse_09(struct buffer *out)
{
    struct attack attack = {0};
    begin_honest(&attack);
    attack.fixture.round.context.bytes[31] ^= 1;
    finish(out, &attack, NORM_FALSE);
}

static void refuse_10(struct buffer *out)
{
    struct attack attack = {0};
    begin_honest(&attack);
    attack.owner.commitment.root.bytes[31] ^= 1;
    finish(out, &attack, NORM_FALSE);
}

static void refuse_12(struct buffer *out)
{
    struct attack attack = {0};
    begin_honest(&attack);
    attack.owner.shares[2][5] = field_add(attack.owner.shares[2][5], 1);
    finish(out, &attack, NORM_INCONSISTENT);
}

static void refuse_14(struct buffer *out)
{
    struct attack attack = {0};
    begin_honest(&attack);
    attack.values.values[1] = field_ext_of(1);
    finish(out, &attack, NORM_INCONSISTENT);
}

static void refuse_17(struct buffer *out)
{
    struct attack attack = {0};
    begin_honest(&attack);
    attack.values.servers = 3;
    finish(out, &attack, NORM_TOO_FEW);
}

/* ---- The aggregate */

static void put_check(struct buffer *out, unsigned wrong_server, enum norm_verdict expected)
{
    enum { D = 64 };
    uint64_t sum[D];
    uint64_t slope[D];
    uint64_t state = 5;
    struct hash beacon;
    struct multilinear form;
    struct shamir_values values = {0};
    check_random_fill(&state, beacon.bytes, 32);
    for (size_t k = 0; k < D; k++) {
        sum[k] = check_random(&state) % FIELD_MODULUS;
        slope[k] = check_random(&state) % FIELD_MODULUS;
    }
    aggregate_check_form(&form, &beacon, D);
    for (unsigned j = 1; j <= 4; j++) {
        uint64_t share[D];
        for (size_t k = 0; k < D; k++) {
            share[k] = field_add(sum[k], field_mul(slope[k], j));
        }
        shamir_values_set(&values, j, aggregate_check_value(&form, share, D));
    }
    if (wrong_server > 0) {
        values.values[wrong_server - 1] =
            field_ext_add(values.values[wrong_server - 1], field_ext_of(1));
    } else {
        sum[17] = field_add(sum[17], 1);
    }
    struct field_ext constant =
        field_ext_sub(field_ext_of(0), aggregate_check_value(&form, sum, D));
    ck_assert_int_eq(norm_decide(&values, 1, 0, constant), expected);
    pvsnip_put_number(out, "dimension", 0, D);
    pvsnip_put_number(out, "servers", 0, 4);
    pvsnip_put_number(out, "degree", 0, 1);
    pvsnip_put(out, "beacon_3", 0, 0, BYTES_OF(beacon));
    pvsnip_put_elements(out, "A", 0, 0, sum, D);
    for (unsigned j = 1; j <= 4; j++) {
        pvsnip_put_exts(out, "W", j, 0, &values.values[j - 1], 1);
    }
    pvsnip_put_number(out, "verdict", 0, expected);
    multilinear_close(&form);
}

static void refuse_18(struct buffer *out)
{
    put_check(out, 0, NORM_FALSE);
}

static void refuse_19(struct buffer *out)
{
    put_check(out, 3, NORM_INCONSISTENT);
}

/* ---- Bytes */

/* A blob of three leaves and another one beside its root. */
static void put_blob(struct buffer *out, struct bytes committed, struct bytes shown)
{
    struct hash root;
    struct hash other;
    merkle_blob_root(&root, committed);
    merkle_blob_root(&other, shown);
    ck_assert(!hash_equal(&root, &other));
    pvsnip_put(out, "root", 0, 0, BYTES_OF(root));
    pvsnip_put(out, "blob", 0, 0, shown);
}

static void refuse_21(struct buffer *out)
{
    uint8_t blob[512] = {1};
    uint8_t altered[512] = {1};
    altered[300] = 1;
    put_blob(out, BYTES_OF(blob), BYTES_OF(altered));
}

/* The last of three leaves twice: the tree over them is the same, but not their length. */
static void refuse_26(struct buffer *out)
{
    uint8_t *blob = memory_new((size_t)4 * 4096);
    memset(blob + (size_t)2 * 4096, 7, (size_t)2 * 4096);
    put_blob(out, (struct bytes){blob, (size_t)3 * 4096}, (struct bytes){blob, (size_t)4 * 4096});
    free(blob);
}

static void refuse_26_short(struct buffer *out)
{
    uint8_t blob[512] = {1};
    put_blob(out, BYTES_OF(blob), (struct bytes){blob, 504});
}

/* D of another owner, with the proof of the right one. */
static void refuse_22(struct buffer *out)
{
    struct attack attack = {0};
    struct justify_opening opening;
    struct hash message;
    struct point base;
    begin_honest(&attack);
    const struct share_round *round = &attack.fixture.round;
    const struct justify_case about = {.round = round,
                                       .owner = attack.owner.id,
                                       .commitment = attack.owner.commitment,
                                       .server = 2};
    bool good = justify_open_server(&opening, &about, &attack.fixture.server_keys[1], zeros) &&
                point_of_public_key(&base, &about.commitment.ephemeral);
    ck_assert(good);
    justify_message(&message, &round->context, &about.owner, 2);
    ck_assert(dleq_check(&opening.proof, &round->servers[1], &base, &opening.shared, &message));
    opening.shared = round->servers[2];
    ck_assert(!dleq_check(&opening.proof, &round->servers[1], &base, &opening.shared, &message));
    pvsnip_put(out, "PK", 0, 0, BYTES_OF(round->servers[1]));
    pvsnip_put(out, "EK", 0, 0, BYTES_OF(about.commitment.ephemeral));
    pvsnip_put(out, "D", 0, 0, BYTES_OF(opening.shared));
    pvsnip_put(out, "message", 0, 0, BYTES_OF(message));
    pvsnip_put(out, "dleq", 0, 0, BYTES_OF(opening.proof));
    norm_owner_close(&attack.owner);
    norm_fixture_close(&attack.fixture);
}

/* Another owner commits with a copied EK, root and proof. */
static void refuse_23(struct buffer *out)
{
    struct attack attack = {0};
    begin_honest(&attack);
    struct public_key thief = attack.owner.id;
    const struct share_commitment *commitment = &attack.owner.commitment;
    thief.bytes[31] ^= 1;
    ck_assert(share_commitment_valid(commitment, &attack.fixture.round.context, &attack.owner.id));
    ck_assert(!share_commitment_valid(commitment, &attack.fixture.round.context, &thief));
    pvsnip_put(out, "ctx", 0, 0, BYTES_OF(attack.fixture.round.context));
    pvsnip_put(out, "owner", 0, 0, BYTES_OF(thief));
    pvsnip_put(out, "EK", 0, 0, BYTES_OF(commitment->ephemeral));
    pvsnip_put(out, "root", 0, 0, BYTES_OF(commitment->root));
    pvsnip_put(out, "pok", 0, 0, BYTES_OF(commitment->proof));
    norm_owner_close(&attack.owner);
    norm_fixture_close(&attack.fixture);
}

/* A second server registers with the encryption key and the proof of another. */
static void refuse_24(struct buffer *out)
{
    static const uint8_t secret[32] = {9};
    const struct hash chain_id = {{7}};
    struct address servers[2] = {{{1}}, {{2}}};
    struct secret_key key;
    struct point point;
    struct public_key x_only;
    struct signature proof;
    struct hash message;
    bool good = secret_key_init(&key, secret);
    ck_assert(good);
    point_of(&point, &key);
    memcpy(x_only.bytes, point.bytes + 1, sizeof(x_only.bytes));
    server_message(&message, &chain_id, &servers[0], &point);
    signature_make(&proof, &key, &message, zeros);
    ck_assert(signature_check(&proof, &x_only, &message));
    server_message(&message, &chain_id, &servers[1], &point);
    ck_assert(!signature_check(&proof, &x_only, &message));
    pvsnip_put(out, "chain_id", 0, 0, BYTES_OF(chain_id));
    pvsnip_put(out, "owner_of_the_key", 0, 0, BYTES_OF(servers[0]));
    pvsnip_put(out, "sender", 0, 0, BYTES_OF(servers[1]));
    pvsnip_put(out, "PK", 0, 0, BYTES_OF(point));
    pvsnip_put(out, "proof", 0, 0, BYTES_OF(proof));
}

/* p itself, the least number that is no element. */
static void refuse_25(struct buffer *out)
{
    uint8_t element[FIELD_SIZE];
    uint64_t value;
    for (size_t i = 0; i < FIELD_SIZE; i++) {
        element[i] = (uint8_t)(FIELD_MODULUS >> (8 * i));
    }
    ck_assert(!field_read(&value, element));
    pvsnip_put(out, "element", 0, 0, BYTES_OF(element));
}

/* Values of degree 2t, as of a masked product, with a wrong one among them. */
static void refuse_33_product(struct buffer *out)
{
    struct shamir_values values = {0};
    int64_t opened;
    for (unsigned j = 1; j <= 4; j++) {
        shamir_values_set(&values, j, field_ext_of(1000 + 77 * j + 5 * j * j));
    }
    ck_assert_int_eq(values_open_product(&opened, &values, 1, 0), VALUES_OK);
    values.values[2] = field_ext_add(values.values[2], field_ext_of(1));
    ck_assert_int_eq(values_open_product(&opened, &values, 1, 0), VALUES_INCONSISTENT);
    pvsnip_put_number(out, "degree", 0, 1);
    for (unsigned j = 1; j <= 4; j++) {
        pvsnip_put_elements(out, "D", j, 0, &values.values[j - 1].a, 1);
    }
}

#define REFUSED(name, write)                                                                       \
    {                                                                                              \
        "tests/vectors/pvsnip_neg_" name ".txt", write                                             \
    }

const struct pvsnip_vectors pvsnip_refused[PVSNIP_REFUSED_COUNT] = {
    REFUSED("01", refuse_01),
    REFUSED("02", refuse_02),
    REFUSED("03_norm", refuse_03_norm),
    REFUSED("03_row", refuse_03_row),
    REFUSED("04", refuse_04),
    REFUSED("05", refuse_05),
    REFUSED("06", refuse_06),
    REFUSED("07", refuse_07),
    REFUSED("08", refuse_08),
    REFUSED("09", refuse_09),
    REFUSED("10", refuse_10),
    REFUSED("12", refuse_12),
    REFUSED("14", refuse_14),
    REFUSED("17", refuse_17),
    REFUSED("18", refuse_18),
    REFUSED("19", refuse_19),
    REFUSED("21", refuse_21),
    REFUSED("22", refuse_22),
    REFUSED("23", refuse_23),
    REFUSED("24", refuse_24),
    REFUSED("25", refuse_25),
    REFUSED("26", refuse_26),
    REFUSED("26_short", refuse_26_short),
    REFUSED("32", refuse_32),
    REFUSED("32_mixed", refuse_32_mixed),
    REFUSED("33", refuse_33),
    REFUSED("33_product", refuse_33_product),
    REFUSED("34_below", refuse_34_below),
    REFUSED("34_negative", refuse_34_negative),
};
