#include "node/consensus_glue.h"
#include "node/rpc.h"
#include "node/signer.h"
#include "node/sync_driver.h"

#include <stdlib.h>
#include <string.h>

#define STALLED_MS 30000 /* work waits, but no block came for so long */

static void send_object(struct http_response response, uint16_t status, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    (void)http_respond(response, status, "application/json", bytes_of_text(text));
    free(text);
    json_decref(json);
}

static void fail_if(json_t *failing, bool bad, const char *name)
{
    if (bad) {
        (void)json_array_append_new(failing, json_string(name));
    }
}

static void get_ready(struct node *node, struct http_response response)
{
    uint32_t quorum = validators_quorum(node->validators->validators.count);
    uint32_t connected = node_connected_validators(node);
    uint64_t since_ms = node_now_ms() - node->committed_at_ms;
    json_t *failing = json_array();
    fail_if(failing,
            !sync_driver_located(node->sync) || sync_driver_active(node->sync) ||
                glue_recovering(node->glue),
            "syncing");
    fail_if(failing, connected < quorum, "peers");
    fail_if(failing, glue_has_work(node->glue) && since_ms > STALLED_MS, "stalled");
    fail_if(failing, node->closing, "stopping");
    bool ready = json_array_size(failing) == 0;
    json_t *json = json_object();
    (void)json_object_set_new(json, "ready", json_boolean(ready));
    (void)json_object_set_new(json, "failing", failing);
    /* No failure: it serves as an observer does. But its vote is missing, and whoever asks should know. */
    (void)json_object_set_new(json, "observing", json_boolean(signer_observing(node->signer)));
    send_object(response, ready ? 200 : 503, json);
}

void rpc_http_get(struct node *node, const struct http_request *request,
                  struct http_response response)
{
    if (strcmp(request->path, "/livez") == 0) {
        send_object(response, 200, json_pack("{s:b}", "live", 1));
    } else if (strcmp(request->path, "/readyz") == 0 || strcmp(request->path, "/health") == 0) {
        get_ready(node, response);
    } else if (strcmp(request->path, "/version") == 0) {
        send_object(response, 200, json_pack("{s:s}", "version", SOUK_VERSION));
    } else if (strcmp(request->path, "/metrics") == 0) {
        struct buffer page = {0};
        metrics_print(node, &page);
        (void)http_respond(response, 200, "text/plain; version=0.0.4", buffer_bytes(&page));
        buffer_close(&page);
    } else if (strncmp(request->path, "/blob/", 6) == 0) {
        rpc_blob_get(node, request, response);
    } else {
        (void)http_respond_error(response, 404,
                                 "try /livez, /readyz, /metrics, /version or /blob/<root>");
    }
}
