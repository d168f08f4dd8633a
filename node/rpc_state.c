#include "node/rpc_prove.h"

static json_t *role_names(uint8_t roles)
{
    static const struct {
        enum role role;
        const char *name;
    } rows[] = {{ROLE_ADMIN, "admin"},
                {ROLE_PUBLISHER, "publisher"},
                {ROLE_CONTRIBUTOR, "contributor"},
                {ROLE_SERVER, "server"}};
    json_t *list = json_array();
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if ((roles & (uint8_t)rows[i].role) != 0) {
            (void)json_array_append_new(list, json_string(rows[i].name));
        }
    }
    return list;
}

static json_t *state_account(struct rpc_call *call)
{
    struct address address;
    struct market_key key;
    struct account account = {0};
    if (!rpc_take_address(call, "address", &address)) {
        return NULL;
    }
    key_account(&key, &address);
    bool exists = rpc_load(call, &key, &account_schema, &account);
    json_t *json = json_object();
    (void)json_object_set_new(json, "address", json_address(&address, rpc_prefix(call)));
    (void)json_object_set_new(json, "exists", json_boolean(exists));
    (void)json_object_set_new(json, "account", rpc_record(call, &account_schema, &account));
    (void)json_object_set_new(json, "role_names", role_names(account.roles));
    (void)json_object_set_new(
        json, "pending_nonce",
        json_u64(mempool_next_nonce(call->node->pool, &address, account.nonce)));
    return rpc_prove_state(call, key_bytes(&key), json);
}

static json_t *state_get_value(struct rpc_call *call)
{
    struct buffer key = {0};
    struct buffer value = {0};
    json_t *json = NULL;
    if (rpc_take_bytes(call, "key", &key, STATE_KEY_MAX)) {
        if (key.size == 0) {
            (void)rpc_refuse(call, RPC_INVALID_PARAMS, "key: empty, 1 to 64 bytes are expected");
        } else {
            bool found = state_snapshot_get(call->snapshot, buffer_bytes(&key), &value);
            json = json_object();
            (void)json_object_set_new(json, "found", json_boolean(found));
            (void)json_object_set_new(json, "value", json_hex(buffer_bytes(&value)));
            json = rpc_prove_state(call, buffer_bytes(&key), json);
        }
    }
    buffer_close(&key);
    buffer_close(&value);
    return json;
}

const struct rpc_method rpc_state_methods[] = {
    {"state_account", state_account, {"address", "prove", "timeout_ms"}, false},
    {"state_get", state_get_value, {"key", "prove", "timeout_ms"}, false},
    {NULL, NULL, {NULL}, false},
};
