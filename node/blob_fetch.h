/* Fetching blobs from other nodes: which to ask for which segment, and what to believe.
 *
 * First the list of segment hashes, which the root proves; then the segments, from several peers at
 * once, each proved by its hash. So a peer can waste a request but never bring in a wrong byte, and one
 * that sends wrong ones is told to the owner, who sends it away. A segment that is there stays when its
 * sender goes. Memory: the list, a bitmap, one segment at a time; the bytes go to the store's writer.
 *
 * No clock, no socket: time and frames come in as arguments, requests go out by a callback. */
#ifndef NODE_BLOB_FETCH_H
#define NODE_BLOB_FETCH_H

#include "node/blob_store.h"

#define BLOB_FETCH_WANTS_MAX  64   /* blobs at once */
#define BLOB_FETCH_ASKED_MAX  8    /* requests under way for one blob */
#define BLOB_FETCH_PEER_MAX   4    /* of them to one peer */
#define BLOB_FETCH_TIMEOUT_MS 5000 /* of a request; longer after each that was in vain */
#define BLOB_FETCH_AGAIN_MS   1000 /* before a peer that did not have it is asked again */
#define BLOB_FETCH_LEAVE_MS                                                                        \
    500 /* likewise: it makes room where there is none for one that is needed */
#define BLOB_FETCH_PATIENCE_MS 60000 /* without anything new, and nobody asking again: given up */

struct blob_fetch;

struct blob_fetch_options {
    struct blob_store *store;
    uint32_t peer_count;
    void *context;
    /* Send a request for a segment, or FRAME_BLOB_LIST. False: the peer cannot take it now. */
    bool (*send)(void *context, uint32_t peer, const struct hash *root, uint32_t size,
                 uint32_t segment);
    /* All segments are written: finish the writer, on any thread, then call blob_fetch_finished(). */
    void (*complete)(void *context, const struct hash *root, struct blob_writer *writer);
};

struct blob_fetch *blob_fetch_new(const struct blob_fetch_options *options); /* Copies. */
void blob_fetch_free(
    struct blob_fetch *fetch); /* Writers that are being finished are the owner's. */

/* Want a blob, or go on wanting it. `needed` is as for blob_writer_open(): a block names it, so it takes the place of one
 * that none does, or of one that none has wanted for BLOB_FETCH_LEAVE_MS. False where too many are wanted, or the store has no room: BLOB_QUOTA and BLOB_DISK_FULL are in *status (may be NULL). */
NODISCARD bool blob_fetch_want(struct blob_fetch *fetch, const struct hash *root, uint32_t size,
                               bool needed, uint64_t now_ms, enum blob_status *status);
bool blob_fetch_wants(const struct blob_fetch *fetch, const struct hash *root);
uint32_t blob_fetch_count(const struct blob_fetch *fetch);

void blob_fetch_peer_up(struct blob_fetch *fetch, uint32_t peer, uint64_t now_ms);
void blob_fetch_peer_down(struct blob_fetch *fetch, uint32_t peer, uint64_t now_ms);

/* An answer; `data` is empty where the peer does not hold it. False where it is what no honest peer
 * sends: wrong bytes. Answers nobody waits for are dropped. */
NODISCARD bool blob_fetch_receive(struct blob_fetch *fetch, uint32_t peer, const struct hash *root,
                                  uint32_t segment, struct bytes data, uint64_t now_ms);

/* What complete() began is over. */
void blob_fetch_finished(struct blob_fetch *fetch, const struct hash *root);

void blob_fetch_tick(struct blob_fetch *fetch, uint64_t now_ms); /* Some times in a second. */

#endif /* NODE_BLOB_FETCH_H */
