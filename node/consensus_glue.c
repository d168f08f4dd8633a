#include "node/consensus_state.h"

#include "base/memory.h"
#include "node/blob_driver.h"
#include "node/evidence.h"
#include "node/frames.h"
#include "node/gossip.h"
#include "node/peers.h"
#include "node/signer.h"
#include "node/sync_driver.h"

#include <inttypes.h>
#include <stdlib.h>

static enum pbft_status step(struct glue *glue, struct pbft_event *event);
static void pump(struct glue *glue);

void glue_feed(struct glue *glue, struct pbft_event *event)
{
    if (!glue->stopped) {
        (void)step(glue, event);
        pump(glue);
    }
}

/* Actions. */

static void on_timer(uv_timer_t *timer)
{
    struct glue *glue = timer->data;
    struct pbft_event event = {.type = PBFT_EVENT_TIMEOUT};
    event.u.timer = timer == &glue->timers[PBFT_TIMER_ROUND] ? PBFT_TIMER_ROUND : PBFT_TIMER_STATUS;
    if (event.u.timer == PBFT_TIMER_ROUND) {
        struct pbft_summary summary;
        pbft_summarize(glue->pbft, &summary);
        glue->node->metrics.view_changes[stall_step_of(&summary, summary.validators)]++;
    }
    glue_feed(glue, &event);
}

/* Where the time of a block goes (docs/performance.md). */
static void step_ends(struct glue *glue, enum metrics_step ended)
{
    uint64_t now_us = uv_hrtime() / 1000;
    if (glue->step_us != 0) {
        histogram_add(&glue->node->metrics.steps[ended], now_us - glue->step_us);
        if (ended == METRICS_STEP_PREPARE) {
            glue->node->metrics.prepare_quorum_us = now_us - glue->step_us;
        }
    }
    glue->step_us = now_us;
    glue->step_waits = false;
}

/* Work may go away again: a block that is decided is in the pool until what was said before leaves. */
static void note_work(struct glue *glue, bool work)
{
    if (work && glue->step_us == 0) {
        glue->step_us = uv_hrtime() / 1000;
        glue->work_us = glue->step_us;
        glue->step_waits = true;
    } else if (!work && glue->step_waits) {
        glue->step_us = 0;
    }
}

/* Where the leader collects the votes, it sends none. */
static bool collects(const struct glue *glue, const struct vote *said)
{
    struct validator_set *set = pbft_validators(glue->pbft, said->height);
    return set != NULL && block_rules_collect(&glue->rules, set->validators.count, said->round);
}

/* What the core says to all, or to the leader for all, marks how far it is. */
static void note_said(struct glue *glue, const struct pbft_action *action)
{
    struct vote vote;
    if (!message_peek(&vote, action->bytes) || vote.height != glue->decided + 1 ||
        (action->type == PBFT_ACTION_SEND && !collects(glue, &vote))) {
        return;
    }
    if (vote.type == VOTE_PREPARE || (vote.type == VOTE_PROPOSE && collects(glue, &vote))) {
        pace_vote(&glue->pace, uv_hrtime() / 1000);
        step_ends(glue, METRICS_STEP_PROPOSE);
    } else if (vote.type == VOTE_COMMIT || vote.type == VOTE_PREPARED) {
        step_ends(glue, METRICS_STEP_PREPARE);
    }
}

/* Who decides now. */
static void elect(struct glue *glue)
{
    struct validator_set *set = pbft_validators(glue->pbft, glue->decided + 1);
    if (set == NULL || validator_set_equal(set, glue->node->validators)) {
        return; /* the core has gone on already, or nothing changed */
    }
    metrics_move_validators(&glue->node->metrics, &glue->node->validators->validators,
                            &set->validators);
    peers_elect(glue->node, set);
    glue->set_changed = true;
    log_write(LOG_LEVEL_INFO, "validators", "height=%" PRIu64 " count=%" PRIu32 " self=%d",
              glue->decided + 1, set->validators.count,
              glue->node->self == VALIDATORS_NONE ? -1 : (int)glue->node->self);
}

/* COMMIT leaves once a record of its height is in the log. So where the chain has one of ours above all
 * records, the log is an old copy, or another process has our key. */
static void compare_log(struct glue *glue, const struct pbft_action *action)
{
    const struct validator_set *set = pbft_validators(glue->pbft, action->height);
    if (action->height <= glue->voted || set == NULL || !glue->node->voter.present) {
        return;
    }
    uint32_t self = validators_find(&set->validators, &glue->node->voter.signer.key);
    if (self != VALIDATORS_NONE && certificate_has(action->certificate, self)) {
        signer_forgot(glue->node->signer, action->height);
    }
}

static void set_decided(struct glue *glue, const struct pbft_action *action)
{
    compare_log(glue, action);
    step_ends(glue, METRICS_STEP_COMMIT);
    glue->step_us = 0;
    glue->decided_us = uv_hrtime() / 1000;
    if (glue->work_us != 0) {
        histogram_add(&glue->node->metrics.round_duration, glue->decided_us - glue->work_us);
        glue->work_us = 0;
    }
    metrics_count_signers(&glue->node->metrics, &glue->node->validators->validators,
                          action->certificate, action->height);
    glue->decided = action->height;
    compact_forget(glue->compact, action->height);
    elect(glue);
    glue->work_raised = false;
    glue->build_wanted = false;
    sync_driver_decided(glue->node->sync, action->height);
    signer_decided(glue->node->signer, action->height);
    if (glue->held.first != NULL) {
        (void)uv_timer_start(&glue->held_timer, glue_take_held, 0, 0);
    }
    struct outbox_entry *entry = outbox_add(&glue->outbox, OUTBOX_DECIDED, glue->persisted);
    entry->height = action->height;
    entry->logged = action->logged;
    block_encode(&entry->bytes, action->block);
    certificate_encode(&entry->extra, action->certificate);
    outbox_note_block(&glue->outbox, entry);
}

static void note_evidence(struct glue *glue, const struct pbft_action *action)
{
    struct conflict conflict;
    struct buffer proof = {0};
    char key[65];
    metrics_count_evidence(&glue->node->metrics, &glue->node->validators->validators,
                           &action->signed_by);
    vote_conflict(&conflict, &action->votes[0], &action->votes[1]);
    schema_write(&proof, &conflict_schema, &conflict);
    char *hex = memory_new(2 * proof.size + 1);
    hex_encode(hex, buffer_bytes(&proof));
    hex_encode(key, BYTES_OF(action->signed_by));
    log_write(LOG_LEVEL_ERROR, "evidence",
              "validator=%" PRIu32 " height=%" PRIu64 " type=%s public_key=%s conflict=%s",
              action->votes[0].sender, action->votes[0].height,
              vote_type_text((enum vote_type)action->votes[0].type), key, hex);
    free(hex);
    buffer_close(&proof);
    evidence_send(glue->node, &action->signed_by, &conflict);
}

/* Half of the time is over and the leader has proposed nothing. It may lack what waits here: a liar gives its
 * transactions to all but one, so that this one loses its turns (3.2). */
static void on_remind_timer(uv_timer_t *timer)
{
    struct glue *glue = timer->data;
    struct pbft_summary summary;
    pbft_summarize(glue->pbft, &summary);
    const struct validator_set *set = pbft_validators(glue->pbft, summary.height);
    uint32_t peer = peers_find(glue->node, &set->validators.list[summary.leader].node_key);
    if (summary.round == 0 && !summary.has_proposal && summary.leader != summary.self &&
        peer != SYNC_PEER_NONE && !glue->stopped) {
        gossip_remind(glue->node->gossip, peer);
    }
}

static void plan_reminder(struct glue *glue, const struct pbft_action *action)
{
    if (action->timer == PBFT_TIMER_ROUND && action->type == PBFT_ACTION_SET_TIMER) {
        (void)uv_timer_start(&glue->remind_timer, on_remind_timer, action->delay_ms / 2, 0);
    } else if (action->timer == PBFT_TIMER_ROUND) {
        (void)uv_timer_stop(&glue->remind_timer);
    }
}

static void perform(struct glue *glue, const struct pbft_action *action)
{
    struct outbox_entry *entry;
    switch (action->type) {
    case PBFT_ACTION_PERSIST:
        glue->voted = action->height > glue->voted ? action->height : glue->voted;
        glue->persisted = wal_append(glue->node->wal, GLUE_WAL_TYPE, action->height, action->bytes);
        return;
    case PBFT_ACTION_SEND:
        note_said(glue, action);
        entry = outbox_add(&glue->outbox, OUTBOX_SEND, glue->persisted);
        entry->height = glue->decided + 1;
        entry->to = peers_find(glue->node, &action->receiver);
        if (entry->to != SYNC_PEER_NONE) {
            glue_owe(glue, entry->to, action->bytes.size);
        }
        buffer_append(&entry->bytes, action->bytes);
        return;
    case PBFT_ACTION_BROADCAST:
        note_said(glue, action);
        entry = outbox_add(&glue->outbox, OUTBOX_BROADCAST, glue->persisted);
        entry->height = glue->decided + 1;
        buffer_append(&entry->bytes, action->bytes);
        glue_shorten(glue, action->bytes, &entry->extra);
        return;
    case PBFT_ACTION_SET_TIMER:
        (void)uv_timer_start(&glue->timers[action->timer], on_timer, action->delay_ms, 0);
        plan_reminder(glue, action);
        return;
    case PBFT_ACTION_STOP_TIMER:
        (void)uv_timer_stop(&glue->timers[action->timer]);
        plan_reminder(glue, action);
        return;
    case PBFT_ACTION_BUILD:
        glue->build_wanted = true;
        glue->build = *action;
        return;
    case PBFT_ACTION_CHECK:
        glue_queue_check(glue, action);
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

void glue_perform_all(struct glue *glue)
{
    for (size_t i = 0; i < glue->actions.count; i++) {
        perform(glue, &glue->actions.list[i]);
    }
    wal_flush(glue->node->wal); /* what one step writes becomes durable with one sync */
}

static void note_dropped(const struct pbft_event *event, enum pbft_status status)
{
    const struct message *message = event->u.message;
    if (status == PBFT_REFUSED && message->vote.type == VOTE_PROPOSE) {
        /* The first thing to look at: a clock that is wrong, here or there. */
        uint64_t time_ms = message->block.header.time_ms;
        bool ahead = time_ms > event->clock_ms;
        log_write(LOG_LEVEL_WARN, "proposal_refused",
                  "sender=%" PRIu32 " height=%" PRIu64 " round=%" PRIu32 " time_ms=%" PRIu64
                  " text=\"not on the last block, or %" PRIu64 " ms %s this clock\"",
                  message->vote.sender, message->vote.height, message->vote.round, time_ms,
                  ahead ? time_ms - event->clock_ms : event->clock_ms - time_ms,
                  ahead ? "ahead of" : "behind");
        return;
    }
    log_write(LOG_LEVEL_DEBUG, "message_dropped", "sender=%" PRIu32 " type=%s reason=\"%s\"",
              message->vote.sender, vote_type_text((enum vote_type)message->vote.type),
              pbft_status_text(status));
}

/* One step and its actions. What they make necessary is done by pump(). */
static enum pbft_status step(struct glue *glue, struct pbft_event *event)
{
    event->now_ms = node_now_ms();
    event->clock_ms = node_clock_ms();
    enum pbft_status status = pbft_step(glue->pbft, &glue->actions, event);
    if (status != PBFT_OK && event->type == PBFT_EVENT_MESSAGE) {
        note_dropped(event, status);
    }
    glue_perform_all(glue);
    return status;
}

/* False: a blob that the block names is still to come. */
static bool let_decided_go(struct glue *glue, const struct outbox_entry *entry)
{
    char error[160];
    struct block *block = memory_new(sizeof(*block));
    struct certificate *certificate = memory_new(sizeof(*certificate));
    bool good = block_decode(block, buffer_bytes(&entry->bytes), error, sizeof(error)) &&
                certificate_decode(certificate, buffer_bytes(&entry->extra), error, sizeof(error));
    assert(good && "what we encoded decodes");
    glue->lacks_blob = !blob_driver_holds(glue->node->blob_driver, block->body);
    if (glue->lacks_blob) {
        free(block);
        free(certificate);
        return false;
    }
    (void)uv_timer_stop(&glue->empty_timer);
    glue->empty_due = false;
    glue->parent_root = block->header.state_root;
    mempool_decided(glue->node->pool, entry->height, block->body);
    executor_submit(glue->node->executor, block, certificate, entry->logged);
    free(block);
    free(certificate);
    return true;
}

/* Send what may leave. */
static void flush(struct glue *glue)
{
    struct node *node = glue->node;
    struct outbox_entry *entry;
    while ((entry = outbox_front(&glue->outbox, wal_durable(node->wal))) != NULL) {
        struct bytes bytes = buffer_bytes(&entry->bytes);
        if (entry->kind != OUTBOX_DECIDED && entry->height > signer_height(node->signer)) {
            return; /* the mark is written ahead: hardly ever is it waited for */
        }
        switch (entry->kind) {
        case OUTBOX_SEND:
            if (node->network != NULL && entry->to != SYNC_PEER_NONE) {
                /* A peer that is away gets it again when it says where it is. */
                enum network_status status =
                    network_send(node->network, entry->to, FRAME_CONSENSUS, bytes);
                (void)status;
            }
            break;
        case OUTBOX_BROADCAST:
            if (entry->extra.size > 0) {
                glue_send_short(glue, bytes, buffer_bytes(&entry->extra));
            } else if (node->network != NULL) {
                (void)network_broadcast(node->network, FRAME_CONSENSUS, bytes);
            }
            break;
        case OUTBOX_DECIDED:
            if (executor_full(node->executor) || !let_decided_go(glue, entry)) {
                return;
            }
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
    mempool_set_body(glue->node->pool, node_parameters(glue->node, built->height));
    uint32_t count = mempool_build(glue->node->pool, built->height, &body, &built->tx_root);
    built->nothing = count == 0 && !glue->build.required && !glue->empty_due;
    built->body = buffer_bytes(&body);
    if (built->nothing) {
        glue->work_raised = false;
    }
    glue->built = true;
    (void)step(glue, &event);
    glue->built = false;
    buffer_close(&body);
}

static void on_pace_timer(uv_timer_t *timer)
{
    glue_work_changed(timer->data);
}

/* Waiting is for more to come: not where it would not fit, and not after a time-out. What is gapped
 * fills no block. */
static bool time_to_build(struct glue *glue)
{
    const struct parameters *limits = node_parameters(glue->node, glue->build.height);
    uint64_t wait_us = pace_wait_us(&glue->pace, uv_hrtime() / 1000);
    struct mempool_usage usage;
    mempool_read_usage(glue->node->pool, &usage);
    if (wait_us == 0 || glue->build.required ||
        usage.count - usage.gapped >= limits->block_transactions_max ||
        usage.bytes - usage.gapped_bytes >= limits->block_bytes_max) {
        return true;
    }
    uv_update_time(&glue->node->loop);
    (void)uv_timer_start(&glue->pace_timer, on_pace_timer, (wait_us + 999) / 1000, 0);
    return false;
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
    note_work(glue, work);
    (void)step(glue, &event);
    return true;
}

/* The core counts the connected ones of the present set. */
static void tell_peers(struct glue *glue)
{
    if (glue->set_changed) {
        struct pbft_event event = {.type = PBFT_EVENT_PEERS};
        event.u.connected = node_connected_validators(glue->node);
        glue->set_changed = false;
        (void)step(glue, &event);
    }
}

/* A body is built once at most: were the pool to promise what it does not give, the loop's turn would
 * still end, and the next event would ask again. */
static void pump(struct glue *glue)
{
    bool built = false;
    do {
        flush(glue);
        if (glue->build_wanted && !built && time_to_build(glue)) {
            built = true;
            answer_build(glue);
        }
        glue_answer_check(glue);
        tell_peers(glue);
    } while (glue->checked != NULL || tell_work(glue));
    flush(glue);
}

/* Events from outside. */

void glue_peers_changed(struct glue *glue)
{
    struct pbft_event event = {.type = PBFT_EVENT_PEERS};
    event.u.connected = node_connected_validators(glue->node);
    glue_feed(glue, &event);
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

void glue_blob_held(struct glue *glue)
{
    if (!glue->stopped && glue->waiting != NULL) {
        glue_answer_waiting(glue);
    }
    if (!glue->stopped && glue->lacks_blob) {
        pump(glue);
    }
}

bool glue_lacks_blob(const struct glue *glue)
{
    return glue->lacks_blob;
}

void glue_committed(struct glue *glue)
{
    if (glue->executed_us > glue->decided_us && glue->node->committed.height == glue->decided) {
        histogram_add(&glue->node->metrics.steps[METRICS_STEP_STORE],
                      uv_hrtime() / 1000 - glue->executed_us);
    }
}

void glue_kept(struct glue *glue)
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
void glue_plan_empty_block(struct glue *glue, const struct hash *state_root, bool deadlines_pending)
{
    if (deadlines_pending || !hash_equal(state_root, &glue->parent_root)) {
        (void)uv_timer_start(
            &glue->empty_timer, on_empty_timer,
            node_parameters(glue->node, glue->decided + 1)->empty_block_interval_ms, 0);
    }
}

void glue_executed(struct glue *glue, const struct executor_report *report)
{
    const uint64_t height = report->head.height;
    struct pbft_event event = {.type = PBFT_EVENT_EXECUTED};
    event.u.executed = (struct pbft_executed){.height = height,
                                              .state_root = report->head.state_root,
                                              .receipts_root = report->head.receipts_root};
    if (report->validators_changed) {
        event.u.executed.validators = &report->validators->validators;
        peers_admit(glue->node, report->validators);
    }
    pace_executed(&glue->pace, report->transaction_count, uv_hrtime() / 1000);
    if (height == glue->decided && glue->decided_us != 0) {
        glue->executed_us = uv_hrtime() / 1000;
        histogram_add(&glue->node->metrics.steps[METRICS_STEP_EXECUTE],
                      glue->executed_us - glue->decided_us);
    }
    if (height == glue->decided && !glue->stopped) {
        glue_plan_empty_block(glue, &report->head.state_root, report->head.deadlines_pending);
    }
    glue_feed(glue, &event);
    if (glue->held.first != NULL && !glue->stopped) {
        (void)uv_timer_start(&glue->held_timer, glue_take_held, 0, 0);
    }
}

enum pbft_status glue_synced(struct glue *glue, const struct block *block,
                             const struct certificate *certificate)
{
    struct pbft_event event = {.type = PBFT_EVENT_SYNCED};
    event.u.synced.block = block;
    event.u.synced.certificate = certificate;
    if (glue->stopped) {
        return PBFT_STALE;
    }
    enum pbft_status status = step(glue, &event);
    pump(glue);
    return status;
}

bool glue_rules_at(const struct glue *glue, uint64_t height, struct glue_rules *out)
{
    struct validator_set *set = pbft_validators(glue->pbft, height);
    struct validator_set *last = height == 0 ? NULL : pbft_validators(glue->pbft, height - 1);
    *out = (struct glue_rules){0};
    if (!pbft_rules(glue->pbft, height, &out->rules)) {
        return false;
    }
    out->height = height;
    out->set = validator_set_share(set);
    out->last = last == NULL ? NULL : validator_set_share(last);
    return true;
}

void glue_rules_close(struct glue_rules *rules)
{
    validator_set_release(rules->set);
    validator_set_release(rules->last);
}

uint64_t glue_decided(const struct glue *glue)
{
    return glue->decided;
}

bool glue_recovering(const struct glue *glue)
{
    return glue->node->committed.height < glue->logged;
}

const struct demotions *glue_demotions(const struct glue *glue)
{
    return pbft_demotions(glue->pbft);
}

void glue_summarize(const struct glue *glue, struct pbft_summary *out)
{
    pbft_summarize(glue->pbft, out);
}

void glue_stop(struct glue *glue)
{
    if (glue->stopped) {
        return;
    }
    if (glue->pbft != NULL) {
        struct pbft_event event = {.type = PBFT_EVENT_STOP};
        (void)step(glue, &event);
    }
    glue->stopped = true;
    for (size_t i = 0; i < PBFT_TIMER_COUNT; i++) {
        uv_close((uv_handle_t *)&glue->timers[i], NULL);
    }
    uv_close((uv_handle_t *)&glue->empty_timer, NULL);
    uv_close((uv_handle_t *)&glue->held_timer, NULL);
    uv_close((uv_handle_t *)&glue->pace_timer, NULL);
    uv_close((uv_handle_t *)&glue->short_timer, NULL);
    uv_close((uv_handle_t *)&glue->remind_timer, NULL);
}

void glue_free(struct glue *glue)
{
    if (glue == NULL) {
        return;
    }
    glue_forget_waiting(glue);
    pbft_free(glue->pbft);
    pbft_actions_close(&glue->actions);
    outbox_close(&glue->outbox);
    held_close(&glue->held);
    compact_free(glue->compact);
    free(glue);
}
