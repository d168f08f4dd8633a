#include "market/servers.h"

#include <string.h>

#include "base/checked.h"
#include "market/events.h"
#include "market/operands.h"
#include "market/roles.h"

bool server_load(struct state *state, const struct address *address, struct server *out)
{
    struct market_key key;
    key_server(&key, address);
    return record_load(state, &key, &server_schema, out);
}

static void store(struct state *state, const struct address *address, const struct server *server)
{
    struct market_key key;
    key_server(&key, address);
    record_store(state, &key, &server_schema, server);
}

void server_message(struct hash *out, const struct hash *chain_id, const struct address *address,
                    const struct point *encryption_key)
{
    struct sha256 sha;
    sha256_init_tagged(&sha, "souk/server/v1");
    sha256_add(&sha, BYTES_OF(*chain_id));
    sha256_add(&sha, BYTES_OF(*address));
    sha256_add(&sha, BYTES_OF(*encryption_key));
    sha256_finish(&sha, out);
}

static bool host_character(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-';
}

bool server_endpoint_valid(struct bytes endpoint, uint64_t *wrong)
{
    static const char scheme[] = "http://";
    size_t at = 0;
    size_t host = sizeof(scheme) - 1;
    while (at < host) {
        if (at >= endpoint.size || endpoint.data[at] != (uint8_t)scheme[at]) {
            *wrong = at;
            return false;
        }
        at++;
    }
    while (at < endpoint.size && host_character(endpoint.data[at])) {
        at++;
    }
    *wrong = at;
    if (at == host || at >= endpoint.size || endpoint.data[at] != ':') {
        return false;
    }
    uint32_t port = 0;
    for (at++; at < endpoint.size; at++) {
        *wrong = at;
        bool digit = endpoint.data[at] >= '0' && endpoint.data[at] <= '9';
        port = digit ? port * 10 + (uint32_t)(endpoint.data[at] - '0') : 0;
        if (port == 0 || port > 65535) {
            return false;
        }
    }
    *wrong = at;
    return port != 0;
}

uint64_t server_penalise(struct state *state, const struct address *address, uint64_t amount)
{
    struct server server;
    bool known = server_load(state, address, &server);
    assert(known && "models name registered servers");
    (void)known;
    uint64_t taken = amount < server.stake ? amount : server.stake;
    server.stake -= taken;
    server.penalties++;
    store(state, address, &server);
    struct parameters parameters;
    parameters_load(state, &parameters);
    account_credit(state, &parameters.treasury, taken);
    return taken;
}

void server_count_model(struct state *state, const struct address *address, bool opened)
{
    struct server server;
    bool known = server_load(state, address, &server);
    assert(known && (opened || server.models_active > 0));
    (void)known;
    server.models_active = opened ? server.models_active + 1 : server.models_active - 1;
    store(state, address, &server);
}

static bool check_registration(struct native_call *call,
                               const struct server_register_operand *operand)
{
    struct parameters parameters;
    parameters_load(call->state, &parameters);
    if (operand->stake < parameters.server_stake_min) {
        return refuse(call, REFUSAL_SERVER_STAKE_TOO_SMALL, operand->stake,
                      parameters.server_stake_min);
    }
    uint64_t wrong;
    if (!server_endpoint_valid(operand->endpoint, &wrong)) {
        return refuse(call, REFUSAL_SERVER_ENDPOINT, wrong, 0);
    }
    if (!point_valid(&operand->encryption_key)) {
        return refuse(call, REFUSAL_SERVER_KEY_INVALID, 0, 0);
    }
    struct hash message;
    struct public_key key;
    server_message(&message, &call->block->chain_id, &call->sender, &operand->encryption_key);
    memcpy(key.bytes, operand->encryption_key.bytes + 1, sizeof(key.bytes));
    if (!signature_check(&operand->proof, &key, &message)) {
        return refuse(call, REFUSAL_SERVER_PROOF_WRONG, 0, 0);
    }
    return true;
}

/* A server that comes back keeps its number. */
static uint32_t number_of(struct native_call *call, bool known, const struct server *server)
{
    if (known) {
        return server->index;
    }
    struct chain_record chain;
    chain_load(call->state, &chain);
    uint32_t index = chain.server_count++;
    chain_store(call->state, &chain);
    struct market_key key;
    key_server_index(&key, index);
    state_put(call->state, key_bytes(&key), BYTES_OF(call->sender));
    return index;
}

bool servers_register(struct native_call *call)
{
    const struct server_register_operand *operand = call->operand;
    struct server server;
    if (!role_require(call, ROLE_SERVER)) {
        return false;
    }
    bool known = server_load(call->state, &call->sender, &server);
    if (server.registered) {
        return refuse(call, REFUSAL_SERVER_TWICE, server.index, 0);
    }
    if (!check_registration(call, operand) ||
        !account_take(call, operand->stake, REFUSAL_BALANCE_TOO_SMALL)) {
        return false;
    }
    server.index = number_of(call, known, &server);
    server.encryption_key = operand->encryption_key;
    server.stake = operand->stake;
    server.fee_min = operand->fee_min;
    server.registered = true;
    server.endpoint = operand->endpoint;
    store(call->state, &call->sender, &server);
    struct event_server event = {call->sender, server.index, server.stake};
    events_add(call->events, EVENT_SERVER_REGISTERED, &event);
    return true;
}

bool servers_leave(struct native_call *call)
{
    struct server server;
    (void)server_load(call->state, &call->sender, &server);
    if (!server.registered) {
        return refuse(call, REFUSAL_SERVER_UNKNOWN, 0, 0);
    }
    if (server.models_active > 0) {
        return refuse(call, REFUSAL_SERVER_BUSY, server.models_active, 0);
    }
    struct event_server event = {call->sender, server.index, server.stake};
    server.registered = false;
    server.stake = 0;
    store(call->state, &call->sender, &server);
    account_credit(call->state, &call->sender, event.stake);
    events_add(call->events, EVENT_SERVER_LEFT, &event);
    return true;
}

bool servers_stake(struct native_call *call)
{
    const struct server_stake_operand *operand = call->operand;
    struct server server;
    (void)server_load(call->state, &call->sender, &server);
    if (!server.registered) {
        return refuse(call, REFUSAL_SERVER_UNKNOWN, 0, 0);
    }
    if (operand->amount == 0) {
        return refuse(call, REFUSAL_AMOUNT_ZERO, 0, 1);
    }
    if (!account_take(call, operand->amount, REFUSAL_BALANCE_TOO_SMALL)) {
        return false;
    }
    /* What account_take() wrote ends the loan of the endpoint. */
    (void)server_load(call->state, &call->sender, &server);
    bool fits = checked_add(&server.stake, server.stake, operand->amount);
    assert(fits && "all units together fit");
    (void)fits;
    struct event_server event = {call->sender, server.index, server.stake};
    store(call->state, &call->sender, &server);
    events_add(call->events, EVENT_SERVER_STAKED, &event);
    return true;
}
