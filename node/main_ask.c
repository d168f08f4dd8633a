#include "node/main_ask.h"

#include "base/buffer.h"
#include "node/home.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)64 * 1024) /* bytes */
#define TIMEOUT_S  5

static const char request_format[] =
    "POST / HTTP/1.1\r\nHost: soukd\r\nContent-Type: application/json\r\nConnection: close\r\n"
    "Content-Length: %zu\r\n\r\n%s";

static int dial(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct timeval limit = {.tv_sec = TIMEOUT_S};
    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int file = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (file >= 0) {
        (void)setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
        (void)setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    }
    if (file >= 0 && connect(file, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        (void)close(file);
        file = -1;
    }
    return file;
}

static bool exchange(int file, const char *method, struct buffer *answer)
{
    char body[128];
    char request[512];
    int length =
        snprintf(body, sizeof(body), "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\"}", method);
    assert(length > 0 && (size_t)length < sizeof(body));
    int size = snprintf(request, sizeof(request), request_format, (size_t)length, body);
    assert(size > 0 && (size_t)size < sizeof(request));
    if (write(file, request, (size_t)size) != size) {
        return false;
    }
    while (answer->size < ANSWER_MAX) {
        buffer_reserve(answer, 4096);
        ssize_t got = read(file, answer->data + answer->size, 4096);
        if (got <= 0) {
            return got == 0;
        }
        answer->size += (size_t)got;
    }
    return false;
}

int main_ask(const char *home, const char *method)
{
    char path[HOME_PATH_MAX];
    char error[512];
    struct buffer answer = {0};
    if (!home_path(path, home, "admin.sock", error, sizeof(error))) {
        (void)fprintf(stderr, "soukd: %s\n", error);
        return EXIT_FAILURE;
    }
    int file = dial(path);
    bool good = file >= 0 && exchange(file, method, &answer);
    const char *body = good ? strstr(buffer_text(&answer), "\r\n\r\n") : NULL;
    if (body == NULL) {
        (void)fprintf(stderr, "soukd: no node answers at %s: %s\n", path, strerrordesc_np(errno));
    } else {
        (void)printf("%s\n", body + 4);
    }
    if (file >= 0) {
        (void)close(file);
    }
    buffer_close(&answer);
    return body == NULL ? EXIT_FAILURE : EXIT_SUCCESS;
}
