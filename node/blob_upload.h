/* PUT /blob/<root>: blobs from clients, in pieces, so that neither side needs more memory than a piece
 * and a broken connection loses no more than one.
 *
 *     PUT /blob/<root>   Content-Range: bytes FIRST-LAST/SIZE   the piece; in order from 0
 *     PUT /blob/<root>   Content-Range: bytes * /SIZE            (without the space) how far is it?
 *     PUT /blob/<root>   no Content-Range                        the whole, as one piece
 *
 * 202 {"offset": N} wants the piece that begins at N; 409 says so too, to one that begins elsewhere.
 * 201 and 200: held, now and before. 400 malformed, 413 too large, 422 the bytes do not have this root,
 * 503 too many at once, 507 no room. An upload that nobody goes on with is dropped when another wants
 * its place; a restart of the node drops all. */
#ifndef NODE_BLOB_UPLOAD_H
#define NODE_BLOB_UPLOAD_H

#include "p2p/http_server.h"

#define BLOB_UPLOADS_MAX    16
#define BLOB_UPLOAD_IDLE_MS 30000  /* after which it may lose its place */
#define BLOB_UPLOAD_KEEP_MS 600000 /* after which it is dropped */

struct node;
struct blob_uploads;

/* Did nobody go on with an upload since `last_ms` for so long that it may lose its place? */
bool blob_upload_is_idle(uint64_t last_ms, uint64_t now_ms);

struct blob_uploads *blob_uploads_new(struct node *node);
void blob_uploads_stop(struct blob_uploads *uploads); /* No more answers. */
void blob_uploads_free(struct blob_uploads *uploads); /* After the loop is over. NULL is allowed. */

void blob_upload_put(struct blob_uploads *uploads, const struct http_request *request,
                     struct http_response response);
void blob_uploads_tick(struct blob_uploads *uploads); /* Now and then: drop what was left. */

#endif /* NODE_BLOB_UPLOAD_H */
