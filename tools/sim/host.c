/* One host: the core, and the thin shell around it that a real node has too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "tools/sim/sim_state.h"

enum { GENESIS_TIME_S = 1700000000 };

/* The round that the core is in when it decides stands in its trace only. */
static void note_line(struct sim *sim, const char *line)
{
    struct host *host = &sim->hosts[sim->tracing];
    unsigned long long height;
    unsigned round;
    if (strstr(line, "this round is spent") != NULL) {
        sim_met(sim, SIM_SPENT);
    } else if (strstr(line, ": fetched") != NULL) {
        sim_met(sim, SIM_FETCHED);
    } else if (strstr(line, ": refuse: its body") != NULL) {
        sim_met(sim, SIM_INVALID_BODY);
    } else if (strstr(line, ": decided") != NULL &&
               // NOLINTNEXTLINE(cert-err34-c): the core's own numbers
               sscanf(line, "height %llu round %u", &height, &round) == 2) {
        host->decided_round[height % 2] = round;
    }
}

static void trace_line(void *data, const char *line)
{
    struct sim *sim = data;
    note_line(sim, line);
    struct buffer text = {0};
    buffer_format(&text, "%u: %s\n", sim->tracing, line);
    sha256_add(&sim->trace_hash, buffer_bytes(&text));
    if (sim->options.keep_trace) {
        buffer_append(&sim->trace, buffer_bytes(&text));
    }
    buffer_close(&text);
}

void host_open(struct sim *sim, uint32_t index, uint32_t validator, enum behaviour behaviour)
{
    struct host *host = &sim->hosts[index];
    host->index = index;
    host->validator = validator;
    host->behaviour = behaviour;
    sim_signer_open(sim, host);
    host->skew_ms = (int64_t)random_below(&sim->random, 2 * sim->options.skew_max_ms + 1) -
                    (int64_t)sim->options.skew_max_ms;
}

static void power_off(struct host *host)
{
    pbft_free(host->pbft);
    compact_free(host->compact);
    host->pbft = NULL;
    host->compact = NULL;
    for (size_t i = 0; i < host->outbox_count; i++) {
        payload_release(host->outbox[i].payload);
    }
    host->outbox_count = 0;
    host->up = false;
    host->epoch++;
}

void host_close(struct host *host)
{
    power_off(host);
    pbft_actions_close(&host->actions);
    free(host->outbox);
    disk_close(host);
}

/* Which step of the protocol a power cut hits. */
static void note_stop(struct sim *sim, const struct host *host)
{
    struct pbft_summary summary;
    pbft_summarize(host->pbft, &summary);
    uint8_t said = summary.self == VALIDATORS_NONE ? 0 : summary.said[summary.self];
    if (summary.round > 0) {
        sim_met(sim, SIM_CUT_CHANGED);
    }
    if ((said & PBFT_SAID_COMMIT) != 0) {
        sim_met(sim, SIM_CUT_COMMITTED);
    } else if ((said & PBFT_SAID_PREPARE) != 0) {
        sim_met(sim, SIM_CUT_PREPARED);
    } else {
        sim_met(sim, SIM_CUT_IDLE);
    }
    if (host->written > host->durable) {
        sim_met(sim, SIM_CUT_UNSYNCED);
    }
}

void host_end(struct sim *sim, struct host *host)
{
    if (host->up) {
        struct pbft_event event = {.type = PBFT_EVENT_STOP};
        host_step(sim, host, &event);
        for (size_t i = 0; i < host->actions.count; i++) {
            sim_met(sim, SIM_UNUSED);
        }
        host->durable = host->written;
        host_stop(sim, host);
    }
}

void host_stop(struct sim *sim, struct host *host)
{
    if (host->up) {
        note_stop(sim, host);
        power_off(host);
        disk_cut(sim, host);
        sim->report.stops++;
    }
}

/* The next block of the host's chain. */
static void apply(struct sim *sim, struct host *host, const struct block *block)
{
    const uint64_t height = block->header.height;
    struct validators set;
    struct validators *governed = NULL;
    sim->app.execute(sim->app.data, host->index, block, &host->roots);
    host->executed = height;
    if (sim->app.members != NULL) {
        governed = &set;
        sim->app.members(sim->app.data, host->index, height + 2, governed);
    }
    membership_executed(&sim->membership, block, governed);
    checker_executed(sim, host, height, governed);
}

/* Roots are not on the simulated disk: execute the stored chain again. */
static void replay(struct sim *sim, struct host *host)
{
    struct block block;
    sim->app.reset(sim->app.data, host->index, &host->roots);
    host->executed = 0;
    for (uint64_t i = 0; i < host->height; i++) {
        bool decoded = block_decode(&block, buffer_bytes(&host->chain[i].encoded), NULL, 0);
        assert(decoded);
        apply(sim, host, &block);
    }
}

static void make_core(struct sim *sim, struct host *host)
{
    struct pbft_config config = {.rules = sim->rules,
                                 .signer = &host->signer.present,
                                 .round_timeout_ms = sim->options.round_timeout_ms,
                                 .status_interval_ms = 500,
                                 .time_drift_ms = 500,
                                 .trace = trace_line,
                                 .trace_data = sim};
    host->pbft = pbft_new(&config);
    host->compact = compact_new();
}

void host_demotions(const struct host *host, struct demotions *out)
{
    struct block block = {0};
    bool decoded =
        host->height == 0 ||
        block_decode(&block, buffer_bytes(&host->chain[host->height - 1].encoded), NULL, 0);
    assert(decoded);
    *out = block.demotions;
}

static const struct validators *set_of(const struct sim *sim, uint64_t height)
{
    return &membership_at(&sim->membership, height)->set->validators;
}

/* What an earlier life showed to clients is in the store, or this one knows that it must come. */
static void check_shown(struct sim *sim, const struct host *host)
{
    struct pbft_summary summary;
    pbft_summarize(host->pbft, &summary);
    if (host->shown > host->height && host->shown > summary.logged) {
        sim_fail(sim, "host %u has lost height %llu, which it had shown", host->index,
                 (unsigned long long)host->shown);
    }
}

void host_start(struct sim *sim, struct host *host)
{
    if (host->up) {
        return;
    }
    host->up = true;
    host->written = 0;
    host->durable = 0;
    host->disk_busy = false;
    host->executing = false;
    host->catching_up = false;
    memset(host->accused, 0, sizeof(host->accused));
    memset(host->accusations, 0, sizeof(host->accusations));
    make_core(sim, host);
    replay(sim, host);
    const struct disk_block *head = host->height > 0 ? &host->chain[host->height - 1] : NULL;
    struct demotions demotions;
    host_demotions(host, &demotions);
    struct pbft_event event = {
        .type = PBFT_EVENT_START,
        .u.start = {.height = host->height,
                    .digest = head == NULL ? sim->rules.chain_id : head->digest,
                    .time_ms = head == NULL ? GENESIS_TIME_S * 1000ULL : head->time_ms,
                    .certificate = head == NULL ? NULL : &head->certificate,
                    .executed_height = host->executed,
                    .state_root = host->roots.state_root,
                    .receipts_root = host->roots.receipts_root,
                    .last_validators = set_of(sim, host->height),
                    .validators = set_of(sim, host->height + 1),
                    .next_validators = set_of(sim, host->height + 2),
                    .demotions = &demotions,
                    .record_count = host->record_count}};
    struct bytes *records = memory_new(host->record_count * sizeof(*records));
    for (size_t i = 0; i < host->record_count; i++) {
        records[i] = buffer_bytes(&host->records[i].bytes);
    }
    event.u.start.records = records;
    (void)host_step(sim, host, &event);
    check_shown(sim, host);
    free(records);
    if (sim->options.work && host->height < sim->goal) {
        sim_schedule(sim, host, sim_some_us(sim, 20000), (struct event){.kind = EVENT_WORK});
    }
}

static void build(struct sim *sim, struct host *host, const struct pbft_action *action)
{
    struct event event = {.kind = EVENT_BUILT,
                          .value = action->round,
                          .detail = action->height,
                          .payload = payload_new((struct bytes){0})};
    bool corrupt = host->behaviour == TWIN && random_chance(&sim->random, 100);
    bool some = sim->app.build(sim->app.data, host->index, action->height, &sim->random, corrupt,
                               &event.payload->wire);
    if (!action->required && (!some || (sim->options.chance && random_chance(&sim->random, 20)))) {
        payload_release(event.payload);
        event.payload = NULL;
        sim_schedule(sim, host, 50000, (struct event){.kind = EVENT_WORK});
    }
    sim_schedule(sim, host, sim_some_us(sim, 4000), event);
}

static void check(struct sim *sim, struct host *host, const struct pbft_action *action)
{
    bool valid = sim->app.check(sim->app.data, host->index, action->block);
    sim_schedule(sim, host, sim_some_us(sim, 3000),
                 (struct event){.kind = EVENT_CHECKED,
                                .value = valid || host->behaviour == TWIN ? 1 : 0,
                                .digest = action->digest});
}

static void catch_up(struct sim *sim, struct host *host, uint64_t target)
{
    uint32_t first = (uint32_t)random_below(&sim->random, sim->host_count);
    for (uint32_t i = 0; i < sim->host_count && !host->catching_up; i++) {
        const struct host *from = &sim->hosts[(first + i) % sim->host_count];
        if (from->up && from->height > host->height && from->behaviour != MUTE &&
            !sim->blocked[from->index][host->index] && !sim->blocked[host->index][from->index]) {
            host->catching_up = true;
            sim_schedule(
                sim, host, sim_some_us(sim, 30000),
                (struct event){.kind = EVENT_CAUGHT_UP, .value = from->index, .detail = target});
        }
    }
}

static void perform(struct sim *sim, struct host *host, const struct pbft_action *action)
{
    switch (action->type) {
    case PBFT_ACTION_PERSIST:
        disk_append(sim, host, action);
        return;
    case PBFT_ACTION_SEND:
    case PBFT_ACTION_BROADCAST:
    case PBFT_ACTION_DECIDED:
        net_push(sim, host, action);
        return;
    case PBFT_ACTION_SET_TIMER:
        sim_schedule(sim, host, action->delay_ms * 1000ULL,
                     (struct event){.kind = EVENT_TIMER,
                                    .value = action->timer,
                                    .detail = ++host->timers[action->timer]});
        return;
    case PBFT_ACTION_STOP_TIMER:
        host->timers[action->timer]++;
        return;
    case PBFT_ACTION_BUILD:
        build(sim, host, action);
        return;
    case PBFT_ACTION_CHECK:
        check(sim, host, action);
        return;
    case PBFT_ACTION_EVIDENCE:
        if (host->behaviour == HONEST) {
            checker_evidence(sim, host, action);
        }
        return;
    case PBFT_ACTION_NEED_SYNC:
        catch_up(sim, host, action->height);
        return;
    }
    assert(false && "no such action");
}

static void note_round(struct sim *sim, const struct pbft_event *event, const struct vote *change)
{
    const struct sim_set *set = membership_at(&sim->membership, change->height);
    if (event->type == PBFT_EVENT_TIMEOUT) {
        sim_met(sim, SIM_TIMEOUT);
        if (set != NULL &&
            block_rules_collect(&sim->rules, set->set->validators.count, change->round - 1)) {
            sim_met(sim, SIM_COLLECTOR_FAILED);
        }
    } else if (event->type == PBFT_EVENT_MESSAGE) {
        sim_met(sim, event->u.message->vote.type == VOTE_PROPOSE ? SIM_PULLED : SIM_JUMP);
    }
}

/* What this step brought about, as far as it is rare. */
static void note_step(struct sim *sim, const struct host *host, const struct pbft_event *event,
                      enum pbft_status status)
{
    const struct pbft_actions *actions = &host->actions;
    if (status == PBFT_CONFLICT) {
        sim_met(sim, SIM_TWINS);
    } else if (status == PBFT_OK && event->type == PBFT_EVENT_SYNCED) {
        sim_met(sim, SIM_CAUGHT_UP);
    }
    for (size_t i = 0; i < actions->count; i++) {
        const struct pbft_action *action = &actions->list[i];
        struct vote vote;
        if (action->type == PBFT_ACTION_DECIDED && event->type == PBFT_EVENT_MESSAGE &&
            event->u.message->vote.type == VOTE_COMMITTED) {
            sim_met(sim, SIM_COLLECTED);
        }
        if (action->type == PBFT_ACTION_DECIDED &&
            action->certificate->round < host->decided_round[action->height % 2]) {
            sim_met(sim, SIM_OLD_COMMIT);
        } else if (action->type == PBFT_ACTION_NEED_SYNC) {
            sim_met(sim, SIM_SYNC_HINT);
        } else if (action->type == PBFT_ACTION_EVIDENCE) {
            sim_met(sim, SIM_EVIDENCE);
        } else if (action->type == PBFT_ACTION_BROADCAST && message_peek(&vote, action->bytes) &&
                   vote.type == VOTE_ROUND_CHANGE) {
            note_round(sim, event, &vote);
        }
    }
}

enum pbft_status host_step(struct sim *sim, struct host *host, struct pbft_event *event)
{
    event->now_ms = sim->time_us / 1000;
    event->clock_ms =
        (uint64_t)((int64_t)(GENESIS_TIME_S * 1000ULL + sim->time_us / 1000) + host->skew_ms);
    sim->tracing = host->index;
    sim->report.steps++;
    enum pbft_status status = pbft_step(host->pbft, &host->actions, event);
    if (event->type == PBFT_EVENT_START && status != PBFT_OK) {
        sim_fail(sim, "host %u cannot read its own log", host->index);
    }
    note_step(sim, host, event, status);
    for (size_t i = 0; i < host->actions.count; i++) {
        perform(sim, host, &host->actions.list[i]);
    }
    if (status == PBFT_CONFLICT && host->behaviour == HONEST) {
        checker_conflict(sim, host, &event->u.message->vote);
    }
    net_flush(sim, host);
    return status;
}

/* Execution is one block at a time, in the order of the chain. */
static void execute(struct sim *sim, struct host *host)
{
    struct block block;
    if (host->executed >= host->height) {
        return;
    }
    const struct disk_block *stored = &host->chain[host->executed];
    bool decoded = block_decode(&block, buffer_bytes(&stored->encoded), NULL, 0);
    assert(decoded);
    if (!hash_equal(&block.header.state_root, &host->roots.state_root)) {
        sim_fail(sim, "host %u: the header of height %llu has another state", host->index,
                 (unsigned long long)block.header.height);
        return;
    }
    apply(sim, host, &block);
    struct pbft_event event = {.type = PBFT_EVENT_EXECUTED,
                               .u.executed = {.height = host->executed,
                                              .state_root = host->roots.state_root,
                                              .receipts_root = host->roots.receipts_root,
                                              .validators = set_of(sim, host->executed + 2)}};
    (void)host_step(sim, host, &event);
    accuse_again(sim, host);
}

static void caught_up(struct sim *sim, struct host *host, const struct event *event)
{
    const struct host *from = &sim->hosts[event->value];
    struct pbft_summary summary;
    struct block block;
    char error[160];
    host->catching_up = false;
    pbft_summarize(host->pbft, &summary);
    uint64_t last = from->height < event->detail ? from->height : event->detail;
    for (uint64_t height = summary.height; height <= last; height++) {
        const struct disk_block *stored = &from->chain[height - 1];
        struct block_rules rules;
        if (!membership_rules(&sim->membership, &sim->rules, height, &rules) ||
            !block_decode(&block, buffer_bytes(&stored->encoded), error, sizeof(error)) ||
            !block_verify_decided(&block, &stored->certificate, &rules, error, sizeof(error))) {
            sim_fail(sim, "host %u was given a bad block: %s", host->index, error);
            return;
        }
        struct pbft_event synced = {.type = PBFT_EVENT_SYNCED,
                                    .u.synced = {&block, &stored->certificate}};
        if (host_step(sim, host, &synced) == PBFT_FUTURE) {
            sim_met(sim, SIM_AWAITED_SET);
            return;
        }
    }
}

static void built(struct sim *sim, struct host *host, const struct event *event)
{
    struct pbft_event answer = {
        .type = PBFT_EVENT_BUILT,
        .u.built = {.height = event->detail, .round = event->value, .nothing = true}};
    if (event->payload != NULL) {
        answer.u.built.nothing = false;
        answer.u.built.body = buffer_bytes(&event->payload->wire);
        bool formed =
            sim->app.body_digest(sim->app.data, &answer.u.built.tx_root, answer.u.built.body);
        assert(formed);
    }
    (void)host_step(sim, host, &answer);
}

void host_event(struct sim *sim, struct host *host, const struct event *event)
{
    struct pbft_event answer = {0};
    switch (event->kind) {
    case EVENT_DELIVER:
        net_deliver(sim, host, event);
        return;
    case EVENT_TIMER:
        if (host->timers[event->value] == event->detail) {
            answer.type = PBFT_EVENT_TIMEOUT;
            answer.u.timer = (enum pbft_timer)event->value;
            (void)host_step(sim, host, &answer);
        }
        return;
    case EVENT_SYNCED:
        disk_synced(sim, host, event->detail);
        net_flush(sim, host);
        return;
    case EVENT_BUILT:
        built(sim, host, event);
        return;
    case EVENT_CHECKED:
        answer.type = PBFT_EVENT_CHECKED;
        answer.u.checked = (struct pbft_checked){event->digest, event->value == 1};
        (void)host_step(sim, host, &answer);
        return;
    case EVENT_EXECUTED:
        execute(sim, host);
        return;
    case EVENT_WORK:
        answer.type = PBFT_EVENT_WORK;
        answer.u.work = true;
        (void)host_step(sim, host, &answer);
        return;
    case EVENT_CAUGHT_UP:
        caught_up(sim, host, event);
        return;
    case EVENT_PEERS:
        net_peers_of(sim, host);
        return;
    case EVENT_BRIEF:
        brief_expired(sim, host, event->detail);
        return;
    case EVENT_CUT:
        host_stop(sim, host);
        sim_schedule(sim, host, sim_some_us(sim, 400000), (struct event){.kind = EVENT_RETURN});
        return;
    case EVENT_RETURN:
    case EVENT_FAULT:
        break;
    }
    assert(false && "no event of a host");
}
