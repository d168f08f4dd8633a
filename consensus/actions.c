#include <stdio.h>

#include "consensus/pbft_state.h"

/* More than a step can ever cause: the number of actions depends on how many phases one event can
 * pass through, never on what a message says. */
static struct pbft_action *append(struct pbft *p, enum pbft_action_type type)
{
    assert(p->actions->count < PBFT_ACTIONS_MAX);
    struct pbft_action *action = &p->actions->list[p->actions->count++];
    *action = (struct pbft_action){.type = type};
    return action;
}

/* The arena may move while the step runs, so pointers are made at its end. */
static void append_bytes(struct pbft *p, struct pbft_action *action, struct bytes bytes)
{
    p->offsets[p->actions->count - 1] = p->actions->arena.size;
    buffer_append(&p->actions->arena, bytes);
    action->bytes.size = bytes.size;
}

void actions_begin(struct pbft *p, struct pbft_actions *actions)
{
    p->actions = actions;
    actions->count = 0;
    buffer_clear(&actions->arena);
}

void actions_end(struct pbft *p)
{
    for (size_t i = 0; i < p->actions->count; i++) {
        struct pbft_action *action = &p->actions->list[i];
        if (action->bytes.size > 0) {
            action->bytes.data = p->actions->arena.data + p->offsets[i];
        }
    }
    p->actions = NULL;
}

void pbft_actions_close(struct pbft_actions *actions)
{
    buffer_close(&actions->arena);
    actions->count = 0;
}

void action_persist(struct pbft *p, uint64_t height, struct bytes record)
{
    struct pbft_action *action = append(p, PBFT_ACTION_PERSIST);
    action->height = height;
    action->sequence = ++p->sequence;
    append_bytes(p, action, record);
}

void action_send(struct pbft *p, uint64_t height, uint32_t to, struct bytes wire)
{
    struct pbft_action *action = append(p, PBFT_ACTION_SEND);
    const struct electorate *electorate = electorate_of(p, height);
    assert(electorate != NULL && to < electorate->count);
    action->height = height;
    action->to = to;
    action->receiver = electorate->set->validators.list[to].node_key;
    append_bytes(p, action, wire);
}

void action_broadcast(struct pbft *p, struct bytes wire)
{
    append_bytes(p, append(p, PBFT_ACTION_BROADCAST), wire);
}

void action_timer(struct pbft *p, enum pbft_timer timer, uint64_t delay_ms)
{
    struct pbft_action *action = append(p, PBFT_ACTION_SET_TIMER);
    action->timer = timer;
    action->delay_ms = delay_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)delay_ms;
}

void action_stop_timer(struct pbft *p, enum pbft_timer timer)
{
    append(p, PBFT_ACTION_STOP_TIMER)->timer = timer;
}

void action_build(struct pbft *p, bool required)
{
    struct pbft_action *action = append(p, PBFT_ACTION_BUILD);
    action->height = pbft_height(p);
    action->round = p->round;
    action->required = required;
    action->digest = p->decided_digest;
}

void action_check(struct pbft *p, const struct stored_block *stored)
{
    struct pbft_action *action = append(p, PBFT_ACTION_CHECK);
    action->height = stored->block.header.height;
    action->digest = stored->digest;
    action->block = &stored->block;
}

void action_decided(struct pbft *p, const struct stored_block *stored,
                    const struct certificate *certificate)
{
    struct pbft_action *action = append(p, PBFT_ACTION_DECIDED);
    action->height = stored->block.header.height;
    action->digest = stored->digest;
    action->block = &stored->block;
    action->certificate = certificate;
    action->logged = p->has_prepared && hash_equal(&p->prepared.digest, &stored->digest);
}

void action_evidence(struct pbft *p, const struct vote *a, const struct vote *b)
{
    struct height_log *log = a->height == pbft_height(p) ? &p->log : &p->next;
    if (log->reported[b->sender]) {
        return;
    }
    log->reported[b->sender] = true;
    struct pbft_action *action = append(p, PBFT_ACTION_EVIDENCE);
    action->height = a->height;
    action->votes[0] = *a;
    action->votes[1] = *b;
    action->signed_by = electorate_of(p, a->height)->set->validators.list[b->sender].key;
    pbft_trace(p, "evidence against a sender of", &b->digest);
}

void action_need_sync(struct pbft *p, uint64_t height)
{
    append(p, PBFT_ACTION_NEED_SYNC)->height = height;
}

void pbft_trace(struct pbft *p, const char *what, const struct hash *digest)
{
    if (p->config.trace == NULL) {
        return;
    }
    char name[9] = "";
    if (digest != NULL) {
        hex_encode(name, (struct bytes){digest->bytes, 4});
    }
    char line[128];
    (void)snprintf(line, sizeof(line), "height %llu round %u: %s%s%s",
                   (unsigned long long)pbft_height(p), p->round, what, digest == NULL ? "" : " ",
                   name);
    p->config.trace(p->config.trace_data, line);
}
