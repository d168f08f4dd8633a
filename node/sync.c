#include "node/sync.h"

#include "base/memory.h"

#include <stdlib.h>

#define PATIENCE_MAX 4 /* so a request waits 16 time-outs at most */

struct sync_peer {
    bool up;
    bool validator;
    uint64_t height;
    uint64_t base;
    uint32_t late; /* time-outs without an answer between */
    uint64_t banned_until_ms;
};

struct sync {
    struct sync_config config;
    struct sync_peer *peers;
    uint64_t decided;
    uint64_t hint;
    uint32_t cursor; /* where the search for a peer begins: so that load is spread */
    uint64_t last_id;
    bool waiting; /* a request is under way */
    uint32_t waiting_peer;
    uint64_t asked_ms;
    uint64_t deadline_ms;
    uint32_t patience; /* time-outs in a row: the next is so many times twice as long */
};

struct sync *sync_new(const struct sync_config *config)
{
    struct sync *sync = memory_new(sizeof(*sync));
    sync->config = *config;
    sync->peers = memory_new(config->peer_count * sizeof(*sync->peers));
    return sync;
}

void sync_free(struct sync *sync)
{
    if (sync != NULL) {
        free(sync->peers);
        free(sync);
    }
}

void sync_peer_status(struct sync *sync, uint32_t peer, bool validator, uint64_t height,
                      uint64_t base)
{
    assert(peer < sync->config.peer_count);
    struct sync_peer *one = &sync->peers[peer];
    one->up = true;
    one->validator = validator;
    one->height = height;
    one->base = base;
}

void sync_peer_down(struct sync *sync, uint32_t peer)
{
    assert(peer < sync->config.peer_count);
    sync->peers[peer].up = false;
    if (sync->waiting && sync->waiting_peer == peer) {
        sync->waiting = false;
    }
}

void sync_decided(struct sync *sync, uint64_t height)
{
    sync->decided = height;
}

void sync_hint(struct sync *sync, uint64_t height)
{
    sync->hint = height > sync->hint ? height : sync->hint;
}

/* How many validators say that they have at least `height`. */
static uint32_t count_at_least(const struct sync *sync, uint64_t height)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < sync->config.peer_count; i++) {
        const struct sync_peer *peer = &sync->peers[i];
        count += (uint32_t)(peer->up && peer->validator && peer->height >= height);
    }
    return count;
}

uint64_t sync_target(const struct sync *sync)
{
    uint64_t target = sync->hint > sync->decided ? sync->hint : sync->decided;
    for (uint32_t i = 0; i < sync->config.peer_count; i++) {
        const struct sync_peer *peer = &sync->peers[i];
        if (peer->up && peer->validator && peer->height > target &&
            count_at_least(sync, peer->height) > sync->config.fault_count) {
            target = peer->height;
        }
    }
    return target;
}

uint32_t sync_heard(const struct sync *sync)
{
    return count_at_least(sync, 0);
}

bool sync_active(const struct sync *sync)
{
    return sync_target(sync) > sync->decided + 1;
}

static bool can_help(const struct sync_peer *peer, uint64_t height, uint64_t now_ms)
{
    return peer->up && peer->height >= height && peer->base != 0 && peer->base <= height &&
           peer->banned_until_ms <= now_ms;
}

static uint32_t choose_peer(struct sync *sync, uint64_t height, uint64_t now_ms)
{
    for (uint32_t i = 0; i < sync->config.peer_count; i++) {
        uint32_t peer = (sync->cursor + i) % sync->config.peer_count;
        if (can_help(&sync->peers[peer], height, now_ms)) {
            sync->cursor = (peer + 1) % sync->config.peer_count;
            return peer;
        }
    }
    return SYNC_PEER_NONE;
}

static void check_deadline(struct sync *sync, uint64_t now_ms)
{
    if (!sync->waiting || now_ms < sync->deadline_ms) {
        return;
    }
    struct sync_peer *peer = &sync->peers[sync->waiting_peer];
    sync->waiting = false;
    sync->patience += sync->patience < PATIENCE_MAX ? 1 : 0;
    peer->late++;
    if (peer->late >= 2) {
        peer->late = 0;
        peer->banned_until_ms = now_ms + SYNC_BAN_MS;
    }
}

bool sync_next(struct sync *sync, uint64_t now_ms, bool busy, struct sync_request *out)
{
    check_deadline(sync, now_ms);
    uint64_t target = sync_target(sync);
    /* One block behind is what every replica is now and then: consensus itself heals it, unless it
     * asked for help by a hint. */
    bool needed = sync_active(sync) || sync->hint > sync->decided;
    if (sync->waiting || busy || !needed) {
        return false;
    }
    uint32_t peer = choose_peer(sync, sync->decided + 1, now_ms);
    if (peer == SYNC_PEER_NONE) {
        return false;
    }
    uint64_t count = target - sync->decided;
    count = count > sync->config.window ? sync->config.window : count;
    sync->waiting = true;
    sync->waiting_peer = peer;
    sync->asked_ms = now_ms;
    sync->deadline_ms = now_ms + (sync->config.timeout_ms << sync->patience);
    *out = (struct sync_request){peer, ++sync->last_id, sync->decided + 1, (uint32_t)count};
    return true;
}

bool sync_answer(struct sync *sync, uint32_t peer, uint64_t id, uint64_t now_ms)
{
    if (!sync->waiting || sync->waiting_peer != peer || sync->last_id != id) {
        return false;
    }
    /* One that would have been too late before stays possible: the line may be slow. */
    if (now_ms - sync->asked_ms < sync->config.timeout_ms) {
        sync->patience = 0;
    }
    sync->waiting = false;
    sync->peers[peer].late = 0;
    return true;
}

void sync_peer_failed(struct sync *sync, uint32_t peer, uint64_t now_ms)
{
    assert(peer < sync->config.peer_count);
    sync->peers[peer].banned_until_ms = now_ms + SYNC_BAN_MS;
}
