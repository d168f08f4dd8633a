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

static struct courier *send_sum(const struct aggregation_server *server,
                                const struct duty_round *duty, const struct duty_memory *memory,
                                unsigned leader)
{
    uint8_t random32[32];
    struct buffer sum = {0};
    struct buffer body = {0};
    struct buffer url = {0};
    random_fill(random32, sizeof(random32));
    encode_sum(&sum, memory->sum, duty->setting.terms.dimension);
    sum_message_write(&body, &duty->setting.share.context, duty->self, buffer_bytes(&sum),
                      &server->identity, random32);
    buffer_format(&url, "%s/sum/%" PRIu64 "/%" PRIu32 "/%u", duty->setting.endpoints[leader - 1],
                  duty->name.model, duty->name.round, duty->self);
    struct courier *courier = courier_send(&url, &body);
    buffer_close(&sum);
    return courier;
}

/* Bring our sum to a leader, over as many passes as it takes. */
static bool tell_leader(const struct aggregation_server *server, const struct duty_round *duty,
                        struct duty_memory *memory, unsigned leader, struct fault *fault)
{
    struct courier **courier = &memory->couriers[leader - 1];
    bool good = true;
    if (shamir_set_has(memory->leaders_told, leader)) {
        return true;
    }
    if (*courier == NULL) {
        *courier = send_sum(server, duty, memory, leader);
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

static bool collect(const struct aggregation_server *server, const struct duty_round *duty,
                    const struct duty_memory *memory, struct collection *out, struct fault *fault)
{
    const struct round *round = &duty->setting.round;
    struct buffer stored = {0};
    memset(out, 0, sizeof(*out));
    out->sums.dimension = duty->setting.terms.dimension;
    out->sums.servers = shamir_set_of(duty->self);
    out->sums.sums[duty->self - 1] = memory->sum;
    bool good = true;
    for (unsigned j = 1; good && j <= duty->setting.terms.server_count; j++) {
        if (j == duty->self || !shamir_set_has(round->active, j) ||
            !vault_has_sum(server, &duty->name, j)) {
            continue;
        }
        uint64_t *sum = memory_new(sum_size(duty));
        uint64_t bad = 0;
        out->owned[j - 1] = sum;
        good = vault_get_sum(server, &duty->name, j, &stored, fault);
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

static bool post_aggregate(struct aggregation_server *server, struct rpc *rpc,
                           const struct duty_round *duty, const uint64_t *aggregate,
                           struct fault *fault)
{
    const struct roster *roster = &duty->roster;
    struct batch_aggregate_operand operand = {
        .model = duty->name.model,
        .round = duty->name.round,
    };
    struct public_key *owners = memory_new(roster->accepted_count * sizeof(*owners));
    struct buffer sidecar = {0};
    for (uint16_t k = 0; k < roster->accepted_count; k++) {
        owners[k] = roster->owners[roster->accepted[k]].owner_key;
    }
    aggregate_set_hash(&operand.owners, owners, roster->accepted_count);
    encode_sum(&sidecar, aggregate, duty->setting.terms.dimension);
    bool good =
        duty_post(server, rpc, NATIVE_BATCH_AGGREGATE, &operand, buffer_bytes(&sidecar), fault);
    buffer_close(&sidecar);
    free(owners);
    return good;
}

/* Post once all sums are there; from half of our turn on, also without those of slow servers. */
static bool lead(struct aggregation_server *server, struct rpc *rpc, const struct duty_round *duty,
                 const struct duty_memory *memory, uint64_t height, struct fault *fault)
{
    const struct round *round = &duty->setting.round;
    const struct model_terms *terms = &duty->setting.terms;
    struct collection collection;
    if (!collect(server, duty, memory, &collection, fault)) {
        collection_close(&collection);
        return false;
    }
    uint64_t turn = terms->aggregate_window / shamir_set_count(round->active);
    bool patient = height < round_turn_height(round, terms, duty->self) + turn / 2;
    bool good = true;
    if (collection.sums.servers == round->active || !patient) {
        struct hash seed;
        uint32_t off = 0;
        uint64_t *aggregate = memory_new(sum_size(duty));
        random_fill(seed.bytes, sizeof(seed.bytes));
        if (aggregate_combine(aggregate, &collection.sums, terms->threshold, round->liars, &seed,
                              &off)) {
            good = post_aggregate(server, rpc, duty, aggregate, fault);
        } else {
            log_warn("no_aggregate",
                     "model=%" PRIu64 " round=%" PRIu32 " reason=\"too few sums agree\" sums=%u",
                     duty->name.model, duty->name.round, shamir_set_count(collection.sums.servers));
        }
        if (off != 0) {
            log_warn("sums_off", "model=%" PRIu64 " round=%" PRIu32 " servers=0x%x",
                     duty->name.model, duty->name.round, off);
        }
        free(aggregate);
    }
    collection_close(&collection);
    return good;
}

bool duty_aggregate(struct aggregation_server *server, struct rpc *rpc,
                    const struct duty_round *duty, struct duty_memory *memory, struct fault *fault)
{
    struct chain_info chain;
    if (duty->setting.round.posted != 0) {
        return true;
    }
    if (!duty_sum(server, duty, memory, fault) || !chain_info_load(rpc, &chain, fault)) {
        return false;
    }
    unsigned leader = leader_at(duty, chain.height);
    if (leader == duty->self) {
        return lead(server, rpc, duty, memory, chain.height, fault);
    }
    return tell_leader(server, duty, memory, leader, fault);
}
