#include "tools/client/courier.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "tools/client/http.h"

#define ANSWER_MAX 4096

struct courier {
    pthread_t thread;
    bool started;
    struct buffer url;
    struct buffer body;
    struct source rest; /* with a descriptor of its own, or -1 */
    long timeout_ms;
    atomic_bool stop;
    atomic_uint state;  /* enum courier_state */
    struct fault fault; /* to be read once the state is one of failure */
};

/* What an answer means; its line, without the JSON around it, is the fault. */
static enum courier_state judge(struct courier *courier, long status, struct buffer *answer)
{
    json_error_t where;
    if (status == 200) {
        return COURIER_DONE;
    }
    json_t *json = json_loads(buffer_text(answer), 0, &where);
    const char *line = json_string_value(json_object_get(json, "error"));
    (void)fault_set(&courier->fault, "%s: %s (HTTP %ld)", buffer_text(&courier->url),
                    line == NULL ? "no reason given" : line, status);
    json_decref(json);
    /* A server's node may be a block behind ours, and not know the round or the commitment yet. */
    bool later = status == 404 || status == 409 || status == 503;
    return later ? COURIER_LATER : COURIER_REFUSED;
}

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
        .rest = courier->rest.descriptor < 0 ? NULL : &courier->rest,
        .timeout_ms = courier->timeout_ms,
        .answer_max = ANSWER_MAX,
        .stop = &courier->stop,
    };
    long status = 0;
    enum courier_state state = COURIER_FAILED;
    if (http_perform(http, &call, &status, &answer, &courier->fault)) {
        state = judge(courier, status, &answer);
    }
    buffer_close(&answer);
    http_free(http);
    atomic_store(&courier->state, state);
    return NULL;
}

struct courier *courier_send(struct buffer *url, struct buffer *body, const struct source *rest,
                             long timeout_ms)
{
    struct courier *courier = memory_new(sizeof(*courier));
    courier->rest.descriptor = -1;
    if (rest != NULL) {
        assert(rest->memory == NULL);
        courier->rest = *rest;
        courier->rest.descriptor = fcntl(rest->descriptor, F_DUPFD_CLOEXEC, 0);
    }
    courier->url = *url;
    courier->body = *body;
    courier->timeout_ms = timeout_ms;
    *url = (struct buffer){0};
    *body = (struct buffer){0};
    atomic_init(&courier->stop, false);
    atomic_init(&courier->state, COURIER_AWAY);
    if (rest != NULL && courier->rest.descriptor < 0) { /* others hold all that there are: later */
        (void)fault_set(&courier->fault, "%s: %s", buffer_text(&courier->url),
                        strerrordesc_np(errno));
        atomic_store(&courier->state, COURIER_FAILED);
        return courier;
    }
    courier->started = true;
    int code = pthread_create(&courier->thread, NULL, run, courier);
    assert(code == 0 && "out of threads");
    (void)code;
    return courier;
}

enum courier_state courier_state(struct courier *courier, struct fault *fault)
{
    enum courier_state state = (enum courier_state)atomic_load(&courier->state);
    if (state != COURIER_AWAY && state != COURIER_DONE) {
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
    if (courier->started) {
        (void)pthread_join(courier->thread, NULL);
    }
    buffer_close(&courier->url);
    buffer_close(&courier->body);
    if (courier->rest.descriptor >= 0) {
        (void)close(courier->rest.descriptor);
    }
    free(courier);
}
