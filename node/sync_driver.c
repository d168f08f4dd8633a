#include "node/sync_driver.h"

#include "base/memory.h"
#include "node/budget.h"
#include "node/consensus_glue.h"
#include "node/frames.h"
#include "node/node_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS       200        /* how often requests and time-outs are looked at */
#define ASKS_MAX      100        /* STATUS and GET_BLOCKS of one peer in a second */
#define UNSENT_MAX    (8u << 20) /* bytes that a peer has not taken: it gets no more blocks before */
#define EXECUTOR_ROOM (EXECUTOR_PENDING_MAX / 2) /* blocks handed over before we wait */

struct fetched {
    struct block block; /* its body borrows the answer */
    struct certificate certificate;
};

/* One answer, from its arrival until its blocks are handed over. */
struct answer {
    uv_work_t work;
    struct sync_driver *driver;
    uint32_t peer;
    uint64_t first; /* height that was asked for */
    uint32_t wanted;
    struct buffer payload;
    struct fetched **list;
    uint32_t count;
    uint32_t handed; /* so many went to consensus */
    bool failed;
    char error[160];
};

struct sync_driver {
    struct node *node;
    struct sync *sync;
    uv_timer_t tick;
    uv_timer_t status_timer;
    struct sync_request request; /* under way */
    struct answer *answer;       /* being verified or handed over */
    bool verifying;
    bool handing;
    bool stopped;
    uint64_t *heights;   /* of the peers */
    struct budget *asks; /* of the peers */
};

static void ask(struct sync_driver *driver)
{
    struct sync_request request;
    if (driver->stopped ||
        !sync_next(driver->sync, node_now_ms(), driver->answer != NULL, &request)) {
        return;
    }
    struct buffer wire = {0};
    const struct frame_get_blocks message = {request.id, request.height, request.count};
    driver->request = request;
    schema_write(&wire, &frame_get_blocks_schema, &message);
    enum network_status status =
        network_send(driver->node->network, request.peer, FRAME_GET_BLOCKS, buffer_bytes(&wire));
    buffer_close(&wire);
    char quoted[80];
    log_write(LOG_LEVEL_DEBUG, "sync_ask", "peer=%u height=%" PRIu64 " count=%u status=%s",
              request.peer, request.height, request.count,
              log_quote(quoted, sizeof(quoted), network_status_text(status)));
}

static void free_answer(struct answer *answer)
{
    for (uint32_t i = 0; i < answer->count; i++) {
        free(answer->list[i]);
    }
    free(answer->list);
    buffer_close(&answer->payload);
    free(answer);
}

static void blame(struct sync_driver *driver, uint32_t peer, const char *text)
{
    char quoted[200];
    log_write(LOG_LEVEL_WARN, "sync_answer_refused", "peer=%u text=%s", peer,
              log_quote(quoted, sizeof(quoted), text));
    sync_peer_failed(driver->sync, peer, node_now_ms());
}

/* Verification of an answer, on a worker. */

static bool take_block(struct answer *answer, const struct block_rules *rules, size_t *offset,
                       bool *malformed)
{
    struct fetched *one = memory_new(sizeof(*one));
    uint64_t height = answer->first + answer->count;
    bool good = frames_next_block(buffer_bytes(&answer->payload), offset, &one->block,
                                  &one->certificate, malformed);
    if (good && one->block.header.height != height) {
        *malformed = true;
        good = false;
    }
    if (good && !block_verify_decided(&one->block, &one->certificate, rules, answer->error,
                                      sizeof(answer->error))) {
        *malformed = true;
        good = false;
    }
    if (!good) {
        free(one);
        return false;
    }
    answer->list[answer->count++] = one;
    return true;
}

static void run_answer(uv_work_t *work)
{
    struct answer *answer = work->data;
    const struct block_rules *rules = glue_rules(answer->driver->node->glue);
    size_t offset = 0;
    uint64_t request;
    bool malformed = !frames_read_request(buffer_bytes(&answer->payload), &offset, &request);
    while (!malformed && answer->count < answer->wanted &&
           take_block(answer, rules, &offset, &malformed)) {
    }
    answer->failed = malformed || answer->count == 0;
}

/* Hand verified blocks to consensus while the executor has room. */
static void hand_over(struct sync_driver *driver)
{
    struct answer *answer = driver->answer;
    if (answer == NULL || driver->verifying || driver->handing || driver->stopped) {
        return;
    }
    driver->handing = true;
    while (answer->handed < answer->count &&
           executor_pending(driver->node->executor) < EXECUTOR_ROOM) {
        const struct fetched *one = answer->list[answer->handed];
        answer->handed++;
        if (one->block.header.height <= glue_decided(driver->node->glue)) {
            continue; /* decided in the meantime */
        }
        if (!glue_synced(driver->node->glue, &one->block, &one->certificate)) {
            blame(driver, answer->peer, "a block does not follow the last one");
            answer->handed = answer->count;
        } else {
            driver->node->metrics.blocks_synced++;
        }
    }
    driver->handing = false;
    if (answer->handed == answer->count) {
        driver->answer = NULL;
        free_answer(answer);
        ask(driver);
    }
}

static void after_answer(uv_work_t *work, int status)
{
    struct answer *answer = work->data;
    struct sync_driver *driver = answer->driver;
    driver->verifying = false;
    if (driver->stopped || status != 0) {
        driver->answer = NULL;
        free_answer(answer);
        return;
    }
    if (answer->failed) {
        blame(driver, answer->peer,
              answer->error[0] == '\0' ? "not the blocks asked for" : answer->error);
    }
    hand_over(driver);
}

static void receive_blocks(struct sync_driver *driver, uint32_t peer, struct bytes payload)
{
    size_t offset;
    uint64_t request;
    if (!frames_read_request(payload, &offset, &request) ||
        !sync_answer(driver->sync, peer, request, node_now_ms())) {
        return; /* too late, or never asked for */
    }
    struct answer *answer = memory_new(sizeof(*answer));
    answer->driver = driver;
    answer->work.data = answer;
    answer->peer = peer;
    answer->first = driver->request.height;
    answer->wanted = driver->request.count;
    answer->list = memory_new(answer->wanted * sizeof(struct fetched *));
    buffer_append(&answer->payload, payload);
    driver->answer = answer;
    driver->verifying = true;
    int status = uv_queue_work(&driver->node->loop, &answer->work, run_answer, after_answer);
    assert(status == 0);
}

/* Serving others. */

static void receive_get_blocks(struct sync_driver *driver, uint32_t peer, struct bytes payload)
{
    struct frame_get_blocks wanted;
    struct block_store *blocks = driver->node->blocks;
    if (!schema_decode(&frame_get_blocks_schema, &wanted, payload, NULL, 0) || wanted.count == 0 ||
        wanted.count > FRAME_BLOCKS_COUNT) {
        log_write(LOG_LEVEL_WARN, "frame_refused", "peer=%u type=get_blocks", peer);
        network_drop(driver->node->network, peer);
        return;
    }
    if (network_statistics(driver->node->network, peer)->queue_size > UNSENT_MAX) {
        return;
    }
    struct buffer wire = {0};
    struct buffer storage = {0};
    struct block_record record;
    uint32_t count = block_store_range(blocks, wanted.height, wanted.count, FRAME_BLOCKS_WANTED);
    frames_begin_blocks(&wire, wanted.request);
    for (uint32_t i = 0; i < count; i++) {
        if (block_store_read(blocks, wanted.height + i, &storage, &record) != BLOCK_STORE_OK) {
            break;
        }
        frames_append_block(&wire, record.block, record.certificate);
    }
    enum network_status status =
        network_send(driver->node->network, peer, FRAME_BLOCKS, buffer_bytes(&wire));
    (void)status;
    buffer_close(&storage);
    buffer_close(&wire);
}

static void receive_status(struct sync_driver *driver, uint32_t peer, struct bytes payload)
{
    struct frame_status_message message;
    if (!schema_decode(&frame_status_schema, &message, payload, NULL, 0)) {
        log_write(LOG_LEVEL_WARN, "frame_refused", "peer=%u type=status", peer);
        network_drop(driver->node->network, peer);
        return;
    }
    driver->heights[peer] = message.height;
    sync_peer_status(driver->sync, peer, driver->node->peer_validator[peer] != VALIDATORS_NONE,
                     message.height, message.base);
    ask(driver);
}

void sync_driver_receive(struct sync_driver *driver, uint32_t peer, uint8_t type,
                         struct bytes payload)
{
    if (driver->stopped) {
        return;
    }
    if (type != FRAME_BLOCKS && !budget_take(&driver->asks[peer], node_now_ms(), ASKS_MAX)) {
        return; /* whoever asks one after the other never sees this */
    }
    if (type == FRAME_STATUS) {
        receive_status(driver, peer, payload);
    } else if (type == FRAME_GET_BLOCKS) {
        receive_get_blocks(driver, peer, payload);
    } else {
        receive_blocks(driver, peer, payload);
    }
}

/* Telling others where we are. */

static void write_status(struct sync_driver *driver, struct buffer *wire)
{
    const struct frame_status_message message = {block_store_last_height(driver->node->blocks),
                                                 block_store_first_height(driver->node->blocks)};
    schema_write(wire, &frame_status_schema, &message);
}

static void on_status_timer(uv_timer_t *timer)
{
    struct sync_driver *driver = timer->data;
    struct buffer wire = {0};
    write_status(driver, &wire);
    if (driver->node->network != NULL) {
        (void)network_broadcast(driver->node->network, FRAME_STATUS, buffer_bytes(&wire));
    }
    buffer_close(&wire);
}

static void on_tick(uv_timer_t *timer)
{
    struct sync_driver *driver = timer->data;
    hand_over(driver);
    ask(driver);
}

void sync_driver_peer_up(struct sync_driver *driver, uint32_t peer)
{
    struct buffer wire = {0};
    write_status(driver, &wire);
    enum network_status status =
        network_send(driver->node->network, peer, FRAME_STATUS, buffer_bytes(&wire));
    (void)status;
    buffer_close(&wire);
}

void sync_driver_peer_down(struct sync_driver *driver, uint32_t peer)
{
    sync_peer_down(driver->sync, peer);
}

void sync_driver_decided(struct sync_driver *driver, uint64_t height)
{
    sync_decided(driver->sync, height);
}

void sync_driver_hint(struct sync_driver *driver, uint64_t height)
{
    sync_hint(driver->sync, height);
}

void sync_driver_committed(struct sync_driver *driver)
{
    hand_over(driver);
}

bool sync_driver_active(const struct sync_driver *driver)
{
    return sync_active(driver->sync);
}

bool sync_driver_located(const struct sync_driver *driver)
{
    const struct node *node = driver->node;
    uint32_t own = node->self == VALIDATORS_NONE ? 0 : 1;
    return sync_heard(driver->sync) + own >= validators_quorum(node->genesis->validators.count);
}

uint64_t sync_driver_target(const struct sync_driver *driver)
{
    return sync_target(driver->sync);
}

uint64_t sync_driver_peer_height(const struct sync_driver *driver, uint32_t peer)
{
    return driver->heights[peer];
}

struct sync_driver *sync_driver_open(struct node *node)
{
    struct sync_driver *driver = memory_new(sizeof(*driver));
    const struct sync_config config = {.peer_count = node->peer_count,
                                       .fault_count =
                                           validators_fault_count(node->genesis->validators.count),
                                       .window = node->config->sync_window,
                                       .timeout_ms = node->config->sync_timeout_ms};
    driver->node = node;
    driver->sync = sync_new(&config);
    driver->heights = memory_new(node->peer_count * sizeof(*driver->heights));
    driver->asks = memory_new(node->peer_count * sizeof(*driver->asks));
    (void)uv_timer_init(&node->loop, &driver->tick);
    (void)uv_timer_init(&node->loop, &driver->status_timer);
    driver->tick.data = driver;
    driver->status_timer.data = driver;
    (void)uv_timer_start(&driver->tick, on_tick, TICK_MS, TICK_MS);
    (void)uv_timer_start(&driver->status_timer, on_status_timer,
                         node->config->consensus_status_interval_ms,
                         node->config->consensus_status_interval_ms);
    return driver;
}

void sync_driver_stop(struct sync_driver *driver)
{
    driver->stopped = true;
    uv_close((uv_handle_t *)&driver->tick, NULL);
    uv_close((uv_handle_t *)&driver->status_timer, NULL);
}

void sync_driver_free(struct sync_driver *driver)
{
    if (driver == NULL) {
        return;
    }
    if (driver->answer != NULL) {
        free_answer(driver->answer);
    }
    sync_free(driver->sync);
    free(driver->heights);
    free(driver->asks);
    free(driver);
}
