#include "node/sync.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define PATIENCE_MAX 4 /* so a request waits 16 time-outs at most */

struct sync_peer {
    bool up;
    bool validator;
    uint64_t height;
    uint64_t base;
    uint32_t asked;   /* ranges under way */
    uint32_t late;    /* time-outs without an answer between */
    uint64_t late_ms; /* the last of them: several ranges that are late at once count once */
    uint64_t banned_until_ms;
};

/* Blocks that were asked for, and not handed over yet. */
struct range {
    bool held; /* they have come */
    struct sync_request request;
    uint64_t asked_ms;
    uint64_t deadline_ms;
};

struct sync {
    struct sync_config config;
    struct sync_peer *peers;
    uint64_t decided;
    uint64_t hint;
    uint32_t cursor; /* where the search for a peer begins: so that load is spread */
    uint64_t last_id;
    uint32_t patience; /* time-outs in a row: the next is so many times twice as long */
    uint32_t range_count;
    struct range ranges[SYNC_RANGES_MAX + 1]; /* in order of height, disjoint */
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

static void ban(struct sync *sync, uint32_t peer, uint64_t now_ms)
{
    sync->peers[peer].late = 0;
    sync->peers[peer].banned_until_ms = now_ms + SYNC_BAN_MS;
}

/* The ranges. What lies between them is to be asked for. */

static void remove_range(struct sync *sync, struct range *range)
{
    if (!range->held) {
        sync->peers[range->request.peer].asked--;
    }
    size_t at = (size_t)(range - sync->ranges);
    sync->range_count--;
    memmove(range, range + 1, (sync->range_count - at) * sizeof(*range));
}

static struct range *insert_range(struct sync *sync, size_t at)
{
    assert(sync->range_count < ARRAY_COUNT(sync->ranges) && at <= sync->range_count);
    struct range *range = &sync->ranges[at];
    memmove(range + 1, range, (sync->range_count - at) * sizeof(*range));
    sync->range_count++;
    return range;
}

static struct range *find_range(struct sync *sync, uint64_t id)
{
    for (uint32_t i = 0; i < sync->range_count; i++) {
        if (sync->ranges[i].request.id == id) {
            return &sync->ranges[i];
        }
    }
    return NULL;
}

static uint64_t end_of(const struct range *range)
{
    return range->request.height + range->request.count;
}

/* What was decided meanwhile is not asked for any more. What is held stays until it is consumed. */
static void forget_decided(struct sync *sync)
{
    for (uint32_t i = 0; i < sync->range_count;) {
        struct range *range = &sync->ranges[i];
        if (!range->held && end_of(range) <= sync->decided + 1) {
            remove_range(sync, range);
        } else {
            i++;
        }
    }
}

/* What is known of the others, and of us. */

void sync_add_peer(struct sync *sync)
{
    uint32_t index = sync->config.peer_count++;
    sync->peers = memory_resize(sync->peers, sync->config.peer_count * sizeof(*sync->peers));
    sync->peers[index] = (struct sync_peer){0};
}

void sync_set_faults(struct sync *sync, uint32_t fault_count)
{
    sync->config.fault_count = fault_count;
}

void sync_peer_status(struct sync *sync, uint32_t peer, bool validator, uint64_t height,
                      uint64_t base, uint64_t now_ms)
{
    assert(peer < sync->config.peer_count);
    struct sync_peer *one = &sync->peers[peer];
    if (one->up && height < one->height) {
        ban(sync, peer, now_ms);
    }
    one->up = true;
    one->validator = validator;
    one->height = height;
    one->base = base;
}

void sync_peer_down(struct sync *sync, uint32_t peer)
{
    assert(peer < sync->config.peer_count);
    sync->peers[peer].up = false;
    for (uint32_t i = 0; i < sync->range_count;) {
        struct range *range = &sync->ranges[i];
        if (!range->held && range->request.peer == peer) {
            remove_range(sync, range);
        } else {
            i++;
        }
    }
}

void sync_decided(struct sync *sync, uint64_t height)
{
    sync->decided = height;
    forget_decided(sync);
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

/* Asking. */

static bool can_help(const struct sync_peer *peer, uint64_t height, uint64_t now_ms)
{
    return peer->up && peer->height >= height && peer->base != 0 && peer->base <= height &&
           peer->banned_until_ms <= now_ms && peer->asked < SYNC_PEER_ASKED;
}

/* Of those that can help, the one that has least to do, the next in turn among equals. */
static uint32_t choose_peer(struct sync *sync, uint64_t height, uint64_t now_ms)
{
    uint32_t best = SYNC_PEER_NONE;
    for (uint32_t i = 0; i < sync->config.peer_count; i++) {
        uint32_t peer = (sync->cursor + i) % sync->config.peer_count;
        if (can_help(&sync->peers[peer], height, now_ms) &&
            (best == SYNC_PEER_NONE || sync->peers[peer].asked < sync->peers[best].asked)) {
            best = peer;
        }
    }
    if (best != SYNC_PEER_NONE) {
        sync->cursor = (best + 1) % sync->config.peer_count;
    }
    return best;
}

static void check_deadlines(struct sync *sync, uint64_t now_ms)
{
    bool late = false;
    for (uint32_t i = 0; i < sync->range_count;) {
        struct range *range = &sync->ranges[i];
        if (range->held || now_ms < range->deadline_ms) {
            i++;
            continue;
        }
        uint32_t peer = range->request.peer;
        late = true;
        sync->peers[peer].late += sync->peers[peer].late_ms != now_ms ? 1 : 0;
        sync->peers[peer].late_ms = now_ms;
        if (sync->peers[peer].late >= 2) {
            ban(sync, peer, now_ms);
        }
        remove_range(sync, range);
    }
    sync->patience += late && sync->patience < PATIENCE_MAX ? 1 : 0;
}

/* The lowest blocks that are neither here nor asked for. Returns where their range belongs. */
static size_t find_hole(const struct sync *sync, uint64_t *height, uint64_t *count)
{
    uint64_t last = sync_target(sync);
    size_t at = 0;
    *height = sync->decided + 1;
    while (at < sync->range_count && sync->ranges[at].request.height <= *height) {
        uint64_t end = end_of(&sync->ranges[at]);
        *height = end > *height ? end : *height;
        at++;
    }
    if (at < sync->range_count && sync->ranges[at].request.height <= last) {
        last = sync->ranges[at].request.height - 1;
    }
    *count = *height > last ? 0 : last - *height + 1;
    *count = *count > sync->config.window ? sync->config.window : *count;
    return at;
}

bool sync_next(struct sync *sync, uint64_t now_ms, struct sync_request *out)
{
    check_deadlines(sync, now_ms);
    /* One block behind is what every replica is now and then: consensus itself heals it, unless it
     * asked for help by a hint. */
    if (!sync_active(sync) && sync->hint <= sync->decided) {
        return false;
    }
    uint64_t height;
    uint64_t count;
    size_t at = find_hole(sync, &height, &count);
    /* The lowest is asked for even where much is held: nothing of it could be used before. */
    uint32_t most = height == sync->decided + 1 ? SYNC_RANGES_MAX + 1 : SYNC_RANGES_MAX;
    if (count == 0 || sync->range_count >= most) {
        return false;
    }
    uint32_t peer = choose_peer(sync, height, now_ms);
    if (peer == SYNC_PEER_NONE) {
        return false;
    }
    sync->peers[peer].asked++;
    struct range *range = insert_range(sync, at);
    *range = (struct range){.request = {peer, ++sync->last_id, height, (uint32_t)count},
                            .asked_ms = now_ms,
                            .deadline_ms = now_ms + (sync->config.timeout_ms << sync->patience)};
    *out = range->request;
    return true;
}

/* Answers. */

bool sync_answer(struct sync *sync, uint32_t peer, uint64_t id, uint64_t now_ms,
                 struct sync_request *out)
{
    struct range *range = find_range(sync, id);
    if (range == NULL || range->held || range->request.peer != peer) {
        return false;
    }
    /* One that would have been too late before stays possible: the line may be slow. */
    if (now_ms - range->asked_ms < sync->config.timeout_ms) {
        sync->patience = 0;
    }
    sync->peers[peer].asked--;
    sync->peers[peer].late = 0;
    range->held = true;
    *out = range->request;
    return true;
}

static struct range *held_range(struct sync *sync, uint64_t id)
{
    struct range *range = find_range(sync, id);
    assert(range != NULL && range->held);
    return range;
}

void sync_received(struct sync *sync, uint64_t id, uint32_t count)
{
    struct range *range = held_range(sync, id);
    assert(count > 0 && count <= range->request.count);
    range->request.count = count;
}

void sync_failed(struct sync *sync, uint64_t id, uint64_t now_ms)
{
    struct range *range = held_range(sync, id);
    ban(sync, range->request.peer, now_ms);
    remove_range(sync, range);
}

void sync_consumed(struct sync *sync, uint64_t id)
{
    remove_range(sync, held_range(sync, id));
}
