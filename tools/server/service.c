#include "tools/server/service.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "p2p/http_server.h"
#include "tools/client/log.h"
#include "tools/server/intake.h"

/* The largest delivery or sum, with what goes before it. */
#define BODY_MAX        (8 * (size_t)SHARE_DIMENSION_MAX + 4096)
#define BODY_TIMEOUT_MS 300000
#define BODY_GRACE_MS   10000 /* a long line is slow to begin with */
#define JOBS_MAX        128   /* with a body, each an open file: others must find some left */

enum job_kind { JOB_SHARE, JOB_AUX, JOB_SUM, JOB_READY };

/* One request on a worker thread. */
struct job {
    uv_work_t work;
    struct aggregation_server *server;
    struct http_response response;
    enum job_kind kind;
    struct vault_round round;
    char last[ADDRESS_TEXT_MAX]; /* the path's last part */
    struct spool_file *body;     /* NULL: an empty one, or none */
    uint64_t bytes;              /* of the body */
    struct intake_answer answer;
};

struct service {
    struct aggregation_server *server;
    uv_loop_t loop;
    uv_signal_t signals[2];
    struct http_server *http;
    struct http_sink sink;
    uint64_t job_bytes; /* of bodies that workers hold or will take up */
    unsigned jobs;      /* their number */
};

static void answer_ready(struct job *job, struct rpc *rpc)
{
    struct fault fault;
    struct chain_info chain;
    job->answer.status = chain_info_load(rpc, &chain, &fault) ? 200 : 503;
    if (job->answer.status != 200) {
        (void)snprintf(job->answer.line, sizeof(job->answer.line), "%.200s", fault.text);
    }
}

static void run_job(uv_work_t *work)
{
    struct job *job = work->data;
    struct rpc *rpc = rpc_new(job->server->node_url);
    switch (job->kind) {
    case JOB_SHARE:
    case JOB_AUX:
        intake_share(job->server, rpc, &job->round,
                     &(struct intake_delivery){job->last, job->kind == JOB_AUX, job->body},
                     &job->answer);
        break;
    case JOB_SUM:
        intake_sum(job->server, rpc, &job->round, (unsigned)strtoul(job->last, NULL, 10), job->body,
                   &job->answer);
        break;
    case JOB_READY:
        answer_ready(job, rpc);
        break;
    }
    rpc_free(rpc);
}

static void free_job(struct job *job)
{
    spool_close(job->body);
    free(job);
}

static void end_job(uv_work_t *work, int status)
{
    struct job *job = work->data;
    struct service *service = work->loop->data;
    service->job_bytes -= job->bytes;
    service->jobs -= job->body == NULL ? 0 : 1;
    if (status == UV_ECANCELED) {
        (void)http_respond_error(job->response, 503, "the server stops");
    } else if (job->answer.status == 200) {
        (void)http_respond(
            job->response, 200, "application/json",
            bytes_of_text(job->kind == JOB_READY ? "{\"ready\": true}\n" : "{\"held\": true}\n"));
        if (job->kind != JOB_READY) {
            server_wake(job->server);
        }
    } else {
        (void)http_respond_error(job->response, job->answer.status, job->answer.line);
        log_warn("refused", "status=%u reason=\"%s\"", job->answer.status, job->answer.line);
    }
    free_job(job);
}

/* A decimal number that ends at '/' or at the end of the text. */
static bool take_number(const char **at, uint64_t max, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    *out = strtoull(*at, &end, 10);
    if (**at < '0' || **at > '9' || errno != 0 || *out > max || (*end != '/' && *end != '\0')) {
        return false;
    }
    *at = *end == '/' ? end + 1 : end;
    return true;
}

/* "<model>/<round>/<last>" */
static bool parse_path(const char *path, struct job *job)
{
    uint64_t round = 0;
    size_t length = 0;
    if (!take_number(&path, UINT64_MAX, &job->round.model) ||
        !take_number(&path, UINT32_MAX, &round)) {
        return false;
    }
    job->round.round = (uint32_t)round;
    length = strlen(path);
    if (length < 1 || length >= sizeof(job->last) || strchr(path, '/') != NULL) {
        return false;
    }
    memcpy(job->last, path, length + 1);
    return true;
}

static bool j_valid(const struct job *job)
{
    const char *at = job->last;
    uint64_t j = 0;
    return take_number(&at, MARKET_SERVERS_MAX, &j) && j >= 1;
}

/* Takes the body. */
static void start_job(struct service *service, enum job_kind kind, const char *path,
                      struct spool_file *body, struct http_response response)
{
    struct job *job = memory_new(sizeof(*job));
    job->kind = kind;
    job->server = service->server;
    job->response = response;
    job->work.data = job;
    job->body = body;
    if (kind != JOB_READY && (!parse_path(path, job) || (kind == JOB_SUM && !j_valid(job)))) {
        (void)http_respond_error(response, 400,
                                 "the path is /share/<model>/<round>/<owner>, /aux/... or "
                                 "/sum/<model>/<round>/<server>");
        free_job(job);
        return;
    }
    if (kind != JOB_READY && body == NULL) {
        (void)http_respond_error(response, 400, "the delivery is empty");
        free_job(job);
        return;
    }
    job->bytes = body == NULL ? 0 : body->size;
    if (service->job_bytes + job->bytes > service->server->incoming_max ||
        (body != NULL && service->jobs == JOBS_MAX)) {
        (void)http_respond_error(response, 503, "too many deliveries at once: try again");
        free_job(job);
        return;
    }
    service->job_bytes += job->bytes;
    service->jobs += body == NULL ? 0 : 1;
    int code = uv_queue_work(&service->loop, &job->work, run_job, end_job);
    assert(code == 0 && "queueing work fails only for a missing callback");
}

static void answer_metrics(const struct aggregation_server *server, struct http_response response)
{
    const struct server_counters *counters = &server->counters;
    struct buffer text = {0};
    buffer_format(&text,
                  "# TYPE souk_server_deliveries_total counter\n"
                  "souk_server_deliveries_total{result=\"held\"} %lu\n"
                  "souk_server_deliveries_total{result=\"refused\"} %lu\n"
                  "# TYPE souk_server_sums_total counter\n"
                  "souk_server_sums_total{result=\"held\"} %lu\n"
                  "souk_server_sums_total{result=\"refused\"} %lu\n"
                  "# TYPE souk_server_disputes_answered_total counter\n"
                  "souk_server_disputes_answered_total %lu\n"
                  "# TYPE souk_server_transactions_total counter\n"
                  "souk_server_transactions_total{result=\"done\"} %lu\n"
                  "souk_server_transactions_total{result=\"failed\"} %lu\n"
                  "# TYPE souk_server_rounds_total counter\n"
                  "souk_server_rounds_total{result=\"settled\"} %lu\n"
                  "souk_server_rounds_total{result=\"aborted\"} %lu\n",
                  atomic_load(&counters->deliveries_held),
                  atomic_load(&counters->deliveries_refused), atomic_load(&counters->sums_held),
                  atomic_load(&counters->sums_refused), atomic_load(&counters->disputes_answered),
                  atomic_load(&counters->transactions_done),
                  atomic_load(&counters->transactions_failed),
                  atomic_load(&counters->rounds_settled), atomic_load(&counters->rounds_aborted));
    (void)http_respond(response, 200, "text/plain; version=0.0.4", buffer_bytes(&text));
    buffer_close(&text);
}

static void on_request(void *context, const struct http_request *request,
                       struct http_response response)
{
    struct service *service = context;
    bool post = request->method == HTTP_METHOD_POST;
    if (post && strncmp(request->path, "/share/", 7) == 0) {
        start_job(service, JOB_SHARE, request->path + 7, request->stored, response);
    } else if (post && strncmp(request->path, "/aux/", 5) == 0) {
        start_job(service, JOB_AUX, request->path + 5, request->stored, response);
    } else if (post && strncmp(request->path, "/sum/", 5) == 0) {
        start_job(service, JOB_SUM, request->path + 5, request->stored, response);
    } else if (post || request->method == HTTP_METHOD_PUT) {
        spool_close(request->stored);
        (void)http_respond_error(response, 404, "POST is for /share, /aux and /sum");
    } else if (strcmp(request->path, "/livez") == 0) {
        (void)http_respond(response, 200, "application/json", bytes_of_text("{\"live\": true}\n"));
    } else if (strcmp(request->path, "/readyz") == 0) {
        start_job(service, JOB_READY, "", NULL, response);
    } else if (strcmp(request->path, "/metrics") == 0) {
        answer_metrics(service->server, response);
    } else if (strcmp(request->path, "/version") == 0) {
        (void)http_respond(response, 200, "application/json",
                           bytes_of_text("{\"version\": \"" SOUK_VERSION "\"}\n"));
    } else {
        (void)http_respond_error(response, 404, "GET is for /livez /readyz /metrics /version");
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct service *service = handle->data;
    log_info("stopping", "signal=%d", number);
    server_stop(service->server);
    for (size_t i = 0; i < ARRAY_COUNT(service->signals); i++) {
        uv_close((uv_handle_t *)&service->signals[i], NULL);
    }
    http_server_close(service->http, NULL, NULL);
}

static void watch_signals(struct service *service)
{
    /* A client that hangs up before its answer must not end the server. */
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file at its limit is a fault of the disk, which is told */
    static const int numbers[] = {SIGTERM, SIGINT};
    for (size_t i = 0; i < ARRAY_COUNT(numbers); i++) {
        service->signals[i].data = service;
        (void)uv_signal_init(&service->loop, &service->signals[i]);
        (void)uv_signal_start(&service->signals[i], on_signal, numbers[i]);
    }
}

bool service_run(struct aggregation_server *server, const char *host, uint16_t port,
                 struct fault *fault)
{
    struct service service = {.server = server, .sink = spool_sink(server->home)};
    struct http_server_config config = {
        .host = host,
        .port = port,
        .body_max = BODY_MAX,
        .body_memory_max = server->incoming_max,
        .sink = &service.sink,
        .body_timeout_ms = BODY_TIMEOUT_MS,
        .body_grace_ms = BODY_GRACE_MS,
        .on_request = on_request,
        .context = &service,
    };
    int code = uv_loop_init(&service.loop);
    assert(code == 0 && "out of file descriptors or memory");
    service.loop.data = &service;
    enum http_server_status status = http_server_open(&service.http, &service.loop, &config);
    if (status != HTTP_SERVER_OK) {
        (void)uv_loop_close(&service.loop);
        return fault_set(fault, "%s:%u: %s", host, port, http_server_status_text(status));
    }
    watch_signals(&service);
    log_info("listening", "address=%s port=%u", host, http_server_port(service.http));
    (void)uv_run(&service.loop, UV_RUN_DEFAULT);
    code = uv_loop_close(&service.loop);
    assert(code == 0 && "every handle was closed");
    return true;
}
