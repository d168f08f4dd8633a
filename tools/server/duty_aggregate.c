/* The aggregate: every server sends its sum of shares to the leader, who posts the interpolation. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "crypto/aggregate.h"
#include "market/operands.h"
#include "market/rounds.h"
#include "tools/client/log.h"
#include "tools/client/random.h"
#include "tools/server/duties.h"
#include "tools/server/sum_message.h"
#include "vm/transaction.h"

#define SUM_TIMEOUT_MS 60000L
#define STRETCH        HELD_SHARE_PIECE /* elements that are combined at once */

static uint64_t sum_size(const struct duty_round *duty)
{
    return (uint64_t)duty->setting.terms.dimension * FIELD_SIZE;
}

/* The server whose turn it is at `height`: the last in order whose turn has come. */
static unsigned leader_at(const struct duty_round *duty, uint64_t height)
{
    const struct round *round = &duty->setting.round;
    unsigned leader = shamir_set_first(round->active);
    for (unsigned j = leader; j <= duty->setting.terms.server_count; j++) {
        if (shamir_set_has(round->active, j) &&
            height + 1 >= round_turn_height(round, &duty->setting.terms, j)) {
            leader = j;
        }
    }
    return leader;
}

/* NULL where the sum cannot be read. */
static struct courier *send_sum(const struct duty *duty, unsigned leader, struct fault *fault)
{
    const struct duty_round *round = duty->round;
    uint8_t random32[32];
    struct source sum = computed_sum(&duty->memory->computed);
    struct buffer body = {0};
    struct buffer url = {0};
    random_fill(random32, sizeof(random32));
    const struct sum_message_signer signer = {&round->setting.share.context, round->self,
                                              &duty->server->identity};
    if (!sum_message_write(&body, &signer, &sum, random32, fault)) {
        return NULL;
    }
    buffer_format(&url, "%s/sum/%" PRIu64 "/%" PRIu32 "/%u", round->setting.endpoints[leader - 1],
                  round->name.model, round->name.round, round->self);
    return courier_send(&url, &body, &sum, SUM_TIMEOUT_MS);
}

/* Bring our sum to a leader, over as many passes as it takes. */
static bool tell_leader(const struct duty *duty, unsigned leader, struct fault *fault)
{
    struct duty_memory *memory = duty->memory;
    struct courier **courier = &memory->couriers[leader - 1];
    bool good = true;
    if (shamir_set_has(memory->leaders_told, leader)) {
        return true;
    }
    if (*courier == NULL) {
        *courier = send_sum(duty, leader, fault);
        return *courier != NULL;
    }
    enum courier_state state = courier_state(*courier, fault);
    if (state == COURIER_AWAY) {
        return true;
    }
    if (state == COURIER_DONE) {
        memory->leaders_told |= shamir_set_of(leader);
    } else {
        good = false;
    }
    courier_close(*courier);
    *courier = NULL;
    return good;
}

/* Sums of the other servers that have come in, with our own: read where they are. */
struct collection {
    uint32_t servers;
    struct source sums[SHAMIR_SERVERS_MAX]; /* of server j at [j-1] */
    struct vault_reader files[SHAMIR_SERVERS_MAX];
};

static void collection_close(struct collection *collection)
{
    for (size_t i = 0; i < SHAMIR_SERVERS_MAX; i++) {
        vault_reader_close(&collection->files[i]);
    }
}

static bool collect(const struct duty *about, struct collection *out, struct fault *fault)
{
    const struct duty_round *duty = about->round;
    uint64_t offset = sum_message_offset(sum_size(duty));
    *out = (struct collection){.servers = shamir_set_of(duty->self)};
    out->sums[duty->self - 1] = computed_sum(&about->memory->computed);
    bool good = true;
    for (unsigned j = 1; j <= SHAMIR_SERVERS_MAX; j++) {
        struct vault_reader *file = &out->files[j - 1];
        file->descriptor = -1;
        if (!good || j == duty->self || !shamir_set_has(duty->setting.round.active, j) ||
            !vault_has_sum(about->server, &duty->name, j)) {
            continue;
        }
        good = vault_reader_open_sum(file, about->server, &duty->name, j, fault) &&
               (file->size == offset + sum_size(duty) ||
                fault_set(fault, "the stored sum of server %u was changed on disk", j));
        out->sums[j - 1] = source_of_file(file->descriptor, offset, sum_size(duty));
        out->servers |= shamir_set_of(j);
    }
    return good;
}

/* Which sums fit one polynomial, by a form that nobody else knows. */
static bool plan(const struct duty *duty, const struct collection *collection,
                 struct aggregate_plan *out, bool *found, struct fault *fault)
{
    const struct duty_round *round = duty->round;
    struct shamir_values values = {0};
    struct multilinear form;
    struct hash seed;
    uint32_t off = 0;
    bool good = true;
    random_fill(seed.bytes, sizeof(seed.bytes));
    aggregate_leader_form(&form, &seed, round->setting.terms.dimension);
    for (unsigned j = 1; good && j <= SHAMIR_SERVERS_MAX; j++) {
        struct field_ext value;
        if (shamir_set_has(collection->servers, j)) {
            good = computed_evaluate(&value, &collection->sums[j - 1], &form, fault);
            shamir_values_set(&values, j, value);
        }
    }
    multilinear_close(&form);
    *found = good && aggregate_plan_make(out, &values, round->setting.terms.threshold,
                                         round->setting.round.liars, &off);
    if (good && !*found) {
        log_warn("no_aggregate",
                 "model=%" PRIu64 " round=%" PRIu32 " reason=\"too few sums agree\" sums=%u",
                 round->name.model, round->name.round, shamir_set_count(collection->servers));
    }
    if (off != 0) {
        log_warn("sums_off", "model=%" PRIu64 " round=%" PRIu32 " servers=0x%x", round->name.model,
                 round->name.round, off);
    }
    return good;
}

/* Room for a stretch of the sums, and of the aggregate. */
struct stretch {
    uint8_t bytes[STRETCH * FIELD_SIZE];
    uint64_t sums[SHAMIR_SERVERS_MAX][STRETCH];
    uint64_t aggregate[STRETCH];
};

/* `count` elements of the aggregate from `first` on, in stretch->bytes. */
static bool combine_stretch(struct stretch *stretch, const struct collection *collection,
                            const struct aggregate_plan *plan, size_t first, size_t count,
                            struct fault *fault)
{
    const uint64_t *sums[SHAMIR_SERVERS_MAX] = {0};
    struct bytes bytes = {stretch->bytes, count * FIELD_SIZE};
    for (unsigned i = 0; i < plan->count; i++) {
        unsigned j = plan->servers[i] - 1;
        if (!source_read(&collection->sums[j], first * FIELD_SIZE, stretch->bytes, bytes.size,
                         fault)) {
            return false;
        }
        if (!field_read_all(stretch->sums[j], bytes, NULL)) {
            return fault_set(fault, "the stored sum of server %u was changed on disk", j + 1);
        }
        sums[j] = stretch->sums[j];
    }
    aggregate_plan_apply(stretch->aggregate, plan, sums, count);
    field_write_all(stretch->bytes, stretch->aggregate, count);
    return true;
}

typedef bool put_bytes(void *to, struct bytes bytes);

/* The whole aggregate, stretch by stretch, to `put`. */
static bool interpolate(const struct duty_round *round, const struct collection *collection,
                        const struct aggregate_plan *plan, put_bytes *put, void *to,
                        struct fault *fault)
{
    size_t dimension = round->setting.terms.dimension;
    struct stretch *stretch = memory_new(sizeof(*stretch));
    bool good = true;
    for (size_t first = 0; good && first < dimension; first += STRETCH) {
        size_t count = dimension - first < STRETCH ? dimension - first : STRETCH;
        good = combine_stretch(stretch, collection, plan, first, count, fault) &&
               (put(to, (struct bytes){stretch->bytes, count * FIELD_SIZE}) ||
                fault_set(fault, "the aggregate cannot be kept: %s", strerrordesc_np(errno)));
    }
    free(stretch);
    return good;
}

static bool put_to_file(void *to, struct bytes bytes)
{
    return spool_write(to, bytes);
}

static bool put_to_buffer(void *to, struct bytes bytes)
{
    buffer_append(to, bytes);
    return true;
}

/* Keep the post under `name`. One that fits an envelope is written at once. */
static bool keep_aggregate(const struct duty *duty, const struct collection *collection,
                           const struct aggregate_plan *plan, const char *name, struct fault *fault)
{
    const struct duty_round *round = duty->round;
    struct batch_aggregate_operand operand = {
        .model = round->name.model,
        .round = round->name.round,
    };
    struct post post = {NATIVE_BATCH_AGGREGATE, &operand, {0}};
    roster_set_hash(&operand.owners, &round->roster);
    if (sum_size(round) > TRANSACTION_INLINE_MAX) {
        struct spool_file *file = post_begin(duty->server, &post, sum_size(round), fault);
        bool good = file != NULL &&
                    interpolate(round, collection, plan, put_to_file, file, fault) &&
                    vault_keep_post(duty->server, &round->name, name, file, fault);
        spool_close(file);
        return good;
    }
    struct buffer aggregate = {0};
    bool good = interpolate(round, collection, plan, put_to_buffer, &aggregate, fault);
    post.sidecar = buffer_bytes(&aggregate);
    good = good && post_keep(duty->server, round, name, &post, fault);
    buffer_close(&aggregate);
    return good;
}

/* Interpolate what was collected, and post it. */
static bool combine(const struct duty *duty, const struct collection *collection, const char *name,
                    struct fault *fault)
{
    struct aggregate_plan how;
    bool found = false;
    return plan(duty, collection, &how, &found, fault) &&
           (!found || (keep_aggregate(duty, collection, &how, name, fault) &&
                       post_send(duty->server, duty->rpc, duty->round, name, fault)));
}

/* Post once all sums are there; from half of our turn on, also without those of slow servers. */
static bool lead(const struct duty *duty, uint64_t height, struct fault *fault)
{
    const struct round *round = &duty->round->setting.round;
    const struct model_terms *terms = &duty->round->setting.terms;
    struct collection collection;
    char name[POST_NAME_MAX];
    post_name(name, duty->round, NATIVE_BATCH_AGGREGATE);
    if (post_kept(duty->server, duty->round, name)) {
        return post_send(duty->server, duty->rpc, duty->round, name, fault);
    }
    bool good = collect(duty, &collection, fault);
    uint64_t turn = terms->aggregate_window / shamir_set_count(round->active);
    bool patient = height < round_turn_height(round, terms, duty->round->self) + turn / 2;
    if (good && (collection.servers == round->active || !patient)) {
        good = combine(duty, &collection, name, fault);
    }
    collection_close(&collection);
    return good;
}

/* This server shows its sum for one set of owners of a round, never for a second one: the difference
 * would be an owner's vector. */
static bool bind_set(const struct duty *duty, struct fault *fault)
{
    static const char name[] = "set";
    struct hash set;
    struct buffer kept = {0};
    roster_set_hash(&set, &duty->round->roster);
    if (!vault_has_post(duty->server, &duty->round->name, name)) {
        return vault_put_post(duty->server, &duty->round->name, name, BYTES_OF(set.bytes), fault);
    }
    bool good = vault_get_post(duty->server, &duty->round->name, name, &kept, fault);
    if (good && !bytes_equal(buffer_bytes(&kept), BYTES_OF(set.bytes))) {
        good = fault_set(fault, "the sum of another set of owners was shown in this round");
    }
    buffer_close(&kept);
    return good;
}

bool duty_aggregate(const struct duty *duty, struct fault *fault)
{
    struct chain_info chain;
    if (duty->round->setting.round.posted != 0) {
        return true;
    }
    if (!bind_set(duty, fault) ||
        !compute(duty->server, duty->rpc, duty->round, false, &duty->memory->computed, fault) ||
        !chain_info_load(duty->rpc, &chain, fault)) {
        return false;
    }
    unsigned leader = leader_at(duty->round, chain.height);
    return leader == duty->round->self ? lead(duty, chain.height, fault)
                                       : tell_leader(duty, leader, fault);
}
