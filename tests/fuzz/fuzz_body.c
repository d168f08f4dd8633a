/* The body of a proposed block: walked, checked, and executed where it is right. Signatures are taken
 * as known for half of the inputs, so that what lies behind them is reached. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "market/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct parameters parameters = {.gas_limit_max = 100000,
                                             .server_stake_min = 10,
                                             .server_penalty = 1,
                                             .window_min = 1,
                                             .window_max = 10,
                                             .block_bytes_max = 2000000,
                                             .block_transactions_max = 100};

static bool get_parameters(void *context, struct bytes key, struct buffer *value)
{
    (void)context;
    if (key.size == 1 && key.data[0] == KEY_PARAMETERS) {
        schema_write(value, &parameters_schema, &parameters);
        return true;
    }
    return false;
}

static bool known(void *context, const struct hash *id)
{
    (void)id;
    return *(const bool *)context;
}

/* Every blob is here and all zeros: what a body names is executed once the node has it. */
static bool read_blob(void *context, const struct hash *root, uint32_t size, struct bytes *out)
{
    static uint8_t *zeros;
    (void)context;
    (void)root;
    zeros = zeros == NULL ? memory_new(LEDGER_BLOB_BYTES_MAX) : zeros;
    *out = (struct bytes){zeros, size};
    return size <= LEDGER_BLOB_BYTES_MAX;
}

static void execute(struct bytes body, const struct hash *chain_id)
{
    const struct state_source source = {NULL, get_parameters};
    struct state *state = state_new(&source);
    const struct block_context block = {
        .chain_id = *chain_id, .height = 1, .time_ms = 1, .blobs = {NULL, read_blob}};
    struct ledger_results results = {0};
    ledger_execute(state, &block, body, &results);
    ledger_results_close(&results);
    state_free(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hash chain_id = {{0}};
    struct hash root;
    char error[200] = "";
    bool trusted = size > 0 && (data[0] & 1) != 0;
    const struct ledger_body_rules rules = {&parameters, &chain_id, known, &trusted, NULL};
    struct bytes body = {size > 0 ? data + 1 : data, size > 0 ? size - 1 : 0};
    if (ledger_check_body(body, &rules, &root, error, sizeof(error))) {
        execute(body, &chain_id);
    } else if (strlen(error) == 0) {
        abort();
    }
    return 0;
}
