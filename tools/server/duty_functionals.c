/* Public values of section 6: scores and distances of accepted owners before the sum, credits after
 * it. Each is one functional of a share, but for pairwise distances, which are products. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/field_vector.h"
#include "crypto/sketch.h"
#include "crypto/values.h"
#include "market/operands.h"
#include "tools/client/blob.h"
#include "tools/server/duties.h"

/* A functional of one owner's share, as it streams by. */
struct functional {
    const uint64_t *vector; /* g0 or A, elements of F; NULL where x is not asked for */
    uint64_t inner;         /* <vector, x> so far */
    uint64_t *aux;
};

static void take_x(void *data, const uint64_t *elements, size_t first, size_t count)
{
    struct functional *functional = data;
    functional->inner = field_add(
        functional->inner, values_inner_product(functional->vector + first, elements, count));
}

static void take_aux(void *data, const uint64_t *elements, size_t first, size_t count)
{
    struct functional *functional = data;
    memcpy(functional->aux + first, elements, count * sizeof(*elements));
}

static bool read_share(const struct duty *duty, uint16_t seat, struct functional *functional,
                       bool with_aux, struct fault *fault)
{
    struct sharer sharer;
    struct held_share x;
    struct held_share aux;
    if (!sharer_of_owner(&sharer, duty->rpc, &duty->round->setting,
                         &duty->round->roster.owners[seat], seat, fault) ||
        !held_share_x(&x, duty->server, duty->round, &sharer, fault)) {
        return false;
    }
    held_share_aux(&aux, &x, &sharer);
    functional->inner = 0;
    bool good = (functional->vector == NULL ||
                 held_share_read(&x, duty->server, duty->round, take_x, functional, fault)) &&
                (!with_aux ||
                 held_share_read(&aux, duty->server, duty->round, take_aux, functional, fault));
    held_share_close(&x);
    held_share_close(&aux);
    return good;
}

/* A share of |x - z|^2 = N - 2 <x, z> + |z|^2: the parts without x from a vector of zeros. */
static uint64_t distance(const struct duty *duty, const struct functional *functional,
                         const uint64_t *zeros)
{
    uint64_t rest = sketch_public_distance(&duty->round->setting.layout, zeros, functional->aux,
                                           functional->vector);
    return field_sub(rest, field_add(functional->inner, functional->inner));
}

/* <vector, share> of all accepted owners and, with MODE_DISTANCE, then the distances of all, appended. */
static bool append_values(const struct duty *duty, const uint64_t *vector, uint32_t modes,
                          struct buffer *out, struct fault *fault)
{
    const struct norm_layout *layout = &duty->round->setting.layout;
    const struct roster *roster = &duty->round->roster;
    bool distances = (modes & MODE_DISTANCE) != 0;
    struct functional functional = {.vector = vector};
    struct buffer distant = {0};
    uint64_t *zeros = memory_new(layout->params.dimension * sizeof(*zeros));
    functional.aux = memory_new(layout->aux_count * sizeof(uint64_t));
    bool good = true;
    for (uint16_t k = 0; good && k < roster->accepted_count; k++) {
        good = read_share(duty, roster->accepted[k], &functional, distances, fault);
        if ((modes & (MODE_SCORE | MODE_CREDIT)) != 0) {
            bcs_write_u64(out, functional.inner);
        }
        if (distances) {
            bcs_write_u64(&distant, distance(duty, &functional, zeros));
        }
    }
    buffer_append(out, buffer_bytes(&distant));
    buffer_close(&distant);
    explicit_bzero(functional.aux, layout->aux_count * sizeof(uint64_t));
    free(functional.aux);
    free(zeros);
    return good;
}

/* The sketches of all accepted owners, sketch_rows elements each, to be freed. */
static bool load_sketches(const struct duty *duty, uint64_t **out, struct fault *fault)
{
    const struct norm_layout *layout = &duty->round->setting.layout;
    const struct roster *roster = &duty->round->roster;
    size_t rows = layout->params.sketch_rows;
    struct functional functional = {0};
    bool good = true;
    *out = memory_new(roster->accepted_count * rows * sizeof(**out));
    functional.aux = memory_new(layout->aux_count * sizeof(uint64_t));
    for (uint16_t k = 0; good && k < roster->accepted_count; k++) {
        good = read_share(duty, roster->accepted[k], &functional, true, fault);
        sketch_of_aux(*out + k * rows, layout, functional.aux);
    }
    explicit_bzero(functional.aux, layout->aux_count * sizeof(uint64_t));
    free(functional.aux);
    return good;
}

/* Distances of all pairs of sketches, masked, appended. */
static void append_masked(const struct duty *duty, const uint64_t *sketches,
                          const struct zero_sharing *sharing, struct buffer *out)
{
    const struct roster *roster = &duty->round->roster;
    uint16_t rows = duty->round->setting.layout.params.sketch_rows;
    struct zero_sharing_pair pair = {.context = duty->round->setting.share.context};
    roster_set_hash(&pair.owners, roster);
    for (uint16_t a = 0; a < roster->accepted_count; a++) {
        for (uint16_t b = (uint16_t)(a + 1); b < roster->accepted_count; b++) {
            pair.first = a;
            pair.second = b;
            uint64_t square =
                sketch_distance(sketches + (size_t)a * rows, sketches + (size_t)b * rows, rows);
            bcs_write_u64(out,
                          field_add(square, zero_sharing_value(sharing, duty->round->self, &pair)));
        }
    }
}

static bool append_pairs(const struct duty *duty, struct buffer *out, struct fault *fault)
{
    uint64_t *sketches = NULL;
    struct zero_sharing *sharing = memory_new(sizeof(*sharing));
    bool good = duty_keys_load(duty, sharing, fault) && load_sketches(duty, &sketches, fault);
    if (good) {
        append_masked(duty, sketches, sharing, out);
    }
    explicit_bzero(sharing, sizeof(*sharing));
    free(sharing);
    free(sketches);
    return good;
}

static bool post_values(const struct duty *duty, struct bytes values, struct fault *fault)
{
    const struct batch_values_operand operand = {
        .model = duty->round->name.model,
        .round = duty->round->name.round,
        .values = values,
    };
    return post_new(duty->server, duty->rpc, duty->round,
                    &(struct post){NATIVE_BATCH_VALUES, &operand, {0}}, fault);
}

/* The model's reference as elements of F. */
static bool load_reference(const struct duty *duty, uint64_t **out, struct fault *fault)
{
    int64_t *reference = NULL;
    size_t count = duty->round->setting.terms.dimension;
    *out = NULL;
    if (!round_setting_reference(duty->rpc, &duty->round->setting, &reference, fault)) {
        return false;
    }
    if (reference == NULL) {
        return fault_set(fault, "the model has no reference");
    }
    *out = memory_new(count * sizeof(**out));
    field_vector_from_signed(*out, reference, count);
    free(reference);
    return true;
}

/* The aggregate that was accepted. */
static bool load_aggregate(const struct duty *duty, uint64_t **out, struct fault *fault)
{
    uint64_t bad = 0;
    struct buffer blob = {0};
    size_t count = duty->round->setting.terms.dimension;
    *out = memory_new(count * sizeof(**out));
    const struct round *record = &duty->round->setting.round;
    bool good = blob_get(duty->rpc, &blob, &record->aggregate_root, record->aggregate_size, fault);
    if (good &&
        (blob.size != count * FIELD_SIZE || !field_read_all(*out, buffer_bytes(&blob), &bad))) {
        good = fault_set(fault, "the aggregate has not the model's dimension");
    }
    buffer_close(&blob);
    return good;
}

/* Compute with `vector`, which is freed, and post. */
static bool run(const struct duty *duty, uint64_t *vector, uint32_t modes, struct fault *fault)
{
    struct buffer values = {0};
    bool good = (vector == NULL || append_values(duty, vector, modes, &values, fault)) &&
                ((modes & MODE_PAIRS) == 0 || append_pairs(duty, &values, fault)) &&
                post_values(duty, buffer_bytes(&values), fault);
    buffer_close(&values);
    free(vector);
    return good;
}

bool duty_functionals(const struct duty *duty, struct fault *fault)
{
    uint32_t modes = duty->round->setting.terms.modes & MODE_VALUES;
    uint64_t *vector = NULL;
    bool good = true;
    if (duty_settled_before(duty, NATIVE_BATCH_VALUES, &good, fault)) {
        return good;
    }
    return (modes == MODE_PAIRS || load_reference(duty, &vector, fault)) &&
           run(duty, vector, modes, fault);
}

bool duty_credits(const struct duty *duty, struct fault *fault)
{
    uint64_t *vector = NULL;
    bool good = true;
    if (duty_settled_before(duty, NATIVE_BATCH_VALUES, &good, fault)) {
        return good;
    }
    if (!load_aggregate(duty, &vector, fault)) {
        free(vector);
        return false;
    }
    return run(duty, vector, MODE_CREDIT, fault);
}
