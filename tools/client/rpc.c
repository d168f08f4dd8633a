#include "tools/client/rpc.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tools/client/http.h"

#define CALL_TIMEOUT_MS 30000L
#define ANSWER_MAX      ((size_t)16 * 1024 * 1024)

struct rpc {
    struct http *http;
    char *url;
    uint64_t next_id;
    bool passing; /* the last call was refused with SYNCING or BUSY */
};

struct rpc *rpc_new(const char *url)
{
    struct rpc *rpc = memory_new(sizeof(*rpc));
    rpc->http = http_new();
    rpc->url = strdup(url);
    assert(rpc->url != NULL && "out of memory");
    size_t length = strlen(rpc->url);
    while (length > 0 && rpc->url[length - 1] == '/') {
        rpc->url[--length] = '\0';
    }
    return rpc;
}

void rpc_free(struct rpc *rpc)
{
    if (rpc != NULL) {
        http_free(rpc->http);
        free(rpc->url);
        free(rpc);
    }
}

const char *rpc_url(const struct rpc *rpc)
{
    return rpc->url;
}

static char *request_text(struct rpc *rpc, const char *method, json_t *params)
{
    json_t *request =
        json_pack("{s:s, s:I, s:s, s:o}", "jsonrpc", "2.0", "id", (json_int_t)++rpc->next_id,
                  "method", method, "params", params == NULL ? json_object() : params);
    assert(request != NULL && "out of memory");
    char *text = json_dumps(request, JSON_COMPACT);
    assert(text != NULL && "out of memory");
    json_decref(request);
    return text;
}

/* Take the result out of an answer, or say what the node refused. */
static json_t *take_result(struct rpc *rpc, const char *method, struct buffer *answer,
                           struct fault *fault)
{
    json_error_t where;
    json_t *root =
        json_loadb((const char *)answer->data, answer->size, JSON_REJECT_DUPLICATES, &where);
    if (root == NULL) {
        (void)fault_set(fault, "%s: %s: the answer is no JSON: %s", rpc->url, method, where.text);
        return NULL;
    }
    json_t *result = json_object_get(root, "result");
    if (result != NULL) {
        json_incref(result);
        json_decref(root);
        return result;
    }
    json_t *error = json_object_get(root, "error");
    const char *message = json_string_value(json_object_get(error, "message"));
    if (message == NULL) {
        message = json_string_value(error);
    }
    const char *code = json_string_value(json_object_get(json_object_get(error, "data"), "code"));
    rpc->passing = code != NULL && (strcmp(code, "SYNCING") == 0 || strcmp(code, "BUSY") == 0);
    (void)fault_set(fault, "%s: %s", method,
                    message == NULL ? "refused without a reason" : message);
    json_decref(root);
    return NULL;
}

json_t *rpc_call_within(struct rpc *rpc, const char *method, json_t *params, long timeout_ms,
                        struct fault *fault)
{
    char *text = request_text(rpc, method, params);
    rpc->passing = false;
    struct buffer answer = {0};
    struct http_call call = {
        .method = "POST",
        .url = rpc->url,
        .content_type = "application/json",
        .body = bytes_of_text(text),
        .timeout_ms = timeout_ms,
        .answer_max = ANSWER_MAX,
    };
    long status = 0;
    json_t *result = NULL;
    if (http_perform(rpc->http, &call, &status, &answer, fault)) {
        result = take_result(rpc, method, &answer, fault);
    }
    buffer_close(&answer);
    free(text);
    return result;
}

json_t *rpc_call(struct rpc *rpc, const char *method, json_t *params, struct fault *fault)
{
    return rpc_call_within(rpc, method, params, CALL_TIMEOUT_MS, fault);
}

bool rpc_passing(const struct rpc *rpc)
{
    return rpc->passing;
}

struct http *rpc_http(struct rpc *rpc)
{
    return rpc->http;
}

bool rpc_u64(uint64_t *out, const json_t *object, const char *name, struct fault *fault)
{
    const json_t *member = json_object_get(object, name);
    if (json_is_integer(member) && json_integer_value(member) >= 0) {
        *out = (uint64_t)json_integer_value(member);
        return true;
    }
    const char *text = json_string_value(member);
    char *end = NULL;
    errno = 0;
    uint64_t value = text == NULL ? 0 : strtoull(text, &end, 10);
    if (text == NULL || *text < '0' || *text > '9' || *end != '\0' || errno != 0) {
        return fault_set(fault, "the node's answer has no number '%s'", name);
    }
    *out = value;
    return true;
}

bool rpc_text(const char **out, const json_t *object, const char *name, struct fault *fault)
{
    *out = json_string_value(json_object_get(object, name));
    return *out != NULL || fault_set(fault, "the node's answer has no text '%s'", name);
}

bool rpc_await_event(struct rpc *rpc, char cursor[RPC_CURSOR_MAX], int wait_ms, struct fault *fault)
{
    json_t *page = rpc_call_within(
        rpc, "events_list",
        json_pack("{s:s, s:i, s:i}", "after", cursor, "limit", 100, "wait_ms", wait_ms),
        wait_ms + 10000L, fault);
    const char *next = NULL;
    bool good = page != NULL && rpc_text(&next, page, "cursor", fault);
    if (good) {
        (void)snprintf(cursor, RPC_CURSOR_MAX, "%s", next);
    }
    json_decref(page);
    return good;
}
