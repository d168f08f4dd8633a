#include "crypto/norm_prove.h"

#include <stdlib.h>

#include "base/memory.h"
#include "crypto/norm_sumcheck.h"
#include "crypto/projection.h"

const char *norm_prove_status_text(enum norm_prove_status status)
{
#define NORM_PROVE_STATUS_CASE(name, text)                                                         \
    case name:                                                                                     \
        return text;
    switch (status) {
        NORM_PROVE_STATUS_LIST(NORM_PROVE_STATUS_CASE)
    }
#undef NORM_PROVE_STATUS_CASE
    return "unknown status";
}

uint64_t norm_squared(const int64_t *vector, uint32_t dimension)
{
    field_wide sum = 0;
    uint64_t over = 0;
    for (uint32_t k = 0; k < dimension; k++) {
        uint64_t sign = 0 - (uint64_t)(vector[k] < 0);
        uint64_t magnitude = ((uint64_t)vector[k] ^ sign) - sign;
        field_wide square = (field_wide)magnitude * magnitude;
        over |= (uint64_t)(square >> 64);
        sum += (uint64_t)square;
    }
    over |= (uint64_t)(sum >> 64);
    return (uint64_t)sum | (0 - (uint64_t)(over != 0));
}

/* ---- Masks */

/* ctx || owner || root || B1: masks of one seed differ in every round all the same. */
static void start_stream(struct xof *out, const struct norm_witness *witness, const char *dst)
{
    const struct norm_statement *statement = &witness->statement;
    uint8_t binder[4 * sizeof(struct hash)];
    memcpy(binder, statement->context.bytes, 32);
    memcpy(binder + 32, statement->owner.bytes, 32);
    memcpy(binder + 64, statement->root.bytes, 32);
    memcpy(binder + 96, statement->beacon.bytes, 32);
    xof_init(out, witness->seed, dst, BYTES_OF(binder));
}

void norm_nonce(uint8_t out[NORM_NONCE_SIZE], const struct norm_witness *witness)
{
    struct xof xof;
    start_stream(&xof, witness, "PVS1/nonce2");
    xof_next(&xof, out, NORM_NONCE_SIZE);
    xof_close(&xof);
}

/* g and R0: the rest of the auxiliary vector. */
static void fill_masks(uint64_t *aux, const struct norm_witness *witness)
{
    const struct norm_layout *layout = witness->layout;
    struct xof xof;
    start_stream(&xof, witness, "PVS1/masks");
    xof_next_elements(&xof, aux + layout->mask_start, layout->aux_count - layout->mask_start);
    xof_close(&xof);
}

/* ---- Bits */

static void write_bits(uint64_t *out, uint64_t value, unsigned count)
{
    for (unsigned b = 0; b < count; b++) {
        out[b] = value >> b & 1;
    }
}

/* The projections. False where one of the first r is outside [-wr + 1, wr]: an honest owner sees that
 * with probability 2^-101, so the answer tells nothing. */
static bool fill_rows(uint64_t *aux, const struct norm_witness *witness)
{
    const struct norm_layout *layout = witness->layout;
    int64_t y[NORM_ROWS_MAX];
    uint64_t outside = 0;
    struct projection projection = {
        .beacon = witness->statement.beacon,
        .dimension = layout->params.dimension,
        .rows = layout->params.sketch_rows,
    };
    projection_apply(y, &projection, witness->vector);
    for (uint32_t w = 0; w < layout->params.rows; w++) {
        uint64_t value = (uint64_t)y[w] + layout->window - 1;
        outside |= value >> layout->row_bits;
        write_bits(aux + layout->rows_start + (size_t)w * layout->row_bits, value,
                   layout->row_bits);
    }
    for (uint32_t w = layout->params.rows; w < layout->params.sketch_rows; w++) {
        aux[layout->sketch_start + w - layout->params.rows] = field_from_signed(y[w]);
    }
    explicit_bzero(y, sizeof(y));
    return outside == 0;
}

/* C, and W of the cosine test, else 0. False where the vector fails the test. No sum overflows: |g0| B <
 * 2^62 bounds every partial one. */
static bool test_reference(const struct norm_params *params, const int64_t *vector,
                           const int64_t *reference, uint64_t *c, uint64_t *rest)
{
    int64_t inner = 0;
    for (uint32_t k = 0; k < params->dimension; k++) {
        inner += reference[k] * vector[k];
    }
    *c = (uint64_t)(inner - params->threshold);
    *rest = 0;
    uint64_t outside = *c >> params->reference_bits;
    if (params->reference == NORM_REFERENCE_COSINE) {
        uint64_t high = *c >> params->reference_drop;
        *rest = high * high - params->kappa * norm_squared(vector, params->dimension);
        outside |= *rest >> params->reference_rest;
    }
    return outside == 0;
}

bool norm_passes_reference(const struct norm_layout *layout, const int64_t *vector,
                           const int64_t *reference)
{
    uint64_t c;
    uint64_t rest;
    return layout->params.reference == NORM_REFERENCE_NONE ||
           test_reference(&layout->params, vector, reference, &c, &rest);
}

static bool fill_reference(uint64_t *aux, const struct norm_witness *witness)
{
    const struct norm_params *params = &witness->layout->params;
    uint32_t start = witness->layout->reference_start;
    uint64_t c;
    uint64_t rest;
    bool passes = test_reference(params, witness->vector, witness->reference, &c, &rest);
    write_bits(aux + start, c, params->reference_bits);
    write_bits(aux + start + params->reference_bits, rest, params->reference_rest);
    return passes;
}

static enum norm_prove_status fill_bits(uint64_t *aux, const struct norm_witness *witness)
{
    const struct norm_layout *layout = witness->layout;
    uint64_t norm = norm_squared(witness->vector, layout->params.dimension);
    if (norm > layout->bound_squared) {
        return NORM_PROVE_NORM;
    }
    write_bits(aux, norm, layout->norm_bits);
    write_bits(aux + layout->rest_start, layout->bound_squared - norm, layout->norm_bits);
    if (!fill_rows(aux, witness)) {
        return NORM_PROVE_ROW;
    }
    bool tested = layout->params.reference != NORM_REFERENCE_NONE;
    assert(tested == (witness->reference != NULL));
    if (tested && !fill_reference(aux, witness)) {
        return NORM_PROVE_REFERENCE;
    }
    return NORM_PROVE_OK;
}

enum norm_prove_status norm_witness_make(uint64_t *aux, const struct norm_witness *witness)
{
    enum norm_prove_status status = fill_bits(aux, witness);
    if (status == NORM_PROVE_OK) {
        fill_masks(aux, witness);
    } else {
        explicit_bzero(aux, sizeof(*aux) * witness->layout->aux_count);
    }
    return status;
}

/* ---- The proof */

static struct field_ext read_ext(const uint64_t *aux, size_t index)
{
    return (struct field_ext){aux[index], aux[index + 1]};
}

/* The integer that `count` bits stand for. */
static uint64_t number_of(const uint64_t *bits, unsigned count)
{
    uint64_t value = 0;
    for (unsigned b = 0; b < count; b++) {
        value |= bits[b] << b;
    }
    return value;
}

/* Z after x, and H without G: N + sum of c_k^2 Y_k [+ c_{nY}^2 (kappa N + W)]. */
static struct field_ext weigh_bits(struct field_ext *tail, const struct norm_layout *layout,
                                   const struct field_ext *c, const uint64_t *aux)
{
    const struct norm_params *params = &layout->params;
    uint64_t norm = number_of(aux, layout->norm_bits);
    struct field_ext sum = field_ext_of(norm);
    for (uint32_t k = 0; k < layout->bit_count; k++) {
        tail[k] = field_ext_scale(c[k], aux[k]);
        sum = field_ext_add(sum, field_ext_mul(tail[k], c[k]));
    }
    if (params->reference == NORM_REFERENCE_COSINE) {
        const uint64_t *bits = aux + layout->reference_start;
        struct field_ext last = c[layout->bit_count];
        uint64_t high = number_of(bits, params->reference_bits) >> params->reference_drop;
        uint64_t rest = number_of(bits + params->reference_bits, params->reference_rest);
        tail[layout->bit_count] = field_ext_scale(last, high);
        struct field_ext square = field_ext_mul(last, last);
        sum = field_ext_add(sum, field_ext_scale(square, params->kappa * norm + rest));
    }
    return sum;
}

void norm_prove(struct norm_proof *proof, const struct norm_witness *witness, const uint64_t *aux)
{
    const struct norm_layout *layout = witness->layout;
    struct transcript transcript;
    struct field_ext chi[NORM_CHI_MAX];
    size_t size = sizeof(struct field_ext) * layout->product_count;
    struct field_ext *c = memory_new(size);
    struct field_ext *tail = memory_new(size);
    struct norm_sumcheck sumcheck = {
        .layout = layout,
        .vector = witness->vector,
        .tail = tail,
        .blind = read_ext(aux, layout->blind_start),
    };
    norm_transcript_start(&transcript, chi, layout, &witness->statement, &proof->root2);
    norm_weights(c, layout, chi);
    proof->sum = weigh_bits(tail, layout, c, aux);
    for (unsigned i = 0; i < layout->mask_count; i++) {
        sumcheck.masks[i] = read_ext(aux, layout->mask_start + (size_t)2 * i);
        struct field_ext part = field_ext_scale(sumcheck.masks[i], norm_mask_total(layout, i));
        proof->sum = field_ext_add(proof->sum, part);
    }
    transcript_absorb_ext(&transcript, "H", &proof->sum, 1);
    norm_sumcheck_prove(proof, &transcript, &sumcheck);
    explicit_bzero(tail, size);
    explicit_bzero(&sumcheck, sizeof(sumcheck));
    free(tail);
    free(c);
}

enum norm_prove_status norm_contribute(struct norm_proof *proof, struct buffer *blobs,
                                       struct hash *roots, const struct norm_witness *witness,
                                       const struct share_round *round,
                                       const struct share_keys *keys)
{
    const struct norm_layout *layout = witness->layout;
    const struct norm_statement *statement = &witness->statement;
    size_t size = sizeof(uint64_t) * layout->aux_count;
    uint64_t *aux = memory_new(size);
    *proof = (struct norm_proof){0};
    enum norm_prove_status status = norm_witness_make(aux, witness);
    if (status == NORM_PROVE_OK) {
        struct share_auxiliary auxiliary = {.root = statement->root, .beacon = statement->beacon};
        struct share_writer writer;
        norm_nonce(proof->nonce2, witness);
        memcpy(auxiliary.nonce2, proof->nonce2, sizeof(auxiliary.nonce2));
        struct share_label label = share_label_aux(proof->nonce2);
        share_writer_init(&writer, round, keys, &label);
        share_writer_add(&writer, aux, layout->aux_count, blobs);
        share_writer_finish(&writer, roots);
        share_root2(&proof->root2, &statement->context, &statement->owner, &auxiliary, roots,
                    share_blob_count(round));
        norm_prove(proof, witness, aux);
    }
    explicit_bzero(aux, size);
    free(aux);
    return status;
}
