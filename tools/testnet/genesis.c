#include "tools/testnet/genesis.h"

#include <stdio.h>
#include <stdlib.h>

#include "p2p/json_schema.h"

void genesis_begin(struct genesis *genesis, const struct net *net, uint64_t time_ms)
{
    genesis->version = 1;
    genesis->network = bytes_of_text("souk-testnet");
    genesis->address_prefix = bytes_of_text(NET_PREFIX);
    genesis->time_ms = time_ms;
    genesis->parameters = (struct parameters){
        .gas_price_min = 1,
        .gas_per_transaction = 5000,
        .gas_per_byte = 1,
        .gas_limit_max = 100000000,
        .server_stake_min = 10000000,
        .server_penalty = 1000000,
        .window_min = 10,
        .window_max = 100000,
        .block_bytes_max = UINT64_C(4) * 1024 * 1024,
        .block_transactions_max = 5000,
        .empty_block_interval_ms = net->empty_block_interval_ms,
    };
}

void genesis_add_validator(struct genesis *genesis, struct genesis_names *names,
                           const struct part *part, const struct public_key *key,
                           const struct point *node_key)
{
    char *name = names->validators[genesis->validator_count];
    (void)snprintf(name, GENESIS_NAME_MAX, "%.*s", GENESIS_NAME_MAX - 1, part->name);
    genesis->validators[genesis->validator_count++] = (struct genesis_validator){
        .name = bytes_of_text(name), .public_key = *key, .node_key = *node_key};
}

void genesis_add_account(struct genesis *genesis, const struct address *address, uint64_t balance,
                         uint8_t roles)
{
    genesis->accounts[genesis->account_count++] =
        (struct genesis_account){.address = *address, .balance = balance, .roles = roles};
}

bool genesis_write(struct buffer *out, const struct genesis *genesis, struct fault *fault)
{
    char error[200];
    if (!genesis_check(genesis, error, sizeof(error))) {
        return fault_set(fault, "%s", error);
    }
    json_t *json = json_schema_write(&genesis_schema, genesis, NET_PREFIX);
    char *text = json_dumps(json, JSON_INDENT(2));
    json_decref(json);
    buffer_append_text(out, text);
    buffer_append_text(out, "\n");
    free(text);
    return true;
}
