#include "market/events.h"
#include "node/rpc.h"
#include "node/state_prune.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CURSOR_TEXT_MAX 48

/* A page being filled. */
struct page {
    struct rpc_call *call;
    json_t *list;
    uint32_t limit;
    struct event_cursor last;
};

static json_t *cursor_text(const struct event_cursor *cursor)
{
    char text[CURSOR_TEXT_MAX];
    (void)snprintf(text, sizeof(text), "%" PRIu64 ".%" PRIu32 ".%" PRIu32, cursor->height,
                   cursor->index, cursor->n);
    return json_string(text);
}

static json_t *transaction_of(struct rpc_call *call, const struct event_cursor *cursor)
{
    struct buffer encoded = {0};
    struct receipt receipt = {0};
    if (state_snapshot_receipt(call->snapshot, cursor->height, cursor->index, &encoded)) {
        (void)!schema_decode(&receipt_schema, &receipt, buffer_bytes(&encoded), NULL, 0);
    }
    json_t *json = json_hex(BYTES_OF(receipt.transaction_id));
    buffer_close(&encoded);
    return json;
}

static bool add_event(void *context, const struct event_cursor *cursor, const struct event *event)
{
    struct page *page = context;
    const char *name = event_name(event->kind);
    json_t *json = json_object();
    (void)json_object_set_new(json, "cursor", cursor_text(cursor));
    (void)json_object_set_new(json, "block_height", json_u64(cursor->height));
    (void)json_object_set_new(json, "transaction_index", json_integer(cursor->index));
    (void)json_object_set_new(json, "transaction_id", transaction_of(page->call, cursor));
    (void)json_object_set_new(json, "kind", json_integer(event->kind));
    (void)json_object_set_new(json, "name", json_string(name == NULL ? "unknown" : name));
    (void)json_object_set_new(json, "data", rpc_event_data(page->call->node, event));
    (void)json_array_append_new(page->list, json);
    page->last = *cursor;
    return json_array_size(page->list) < page->limit;
}

json_t *rpc_events_page(struct rpc_call *call, const struct events_query *query, size_t *found)
{
    struct page page = {
        .call = call, .list = json_array(), .limit = query->limit, .last = query->after};
    state_snapshot_events(call->snapshot, &query->after, add_event, &page);
    *found = json_array_size(page.list);
    json_t *json = json_object();
    (void)json_object_set_new(json, "events", page.list);
    (void)json_object_set_new(json, "cursor", cursor_text(&page.last));
    return json;
}

static bool take_number(const char **text, uint64_t max, char end, uint64_t *out)
{
    uint64_t value = 0;
    const char *c = *text;
    if (*c < '0' || *c > '9') {
        return false;
    }
    for (; *c >= '0' && *c <= '9'; c++) {
        if (__builtin_mul_overflow(value, 10U, &value) ||
            __builtin_add_overflow(value, (uint64_t)(*c - '0'), &value)) {
            return false;
        }
    }
    *out = value;
    *text = *c == '\0' ? c : c + 1;
    return value <= max && *c == end;
}

static bool take_cursor(struct rpc_call *call, struct event_cursor *out)
{
    const char *text;
    uint64_t index = 0;
    uint64_t n = 0;
    if (!rpc_take_text(call, "after", &text)) {
        return false;
    }
    memset(out, 0, sizeof(*out));
    if (text == NULL) {
        return true;
    }
    if (strcmp(text, "latest") == 0) {
        *out = (struct event_cursor){call->head.height, UINT32_MAX, UINT32_MAX};
        return true;
    }
    if (!take_number(&text, UINT64_MAX, '.', &out->height) ||
        !take_number(&text, UINT32_MAX, '.', &index) || !take_number(&text, UINT32_MAX, '\0', &n)) {
        (void)rpc_refuse(call, RPC_INVALID_PARAMS,
                         "after: a cursor of an earlier answer, or \"latest\", is expected");
        return false;
    }
    out->index = (uint32_t)index;
    out->n = (uint32_t)n;
    return true;
}

static json_t *events_list(struct rpc_call *call)
{
    struct events_query query = {.limit = 0};
    uint64_t limit;
    uint64_t wait_ms;
    size_t found;
    if (!take_cursor(call, &query.after) ||
        !rpc_take_u64_or(call, "limit", &limit, RPC_PAGE_MAX, RPC_PAGE_MAX) ||
        !rpc_take_u64_or(call, "wait_ms", &wait_ms, RPC_EVENT_WAIT_MAX, 0)) {
        return NULL;
    }
    if (limit == 0) {
        return rpc_refuse(call, RPC_INVALID_PARAMS, "limit: 0, at least 1 is expected");
    }
    query.limit = (uint32_t)limit;
    uint64_t base = state_snapshot_base(call->snapshot);
    if (query.after.height + 1 < base) {
        return rpc_refuse(call, RPC_PRUNED,
                          "after: height %" PRIu64 ", events are kept from %" PRIu64,
                          query.after.height, base);
    }
    json_t *json = rpc_events_page(call, &query, &found);
    if (found > 0 || wait_ms == 0) {
        return json;
    }
    json_decref(json);
    (void)!rpc_wait_events(call, &query, wait_ms);
    return NULL;
}

const struct rpc_method rpc_events_methods[] = {
    {"events_list", events_list, {"after", "limit", "wait_ms"}, false},
    {NULL, NULL, {NULL}, false},
};
