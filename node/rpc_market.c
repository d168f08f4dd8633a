#include "node/rpc.h"
#include "node/rpc_prove.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The object of a model with its terms decoded; NULL where there is none. */
static json_t *model_object(struct rpc_call *call, uint64_t id)
{
    struct market_key key;
    struct model model;
    key_model(&key, id);
    if (!rpc_load(call, &key, &model_schema, &model)) {
        return NULL;
    }
    json_t *json = rpc_record(call, &model_schema, &model);
    struct model_terms *terms = memory_new(sizeof(*terms));
    if (schema_decode(&model_terms_schema, terms, model.terms, NULL, 0)) {
        (void)json_object_set_new(json, "terms", rpc_record(call, &model_terms_schema, terms));
    }
    free(terms);
    return json;
}

static json_t *market_model(struct rpc_call *call)
{
    uint64_t id;
    if (!rpc_take_u64(call, "model", &id, UINT64_MAX)) {
        return NULL;
    }
    json_t *model = model_object(call, id);
    if (model == NULL) {
        return rpc_refuse(call, RPC_NOT_FOUND, "model: there is no model %" PRIu64, id);
    }
    json_t *json = json_object();
    struct market_key key;
    (void)json_object_set_new(json, "model", model);
    key_model(&key, id);
    return rpc_prove_state(call, key_bytes(&key), json);
}

static void load_chain(struct rpc_call *call, struct chain_record *chain)
{
    struct market_key key;
    key_chain(&key);
    (void)rpc_load(call, &key, &chain_record_schema, chain);
}

static json_t *market_models(struct rpc_call *call)
{
    uint64_t from;
    uint32_t count;
    struct chain_record chain;
    if (!rpc_take_u64_or(call, "from", &from, UINT64_MAX, 1) || !rpc_take_count(call, &count, 20)) {
        return NULL;
    }
    load_chain(call, &chain);
    json_t *list = json_array();
    uint64_t id = from == 0 ? 1 : from;
    for (; id <= chain.model_count && json_array_size(list) < count; id++) {
        (void)json_array_append_new(list, model_object(call, id));
    }
    json_t *json = json_object();
    (void)json_object_set_new(json, "models", list);
    (void)json_object_set_new(json, "next", id <= chain.model_count ? json_u64(id) : json_null());
    return json;
}

static bool take_round(struct rpc_call *call, struct round *round)
{
    uint64_t model;
    uint64_t number;
    struct market_key key;
    if (!rpc_take_u64(call, "model", &model, UINT64_MAX) ||
        !rpc_take_u64(call, "round", &number, UINT32_MAX)) {
        return false;
    }
    key_round(&key, model, (uint32_t)number);
    if (!rpc_load(call, &key, &round_schema, round)) {
        (void)rpc_refuse(call, RPC_NOT_FOUND, "round: model %" PRIu64 " has no round %" PRIu64,
                         model, number);
        return false;
    }
    return true;
}

static json_t *participant_object(struct rpc_call *call, const struct round *round, uint16_t index)
{
    struct market_key key;
    struct participant participant;
    key_participant(&key, round->model, round->number, index);
    if (!rpc_load(call, &key, &participant_schema, &participant)) {
        return NULL;
    }
    json_t *json = rpc_record(call, &participant_schema, &participant);
    (void)json_object_set_new(json, "index", json_integer(index));
    return json;
}

/* Add a page of participants to `json`. */
static bool add_participants(struct rpc_call *call, const struct round *round, json_t *json)
{
    uint64_t from;
    uint32_t count;
    if (!rpc_take_u64_or(call, "from", &from, UINT16_MAX, 0) ||
        !rpc_take_count(call, &count, RPC_PAGE_MAX)) {
        return false;
    }
    json_t *list = json_array();
    uint64_t index = from;
    for (; index < round->joined && json_array_size(list) < count; index++) {
        json_t *one = participant_object(call, round, (uint16_t)index);
        if (one != NULL) {
            (void)json_array_append_new(list, one);
        }
    }
    (void)json_object_set_new(json, "participants", list);
    (void)json_object_set_new(json, "next", index < round->joined ? json_u64(index) : json_null());
    return true;
}

static json_t *market_participants(struct rpc_call *call)
{
    struct round round;
    if (!take_round(call, &round)) {
        return NULL;
    }
    json_t *json = json_object();
    if (!add_participants(call, &round, json)) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static json_t *market_round(struct rpc_call *call)
{
    struct round round;
    if (!take_round(call, &round)) {
        return NULL;
    }
    struct market_key key;
    json_t *json = json_object();
    (void)json_object_set_new(json, "round", rpc_record(call, &round_schema, &round));
    if (!add_participants(call, &round, json)) {
        json_decref(json);
        return NULL;
    }
    key_round(&key, round.model, round.number);
    return rpc_prove_state(call, key_bytes(&key), json);
}

static json_t *market_participant(struct rpc_call *call)
{
    struct round round;
    struct address owner;
    struct market_key key;
    struct bytes seat;
    if (!take_round(call, &round) || !rpc_take_address(call, "owner", &owner)) {
        return NULL;
    }
    key_seat(&key, round.model, round.number, &owner);
    if (!state_get(rpc_state(call), key_bytes(&key), &seat) || seat.size != sizeof(uint16_t)) {
        return rpc_refuse(call, RPC_NOT_FOUND, "owner: it did not join this round");
    }
    uint16_t index = (uint16_t)(seat.data[0] | (seat.data[1] << 8));
    json_t *participant = participant_object(call, &round, index);
    if (participant == NULL) {
        return rpc_refuse(call, RPC_INTERNAL_ERROR, "seat %u has no participant", index);
    }
    json_t *json = json_object();
    (void)json_object_set_new(json, "index", json_integer(index));
    (void)json_object_set_new(json, "participant", participant);
    return json;
}

static json_t *server_object(struct rpc_call *call, const struct address *address)
{
    struct market_key key;
    struct server server;
    key_server(&key, address);
    return rpc_load(call, &key, &server_schema, &server) ? rpc_record(call, &server_schema, &server)
                                                         : NULL;
}

static json_t *market_server(struct rpc_call *call)
{
    struct address address;
    if (!rpc_take_address(call, "address", &address)) {
        return NULL;
    }
    json_t *server = server_object(call, &address);
    if (server == NULL) {
        return rpc_refuse(call, RPC_NOT_FOUND, "address: it is no registered server");
    }
    json_t *json = json_object();
    (void)json_object_set_new(json, "address", json_address(&address, rpc_prefix(call)));
    struct market_key key;
    (void)json_object_set_new(json, "server", server);
    key_server(&key, &address);
    return rpc_prove_state(call, key_bytes(&key), json);
}

static void append_server(struct rpc_call *call, json_t *list, uint32_t index)
{
    struct market_key key;
    struct bytes value;
    struct address address;
    key_server_index(&key, index);
    if (!state_get(rpc_state(call), key_bytes(&key), &value) || value.size != sizeof(address)) {
        return;
    }
    memcpy(&address, value.data, sizeof(address));
    json_t *server = server_object(call, &address);
    if (server != NULL) {
        (void)json_object_set_new(server, "address", json_address(&address, rpc_prefix(call)));
        (void)json_array_append_new(list, server);
    }
}

static json_t *market_servers(struct rpc_call *call)
{
    uint64_t from;
    uint32_t count;
    struct chain_record chain;
    if (!rpc_take_u64_or(call, "from", &from, UINT32_MAX, 0) ||
        !rpc_take_count(call, &count, RPC_PAGE_MAX)) {
        return NULL;
    }
    load_chain(call, &chain);
    json_t *list = json_array();
    uint64_t index = from;
    for (; index < chain.server_count && index < from + count; index++) {
        append_server(call, list, (uint32_t)index);
    }
    json_t *json = json_object();
    (void)json_object_set_new(json, "servers", list);
    (void)json_object_set_new(json, "next",
                              index < chain.server_count ? json_u64(index) : json_null());
    return json;
}

const struct rpc_method rpc_market_methods[] = {
    {"market_model", market_model, {"model", "prove", "timeout_ms"}, false},
    {"market_models", market_models, {"from", "count"}, false},
    {"market_round",
     market_round,
     {"model", "round", "from", "count", "prove", "timeout_ms"},
     false},
    {"market_participants", market_participants, {"model", "round", "from", "count"}, false},
    {"market_participant", market_participant, {"model", "round", "owner"}, false},
    {"market_server", market_server, {"address", "prove", "timeout_ms"}, false},
    {"market_servers", market_servers, {"from", "count"}, false},
    {NULL, NULL, {NULL}, false},
};
