#include "node/blob_driver.h"

#include "base/memory.h"
#include "market/models.h"
#include "market/work.h"
#include "node/blob.h"
#include "node/blob_fetch.h"
#include "node/blob_upload.h"
#include "node/consensus_glue.h"
#include "node/disk.h"
#include "node/fault.h"
#include "node/frames.h"
#include "node/gossip.h"
#include "node/node_state.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICK_MS         250
#define SERVING_MAX     8           /* answers to one peer under way */
#define UNSENT_MAX      (8u << 20)  /* bytes to a peer, beyond which its requests are dropped */
#define ENVELOPES_MAX   256         /* that wait for their blobs */
#define ENVELOPES_BYTES (16u << 20) /* of them */
#define ENVELOPE_MS     60000       /* that one waits */

/* A transaction that waits for its blob. */
struct waiting {
    struct waiting *next;
    struct hash root;
    uint64_t until_ms;
    struct buffer envelope;
};

struct named_blob {
    struct hash root;
    uint32_t size;
};

struct blob_driver {
    struct node *node;
    struct blob_fetch *fetch;
    uv_timer_t tick;
    uint32_t *serving;     /* answers under way, by peer */
    struct buffer lacking; /* struct named_blob: what the state names and is not here */
    struct buffer lost;    /* the same of executed blocks: others may need it from us */
    struct waiting *first;
    uint32_t waiting_count;
    size_t waiting_bytes;
    bool stopped;
};

/* Sending requests. */

static bool send_request(void *context, uint32_t peer, const struct hash *root, uint32_t size,
                         uint32_t segment)
{
    struct blob_driver *driver = context;
    const struct frame_get_blob message = {*root, size, segment};
    struct buffer wire = {0};
    schema_write(&wire, &frame_get_blob_schema, &message);
    bool sent = driver->node->network != NULL &&
                network_send(driver->node->network, peer, FRAME_GET_BLOB, buffer_bytes(&wire)) ==
                    NETWORK_OK;
    buffer_close(&wire);
    return sent;
}

/* Transactions that wait. */

static struct waiting *take_waiting(struct blob_driver *driver, struct waiting **at)
{
    struct waiting *waiting = *at;
    *at = waiting->next;
    driver->waiting_count--;
    driver->waiting_bytes -= waiting->envelope.size;
    return waiting;
}

static void free_waiting(struct waiting *waiting)
{
    buffer_close(&waiting->envelope);
    free(waiting);
}

static void release_transactions(struct blob_driver *driver, const struct hash *root)
{
    struct waiting **at = &driver->first;
    while (*at != NULL) {
        if (!hash_equal(&(*at)->root, root)) {
            at = &(*at)->next;
            continue;
        }
        struct waiting *waiting = take_waiting(driver, at);
        gossip_retry(driver->node->gossip, buffer_bytes(&waiting->envelope));
        free_waiting(waiting);
    }
}

static void expire_transactions(struct blob_driver *driver, uint64_t now_ms)
{
    struct waiting **at = &driver->first;
    while (*at != NULL) {
        if ((*at)->until_ms > now_ms) {
            at = &(*at)->next;
        } else {
            free_waiting(take_waiting(driver, at));
        }
    }
}

void blob_driver_take_transaction(struct blob_driver *driver, const struct hash *root,
                                  uint32_t size, struct bytes envelope)
{
    uint64_t now_ms = node_now_ms();
    for (const struct waiting *waiting = driver->first; waiting != NULL; waiting = waiting->next) {
        if (bytes_equal(buffer_bytes(&waiting->envelope), envelope)) {
            return;
        }
    }
    if (driver->stopped || driver->waiting_count >= ENVELOPES_MAX ||
        driver->waiting_bytes + envelope.size > ENVELOPES_BYTES ||
        !blob_fetch_want(driver->fetch, root, size, false, now_ms, NULL)) {
        return; /* the node that the client sent it to keeps it */
    }
    struct waiting *waiting = memory_new(sizeof(*waiting));
    waiting->root = *root;
    waiting->until_ms = now_ms + ENVELOPE_MS;
    buffer_append(&waiting->envelope, envelope);
    waiting->next = driver->first;
    driver->first = waiting;
    driver->waiting_count++;
    driver->waiting_bytes += envelope.size;
}

/* Finishing. */

struct finish_job {
    uv_work_t work;
    struct blob_driver *driver;
    struct hash root;
    struct blob_writer *writer;
    enum blob_status status;
    blob_done *done;
    void *context;
};

static void run_finish(uv_work_t *work)
{
    struct finish_job *job = work->data;
    job->status = blob_writer_finish(job->writer);
}

static void after_finish(uv_work_t *work, int status)
{
    struct finish_job *job = work->data;
    struct blob_driver *driver = job->driver;
    assert(status == 0);
    (void)status;
    blob_writer_close(job->writer);
    if (job->done != NULL) {
        job->done(job->context, &job->root, job->status);
    }
    if (!driver->stopped && job->status == BLOB_OK) {
        release_transactions(driver, &job->root);
        glue_blob_held(driver->node->glue);
    }
    free(job);
}

void blob_driver_finish(struct blob_driver *driver, const struct hash *root,
                        struct blob_writer *writer, blob_done *done, void *context)
{
    struct finish_job *job = memory_new(sizeof(*job));
    *job = (struct finish_job){.driver = driver, .root = *root, .writer = writer};
    job->done = done;
    job->context = context;
    job->work.data = job;
    int status = uv_queue_work(&driver->node->loop, &job->work, run_finish, after_finish);
    assert(status == 0);
}

static void on_fetched(void *context, const struct hash *root, enum blob_status status)
{
    struct blob_driver *driver = context;
    char text[65];
    hex_encode(text, BYTES_OF(root->bytes));
    blob_fetch_finished(driver->fetch, root);
    driver->node->metrics.blobs_fetched += status == BLOB_OK;
    log_write(status == BLOB_OK ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR, "blob_fetched",
              "root=%.16s status=\"%s\"", text, blob_status_text(status));
}

static void complete(void *context, const struct hash *root, struct blob_writer *writer)
{
    blob_driver_finish(context, root, writer, on_fetched, context);
}

/* Blocks. */

/* Held? Else it is fetched, whatever the quota says. */
static bool need(struct blob_driver *driver, const struct hash *root, uint32_t size)
{
    enum blob_status status = BLOB_OK;
    if (blob_store_has(driver->node->blobs, root, size)) {
        return true;
    }
    if (!driver->stopped &&
        !blob_fetch_want(driver->fetch, root, size, true, node_now_ms(), &status) &&
        status != BLOB_OK) {
        log_write(LOG_LEVEL_ERROR, "blob_refused", "text=\"%s\"", blob_status_text(status));
    }
    return false;
}

bool blob_driver_lacks_state(const struct blob_driver *driver)
{
    return driver->lacking.size > 0;
}

/* Fetch what is on a list of struct named_blob. What has come leaves it, and stays. True where nothing
 * is left. */
static bool fetch_named(struct blob_driver *driver, struct buffer *named)
{
    struct buffer left = {0};
    const struct named_blob *list = (const struct named_blob *)(const void *)named->data;
    for (size_t i = 0; i < named->size / sizeof(*list); i++) {
        if (need(driver, &list[i].root, list[i].size)) {
            blob_store_keep(driver->node->blobs, &list[i].root);
        } else {
            buffer_append(&left, BYTES_OF(list[i]));
        }
    }
    buffer_close(named);
    *named = left;
    return left.size == 0;
}

bool blob_driver_holds(struct blob_driver *driver, struct bytes body)
{
    size_t offset = 0;
    struct hash root;
    uint32_t size;
    bool all = driver->lacking.size == 0 || fetch_named(driver, &driver->lacking);
    while (ledger_next_blob(body, &offset, &root, &size)) {
        all = need(driver, &root, size) && all;
    }
    return all;
}

/* The aggregate of a round that is not done with it. */
static bool names_aggregate(struct state *state, uint64_t model, struct named_blob *out)
{
    struct model_view view;
    struct market_key key;
    struct round round;
    bool open = model_load(&view, state, model) && view.model.round_open;
    key_round(&key, model, view.model.rounds_opened);
    model_close(&view);
    if (!open || !record_load(state, &key, &round_schema, &round) ||
        !work_aggregate_needed(&round)) {
        return false;
    }
    *out = (struct named_blob){round.aggregate_root, round.aggregate_size};
    return true;
}

/* A blob that an executed block names: where its file was lost, it is fetched at leisure. */
static void take_named(void *context, const struct hash *root, const struct blob_place *place)
{
    struct blob_driver *driver = context;
    const struct named_blob named = {*root, place->size};
    if (place->size <= TRANSACTION_INLINE_MAX) {
        return; /* it is in the block */
    }
    if (blob_store_has(driver->node->blobs, root, place->size)) {
        blob_store_keep(driver->node->blobs, root);
    } else {
        buffer_append(&driver->lost, BYTES_OF(named));
    }
}

static void list_lacking(struct blob_driver *driver)
{
    struct node *node = driver->node;
    struct state_snapshot *snapshot = state_snapshot_open(node->store);
    struct state_source source = state_snapshot_source(snapshot);
    struct state *state = state_new(&source);
    struct chain_record chain;
    struct named_blob named;
    struct buffer sidecar = {0};
    state_snapshot_blobs(snapshot, take_named, driver);
    chain_load(state, &chain);
    for (uint64_t model = 1; chain.rounds_open > 0 && model <= chain.model_count; model++) {
        if (!names_aggregate(state, model, &named) ||
            blob_read(snapshot, node->blocks, &named.root, &sidecar)) {
            continue;
        }
        if (blob_store_has(node->blobs, &named.root, named.size)) {
            blob_store_keep(node->blobs, &named.root);
        } else {
            buffer_append(&driver->lacking, BYTES_OF(named));
        }
    }
    buffer_close(&sidecar);
    state_free(state);
    state_snapshot_close(snapshot);
    if (driver->lacking.size + driver->lost.size > 0) {
        log_write(LOG_LEVEL_WARN, "blobs_missing", "of_state=%zu of_blocks=%zu",
                  driver->lacking.size / sizeof(named), driver->lost.size / sizeof(named));
    }
}

/* Serving, on workers: a blob that was not read since the start is hashed for its first answer. */

struct serve_job {
    uv_work_t work;
    struct blob_driver *driver;
    uint32_t peer;
    struct frame_get_blob wanted;
    struct buffer data;
};

/* One that stands in a block, for a node that began after it. It is one segment. */
static void serve_sidecar(struct serve_job *job)
{
    struct node *node = job->driver->node;
    struct buffer sidecar = {0};
    struct state_snapshot *snapshot = state_snapshot_open(node->store);
    if (blob_read(snapshot, node->blocks, &job->wanted.root, &sidecar) &&
        sidecar.size == job->wanted.size) {
        struct hash segment;
        merkle_segment(&segment, 0, buffer_bytes(&sidecar));
        buffer_append(&job->data, job->wanted.segment == FRAME_BLOB_LIST ? BYTES_OF(segment)
                                                                         : buffer_bytes(&sidecar));
    }
    state_snapshot_close(snapshot);
    buffer_close(&sidecar);
}

static void run_serve(uv_work_t *work)
{
    struct serve_job *job = work->data;
    struct blob_store *store = job->driver->node->blobs;
    const struct frame_get_blob *wanted = &job->wanted;
    if (!blob_store_has(store, &wanted->root, wanted->size)) {
        serve_sidecar(job);
        return;
    }
    if (wanted->segment == FRAME_BLOB_LIST) {
        /* Removed in the meantime: no data, as above. */
        (void)!blob_store_segments(store, &wanted->root, &job->data);
        return;
    }
    int descriptor = blob_store_descriptor(store, &wanted->root);
    if (descriptor < 0) {
        return;
    }
    int error = disk_read(descriptor, (uint64_t)wanted->segment * MERKLE_SEGMENT_SIZE,
                          MERKLE_SEGMENT_SIZE, &job->data);
    (void)close(descriptor);
    if (error != 0) {
        fault_stop(FAULT_DISK, "a blob cannot be read: %s", strerrordesc_np(error));
    }
}

static void after_serve(uv_work_t *work, int status)
{
    struct serve_job *job = work->data;
    struct blob_driver *driver = job->driver;
    driver->serving[job->peer]--;
    if (status == 0 && !driver->stopped && driver->node->network != NULL) {
        const struct frame_blob answer = {job->wanted.root, job->wanted.segment,
                                          buffer_bytes(&job->data)};
        struct buffer wire = {0};
        schema_write(&wire, &frame_blob_schema, &answer);
        /* A peer that is gone asks somebody else. */
        (void)!network_send(driver->node->network, job->peer, FRAME_BLOB, buffer_bytes(&wire));
        buffer_close(&wire);
    }
    buffer_close(&job->data);
    free(job);
}

static void refuse_frame(struct blob_driver *driver, uint32_t peer, const char *text)
{
    log_write(LOG_LEVEL_WARN, "frame_refused", "peer=%u type=blob text=\"%s\"", peer, text);
    network_drop(driver->node->network, peer);
}

static void receive_get_blob(struct blob_driver *driver, uint32_t peer, struct bytes payload)
{
    struct frame_get_blob wanted;
    if (!schema_decode(&frame_get_blob_schema, &wanted, payload, NULL, 0) || wanted.size == 0 ||
        wanted.size > BLOB_SIZE_MAX ||
        (wanted.segment != FRAME_BLOB_LIST &&
         wanted.segment >= merkle_segment_count(wanted.size))) {
        refuse_frame(driver, peer, "no segment of a blob");
        return;
    }
    if (driver->serving[peer] >= SERVING_MAX ||
        network_statistics(driver->node->network, peer)->queue_size > UNSENT_MAX) {
        return; /* it asks again */
    }
    struct serve_job *job = memory_new(sizeof(*job));
    job->driver = driver;
    job->peer = peer;
    job->wanted = wanted;
    job->work.data = job;
    driver->serving[peer]++;
    int status = uv_queue_work(&driver->node->loop, &job->work, run_serve, after_serve);
    assert(status == 0);
}

static void receive_blob(struct blob_driver *driver, uint32_t peer, struct bytes payload)
{
    struct frame_blob blob;
    if (!schema_decode(&frame_blob_schema, &blob, payload, NULL, 0)) {
        refuse_frame(driver, peer, "not canonical");
    } else if (!blob_fetch_receive(driver->fetch, peer, &blob.root, blob.segment, blob.data,
                                   node_now_ms())) {
        driver->node->metrics.blobs_refused++;
        refuse_frame(driver, peer, "the bytes are not of this blob");
    }
}

void blob_driver_receive(struct blob_driver *driver, uint32_t peer, uint8_t type,
                         struct bytes payload)
{
    if (driver->stopped) {
        return;
    }
    if (type == FRAME_GET_BLOB) {
        receive_get_blob(driver, peer, payload);
    } else {
        receive_blob(driver, peer, payload);
    }
}

void blob_driver_peer_up(struct blob_driver *driver, uint32_t peer)
{
    blob_fetch_peer_up(driver->fetch, peer, node_now_ms());
}

void blob_driver_peer_down(struct blob_driver *driver, uint32_t peer)
{
    blob_fetch_peer_down(driver->fetch, peer, node_now_ms());
}

uint32_t blob_driver_fetching(const struct blob_driver *driver)
{
    return blob_fetch_count(driver->fetch);
}

static void on_tick(uv_timer_t *timer)
{
    struct blob_driver *driver = timer->data;
    uint64_t now_ms = node_now_ms();
    expire_transactions(driver, now_ms);
    (void)fetch_named(driver, &driver->lost);
    (void)fetch_named(driver, &driver->lacking);
    blob_fetch_tick(driver->fetch, now_ms);
    blob_uploads_tick(driver->node->blob_uploads);
    glue_blob_held(driver->node->glue); /* whoever waits goes on wanting it */
}

struct blob_driver *blob_driver_open(struct node *node)
{
    struct blob_driver *driver = memory_new(sizeof(*driver));
    const struct blob_fetch_options options = {.store = node->blobs,
                                               .peer_count = NETWORK_PEER_MAX, /* more come */
                                               .context = driver,
                                               .send = send_request,
                                               .complete = complete};
    driver->node = node;
    driver->fetch = blob_fetch_new(&options);
    driver->serving = memory_new(NETWORK_PEER_MAX * sizeof(*driver->serving));
    (void)uv_timer_init(&node->loop, &driver->tick);
    driver->tick.data = driver;
    (void)uv_timer_start(&driver->tick, on_tick, TICK_MS, TICK_MS);
    list_lacking(driver);
    return driver;
}

void blob_driver_stop(struct blob_driver *driver)
{
    driver->stopped = true;
    uv_close((uv_handle_t *)&driver->tick, NULL);
}

void blob_driver_free(struct blob_driver *driver)
{
    if (driver == NULL) {
        return;
    }
    while (driver->first != NULL) {
        free_waiting(take_waiting(driver, &driver->first));
    }
    buffer_close(&driver->lacking);
    buffer_close(&driver->lost);
    blob_fetch_free(driver->fetch);
    free(driver->serving);
    free(driver);
}
