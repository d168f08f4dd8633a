#include "tools/wallet/deliver.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "crypto/share_owner.h"
#include "tools/client/http.h"

#define DELIVERY_TIMEOUT_MS  60000L
#define DELIVERY_TRIES       20
#define DELIVERY_INTERVAL_MS 250 /* until the server's node has the block with the commitment */
#define ANSWER_MAX           4096

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
        char reason[256];
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
