/* The aggregate: every server sends its sum of shares to the leader, who posts the interpolation. */
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

#define SUM_TIMEOUT_MS 60000L

static size_t sum_size(const struct duty_round *duty)
{
    return (size_t)duty->setting.terms.dimension * FIELD_SIZE;
}

static void encode_sum(struct buffer *out, const uint64_t *sum, uint32_t dimension)
{
    for (uint32_t k = 0; k < dimension; k++) {
        bcs_write_u64(out, sum[k]);
    }
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

static struct courier *send_sum(const struct duty *duty, unsigned leader)
{
    const struct duty_round *round = duty->round;
    uint8_t random32[32];
    struct buffer sum = {0};
    struct buffer body = {0};
    struct buffer url = {0};
    random_fill(random32, sizeof(random32));
    encode_sum(&sum, duty->memory->computed.sum, round->setting.terms.dimension);
    sum_message_write(&body, &round->setting.share.context, round->self, buffer_bytes(&sum),
                      &duty->server->identity, random32);
    buffer_format(&url, "%s/sum/%" PRIu64 "/%" PRIu32 "/%u", round->setting.endpoints[leader - 1],
                  round->name.model, round->name.round, round->self);
    struct courier *courier = courier_send(&url, &body, SUM_TIMEOUT_MS);
    buffer_close(&sum);
    return courier;
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
        *courier = send_sum(duty, leader);
        return true;
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

/* Sums of the other servers that have come in, with our own. */
struct collection {
    struct aggregate_sums sums;
    uint64_t *owned[SHAMIR_SERVERS_MAX];
};

static void collection_close(struct collection *collection)
{
    for (size_t i = 0; i < SHAMIR_SERVERS_MAX; i++) {
        free(collection->owned[i]);
    }
}

static bool collect(const struct duty *about, struct collection *out, struct fault *fault)
{
    const struct duty_round *duty = about->round;
    const struct round *round = &duty->setting.round;
    struct buffer stored = {0};
    memset(out, 0, sizeof(*out));
    out->sums.dimension = duty->setting.terms.dimension;
    out->sums.servers = shamir_set_of(duty->self);
    out->sums.sums[duty->self - 1] = about->memory->computed.sum;
    bool good = true;
    for (unsigned j = 1; good && j <= duty->setting.terms.server_count; j++) {
        if (j == duty->self || !shamir_set_has(round->active, j) ||
            !vault_has_sum(about->server, &duty->name, j)) {
            continue;
        }
        uint64_t *sum = memory_new(sum_size(duty));
        uint64_t bad = 0;
        out->owned[j - 1] = sum;
        good = vault_get_sum(about->server, &duty->name, j, &stored, fault);
        if (good &&
            (stored.size != sum_size(duty) || !field_read_all(sum, buffer_bytes(&stored), &bad))) {
            good = fault_set(fault, "the stored sum of server %u was changed on disk", j);
        }
        out->sums.servers |= shamir_set_of(j);
        out->sums.sums[j - 1] = sum;
    }
    buffer_close(&stored);
    return good;
}

static bool post_aggregate(const struct duty *duty, const uint64_t *aggregate, struct fault *fault)
{
    struct batch_aggregate_operand operand = {
        .model = duty->round->name.model,
        .round = duty->round->name.round,
    };
    struct buffer sidecar = {0};
    roster_set_hash(&operand.owners, &duty->round->roster);
    encode_sum(&sidecar, aggregate, duty->round->setting.terms.dimension);
    bool good =
        post_new(duty->server, duty->rpc, duty->round,
                 &(struct post){NATIVE_BATCH_AGGREGATE, &operand, buffer_bytes(&sidecar)}, fault);
    buffer_close(&sidecar);
    return good;
}

/* Interpolate what was collected, and post it. */
static bool combine(const struct duty *duty, const struct collection *collection,
                    struct fault *fault)
{
    const struct duty_round *round = duty->round;
    struct hash seed;
    uint32_t off = 0;
    bool good = true;
    uint64_t *aggregate = memory_new(sum_size(round));
    random_fill(seed.bytes, sizeof(seed.bytes));
    if (aggregate_combine(aggregate, &collection->sums, round->setting.terms.threshold,
                          round->setting.round.liars, &seed, &off)) {
        good = post_aggregate(duty, aggregate, fault);
    } else {
        log_warn("no_aggregate",
                 "model=%" PRIu64 " round=%" PRIu32 " reason=\"too few sums agree\" sums=%u",
                 round->name.model, round->name.round, shamir_set_count(collection->sums.servers));
    }
    if (off != 0) {
        log_warn("sums_off", "model=%" PRIu64 " round=%" PRIu32 " servers=0x%x", round->name.model,
                 round->name.round, off);
    }
    free(aggregate);
    return good;
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
    if (good && (collection.sums.servers == round->active || !patient)) {
        good = combine(duty, &collection, fault);
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
