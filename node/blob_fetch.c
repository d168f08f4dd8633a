#include "node/blob_fetch.h"

#include "base/memory.h"
#include "node/frames.h"

#include <stdlib.h>
#include <string.h>

#define TIMEOUT_FACTOR_MAX 8

struct request {
    uint32_t peer;
    uint32_t segment; /* or FRAME_BLOB_LIST */
    uint64_t until_ms;
};

struct want {
    struct want *next;
    struct hash root;
    uint32_t size;
    bool needed; /* by a block, not only by a transaction */
    uint32_t segment_count;
    struct hash *hashes;        /* NULL: the list is not here yet */
    uint8_t *state;             /* of each segment */
    uint32_t missing;           /* segments that are not written */
    struct blob_writer *writer; /* NULL once it was handed to complete() */
    struct request requests[BLOB_FETCH_ASKED_MAX];
    uint32_t request_count;
    uint64_t news_ms;       /* last time something came or somebody asked for it */
    uint32_t vain;          /* requests that timed out, one after the other */
    uint32_t turn;          /* where the search for a peer begins */
    uint64_t *not_until_ms; /* of each peer; UINT64_MAX: it sent wrong bytes */
};

enum { SEGMENT_MISSING, SEGMENT_ASKED, SEGMENT_WRITTEN };

struct blob_fetch {
    struct blob_fetch_options options;
    bool *up; /* peers */
    struct want *first;
    uint32_t count;
};

struct blob_fetch *blob_fetch_new(const struct blob_fetch_options *options)
{
    struct blob_fetch *fetch = memory_new(sizeof(*fetch));
    fetch->options = *options;
    fetch->up = memory_new(options->peer_count * sizeof(*fetch->up) + 1);
    return fetch;
}

static void free_want(struct want *want)
{
    blob_writer_close(want->writer);
    free(want->hashes);
    free(want->state);
    free(want->not_until_ms);
    free(want);
}

static struct want **find(struct blob_fetch *fetch, const struct hash *root)
{
    struct want **at = &fetch->first;
    while (*at != NULL && !hash_equal(&(*at)->root, root)) {
        at = &(*at)->next;
    }
    return at;
}

static void drop(struct blob_fetch *fetch, struct want **at)
{
    struct want *want = *at;
    *at = want->next;
    fetch->count--;
    free_want(want);
}

void blob_fetch_free(struct blob_fetch *fetch)
{
    if (fetch == NULL) {
        return;
    }
    while (fetch->first != NULL) {
        drop(fetch, &fetch->first);
    }
    free(fetch->up);
    free(fetch);
}

/* Asking. */

static uint32_t asked_of(const struct want *want, uint32_t peer)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < want->request_count; i++) {
        count += want->requests[i].peer == peer;
    }
    return count;
}

/* The next peer in turn that may be asked, or peer_count. */
static uint32_t choose_peer(const struct blob_fetch *fetch, struct want *want, uint64_t now_ms)
{
    uint32_t count = fetch->options.peer_count;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t peer = (want->turn + i) % count;
        if (fetch->up[peer] && want->not_until_ms[peer] <= now_ms &&
            asked_of(want, peer) < BLOB_FETCH_PEER_MAX) {
            want->turn = peer + 1;
            return peer;
        }
    }
    return count;
}

static bool ask_one(struct blob_fetch *fetch, struct want *want, uint32_t segment, uint64_t now_ms)
{
    uint32_t peer = choose_peer(fetch, want, now_ms);
    if (peer == fetch->options.peer_count) {
        return false;
    }
    if (!fetch->options.send(fetch->options.context, peer, &want->root, want->size, segment)) {
        want->not_until_ms[peer] = now_ms + BLOB_FETCH_AGAIN_MS;
        return true; /* perhaps the next one can */
    }
    uint32_t factor = 1 + (want->vain < TIMEOUT_FACTOR_MAX ? want->vain : TIMEOUT_FACTOR_MAX);
    want->requests[want->request_count++] =
        (struct request){peer, segment, now_ms + (uint64_t)factor * BLOB_FETCH_TIMEOUT_MS};
    if (segment != FRAME_BLOB_LIST) {
        want->state[segment] = SEGMENT_ASKED;
    }
    return true;
}

static void ask(struct blob_fetch *fetch, struct want *want, uint64_t now_ms)
{
    if (want->writer == NULL) {
        return;
    }
    if (want->hashes == NULL) {
        while (want->request_count == 0 && ask_one(fetch, want, FRAME_BLOB_LIST, now_ms)) {
        }
        return;
    }
    uint32_t segment = 0;
    while (want->request_count < BLOB_FETCH_ASKED_MAX && segment < want->segment_count) {
        if (want->state[segment] != SEGMENT_MISSING) {
            segment++;
        } else if (!ask_one(fetch, want, segment, now_ms)) {
            return;
        }
    }
}

/* A better one to give up: what no block needs before what one does, then what nothing was heard of for longer. */
static bool goes_before(const struct want *want, const struct want *other)
{
    return want->needed != other->needed ? !want->needed : want->news_ms < other->news_ms;
}

/* One makes room that no block needs, or none that was asked for in a while: liars' blocks may name many that nobody
 * has. Those that a worker is finishing go by themselves. */
static void make_room(struct blob_fetch *fetch, uint64_t now_ms)
{
    struct want **victim = NULL;
    for (struct want **at = &fetch->first; *at != NULL; at = &(*at)->next) {
        const struct want *want = *at;
        bool may_go = want->writer != NULL &&
                      (!want->needed || now_ms >= want->news_ms + BLOB_FETCH_LEAVE_MS);
        if (may_go && (victim == NULL || goes_before(want, *victim))) {
            victim = at;
        }
    }
    if (victim != NULL) {
        drop(fetch, victim);
    }
}

bool blob_fetch_want(struct blob_fetch *fetch, const struct hash *root, uint32_t size, bool needed,
                     uint64_t now_ms, enum blob_status *status)
{
    struct want *want = *find(fetch, root);
    struct blob_writer *writer = NULL;
    enum blob_status result = BLOB_OK;
    if (want == NULL && needed && fetch->count == BLOB_FETCH_WANTS_MAX) {
        make_room(fetch, now_ms);
    }
    if (want != NULL) {
        want->news_ms = now_ms;
        want->needed = want->needed || needed;
    } else if (fetch->count < BLOB_FETCH_WANTS_MAX) {
        result = blob_writer_open(&writer, fetch->options.store, root, size, needed);
    }
    if (status != NULL) {
        *status = result;
    }
    if (writer == NULL) {
        return want != NULL;
    }
    want = memory_new(sizeof(*want));
    want->root = *root;
    want->size = size;
    want->needed = needed;
    want->segment_count = merkle_segment_count(size);
    want->missing = want->segment_count;
    want->state = memory_new(want->segment_count);
    want->writer = writer;
    want->news_ms = now_ms;
    want->not_until_ms = memory_new(fetch->options.peer_count * sizeof(uint64_t) + 1);
    want->next = fetch->first;
    fetch->first = want;
    fetch->count++;
    ask(fetch, want, now_ms);
    return true;
}

bool blob_fetch_wants(const struct blob_fetch *fetch, const struct hash *root)
{
    const struct want *want = fetch->first;
    while (want != NULL && !hash_equal(&want->root, root)) {
        want = want->next;
    }
    return want != NULL;
}

uint32_t blob_fetch_count(const struct blob_fetch *fetch)
{
    return fetch->count;
}

/* Requests that end. */

static void forget_request(struct want *want, uint32_t index)
{
    uint32_t segment = want->requests[index].segment;
    if (segment != FRAME_BLOB_LIST && want->state[segment] == SEGMENT_ASKED) {
        want->state[segment] = SEGMENT_MISSING;
    }
    want->requests[index] = want->requests[--want->request_count];
}

static void forget_peer(struct want *want, uint32_t peer)
{
    for (uint32_t i = want->request_count; i > 0; i--) {
        if (want->requests[i - 1].peer == peer) {
            forget_request(want, i - 1);
        }
    }
}

void blob_fetch_peer_up(struct blob_fetch *fetch, uint32_t peer, uint64_t now_ms)
{
    fetch->up[peer] = true;
    for (struct want *want = fetch->first; want != NULL; want = want->next) {
        if (want->not_until_ms[peer] != UINT64_MAX) {
            want->not_until_ms[peer] = 0;
        }
        ask(fetch, want, now_ms);
    }
}

void blob_fetch_peer_down(struct blob_fetch *fetch, uint32_t peer, uint64_t now_ms)
{
    fetch->up[peer] = false;
    for (struct want *want = fetch->first; want != NULL; want = want->next) {
        forget_peer(want, peer);
        ask(fetch, want, now_ms);
    }
}

static bool take_list(struct want *want, struct bytes data)
{
    struct hash root;
    size_t size = want->segment_count * sizeof(struct hash);
    if (data.size != size) {
        return false;
    }
    struct hash *hashes = memory_new(size);
    memcpy(hashes, data.data, size);
    merkle_segments_root(&root, hashes, want->size); /* used up as scratch space */
    memcpy(hashes, data.data, size);
    if (!hash_equal(&root, &want->root)) {
        free(hashes);
        return false;
    }
    want->hashes = hashes;
    return true;
}

/* False: wrong bytes. Where the disk is full the blob is given up: *full. */
static bool take_segment(struct want *want, uint32_t segment, struct bytes data, bool *full)
{
    uint32_t offset = segment * MERKLE_SEGMENT_SIZE;
    uint32_t left = want->size - offset;
    struct hash hash;
    if (data.size != (left < MERKLE_SEGMENT_SIZE ? left : MERKLE_SEGMENT_SIZE)) {
        return false;
    }
    merkle_segment(&hash, segment, data);
    if (!hash_equal(&hash, &want->hashes[segment])) {
        return false;
    }
    if (want->state[segment] != SEGMENT_WRITTEN) {
        *full = blob_writer_put(want->writer, offset, data) != BLOB_OK;
        want->state[segment] = SEGMENT_WRITTEN;
        want->missing--;
    }
    return true;
}

static uint32_t find_request(const struct want *want, uint32_t peer, uint32_t segment)
{
    uint32_t i = 0;
    while (i < want->request_count &&
           (want->requests[i].peer != peer || want->requests[i].segment != segment)) {
        i++;
    }
    return i;
}

static void complete(struct blob_fetch *fetch, struct want *want)
{
    struct blob_writer *writer = want->writer;
    want->writer = NULL;
    want->request_count = 0;
    fetch->options.complete(fetch->options.context, &want->root, writer);
}

bool blob_fetch_receive(struct blob_fetch *fetch, uint32_t peer, const struct hash *root,
                        uint32_t segment, struct bytes data, uint64_t now_ms)
{
    struct want **at = find(fetch, root);
    struct want *want = *at;
    uint32_t request = want == NULL ? 0 : find_request(want, peer, segment);
    if (want == NULL || want->writer == NULL || request == want->request_count) {
        return true; /* too late, or never asked for */
    }
    bool full = false;
    if (data.size == 0) {
        forget_request(want, request);
        want->not_until_ms[peer] = now_ms + BLOB_FETCH_AGAIN_MS;
        ask(fetch, want, now_ms);
        return true;
    }
    bool good = segment == FRAME_BLOB_LIST ? want->hashes != NULL || take_list(want, data)
                                           : take_segment(want, segment, data, &full);
    if (!good) {
        forget_peer(want, peer);
        want->not_until_ms[peer] = UINT64_MAX;
    } else {
        forget_request(want, request);
        want->vain = 0;
        want->news_ms = now_ms;
    }
    if (full) {
        drop(fetch, at);
    } else if (want->hashes != NULL && want->missing == 0) {
        complete(fetch, want);
    } else {
        ask(fetch, want, now_ms);
    }
    return good;
}

void blob_fetch_finished(struct blob_fetch *fetch, const struct hash *root)
{
    struct want **at = find(fetch, root);
    if (*at != NULL) {
        assert((*at)->writer == NULL);
        drop(fetch, at);
    }
}

static void expire_requests(struct want *want, uint64_t now_ms)
{
    for (uint32_t i = want->request_count; i > 0; i--) {
        if (want->requests[i - 1].until_ms <= now_ms) {
            want->not_until_ms[want->requests[i - 1].peer] = now_ms + BLOB_FETCH_AGAIN_MS;
            forget_request(want, i - 1);
            want->vain++;
        }
    }
}

void blob_fetch_tick(struct blob_fetch *fetch, uint64_t now_ms)
{
    struct want **at = &fetch->first;
    while (*at != NULL) {
        struct want *want = *at;
        expire_requests(want, now_ms);
        if (want->writer != NULL && now_ms >= want->news_ms + BLOB_FETCH_PATIENCE_MS) {
            drop(fetch, at);
            continue;
        }
        ask(fetch, want, now_ms);
        at = &want->next;
    }
}
