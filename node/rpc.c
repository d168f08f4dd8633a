#include "node/rpc.h"

#include "node/blob_upload.h"

#include "base/memory.h"
#include "base/table.h"
#include "node/hash_table.h"
#include "node/home.h"
#include "node/rpc_guard.h"
#include "node/rpc_prove.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICK_MS 50 /* how often time-outs of waiting calls are looked at */

/* The answer to one HTTP request, whole when no call is open any more. */
struct rpc_reply {
    struct rpc *rpc;
    struct http_response response;
    bool batch;
    size_t count;
    size_t open;
    bool wanted[RPC_BATCH_MAX]; /* not a notification */
    json_t *ids[RPC_BATCH_MAX];
    json_t *answers[RPC_BATCH_MAX];
    const char *methods[RPC_BATCH_MAX]; /* static text, for the metrics */
    uint64_t started_us;
};

/* A call that waits. */
struct waiter {
    struct waiter *next;
    struct rpc_reply *reply;
    size_t slot;
    struct rpc_proof *proof; /* owned; NULL: not for a proof */
    bool for_events;
    struct awaited transaction;
    struct events_query query;
    uint64_t deadline_ms;
};

struct rpc {
    struct node *node;
    struct http_server *server;
    struct http_server *admin;
    uv_timer_t tick;
    struct waiter *waiting;
    uint32_t waiting_count;
    uint32_t proof_count; /* of them for a proof */
    bool closing;
    uint32_t open_parts;
    void (*closed)(void *context);
    void *closed_context;
};

static const struct rpc_method *const method_tables[] = {
    rpc_chain_methods,      rpc_tx_methods,     rpc_state_methods, rpc_market_methods,
    rpc_governance_methods, rpc_events_methods, rpc_net_methods,
};

static const struct rpc_method *find_method(const char *name)
{
    for (size_t i = 0; i < ARRAY_COUNT(method_tables); i++) {
        for (const struct rpc_method *row = method_tables[i]; row->name != NULL; row++) {
            if (strcmp(row->name, name) == 0) {
                return row;
            }
        }
    }
    return NULL;
}

/* Answers. */

/* A text that quotes the caller may have been cut inside a character: JSON does not bear that. */
static json_t *message_json(const char *text)
{
    json_t *json = json_string(text);
    if (json == NULL) {
        char plain[RPC_ERROR_MAX];
        (void)snprintf(plain, sizeof(plain), "%s", text);
        for (char *c = plain; *c != '\0'; c++) {
            if ((unsigned char)*c >= 0x80) {
                *c = '?';
            }
        }
        json = json_string(plain);
    }
    return json;
}

static json_t *error_object(int code, const char *name, const char *text, json_t *data)
{
    json_t *error = json_object();
    json_t *inner = data == NULL ? json_object() : json_deep_copy(data);
    (void)json_object_set_new(inner, "code", json_string(name));
    (void)json_object_set_new(error, "code", json_integer(code));
    (void)json_object_set_new(error, "message", message_json(text));
    (void)json_object_set_new(error, "data", inner);
    return error;
}

static json_t *envelope_of(json_t *id, const char *key, json_t *value)
{
    json_t *answer = json_object();
    (void)json_object_set_new(answer, "jsonrpc", json_string("2.0"));
    (void)json_object_set(answer, "id", id == NULL ? json_null() : id);
    (void)json_object_set_new(answer, key, value);
    return answer;
}

static void send_json(struct http_response response, const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    assert(text != NULL);
    (void)http_respond(response, 200, "application/json", bytes_of_text(text));
    free(text);
}

static void reply_send(struct rpc_reply *reply)
{
    json_t *list = json_array();
    for (size_t i = 0; i < reply->count; i++) {
        if (reply->wanted[i]) {
            (void)json_array_append(list, reply->answers[i]);
        }
        json_decref(reply->answers[i]);
        json_decref(reply->ids[i]);
    }
    if (json_array_size(list) == 0) {
        (void)http_respond(reply->response, 204, "application/json", (struct bytes){NULL, 0});
    } else {
        send_json(reply->response, reply->batch ? list : json_array_get(list, 0));
    }
    json_decref(list);
    uint64_t now_us = uv_hrtime() / 1000;
    histogram_add(&reply->rpc->node->metrics.rpc_duration, now_us - reply->started_us);
    free(reply);
}

void rpc_finish(struct rpc_reply *reply, size_t slot, json_t *result, const struct rpc_call *call)
{
    assert(reply->answers[slot] == NULL && reply->open > 0);
    metrics_count_call(&reply->rpc->node->metrics, reply->methods[slot],
                       result != NULL ? 0 : call->error_code);
    if (result != NULL) {
        (void)json_object_set_new(result, "height", json_u64(call->head.height));
        reply->answers[slot] = envelope_of(reply->ids[slot], "result", result);
    } else {
        reply->rpc->node->metrics.rpc_errors++;
        reply->answers[slot] = envelope_of(
            reply->ids[slot], "error",
            error_object(call->error_code, call->error_name, call->error, call->error_data));
    }
    reply->open--;
    if (reply->open == 0) {
        reply_send(reply);
    }
}

/* Calls. */

static bool params_known(struct rpc_call *call, const struct rpc_method *method)
{
    void *at = NULL;
    const char *key;
    while ((key = json_next_key(call->params, &at)) != NULL) {
        bool known = false;
        for (size_t i = 0; i < ARRAY_COUNT(method->params) && method->params[i] != NULL; i++) {
            known = known || strcmp(method->params[i], key) == 0;
        }
        if (!known) {
            (void)rpc_refuse(call, RPC_INVALID_PARAMS, "%.64s: %s has no such parameter", key,
                             method->name);
            return false;
        }
    }
    return true;
}

static json_t *run_method(struct rpc_call *call, const char *name)
{
    const struct rpc_method *method = find_method(name);
    if (method == NULL || (method->admin && !call->admin)) {
        return rpc_refuse(call, RPC_METHOD_NOT_FOUND, "method: there is no '%.64s' here", name);
    }
    return params_known(call, method) ? method->run(call) : NULL;
}

static void run_call(struct rpc_reply *reply, size_t slot, const struct rpc_request_call *request,
                     bool admin)
{
    struct rpc_call call;
    json_t *result = NULL;
    rpc_call_open(&call, reply->rpc->node);
    call.reply = reply;
    call.slot = slot;
    call.admin = admin;
    const struct rpc_method *method = request->valid ? find_method(request->method) : NULL;
    reply->methods[slot] = method == NULL ? "" : method->name;
    if (request->valid) {
        call.params = request->params;
        result = run_method(&call, request->method);
    } else {
        (void)rpc_refuse(&call, RPC_INVALID_REQUEST, "%s", request->error);
    }
    if (!call.deferred) {
        rpc_finish(reply, slot, result, &call);
    }
    rpc_call_close(&call);
}

static void answer_fault(struct rpc *rpc, struct http_response response, int code,
                         const char *error)
{
    json_t *answer =
        envelope_of(NULL, "error", error_object(code, rpc_code_name(code), error, NULL));
    metrics_count_call(&rpc->node->metrics, "", code);
    rpc->node->metrics.rpc_errors++;
    send_json(response, answer);
    json_decref(answer);
}

static void handle_post(struct rpc *rpc, const struct http_request *http,
                        struct http_response response, bool admin)
{
    struct rpc_request request;
    char error[RPC_ERROR_MAX];
    int code = 0;
    if (strcmp(http->path, "/") != 0) {
        (void)http_respond_error(response, 404, "calls are posted to /");
        return;
    }
    if (!rpc_request_parse(&request, http->body, &code, error, sizeof(error))) {
        answer_fault(rpc, response, code, error);
        return;
    }
    struct rpc_reply *reply = memory_new(sizeof(*reply));
    reply->rpc = rpc;
    reply->response = response;
    reply->batch = request.batch;
    reply->count = request.count;
    reply->started_us = uv_hrtime() / 1000;
    /* One more is open until all have been begun, so that the reply outlives this loop. */
    reply->open = request.count + 1;
    for (size_t i = 0; i < request.count; i++) {
        const struct rpc_request_call *call = &request.calls[i];
        reply->wanted[i] = call->id != NULL || !call->valid;
        reply->ids[i] = call->id == NULL ? json_null() : json_deep_copy(call->id);
    }
    for (size_t i = 0; i < request.count; i++) {
        run_call(reply, i, &request.calls[i], admin);
    }
    rpc_request_close(&request);
    reply->open--;
    if (reply->open == 0) {
        reply_send(reply);
    }
}

static void handle(struct rpc *rpc, const struct http_request *request,
                   struct http_response response, bool admin)
{
    switch (request->method) {
    case HTTP_METHOD_POST:
        handle_post(rpc, request, response, admin);
        return;
    case HTTP_METHOD_GET:
    case HTTP_METHOD_HEAD:
        rpc_http_get(rpc->node, request, response);
        return;
    case HTTP_METHOD_PUT:
        blob_upload_put(rpc->node->blob_uploads, request, response);
    }
}

static void on_request(void *context, const struct http_request *request,
                       struct http_response response)
{
    const struct rpc *rpc = context;
    char error[RPC_GUARD_ERROR_MAX];
    uint16_t status = rpc_guard_check(rpc->node->config, request, error);
    if (status != 0) {
        (void)http_respond_error(response, status, error);
        return;
    }
    handle(context, request, response, false);
}

static void on_admin_request(void *context, const struct http_request *request,
                             struct http_response response)
{
    handle(context, request, response, true);
}

/* Waiting. */

static bool wait_begin(struct rpc *rpc, const struct waiter *waiter, uint64_t timeout_ms)
{
    bool proof = waiter->proof != NULL;
    if (rpc->closing || rpc->waiting_count >= RPC_WAITING_MAX ||
        (proof && rpc->proof_count >= RPC_PROOFS_WAITING_MAX)) {
        return false;
    }
    struct waiter *kept = memory_new(sizeof(*kept));
    *kept = *waiter;
    kept->deadline_ms = node_now_ms() + timeout_ms;
    kept->next = rpc->waiting;
    rpc->waiting = kept;
    rpc->waiting_count++;
    rpc->proof_count += proof ? 1 : 0;
    return true;
}

bool rpc_wait_transaction(struct rpc_reply *reply, size_t slot, struct node *node,
                          const struct awaited *awaited, uint64_t timeout_ms)
{
    struct waiter waiter = {.reply = reply, .slot = slot, .transaction = *awaited};
    return wait_begin(node->rpc, &waiter, timeout_ms);
}

bool rpc_wait_events(struct rpc_call *call, const struct events_query *query, uint64_t timeout_ms)
{
    struct waiter waiter = {
        .reply = call->reply, .slot = call->slot, .for_events = true, .query = *query};
    call->deferred = wait_begin(call->node->rpc, &waiter, timeout_ms);
    if (!call->deferred) {
        (void)rpc_refuse(call, RPC_BUSY, "%u calls are waiting already", RPC_WAITING_MAX);
    }
    return call->deferred;
}

bool rpc_wait_proof(struct rpc_call *call, struct rpc_proof *proof, uint64_t timeout_ms)
{
    struct waiter waiter = {.reply = call->reply, .slot = call->slot, .proof = proof};
    call->deferred = wait_begin(call->node->rpc, &waiter, timeout_ms);
    if (!call->deferred) {
        (void)rpc_refuse(call, RPC_BUSY, "%u proofs, or %u calls, are waiting already",
                         RPC_PROOFS_WAITING_MAX, RPC_WAITING_MAX);
    }
    return call->deferred;
}

/* The proof speaks of an older state than the call's snapshot: its head must not stay there. */
static bool try_proof(const struct waiter *waiter, const struct rpc_call *call, bool over)
{
    struct rpc_call own = *call;
    json_t *result;
    own.error_code = 0;
    if (!rpc_proof_try(waiter->proof, &own, over, &result)) {
        return false;
    }
    rpc_finish(waiter->reply, waiter->slot, result, &own);
    rpc_proof_free(waiter->proof);
    return true;
}

/* Answer a waiting call if it can be answered, or must be because its time is over. */
static bool try_waiter(struct waiter *waiter, struct rpc_call *call, bool over)
{
    size_t found = 0;
    json_t *result;
    if (waiter->proof != NULL) {
        return try_proof(waiter, call, over);
    }
    call->error_code = 0;
    if (waiter->for_events) {
        result = rpc_events_page(call, &waiter->query, &found);
        if (found == 0 && !over) {
            json_decref(result);
            return false;
        }
    } else {
        result = rpc_tx_outcome(call, &waiter->transaction, over);
        if (result == NULL && call->error_code == 0) {
            return false;
        }
    }
    rpc_finish(waiter->reply, waiter->slot, result, call);
    json_decref(call->error_data);
    call->error_data = NULL;
    return true;
}

/* Which of the waiting calls a commit concerns: ids of its transactions in a table. */
struct committed_id {
    struct hash_table_entry entry;
    struct hash id;
};

/* The same transaction may stand in a table once only; a block has no id twice. */
static struct committed_id *fill_table(struct hash_table *table,
                                       const struct executor_report *report)
{
    struct committed_id *rows = memory_new((report->transaction_count + 1) * sizeof(*rows));
    hash_table_init(table, sizeof(struct hash));
    for (uint32_t i = 0; i < report->transaction_count; i++) {
        rows[i].id = report->transactions[i].id;
        hash_table_add(table, &rows[i].entry, &rows[i].id);
    }
    return rows;
}

/* Does a commit with these transactions say something new to who waits? */
static bool concerns(const struct node *node, const struct waiter *waiter,
                     const struct hash_table *committed)
{
    struct bytes envelope;
    const struct awaited *awaited = &waiter->transaction;
    return waiter->for_events || hash_table_find(committed, &awaited->id) != NULL ||
           awaited->expires_at <= node->committed.height ||
           !mempool_find(node->pool, &awaited->id, &envelope);
}

/* `committed` NULL: nothing was committed, only deadlines are looked at. */
static void wake(struct rpc *rpc, const struct hash_table *committed)
{
    struct rpc_call call;
    uint64_t now_ms = node_now_ms();
    rpc_call_open(&call, rpc->node);
    for (struct waiter **at = &rpc->waiting; *at != NULL;) {
        struct waiter *waiter = *at;
        /* Whoever went away must not keep the others from waiting. */
        bool over = now_ms >= waiter->deadline_ms || rpc->closing ||
                    !http_response_wanted(waiter->reply->response);
        /* A proof waits for a stored block, which may be there before it is executed. */
        bool proof = waiter->proof != NULL;
        bool look = over || proof || (committed != NULL && concerns(rpc->node, waiter, committed));
        if (look && try_waiter(waiter, &call, over)) {
            *at = waiter->next;
            rpc->waiting_count--;
            rpc->proof_count -= proof ? 1 : 0;
            free(waiter);
        } else {
            at = &waiter->next;
        }
    }
    rpc_call_close(&call);
}

void rpc_committed(struct rpc *rpc, const struct executor_report *report)
{
    if (rpc->waiting == NULL) {
        return;
    }
    struct hash_table committed;
    struct committed_id *rows = fill_table(&committed, report);
    wake(rpc, &committed);
    hash_table_close(&committed);
    free(rows);
}

static void on_tick(uv_timer_t *timer)
{
    struct rpc *rpc = timer->data;
    if (rpc->waiting != NULL) {
        wake(rpc, NULL);
    }
    if (!rpc->closing) {
        refusals_clients(rpc->node, rpc_statistics(rpc));
    }
}

/* Opening and closing. */

static bool open_server(struct rpc *rpc, char *error, size_t error_size)
{
    const struct config *config = rpc->node->config;
    const struct http_server_config options = {.host = config->rpc_listen.host,
                                               .port = config->rpc_listen.port,
                                               .body_max = RPC_BODY_MAX,
                                               .connection_max = config->rpc_connections_max,
                                               .on_request = on_request,
                                               .context = rpc};
    enum http_server_status status = http_server_open(&rpc->server, &rpc->node->loop, &options);
    if (status != HTTP_SERVER_OK) {
        char address[CONFIG_ADDRESS_MAX];
        (void)snprintf(error, error_size, "rpc.listen: %s: %s",
                       config_address(address, sizeof(address), config->rpc_listen.host,
                                      config->rpc_listen.port),
                       http_server_status_text(status));
    }
    return status == HTTP_SERVER_OK;
}

static bool open_admin(struct rpc *rpc, char *error, size_t error_size)
{
    char path[HOME_PATH_MAX];
    if (!home_path(path, rpc->node->home, RPC_ADMIN_SOCKET, error, error_size)) {
        return false;
    }
    const struct http_server_config options = {
        .path = path, .connection_max = 16, .on_request = on_admin_request, .context = rpc};
    enum http_server_status status = http_server_open(&rpc->admin, &rpc->node->loop, &options);
    if (status != HTTP_SERVER_OK) {
        (void)snprintf(error, error_size, "%.200s: %s", path, http_server_status_text(status));
    }
    return status == HTTP_SERVER_OK;
}

bool rpc_open(struct rpc **out, struct node *node, char *error, size_t error_size)
{
    struct rpc *rpc = memory_new(sizeof(*rpc));
    *out = rpc;
    rpc->node = node;
    (void)uv_timer_init(&node->loop, &rpc->tick);
    rpc->tick.data = rpc;
    (void)uv_timer_start(&rpc->tick, on_tick, TICK_MS, TICK_MS);
    return open_server(rpc, error, error_size) && open_admin(rpc, error, error_size);
}

uint16_t rpc_port(const struct rpc *rpc)
{
    return http_server_port(rpc->server);
}

const struct http_server_statistics *rpc_statistics(const struct rpc *rpc)
{
    return http_server_statistics(rpc->server);
}

static void part_closed(struct rpc *rpc)
{
    rpc->open_parts--;
    if (rpc->open_parts == 0) {
        void (*closed)(void *) = rpc->closed;
        void *context = rpc->closed_context;
        free(rpc);
        closed(context);
    }
}

static void on_server_closed(void *context)
{
    part_closed(context);
}

static void on_tick_closed(uv_handle_t *handle)
{
    part_closed(handle->data);
}

void rpc_close(struct rpc *rpc, void (*closed)(void *context), void *context)
{
    rpc->closed = closed;
    rpc->closed_context = context;
    rpc->closing = true;
    wake(rpc, NULL);
    rpc->open_parts = 1;
    if (rpc->server != NULL) {
        rpc->open_parts++;
        http_server_close(rpc->server, on_server_closed, rpc);
    }
    if (rpc->admin != NULL) {
        rpc->open_parts++;
        http_server_close(rpc->admin, on_server_closed, rpc);
    }
    uv_close((uv_handle_t *)&rpc->tick, on_tick_closed);
}
