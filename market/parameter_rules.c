#include "market/parameter_rules.h"

#include "market/accounts.h"
#include "vm/transaction.h"

/* One largest transaction fits into a block. */
#define BLOCK_BYTES_MIN ENVELOPE_SIZE_MAX

const char *const parameter_names[PARAMETER_COUNT] = {
    "gas_price_min",
    "gas_per_transaction",
    "gas_per_byte",
    "gas_limit_max",
    "server_stake_min",
    "server_penalty",
    "window_min",
    "window_max",
    "block_bytes_max",
    "block_transactions_max",
    "empty_block_interval_ms",
};

#define MEMBER(member)                                                                             \
    {                                                                                              \
        offsetof(struct parameters, member), sizeof(((struct parameters *)0)->member)              \
    }
static const struct {
    size_t offset;
    size_t size;
} members[PARAMETER_COUNT] = {
    MEMBER(gas_price_min),
    MEMBER(gas_per_transaction),
    MEMBER(gas_per_byte),
    MEMBER(gas_limit_max),
    MEMBER(server_stake_min),
    MEMBER(server_penalty),
    MEMBER(window_min),
    MEMBER(window_max),
    MEMBER(block_bytes_max),
    MEMBER(block_transactions_max),
    MEMBER(empty_block_interval_ms),
};

uint64_t parameter_get(const struct parameters *parameters, enum parameter parameter)
{
    assert((unsigned)parameter < PARAMETER_COUNT);
    return schema_load_integer((const uint8_t *)parameters + members[parameter].offset,
                               members[parameter].size);
}

bool parameter_set(struct parameters *parameters, enum parameter parameter, uint64_t value)
{
    assert((unsigned)parameter < PARAMETER_COUNT);
    if (members[parameter].size == sizeof(uint32_t) && value > UINT32_MAX) {
        return false;
    }
    schema_store_integer((uint8_t *)parameters + members[parameter].offset, members[parameter].size,
                         value);
    return true;
}

bool parameters_valid(const struct parameters *p, struct parameter_fault *fault)
{
    const struct {
        enum parameter parameter;
        uint64_t low, high;
    } ranges[] = {
        {PARAMETER_GAS_LIMIT, PARAMETER_GAS_LIMIT_MIN, UINT64_MAX},
        {PARAMETER_GAS_PER_TRANSACTION, 0, p->gas_limit_max / PARAMETER_GAS_SHARE},
        {PARAMETER_GAS_PER_BYTE, 0, p->gas_limit_max / PARAMETER_GAS_BYTES},
        {PARAMETER_SERVER_STAKE, 1, UINT64_MAX},
        {PARAMETER_SERVER_PENALTY, 1, p->server_stake_min},
        {PARAMETER_WINDOW_LOW, 1, PARAMETER_WINDOW_MAX},
        {PARAMETER_WINDOW_HIGH, p->window_min, PARAMETER_WINDOW_MAX},
        {PARAMETER_BLOCK_BYTES, BLOCK_BYTES_MIN, PARAMETER_BLOCK_BYTES_MAX},
        {PARAMETER_BLOCK_TRANSACTIONS, 1, PARAMETER_BLOCK_TRANSACTIONS_MAX},
        {PARAMETER_INTERVAL, 1, PARAMETER_INTERVAL_MS_MAX},
    };
    for (size_t i = 0; i < ARRAY_COUNT(ranges); i++) {
        uint64_t got = parameter_get(p, ranges[i].parameter);
        if (got < ranges[i].low || got > ranges[i].high) {
            *fault =
                (struct parameter_fault){ranges[i].parameter, got, ranges[i].low, ranges[i].high};
            return false;
        }
    }
    return true;
}

static bool load_next(struct state *state, struct next_parameters *out)
{
    struct market_key key;
    key_next_parameters(&key);
    return record_load(state, &key, &next_parameters_schema, out);
}

void parameters_at(struct state *state, uint64_t height, struct parameters *out)
{
    struct next_parameters next;
    parameters_load(state, out);
    if (load_next(state, &next) && next.from_height <= height) {
        *out = next.parameters;
    }
}

void parameters_begin_block(struct state *state, const struct block_context *block)
{
    struct next_parameters next;
    if (load_next(state, &next) && next.from_height <= block->height) {
        struct market_key key;
        key_next_parameters(&key);
        record_erase(state, &key);
        key_parameters(&key);
        record_store(state, &key, &parameters_schema, &next.parameters);
    }
}
