#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "consensus/pbft_state.h"

static void send_vote(struct pbft *p, const struct vote *vote, const uint32_t *to)
{
    struct buffer wire = {0};
    schema_write(&wire, &vote_schema, vote);
    if (to == NULL) {
        action_broadcast(p, buffer_bytes(&wire));
    } else {
        action_send(p, vote->height, *to, buffer_bytes(&wire));
    }
    buffer_close(&wire);
}

/* What this replica has said at this height, once more; `to` NULL: to everybody. */
static void repeat(struct pbft *p, const uint32_t *to)
{
    const struct vote_slot *prepare = &p->log.prepares[p->present.self];
    const struct vote_slot *commit = &p->log.commits[p->present.self];
    if (p->log.changes[p->present.self].present) {
        struct buffer wire = {0};
        round_change_encode(p, &wire, p->present.self);
        if (to == NULL) {
            action_broadcast(p, buffer_bytes(&wire));
        } else {
            action_send(p, pbft_height(p), *to, buffer_bytes(&wire));
        }
        buffer_close(&wire);
    }
    if (to != NULL && collect_on(p) && *to != electorate_leader(p)) {
        collect_repeat(p, *to);
        return;
    }
    if (prepare->present && prepare->vote.round == p->round) {
        send_vote(p, &prepare->vote, to);
    }
    if (commit->present) {
        send_vote(p, &commit->vote, to);
    }
}

void status_announce(struct pbft *p)
{
    if (pbft_votes(p)) {
        repeat(p, NULL);
    }
}

static void seen(struct pbft *p, uint32_t sender, uint64_t decided)
{
    if (decided > p->seen_height[sender]) {
        p->seen_height[sender] = decided;
    }
}

/* Who votes at a height has decided the one before. */
void status_seen(struct pbft *p, const struct vote *vote)
{
    const struct electorate *electorate = electorate_of(p, vote->height);
    if (electorate == NULL || vote->height <= p->decided) {
        return;
    }
    const struct validator *validator = &electorate->set->validators.list[vote->sender];
    uint32_t sender = validators_find(&p->present.set->validators, &validator->key);
    if (sender != VALIDATORS_NONE) {
        seen(p, sender, vote->height - 1);
    }
}

/* SPEC 3.7: Who learns by a STATUS that another is at its height, and in no higher round, sends it
 * once more what it has said at this height. */
enum pbft_status status_receive(struct pbft *p, const struct message *message)
{
    const struct vote *vote = &message->vote;
    /* The present set may be another than the one that the message was verified with. */
    uint32_t sender = validators_find(&p->present.set->validators, &message->key);
    if (sender == VALIDATORS_NONE || sender == p->present.self) {
        return PBFT_STALE;
    }
    seen(p, sender, vote->height);
    if (!pbft_votes(p) || vote->height != p->decided) {
        return PBFT_OK;
    }
    if (!hash_equal(&vote->digest, &p->decided_digest)) {
        pbft_trace(p, "a peer claims another block decided", &vote->digest);
        return PBFT_REFUSED;
    }
    if (vote->round > p->round) {
        return PBFT_OK;
    }
    bool lacks_proposal = vote->round < p->round || !message->has_proposal;
    if (p->proposed && lacks_proposal) {
        action_send(p, pbft_height(p), sender, buffer_bytes(&p->own_proposal));
    }
    repeat(p, &sender);
    return PBFT_OK;
}

enum pbft_status status_get_body(struct pbft *p, const struct message *message)
{
    const struct vote *asked = &message->vote;
    const struct stored_block *stored = slot_find(p, &asked->digest);
    const struct electorate *electorate = electorate_of(p, asked->height);
    if (stored == NULL || electorate == NULL || electorate->self == VALIDATORS_NONE ||
        electorate->self == asked->sender || stored->block.header.height != asked->height) {
        return PBFT_STALE;
    }
    struct message *answer = memory_new(sizeof(*answer));
    answer->vote = (struct vote){.type = VOTE_BODY,
                                 .sender = electorate->self,
                                 .height = asked->height,
                                 .round = p->round,
                                 .digest = stored->digest};
    bool good = pbft_sign_vote(p, &answer->vote);
    if (good) {
        answer->block = stored->block;
        struct buffer wire = {0};
        message_encode(&wire, answer);
        action_send(p, asked->height, asked->sender, buffer_bytes(&wire));
        buffer_close(&wire);
    }
    free(answer);
    return good ? PBFT_OK : PBFT_STALE;
}

enum pbft_status status_body(struct pbft *p, const struct message *message)
{
    if (!p->fetch.active || !hash_equal(&p->fetch.digest, &message->vote.digest) ||
        message->vote.height != pbft_height(p)) {
        return PBFT_UNWANTED;
    }
    p->fetch.active = false;
    (void)slot_store(p, SLOT_FETCHED, &message->vote.digest, &message->block);
    pbft_trace(p, "fetched", &message->vote.digest);
    return PBFT_OK;
}

void fetch_ask(struct pbft *p)
{
    struct fetch *fetch = &p->fetch;
    for (uint32_t i = 0; i < p->present.count; i++) {
        fetch->cursor = (fetch->cursor + 1) % p->present.count;
        bool signer = (fetch->signers[fetch->cursor / 8] >> fetch->cursor % 8 & 1) != 0;
        if (signer && fetch->cursor != p->present.self) {
            struct vote vote;
            if (pbft_sign(p, &vote, VOTE_GET_BODY, &fetch->digest)) {
                send_vote(p, &vote, &fetch->cursor);
            }
            return;
        }
    }
}

static void fetch_begin(struct pbft *p, const struct hash *digest, const uint8_t *signers,
                        uint32_t first)
{
    if (!pbft_votes(p) || (p->fetch.active && hash_equal(&p->fetch.digest, digest))) {
        return;
    }
    uint32_t before = (first + p->present.count - 1) % p->present.count;
    p->fetch = (struct fetch){.active = true, .digest = *digest, .cursor = before};
    memcpy(p->fetch.signers, signers, CERTIFICATE_BITMAP_SIZE);
    pbft_trace(p, "fetch", digest);
    fetch_ask(p);
}

/* SPEC 3.4: Whoever knows which block is decided asks for no other. */
void fetch_need(struct pbft *p, const struct hash *digest, const uint8_t *signers, uint32_t first)
{
    if (!decide_known(p)) {
        fetch_begin(p, digest, signers, first);
    }
}

void fetch_decided(struct pbft *p, const struct certificate *certificate)
{
    fetch_begin(p, &certificate->digest, certificate->signers, p->present.self);
}

/* SPEC 3.7: The height to catch up with is the highest that more than f validators say they have
 * decided, so that no f liars can send a replica after blocks that do not exist. Where there is none
 * above its own, one validator's word is enough to ask for the next block: the last of all may have
 * reached a single one in time. */
static uint64_t reached_height(const struct pbft *p)
{
    uint64_t heights[VALIDATORS_MAX] = {0};
    for (uint32_t i = 0; i < p->present.count; i++) {
        uint32_t place = i;
        for (; place > 0 && heights[place - 1] < p->seen_height[i]; place--) {
            heights[place] = heights[place - 1];
        }
        heights[place] = p->seen_height[i];
    }
    if (heights[p->present.faults] <= p->decided && heights[0] > p->decided) {
        return p->decided + 1;
    }
    return heights[p->present.faults];
}

void status_send(struct pbft *p)
{
    struct vote vote = {
        .type = VOTE_STATUS, .height = p->decided, .round = p->round, .digest = p->decided_digest};
    if (!pbft_sign_vote(p, &vote)) {
        return;
    }
    struct message *status = memory_new(sizeof(*status));
    status->key = p->config.signer->key;
    status->vote = vote;
    status->has_proposal = p->log.proposal.present;
    struct buffer wire = {0};
    message_encode(&wire, status);
    action_broadcast(p, buffer_bytes(&wire));
    buffer_close(&wire);
    free(status);
}

void status_tick(struct pbft *p)
{
    /* Who has left the set goes on, for those who have not seen it leave. */
    if (p->config.signer != NULL) {
        p->mute = false;
        status_send(p);
    }
    if (p->fetch.active) {
        p->fetch_turn++;
        fetch_ask(p);
    }
    /* Behind for a whole interval, so the votes that would help are not just on their way. */
    uint64_t reached = reached_height(p);
    if (reached > p->decided && p->status_decided == p->decided) {
        pbft_trace(p, "behind", NULL);
        action_need_sync(p, reached);
    }
    p->status_decided = p->decided;
    action_timer(p, PBFT_TIMER_STATUS, p->config.status_interval_ms);
}
