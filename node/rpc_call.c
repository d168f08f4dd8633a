#include "node/rpc_call.h"

#include "market/events.h"
#include "market/operands.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void rpc_call_open(struct rpc_call *call, struct node *node)
{
    memset(call, 0, sizeof(*call));
    call->node = node;
    call->snapshot = state_snapshot_open(node->store);
    state_snapshot_head(call->snapshot, &call->head);
}

void rpc_call_close(struct rpc_call *call)
{
    state_free(call->state);
    state_snapshot_close(call->snapshot);
    json_decref(call->error_data);
    call->state = NULL;
    call->snapshot = NULL;
    call->error_data = NULL;
}

json_t *rpc_refuse(struct rpc_call *call, int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    call->error_code = code;
    call->error_name = rpc_code_name(code);
    (void)vsnprintf(call->error, sizeof(call->error), format, arguments);
    va_end(arguments);
    return NULL;
}

json_t *rpc_refuse_as(struct rpc_call *call, int code, const char *name, const char *text)
{
    (void)rpc_refuse(call, code, "%s", text);
    call->error_name = name;
    return NULL;
}

/* Mark what a json_read_*() function wrote into call->error as the error. */
static bool parameter_fault(struct rpc_call *call)
{
    call->error_code = RPC_INVALID_PARAMS;
    call->error_name = rpc_code_name(RPC_INVALID_PARAMS);
    return false;
}

static bool find(struct rpc_call *call, const char *name, const json_t **out)
{
    *out = json_object_get(call->params, name);
    if (*out == NULL) {
        (void)rpc_refuse(call, RPC_INVALID_PARAMS, "%s: missing", name);
    }
    return *out != NULL;
}

bool rpc_take_u64(struct rpc_call *call, const char *name, uint64_t *out, uint64_t max)
{
    const json_t *json;
    if (!find(call, name, &json)) {
        return false;
    }
    return json_read_u64(out, json, max, name, call->error, sizeof(call->error)) ||
           parameter_fault(call);
}

bool rpc_take_u64_or(struct rpc_call *call, const char *name, uint64_t *out, uint64_t max,
                     uint64_t fallback)
{
    if (json_object_get(call->params, name) == NULL) {
        *out = fallback;
        return true;
    }
    return rpc_take_u64(call, name, out, max);
}

bool rpc_take_count(struct rpc_call *call, uint32_t *out, uint32_t fallback)
{
    uint64_t count;
    if (!rpc_take_u64_or(call, "count", &count, RPC_PAGE_MAX, fallback)) {
        return false;
    }
    if (count == 0) {
        (void)rpc_refuse(call, RPC_INVALID_PARAMS, "count: 0, at least 1 is expected");
        return false;
    }
    *out = (uint32_t)count;
    return true;
}

bool rpc_take_hash(struct rpc_call *call, const char *name, struct hash *out)
{
    const json_t *json;
    if (!find(call, name, &json)) {
        return false;
    }
    return json_read_hex(out->bytes, sizeof(out->bytes), json, name, call->error,
                         sizeof(call->error)) ||
           parameter_fault(call);
}

bool rpc_take_address(struct rpc_call *call, const char *name, struct address *out)
{
    const char *text;
    char line[200];
    if (!rpc_take_text(call, name, &text)) {
        return false;
    }
    if (text == NULL) {
        (void)rpc_refuse(call, RPC_INVALID_PARAMS, "%s: missing", name);
        return false;
    }
    if (!address_parse(out, rpc_prefix(call), text, line, sizeof(line))) {
        static const char kind[] = "address: ";
        bool twice = strcmp(name, "address") == 0 && strncmp(line, kind, sizeof(kind) - 1) == 0;
        (void)rpc_refuse(call, RPC_INVALID_PARAMS, "%s: %s", name,
                         twice ? line + sizeof(kind) - 1 : line);
        return false;
    }
    return true;
}

bool rpc_take_bytes(struct rpc_call *call, const char *name, struct buffer *out, size_t max)
{
    const json_t *json;
    if (!find(call, name, &json)) {
        return false;
    }
    const char *text = json_string_value(json);
    size_t digits = json_string_length(json);
    if (text != NULL && strncmp(text, "0x", 2) == 0) {
        digits -= 2;
    }
    if (text != NULL && (digits % 2 != 0 || digits / 2 > max)) {
        (void)rpc_refuse(call, RPC_INVALID_PARAMS,
                         "%s: %zu hexadecimal digits, an even number up to %zu is expected", name,
                         digits, 2 * max);
        return false;
    }
    buffer_reserve(out, digits / 2 + 1);
    if (!json_read_hex(out->data + out->size, digits / 2, json, name, call->error,
                       sizeof(call->error))) {
        return parameter_fault(call);
    }
    out->size += digits / 2;
    return true;
}

bool rpc_take_text(struct rpc_call *call, const char *name, const char **out)
{
    const json_t *json = json_object_get(call->params, name);
    *out = json_string_value(json);
    if (json != NULL && *out == NULL) {
        (void)rpc_refuse(call, RPC_INVALID_PARAMS, "%s: a text is expected", name);
        return false;
    }
    return true;
}

struct state *rpc_state(struct rpc_call *call)
{
    if (call->state == NULL) {
        struct state_source source = state_snapshot_source(call->snapshot);
        call->state = state_new(&source);
    }
    return call->state;
}

bool rpc_load(struct rpc_call *call, const struct market_key *key, const struct schema *schema,
              void *out)
{
    return record_load(rpc_state(call), key, schema, out);
}

const char *rpc_prefix(const struct rpc_call *call)
{
    return call->node->genesis->prefix;
}

json_t *rpc_record(const struct rpc_call *call, const struct schema *schema, const void *record)
{
    return json_schema_write(schema, record, rpc_prefix(call));
}

json_t *rpc_refusal(const struct refusal *refusal)
{
    size_t count;
    const struct refusal_text *texts = market_refusal_texts(&count);
    char sentence[256];
    refusal_print(sentence, sizeof(sentence), refusal, texts, count);
    json_t *json = json_object();
    (void)json_object_set_new(json, "code", json_integer(refusal->code));
    (void)json_object_set_new(json, "name", json_string(refusal_name(refusal->code, texts, count)));
    (void)json_object_set_new(json, "sentence", json_string(sentence));
    (void)json_object_set_new(json, "got", json_u64(refusal->got));
    (void)json_object_set_new(json, "want", json_u64(refusal->want));
    return json;
}

json_t *rpc_event_data(const struct node *node, const struct event *event)
{
    const struct schema *schema = event_schema(event->kind);
    uint64_t storage[EVENT_DATA_MAX]; /* eight times what the encoding may take */
    if (schema == NULL || schema->size > sizeof(storage) ||
        !schema_decode(schema, storage, event->data, NULL, 0)) {
        return json_hex(event->data);
    }
    return json_schema_write(schema, storage, node->genesis->prefix);
}

static json_t *receipt_events(const struct node *node, struct bytes events)
{
    json_t *list = json_array();
    size_t offset = 0;
    struct event event;
    while (receipt_next_event(events, &offset, &event)) {
        const char *name = event_name(event.kind);
        json_t *one = json_object();
        (void)json_object_set_new(one, "kind", json_integer(event.kind));
        (void)json_object_set_new(one, "name", json_string(name == NULL ? "unknown" : name));
        (void)json_object_set_new(one, "data", rpc_event_data(node, &event));
        (void)json_array_append_new(list, one);
    }
    return list;
}

json_t *rpc_receipt(const struct node *node, struct bytes encoded)
{
    struct receipt receipt;
    if (!schema_decode(&receipt_schema, &receipt, encoded, NULL, 0)) {
        return NULL;
    }
    bool ok = receipt.refusal.code == 0;
    json_t *json = json_object();
    (void)json_object_set_new(json, "transaction_id", json_hex(BYTES_OF(receipt.transaction_id)));
    (void)json_object_set_new(json, "ok", json_boolean(ok));
    (void)json_object_set_new(json, "refusal", ok ? json_null() : rpc_refusal(&receipt.refusal));
    (void)json_object_set_new(json, "instruction", json_integer(receipt.instruction));
    (void)json_object_set_new(json, "gas_used", json_u64(receipt.gas_used));
    (void)json_object_set_new(json, "fee", json_u64(receipt.fee));
    (void)json_object_set_new(json, "events", receipt_events(node, receipt.events));
    return json;
}
