#include "node/sync_driver.h"

#include "base/memory.h"
#include "node/budget.h"
#include "node/consensus_glue.h"
#include "node/frames.h"
#include "node/node_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS    200        /* how often requests and time-outs are looked at */
#define ASKS_MAX   100        /* STATUS and GET_BLOCKS of one peer in a second */
#define UNSENT_MAX (8u << 20) /* bytes that a peer has not taken: it gets no more blocks before */

struct fetched {
    struct block block; /* its body borrows the answer */
    struct certificate certificate;
};

/* One answer, from its arrival until its blocks are handed over. */
struct answer {
    struct answer *next;
    uv_work_t work;
    struct sync_driver *driver;
    struct sync_request request;
    struct glue_rules rules; /* it is verified by */
    struct buffer payload;
    struct fetched **list;
    uint32_t count;
    uint32_t handed; /* so many went to consensus */
    bool verified;
    bool waits;      /* to be verified when its turn is */
    bool other_set;  /* the worker's word: it begins with another set than the rules have */
    char error[160]; /* the worker's word; empty: all is right */
};

struct sync_driver {
    struct node *node;
    struct sync *sync;
    uv_timer_t tick;
    uv_timer_t status_timer;
    struct answer *answers; /* being verified, or held until those before are handed over */
    bool handing;
    bool held;
    bool stopped;
    uint64_t *heights;   /* of the peers */
    struct budget *asks; /* of the peers */
};

static void send_request(struct sync_driver *driver, const struct sync_request *request)
{
    struct buffer wire = {0};
    const struct frame_get_blocks message = {request->id, request->height, request->count};
    schema_write(&wire, &frame_get_blocks_schema, &message);
    enum network_status status =
        network_send(driver->node->network, request->peer, FRAME_GET_BLOCKS, buffer_bytes(&wire));
    buffer_close(&wire);
    char quoted[80];
    log_write(LOG_LEVEL_DEBUG, "sync_ask", "peer=%u height=%" PRIu64 " count=%u status=%s",
              request->peer, request->height, request->count,
              log_quote(quoted, sizeof(quoted), network_status_text(status)));
}

static void ask(struct sync_driver *driver)
{
    struct sync_request request;
    while (!driver->stopped && !driver->held && sync_next(driver->sync, node_now_ms(), &request)) {
        send_request(driver, &request);
    }
}

static void free_answer(struct answer *answer)
{
    for (uint32_t i = 0; i < answer->count; i++) {
        free(answer->list[i]);
    }
    free(answer->list);
    glue_rules_close(&answer->rules);
    buffer_close(&answer->payload);
    free(answer);
}

static void unlink_answer(struct sync_driver *driver, struct answer *answer)
{
    struct answer **at = &driver->answers;
    while (*at != answer) {
        at = &(*at)->next;
    }
    *at = answer->next;
}

/* The answer is of no use: its peer is left alone, its blocks are asked for again. */
static void refuse(struct sync_driver *driver, struct answer *answer, const char *text)
{
    char quoted[200];
    log_write(LOG_LEVEL_WARN, "sync_answer_refused", "peer=%u height=%" PRIu64 " text=%s",
              answer->request.peer, answer->request.height,
              log_quote(quoted, sizeof(quoted), text));
    sync_failed(driver->sync, answer->request.id, node_now_ms());
    unlink_answer(driver, answer);
    free_answer(answer);
}

/* Verification of an answer, on a worker. */

static bool refused(struct answer *answer, const char *text)
{
    if (answer->error[0] == '\0') {
        (void)snprintf(answer->error, sizeof(answer->error), "%s", text);
    }
    return false;
}

static bool take_block(struct answer *answer, size_t *offset)
{
    struct fetched *one = memory_new(sizeof(*one));
    bool malformed = false;
    if (!frames_next_block(buffer_bytes(&answer->payload), offset, &one->block, &one->certificate,
                           &malformed)) {
        free(one);
        return malformed ? refused(answer, "malformed") : false;
    }
    answer->list[answer->count++] = one;
    /* The blocks after a change of the set are asked for again when execution has told the new one. */
    return hash_equal(&one->block.header.next_validators_hash, &one->block.header.validators_hash);
}

/* All blocks here are of one set. A block names its parent, and carries the certificate that decided it. So where the last block of
 * an answer is decided, all that lead to it are; and the certificates in between, which every voter
 * checked before it voted, need no second look. */
static bool verify_chain(struct answer *answer, const struct block_rules *rules)
{
    for (uint32_t i = 0; i < answer->count; i++) {
        struct fetched *one = answer->list[i];
        bool last = i + 1 == answer->count;
        const struct block *child = last ? NULL : &answer->list[i + 1]->block;
        if (one->block.header.height != answer->request.height + i) {
            return refused(answer, "not the height asked for");
        }
        if (last) {
            return block_verify_decided(&one->block, &one->certificate, rules, answer->error,
                                        sizeof(answer->error)) ||
                   refused(answer, "not decided");
        }
        struct hash digest;
        block_digest(&digest, &one->block.header);
        if (!block_verify(&one->block, rules, answer->error, sizeof(answer->error)) ||
            !hash_equal(&child->header.parent, &digest) || !child->has_last_commit ||
            !hash_equal(&child->last_commit.digest, &digest)) {
            return refused(answer, "the blocks are no chain");
        }
        one->certificate = child->last_commit;
    }
    return refused(answer, "no block");
}

static void run_answer(uv_work_t *work)
{
    struct answer *answer = work->data;
    size_t offset = 0;
    uint64_t request;
    if (!frames_read_request(buffer_bytes(&answer->payload), &offset, &request)) {
        (void)refused(answer, "malformed");
        return;
    }
    while (answer->count < answer->request.count && take_block(answer, &offset)) {
    }
    if (answer->error[0] != '\0') {
        return;
    }
    answer->other_set =
        answer->count > 0 && !hash_equal(&answer->list[0]->block.header.validators_hash,
                                         &answer->rules.rules.validators_hash);
    if (!answer->other_set) {
        (void)verify_chain(answer, &answer->rules.rules);
    }
}

static void after_answer(uv_work_t *work, int status);

/* By the rules of its height where they are known, otherwise by those of the present: most sets stay. */
static void verify(struct sync_driver *driver, struct answer *answer)
{
    const struct glue *glue = driver->node->glue;
    glue_rules_close(&answer->rules);
    if (!glue_rules_at(glue, answer->request.height, &answer->rules)) {
        bool known = glue_rules_at(glue, glue_decided(glue) + 1, &answer->rules);
        assert(known && "the core knows the present set");
    }
    for (uint32_t i = 0; i < answer->count; i++) {
        free(answer->list[i]);
    }
    answer->count = 0;
    int status = uv_queue_work(&driver->node->loop, &answer->work, run_answer, after_answer);
    assert(status == 0);
}

/* Those that have waited for their set, and may know it now. */
static void verify_waiting(struct sync_driver *driver)
{
    for (struct answer *answer = driver->answers; answer != NULL; answer = answer->next) {
        if (answer->waits && answer->request.height <= glue_decided(driver->node->glue) + 1) {
            answer->waits = false;
            verify(driver, answer);
        }
    }
}

/* The verified answer that holds the next block, or blocks that are decided already. */
static struct answer *next_answer(const struct sync_driver *driver)
{
    for (struct answer *answer = driver->answers; answer != NULL; answer = answer->next) {
        if (answer->verified && answer->request.height <= glue_decided(driver->node->glue) + 1) {
            return answer;
        }
    }
    return NULL;
}

/* Hand over the blocks of one answer. False where execution must go on first. */
static bool hand_answer(struct sync_driver *driver, struct answer *answer)
{
    struct node *node = driver->node;
    for (; answer->handed < answer->count; answer->handed++) {
        const struct fetched *one = answer->list[answer->handed];
        if (one->block.header.height <= glue_decided(node->glue)) {
            continue; /* decided in the meantime */
        }
        if (executor_full(node->executor) || glue_lacks_blob(node->glue)) {
            return false;
        }
        enum pbft_status status = glue_synced(node->glue, &one->block, &one->certificate);
        if (status == PBFT_FUTURE) {
            return false; /* execution tells who comes next */
        }
        if (status != PBFT_OK) {
            refuse(driver, answer, "a block does not follow the last one");
            return true;
        }
        node->metrics.blocks_synced++;
    }
    sync_consumed(driver->sync, answer->request.id);
    unlink_answer(driver, answer);
    free_answer(answer);
    return true;
}

/* Hand verified blocks to consensus while the executor has room. */
static void hand_over(struct sync_driver *driver)
{
    if (driver->handing || driver->stopped) {
        return;
    }
    driver->handing = true;
    struct answer *answer;
    while ((answer = next_answer(driver)) != NULL && hand_answer(driver, answer)) {
    }
    driver->handing = false;
    verify_waiting(driver);
    ask(driver);
}

/* The rules were those of the answer's own height: then it is no chain that we know. */
static void wait_for_set(struct sync_driver *driver, struct answer *answer)
{
    if (answer->rules.height == answer->request.height) {
        refuse(driver, answer, "it names another set of validators");
    } else if (answer->request.height <= glue_decided(driver->node->glue)) {
        sync_consumed(driver->sync, answer->request.id);
        unlink_answer(driver, answer);
        free_answer(answer);
    }
}

static void after_answer(uv_work_t *work, int status)
{
    struct answer *answer = work->data;
    struct sync_driver *driver = answer->driver;
    if (driver->stopped || status != 0) {
        unlink_answer(driver, answer);
        free_answer(answer);
        return;
    }
    if (answer->error[0] != '\0') {
        char error[sizeof(answer->error)];
        memcpy(error, answer->error, sizeof(error));
        refuse(driver, answer, error);
    } else if (answer->other_set) {
        answer->waits = true;
        wait_for_set(driver, answer);
    } else {
        answer->verified = true;
        sync_received(driver->sync, answer->request.id, answer->count);
    }
    hand_over(driver);
}

static void receive_blocks(struct sync_driver *driver, uint32_t peer, struct bytes payload)
{
    size_t offset;
    uint64_t id;
    struct sync_request request;
    if (!frames_read_request(payload, &offset, &id) ||
        !sync_answer(driver->sync, peer, id, node_now_ms(), &request)) {
        return; /* too late, or never asked for */
    }
    struct answer *answer = memory_new(sizeof(*answer));
    answer->driver = driver;
    answer->work.data = answer;
    answer->request = request;
    answer->list = memory_new(request.count * sizeof(struct fetched *));
    buffer_append(&answer->payload, payload);
    answer->next = driver->answers;
    driver->answers = answer;
    verify(driver, answer);
    ask(driver);
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
                     message.height, message.base, node_now_ms());
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
}

void sync_driver_add_peer(struct sync_driver *driver)
{
    uint32_t count = driver->node->peer_count;
    sync_add_peer(driver->sync);
    driver->heights = memory_resize(driver->heights, count * sizeof(*driver->heights));
    driver->asks = memory_resize(driver->asks, count * sizeof(*driver->asks));
    driver->heights[count - 1] = 0;
    driver->asks[count - 1] = (struct budget){0};
}

void sync_driver_elect(struct sync_driver *driver)
{
    sync_set_faults(driver->sync,
                    validators_fault_count(driver->node->validators->validators.count));
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

void sync_driver_hold(struct sync_driver *driver, bool held)
{
    driver->held = held;
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
    return sync_heard(driver->sync) + own >= validators_quorum(node->validators->validators.count);
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
    const struct sync_config config = {
        .peer_count = node->peer_count,
        .fault_count = validators_fault_count(node->validators->validators.count),
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
    while (driver->answers != NULL) {
        struct answer *answer = driver->answers;
        driver->answers = answer->next;
        free_answer(answer);
    }
    sync_free(driver->sync);
    free(driver->heights);
    free(driver->asks);
    free(driver);
}
