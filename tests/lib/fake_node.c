#include "tests/lib/fake_node.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Read a request whole; the body begins at *body. False at the end of the connection. */
static bool read_request(int socket, struct buffer *request, size_t *body)
{
    size_t wanted = SIZE_MAX;
    *body = 0;
    while (*body == 0 || request->size < *body + wanted) {
        uint8_t block[4096];
        ssize_t got = read(socket, block, sizeof(block));
        if (got <= 0) {
            return false;
        }
        buffer_append(request, (struct bytes){block, (size_t)got});
        const char *text = buffer_text(request);
        const char *end = strstr(text, "\r\n\r\n");
        const char *length = strcasestr(text, "content-length:");
        if (end != NULL) {
            *body = (size_t)(end - text) + 4;
            wanted = length == NULL || length > end ? 0 : strtoul(length + 15, NULL, 10);
        }
    }
    return true;
}

static void answer_state(struct fake_node *node, const json_t *params, struct buffer *out)
{
    const char *wanted = json_string_value(json_object_get(params, "key"));
    for (size_t i = 0; i < node->record_count; i++) {
        char key[2 * STATE_KEY_MAX + 1];
        hex_encode(key, key_bytes(&node->records[i].key));
        if (wanted != NULL && strcmp(key, wanted) == 0) {
            buffer_append_text(out, "{\"result\": {\"found\": true, \"value\": \"");
            for (size_t k = 0; k < node->records[i].value.size; k++) {
                buffer_format(out, "%02x", node->records[i].value.data[k]);
            }
            buffer_append_text(out, "\"}}");
            return;
        }
    }
    buffer_append_text(out, "{\"result\": {\"found\": false}}");
}

static void answer(struct fake_node *node, const char *request, struct buffer *out)
{
    json_t *json = json_loads(request, 0, NULL);
    const char *method = json_string_value(json_object_get(json, "method"));
    (void)pthread_mutex_lock(&node->lock);
    size_t i = 0;
    while (i < node->answer_count &&
           (method == NULL || strcmp(node->answers[i].method, method) != 0)) {
        i++;
    }
    if (i < node->answer_count) {
        buffer_append_text(out, node->answers[i].body);
    } else if (method != NULL && strcmp(method, "state_get") == 0) {
        answer_state(node, json_object_get(json, "params"), out);
    } else {
        buffer_append_text(out, "{\"error\": {\"code\": -32601, \"message\": \"no such method\"}}");
    }
    (void)pthread_mutex_unlock(&node->lock);
    json_decref(json);
}

static void serve(struct fake_node *node, int socket)
{
    struct buffer request = {0};
    struct buffer body = {0};
    struct buffer reply = {0};
    size_t start = 0;
    if (read_request(socket, &request, &start)) {
        answer(node, buffer_text(&request) + start, &body);
        buffer_format(&reply, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                      body.size);
        buffer_append(&reply, buffer_bytes(&body));
        ssize_t put = send(socket, reply.data, reply.size, MSG_NOSIGNAL);
        (void)put; /* a client that left early is the test's affair */
    }
    (void)close(socket);
    buffer_close(&reply);
    buffer_close(&body);
    buffer_close(&request);
}

static void *serve_all(void *argument)
{
    struct fake_node *node = argument;
    int socket;
    while ((socket = accept(node->listener, NULL, NULL)) >= 0) {
        serve(node, socket);
    }
    return NULL;
}

void fake_node_open(struct fake_node *node)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    memset(node, 0, sizeof(*node));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    node->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = node->listener >= 0 &&
                bind(node->listener, (const struct sockaddr *)&address, size) == 0 &&
                listen(node->listener, 16) == 0 &&
                getsockname(node->listener, (struct sockaddr *)&address, &size) == 0;
    assert(good && "a port of the loopback");
    (void)snprintf(node->url, sizeof(node->url), "http://127.0.0.1:%u", ntohs(address.sin_port));
    (void)pthread_mutex_init(&node->lock, NULL);
    int failed = pthread_create(&node->thread, NULL, serve_all, node);
    assert(failed == 0);
}

void fake_node_close(struct fake_node *node)
{
    (void)shutdown(node->listener, SHUT_RDWR); /* wakes accept() */
    (void)pthread_join(node->thread, NULL);
    (void)close(node->listener);
    (void)pthread_mutex_destroy(&node->lock);
    for (size_t i = 0; i < node->record_count; i++) {
        buffer_close(&node->records[i].value);
    }
}

void fake_node_put_bytes(struct fake_node *node, const struct market_key *key, struct bytes value)
{
    (void)pthread_mutex_lock(&node->lock);
    size_t i = 0;
    while (i < node->record_count &&
           !bytes_equal(key_bytes(&node->records[i].key), key_bytes(key))) {
        i++;
    }
    assert(i < FAKE_NODE_RECORDS_MAX);
    node->records[i].key = *key;
    buffer_clear(&node->records[i].value);
    buffer_append(&node->records[i].value, value);
    node->record_count += i == node->record_count ? 1 : 0;
    (void)pthread_mutex_unlock(&node->lock);
}

void fake_node_put(struct fake_node *node, const struct market_key *key,
                   const struct schema *schema, const void *record)
{
    struct buffer value = {0};
    schema_write(&value, schema, record);
    fake_node_put_bytes(node, key, buffer_bytes(&value));
    buffer_close(&value);
}

void fake_node_answer(struct fake_node *node, const char *method, const char *body)
{
    (void)pthread_mutex_lock(&node->lock);
    assert(node->answer_count < FAKE_NODE_ANSWERS_MAX);
    for (size_t i = node->answer_count; i > 0; i--) {
        node->answers[i] = node->answers[i - 1]; /* the newest is found first */
    }
    node->answers[0].method = method;
    node->answers[0].body = body;
    node->answer_count++;
    (void)pthread_mutex_unlock(&node->lock);
}
