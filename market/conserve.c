#include "market/ledger.h"

#include <string.h>

/* Units in a record, modulo 2^64: a sum over all of them is the supply, which fits. */
struct units {
    uint64_t held;
    uint64_t supply;
};

static void decode(const struct schema *schema, void *out, struct bytes value)
{
    bool decoded = schema_decode(schema, out, value, NULL, 0);
    assert(decoded && "the state is corrupt");
    (void)decoded;
}

static struct units units_of(struct bytes key, struct bytes value)
{
    struct units units = {0};
    struct chain_record chain;
    struct account account;
    struct server server;
    struct model model;
    struct round round;
    switch (key.data[0]) {
    case KEY_CHAIN:
        decode(&chain_record_schema, &chain, value);
        units.supply = chain.supply;
        break;
    case KEY_ACCOUNT:
        decode(&account_schema, &account, value);
        units.held = account.balance;
        break;
    case KEY_SERVER:
        decode(&server_schema, &server, value);
        units.held = server.stake;
        break;
    case KEY_MODEL:
        decode(&model_schema, &model, value);
        units.held = model.escrow;
        break;
    case KEY_ROUND:
        decode(&round_schema, &round, value);
        units.held = round.escrow + round.stakes;
        break;
    default: /* Not an enumeration's switch: other kinds hold no units. */
        break;
    }
    return units;
}

void ledger_assert_conserved(struct state *state)
{
    size_t count;
    uint64_t held = 0;
    uint64_t supply = 0;
    const struct state_change *changes = state_changes(state, &count);
    for (size_t i = 0; i < count; i++) {
        struct bytes before;
        if (!changes[i].erased) {
            struct units now = units_of(changes[i].key, changes[i].value);
            held += now.held;
            supply += now.supply;
        }
        if (state_get_below(state, changes[i].key, &before)) {
            struct units then = units_of(changes[i].key, before);
            held -= then.held;
            supply -= then.supply;
        }
    }
    assert(held == supply && "units were made or lost");
}
