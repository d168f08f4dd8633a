#include "tools/signer/service.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "base/memory.h"
#include "tools/client/log.h"

struct service {
    struct signer *signer;
    uv_loop_t loop;
    uv_pipe_t listener;
    uv_signal_t signals[2];
    unsigned connections;
    bool failed;
    struct fault fault;
};

struct connection {
    uv_pipe_t pipe;
    struct service *service;
    uint8_t request[SIGNING_EVIDENCE_SIZE]; /* the longest */
    size_t received;
};

struct answer_write {
    uv_write_t write;
    uint8_t answer[SIGNER_ANSWER_SIZE];
};

static void on_walk(uv_handle_t *handle, void *context);

static void on_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    connection->service->connections--;
    free(connection);
}

static void hang_up(struct connection *connection)
{
    if (!uv_is_closing((uv_handle_t *)&connection->pipe)) {
        uv_close((uv_handle_t *)&connection->pipe, on_closed);
    }
}

/* Close everything, so that the loop ends. */
static void stop(struct service *service)
{
    uv_walk(&service->loop, on_walk, service);
}

static void on_walk(uv_handle_t *handle, void *context)
{
    struct service *service = context;
    bool own = handle == (uv_handle_t *)&service->listener || handle->type == UV_SIGNAL;
    if (!uv_is_closing(handle)) {
        uv_close(handle, own ? NULL : on_closed);
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    (void)number;
    stop(handle->data);
}

static void on_written(uv_write_t *write, int status)
{
    (void)status; /* a connection that broke is noticed by its reader */
    free(write->data);
}

static void send_answer(struct connection *connection, const struct signer_answer *answer)
{
    struct buffer wire = {0};
    struct answer_write *out = memory_new(sizeof(*out));
    schema_write(&wire, &signer_answer_schema, answer);
    assert(wire.size == sizeof(out->answer));
    memcpy(out->answer, wire.data, wire.size);
    buffer_close(&wire);
    out->write.data = out;
    uv_buf_t part = uv_buf_init((char *)out->answer, sizeof(out->answer));
    if (uv_write(&out->write, (uv_stream_t *)&connection->pipe, &part, 1, on_written) != 0) {
        free(out);
        hang_up(connection);
    }
}

enum outcome {
    ANSWERED,
    MALFORMED, /* one line in the error */
    FAILED,    /* one line in the service's fault */
};

static void log_refusal(const struct signer_request *request, const struct signer_answer *answer)
{
    if (answer->status != SIGNER_OK) {
        log_warn("refused", "status=\"%s\" reason=\"%s\" type=%u height=%" PRIu64 " round=%u",
                 signer_status_text(answer->status), vote_guard_verdict_text(answer->verdict),
                 request->type, request->height, request->round);
    }
}

static enum outcome answer_vote(struct service *service, struct bytes input,
                                struct signer_answer *answer, char *error, size_t error_size)
{
    struct signer_request request;
    if (!signer_request_decode(&request, input, error, error_size)) {
        return MALFORMED;
    }
    if (!signer_answer(service->signer, &request, answer, &service->fault)) {
        return FAILED;
    }
    log_refusal(&request, answer);
    return ANSWERED;
}

static enum outcome answer_heartbeat(struct service *service, struct bytes input,
                                     struct signer_answer *answer, char *error, size_t error_size)
{
    struct signing_heartbeat wanted;
    if (!signing_heartbeat_decode(&wanted, input, error, error_size)) {
        return MALFORMED;
    }
    bool good = signer_answer_heartbeat(service->signer, &wanted, answer, &service->fault);
    return good ? ANSWERED : FAILED;
}

/* Rare, and of interest whatever comes of it. */
static enum outcome answer_evidence(struct service *service, struct bytes input,
                                    struct signer_answer *answer, char *error, size_t error_size)
{
    struct signing_evidence wanted;
    if (!signing_evidence_decode(&wanted, input, error, error_size)) {
        return MALFORMED;
    }
    if (!signer_answer_evidence(service->signer, &wanted, answer, &service->fault)) {
        return FAILED;
    }
    log_warn("evidence", "status=\"%s\" height=%" PRIu64 " fees=%" PRIu64,
             signer_status_text(answer->status), wanted.conflict.height, service->signer->fees);
    return ANSWERED;
}

static void take_request(struct connection *connection)
{
    struct service *service = connection->service;
    struct signer_answer answer;
    char error[160];
    struct bytes input = {connection->request, connection->received};
    uint8_t call = connection->request[1];
    connection->received = 0;
    enum outcome outcome =
        call == SIGNER_HEARTBEAT  ? answer_heartbeat(service, input, &answer, error, sizeof(error))
        : call == SIGNER_EVIDENCE ? answer_evidence(service, input, &answer, error, sizeof(error))
                                  : answer_vote(service, input, &answer, error, sizeof(error));
    if (outcome == MALFORMED) {
        log_warn("malformed", "text=\"%s\"", error);
        hang_up(connection);
    } else if (outcome == FAILED) {
        service->failed = true;
        stop(service);
    } else {
        send_answer(connection, &answer);
    }
}

/* Of the request that has begun: its second byte says which it is. */
static size_t request_size(const struct connection *connection)
{
    if (connection->received < 2) {
        return 2;
    }
    switch (connection->request[1]) {
    case SIGNER_HEARTBEAT:
        return SIGNING_HEARTBEAT_SIZE;
    case SIGNER_EVIDENCE:
        return SIGNING_EVIDENCE_SIZE;
    default:
        return SIGNER_REQUEST_SIZE; /* an unknown call is refused as a whole */
    }
}

/* A request at a time: what does not fit into it stays in the kernel. */
static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room)
{
    struct connection *connection = handle->data;
    (void)suggested;
    room->base = (char *)connection->request + connection->received;
    room->len = request_size(connection) - connection->received;
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *room)
{
    struct connection *connection = stream->data;
    (void)room;
    if (got < 0) {
        hang_up(connection);
        return;
    }
    connection->received += (size_t)got;
    if (connection->received >= 2 && connection->received == request_size(connection)) {
        take_request(connection);
    }
}

/* The socket's mode keeps others out already; this holds where its folder was opened up. */
static bool peer_allowed(const uv_pipe_t *pipe)
{
    uv_os_fd_t descriptor;
    struct ucred peer;
    socklen_t size = sizeof(peer);
    return uv_fileno((const uv_handle_t *)pipe, &descriptor) == 0 &&
           getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == getuid() || peer.uid == 0);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct service *service = listener->data;
    if (status < 0) {
        return;
    }
    struct connection *connection = memory_new(sizeof(*connection));
    connection->service = service;
    service->connections++;
    (void)uv_pipe_init(&service->loop, &connection->pipe, 0);
    connection->pipe.data = connection;
    bool good = uv_accept(listener, (uv_stream_t *)&connection->pipe) == 0;
    if (good && service->connections > SIGNER_CONNECTIONS_MAX) {
        log_warn("turned_away", "text=\"more than %d connections\"", SIGNER_CONNECTIONS_MAX);
        good = false;
    } else if (good && !peer_allowed(&connection->pipe)) {
        log_warn("turned_away", "text=\"of another user\"");
        good = false;
    }
    if (!good || uv_read_start((uv_stream_t *)&connection->pipe, on_room, on_read) != 0) {
        hang_up(connection);
    }
}

static void watch_signals(struct service *service)
{
    const int numbers[] = {SIGTERM, SIGINT};
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a file at its limit is a fault of the disk, which is told */
    for (size_t i = 0; i < ARRAY_COUNT(numbers); i++) {
        (void)uv_signal_init(&service->loop, &service->signals[i]);
        service->signals[i].data = service;
        (void)uv_signal_start(&service->signals[i], on_signal, numbers[i]);
    }
}

/* The state's lock is held, so a socket that is there was left by a signer that is gone. */
static bool listen_on(struct service *service, const char *path, struct fault *fault)
{
    (void)unlink(path);
    mode_t before = umask(0177);
    int failure = uv_pipe_bind(&service->listener, path);
    (void)umask(before);
    if (failure == 0) {
        failure =
            uv_listen((uv_stream_t *)&service->listener, SIGNER_CONNECTIONS_MAX, on_connection);
    }
    return failure == 0 || fault_set(fault, "%s: %s", path, uv_strerror(failure));
}

bool signer_serve(struct signer *signer, const char *path, struct fault *fault)
{
    struct service service = {.signer = signer};
    int failure = uv_loop_init(&service.loop);
    if (failure != 0) {
        return fault_set(fault, "the event loop cannot start: %s", uv_strerror(failure));
    }
    (void)uv_pipe_init(&service.loop, &service.listener, 0);
    service.listener.data = &service;
    watch_signals(&service);
    bool good = listen_on(&service, path, fault);
    if (good) {
        log_info("listening", "socket=%s height=%" PRIu64, path,
                 vote_guard_height(&signer->file.state.guard));
    } else {
        stop(&service);
    }
    (void)uv_run(&service.loop, UV_RUN_DEFAULT);
    failure = uv_loop_close(&service.loop);
    assert(failure == 0);
    if (service.failed) {
        *fault = service.fault;
    }
    return good && !service.failed;
}
