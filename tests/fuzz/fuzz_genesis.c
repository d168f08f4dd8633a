/* A genesis from outside: decoded, checked, and applied where it is right. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "market/genesis.h"
#include "market/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool get_nothing(void *context, struct bytes key, struct buffer *value)
{
    (void)context;
    (void)key;
    (void)value;
    return false;
}

static void apply(const struct genesis *genesis)
{
    const struct state_source source = {NULL, get_nothing};
    struct state *state = state_new(&source);
    if (!genesis_is_fork(genesis)) {
        genesis_apply(genesis, state);
    }
    ledger_assert_conserved(state);
    state_free(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct genesis *genesis = memory_new(sizeof(*genesis));
    char error[200];
    struct bytes input = {data, size};
    if (schema_decode(&genesis_schema, genesis, input, error, sizeof(error))) {
        struct buffer again = {0};
        schema_write(&again, &genesis_schema, genesis);
        if (!bytes_equal(buffer_bytes(&again), input)) {
            abort();
        }
        buffer_close(&again);
        if (genesis_check(genesis, error, sizeof(error))) {
            apply(genesis);
        } else if (strlen(error) == 0) {
            abort();
        }
    }
    free(genesis);
    return 0;
}
