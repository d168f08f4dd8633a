/* The parameters of a chain: their ranges, and how they change.
 *
 * A change that passes in block h holds from block h + 2 on, like a new set of validators: everybody
 * who checks the body of block h + 2 knows it by then. */
#ifndef MARKET_PARAMETER_RULES_H
#define MARKET_PARAMETER_RULES_H

#include "market/governance_records.h"
#include "vm/native.h"

#define PARAMETER_DELAY 2 /* blocks from the decision */

/* Ranges of parameters that are no other field's affair. */
#define PARAMETER_GAS_LIMIT_MIN          1000000
#define PARAMETER_GAS_SHARE              4 /* a signature costs at most this part of the limit */
#define PARAMETER_GAS_BYTES              65536   /* so many bytes are within the limit of gas */
#define PARAMETER_PRICE_FACTOR           10      /* by which one proposal may raise gas_price_min */
#define PARAMETER_WINDOW_MAX             1000000 /* heights */
#define PARAMETER_BLOCK_BYTES_MAX        4194304 /* what consensus carries */
#define PARAMETER_BLOCK_TRANSACTIONS_MAX 100000
#define PARAMETER_INTERVAL_MS_MAX        3600000

/* All but the treasury may change. */
enum parameter {
    PARAMETER_GAS_PRICE_MIN,
    PARAMETER_GAS_PER_TRANSACTION,
    PARAMETER_GAS_PER_BYTE,
    PARAMETER_GAS_LIMIT,
    PARAMETER_SERVER_STAKE,
    PARAMETER_SERVER_PENALTY,
    PARAMETER_WINDOW_LOW,
    PARAMETER_WINDOW_HIGH,
    PARAMETER_BLOCK_BYTES,
    PARAMETER_BLOCK_TRANSACTIONS,
    PARAMETER_INTERVAL,
    PARAMETER_COUNT,
};

/* Names in their order, as in the genesis: "gas_price_min". */
extern const char *const parameter_names[PARAMETER_COUNT];

uint64_t parameter_get(const struct parameters *parameters, enum parameter parameter);

/* Set one; false, and nothing changes, where it has no room for the value. */
NODISCARD bool parameter_set(struct parameters *parameters, enum parameter parameter,
                             uint64_t value);

/* A parameter that is out of its range. */
struct parameter_fault {
    enum parameter parameter;
    uint64_t got;
    uint64_t low; /* the range */
    uint64_t high;
};

/* False with the first fault. The treasury is not looked at. */
NODISCARD bool parameters_valid(const struct parameters *parameters, struct parameter_fault *fault);

/* The parameters of block `height`, at most two above the last executed one. */
void parameters_at(struct state *state, uint64_t height, struct parameters *out);

/* Put the change into force that begins with this block. */
void parameters_begin_block(struct state *state, const struct block_context *block);

#endif /* MARKET_PARAMETER_RULES_H */
