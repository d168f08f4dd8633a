#include "node/consensus_glue.h"

#include "base/memory.h"
#include "node/frames.h"
#include "node/gossip.h"
#include "node/home.h"
#include "node/node_state.h"
#include "node/outbox.h"
#include "node/sync_driver.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAL_TYPE_CONSENSUS 1
#define JOBS_MAX           256                        /* messages under verification */
#define EXECUTOR_ROOM      (EXECUTOR_PENDING_MAX - 2) /* decided blocks wait beyond this */

struct glue {
    struct node *node;
    struct pbft *pbft;
    struct pbft_actions actions;
    struct block_rules rules;
    struct outbox outbox;
    uint64_t persisted; /* sequence of the last record in the log */
    uv_timer_t timers[PBFT_TIMER_COUNT];
    uv_timer_t empty_timer;
    uint64_t decided;
    bool stopped;
    bool work_raised;
    bool empty_due; /* a block is needed although nothing waits */
    bool build_wanted;
    struct pbft_action build; /* what was wanted */
    uint32_t jobs;
    struct hash parent_root; /* state root before the last executed block */
    struct buffer *records;  /* of the log, until the core has started */
    size_t record_count;
};

static void step(struct glue *glue, struct pbft_event *event);
static void pump(struct glue *glue);

static void feed(struct glue *glue, struct pbft_event *event)
{
    if (!glue->stopped) {
        step(glue, event);
        pump(glue);
    }
}

static bool body_digest(void *data, struct hash *out, struct bytes body)
{
    (void)data;
    return ledger_body_root(body, out);
}

/* Messages: verified here where that costs one signature, on a worker where it costs a block. */

struct message_job {
    uv_work_t work;
    struct glue *glue;
    struct buffer wire;
    struct message *message;
    char error[160];
};

static void refuse_message(struct glue *glue, const char *error)
{
    char quoted[200];
    glue->node->metrics.messages_refused++;
    log_write(LOG_LEVEL_WARN, "message_refused", "text=%s",
              log_quote(quoted, sizeof(quoted), error));
}

static void feed_message(struct glue *glue, const struct message *message)
{
    struct pbft_event event = {.type = PBFT_EVENT_MESSAGE, .u.message = message};
    feed(glue, &event);
}

static void run_message_job(uv_work_t *work)
{
    struct message_job *job = work->data;
    if (!message_verify(&job->message, &job->glue->rules, buffer_bytes(&job->wire), job->error,
                        sizeof(job->error))) {
        job->message = NULL;
    }
}

static void after_message_job(uv_work_t *work, int status)
{
    struct message_job *job = work->data;
    job->glue->jobs--;
    if (status == 0 && !job->glue->stopped) {
        if (job->message == NULL) {
            refuse_message(job->glue, job->error);
        } else {
            feed_message(job->glue, job->message);
        }
    }
    message_free(job->message);
    buffer_close(&job->wire);
    free(job);
}

static void queue_message(struct glue *glue, struct bytes wire)
{
    if (glue->jobs >= JOBS_MAX) {
        return; /* the sender will repeat what matters */
    }
    struct message_job *job = memory_new(sizeof(*job));
    job->glue = glue;
    job->work.data = job;
    buffer_append(&job->wire, wire);
    glue->jobs++;
    int status = uv_queue_work(&glue->node->loop, &job->work, run_message_job, after_message_job);
    assert(status == 0);
}

void glue_receive(struct glue *glue, uint32_t peer, struct bytes wire)
{
    struct vote vote;
    if (glue->stopped) {
        return;
    }
    if (!message_peek(&vote, wire)) {
        refuse_message(glue, "too short for a message");
        network_drop(glue->node->network, peer);
        return;
    }
    if (!pbft_wants(glue->pbft, &vote)) {
        return;
    }
    if (vote.type == VOTE_PROPOSE || vote.type == VOTE_BODY || vote.type == VOTE_ROUND_CHANGE) {
        queue_message(glue, wire);
        return;
    }
    char error[160];
    struct message *message = NULL;
    if (!message_verify(&message, &glue->rules, wire, error, sizeof(error))) {
        refuse_message(glue, error);
        return;
    }
    feed_message(glue, message);
    message_free(message);
}

/* CHECK: may this body be executed? */

struct check_job {
    uv_work_t work;
    struct glue *glue;
    struct hash digest;
    struct buffer body;
    bool valid;
    char error[160];
};

static void run_check_job(uv_work_t *work)
{
    struct check_job *job = work->data;
    const struct node *node = job->glue->node;
    struct hash root;
    const struct ledger_body_rules rules = {.parameters = &node->genesis->genesis.parameters,
                                            .chain_id = &node->genesis->chain_id,
                                            .verified = verified_set_has,
                                            .context = node->verified};
    job->valid =
        ledger_check_body(buffer_bytes(&job->body), &rules, &root, job->error, sizeof(job->error));
}

static void after_check_job(uv_work_t *work, int status)
{
    struct check_job *job = work->data;
    struct glue *glue = job->glue;
    if (status == 0 && !glue->stopped) {
        char quoted[200];
        if (!job->valid) {
            log_write(LOG_LEVEL_WARN, "body_refused", "text=%s",
                      log_quote(quoted, sizeof(quoted), job->error));
        }
        struct pbft_event event = {.type = PBFT_EVENT_CHECKED};
        event.u.checked.digest = job->digest;
        event.u.checked.valid = job->valid;
        feed(glue, &event);
    }
    buffer_close(&job->body);
    free(job);
}

static void queue_check(struct glue *glue, const struct pbft_action *action)
{
    struct check_job *job = memory_new(sizeof(*job));
    job->glue = glue;
    job->work.data = job;
    job->digest = action->digest;
    buffer_append(&job->body, action->block->body);
    int status = uv_queue_work(&glue->node->loop, &job->work, run_check_job, after_check_job);
    assert(status == 0);
}

/* Actions. */

static void on_timer(uv_timer_t *timer)
{
    struct glue *glue = timer->data;
    struct pbft_event event = {.type = PBFT_EVENT_TIMEOUT};
    event.u.timer = timer == &glue->timers[PBFT_TIMER_ROUND] ? PBFT_TIMER_ROUND : PBFT_TIMER_STATUS;
    feed(glue, &event);
}

static void set_decided(struct glue *glue, const struct pbft_action *action)
{
    glue->decided = action->height;
    glue->node->metrics.view_changes += action->certificate->round > 0 ? 1 : 0;
    glue->work_raised = false;
    glue->build_wanted = false;
    sync_driver_decided(glue->node->sync, action->height);
    struct outbox_entry *entry = outbox_add(&glue->outbox, OUTBOX_DECIDED, glue->persisted);
    entry->height = action->height;
    block_encode(&entry->bytes, action->block);
    certificate_encode(&entry->extra, action->certificate);
}

static void note_evidence(struct glue *glue, const struct pbft_action *action)
{
    glue->node->metrics.evidence++;
    log_write(LOG_LEVEL_ERROR, "evidence", "validator=%" PRIu32 " height=%" PRIu64 " type=%s",
              action->votes[0].sender, action->votes[0].height,
              vote_type_text((enum vote_type)action->votes[0].type));
}

static void perform(struct glue *glue, const struct pbft_action *action)
{
    struct outbox_entry *entry;
    switch (action->type) {
    case PBFT_ACTION_PERSIST:
        glue->persisted =
            wal_append(glue->node->wal, WAL_TYPE_CONSENSUS, action->height, action->bytes);
        return;
    case PBFT_ACTION_SEND:
        entry = outbox_add(&glue->outbox, OUTBOX_SEND, glue->persisted);
        entry->to = action->to;
        buffer_append(&entry->bytes, action->bytes);
        return;
    case PBFT_ACTION_BROADCAST:
        entry = outbox_add(&glue->outbox, OUTBOX_BROADCAST, glue->persisted);
        buffer_append(&entry->bytes, action->bytes);
        return;
    case PBFT_ACTION_SET_TIMER:
        (void)uv_timer_start(&glue->timers[action->timer], on_timer, action->delay_ms, 0);
        return;
    case PBFT_ACTION_STOP_TIMER:
        (void)uv_timer_stop(&glue->timers[action->timer]);
        return;
    case PBFT_ACTION_BUILD:
        glue->build_wanted = true;
        glue->build = *action;
        return;
    case PBFT_ACTION_CHECK:
        queue_check(glue, action);
        return;
    case PBFT_ACTION_DECIDED:
        set_decided(glue, action);
        return;
    case PBFT_ACTION_EVIDENCE:
        note_evidence(glue, action);
        return;
    case PBFT_ACTION_NEED_SYNC:
        sync_driver_hint(glue->node->sync, action->height);
    }
}

/* One step and its actions. What they make necessary is done by pump(). */
static void step(struct glue *glue, struct pbft_event *event)
{
    event->now_ms = node_now_ms();
    event->clock_ms = node_clock_ms();
    enum pbft_status status = pbft_step(glue->pbft, &glue->actions, event);
    if (status != PBFT_OK && event->type == PBFT_EVENT_MESSAGE) {
        log_write(LOG_LEVEL_DEBUG, "message_dropped", "sender=%" PRIu32 " type=%s status=%d",
                  event->u.message->vote.sender,
                  vote_type_text((enum vote_type)event->u.message->vote.type), (int)status);
    }
    for (size_t i = 0; i < glue->actions.count; i++) {
        perform(glue, &glue->actions.list[i]);
    }
}

static void let_decided_go(struct glue *glue, const struct outbox_entry *entry)
{
    char error[160];
    struct block *block = memory_new(sizeof(*block));
    struct certificate *certificate = memory_new(sizeof(*certificate));
    bool good = block_decode(block, buffer_bytes(&entry->bytes), error, sizeof(error)) &&
                certificate_decode(certificate, buffer_bytes(&entry->extra), error, sizeof(error));
    assert(good && "what we encoded decodes");
    (void)uv_timer_stop(&glue->empty_timer);
    glue->empty_due = false;
    glue->parent_root = block->header.state_root;
    mempool_decided(glue->node->pool, entry->height, block->body);
    executor_submit(glue->node->executor, block, certificate);
    free(block);
    free(certificate);
}

/* Send what may leave. */
static void flush(struct glue *glue)
{
    struct node *node = glue->node;
    struct outbox_entry *entry;
    while ((entry = outbox_front(&glue->outbox, wal_durable(node->wal))) != NULL) {
        struct bytes bytes = buffer_bytes(&entry->bytes);
        switch (entry->kind) {
        case OUTBOX_SEND:
            if (node->network != NULL) {
                /* A peer that is away gets it again when it says where it is. */
                enum network_status status = network_send(
                    node->network, node->validator_peer[entry->to], FRAME_CONSENSUS, bytes);
                (void)status;
            }
            break;
        case OUTBOX_BROADCAST:
            if (node->network != NULL) {
                (void)network_broadcast(node->network, FRAME_CONSENSUS, bytes);
            }
            break;
        case OUTBOX_DECIDED:
            if (executor_pending(node->executor) >= EXECUTOR_ROOM) {
                return;
            }
            let_decided_go(glue, entry);
            break;
        }
        outbox_pop(&glue->outbox);
    }
}

static void answer_build(struct glue *glue)
{
    struct buffer body = {0};
    struct pbft_event event = {.type = PBFT_EVENT_BUILT};
    struct pbft_built *built = &event.u.built;
    glue->build_wanted = false;
    built->height = glue->build.height;
    built->round = glue->build.round;
    uint32_t count = mempool_build(glue->node->pool, built->height, &body, &built->tx_root);
    built->nothing = count == 0 && !glue->build.required && !glue->empty_due;
    built->body = buffer_bytes(&body);
    if (built->nothing) {
        glue->work_raised = false;
    }
    step(glue, &event);
    buffer_close(&body);
}

bool glue_has_work(const struct glue *glue)
{
    return mempool_ready(glue->node->pool) || glue->empty_due;
}

/* Tell the core whether there is work, where that changed. */
static bool tell_work(struct glue *glue)
{
    bool work = glue_has_work(glue);
    if (glue->node->self == VALIDATORS_NONE || work == glue->work_raised) {
        return false;
    }
    struct pbft_event event = {.type = PBFT_EVENT_WORK};
    event.u.work = work;
    glue->work_raised = work;
    step(glue, &event);
    return true;
}

static void pump(struct glue *glue)
{
    do {
        flush(glue);
        if (glue->build_wanted) {
            answer_build(glue);
        }
    } while (glue->build_wanted || tell_work(glue));
    flush(glue);
}

/* Events from outside. */

void glue_peers_changed(struct glue *glue)
{
    struct pbft_event event = {.type = PBFT_EVENT_PEERS};
    event.u.connected = node_connected_validators(glue->node);
    feed(glue, &event);
}

void glue_work_changed(struct glue *glue)
{
    if (!glue->stopped) {
        pump(glue);
    }
}

void glue_durable(struct glue *glue)
{
    if (!glue->stopped) {
        pump(glue);
    }
}

void glue_committed(struct glue *glue)
{
    if (!glue->stopped) {
        pump(glue);
    }
}

static void on_empty_timer(uv_timer_t *timer)
{
    struct glue *glue = timer->data;
    glue->empty_due = true;
    glue_work_changed(glue);
}

/* After the last block with content one more certifies its state root, and pending deadlines are
 * heights: both need blocks though nobody sent anything. */
static void plan_empty_block(struct glue *glue, const struct hash *state_root,
                             bool deadlines_pending)
{
    if (deadlines_pending || !hash_equal(state_root, &glue->parent_root)) {
        (void)uv_timer_start(&glue->empty_timer, on_empty_timer,
                             glue->node->genesis->genesis.parameters.empty_block_interval_ms, 0);
    }
}

void glue_executed(struct glue *glue, uint64_t height, const struct hash *state_root,
                   const struct hash *receipts_root, bool deadlines_pending)
{
    struct pbft_event event = {.type = PBFT_EVENT_EXECUTED};
    event.u.executed = (struct pbft_executed){
        .height = height, .state_root = *state_root, .receipts_root = *receipts_root};
    if (height == glue->decided && !glue->stopped) {
        plan_empty_block(glue, state_root, deadlines_pending);
    }
    feed(glue, &event);
}

bool glue_synced(struct glue *glue, const struct block *block,
                 const struct certificate *certificate)
{
    uint64_t before = glue->decided;
    struct pbft_event event = {.type = PBFT_EVENT_SYNCED};
    event.u.synced.block = block;
    event.u.synced.certificate = certificate;
    feed(glue, &event);
    return glue->decided > before;
}

const struct block_rules *glue_rules(const struct glue *glue)
{
    return &glue->rules;
}

uint64_t glue_decided(const struct glue *glue)
{
    return glue->decided;
}

void glue_summarize(const struct glue *glue, struct pbft_summary *out)
{
    pbft_summarize(glue->pbft, out);
}

/* Opening. */

static bool on_record(void *context, const struct wal_record *record)
{
    struct glue *glue = context;
    if (record->type != WAL_TYPE_CONSENSUS) {
        return false;
    }
    if (record->height > glue->decided) {
        glue->records =
            memory_resize(glue->records, (glue->record_count + 1) * sizeof(*glue->records));
        struct buffer *kept = &glue->records[glue->record_count++];
        memset(kept, 0, sizeof(*kept));
        buffer_append(kept, record->payload);
    }
    return true;
}

static void on_durable(void *context, uint64_t sequence)
{
    (void)sequence;
    glue_durable(context);
}

static void trace(void *data, const char *line)
{
    (void)data;
    char quoted[300];
    log_write(LOG_LEVEL_DEBUG, "consensus", "text=%s", log_quote(quoted, sizeof(quoted), line));
}

static bool start_core(struct glue *glue, const struct pbft_start *start)
{
    struct pbft_event event = {.type = PBFT_EVENT_START, .u.start = *start};
    event.now_ms = node_now_ms();
    event.clock_ms = node_clock_ms();
    bool good = pbft_step(glue->pbft, &glue->actions, &event) == PBFT_OK;
    for (size_t i = 0; good && i < glue->actions.count; i++) {
        perform(glue, &glue->actions.list[i]);
    }
    return good;
}

/* Where the store stands: fills *start; `storage` and *certificate own what it borrows. */
static bool load_start(struct glue *glue, struct pbft_start *start, struct certificate *certificate,
                       char *error, size_t error_size)
{
    struct node *node = glue->node;
    struct state_head head;
    executor_head(node->executor, &head);
    *start = (struct pbft_start){.height = head.height,
                                 .digest = head.digest,
                                 .time_ms = head.time_ms,
                                 .executed_height = head.height,
                                 .state_root = head.state_root,
                                 .receipts_root = head.receipts_root};
    glue->parent_root = head.state_root;
    glue->decided = head.height;
    if (head.height == 0) {
        return true;
    }
    struct buffer storage = {0};
    struct block_record record;
    struct block *block = memory_new(sizeof(*block));
    bool good = block_store_read(node->blocks, head.height, &storage, &record) == BLOCK_STORE_OK &&
                block_decode(block, record.block, error, error_size) &&
                certificate_decode(certificate, record.certificate, error, error_size);
    if (good) {
        glue->parent_root = block->header.state_root;
        start->certificate = certificate;
        plan_empty_block(glue, &head.state_root, head.deadlines_pending);
    } else {
        (void)snprintf(error, error_size, "block %" PRIu64 " cannot be read", head.height);
    }
    free(block);
    buffer_close(&storage);
    return good;
}

static bool open_log(struct glue *glue, char *error, size_t error_size)
{
    char path[HOME_PATH_MAX];
    const struct wal_options options = {.directory = path,
                                        .loop = &glue->node->loop,
                                        .context = glue,
                                        .on_record = on_record,
                                        .on_durable = on_durable};
    if (!home_path(path, glue->node->home, HOME_WAL, error, error_size) ||
        wal_open(&glue->node->wal, &options, error, error_size) != WAL_OK) {
        return false;
    }
    glue->persisted = wal_appended(glue->node->wal);
    return true;
}

static void make_core(struct glue *glue)
{
    struct node *node = glue->node;
    struct pbft_config config = {.rules = glue->rules,
                                 .self = node->self,
                                 .key = node->keys.validator,
                                 .round_timeout_ms = node->config->consensus_round_timeout_ms,
                                 .status_interval_ms = node->config->consensus_status_interval_ms,
                                 .time_drift_ms = node->config->consensus_time_drift_ms,
                                 .trace =
                                     node->config->log_level >= LOG_LEVEL_DEBUG ? trace : NULL};
    glue->pbft = pbft_new(&config);
    secret_key_close(&config.key);
}

static void open_timers(struct glue *glue)
{
    for (size_t i = 0; i < PBFT_TIMER_COUNT; i++) {
        (void)uv_timer_init(&glue->node->loop, &glue->timers[i]);
        glue->timers[i].data = glue;
    }
    (void)uv_timer_init(&glue->node->loop, &glue->empty_timer);
    glue->empty_timer.data = glue;
}

static void forget_records(struct glue *glue)
{
    for (size_t i = 0; i < glue->record_count; i++) {
        buffer_close(&glue->records[i]);
    }
    free(glue->records);
    glue->records = NULL;
    glue->record_count = 0;
}

bool glue_open(struct glue **out, struct node *node, char *error, size_t error_size)
{
    struct glue *glue = memory_new(sizeof(*glue));
    struct certificate *certificate = memory_new(sizeof(*certificate));
    struct pbft_start start;
    *out = glue;
    glue->node = node;
    block_rules_init(&glue->rules, &node->genesis->chain_id, &node->genesis->validators,
                     body_digest, NULL);
    open_timers(glue);
    bool good = load_start(glue, &start, certificate, error, error_size) &&
                open_log(glue, error, error_size);
    if (good) {
        make_core(glue);
        struct bytes *records = memory_new((glue->record_count + 1) * sizeof(*records));
        for (size_t i = 0; i < glue->record_count; i++) {
            records[i] = buffer_bytes(&glue->records[i]);
        }
        start.records = records;
        start.record_count = glue->record_count;
        good = start_core(glue, &start);
        if (!good) {
            (void)snprintf(error, error_size, "the log holds a record that is none of consensus");
        }
        free(records);
    }
    forget_records(glue);
    free(certificate);
    return good;
}

void glue_stop(struct glue *glue)
{
    glue->stopped = true;
    for (size_t i = 0; i < PBFT_TIMER_COUNT; i++) {
        uv_close((uv_handle_t *)&glue->timers[i], NULL);
    }
    uv_close((uv_handle_t *)&glue->empty_timer, NULL);
}

void glue_free(struct glue *glue)
{
    if (glue == NULL) {
        return;
    }
    pbft_free(glue->pbft);
    pbft_actions_close(&glue->actions);
    outbox_close(&glue->outbox);
    free(glue);
}
