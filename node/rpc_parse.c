#include "node/rpc_parse.h"

#include "p2p/json_schema.h"

#include <stdio.h>
#include <string.h>

const char *rpc_code_name(int code)
{
    static const struct {
        int code;
        const char *name;
    } rows[] = {
        {RPC_PARSE_ERROR, "PARSE_ERROR"},
        {RPC_INVALID_REQUEST, "INVALID_REQUEST"},
        {RPC_METHOD_NOT_FOUND, "METHOD_NOT_FOUND"},
        {RPC_INVALID_PARAMS, "INVALID_PARAMS"},
        {RPC_INTERNAL_ERROR, "INTERNAL_ERROR"},
        {RPC_NOT_FOUND, "NOT_FOUND"},
        {RPC_PRUNED, "PRUNED"},
        {RPC_BUSY, "BUSY"},
        {RPC_SYNCING, "SYNCING"},
        {RPC_NOT_CERTIFIED_YET, "NOT_CERTIFIED_YET"},
        {RPC_TRANSACTION_INVALID, "TRANSACTION_INVALID"},
        {RPC_TRANSACTION_REFUSED, "TRANSACTION_REFUSED"},
        {RPC_MEMPOOL_REFUSED, "MEMPOOL_REFUSED"},
    };
    for (size_t i = 0; i < ARRAY_COUNT(rows); i++) {
        if (rows[i].code == code) {
            return rows[i].name;
        }
    }
    return "INTERNAL_ERROR";
}

static bool id_allowed(const json_t *id)
{
    return json_is_string(id) || json_is_integer(id) || json_is_null(id);
}

static const char *find_fault(const json_t *call)
{
    const char *version = json_string_value(json_object_get(call, "jsonrpc"));
    const json_t *method = json_object_get(call, "method");
    const json_t *params = json_object_get(call, "params");
    if (!json_is_object(call)) {
        return "a call is an object";
    }
    if (version == NULL || strcmp(version, "2.0") != 0) {
        return "jsonrpc: \"2.0\" is expected";
    }
    if (json_object_get(call, "id") != NULL && !id_allowed(json_object_get(call, "id"))) {
        return "id: a text, a whole number or null is expected";
    }
    if (!json_is_string(method) || json_string_length(method) == 0 ||
        json_string_length(method) > RPC_METHOD_MAX) {
        return "method: a text of 1 to 64 characters is expected";
    }
    if (params != NULL && !json_is_object(params)) {
        return "params: an object of named parameters is expected";
    }
    return NULL;
}

static void parse_call(struct rpc_request_call *out, const json_t *call)
{
    const json_t *id = json_object_get(call, "id");
    out->error = find_fault(call);
    out->valid = out->error == NULL;
    out->id = id == NULL || id_allowed(id) ? id : NULL;
    if (out->valid) {
        out->method = json_string_value(json_object_get(call, "method"));
        out->params = json_object_get(call, "params");
    }
}

static bool refuse(struct rpc_request *request, int *code, char *error, size_t size,
                   const char *text)
{
    rpc_request_close(request);
    *code = RPC_INVALID_REQUEST;
    (void)snprintf(error, size, "%s", text);
    return false;
}

bool rpc_request_parse(struct rpc_request *out, struct bytes body, int *code, char *error,
                       size_t error_size)
{
    memset(out, 0, sizeof(*out));
    out->root = json_text_parse(body, error, error_size);
    if (out->root == NULL) {
        *code = RPC_PARSE_ERROR;
        return false;
    }
    out->batch = json_is_array(out->root);
    if (!out->batch && !json_is_object(out->root)) {
        return refuse(out, code, error, error_size, "the body is no object and no list of calls");
    }
    out->count = out->batch ? json_array_size(out->root) : 1;
    if (out->count == 0) {
        return refuse(out, code, error, error_size, "an empty batch");
    }
    if (out->count > RPC_BATCH_MAX) {
        return refuse(out, code, error, error_size, "a batch of more than 10 calls");
    }
    for (size_t i = 0; i < out->count; i++) {
        parse_call(&out->calls[i], out->batch ? json_array_get(out->root, i) : out->root);
    }
    return true;
}

void rpc_request_close(struct rpc_request *request)
{
    json_decref(request->root);
    memset(request, 0, sizeof(*request));
}
