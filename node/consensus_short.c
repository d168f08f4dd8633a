/* Proposals in short form, out of the pool: between consensus/compact.h and the network. */
#include "node/consensus_state.h"

#include "node/frames.h"

#include <stdlib.h>

#define SHORTS_MAX                                                                                 \
    400 /* frames of one validator in a second: a block takes one or two of each leader */

static void on_short_timer(uv_timer_t *timer);

/* A round trip for what pools lack costs more than it saves, unless the copies for all are many bytes. */
static bool worth_it(const struct glue *glue, struct bytes wire)
{
    uint64_t copies = glue->node->validators->validators.count - 1;
    return wire.size * copies >= glue->node->config->consensus_short_bytes;
}

void glue_shorten(struct glue *glue, struct bytes wire, struct buffer *out)
{
    struct vote vote;
    size_t count;
    const struct hash *ids = mempool_built(glue->node->pool, &count);
    if (glue->built && message_peek(&vote, wire) && vote.type == VOTE_PROPOSE &&
        worth_it(glue, wire)) {
        (void)!compact_write(out, wire, ids, count); /* of a later round: it goes whole */
    }
}

void glue_send_short(struct glue *glue, struct bytes wire, struct bytes brief)
{
    struct node *node = glue->node;
    compact_keep(glue->compact, wire, true);
    for (uint32_t i = 0; node->network != NULL && i < node->peer_count; i++) {
        /* Who does not vote has no pool. Who is away hears of it by STATUS. */
        bool votes = node->peer_validator[i] != VALIDATORS_NONE;
        enum network_status status = network_send(
            node->network, i, votes ? FRAME_SHORT : FRAME_CONSENSUS, votes ? brief : wire);
        (void)status;
    }
    node->metrics.shorts_sent++;
}

void glue_note_proposal(struct glue *glue, const struct message *message)
{
    compact_close(glue->compact, message->vote.height);
    if (worth_it(glue, buffer_bytes(&message->wire))) {
        compact_keep(glue->compact, buffer_bytes(&message->wire), false);
    }
}

static void ask(struct glue *glue, const struct compact_result *result)
{
    enum network_status status =
        network_send(glue->node->network, result->peer, FRAME_ASK, result->bytes);
    (void)status; /* who is away does not answer in time */
    glue->node->metrics.shorts_whole += result->all ? 1 : 0;
    if (!uv_is_active((uv_handle_t *)&glue->short_timer)) {
        uv_update_time(&glue->node->loop);
        (void)uv_timer_start(&glue->short_timer, on_short_timer, COMPACT_WAIT_MS, 0);
    }
}

static void finish(struct glue *glue, uint32_t peer, const struct compact_result *result)
{
    struct metrics *metrics = &glue->node->metrics;
    switch (result->outcome) {
    case COMPACT_NOTHING:
    case COMPACT_GIVE_UP:
        return;
    case COMPACT_MALFORMED:
        glue_refuse(glue, peer, "a short proposal, or what belongs to one, that is none");
        return;
    case COMPACT_ASK:
        ask(glue, result);
        return;
    case COMPACT_WHOLE:
        metrics->shorts_pool += result->fetched == 0 ? 1 : 0;
        metrics->shorts_fetched += result->fetched == 0 ? 0 : 1;
        metrics->short_items_fetched += result->fetched;
        glue_receive_rebuilt(glue, result->peer, result->bytes);
    }
}

/* A peer that may hold the block: each in turn. */
static uint32_t next_peer(struct glue *glue)
{
    const struct node *node = glue->node;
    for (uint32_t i = 0; i < node->peer_count; i++) {
        glue->short_cursor = (glue->short_cursor + 1) % node->peer_count;
        if (node->peer_up[glue->short_cursor] &&
            node->peer_validator[glue->short_cursor] != VALIDATORS_NONE) {
            break;
        }
    }
    return glue->short_cursor;
}

static void on_short_timer(uv_timer_t *timer)
{
    struct glue *glue = timer->data;
    struct compact_result result;
    for (uint64_t height = glue->decided + 1; height <= glue->decided + 2; height++) {
        if (compact_waits(glue->compact, height)) {
            compact_expire(glue->compact, height, next_peer(glue), &result);
            finish(glue, result.peer, &result);
        }
    }
}

void glue_rebuilt_wrong(struct glue *glue, uint64_t height)
{
    struct compact_result result;
    compact_refuse(glue->compact, height, &result);
    finish(glue, result.peer, &result);
}

static void walk_pool(void *context,
                      void (*each)(void *data, const struct hash *id, struct bytes item),
                      void *data)
{
    mempool_walk_ids(context, each, data);
}

static void receive_short(struct glue *glue, uint32_t peer, struct bytes payload)
{
    struct vote vote;
    struct compact_result result;
    if (!compact_peek(&vote, payload)) {
        glue_refuse(glue, peer, "a short proposal that is none");
        return;
    }
    enum glue_wish wish = glue_wish(glue, peer, &vote, payload);
    if (wish == GLUE_EARLY) {
        held_add(&glue->held, peer, FRAME_SHORT, vote.height, payload);
    }
    if (wish != GLUE_WANTED) {
        return;
    }
    if (!glue_leads(glue, &vote)) {
        glue_refuse(glue, peer, "sender: does not lead this round");
        return;
    }
    const struct compact_pool pool = {glue->node->pool, walk_pool};
    compact_receive(glue->compact, peer, payload, &pool, &result);
    finish(glue, peer, &result);
}

static void receive_ask(struct glue *glue, uint32_t peer, struct bytes payload)
{
    struct compact_result result;
    compact_answer(glue->compact, payload, &result);
    if (result.outcome == COMPACT_MALFORMED) {
        finish(glue, peer, &result);
    } else if (result.outcome != COMPACT_NOTHING) {
        uint8_t type = result.outcome == COMPACT_WHOLE ? FRAME_CONSENSUS : FRAME_ITEMS;
        enum network_status status = network_send(glue->node->network, peer, type, result.bytes);
        (void)status;
        glue_owe(glue, peer, result.bytes.size);
    }
}

void glue_receive_short(struct glue *glue, uint32_t peer, uint8_t type, struct bytes payload)
{
    if (glue->stopped) {
        return;
    }
    /* Only validators have a part in this; and none of them needs it so often. */
    if (glue->node->peer_validator[peer] == VALIDATORS_NONE ||
        !(type == FRAME_ASK ? glue_may_ask(glue, peer)
                            : budget_take(&glue->shorts[peer], node_now_ms(), SHORTS_MAX))) {
        glue->node->metrics.messages_ignored++;
    } else if (type == FRAME_SHORT) {
        receive_short(glue, peer, payload);
    } else if (type == FRAME_ASK) {
        receive_ask(glue, peer, payload);
    } else {
        struct compact_result result;
        compact_take(glue->compact, peer, payload, &result);
        finish(glue, peer, &result);
    }
}
