#include "market/terms.h"

#include "base/checked.h"
#include "market/ledger.h"
#include "market/members.h"
#include "market/reference.h"
#include "market/servers.h"
#include "vm/policy.h"
#include "vm/transaction.h"

bool terms_round_cost(const struct model_terms *terms, uint64_t *cost)
{
    return checked_mul(cost, terms->server_fee, terms->server_count) &&
           checked_add(cost, *cost, terms->reward);
}

struct norm_params terms_norm_params(const struct model_terms *terms)
{
    return (struct norm_params){
        .dimension = terms->dimension,
        .bound = terms->norm_bound,
        .server_count = (uint8_t)terms->server_count,
        .degree = terms->threshold,
        .rows = terms->rows,
        .sketch_rows = terms->sketch_rows,
        .sketched = (terms->modes & MODE_PAIRS) != 0,
        .owners_min = terms->owners_min,
        .owners_max = terms->owners_max,
        .reference = (enum norm_reference)terms->reference_test,
        .reference_bits = terms->reference_bits,
        .reference_drop = terms->reference_drop,
        .reference_rest = terms->reference_rest,
        .kappa = terms->kappa,
        .threshold = (int64_t)terms->reference_score,
    };
}

static enum norm_status layout_of(struct norm_layout *out, const struct model_terms *terms)
{
    const struct norm_params params = terms_norm_params(terms);
    return norm_layout_init(out, &params);
}

void terms_layout(struct norm_layout *out, const struct model_terms *terms)
{
    enum norm_status status = layout_of(out, terms);
    assert(status == NORM_OK && "terms were checked");
    (void)status;
}

uint64_t terms_justify_gas(const struct model_terms *terms)
{
    struct norm_layout layout;
    terms_layout(&layout, terms);
    uint64_t elements = (uint64_t)terms->dimension + layout.aux_count;
    return elements * TERMS_JUSTIFY_ELEMENT_GAS +
           (uint64_t)terms->dimension * terms->sketch_rows / TERMS_JUSTIFY_ENTRIES;
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

static uint64_t sketch_rows_max(const struct model_terms *terms)
{
    return (terms->modes & MODE_PAIRS) != 0 ? MARKET_ROWS_MAX : terms->rows;
}

/* n_max B < p / 2 holds for every owners_max and norm_bound that pass: 2000 * 2^25. */
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
        {REFUSAL_MODEL_ROWS, terms->rows, MARKET_ROWS_MIN, MARKET_ROWS_MAX},
        {REFUSAL_MODEL_SKETCH_ROWS, terms->sketch_rows, terms->rows, sketch_rows_max(terms)},
        {REFUSAL_MODEL_MODES, terms->modes, 0, MODE_ALL},
    };
    return check_ranges(call, ranges, ARRAY_COUNT(ranges));
}

/* Functionals of one update that a round shows; d / 64 are few enough to hide it (pv-snip 6d). */
static bool check_functionals(struct native_call *call, const struct model_terms *terms)
{
    uint64_t shown = (terms->modes & MODE_PAIRS) != 0 ? terms->sketch_rows : 0;
    shown += (terms->modes & MODE_SCORE) != 0;
    shown += (terms->modes & MODE_DISTANCE) != 0;
    shown += (terms->modes & MODE_CREDIT) != 0;
    uint64_t bound = terms->dimension / 64;
    return shown <= bound || refuse(call, REFUSAL_MODEL_FUNCTIONALS, shown, bound);
}

static bool check_modes(struct native_call *call, const struct model_terms *terms)
{
    uint32_t modes = terms->modes;
    uint32_t pairs_servers = 3U * terms->threshold + 1U;
    if ((modes & MODE_PAIRS) != 0 && terms->server_count < pairs_servers) {
        return refuse(call, REFUSAL_MODEL_PAIRS, terms->server_count, pairs_servers);
    }
    bool needed =
        (modes & (MODE_SCORE | MODE_DISTANCE)) != 0 || terms->reference_test != NORM_REFERENCE_NONE;
    if ((modes & MODE_PAD) != 0 && (modes & MODE_CREDIT) != 0) {
        return refuse(call, REFUSAL_MODEL_PAD_CREDIT, modes, 0);
    }
    if (needed == hash_is_zero(&terms->reference)) {
        return refuse(call, REFUSAL_MODEL_REFERENCE, modes, 0);
    }
    if (terms->reward_rule == REWARD_CREDIT && (modes & MODE_CREDIT) == 0) {
        return refuse(call, REFUSAL_MODEL_CREDIT_RULE, modes, MODE_CREDIT);
    }
    if ((modes & MODE_PAIRS) != 0 && terms->owners_max > MARKET_PAIRS_OWNERS_MAX) {
        return refuse(call, REFUSAL_MODEL_PAIRS_OWNERS, terms->owners_max, MARKET_PAIRS_OWNERS_MAX);
    }
    return check_functionals(call, terms);
}

/* Multi-Krum needs 2 f + 2 <= N - m of every N that a round may have. */
static bool check_selection(struct native_call *call, const struct model_terms *terms)
{
    bool krum = terms->select_rule == SELECT_KRUM;
    bool sigma = terms->select_rule == SELECT_SIGMA;
    uint32_t needed = krum ? MODE_PAIRS : MODE_PAIRS | MODE_DISTANCE;
    if (terms->select_rule != SELECT_ALL && (terms->modes & needed) == 0) {
        return refuse(call, REFUSAL_MODEL_SELECT, terms->select_rule, needed);
    }
    uint32_t least = 2U * terms->krum_faults + 2U + terms->krum_count;
    bool fits = krum ? terms->krum_count >= terms->owners_min && least <= terms->owners_max
                     : terms->krum_count == 0 && terms->krum_faults == 0;
    if (!fits) {
        return refuse(call, REFUSAL_MODEL_KRUM, least, terms->owners_max);
    }
    return sigma == (terms->sigma_lambda > 0) ||
           refuse(call, REFUSAL_MODEL_SIGMA, terms->sigma_lambda, 0);
}

/* A dispute must fit in a block, or nothing could be proven in it, and a server that is blamed for no
 * reason would have to leave. `elements` go into its sidecar. */
static bool check_justify(struct native_call *call, const struct model_terms *terms,
                          uint64_t elements)
{
    struct parameters parameters;
    uint64_t gas;
    parameters_load(call->state, &parameters);
    bool fits =
        checked_mul(&gas, ledger_sidecar_bytes(elements * FIELD_SIZE), parameters.gas_per_byte) &&
        checked_add(&gas, gas, terms_justify_gas(terms) + TERMS_JUSTIFY_BASE_GAS) &&
        gas <= parameters.gas_limit_max;
    return fits || refuse(call, REFUSAL_MODEL_JUSTIFY_GAS, gas, parameters.gas_limit_max);
}

/* The proof's own rules, and that one server's ciphertexts, with the reference where a dispute needs
 * it, fit in a sidecar. */
static bool check_layout(struct native_call *call, const struct model_terms *terms)
{
    struct norm_layout layout;
    if (layout_of(&layout, terms) != NORM_OK) {
        return refuse(call, REFUSAL_MODEL_REFERENCE_TEST, terms->reference_test, 0);
    }
    unsigned vectors = terms->reference_test != NORM_REFERENCE_NONE ? 2 : 1;
    uint64_t bound = (TRANSACTION_SIDECAR_MAX / FIELD_SIZE - layout.aux_count) / vectors;
    if (terms->dimension > bound) {
        return refuse(call, REFUSAL_MODEL_DIMENSION, terms->dimension, bound);
    }
    return check_justify(call, terms, (uint64_t)vectors * terms->dimension + layout.aux_count);
}

/* No window is so short that leaders who keep a message out of their blocks, less than a third of the
 * validators, could make an honest sender silent: one leader of the others has a turn in it. */
static uint64_t window_low(const struct native_call *call, const struct parameters *parameters)
{
    struct validators validators;
    members_load(call->state, call->block->height, &validators);
    uint64_t least = validators.count / 3 + 2;
    return parameters->window_min > least ? parameters->window_min : least;
}

static bool check_windows(struct native_call *call, const struct model_terms *terms)
{
    struct parameters parameters;
    parameters_load(call->state, &parameters);
    uint64_t low = window_low(call, &parameters);
    uint64_t high = parameters.window_max;
    const struct range ranges[] = {
        {REFUSAL_MODEL_PAD_WINDOW, terms->pad_window, low, high},
        {REFUSAL_MODEL_COMMIT_WINDOW, terms->commit_window, low, high},
        {REFUSAL_MODEL_PROVE_WINDOW, terms->prove_window, low, high},
        {REFUSAL_MODEL_PUBLISH_WINDOW, terms->publish_window,
         TERMS_PUBLISH_BLOCKS + terms->publish_cap / parameters.block_bytes_max, UINT32_MAX},
        {REFUSAL_MODEL_PUBLISH_WINDOW, terms->publish_window, low, high},
        {REFUSAL_MODEL_CLAIM_WINDOW, terms->claim_window, low, high},
        {REFUSAL_MODEL_JUSTIFY_WINDOW, terms->justify_window, low, high},
        {REFUSAL_MODEL_VALUES_WINDOW, terms->values_window, low, high},
        {REFUSAL_MODEL_CREDIT_WINDOW, terms->credit_window, low, high},
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
        if (terms->server_fee < server.fee_min) {
            return refuse(call, REFUSAL_MODEL_SERVER_FEE, terms->server_fee, server.fee_min);
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
    return check_numbers(call, terms) && check_modes(call, terms) && check_selection(call, terms) &&
           check_layout(call, terms) && check_windows(call, terms) && check_servers(call, terms) &&
           check_policy(call, terms) && reference_check(call, terms);
}
