#include "tools/client/http.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define CONNECT_TIMEOUT_MS 5000L

struct http {
    CURL *curl;
};

struct sink {
    struct buffer *answer;
    size_t max;
    bool overflow;
    const atomic_bool *stop;
};

struct http *http_new(void)
{
    struct http *http = memory_new(sizeof(*http));
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    http->curl = curl_easy_init();
    assert(http->curl != NULL && "out of memory");
    return http;
}

void http_free(struct http *http)
{
    if (http != NULL) {
        curl_easy_cleanup(http->curl);
        free(http);
    }
}

static size_t take_answer(char *data, size_t size, size_t count, void *context)
{
    struct sink *sink = context;
    size_t bytes = size * count;
    if (bytes > sink->max - sink->answer->size) {
        sink->overflow = true;
        return 0;
    }
    buffer_append(sink->answer, (struct bytes){(const uint8_t *)data, bytes});
    return bytes;
}

/* A body that is read while it is sent. */
struct body {
    const struct http_call *call;
    uint64_t sent;
    struct fault *fault;
    bool broken; /* it could not be read; `fault` says why */
};

static size_t give_body(char *out, size_t size, size_t count, void *context)
{
    struct body *body = context;
    size_t start = body->call->body.size;
    uint64_t left = start + body->call->rest->size - body->sent;
    size_t part = size * count;
    part = part < left ? part : (size_t)left;
    if (body->sent < start) {
        part = part < start - body->sent ? part : (size_t)(start - body->sent);
        memcpy(out, body->call->body.data + body->sent, part);
    } else if (!source_read(body->call->rest, body->sent - start, out, part, body->fault)) {
        body->broken = true;
        return CURL_READFUNC_ABORT;
    }
    body->sent += part;
    return part;
}

static int ask_to_go_on(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                        curl_off_t up)
{
    const struct sink *sink = context;
    (void)down_total, (void)down, (void)up_total, (void)up;
    return sink->stop != NULL && atomic_load(sink->stop) ? 1 : 0;
}

static struct curl_slist *set_body(CURL *curl, const struct http_call *call, struct body *body)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    if (call->header != NULL) {
        headers = curl_slist_append(headers, call->header);
    }
    if (call->content_type != NULL) {
        struct buffer line = {0};
        buffer_format(&line, "Content-Type: %s", call->content_type);
        headers = curl_slist_append(headers, buffer_text(&line));
        buffer_close(&line);
        (void)curl_easy_setopt(curl, CURLOPT_POST, 1L);
        uint64_t size = call->body.size;
        if (call->rest == NULL) {
            (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (const char *)call->body.data);
        } else {
            size += call->rest->size;
            (void)curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
            (void)curl_easy_setopt(curl, CURLOPT_READDATA, body);
            (void)curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, (long)SOURCE_PIECE);
        }
        (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
    }
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    return headers;
}

bool http_perform(struct http *http, const struct http_call *call, long *status,
                  struct buffer *answer, struct fault *fault)
{
    CURL *curl = http->curl;
    struct sink sink = {.answer = answer, .max = call->answer_max, .stop = call->stop};
    buffer_clear(answer);
    curl_easy_reset(curl);
    (void)curl_easy_setopt(curl, CURLOPT_URL, call->url);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, call->timeout_ms);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &sink);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, ask_to_go_on);
    (void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &sink);
    (void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    struct body body = {.call = call, .fault = fault};
    struct curl_slist *headers = set_body(curl, call, &body);
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
    CURLcode code = curl_easy_perform(curl);
    curl_slist_free_all(headers);
    if (sink.overflow) {
        return fault_set(fault, "%s: the answer is longer than %zu bytes", call->url, sink.max);
    }
    if (body.broken) {
        return false;
    }
    if (code != CURLE_OK) {
        return fault_set(fault, "%s: %s", call->url, curl_easy_strerror(code));
    }
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
    return true;
}
