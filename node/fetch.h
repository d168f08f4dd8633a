/* Fetching a snapshot: which one, and which peer to ask for which part. Pure: events in, requests out.
 *
 * A snapshot is worth fetching where more than f distinct validators offer it, height and hash alike: an
 * honest one is among them, so its manifest is true, and every chunk can be checked against it as it comes.
 * (What is fetched is checked against a quorum's certificate all the same.) Parts come from all who offer
 * it. A peer that is late twice, or sends what is not the part asked for, is left alone for a while. */
#ifndef NODE_FETCH_H
#define NODE_FETCH_H

#include "crypto/hash.h"

#define FETCH_OFFERS_MAX 4          /* of one peer */
#define FETCH_PEER_ASKED 2          /* parts under way from one peer */
#define FETCH_ASKED_MAX  8          /* parts under way together */
#define FETCH_MANIFEST   UINT32_MAX /* the part that is the manifest */
#define FETCH_BAN_MS     10000

struct fetch;

struct fetch_config {
    uint32_t peer_count;
    uint32_t fault_count; /* f */
    uint64_t timeout_ms;  /* of a request */
};

struct fetch_offer {
    uint64_t height;
    struct hash hash; /* of the manifest */
};

struct fetch_request {
    uint32_t peer;
    uint64_t id;
    uint32_t part; /* number of a chunk, or FETCH_MANIFEST */
};

struct fetch *fetch_new(const struct fetch_config *config);
void fetch_free(struct fetch *fetch); /* NULL is allowed. */

/* What a peer offers now, in place of what it offered before; at most FETCH_OFFERS_MAX. */
void fetch_offers(struct fetch *fetch, uint32_t peer, bool validator,
                  const struct fetch_offer *offers, uint32_t count);
void fetch_peer_down(struct fetch *fetch, uint32_t peer);

/* The highest snapshot that more than f validators offer, or, where `height` is not 0, any of that
 * height: who names a block need not know its validators. None that was refused. */
NODISCARD bool fetch_choose(const struct fetch *fetch, uint64_t height, struct fetch_offer *out);

/* How many validators offer the snapshot that most of them offer. */
uint32_t fetch_support(const struct fetch *fetch);

/* Fetch this one: its manifest first; then, once that is here, its chunks, but for those that
 * fetch_got() is called for. */
void fetch_begin(struct fetch *fetch, const struct fetch_offer *offer);
void fetch_chunks(struct fetch *fetch, uint32_t count);

NODISCARD bool fetch_next(struct fetch *fetch, uint64_t now_ms, struct fetch_request *out);
/* Does this answer belong to a request under way? Then it is over, and fetch_got() or fetch_failed()
 * follows. */
NODISCARD bool fetch_answer(struct fetch *fetch, uint32_t peer, uint64_t id,
                            struct fetch_request *out);
void fetch_got(struct fetch *fetch, uint32_t part);
void fetch_failed(struct fetch *fetch, const struct fetch_request *request, uint64_t now_ms);

bool fetch_complete(const struct fetch *fetch);    /* All chunks are here. */
uint32_t fetch_missing(const struct fetch *fetch); /* Chunks that are not here. */

/* The one that was begun came out wrong: it is never chosen again. */
void fetch_refuse(struct fetch *fetch);

#endif /* NODE_FETCH_H */
