/* Catching up: which peers to ask for which blocks. Pure: events in, requests out.
 *
 * The target is the (f+1)-th highest height that distinct validators say they have, so f liars
 * cannot hold a node in sync; what a peer sends is believed for its certificates alone, so a liar can
 * only waste a time-out. A peer that lowers its height, is late twice, sends what does not verify, or
 * does not have what it claimed, is left alone for a while. After each time-out the next request
 * waits twice as long, up to 16 times, until an answer is quick again: a block of 4 MiB takes its
 * time on a slow line.
 *
 * The blocks below the target are cut into ranges of a window each. Several are under way at once,
 * from different peers where there are; what has come is held until the ranges before it are there.
 * The lowest range may always be asked for, so that what is held above it never blocks it. The node
 * votes again as soon as it is within one block. */
#ifndef NODE_SYNC_H
#define NODE_SYNC_H

#include "base/bytes.h"

#define SYNC_PEER_NONE  UINT32_MAX
#define SYNC_BAN_MS     10000
#define SYNC_RANGES_MAX 8 /* asked for or held; one more where it is the lowest */
#define SYNC_PEER_ASKED 2 /* ranges under way from one peer */

struct sync;

struct sync_config {
    uint32_t peer_count;
    uint32_t fault_count; /* f */
    uint32_t window;      /* blocks in a request */
    uint64_t timeout_ms;  /* of a request */
};

struct sync *sync_new(const struct sync_config *config);
void sync_free(struct sync *sync); /* NULL is allowed. */

void sync_add_peer(struct sync *sync);                         /* One more, with the next index. */
void sync_set_faults(struct sync *sync, uint32_t fault_count); /* The set of validators changed. */

/* What is known of a peer. A peer that went down is asked for nothing, and may come back lower: one
 * that says less than before while it is up is a liar. */
void sync_peer_status(struct sync *sync, uint32_t peer, bool validator, uint64_t height,
                      uint64_t base, uint64_t now_ms);
void sync_peer_down(struct sync *sync, uint32_t peer);

void sync_decided(struct sync *sync, uint64_t height); /* Own last decided height. */
void sync_hint(struct sync *sync, uint64_t height);    /* Consensus knows that it is decided. */

struct sync_request {
    uint32_t peer;
    uint64_t id; /* never used twice */
    uint64_t height;
    uint32_t count;
};

/* The next request to send now; call it until it is false: up to date, enough is under way or held,
 * or nobody can help. */
NODISCARD bool sync_next(struct sync *sync, uint64_t now_ms, struct sync_request *out);

/* Does this answer belong to a request under way? Then the request is in *out, and its range is held
 * until one of the two calls below. */
NODISCARD bool sync_answer(struct sync *sync, uint32_t peer, uint64_t id, uint64_t now_ms,
                           struct sync_request *out);

/* The held answer brought its first `count` >= 1 blocks; the others are asked for again. */
void sync_received(struct sync *sync, uint64_t id, uint32_t count);
/* The answer held nothing usable: malformed, not verified, not following. Its range is asked for
 * again, and the peer left alone. */
void sync_failed(struct sync *sync, uint64_t id, uint64_t now_ms);
/* The held blocks were handed over, or are not needed any more. */
void sync_consumed(struct sync *sync, uint64_t id);

bool sync_active(const struct sync *sync);    /* More than one block behind the target? */
uint32_t sync_heard(const struct sync *sync); /* Validators that are up and said where they are. */
uint64_t sync_target(const struct sync *sync);

#endif /* NODE_SYNC_H */
