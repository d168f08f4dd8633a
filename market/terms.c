#include "market/terms.h"

#include "base/checked.h"
#include "market/servers.h"
#include "vm/policy.h"

bool terms_round_cost(const struct model_terms *terms, uint64_t *cost)
{
    return checked_mul(cost, terms->server_fee, terms->server_count) &&
           checked_add(cost, *cost, terms->reward);
}

struct range {
    enum market_refusal_code code;
    uint64_t got, low, high;
};

static bool check_ranges(struct native_call *call, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (ranges[i].got < ranges[i].low) {
            return refuse(call, ranges[i].code, ranges[i].got, ranges[i].low);
        }
        if (ranges[i].got > ranges[i].high) {
            return refuse(call, ranges[i].code, ranges[i].got, ranges[i].high);
        }
    }
    return true;
}

/* n_max * element_bound < p / 2 holds for every owners_max and element_bound that pass: 2000 * 2^32. */
static bool check_numbers(struct native_call *call, const struct model_terms *terms)
{
    const struct range ranges[] = {
        {REFUSAL_MODEL_NAME_EMPTY, terms->name.size, 1, MARKET_TEXT_MAX},
        {REFUSAL_MODEL_DIMENSION, terms->dimension, MARKET_DIMENSION_MIN, MARKET_DIMENSION_MAX},
        {REFUSAL_MODEL_SCALE, terms->scale_bits, 0, TERMS_SCALE_BITS_MAX},
        {REFUSAL_MODEL_NORM_BOUND, terms->norm_bound, 1, MARKET_BOUND_MAX},
        {REFUSAL_MODEL_THRESHOLD, terms->threshold, 1, UINT8_MAX},
        {REFUSAL_MODEL_SERVER_COUNT, terms->server_count, 2U * terms->threshold + 1,
         MARKET_SERVERS_MAX},
        {REFUSAL_MODEL_OWNERS_MIN, terms->owners_min, TERMS_OWNERS_MIN, UINT16_MAX},
        {REFUSAL_MODEL_OWNERS_MAX, terms->owners_max, terms->owners_min, MARKET_OWNERS_MAX},
        {REFUSAL_MODEL_ROUNDS, terms->rounds, 1, UINT32_MAX},
        {REFUSAL_MODEL_REWARD, terms->reward, 1, UINT64_MAX},
        {REFUSAL_MODEL_OWNER_STAKE, terms->owner_stake, 1, UINT64_MAX},
    };
    return check_ranges(call, ranges, ARRAY_COUNT(ranges));
}

static bool check_windows(struct native_call *call, const struct model_terms *terms)
{
    struct parameters parameters;
    parameters_load(call->state, &parameters);
    uint64_t low = parameters.window_min;
    uint64_t high = parameters.window_max;
    const struct range ranges[] = {
        {REFUSAL_MODEL_COMMIT_WINDOW, terms->commit_window, low, high},
        {REFUSAL_MODEL_ACK_WINDOW, terms->ack_window, low, high},
        {REFUSAL_MODEL_DECIDE_WINDOW, terms->decide_window, low, high},
        {REFUSAL_MODEL_FALLBACK_WINDOW, terms->fallback_window, low, high},
        {REFUSAL_MODEL_AGGREGATE_WINDOW, terms->aggregate_window, low, high},
        {REFUSAL_MODEL_CHECK_WINDOW, terms->check_window, low, high},
        {REFUSAL_MODEL_AGGREGATE_TURNS, terms->aggregate_window, terms->server_count, UINT32_MAX},
    };
    return check_ranges(call, ranges, ARRAY_COUNT(ranges));
}

static bool check_servers(struct native_call *call, const struct model_terms *terms)
{
    struct parameters parameters;
    parameters_load(call->state, &parameters);
    for (uint32_t i = 0; i < terms->server_count; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (address_equal(&terms->servers[i], &terms->servers[j])) {
                return refuse(call, REFUSAL_MODEL_SERVER_TWICE, i + 1, j + 1);
            }
        }
        struct server server;
        (void)server_load(call->state, &terms->servers[i], &server);
        if (!server.registered) {
            return refuse(call, REFUSAL_MODEL_SERVER_UNKNOWN, i + 1, 0);
        }
        if (server.stake < parameters.server_stake_min) {
            return refuse(call, REFUSAL_MODEL_SERVER_STAKE, server.stake,
                          parameters.server_stake_min);
        }
    }
    return true;
}

static bool check_policy(struct native_call *call, const struct model_terms *terms)
{
    if (terms->reward_rule != REWARD_POLICY) {
        return terms->policy.size == 0 ||
               refuse(call, REFUSAL_MODEL_POLICY_UNUSED, terms->policy.size, 0);
    }
    if (terms->policy.size == 0) {
        return refuse(call, REFUSAL_MODEL_POLICY_MISSING, 0, 0);
    }
    struct program program;
    size_t offset = 0;
    enum program_status status = program_load(&program, terms->policy, NULL, &offset);
    if (status != PROGRAM_OK) {
        return refuse(call, REFUSAL_MODEL_POLICY_INVALID, offset, (uint64_t)status);
    }
    size_t needed = policy_memory_size(terms->owners_max);
    if (program.memory_size < needed) {
        return refuse(call, REFUSAL_MODEL_POLICY_MEMORY, program.memory_size, needed);
    }
    return true;
}

bool terms_check(struct native_call *call, const struct model_terms *terms)
{
    return check_numbers(call, terms) && check_windows(call, terms) && check_servers(call, terms) &&
           check_policy(call, terms);
}
