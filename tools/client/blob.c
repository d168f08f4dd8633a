#include "tools/client/blob.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "crypto/merkle.h"

#define PIECE_TIMEOUT_MS 30000L
#define ATTEMPTS_MAX     6 /* at one piece */
#define PAUSE_MS         200
#define ANSWER_MAX       4096
#define HEADER_MAX       96

/* One blob on its way. */
struct transfer {
    struct rpc *rpc;
    struct buffer url;
    struct buffer answer;
    struct buffer piece; /* of what is put */
    bool broken;         /* what is put cannot be read */
    char header[HEADER_MAX];
    long status;
    unsigned failures; /* one after the other */
};

static void transfer_open(struct transfer *out, struct rpc *rpc, const struct hash *root)
{
    char hex[65];
    *out = (struct transfer){.rpc = rpc};
    hex_encode(hex, BYTES_OF(root->bytes));
    buffer_format(&out->url, "%s/blob/%s", rpc_url(rpc), hex);
}

static void transfer_close(struct transfer *transfer)
{
    buffer_close(&transfer->url);
    buffer_close(&transfer->answer);
    buffer_close(&transfer->piece);
}

static void tell(const char *what, uint64_t done, uint64_t total)
{
    if (isatty(STDERR_FILENO) && total > BLOB_PIECE_SIZE) {
        (void)fprintf(stderr, "\r%s %" PRIu64 " of %" PRIu64 " KiB%s", what, done / 1024,
                      total / 1024, done == total ? "\n" : "");
    }
}

/* After a broken connection, and where the node is busy: wait a little longer each time. False where it
 * was tried often enough. */
static bool try_again(struct transfer *transfer)
{
    transfer->failures++;
    if (transfer->failures >= ATTEMPTS_MAX) {
        return false;
    }
    uint64_t pause_ms = (uint64_t)PAUSE_MS << transfer->failures;
    const struct timespec pause = {(time_t)(pause_ms / 1000), (long)(pause_ms % 1000) * 1000000};
    (void)nanosleep(&pause, NULL);
    return true;
}

/* {"error": "..."} of the node, in its words. */
static bool refused(struct transfer *transfer, struct fault *fault)
{
    const char *text = NULL;
    json_t *json = json_loadb((const char *)transfer->answer.data, transfer->answer.size, 0, NULL);
    text = json_string_value(json_object_get(json, "error"));
    (void)fault_set(fault, "%s: %s (HTTP %ld)", buffer_text(&transfer->url),
                    text == NULL ? "refused" : text, transfer->status);
    json_decref(json);
    return false;
}

static bool put_piece(struct transfer *transfer, const struct source *blob, uint64_t offset,
                      struct fault *fault)
{
    uint64_t left = blob->size - offset;
    size_t size = left < BLOB_PIECE_SIZE ? (size_t)left : BLOB_PIECE_SIZE;
    buffer_clear(&transfer->piece);
    buffer_reserve(&transfer->piece, size);
    transfer->broken = !source_read(blob, offset, transfer->piece.data, size, fault);
    if (transfer->broken) {
        return false;
    }
    (void)snprintf(transfer->header, sizeof(transfer->header),
                   "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, offset,
                   offset + size - 1, blob->size);
    const struct http_call call = {.method = "PUT",
                                   .url = buffer_text(&transfer->url),
                                   .content_type = "application/octet-stream",
                                   .body = {transfer->piece.data, size},
                                   .header = transfer->header,
                                   .timeout_ms = PIECE_TIMEOUT_MS,
                                   .answer_max = ANSWER_MAX};
    return http_perform(rpc_http(transfer->rpc), &call, &transfer->status, &transfer->answer,
                        fault);
}

/* Where the node wants us to go on. */
static bool read_offset(struct transfer *transfer, uint64_t size, uint64_t *offset,
                        struct fault *fault)
{
    json_t *json = json_loadb((const char *)transfer->answer.data, transfer->answer.size, 0, NULL);
    json_int_t value = json_integer_value(json_object_get(json, "offset"));
    bool good =
        json_is_integer(json_object_get(json, "offset")) && value >= 0 && (uint64_t)value < size;
    *offset = good ? (uint64_t)value : 0;
    json_decref(json);
    return good || fault_set(fault, "%s: the node's answer has no offset within the blob",
                             buffer_text(&transfer->url));
}

static bool put_all(struct transfer *transfer, const struct source *blob, struct fault *fault)
{
    uint64_t offset = 0;
    for (;;) {
        tell("put", offset, blob->size);
        bool answered = put_piece(transfer, blob, offset, fault);
        if (!answered || transfer->status == 503) {
            if (transfer->broken || !try_again(transfer)) {
                return answered ? refused(transfer, fault) : false;
            }
            continue;
        }
        if (transfer->status == 200 || transfer->status == 201) {
            tell("put", blob->size, blob->size);
            return true;
        }
        uint64_t before = offset;
        if ((transfer->status != 202 && transfer->status != 409)) {
            return refused(transfer, fault);
        }
        if (!read_offset(transfer, blob->size, &offset, fault)) {
            return false;
        }
        if (offset > before) {
            transfer->failures = 0;
        } else if (!try_again(transfer)) {
            return refused(transfer, fault);
        }
    }
}

bool blob_put(struct rpc *rpc, const struct hash *root, const struct source *blob,
              struct fault *fault)
{
    struct transfer transfer;
    transfer_open(&transfer, rpc, root);
    bool good = put_all(&transfer, blob, fault);
    transfer_close(&transfer);
    return good;
}

static bool get_piece(struct transfer *transfer, uint64_t offset, uint32_t size,
                      struct fault *fault)
{
    uint64_t left = size - offset;
    uint64_t count = left < BLOB_PIECE_SIZE ? left : BLOB_PIECE_SIZE;
    (void)snprintf(transfer->header, sizeof(transfer->header), "Range: bytes=%" PRIu64 "-%" PRIu64,
                   offset, offset + count - 1);
    const struct http_call call = {.method = "GET",
                                   .url = buffer_text(&transfer->url),
                                   .header = transfer->header,
                                   .timeout_ms = PIECE_TIMEOUT_MS,
                                   .answer_max = BLOB_PIECE_SIZE};
    return http_perform(rpc_http(transfer->rpc), &call, &transfer->status, &transfer->answer,
                        fault);
}

/* Where the pieces of a blob go, and the root of what came. */
struct arrival {
    source_take *take;
    void *context;
    uint64_t size; /* so far */
    struct merkle_stream stream;
};

static bool get_all(struct transfer *transfer, struct arrival *arrival, uint32_t size,
                    struct fault *fault)
{
    while (arrival->size < size) {
        bool answered = get_piece(transfer, arrival->size, size, fault);
        if (!answered || transfer->status == 503) {
            if (!try_again(transfer)) {
                return answered ? refused(transfer, fault) : false;
            }
            continue;
        }
        /* A small one comes whole. */
        bool whole = transfer->status == 200 && arrival->size == 0;
        if (!whole && transfer->status != 206) {
            return refused(transfer, fault);
        }
        struct bytes piece = buffer_bytes(&transfer->answer);
        if (piece.size == 0 || piece.size > size - arrival->size) {
            return fault_set(fault, "%s: the node sent another number of bytes than asked for",
                             buffer_text(&transfer->url));
        }
        merkle_stream_add(&arrival->stream, piece);
        if (!arrival->take(arrival->context, piece, fault)) {
            return false;
        }
        arrival->size += piece.size;
        transfer->failures = 0;
        tell("get", arrival->size, size);
    }
    return true;
}

bool blob_each(struct rpc *rpc, const struct hash *root, uint32_t size, source_take *take,
               void *context, struct fault *fault)
{
    struct transfer transfer;
    struct arrival arrival = {.take = take, .context = context};
    struct hash got;
    merkle_stream_init(&arrival.stream);
    transfer_open(&transfer, rpc, root);
    bool good = get_all(&transfer, &arrival, size, fault);
    merkle_stream_finish(&arrival.stream, &got);
    if (good && !hash_equal(&got, root)) {
        char hex[65];
        hex_encode(hex, BYTES_OF(got.bytes));
        good = fault_set(fault, "%s: the node sent other bytes, with root %s",
                         buffer_text(&transfer.url), hex);
    }
    transfer_close(&transfer);
    return good;
}

static bool append_piece(void *context, struct bytes piece, struct fault *fault)
{
    (void)fault;
    buffer_append(context, piece);
    return true;
}

bool blob_get(struct rpc *rpc, struct buffer *out, const struct hash *root, uint32_t size,
              struct fault *fault)
{
    buffer_clear(out);
    return blob_each(rpc, root, size, append_piece, out, fault);
}
