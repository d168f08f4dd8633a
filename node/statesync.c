#include "node/statesync.h"

#include "base/memory.h"
#include "node/budget.h"
#include "node/consensus_glue.h"
#include "node/fetch.h"
#include "node/frames.h"
#include "node/home.h"
#include "node/node_state.h"
#include "node/snapshot_load.h"
#include "node/snapshot_maker.h"
#include "node/sync_driver.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICK_MS        200
#define ASKS_MAX       64         /* GET_SNAPSHOTS and GET_CHUNK of one peer in a second */
#define UNSENT_MAX     (8u << 20) /* bytes that a peer has not taken: it gets no chunk before */
#define PATIENCE_TIMES 5 /* time-outs without a part after which blocks are fetched instead */
#define ERROR_MAX      512

enum phase {
    PHASE_IDLE,     /* not known yet whether it is needed */
    PHASE_LOOKING,  /* which snapshots are there? */
    PHASE_FETCHING, /* one was chosen */
    PHASE_CHECKING, /* all is here: a worker makes stores of it */
    PHASE_OVER,     /* not needed, or nothing more is tried */
};

struct statesync {
    struct node *node;
    struct fetch *fetch;
    enum phase phase;
    uv_timer_t tick;
    uv_work_t work;
    bool stopped;
    uint32_t fault_count; /* f of the genesis, whose validators are the ones known */
    struct budget *asks;  /* of the peers */
    char directory[HOME_PATH_MAX];
    struct fetch_offer offer;
    struct buffer manifest_bytes;
    struct snapshot_manifest manifest;
    struct snapshot_base *base; /* room to check it */
    uint64_t patience_ends_ms;
    bool good;
    char error[ERROR_MAX];
};

bool statesync_active(const struct statesync *statesync)
{
    return statesync->phase == PHASE_LOOKING || statesync->phase == PHASE_FETCHING ||
           statesync->phase == PHASE_CHECKING;
}

static void send_frame(struct statesync *statesync, uint32_t peer, uint8_t type,
                       const struct buffer *wire)
{
    enum network_status status =
        network_send(statesync->node->network, peer, type, buffer_bytes(wire));
    (void)status; /* a peer that is away is asked again after its time-out */
}

static void be_patient(struct statesync *statesync)
{
    statesync->patience_ends_ms =
        node_now_ms() + (uint64_t)statesync->node->config->sync_timeout_ms * PATIENCE_TIMES;
}

/* Blocks instead. What was fetched is of no use then. */
static void give_up(struct statesync *statesync, const char *why)
{
    log_write(LOG_LEVEL_WARN, "statesync_over", "text=\"%s\"", why);
    statesync->phase = PHASE_OVER;
    snapshot_remove(statesync->directory);
    sync_driver_hold(statesync->node->sync, false);
}

/* Asking. */

static void ask_parts(struct statesync *statesync)
{
    struct fetch_request request;
    while (fetch_next(statesync->fetch, node_now_ms(), &request)) {
        struct buffer wire = {0};
        const struct frame_get_chunk message = {request.id, statesync->offer.height, request.part};
        schema_write(&wire, &frame_get_chunk_schema, &message);
        send_frame(statesync, request.peer, FRAME_GET_CHUNK, &wire);
        buffer_close(&wire);
    }
}

static void look(struct statesync *statesync)
{
    struct node *node = statesync->node;
    const struct buffer nothing = {0};
    for (uint32_t i = 0; i < node->peer_count; i++) {
        if (node->peer_up[i]) {
            send_frame(statesync, i, FRAME_GET_SNAPSHOTS, &nothing);
        }
    }
}

/* Is this a node that has nothing yet? */
static bool is_empty(const struct statesync *statesync)
{
    const struct node *node = statesync->node;
    return node->committed.height == 0 && glue_decided(node->glue) == 0;
}

static uint64_t named_height(const struct statesync *statesync)
{
    uint64_t height;
    uint8_t hash[32];
    bool good = config_trust(statesync->node->config, &height, hash);
    assert(good && "the configuration was checked");
    return height;
}

static bool has_peer(const struct node *node)
{
    for (uint32_t i = 0; i < node->peer_count; i++) {
        if (node->peer_up[i]) {
            return true;
        }
    }
    return false;
}

/* Nothing is fetched: few blocks are missing, or the core has got the first one from a peer. */
static void end_idle(struct statesync *statesync)
{
    struct node *node = statesync->node;
    if (!sync_driver_located(node->sync)) {
        log_write(LOG_LEVEL_WARN, "statesync_over",
                  "text=\"too few validators of the genesis say how far they are; where they are "
                  "gone, name a block in snapshot.trust\"");
    }
    statesync->phase = PHASE_OVER;
    sync_driver_hold(node->sync, false);
}

/* As soon as it is known how far the others are: more than f validators of the genesis must say so,
 * which whoever names a block does not need. Until then no blocks are asked for: with the first one the
 * node is not empty any more. */
static void decide(struct statesync *statesync)
{
    struct node *node = statesync->node;
    const uint64_t target = sync_driver_target(node->sync);
    const uint64_t fetch = node->config->snapshot_fetch;
    if (!is_empty(statesync) || (target > 0 && target <= fetch)) {
        end_idle(statesync);
    } else if (target > 0 || (named_height(statesync) > fetch && has_peer(node))) {
        statesync->phase = PHASE_LOOKING;
        be_patient(statesync);
        look(statesync);
    }
}

/* Checking. */

static void find_trust(const struct statesync *statesync, struct snapshot_trust *out)
{
    snapshot_trust_genesis(out, statesync->node->genesis);
    bool good = config_trust(statesync->node->config, &out->height, out->block.bytes);
    assert(good && "the configuration was checked");
}

static void run_check(uv_work_t *work)
{
    struct statesync *statesync = work->data;
    struct snapshot_trust trust;
    find_trust(statesync, &trust);
    statesync->good =
        snapshot_restore(statesync->node->home, statesync->node->genesis, &trust,
                         statesync->directory, statesync->error, sizeof(statesync->error));
}

static void choose(struct statesync *statesync);

static void after_check(uv_work_t *work, int status)
{
    struct statesync *statesync = work->data;
    struct node *node = statesync->node;
    if (statesync->stopped || status != 0) {
        return;
    }
    if (!statesync->good) {
        char quoted[ERROR_MAX + 2];
        log_write(LOG_LEVEL_ERROR, "statesync_refused", "height=%" PRIu64 " text=%s",
                  statesync->offer.height, log_quote(quoted, sizeof(quoted), statesync->error));
        fetch_refuse(statesync->fetch);
        snapshot_remove(statesync->directory);
        statesync->phase = PHASE_LOOKING;
        be_patient(statesync);
        choose(statesync);
        return;
    }
    log_write(LOG_LEVEL_INFO, "statesync_done", "height=%" PRIu64, statesync->offer.height);
    snapshot_remove(statesync->directory);
    node->begin_anew = true;
    node_stop(node);
}

static void check_if_complete(struct statesync *statesync)
{
    if (statesync->phase == PHASE_FETCHING && fetch_complete(statesync->fetch)) {
        statesync->phase = PHASE_CHECKING;
        int status =
            uv_queue_work(&statesync->node->loop, &statesync->work, run_check, after_check);
        assert(status == 0);
    }
}

/* Parts. */

static bool check_base(struct statesync *statesync, struct bytes content)
{
    struct snapshot_trust trust;
    find_trust(statesync, &trust);
    return snapshot_base_read(statesync->base, content, statesync->error, ERROR_MAX) &&
           snapshot_base_verify(statesync->base, &statesync->manifest, &trust, statesync->error,
                                ERROR_MAX);
}

static bool part_good(struct statesync *statesync, uint32_t part, struct bytes content)
{
    return part == 0 ? check_base(statesync, content)
                     : snapshot_chunk_fits(&statesync->manifest, part, content);
}

/* A snapshot that cannot be kept is a reason to stop, as a block that cannot be is. */
static bool keep(struct statesync *statesync, const char *path, struct bytes content)
{
    int failure = disk_create(path, content, 0);
    if (failure != 0) {
        (void)snprintf(statesync->error, ERROR_MAX, "%.300s: %s", path, strerrordesc_np(failure));
        give_up(statesync, statesync->error);
    }
    return failure == 0;
}

/* Chunks that an earlier process fetched. */
static void find_parts(struct statesync *statesync)
{
    char path[DISK_PATH_MAX];
    struct buffer content = {0};
    for (uint32_t i = 0; i < snapshot_chunk_count(&statesync->manifest); i++) {
        snapshot_file(path, statesync->directory, i);
        buffer_clear(&content);
        if (disk_read_file(path, &content) == 0 &&
            part_good(statesync, i, buffer_bytes(&content))) {
            fetch_got(statesync->fetch, i);
        }
    }
    buffer_close(&content);
    log_write(LOG_LEVEL_INFO, "statesync_chunks",
              "height=%" PRIu64 " chunks=%" PRIu32 " missing=%" PRIu32, statesync->offer.height,
              snapshot_chunk_count(&statesync->manifest), fetch_missing(statesync->fetch));
}

static bool take_manifest(struct statesync *statesync, struct bytes content)
{
    struct hash hash;
    snapshot_manifest_hash(&hash, content);
    if (!hash_equal(&hash, &statesync->offer.hash)) {
        return false;
    }
    buffer_clear(&statesync->manifest_bytes);
    buffer_append(&statesync->manifest_bytes, content);
    if (!snapshot_manifest_decode(&statesync->manifest, buffer_bytes(&statesync->manifest_bytes),
                                  statesync->error, ERROR_MAX) ||
        statesync->manifest.height != statesync->offer.height) {
        return false;
    }
    fetch_chunks(statesync->fetch, snapshot_chunk_count(&statesync->manifest));
    find_parts(statesync);
    return true;
}

static bool take_part(struct statesync *statesync, uint32_t part, struct bytes content)
{
    char path[DISK_PATH_MAX];
    if (part == FETCH_MANIFEST) {
        snapshot_manifest_file(path, statesync->directory);
        return keep(statesync, path, content) && take_manifest(statesync, content);
    }
    snapshot_file(path, statesync->directory, part);
    if (!part_good(statesync, part, content)) {
        return false;
    }
    if (keep(statesync, path, content)) {
        fetch_got(statesync->fetch, part);
    }
    return true;
}

static void receive_chunk(struct statesync *statesync, uint32_t peer, struct bytes payload)
{
    size_t offset;
    uint64_t id;
    struct fetch_request request;
    if (statesync->phase != PHASE_FETCHING || !frames_read_request(payload, &offset, &id) ||
        !fetch_answer(statesync->fetch, peer, id, &request)) {
        return; /* too late, or never asked for */
    }
    const struct bytes content = {payload.data + offset, payload.size - offset};
    if (!take_part(statesync, request.part, content)) {
        log_write(LOG_LEVEL_WARN, "statesync_part_refused", "peer=%s part=%" PRIu32,
                  statesync->node->peers[peer].label, request.part);
        fetch_failed(statesync->fetch, &request, node_now_ms());
    } else {
        be_patient(statesync);
    }
    if (statesync->phase == PHASE_FETCHING) {
        ask_parts(statesync);
        check_if_complete(statesync);
    }
}

/* Choosing. */

/* What an earlier process fetched is of use where it is the same snapshot. */
static void begin(struct statesync *statesync)
{
    char path[DISK_PATH_MAX];
    struct buffer content = {0};
    struct hash hash;
    fetch_begin(statesync->fetch, &statesync->offer);
    statesync->phase = PHASE_FETCHING;
    be_patient(statesync);
    snapshot_manifest_file(path, statesync->directory);
    bool there = disk_read_file(path, &content) == 0;
    snapshot_manifest_hash(&hash, buffer_bytes(&content));
    if (there && hash_equal(&hash, &statesync->offer.hash)) {
        fetch_got(statesync->fetch, FETCH_MANIFEST);
        if (!take_manifest(statesync, buffer_bytes(&content))) {
            give_up(statesync, "the manifest that validators offer is none");
        }
    } else {
        snapshot_remove(statesync->directory);
        int failure = disk_make_directory(statesync->directory);
        if (failure != 0) {
            give_up(statesync, strerrordesc_np(failure));
        }
    }
    buffer_close(&content);
    if (statesync->phase == PHASE_FETCHING) {
        ask_parts(statesync);
        check_if_complete(statesync);
    }
}

static void choose(struct statesync *statesync)
{
    if (statesync->phase == PHASE_LOOKING &&
        fetch_choose(statesync->fetch, named_height(statesync), &statesync->offer)) {
        log_write(LOG_LEVEL_INFO, "statesync_begins", "height=%" PRIu64, statesync->offer.height);
        begin(statesync);
    }
}

static void nothing_offered(struct statesync *statesync)
{
    uint64_t named = named_height(statesync);
    if (named != 0) {
        (void)snprintf(statesync->error, ERROR_MAX,
                       "no peer offers a snapshot of block %" PRIu64 " of snapshot.trust", named);
    } else {
        (void)snprintf(statesync->error, ERROR_MAX,
                       "no snapshot is offered by %" PRIu32 " validators of the genesis, the most "
                       "is %" PRIu32 "; where they are gone, name a block in snapshot.trust",
                       statesync->fault_count + 1, fetch_support(statesync->fetch));
    }
    give_up(statesync, statesync->error);
}

static void on_tick(uv_timer_t *timer)
{
    struct statesync *statesync = timer->data;
    if (statesync->phase == PHASE_IDLE) {
        decide(statesync);
    } else if (statesync->phase == PHASE_LOOKING) {
        look(statesync);
    } else if (statesync->phase == PHASE_FETCHING) {
        ask_parts(statesync);
    }
    if ((statesync->phase == PHASE_LOOKING || statesync->phase == PHASE_FETCHING) &&
        node_now_ms() > statesync->patience_ends_ms) {
        if (statesync->phase == PHASE_LOOKING) {
            nothing_offered(statesync);
        } else {
            give_up(statesync, "the parts of the snapshot do not come");
        }
    }
}

static void receive_snapshots(struct statesync *statesync, uint32_t peer, struct bytes payload)
{
    struct frame_snapshot list[FRAME_SNAPSHOTS_COUNT];
    struct fetch_offer offers[FETCH_OFFERS_MAX];
    uint32_t count;
    if (!frames_read_snapshots(payload, list, &count)) {
        log_write(LOG_LEVEL_WARN, "frame_refused", "peer=%" PRIu32 " type=snapshots", peer);
        network_drop(statesync->node->network, peer);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        offers[i] = (struct fetch_offer){list[i].height, list[i].hash};
    }
    fetch_offers(statesync->fetch, peer, statesync->node->peer_validator[peer] != VALIDATORS_NONE,
                 offers, count);
    choose(statesync);
}

/* Giving. */

static void receive_get_snapshots(struct statesync *statesync, uint32_t peer)
{
    const struct frame_snapshot *list;
    struct buffer wire = {0};
    uint32_t count = snapshot_maker_offers(statesync->node->snapshots, &list);
    for (uint32_t i = 0; i < count; i++) {
        schema_write(&wire, &frame_snapshot_schema, &list[i]);
    }
    send_frame(statesync, peer, FRAME_SNAPSHOTS, &wire);
    buffer_close(&wire);
}

static void receive_get_chunk(struct statesync *statesync, uint32_t peer, struct bytes payload)
{
    struct frame_get_chunk wanted;
    struct network *network = statesync->node->network;
    char directory[DISK_PATH_MAX];
    char path[DISK_PATH_MAX];
    if (!schema_decode(&frame_get_chunk_schema, &wanted, payload, NULL, 0) ||
        (wanted.part >= SNAPSHOT_CHUNKS_MAX && wanted.part != FRAME_CHUNK_MANIFEST)) {
        log_write(LOG_LEVEL_WARN, "frame_refused", "peer=%" PRIu32 " type=get_chunk", peer);
        network_drop(network, peer);
        return;
    }
    if (network_statistics(network, peer)->queue_size > UNSENT_MAX) {
        return;
    }
    snapshot_directory(directory, snapshot_maker_directory(statesync->node->snapshots),
                       wanted.height);
    if (wanted.part == FRAME_CHUNK_MANIFEST) {
        snapshot_manifest_file(path, directory);
    } else {
        snapshot_file(path, directory, wanted.part);
    }
    struct buffer wire = {0};
    bcs_write_u64(&wire, wanted.request);
    if (disk_read_file(path, &wire) != 0 || wire.size > SNAPSHOT_CHUNK_MAX + 8) {
        wire.size = 8; /* it is not there any more */
    }
    send_frame(statesync, peer, FRAME_CHUNK, &wire);
    buffer_close(&wire);
}

void statesync_receive(struct statesync *statesync, uint32_t peer, uint8_t type,
                       struct bytes payload)
{
    if (statesync->stopped) {
        return;
    }
    if (type == FRAME_CHUNK) {
        receive_chunk(statesync, peer, payload);
    } else if (!budget_take(&statesync->asks[peer], node_now_ms(), ASKS_MAX)) {
        return; /* whoever asks one after the other never sees this */
    } else if (type == FRAME_GET_SNAPSHOTS) {
        receive_get_snapshots(statesync, peer);
    } else if (type == FRAME_SNAPSHOTS) {
        receive_snapshots(statesync, peer, payload);
    } else {
        receive_get_chunk(statesync, peer, payload);
    }
}

void statesync_peer_down(struct statesync *statesync, uint32_t peer)
{
    fetch_peer_down(statesync->fetch, peer);
}

struct statesync *statesync_open(struct node *node)
{
    struct statesync *statesync = memory_new(sizeof(*statesync));
    statesync->fault_count = validators_fault_count(node->genesis->validators.count);
    const struct fetch_config config = {.peer_count = NETWORK_PEER_MAX, /* more come later */
                                        .fault_count = statesync->fault_count,
                                        .timeout_ms = node->config->sync_timeout_ms};
    statesync->node = node;
    statesync->fetch = fetch_new(&config);
    statesync->asks = memory_new(NETWORK_PEER_MAX * sizeof(*statesync->asks));
    statesync->base = memory_new(sizeof(*statesync->base));
    bool fits = home_path(statesync->directory, node->home, HOME_FETCH, NULL, 0);
    assert(fits && "the other paths of the home did");
    statesync->work.data = statesync;
    (void)uv_timer_init(&node->loop, &statesync->tick);
    statesync->tick.data = statesync;
    (void)uv_timer_start(&statesync->tick, on_tick, TICK_MS, TICK_MS);
    if (node->config->snapshot_fetch > 0 && is_empty(statesync)) {
        sync_driver_hold(node->sync, true);
    } else {
        statesync->phase = PHASE_OVER;
    }
    return statesync;
}

void statesync_stop(struct statesync *statesync)
{
    statesync->stopped = true;
    uv_close((uv_handle_t *)&statesync->tick, NULL);
}

void statesync_free(struct statesync *statesync)
{
    if (statesync == NULL) {
        return;
    }
    fetch_free(statesync->fetch);
    buffer_close(&statesync->manifest_bytes);
    free(statesync->asks);
    free(statesync->base);
    free(statesync);
}
