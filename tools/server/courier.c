#include "tools/server/courier.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/memory.h"
#include "tools/client/http.h"

#define TIMEOUT_MS 20000L
#define ANSWER_MAX 4096

struct courier {
    pthread_t thread;
    struct buffer url;
    struct buffer body;
    atomic_bool stop;
    atomic_uint state;  /* enum courier_state */
    struct fault fault; /* to be read once the state is COURIER_FAILED */
};

static void *run(void *context)
{
    struct courier *courier = context;
    struct http *http = http_new();
    struct buffer answer = {0};
    struct http_call call = {
        .method = "POST",
        .url = buffer_text(&courier->url),
        .content_type = "application/octet-stream",
        .body = buffer_bytes(&courier->body),
        .timeout_ms = TIMEOUT_MS,
        .answer_max = ANSWER_MAX,
        .stop = &courier->stop,
    };
    long status = 0;
    bool good = http_perform(http, &call, &status, &answer, &courier->fault);
    if (good && status != 200) {
        good = fault_set(&courier->fault, "%s: %.*s (HTTP %ld)", call.url, (int)answer.size,
                         (const char *)answer.data, status);
    }
    buffer_close(&answer);
    http_free(http);
    atomic_store(&courier->state, good ? COURIER_DONE : COURIER_FAILED);
    return NULL;
}

struct courier *courier_send(struct buffer *url, struct buffer *body)
{
    struct courier *courier = memory_new(sizeof(*courier));
    courier->url = *url;
    courier->body = *body;
    *url = (struct buffer){0};
    *body = (struct buffer){0};
    atomic_init(&courier->stop, false);
    atomic_init(&courier->state, COURIER_AWAY);
    int code = pthread_create(&courier->thread, NULL, run, courier);
    assert(code == 0 && "out of threads");
    (void)code;
    return courier;
}

enum courier_state courier_state(struct courier *courier, struct fault *fault)
{
    enum courier_state state = (enum courier_state)atomic_load(&courier->state);
    if (state == COURIER_FAILED) {
        *fault = courier->fault;
    }
    return state;
}

void courier_close(struct courier *courier)
{
    if (courier == NULL) {
        return;
    }
    atomic_store(&courier->stop, true);
    (void)pthread_join(courier->thread, NULL);
    buffer_close(&courier->url);
    buffer_close(&courier->body);
    free(courier);
}
