/* The values a server posts: its acknowledgement, E_j, the e_ij of a fallback, W_j. */
#include <stdlib.h>

#include "base/memory.h"
#include "crypto/aggregate.h"
#include "market/operands.h"
#include "tools/server/duties.h"

static bool posted(const struct duty_round *duty)
{
    return shamir_set_has(duty->setting.round.posted, duty->self);
}

/* Wait for late deliveries through half of the window, then acknowledge what is there. */
static bool worth_waiting(const struct duty_round *duty, uint64_t height)
{
    const struct round *round = &duty->setting.round;
    return height < round->deadline_height - duty->setting.terms.ack_window / 2;
}

bool duty_acknowledge(struct aggregation_server *server, struct rpc *rpc,
                      const struct duty_round *duty, struct fault *fault)
{
    const struct roster *roster = &duty->roster;
    struct chain_info chain;
    size_t size = ((size_t)roster->count + 7) / 8;
    bool whole = true;
    if (posted(duty)) {
        return true;
    }
    uint8_t *bitmap = memory_new(size);
    for (uint16_t i = 0; i < roster->count; i++) {
        if (roster->owners[i].status != PARTICIPANT_COMMITTED) {
            continue;
        }
        if (roster_holds(server, duty, &roster->owners[i])) {
            bitmap[i / 8] |= (uint8_t)(1u << (i % 8));
        } else {
            whole = false;
        }
    }
    bool good = chain_info_load(rpc, &chain, fault);
    if (good && (whole || !worth_waiting(duty, chain.height))) {
        struct batch_ack_operand operand = {
            .model = duty->name.model,
            .round = duty->name.round,
            .bitmap = {bitmap, size},
        };
        good = duty_post(server, rpc, NATIVE_BATCH_ACK, &operand, (struct bytes){0}, fault);
    }
    free(bitmap);
    return good;
}

/* e_ij of every accepted owner, in order of owner key. */
static bool owner_values(const struct aggregation_server *server, const struct duty_round *duty,
                         struct field_ext *out, struct fault *fault)
{
    struct multilinear form;
    uint32_t dimension = duty->setting.terms.dimension;
    bool good = true;
    aggregate_decide_form(&form, &duty->setting.round.decide_beacon, dimension);
    for (uint16_t k = 0; good && k < duty->roster.accepted_count; k++) {
        const struct participant *owner = &duty->roster.owners[duty->roster.accepted[k]];
        uint64_t *share = roster_share(server, duty, owner, fault);
        good = share != NULL;
        if (good) {
            out[k] = aggregate_owner_value(&form, share, dimension);
        }
        free(share);
    }
    multilinear_close(&form);
    return good;
}

static bool post_value(struct aggregation_server *server, struct rpc *rpc,
                       const struct duty_round *duty, uint8_t native, struct field_ext value,
                       struct fault *fault)
{
    struct batch_value_operand operand = {.model = duty->name.model, .round = duty->name.round};
    field_ext_write(operand.value, value);
    return duty_post(server, rpc, native, &operand, (struct bytes){0}, fault);
}

bool duty_decide(struct aggregation_server *server, struct rpc *rpc, const struct duty_round *duty,
                 struct fault *fault)
{
    const struct roster *roster = &duty->roster;
    struct field_ext total = {0};
    if (posted(duty)) {
        return true;
    }
    struct field_ext *values = memory_new(roster->accepted_count * sizeof(*values));
    bool good = owner_values(server, duty, values, fault);
    for (uint16_t k = 0; good && k < roster->accepted_count; k++) {
        const struct public_key *owner = &roster->owners[roster->accepted[k]].owner_key;
        aggregate_fold(&total, aggregate_gamma(&duty->setting.round.decide_beacon, owner), values[k]);
    }
    good = good && post_value(server, rpc, duty, NATIVE_BATCH_DECIDE, total, fault);
    free(values);
    return good;
}

bool duty_fallback(struct aggregation_server *server, struct rpc *rpc,
                   const struct duty_round *duty, struct fault *fault)
{
    uint16_t count = duty->roster.accepted_count;
    if (posted(duty)) {
        return true;
    }
    struct field_ext *values = memory_new(count * sizeof(*values));
    uint8_t *bytes = memory_new(count * (size_t)FIELD_EXT_SIZE);
    bool good = owner_values(server, duty, values, fault);
    for (uint16_t k = 0; good && k < count; k++) {
        field_ext_write(bytes + (size_t)k * FIELD_EXT_SIZE, values[k]);
    }
    struct batch_fallback_operand operand = {
        .model = duty->name.model,
        .round = duty->name.round,
        .values = {bytes, count * (size_t)FIELD_EXT_SIZE},
    };
    good =
        good && duty_post(server, rpc, NATIVE_BATCH_FALLBACK, &operand, (struct bytes){0}, fault);
    free(bytes);
    free(values);
    return good;
}

bool duty_sum(const struct aggregation_server *server, const struct duty_round *duty,
              struct duty_memory *memory, struct fault *fault)
{
    uint32_t dimension = duty->setting.terms.dimension;
    if (memory->sum != NULL) {
        return true;
    }
    uint64_t *sum = memory_new(dimension * sizeof(*sum));
    bool good = true;
    for (uint16_t k = 0; good && k < duty->roster.accepted_count; k++) {
        uint64_t *share =
            roster_share(server, duty, &duty->roster.owners[duty->roster.accepted[k]], fault);
        good = share != NULL;
        if (good) {
            aggregate_add(sum, share, dimension);
        }
        free(share);
    }
    if (!good) {
        free(sum);
        return false;
    }
    memory->sum = sum;
    return true;
}

bool duty_check(struct aggregation_server *server, struct rpc *rpc, const struct duty_round *duty,
                struct duty_memory *memory, struct fault *fault)
{
    uint32_t dimension = duty->setting.terms.dimension;
    struct multilinear form;
    if (posted(duty)) {
        return true;
    }
    if (!duty_sum(server, duty, memory, fault)) {
        return false;
    }
    aggregate_check_form(&form, &duty->setting.round.check_beacon, dimension);
    struct field_ext value = aggregate_check_value(&form, memory->sum, dimension);
    multilinear_close(&form);
    return post_value(server, rpc, duty, NATIVE_BATCH_CHECK, value, fault);
}
