#include "tools/wallet/deliver.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "crypto/share_owner.h"
#include "market/context.h"
#include "tools/client/http.h"

#define DELIVERY_TIMEOUT_MS  60000L
#define DELIVERY_TRIES       20
#define DELIVERY_INTERVAL_MS 250 /* until the server's node has the block with the commitment */
#define ANSWER_MAX           4096

static bool load_server(struct session *session, const struct address *address, struct point *key,
                        char endpoint[MARKET_TEXT_MAX + 1], struct fault *fault)
{
    struct server server;
    struct market_key record;
    struct buffer storage = {0};
    bool found = false;
    key_server(&record, address);
    bool good =
        chain_record_load(session->rpc, &record, &server_schema, &server, &found, &storage, fault);
    if (good && !found) {
        good = fault_set(fault, "a server of the model is not registered");
    }
    if (good) {
        *key = server.encryption_key;
        (void)snprintf(endpoint, MARKET_TEXT_MAX + 1, "%.*s", (int)server.endpoint.size,
                       (const char *)server.endpoint.data);
    }
    buffer_close(&storage);
    return good;
}

bool round_setting_load(struct session *session, const struct round_name *name,
                        struct round_setting *out, struct fault *fault)
{
    struct model model;
    struct point keys[MARKET_SERVERS_MAX];
    memset(out, 0, sizeof(*out));
    bool good =
        chain_round_load(session->rpc, name->model, name->round, &out->round, fault) &&
        chain_model_load(session->rpc, name->model, &model, &out->terms, &out->storage, fault);
    for (uint32_t i = 0; good && i < out->terms.server_count; i++) {
        good = load_server(session, &out->terms.servers[i], &keys[i], out->endpoints[i], fault);
    }
    if (!good) {
        round_setting_close(out);
        return false;
    }
    context_round(&out->share, &session->chain.chain_id, &out->round, &out->terms, keys);
    return true;
}

void round_setting_close(struct round_setting *setting)
{
    buffer_close(&setting->storage);
    memset(setting, 0, sizeof(*setting));
}

/* The server's line about what was wrong, without the JSON around it. */
static void take_reason(struct buffer *answer, char *out, size_t size)
{
    json_error_t where;
    json_t *json = json_loads(buffer_text(answer), 0, &where);
    const char *text = json_string_value(json_object_get(json, "error"));
    (void)snprintf(out, size, "%s", text == NULL ? "no reason given" : text);
    json_decref(json);
}

static void pause_briefly(void)
{
    const struct timespec interval = {.tv_nsec = DELIVERY_INTERVAL_MS * 1000000L};
    (void)nanosleep(&interval, NULL);
}

/* Post one delivery. 409 means that the server's node does not show the commitment yet. */
static bool deliver_one(struct http *http, const char *url, struct bytes body, struct fault *fault)
{
    struct http_call call = {
        .method = "POST",
        .url = url,
        .content_type = "application/octet-stream",
        .body = body,
        .timeout_ms = DELIVERY_TIMEOUT_MS,
        .answer_max = ANSWER_MAX,
    };
    struct buffer answer = {0};
    char reason[256];
    long status = 0;
    bool good = false;
    for (int try = 0; try < DELIVERY_TRIES; try++) {
        good = http_perform(http, &call, &status, &answer, fault);
        if (!good || status != 409) {
            break;
        }
        pause_briefly();
    }
    if (good && status != 200) {
        take_reason(&answer, reason, sizeof(reason));
        good = fault_set(fault, "%s: %s (HTTP %ld)", url, reason, status);
    }
    buffer_close(&answer);
    return good;
}

uint32_t deliver_shares(struct session *session, const struct round_setting *setting,
                        const struct share_file *file, struct fault *fault)
{
    uint32_t held = 0;
    struct http *http = http_new();
    for (uint32_t i = 0; i < file->blob_count; i++) {
        struct buffer body = {0};
        struct buffer url = {0};
        unsigned server = (unsigned)setting->terms.threshold + 1 + i;
        share_delivery_write(&body, file->roots, file->blob_count, buffer_bytes(&file->blobs[i]));
        buffer_format(&url, "%s/share/%" PRIu64 "/%" PRIu32 "/%s", setting->endpoints[server - 1],
                      setting->round.model, setting->round.number, session->address_text);
        if (deliver_one(http, buffer_text(&url), buffer_bytes(&body), fault)) {
            held++;
        } else if (!cli_json(session->cli)) {
            (void)fprintf(stderr, "server %u: %s\n", server, fault->text);
        }
        buffer_close(&url);
        buffer_close(&body);
    }
    http_free(http);
    return held;
}
