#include "node/blob.h"
#include "node/fault.h"
#include "node/http_range.h"
#include "node/node_state.h"
#include "node/rpc.h"

#include "base/memory.h"
#include "node/disk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEADERS_MAX 160
#define OCTETS      "application/octet-stream"

/* A blob that is being sent: the open file keeps it though the store may let it go. */
struct sending {
    int descriptor;
    uint64_t offset;
};

static bool read_part(void *context, size_t max, struct buffer *out)
{
    struct sending *sending = context;
    size_t before = out->size;
    int error = disk_read(sending->descriptor, sending->offset, max, out);
    if (error != 0) {
        fault_stop(FAULT_DISK, "a blob cannot be read: %s", strerrordesc_np(error));
    }
    sending->offset += out->size - before;
    return out->size > before;
}

static void close_part(void *context)
{
    struct sending *sending = context;
    (void)close(sending->descriptor);
    free(sending);
}

/* What of `total` bytes is wanted, and the headers that say so. False where it was refused. */
static bool take_range(const struct http_request *request, struct http_response response,
                       uint64_t total, struct http_range *range, uint16_t *status,
                       char headers[HEADERS_MAX])
{
    const char *text = http_request_header(request, "range");
    *range = (struct http_range){0, total - 1, total};
    *status = 200;
    (void)snprintf(headers, HEADERS_MAX, "Accept-Ranges: bytes\r\n");
    if (text == NULL) {
        return true;
    }
    if (!http_range_read(range, text, total)) {
        char line[120];
        (void)snprintf(
            line, sizeof(line),
            "range: one of the form bytes=first-last within %" PRIu64 " bytes is expected", total);
        (void)http_respond_error(response, 416, line);
        return false;
    }
    *status = 206;
    (void)snprintf(headers, HEADERS_MAX,
                   "Accept-Ranges: bytes\r\nContent-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64
                   "\r\n",
                   range->first, range->last, range->total);
    return true;
}

static void send_file(int descriptor, uint32_t size, const struct http_request *request,
                      struct http_response response)
{
    struct http_range range;
    uint16_t status;
    char headers[HEADERS_MAX];
    if (!take_range(request, response, size, &range, &status, headers)) {
        (void)close(descriptor);
        return;
    }
    struct sending *sending = memory_new(sizeof(*sending));
    *sending = (struct sending){descriptor, range.first};
    const struct http_source source = {range.last - range.first + 1, sending, read_part,
                                       close_part};
    (void)http_respond_source(response, status, OCTETS, headers, &source);
}

/* A small one: it is in a block, and sent whole. */
static void send_sidecar(struct node *node, const struct hash *root, struct http_response response)
{
    struct buffer blob = {0};
    struct state_snapshot *snapshot = state_snapshot_open(node->store);
    bool found = blob_read(snapshot, node->blocks, root, &blob);
    state_snapshot_close(snapshot);
    if (found) {
        (void)http_respond(response, 200, OCTETS, buffer_bytes(&blob));
    } else {
        (void)http_respond_error(response, 404, "root: no such blob is here");
    }
    buffer_close(&blob);
}

void rpc_blob_get(struct node *node, const struct http_request *request,
                  struct http_response response)
{
    struct hash root;
    if (!hex_decode(root.bytes, sizeof(root.bytes), request->path + strlen("/blob/"))) {
        (void)http_respond_error(response, 400, "root: 64 hexadecimal digits are expected");
        return;
    }
    uint32_t size = blob_store_size(node->blobs, &root);
    int descriptor = size == 0 ? -1 : blob_store_descriptor(node->blobs, &root);
    if (descriptor >= 0) {
        send_file(descriptor, size, request, response);
    } else {
        send_sidecar(node, &root, response);
    }
}
