/* The values a server posts: its acknowledgements, E_j, the e_ij of a fallback, W_j. */
#include <stdlib.h>

#include "base/memory.h"
#include "crypto/aggregate.h"
#include "market/operands.h"
#include "tools/server/duties.h"
#include "tools/server/published.h"

static bool post(const struct duty *duty, uint8_t native, const void *operand, struct fault *fault)
{
    return post_new(duty->server, duty->rpc, duty->round, &(struct post){native, operand, {0}},
                    fault);
}

/* Wait for late deliveries through half of the window. */
static bool worth_waiting(const struct duty *duty, bool *waiting, struct fault *fault)
{
    struct chain_info chain;
    const struct round_setting *setting = &duty->round->setting;
    bool good = chain_info_load(duty->rpc, &chain, fault);
    *waiting =
        good && chain.height < setting->round.deadline_height - setting->terms.ack_window / 2;
    return good;
}

static bool post_bitmap(const struct duty *duty, struct bytes bitmap, bool whole,
                        struct fault *fault)
{
    bool waiting = false;
    const struct batch_ack_operand operand = {
        .model = duty->round->name.model,
        .round = duty->round->name.round,
        .bitmap = bitmap,
    };
    if (!whole && !worth_waiting(duty, &waiting, fault)) {
        return false;
    }
    return waiting || post(duty, NATIVE_BATCH_ACK, &operand, fault);
}

bool duty_pad(const struct duty *duty, struct fault *fault)
{
    bool good = true;
    const struct round_setting *setting = &duty->round->setting;
    if (duty->round->self <= setting->share.degree ||
        duty_settled_before(duty, NATIVE_BATCH_ACK, &good, fault)) {
        return good;
    }
    /* Not held: the model owner publishes it in time, or the round is aborted. */
    static const uint8_t held = 1;
    const struct batch_ack_operand operand = {
        .model = duty->round->name.model,
        .round = duty->round->name.round,
        .bitmap = {&held, 1},
    };
    return !roster_holds(duty->server, duty->round, &setting->model.owner, true) ||
           post(duty, NATIVE_BATCH_ACK, &operand, fault);
}

bool duty_acknowledge(const struct duty *duty, struct fault *fault)
{
    const struct roster *roster = &duty->round->roster;
    size_t size = ((size_t)roster->count + 7) / 8;
    bool whole = true;
    bool good = true;
    if (duty_settled_before(duty, NATIVE_BATCH_ACK, &good, fault)) {
        return good;
    }
    uint8_t *bitmap = memory_new(size);
    for (uint16_t i = 0; i < roster->count; i++) {
        if (roster->owners[i].status != PARTICIPANT_PROVED) {
            continue;
        }
        if (roster_holds(duty->server, duty->round, &roster->owners[i].owner, false)) {
            bitmap[i / 8] |= (uint8_t)(1u << (i % 8));
        } else {
            whole = false;
        }
    }
    good = post_bitmap(duty, (struct bytes){bitmap, size}, whole, fault);
    free(bitmap);
    return good;
}

/* Fetch what owners published for us, then compute. */
static bool prepare(const struct duty *duty, bool values, struct fault *fault)
{
    return published_fetch(duty->server, duty->rpc, duty->round, fault) &&
           compute(duty->server, duty->rpc, duty->round, values, &duty->memory->computed, fault);
}

bool duty_decide(const struct duty *duty, struct fault *fault)
{
    const struct roster *roster = &duty->round->roster;
    const struct hash *beacon = &duty->round->setting.round.decide_beacon;
    struct batch_value_operand operand = {
        .model = duty->round->name.model,
        .round = duty->round->name.round,
    };
    struct field_ext total = {0};
    uint8_t pad[FIELD_EXT_SIZE];
    bool good = true;
    if (duty_settled_before(duty, NATIVE_BATCH_DECIDE, &good, fault)) {
        return good;
    }
    if (!prepare(duty, true, fault)) {
        return false;
    }
    for (uint16_t k = 0; k < roster->accepted_count; k++) {
        const struct public_key *owner = &roster->owners[roster->accepted[k]].owner_key;
        aggregate_fold(&total, aggregate_gamma(beacon, owner), duty->memory->computed.values[k]);
    }
    field_ext_write(operand.value, total);
    field_ext_write(pad, duty->memory->computed.pad);
    if (duty_padded(duty->round)) {
        operand.pad = BYTES_OF(pad);
    }
    return post(duty, NATIVE_BATCH_DECIDE, &operand, fault);
}

bool duty_fallback(const struct duty *duty, struct fault *fault)
{
    uint16_t count = duty->round->roster.accepted_count;
    bool good = true;
    if (duty_settled_before(duty, NATIVE_BATCH_FALLBACK, &good, fault)) {
        return good;
    }
    if (!prepare(duty, true, fault)) {
        return false;
    }
    uint8_t *bytes = memory_new(count * (size_t)FIELD_EXT_SIZE);
    for (uint16_t k = 0; k < count; k++) {
        field_ext_write(bytes + (size_t)k * FIELD_EXT_SIZE, duty->memory->computed.values[k]);
    }
    const struct batch_fallback_operand operand = {
        .model = duty->round->name.model,
        .round = duty->round->name.round,
        .values = {bytes, count * (size_t)FIELD_EXT_SIZE},
    };
    good = post(duty, NATIVE_BATCH_FALLBACK, &operand, fault);
    free(bytes);
    return good;
}

bool duty_check(const struct duty *duty, struct fault *fault)
{
    uint32_t dimension = duty->round->setting.terms.dimension;
    struct batch_value_operand operand = {
        .model = duty->round->name.model,
        .round = duty->round->name.round,
    };
    struct multilinear form;
    struct field_ext value;
    bool good = true;
    if (duty_settled_before(duty, NATIVE_BATCH_CHECK, &good, fault)) {
        return good;
    }
    if (!prepare(duty, false, fault)) {
        return false;
    }
    aggregate_check_form(&form, &duty->round->setting.round.check_beacon, dimension);
    struct source sum = computed_sum(&duty->memory->computed);
    good = computed_evaluate(&value, &sum, &form, fault);
    multilinear_close(&form);
    field_ext_write(operand.value, value);
    return good && post(duty, NATIVE_BATCH_CHECK, &operand, fault);
}
