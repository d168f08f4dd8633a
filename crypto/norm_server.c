#include "crypto/norm_server.h"

#include <stdlib.h>

#include "base/memory.h"
#include "crypto/field_vector.h"
#include "crypto/norm_equations.h"

void norm_round_init(struct norm_round *round, const struct norm_layout *layout,
                     const struct hash *beacon_1, const struct hash *beacon_2,
                     const int64_t *reference, bool keep)
{
    struct norm_theta theta;
    norm_theta_draw(&theta, layout, beacon_2);
    norm_round_init_theta(round, layout, beacon_1, &theta, reference, keep);
}

/* Add theta_{4+k} g0 to q, columns `first` and on. */
static void add_reference(const struct norm_round *round, uint64_t *q_a, uint64_t *q_b,
                          size_t first, uint32_t columns)
{
    struct field_ext weight = round->theta.weights[4 + round->layout.params.sketch_rows];
    if (round->reference == NULL) {
        return;
    }
    for (uint32_t k = 0; k < columns; k++) {
        uint64_t entry = field_from_signed(round->reference[first + k]);
        q_a[k] = field_add(q_a[k], field_mul(weight.a, entry));
        q_b[k] = field_add(q_b[k], field_mul(weight.b, entry));
    }
}

void norm_round_init_theta(struct norm_round *round, const struct norm_layout *layout,
                           const struct hash *beacon_1, const struct norm_theta *theta,
                           const int64_t *reference, bool keep)
{
    bool tested = layout->params.reference != NORM_REFERENCE_NONE;
    assert(tested == (reference != NULL));
    *round = (struct norm_round){.layout = *layout, .theta = *theta, .reference = reference};
    round->projection = (struct projection){
        .beacon = *beacon_1,
        .dimension = layout->params.dimension,
        .rows = layout->params.sketch_rows,
    };
    projection_sum_init(&round->sum, &round->projection, theta->weights + 4);
    if (!keep) {
        return;
    }
    size_t size = sizeof(*round->q_a) * layout->params.dimension;
    round->q_a = memory_new(size);
    round->q_b = memory_new(size);
    for (uint32_t group = 0; group < projection_group_count(&round->projection); group++) {
        size_t first = (size_t)group * PROJECTION_GROUP_COLUMNS;
        uint32_t columns =
            projection_sum_group(&round->sum, round->q_a + first, round->q_b + first, group);
        add_reference(round, round->q_a + first, round->q_b + first, first, columns);
    }
}

void norm_round_close(struct norm_round *round)
{
    projection_sum_close(&round->sum);
    free(round->q_a);
    free(round->q_b);
    *round = (struct norm_round){0};
}

/* ---- Coefficients of the auxiliary vector */

static void subtract_from(const struct norm_form *form, size_t index, struct field_ext term)
{
    form->aux_a[index] = field_sub(form->aux_a[index], term.a);
    form->aux_b[index] = field_sub(form->aux_b[index], term.b);
}

/* Subtract 2^b times `weight` from `bits` coefficients from `start` on. */
static void subtract_bits(const struct norm_form *form, uint32_t start, unsigned bits,
                          struct field_ext weight)
{
    for (unsigned b = 0; b < bits; b++) {
        subtract_from(form, start + b, weight);
        weight = field_ext_add(weight, weight);
    }
}

/* Y_k: -theta_0 eq(rho, d+k) c_k - theta_1 c_k^2, and what the bits stand for. */
static void set_bits(const struct norm_form *form, const struct field_ext *c)
{
    const struct norm_layout *layout = &form->round->layout;
    const struct field_ext *theta = form->round->theta.weights;
    uint64_t first = layout->params.dimension;
    for (uint32_t k = 0; k < layout->bit_count; k++) {
        struct field_ext eq = multilinear_weight(&form->eq, first + k);
        struct field_ext inner = field_ext_mul(theta[0], eq);
        inner = field_ext_add(inner, field_ext_mul(theta[1], c[k]));
        subtract_from(form, k, field_ext_mul(inner, c[k]));
    }
    subtract_bits(form, 0, layout->norm_bits, field_ext_sub(theta[1], theta[3]));
    struct field_ext negated = field_ext_sub(field_ext_of(0), theta[3]);
    subtract_bits(form, layout->rest_start, layout->norm_bits, negated);
    for (uint32_t w = 0; w < layout->params.rows; w++) {
        subtract_bits(form, layout->rows_start + w * layout->row_bits, layout->row_bits,
                      theta[4 + w]);
    }
}

/* The bits of C and W, and kappa N, of the test against the public reference (6b). */
static void set_reference(const struct norm_form *form, const struct field_ext *c)
{
    const struct norm_layout *layout = &form->round->layout;
    const struct norm_params *params = &layout->params;
    const struct field_ext *theta = form->round->theta.weights;
    uint32_t start = layout->reference_start;
    subtract_bits(form, start, params->reference_bits, theta[4 + params->sketch_rows]);
    if (params->reference != NORM_REFERENCE_COSINE) {
        return;
    }
    struct field_ext last = c[layout->bit_count];
    uint64_t index = (uint64_t)params->dimension + layout->bit_count;
    struct field_ext high = field_ext_mul(theta[0], multilinear_weight(&form->eq, index));
    subtract_bits(form, start + params->reference_drop,
                  (unsigned)(params->reference_bits - params->reference_drop),
                  field_ext_mul(high, last));
    struct field_ext square = field_ext_mul(theta[1], field_ext_mul(last, last));
    subtract_bits(form, start + params->reference_bits, params->reference_rest, square);
    subtract_bits(form, 0, layout->norm_bits, field_ext_scale(square, params->kappa));
}

/* An element a + bX of K is two elements of the vector, of which the second counts X times. */
static void subtract_ext(const struct norm_form *form, size_t index, struct field_ext weight)
{
    subtract_from(form, index, weight);
    subtract_from(form, index + 1, field_ext_mul(weight, (struct field_ext){0, 1}));
}

static void set_masks(const struct norm_form *form, const struct field_ext *rho)
{
    const struct norm_layout *layout = &form->round->layout;
    const struct field_ext *theta = form->round->theta.weights;
    struct field_ext monomials[NORM_MASKS_MAX];
    norm_mask_monomials(monomials, layout, rho);
    for (unsigned i = 0; i < layout->mask_count; i++) {
        struct field_ext weight = field_ext_scale(theta[1], norm_mask_total(layout, i));
        weight = field_ext_add(weight, field_ext_mul(theta[2], monomials[i]));
        subtract_ext(form, layout->mask_start + 2 * i, weight);
    }
    subtract_ext(form, layout->blind_start, field_ext_mul(theta[0], norm_blind_weight(rho[0])));
    for (unsigned w = layout->params.rows; w < layout->params.sketch_rows; w++) {
        subtract_from(form, layout->sketch_start + w - layout->params.rows, theta[4 + w]);
    }
}

void norm_form_init(struct norm_form *form, const struct norm_round *round,
                    const struct norm_replay *replay)
{
    const struct norm_layout *layout = &round->layout;
    *form = (struct norm_form){.round = round};
    multilinear_init(&form->eq, replay->rho, layout->variables);
    form->aux_a = memory_new(sizeof(*form->aux_a) * layout->aux_count);
    form->aux_b = memory_new(sizeof(*form->aux_b) * layout->aux_count);
    struct field_ext *c = memory_new(sizeof(*c) * layout->product_count);
    norm_weights(c, layout, replay->chi);
    set_bits(form, c);
    if (layout->params.reference != NORM_REFERENCE_NONE) {
        set_reference(form, c);
    }
    set_masks(form, replay->rho);
    free(c);
}

void norm_form_close(struct norm_form *form)
{
    multilinear_close(&form->eq);
    free(form->aux_a);
    free(form->aux_b);
    *form = (struct norm_form){0};
}

/* ---- The value of a share */

void norm_value_init(struct norm_value *value, const struct norm_form *form)
{
    *value = (struct norm_value){.form = form};
    multilinear_sum_init(&value->eq, &form->eq);
    if (form->round->q_a == NULL) {
        value->group = memory_new(sizeof(*value->group) * 2 * PROJECTION_GROUP_COLUMNS);
    }
}

/* q at the coordinate value->index; a group is made when its first coordinate comes. */
static void locate(struct norm_value *value, const uint64_t **q_a, const uint64_t **q_b)
{
    const struct norm_round *round = value->form->round;
    uint64_t column = value->index % PROJECTION_GROUP_COLUMNS;
    if (value->group == NULL) {
        *q_a = round->q_a + value->index;
        *q_b = round->q_b + value->index;
        return;
    }
    uint64_t *group_b = value->group + PROJECTION_GROUP_COLUMNS;
    if (column == 0) {
        struct projection_sum sum = round->sum;
        uint32_t group = (uint32_t)(value->index / PROJECTION_GROUP_COLUMNS);
        uint32_t columns = projection_sum_group(&sum, value->group, group_b, group);
        add_reference(round, value->group, group_b, value->index, columns);
    }
    *q_a = value->group + column;
    *q_b = group_b + column;
}

static size_t least(size_t a, uint64_t b)
{
    return a < b ? a : (size_t)b;
}

/* Elements of x up to the end of a group; returns how many. */
static size_t add_x(struct norm_value *value, const uint64_t *elements, size_t count)
{
    const uint64_t *q_a;
    const uint64_t *q_b;
    locate(value, &q_a, &q_b);
    uint64_t rest = PROJECTION_GROUP_COLUMNS - value->index % PROJECTION_GROUP_COLUMNS;
    size_t part =
        least(least(count, rest), value->form->round->layout.params.dimension - value->index);
    multilinear_sum_add(&value->eq, elements, part);
    value->direct = field_ext_add(value->direct, field_vector_dot(elements, q_a, q_b, part));
    return part;
}

void norm_value_add(struct norm_value *value, const uint64_t *elements, size_t count)
{
    const struct norm_form *form = value->form;
    uint64_t dimension = form->round->layout.params.dimension;
    assert(count <= dimension + form->round->layout.aux_count - value->index);
    while (count > 0 && value->index < dimension) {
        size_t part = add_x(value, elements, count);
        value->index += part;
        elements += part;
        count -= part;
    }
    if (count > 0) {
        uint64_t start = value->index - dimension;
        struct field_ext part =
            field_vector_dot(elements, form->aux_a + start, form->aux_b + start, count);
        value->direct = field_ext_add(value->direct, part);
        value->index += count;
    }
}

struct field_ext norm_value_finish(struct norm_value *value)
{
    const struct norm_round *round = value->form->round;
    assert(value->index == (uint64_t)round->layout.params.dimension + round->layout.aux_count);
    struct field_ext eq = multilinear_sum_finish(&value->eq);
    free(value->group);
    value->group = NULL;
    return field_ext_sub(value->direct, field_ext_mul(round->theta.weights[0], eq));
}

void norm_value_close(struct norm_value *value)
{
    free(value->group);
    *value = (struct norm_value){0};
}

void norm_round_stretch(const struct norm_round *round, uint64_t *q_a, uint64_t *q_b, size_t first,
                        size_t count)
{
    struct projection_sum sum = round->sum;
    assert(round->q_a == NULL && first % PROJECTION_GROUP_COLUMNS == 0);
    assert(count <= round->layout.params.dimension - first);
    sum.masks = memory_new(projection_group_size(&round->projection)); /* of this thread */
    for (size_t done = 0; done < count;) {
        uint32_t group = (uint32_t)((first + done) / PROJECTION_GROUP_COLUMNS);
        uint32_t columns = projection_sum_group(&sum, q_a + done, q_b + done, group);
        add_reference(round, q_a + done, q_b + done, first + done, columns);
        done += columns;
    }
    free(sum.masks);
}

struct field_ext norm_form_x(const struct norm_form *form, const uint64_t *elements, size_t first,
                             size_t count, const uint64_t *q_a, const uint64_t *q_b)
{
    struct multilinear_sum eq = {.form = &form->eq, .index = first};
    struct field_ext direct = field_vector_dot(elements, q_a, q_b, count);
    multilinear_sum_add(&eq, elements, count);
    struct field_ext theta = form->round->theta.weights[0];
    return field_ext_sub(direct, field_ext_mul(theta, multilinear_sum_finish(&eq)));
}

struct field_ext norm_form_aux(const struct norm_form *form, const uint64_t *aux)
{
    return field_vector_dot(aux, form->aux_a, form->aux_b, form->round->layout.aux_count);
}

struct field_ext norm_value_of(const struct norm_form *form, const uint64_t *x, const uint64_t *aux)
{
    struct norm_value value;
    norm_value_init(&value, form);
    norm_value_add(&value, x, form->round->layout.params.dimension);
    norm_value_add(&value, aux, form->round->layout.aux_count);
    return norm_value_finish(&value);
}
