#include "node/blob_upload.h"

#include "base/memory.h"
#include "node/blob_driver.h"
#include "node/http_range.h"
#include "node/node_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JSON "application/json"

struct upload {
    struct hash root;
    uint32_t size;
    uint32_t offset;            /* bytes that are written */
    struct blob_writer *writer; /* NULL: free; or being finished */
    bool finishing;
    uint64_t last_ms;
};

struct blob_uploads {
    struct node *node;
    struct upload list[BLOB_UPLOADS_MAX];
    bool stopped;
};

struct blob_uploads *blob_uploads_new(struct node *node)
{
    struct blob_uploads *uploads = memory_new(sizeof(*uploads));
    uploads->node = node;
    return uploads;
}

void blob_uploads_stop(struct blob_uploads *uploads)
{
    uploads->stopped = true;
}

static void drop(struct upload *upload)
{
    blob_writer_close(upload->writer);
    *upload = (struct upload){0};
}

void blob_uploads_free(struct blob_uploads *uploads)
{
    if (uploads == NULL) {
        return;
    }
    for (size_t i = 0; i < BLOB_UPLOADS_MAX; i++) {
        drop(&uploads->list[i]);
    }
    free(uploads);
}

void blob_uploads_tick(struct blob_uploads *uploads)
{
    uint64_t now_ms = node_now_ms();
    for (size_t i = 0; i < BLOB_UPLOADS_MAX; i++) {
        struct upload *upload = &uploads->list[i];
        if (upload->writer != NULL && now_ms >= upload->last_ms + BLOB_UPLOAD_KEEP_MS) {
            drop(upload);
        }
    }
}

static bool is_free(const struct upload *upload)
{
    return upload->writer == NULL && !upload->finishing;
}

static struct upload *find(struct blob_uploads *uploads, const struct hash *root)
{
    for (size_t i = 0; i < BLOB_UPLOADS_MAX; i++) {
        if (!is_free(&uploads->list[i]) && hash_equal(&uploads->list[i].root, root)) {
            return &uploads->list[i];
        }
    }
    return NULL;
}

/* The clock begins with the machine: nothing may be subtracted from its time. */
bool blob_upload_is_idle(uint64_t last_ms, uint64_t now_ms)
{
    return now_ms >= last_ms + BLOB_UPLOAD_IDLE_MS;
}

/* A free place, or that of the one nobody went on with for longest. */
static struct upload *find_place(struct blob_uploads *uploads)
{
    uint64_t now_ms = node_now_ms();
    struct upload *oldest = NULL;
    for (size_t i = 0; i < BLOB_UPLOADS_MAX; i++) {
        struct upload *upload = &uploads->list[i];
        if (is_free(upload)) {
            return upload;
        }
        if (!upload->finishing && blob_upload_is_idle(upload->last_ms, now_ms) &&
            (oldest == NULL || upload->last_ms < oldest->last_ms)) {
            oldest = upload;
        }
    }
    if (oldest != NULL) {
        drop(oldest);
    }
    return oldest;
}

static void answer(struct http_response response, uint16_t status, uint64_t offset, uint64_t size)
{
    char text[96];
    (void)snprintf(text, sizeof(text), "{\"offset\":%" PRIu64 ",\"size\":%" PRIu64 "}\n", offset,
                   size);
    (void)http_respond(response, status, JSON, bytes_of_text(text));
}

static uint16_t status_of(enum blob_status status)
{
    switch (status) {
    case BLOB_OK:
        return 201;
    case BLOB_SIZE:
        return 413;
    case BLOB_QUOTA:
    case BLOB_DISK_FULL:
        return 507;
    case BLOB_WRONG:
        return 422;
    }
    return 500;
}

static void refuse(struct http_response response, enum blob_status status)
{
    char line[120];
    (void)snprintf(line, sizeof(line), "blob: %s", blob_status_text(status));
    (void)http_respond_error(response, status_of(status), line);
}

/* The upload for a range, begun where there is none. NULL where it was refused. */
static struct upload *take_upload(struct blob_uploads *uploads, const struct hash *root,
                                  uint64_t size, struct http_response response)
{
    struct upload *upload = find(uploads, root);
    if (upload != NULL && upload->size == size) {
        return upload;
    }
    if (upload != NULL) {
        (void)http_respond_error(response, 409, "blob: it is being put with another size");
        return NULL;
    }
    if (size == 0 || size > BLOB_SIZE_MAX) {
        refuse(response, BLOB_SIZE);
        return NULL;
    }
    upload = find_place(uploads);
    if (upload == NULL) {
        (void)http_respond_error(response, 503, "blob: too many are being put");
        return NULL;
    }
    struct blob_writer *writer;
    enum blob_status status =
        blob_writer_open(&writer, uploads->node->blobs, root, (uint32_t)size, false);
    if (status != BLOB_OK) {
        refuse(response, status);
        return NULL;
    }
    *upload = (struct upload){.root = *root, .size = (uint32_t)size, .writer = writer};
    upload->last_ms = node_now_ms();
    return upload;
}

struct finish {
    struct blob_uploads *uploads;
    struct http_response response;
    uint32_t size;
};

static void on_finished(void *context, const struct hash *root, enum blob_status status)
{
    struct finish *finish = context;
    struct blob_uploads *uploads = finish->uploads;
    struct upload *upload = find(uploads, root);
    assert(upload != NULL && upload->finishing);
    *upload = (struct upload){0};
    if (!uploads->stopped && status == BLOB_OK) {
        answer(finish->response, 201, finish->size, finish->size);
    } else if (!uploads->stopped) {
        refuse(finish->response, status);
    }
    free(finish);
}

static void take_piece(struct blob_uploads *uploads, struct upload *upload, struct bytes piece,
                       struct http_response response)
{
    enum blob_status status = blob_writer_put(upload->writer, upload->offset, piece);
    upload->last_ms = node_now_ms();
    if (status != BLOB_OK) {
        drop(upload);
        refuse(response, status);
        return;
    }
    upload->offset += (uint32_t)piece.size;
    if (upload->offset < upload->size) {
        answer(response, 202, upload->offset, upload->size);
        return;
    }
    struct finish *finish = memory_new(sizeof(*finish));
    *finish = (struct finish){uploads, response, upload->size};
    struct blob_writer *writer = upload->writer;
    upload->writer = NULL;
    upload->finishing = true;
    blob_driver_finish(uploads->node->blob_driver, &upload->root, writer, on_finished, finish);
}

static bool read_range(const struct http_request *request, struct http_range *range, bool *asks)
{
    const char *text = http_request_header(request, "content-range");
    *asks = false;
    if (text == NULL) {
        *range = (struct http_range){0, request->body.size - 1, request->body.size};
        return request->body.size > 0;
    }
    return http_range_read_content(range, text, asks) &&
           (*asks ? request->body.size == 0 : request->body.size == range->last - range->first + 1);
}

static void put(struct blob_uploads *uploads, const struct hash *root,
                const struct http_request *request, struct http_response response)
{
    struct http_range range;
    bool asks;
    if (!read_range(request, &range, &asks)) {
        (void)http_respond_error(response, 400,
                                 "content-range: bytes FIRST-LAST/SIZE with as many bytes in the "
                                 "body, or bytes */SIZE without one, is expected");
        return;
    }
    if (range.total > 0 && range.total <= BLOB_SIZE_MAX &&
        blob_store_has(uploads->node->blobs, root, (uint32_t)range.total)) {
        answer(response, 200, range.total, range.total);
        return;
    }
    struct upload *upload = take_upload(uploads, root, range.total, response);
    if (upload == NULL) {
        return;
    }
    if (upload->finishing) {
        (void)http_respond_error(response, 503, "blob: it is being stored; ask again");
    } else if (asks) {
        answer(response, 202, upload->offset, upload->size);
    } else if (range.first != upload->offset) {
        answer(response, 409, upload->offset, upload->size);
    } else {
        take_piece(uploads, upload, request->body, response);
    }
}

void blob_upload_put(struct blob_uploads *uploads, const struct http_request *request,
                     struct http_response response)
{
    static const char prefix[] = "/blob/";
    struct hash root;
    if (uploads->stopped) {
        (void)http_respond_error(response, 503, "the node is stopping");
    } else if (strncmp(request->path, prefix, sizeof(prefix) - 1) != 0) {
        (void)http_respond_error(response, 405, "PUT is for /blob/<root>");
    } else if (!hex_decode(root.bytes, sizeof(root.bytes), request->path + sizeof(prefix) - 1)) {
        (void)http_respond_error(response, 400, "root: 64 hexadecimal digits are expected");
    } else {
        put(uploads, &root, request, response);
    }
}
