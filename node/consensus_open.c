#include "node/consensus_state.h"

#include "base/memory.h"
#include "node/home.h"
#include "node/signer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_SHARE 10 /* of the first time-out: a leader waits for a part of it at most */

static bool body_digest(void *data, struct hash *out, struct bytes body)
{
    (void)data;
    return ledger_body_root(body, out);
}

static bool on_record(void *context, const struct wal_record *record)
{
    struct glue *glue = context;
    if (record->type != GLUE_WAL_TYPE) {
        return record->type == SIGNER_WAL_TYPE;
    }
    glue->voted = record->height > glue->voted ? record->height : glue->voted;
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
    if (good) {
        glue_perform_all(glue);
    }
    struct pbft_summary summary;
    pbft_summarize(glue->pbft, &summary);
    glue->logged = summary.logged;
    return good;
}

/* The glue holds them until the core has its own references. */
static void load_sets(struct glue *glue, struct pbft_start *start)
{
    struct state_snapshot *snapshot = state_snapshot_open(glue->node->store);
    for (uint64_t i = 0; i < ARRAY_COUNT(glue->sets); i++) {
        glue->sets[i] = state_snapshot_validators(snapshot, glue->decided + i);
    }
    state_snapshot_close(snapshot);
    start->last_validators = &glue->sets[0]->validators;
    start->validators = &glue->sets[1]->validators;
    start->next_validators = &glue->sets[2]->validators;
}

/* Where the store stands: fills *start; *block and *certificate hold what it borrows. */
static bool load_start(struct glue *glue, struct pbft_start *start, struct block *block,
                       struct certificate *certificate, char *error, size_t error_size)
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
    load_sets(glue, start);
    if (head.height == 0) {
        return true;
    }
    struct buffer storage = {0};
    struct block_record record;
    bool good = block_store_read(node->blocks, head.height, &storage, &record) == BLOCK_STORE_OK &&
                block_decode(block, record.block, error, error_size) &&
                certificate_decode(certificate, record.certificate, error, error_size);
    if (good) {
        glue->parent_root = block->header.state_root;
        start->certificate = certificate;
        metrics_note_signers(&node->metrics, start->last_validators, certificate, head.height);
        metrics_move_validators(&node->metrics, start->last_validators, start->validators);
        start->demotions = &block->demotions;
        glue_plan_empty_block(glue, &head.state_root, head.deadlines_pending);
    } else {
        (void)snprintf(error, error_size, "block %" PRIu64 " cannot be read", head.height);
    }
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
    return signer_open(&glue->node->signer, glue->node, error, error_size);
}

static void make_core(struct glue *glue)
{
    struct node *node = glue->node;
    struct pbft_config config = {.rules = glue->rules,
                                 .signer = node->votes ? &node->voter.signer : NULL,
                                 .round_timeout_ms = node->config->consensus_round_timeout_ms,
                                 .status_interval_ms = node->config->consensus_status_interval_ms,
                                 .time_drift_ms = node->config->consensus_time_drift_ms,
                                 .trace =
                                     node->config->log_level >= LOG_LEVEL_DEBUG ? trace : NULL};
    glue->pbft = pbft_new(&config);
}

static void open_timers(struct glue *glue)
{
    for (size_t i = 0; i < PBFT_TIMER_COUNT; i++) {
        (void)uv_timer_init(&glue->node->loop, &glue->timers[i]);
        glue->timers[i].data = glue;
    }
    (void)uv_timer_init(&glue->node->loop, &glue->empty_timer);
    glue->empty_timer.data = glue;
    (void)uv_timer_init(&glue->node->loop, &glue->held_timer);
    glue->held_timer.data = glue;
    (void)uv_timer_init(&glue->node->loop, &glue->pace_timer);
    glue->pace_timer.data = glue;
    (void)uv_timer_init(&glue->node->loop, &glue->short_timer);
    glue->short_timer.data = glue;
    (void)uv_timer_init(&glue->node->loop, &glue->remind_timer);
    glue->remind_timer.data = glue;
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
    glue->compact = compact_new();
    struct certificate *certificate = memory_new(sizeof(*certificate));
    struct block *block = memory_new(sizeof(*block));
    struct pbft_start start;
    *out = glue;
    glue->node = node;
    block_rules_init(&glue->rules, &node->genesis->chain_id, &node->genesis->validators,
                     body_digest, NULL);
    open_timers(glue);
    glue->pace.wait_max_us = node->config->consensus_round_timeout_ms * UINT64_C(1000) / WAIT_SHARE;
    bool good = load_start(glue, &start, block, certificate, error, error_size) &&
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
    for (size_t i = 0; i < ARRAY_COUNT(glue->sets); i++) {
        validator_set_release(glue->sets[i]);
    }
    free(block);
    free(certificate);
    return good;
}
