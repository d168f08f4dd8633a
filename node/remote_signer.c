#include "node/remote_signer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

struct remote_signer {
    struct sockaddr_un address;
    struct hash chain_id;
    struct public_key key;
    int descriptor;           /* -1: not connected */
    uint64_t silent_until_ms; /* no try before; 0: any time */
};

static uint64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool fail(char *error, size_t error_size, const struct remote_signer *signer,
                 const char *text)
{
    if (error_size > 0) {
        (void)snprintf(error, error_size, "signer %s: %s", signer->address.sun_path, text);
    }
    return false;
}

static void disconnect(struct remote_signer *signer)
{
    if (signer->descriptor >= 0) {
        (void)close(signer->descriptor);
    }
    signer->descriptor = -1;
}

static bool connect_to(struct remote_signer *signer)
{
    const struct timeval patience = {.tv_sec = REMOTE_SIGNER_TIMEOUT_MS / 1000,
                                     .tv_usec = REMOTE_SIGNER_TIMEOUT_MS % 1000 * 1000L};
    signer->descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (signer->descriptor < 0) {
        return false;
    }
    /* SO_SNDTIMEO bounds connect() too: unix(7). */
    (void)setsockopt(signer->descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    (void)setsockopt(signer->descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (connect(signer->descriptor, (const struct sockaddr *)&signer->address,
                sizeof(signer->address)) == 0) {
        return true;
    }
    int reason = errno;
    disconnect(signer);
    errno = reason;
    return false;
}

/* One request out, one answer in. */
static bool exchange(int descriptor, struct bytes request, uint8_t answer[SIGNER_ANSWER_SIZE])
{
    if (send(descriptor, request.data, request.size, MSG_NOSIGNAL) != (ssize_t)request.size) {
        return false;
    }
    ssize_t got = recv(descriptor, answer, SIGNER_ANSWER_SIZE, MSG_WAITALL);
    if (got >= 0 && got != SIGNER_ANSWER_SIZE) {
        errno = ECONNRESET;
    }
    return got == SIGNER_ANSWER_SIZE;
}

/* A signer that was restarted costs the old connection: so once more over a new one. Asking twice is
 * harmless, the guard allows what it has signed. */
static bool call(struct remote_signer *signer, const struct schema *schema, const void *request,
                 struct signer_answer *out, char *error, size_t error_size)
{
    struct buffer wire = {0};
    uint8_t answer[SIGNER_ANSWER_SIZE];
    if (now_ms() < signer->silent_until_ms) {
        return fail(error, error_size, signer, "no answer a moment ago");
    }
    schema_write(&wire, schema, request);
    bool fresh = signer->descriptor < 0;
    bool good = !fresh && exchange(signer->descriptor, buffer_bytes(&wire), answer);
    if (!good && (fresh || errno != EAGAIN)) {
        disconnect(signer);
        good = connect_to(signer) && exchange(signer->descriptor, buffer_bytes(&wire), answer);
    }
    int reason = errno;
    buffer_close(&wire);
    if (!good) {
        disconnect(signer);
        signer->silent_until_ms = now_ms() + REMOTE_SIGNER_PAUSE_MS;
        return fail(error, error_size, signer,
                    reason == EAGAIN ? "no answer in time" : strerrordesc_np(reason));
    }
    return signer_answer_decode(out, BYTES_OF(answer), error, error_size);
}

bool remote_signer_open(struct remote_signer **out, const char *path, const struct hash *chain_id,
                        char *error, size_t error_size)
{
    struct remote_signer *signer = memory_new(sizeof(*signer));
    const struct signer_request request = {
        .version = SIGNER_VERSION, .call = SIGNER_KEY, .chain_id = *chain_id};
    struct signer_answer answer;
    signer->descriptor = -1;
    signer->chain_id = *chain_id;
    signer->address.sun_family = AF_UNIX;
    bool good = strlen(path) < sizeof(signer->address.sun_path);
    if (good) {
        memcpy(signer->address.sun_path, path, strlen(path) + 1);
        good = call(signer, &signer_request_schema, &request, &answer, error, error_size);
    } else if (error_size > 0) {
        (void)snprintf(error, error_size, "keys.signer: the path of a socket has at most %zu bytes",
                       sizeof(signer->address.sun_path) - 1);
    }
    if (good && !public_key_valid(&answer.public_key)) {
        good = fail(error, error_size, signer, "names no key");
    }
    if (!good) {
        remote_signer_free(signer);
        signer = NULL;
    } else {
        signer->key = answer.public_key;
    }
    *out = signer;
    return good;
}

void remote_signer_free(struct remote_signer *signer)
{
    if (signer != NULL) {
        disconnect(signer);
        free(signer);
    }
}

const struct public_key *remote_signer_key(const struct remote_signer *signer)
{
    return &signer->key;
}

static enum vote_signing refused(const struct remote_signer *signer,
                                 const struct signer_answer *answer, uint32_t *free_round,
                                 char *error, size_t error_size)
{
    *free_round = answer->free_round;
    (void)fail(error, error_size, signer,
               vote_guard_verdict_text((enum vote_guard_verdict)answer->verdict));
    return VOTE_REFUSED;
}

enum vote_signing remote_signer_sign(struct remote_signer *signer, struct vote *vote,
                                     uint32_t *free_round, char *error, size_t error_size)
{
    struct signer_request request;
    struct signer_answer answer;
    struct hash message;
    signer_request_of(&request, &signer->chain_id, vote);
    if (!call(signer, &signer_request_schema, &request, &answer, error, error_size)) {
        return VOTE_SIGNER_AWAY;
    }
    if (answer.status == SIGNER_REFUSED) {
        return refused(signer, &answer, free_round, error, error_size);
    }
    vote_hash(&message, &signer->chain_id, vote);
    vote->signature = answer.signature;
    if (answer.status == SIGNER_OK && signature_check(&vote->signature, &signer->key, &message)) {
        return VOTE_SIGNED;
    }
    (void)fail(error, error_size, signer,
               answer.status == SIGNER_CHAIN ? "it signs for another chain"
                                             : "its signature is wrong");
    return VOTE_SIGNER_AWAY;
}

static bool get_signature(struct remote_signer *signer, const struct schema *schema,
                          const void *request, struct signature *out, char *error,
                          size_t error_size)
{
    struct signer_answer answer;
    if (!call(signer, schema, request, &answer, error, error_size)) {
        return false;
    }
    *out = answer.signature;
    return answer.status == SIGNER_OK ||
           fail(error, error_size, signer, signer_status_text(answer.status));
}

bool remote_signer_heartbeat(struct remote_signer *signer, struct signing_heartbeat *request,
                             struct signature *out, char *error, size_t error_size)
{
    struct hash message;
    request->version = SIGNER_VERSION;
    request->call = SIGNER_HEARTBEAT;
    request->chain_id = signer->chain_id;
    signing_heartbeat_hash(&message, request);
    return get_signature(signer, &signing_heartbeat_schema, request, out, error, error_size) &&
           (signature_check(out, &signer->key, &message) ||
            fail(error, error_size, signer, "its signature is wrong"));
}

/* The signature is checked with the transaction, by whoever takes that. */
bool remote_signer_evidence(struct remote_signer *signer, struct signing_evidence *request,
                            struct signature *out, char *error, size_t error_size)
{
    request->version = SIGNER_VERSION;
    request->call = SIGNER_EVIDENCE;
    request->chain_id = signer->chain_id;
    return get_signature(signer, &signing_evidence_schema, request, out, error, error_size);
}
