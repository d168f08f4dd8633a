#include "market/public_values.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/selection.h"
#include "crypto/values.h"

static unsigned list_count(const struct model_terms *terms)
{
    return ((terms->modes & MODE_SCORE) != 0 ? 1U : 0U) +
           ((terms->modes & MODE_DISTANCE) != 0 ? 1U : 0U);
}

size_t public_value_count(const struct model_terms *terms, size_t owner_count)
{
    size_t count = list_count(terms) * owner_count;
    if ((terms->modes & MODE_PAIRS) != 0) {
        count += owner_count * (owner_count - 1) / 2;
    }
    return count;
}

/* What a server posted, 8 bytes each. */
static struct bytes posted_by(const struct round_work *work, unsigned server)
{
    struct market_key key;
    struct bytes bytes = {0};
    key_values(&key, work->round.model, work->round.number, (uint8_t)server);
    bool posted = state_get(work->state, key_bytes(&key), &bytes);
    assert(posted);
    (void)posted;
    return bytes;
}

/* The values of Q at one place. */
static void values_at(const struct round_work *work, const struct bytes *posted, size_t at,
                      struct shamir_values *out)
{
    *out = (struct shamir_values){0};
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        uint64_t value;
        if (work_active(work, server)) {
            bool canonical = field_read(&value, posted[server - 1].data + at * FIELD_SIZE);
            assert(canonical && "the instruction refuses others");
            (void)canonical;
            shamir_values_set(out, server, field_ext_of(value));
        }
    }
}

/* Who spoiled one value is as a rule who spoils the next: it is tried first. */
static enum values_result open_value(const struct round_work *work,
                                     const struct shamir_values *values, uint32_t suspects,
                                     int64_t *out, uint32_t *off)
{
    uint8_t degree = work->view.terms.threshold;
    struct shamir_values others = *values;
    unsigned needed = 3U * degree + 1U - 2U * work->round.liars;
    if (suspects == 0 || shamir_set_count(values->servers) < needed ||
        shamir_set_count(suspects) > (unsigned)(degree - work->round.liars) ||
        !shamir_off_among(values, suspects, degree, off)) {
        return values_open(out, values, degree, work->round.liars, off);
    }
    others.servers &= ~suspects;
    return values_open(out, &others, degree, work->round.liars, NULL);
}

static void read_list(struct public_reading *out, const struct round_work *work,
                      const struct bytes *posted, unsigned list)
{
    uint32_t count = out->owners.count;
    out->values[list] = memory_new(count * sizeof(int64_t));
    for (uint32_t i = 0; i < count; i++) {
        struct shamir_values values;
        uint32_t off = 0;
        values_at(work, posted, (size_t)list * count + i, &values);
        if (open_value(work, &values, out->off, &out->values[list][i], &off) != VALUES_OK) {
            out->decoded = false;
        }
        out->off |= off;
    }
}

/* Distances of degree 2t; a negative one is no distance. */
static void read_pairs(struct public_reading *out, const struct round_work *work,
                       const struct bytes *posted)
{
    size_t count = out->owners.count;
    size_t at = list_count(&work->view.terms) * count;
    out->pairs = memory_new(count * count * sizeof(*out->pairs));
    for (size_t a = 0; a < count; a++) {
        for (size_t b = a + 1; b < count; b++) {
            struct shamir_values values;
            int64_t distance = 0;
            values_at(work, posted, at++, &values);
            if (values_open_product(&distance, &values, work->view.terms.threshold,
                                    work->round.liars) != VALUES_OK ||
                distance < 0) {
                out->decoded = false;
                distance = 0;
            }
            out->pairs[a * count + b] = (uint64_t)distance;
            out->pairs[b * count + a] = (uint64_t)distance;
        }
    }
}

void public_reading_load(struct public_reading *out, const struct round_work *work)
{
    struct bytes posted[MARKET_SERVERS_MAX] = {{0}};
    *out = (struct public_reading){.decoded = true, .credits = work->round.phase == PHASE_CREDITS};
    owner_set_load(&out->owners, work);
    for (unsigned server = 1; server <= MARKET_SERVERS_MAX; server++) {
        if (work_active(work, server)) {
            posted[server - 1] = posted_by(work, server);
        }
    }
    unsigned lists = out->credits ? 1 : list_count(&work->view.terms);
    for (unsigned list = 0; list < lists; list++) {
        read_list(out, work, posted, list);
    }
    if (!out->credits && (work->view.terms.modes & MODE_PAIRS) != 0) {
        read_pairs(out, work, posted);
    }
}

void public_reading_close(struct public_reading *reading)
{
    for (unsigned list = 0; list < PUBLIC_LISTS_MAX; list++) {
        free(reading->values[list]);
    }
    free(reading->pairs);
    free(reading->distances);
    free(reading->taken);
    owner_set_close(&reading->owners);
}

/* Distances to the reference where there are any, else those to the mean. */
static void fill_distances(struct public_reading *reading, const struct model_terms *terms)
{
    size_t count = reading->owners.count;
    reading->distances = memory_new(count * sizeof(*reading->distances));
    if ((terms->modes & MODE_DISTANCE) == 0) {
        selection_mean_distances(reading->distances, reading->pairs, count);
        return;
    }
    const int64_t *list = reading->values[list_count(terms) - 1];
    for (size_t i = 0; i < count; i++) {
        reading->distances[i] = list[i] < 0 ? 0 : (field_wide)list[i];
    }
}

void public_reading_select(struct public_reading *reading, const struct model_terms *terms)
{
    uint32_t count = reading->owners.count;
    reading->taken = memory_new(count * sizeof(*reading->taken));
    for (uint32_t i = 0; i < count; i++) {
        reading->taken[i] = true;
    }
    if (terms->select_rule == SELECT_KRUM) {
        /* With too few owners for the rule nobody is taken, and the round ends. */
        if (!selection_krum(reading->taken, reading->pairs, count, terms->krum_faults,
                            terms->krum_count)) {
            memset(reading->taken, 0, count * sizeof(*reading->taken));
        }
    } else if (terms->select_rule == SELECT_SIGMA) {
        fill_distances(reading, terms);
        selection_sigma(reading->taken, reading->distances, count, terms->sigma_lambda);
    }
}

static bool is_taken(const struct public_reading *reading, uint32_t at)
{
    return reading->taken == NULL || reading->taken[at];
}

static void add_list(struct buffer *out, const struct public_reading *reading, const int64_t *list)
{
    for (uint32_t i = 0; i < reading->owners.count; i++) {
        if (is_taken(reading, i)) {
            bcs_write_u64(out, (uint64_t)list[i]);
        }
    }
}

static void store(const struct round_work *work, const struct public_values *values)
{
    struct market_key key;
    key_public(&key, work->round.model, work->round.number);
    record_store(work->state, &key, &public_values_schema, values);
}

static void store_values(const struct public_reading *reading, const struct round_work *work)
{
    const struct model_terms *terms = &work->view.terms;
    struct buffer owners = {0};
    struct buffer scores = {0};
    struct buffer distances = {0};
    unsigned list = 0;
    for (uint32_t i = 0; i < reading->owners.count; i++) {
        if (is_taken(reading, i)) {
            bcs_write_u16(&owners, reading->owners.indexes[i]);
        }
    }
    if ((terms->modes & MODE_SCORE) != 0) {
        add_list(&scores, reading, reading->values[list++]);
    }
    if ((terms->modes & MODE_DISTANCE) != 0) {
        add_list(&distances, reading, reading->values[list]);
    }
    const struct public_values values = {.owners = buffer_bytes(&owners),
                                         .scores = buffer_bytes(&scores),
                                         .distances = buffer_bytes(&distances)};
    store(work, &values);
    buffer_close(&owners);
    buffer_close(&scores);
    buffer_close(&distances);
}

/* I has not changed since VALUES, so the order is the same. The other lists are copied: what is loaded is
 * borrowed until the next write. */
static void store_credits(const struct public_reading *reading, const struct round_work *work)
{
    struct market_key key;
    struct public_values values;
    struct buffer lists[3] = {{0}};
    struct buffer credits = {0};
    key_public(&key, work->round.model, work->round.number);
    (void)record_load(work->state, &key, &public_values_schema, &values);
    for (uint32_t i = 0; i < reading->owners.count; i++) {
        bcs_write_u16(&lists[0], reading->owners.indexes[i]);
    }
    buffer_append(&lists[1], values.scores);
    buffer_append(&lists[2], values.distances);
    add_list(&credits, reading, reading->values[0]);
    values = (struct public_values){buffer_bytes(&lists[0]), buffer_bytes(&lists[1]),
                                    buffer_bytes(&lists[2]), buffer_bytes(&credits)};
    store(work, &values);
    for (size_t i = 0; i < 3; i++) {
        buffer_close(&lists[i]);
    }
    buffer_close(&credits);
}

void public_reading_store(const struct public_reading *reading, const struct round_work *work)
{
    if (reading->credits) {
        store_credits(reading, work);
    } else {
        store_values(reading, work);
    }
}

/* The list that policies and rewards look at: the first that the model has of credits, scores and
 * distances. Empty where it was not decoded. */
static struct bytes telling_list(const struct round_work *work, struct public_values *values)
{
    struct market_key key;
    uint32_t modes = work->view.terms.modes;
    key_public(&key, work->round.model, work->round.number);
    if (!record_load(work->state, &key, &public_values_schema, values)) {
        return (struct bytes){0};
    }
    if ((modes & MODE_CREDIT) != 0) {
        return values->credits;
    }
    return (modes & MODE_SCORE) != 0 ? values->scores : values->distances;
}

static int64_t value_at(struct bytes list, size_t at)
{
    struct bcs_reader reader;
    bcs_reader_init(&reader, (struct bytes){list.data + at * 8, 8});
    return (int64_t)bcs_read_u64(&reader);
}

bool public_scores(const struct round_work *work, const struct owner_set *owners, int64_t *out)
{
    struct public_values values;
    struct bytes list = telling_list(work, &values);
    memset(out, 0, owners->count * sizeof(*out));
    if (list.size == 0) {
        return false;
    }
    assert(list.size == (size_t)owners->count * 8 && "I is final since the values were stored");
    for (uint32_t i = 0; i < owners->count; i++) {
        out[i] = value_at(list, i);
    }
    return true;
}

bool public_score_of(const struct round_work *work, uint16_t index, int64_t *out)
{
    struct public_values values;
    struct bytes list = telling_list(work, &values);
    for (size_t i = 0; list.size > 0 && i < values.owners.size / 2; i++) {
        struct bcs_reader reader;
        bcs_reader_init(&reader, (struct bytes){values.owners.data + i * 2, 2});
        if (bcs_read_u16(&reader) == index) {
            *out = value_at(list, i);
            return true;
        }
    }
    return false;
}
