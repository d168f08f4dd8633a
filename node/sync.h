/* Catching up: which peer to ask for which blocks. Pure: events in, at most one request out.
 *
 * The target is the (f+1)-th highest height that distinct validators say they have, so f liars
 * cannot hold a node in sync; what a peer sends is believed for its certificates alone, so a liar can
 * only waste a time-out. A peer that is late twice, sends what does not verify, or does not have what
 * it claimed, is left alone for a while. After each time-out the next request waits twice as long, up
 * to 16 times, until an answer is quick again: a block of 4 MiB takes its time on a slow line. One
 * range is under way at a time; the next is asked for when its blocks have been handed to consensus.
 * The node votes again as soon as it is within one block. */
#ifndef NODE_SYNC_H
#define NODE_SYNC_H

#include "base/bytes.h"

#define SYNC_PEER_NONE UINT32_MAX
#define SYNC_BAN_MS    10000

struct sync;

struct sync_config {
    uint32_t peer_count;
    uint32_t fault_count; /* f */
    uint32_t window;      /* blocks in a request */
    uint64_t timeout_ms;  /* of a request */
};

struct sync *sync_new(const struct sync_config *config);
void sync_free(struct sync *sync); /* NULL is allowed. */

/* What is known of a peer. A peer that went down is asked for nothing. */
void sync_peer_status(struct sync *sync, uint32_t peer, bool validator, uint64_t height,
                      uint64_t base);
void sync_peer_down(struct sync *sync, uint32_t peer);

void sync_decided(struct sync *sync, uint64_t height); /* Own last decided height. */
void sync_hint(struct sync *sync, uint64_t height);    /* Consensus knows that it is decided. */

struct sync_request {
    uint32_t peer;
    uint64_t id;
    uint64_t height;
    uint32_t count;
};

/* The request to send now. False where nothing is to be asked: up to date, one is under way, or
 * nobody can help. `busy`: blocks received before still wait for verification or execution. */
NODISCARD bool sync_next(struct sync *sync, uint64_t now_ms, bool busy, struct sync_request *out);

/* Does this answer belong to the request under way? Then it is over. */
NODISCARD bool sync_answer(struct sync *sync, uint32_t peer, uint64_t id, uint64_t now_ms);

/* The answer held nothing usable: malformed, not verified, not following. */
void sync_peer_failed(struct sync *sync, uint32_t peer, uint64_t now_ms);

bool sync_active(const struct sync *sync);    /* More than one block behind the target? */
uint32_t sync_heard(const struct sync *sync); /* Validators that are up and said where they are. */
uint64_t sync_target(const struct sync *sync);

#endif /* NODE_SYNC_H */
