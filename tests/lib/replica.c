#include "tests/lib/replica.h"

static void start(struct replica *replica)
{
    struct pbft_config config = {.rules = replica->committee->rules,
                                 .round_timeout_ms = 500,
                                 .status_interval_ms = 1000,
                                 .time_drift_ms = 500};
    if (replica->self != VALIDATORS_NONE) {
        replica->signer = vote_key_signer(&replica->key, &replica->committee->rules.chain_id,
                                          &replica->committee->keys[replica->self]);
        config.signer = &replica->signer;
    }
    replica->pbft = pbft_new(&config);
}

static enum pbft_status begin(struct replica *replica)
{
    struct bytes records[REPLICA_RECORDS_MAX];
    for (size_t i = 0; i < replica->record_count; i++) {
        records[i] = buffer_bytes(&replica->records[i]);
    }
    return replica_step(
        replica, (struct pbft_event){.type = PBFT_EVENT_START,
                                     .u.start = {.digest = replica->committee->rules.chain_id,
                                                 .time_ms = 1,
                                                 .records = records,
                                                 .record_count = replica->record_count}});
}

void replica_open(struct replica *replica, const struct committee *committee, uint32_t self)
{
    *replica = (struct replica){.committee = committee, .self = self, .clock_ms = 1000};
    start(replica);
    enum pbft_status status = begin(replica);
    assert(status == PBFT_OK);
}

enum pbft_status replica_restart(struct replica *replica, size_t record_count)
{
    assert(record_count <= replica->record_count);
    pbft_free(replica->pbft);
    for (size_t i = record_count; i < replica->record_count; i++) {
        buffer_close(&replica->records[i]);
    }
    replica->record_count = record_count;
    start(replica);
    return begin(replica);
}

void replica_close(struct replica *replica)
{
    pbft_free(replica->pbft);
    for (size_t i = 0; i < replica->record_count; i++) {
        buffer_close(&replica->records[i]);
    }
    pbft_actions_close(&replica->actions);
    buffer_close(&replica->text);
}

static const char *timer_name(enum pbft_timer timer)
{
    return timer == PBFT_TIMER_ROUND ? "round" : "status";
}

static void keep(struct replica *replica, const struct pbft_action *action)
{
    assert(replica->record_count < REPLICA_RECORDS_MAX);
    buffer_append(&replica->records[replica->record_count++], action->bytes);
}

static void describe(struct replica *replica, const struct pbft_action *action)
{
    struct buffer *text = &replica->text;
    struct vote vote = {0};
    bool message = action->type == PBFT_ACTION_SEND || action->type == PBFT_ACTION_BROADCAST;
    if (message) {
        bool peeked = message_peek(&vote, action->bytes);
        assert(peeked);
    }
    const char *name = vote_type_text((enum vote_type)vote.type);
    const unsigned long long height = action->height;
    switch (action->type) {
    case PBFT_ACTION_PERSIST:
        buffer_format(text, "persist %llu", (unsigned long long)action->sequence);
        keep(replica, action);
        return;
    case PBFT_ACTION_SEND:
        buffer_format(text, "send %s %u to %u", name, vote.round, action->to);
        return;
    case PBFT_ACTION_BROADCAST:
        buffer_format(text, "broadcast %s %u", name, vote.round);
        return;
    case PBFT_ACTION_SET_TIMER:
        buffer_format(text, "timer %s %u", timer_name(action->timer), action->delay_ms);
        return;
    case PBFT_ACTION_STOP_TIMER:
        buffer_format(text, "stop %s", timer_name(action->timer));
        return;
    case PBFT_ACTION_BUILD:
        buffer_format(text, "build %llu %u%s", height, action->round,
                      action->required ? " required" : "");
        return;
    case PBFT_ACTION_CHECK:
        buffer_append_text(text, "check");
        return;
    case PBFT_ACTION_DECIDED:
        buffer_format(text, "decided %llu", height);
        return;
    case PBFT_ACTION_EVIDENCE:
        buffer_format(text, "evidence %s of %u",
                      vote_type_text((enum vote_type)action->votes[0].type),
                      action->votes[0].sender);
        return;
    case PBFT_ACTION_NEED_SYNC:
        buffer_format(text, "sync %llu", height);
        return;
    }
}

enum pbft_status replica_step(struct replica *replica, struct pbft_event event)
{
    event.now_ms = replica->now_ms;
    event.clock_ms = replica->clock_ms;
    enum pbft_status status = pbft_step(replica->pbft, &replica->actions, &event);
    buffer_clear(&replica->text);
    for (size_t i = 0; i < replica->actions.count; i++) {
        buffer_append_text(&replica->text, i == 0 ? "" : "; ");
        describe(replica, &replica->actions.list[i]);
    }
    return status;
}

enum pbft_status replica_hear(struct replica *replica, const struct message *message)
{
    struct message *verified = committee_accept(replica->committee, message);
    enum pbft_status status = replica_step(
        replica, (struct pbft_event){.type = PBFT_EVENT_MESSAGE, .u.message = verified});
    message_free(verified);
    return status;
}

enum pbft_status replica_vote(struct replica *replica, enum vote_type type, uint32_t sender,
                              uint32_t round, const struct hash *digest)
{
    static struct message message;
    message = (struct message){0};
    message.vote = committee_vote(replica->committee, type, sender, 1, round, digest);
    return replica_hear(replica, &message);
}

enum pbft_status replica_check(struct replica *replica, const struct hash *digest, bool valid)
{
    return replica_step(
        replica, (struct pbft_event){.type = PBFT_EVENT_CHECKED, .u.checked = {*digest, valid}});
}

enum pbft_status replica_work(struct replica *replica)
{
    return replica_step(replica, (struct pbft_event){.type = PBFT_EVENT_WORK, .u.work = true});
}

enum pbft_status replica_time_out(struct replica *replica, enum pbft_timer timer, uint64_t ms)
{
    replica->now_ms += ms;
    return replica_step(replica, (struct pbft_event){.type = PBFT_EVENT_TIMEOUT, .u.timer = timer});
}

enum pbft_status replica_executed(struct replica *replica, uint64_t height)
{
    return replica_step(replica, (struct pbft_event){.type = PBFT_EVENT_EXECUTED,
                                                     .u.executed = {.height = height}});
}

const char *replica_said(struct replica *replica)
{
    return buffer_text(&replica->text);
}
