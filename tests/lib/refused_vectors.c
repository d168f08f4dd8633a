/* Vectors of what must be refused: tests/vectors/README.md says what each is. The product's own functions refuse
 * them here; tests/reference/pvsnip.py decides from the file. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/aggregate.h"
#include "crypto/justify.h"
#include "crypto/norm_verify.h"
#include "crypto/values.h"
#include "tests/lib/check_run.h"
#include "tests/lib/norm_fixture.h"
#include "tests/lib/pvsnip_vectors.h"

#define BOUND 100

/* An owner of a small round, and what is done to it. */
struct attack {
    struct norm_fixture fixture;
    struct norm_owner owner;
    struct shamir_values values; /* as posted */
};

static const uint8_t zeros[32];

static void begin(struct attack *attack)
{
    struct norm_params params = norm_params_small(4, 1, 64, BOUND);
    params.rows = 24; /* a false vector passes all with probability 2^-24: this one does not */
    params.sketch_rows = 26;
    norm_fixture_init(&attack->fixture, &params, 0, 31);
    norm_owner_init(&attack->owner, &attack->fixture);
}

static void put_params(struct buffer *out, const struct attack *attack)
{
    const struct norm_params *params = &attack->fixture.layout.params;
    pvsnip_put_number(out, "dimension", 0, params->dimension);
    pvsnip_put_number(out, "bound", 0, params->bound);
    pvsnip_put_number(out, "servers", 0, params->server_count);
    pvsnip_put_number(out, "degree", 0, params->degree);
    pvsnip_put_number(out, "rows", 0, params->rows);
    pvsnip_put_number(out, "sketch_rows", 0, params->sketch_rows);
    static const char *const unused[] = {"reference_test", "kc", "s", "kw", "kappa", "T0"};
    for (size_t i = 0; i < ARRAY_COUNT(unused); i++) {
        pvsnip_put_number(out, unused[i], 0, 0);
    }
    pvsnip_put(out, "ctx", 0, 0, BYTES_OF(attack->fixture.round.context));
    pvsnip_put(out, "beacon_1", 0, 0, BYTES_OF(attack->fixture.beacon_1));
    pvsnip_put(out, "beacon_2", 0, 0, BYTES_OF(attack->fixture.beacon_2));
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
    put_params(out, attack);
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
    REFUSED("01", refuse_01),           REFUSED("02", refuse_02),
    REFUSED("03_norm", refuse_03_norm), REFUSED("03_row", refuse_03_row),
    REFUSED("04", refuse_04),           REFUSED("07", refuse_07),
    REFUSED("08", refuse_08),           REFUSED("09", refuse_09),
    REFUSED("10", refuse_10),           REFUSED("12", refuse_12),
    REFUSED("14", refuse_14),           REFUSED("17", refuse_17),
    REFUSED("18", refuse_18),           REFUSED("19", refuse_19),
    REFUSED("21", refuse_21),           REFUSED("22", refuse_22),
    REFUSED("23", refuse_23),           REFUSED("25", refuse_25),
    REFUSED("26", refuse_26),           REFUSED("26_short", refuse_26_short),
    REFUSED("33", refuse_33),           REFUSED("33_product", refuse_33_product),
};
