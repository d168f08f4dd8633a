#include "consensus/pbft.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "consensus/pbft_state.h"

#define PBFT_STATUS_TEXT(name, text) text,
static const char *const status_texts[] = {PBFT_STATUS_LIST(PBFT_STATUS_TEXT)};
#undef PBFT_STATUS_TEXT

const char *pbft_status_text(enum pbft_status status)
{
    return (size_t)status < ARRAY_COUNT(status_texts) ? status_texts[status] : "unknown status";
}

static void check_config(const struct pbft_config *config)
{
    assert(config->round_timeout_ms >= 1 && config->round_timeout_ms <= PBFT_TIMEOUT_MS_MAX);
    assert(config->status_interval_ms >= 1 && config->status_interval_ms <= 60000);
}

struct pbft *pbft_new(const struct pbft_config *config)
{
    check_config(config);
    struct pbft *p = memory_new(sizeof(*p));
    p->config = *config;
    log_init(&p->log);
    log_init(&p->next);
    electorate_init(p);
    p->connected = p->present.count;
    return p;
}

void pbft_free(struct pbft *p)
{
    if (p == NULL) {
        return;
    }
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        buffer_close(&p->blocks[i].body);
    }
    log_close(&p->log);
    log_close(&p->next);
    buffer_close(&p->own_proposal);
    buffer_close(&p->restored);
    electorate_close(p);
    free(p);
}

bool pbft_votes(const struct pbft *p)
{
    return p->present.self != VALIDATORS_NONE;
}

uint64_t pbft_height(const struct pbft *p)
{
    return p->decided + 1;
}

bool pbft_speaks(const struct pbft *p)
{
    return pbft_votes(p) && !p->mute;
}

/* The key has signed more at this height than this life remembers: its end of the log was lost, or it is
 * a copy. Nothing is said in a round that may be taken; what was said there it cannot know. */
static void refused(struct pbft *p, const struct vote *vote, uint32_t free_round)
{
    bool binds = vote->type <= VOTE_ROUND_CHANGE;
    pbft_trace(p, "signature refused for", &vote->digest);
    if (binds && vote->type <= VOTE_PREPARE && free_round == vote->round + 1) {
        p->spent = true;
    } else if (binds && vote->height == pbft_height(p) && free_round > p->round) {
        p->least_round = free_round > p->least_round ? free_round : p->least_round;
    } else {
        p->mute = true;
    }
}

bool pbft_sign_vote(struct pbft *p, struct vote *vote)
{
    const struct vote_signer *signer = p->config.signer;
    uint32_t free_round = 0;
    if (p->mute) {
        return false;
    }
    switch (signer->sign(signer->data, vote, &free_round)) {
    case VOTE_SIGNED:
        return true;
    case VOTE_SIGNER_AWAY:
        p->mute = true;
        pbft_trace(p, "no signature for", &vote->digest);
        return false;
    case VOTE_REFUSED:
        refused(p, vote, free_round);
        return false;
    }
    assert(false && "no such answer");
    return false;
}

bool pbft_sign(struct pbft *p, struct vote *vote, enum vote_type type, const struct hash *digest)
{
    assert(pbft_votes(p));
    *vote = (struct vote){.type = (uint8_t)type,
                          .sender = p->present.self,
                          .height = pbft_height(p),
                          .round = p->round,
                          .digest = *digest};
    return pbft_sign_vote(p, vote);
}

/* SPEC 3.6: A replica that has decided a height without a COMMIT of its own writes the permit of the
 * next one as soon as that begins, unless it is catching up, and so before there is anything to vote
 * on. */
static void permit_early(struct pbft *p)
{
    if (pbft_speaks(p) && !p->spent && !p->catching_up) {
        record_permit(p);
    }
}

/* Decisions first: nothing else at this height matters once it is decided. */
void pbft_advance(struct pbft *p)
{
    while (collect_advance(p) || decide_advance(p) || round_change_advance(p) ||
           propose_advance(p) || prepare_advance(p) || commit_advance(p) ||
           round_change_forced(p)) {
    }
    permit_early(p);
    round_timer_update(p);
}

static void reset_round(struct pbft *p)
{
    p->round = 0;
    p->round_base = 0;
    p->work = false;
    p->work_again = false;
    p->building = false;
    p->proposed = false;
    p->voted = false;
    p->committed = false;
    p->spent = false;
    p->least_round = 0;
    p->has_prepared = false;
    p->fetch.active = false;
}

/* A proposal that came while the height before was open. */
static void take_waiting_proposal(struct pbft *p)
{
    struct proposal waiting = p->log.proposal;
    struct stored_block *stored = &p->blocks[SLOT_NEXT];
    p->log.proposal.present = false;
    if (!waiting.present) {
        return;
    }
    if (waiting.vote.round < p->round || propose_check(p, &waiting, &stored->block) != PBFT_OK) {
        slot_clear(stored);
        return;
    }
    propose_accept(p, &waiting, stored);
}

void pbft_enter_height(struct pbft *p, const struct block *decided)
{
    reset_round(p);
    if (p->timer_running) {
        p->timer_running = false;
        action_stop_timer(p, PBFT_TIMER_ROUND);
    }
    electorate_advance(p, &decided->demotions);
    struct height_log over = p->log;
    p->log = p->next;
    p->next = over;
    log_clear(&p->next);
    slot_clear(&p->blocks[SLOT_PROPOSAL]);
    slot_clear(&p->blocks[SLOT_PREPARED]);
    slot_clear(&p->blocks[SLOT_FETCHED]);
    if (records_apply(p)) {
        status_announce(p);
    }
    take_waiting_proposal(p);
}

static enum pbft_status start(struct pbft *p, const struct pbft_start *start)
{
    assert(!p->started && start->executed_height <= start->height);
    assert((start->certificate == NULL) == (start->height == 0));
    p->started = true;
    if (!records_keep(p, start)) {
        return PBFT_REFUSED;
    }
    p->decided = start->height;
    p->decided_digest = start->digest;
    p->decided_time_ms = start->time_ms;
    if (start->certificate != NULL) {
        p->last_commit = *start->certificate;
    }
    electorate_start(p, start);
    p->connected = p->present.count;
    p->executed = start->executed_height;
    p->state_root = start->state_root;
    p->receipts_root = start->receipts_root;
    (void)records_apply(p);
    pbft_trace(p, p->spent ? "start, this round is spent" : "start", &p->decided_digest);
    status_announce(p);
    status_tick(p);
    return PBFT_OK;
}

static enum pbft_status add_vote(struct pbft *p, struct vote_slot *slots, const struct vote *vote)
{
    switch (log_add(slots, vote)) {
    case LOG_NEW:
        return PBFT_OK;
    case LOG_KNOWN:
    case LOG_OLD:
        return PBFT_STALE;
    case LOG_CONFLICT:
        break;
    }
    action_evidence(p, &slots[vote->sender].vote, vote);
    return PBFT_CONFLICT;
}

static enum pbft_status check_window(const struct pbft *p, const struct vote *vote)
{
    if (vote->height < pbft_height(p)) {
        return PBFT_STALE;
    }
    const struct electorate *electorate = electorate_of(p, vote->height);
    if (electorate == NULL) {
        return PBFT_FUTURE;
    }
    if (vote->sender == electorate->self) {
        return PBFT_STALE;
    }
    uint32_t base = vote->height == pbft_height(p) ? p->round : 0;
    bool far = vote->round > base && vote->round - base > PBFT_ROUND_DISTANCE_MAX;
    return far ? PBFT_FUTURE : PBFT_OK;
}

static enum pbft_status receive(struct pbft *p, const struct message *message)
{
    const struct vote *vote = &message->vote;
    struct height_log *log = vote->height == pbft_height(p) ? &p->log : &p->next;
    if (vote->type == VOTE_STATUS) {
        return status_receive(p, message);
    }
    if (vote->type == VOTE_GET_BODY) {
        return status_get_body(p, message);
    }
    status_seen(p, vote);
    enum pbft_status status = check_window(p, vote);
    if (status != PBFT_OK) {
        return status;
    }
    assert(vote->sender < log->count);
    switch ((enum vote_type)vote->type) {
    case VOTE_PROPOSE:
        return propose_receive(p, message);
    case VOTE_PREPARE:
        return add_vote(p, log->prepares, vote);
    case VOTE_COMMIT:
        return add_vote(p, log->commits, vote);
    case VOTE_ROUND_CHANGE:
        return round_change_receive(p, log, message);
    case VOTE_BODY:
        return status_body(p, message);
    case VOTE_PREPARED:
    case VOTE_COMMITTED:
        return collect_receive(p, log, message);
    case VOTE_STATUS:
    case VOTE_GET_BODY:
    case VOTE_TYPE_COUNT:
        break;
    }
    assert(false && "message_verify() lets no other type pass");
    return PBFT_REFUSED;
}

static enum pbft_status executed(struct pbft *p, const struct pbft_executed *executed)
{
    assert(executed->height <= p->decided);
    if (executed->height <= p->executed) {
        return PBFT_STALE;
    }
    p->executed = executed->height;
    p->state_root = executed->state_root;
    p->receipts_root = executed->receipts_root;
    electorate_executed(p, executed);
    return PBFT_OK;
}

/* SPEC 3.5: When its connections grow to a quorum, a replica begins its back-off anew. */
static void peers(struct pbft *p, uint32_t connected)
{
    bool grown = p->connected < p->present.quorum && connected >= p->present.quorum;
    p->connected = connected;
    if (grown) {
        p->round_base = p->round;
        if (p->timer_running) {
            round_timer_restart(p);
        }
        if (p->config.signer != NULL) {
            status_send(p); /* nobody waits for the next one to hear what was said meanwhile */
        }
    }
}

static enum pbft_status timeout(struct pbft *p, enum pbft_timer timer)
{
    switch (timer) {
    case PBFT_TIMER_ROUND:
        return round_timer_out(p);
    case PBFT_TIMER_STATUS:
        status_tick(p);
        return PBFT_OK;
    case PBFT_TIMER_COUNT:
        break;
    }
    assert(false && "no such timer");
    return PBFT_STALE;
}

static enum pbft_status dispatch(struct pbft *p, const struct pbft_event *event)
{
    switch (event->type) {
    case PBFT_EVENT_START:
        return start(p, &event->u.start);
    case PBFT_EVENT_MESSAGE:
        return receive(p, event->u.message);
    case PBFT_EVENT_BUILT:
        return propose_built(p, &event->u.built);
    case PBFT_EVENT_CHECKED:
        return prepare_checked(p, &event->u.checked);
    case PBFT_EVENT_WORK:
        p->work = event->u.work;
        p->work_again = event->u.work;
        return PBFT_OK;
    case PBFT_EVENT_EXECUTED:
        return executed(p, &event->u.executed);
    case PBFT_EVENT_PEERS:
        peers(p, event->u.connected);
        return PBFT_OK;
    case PBFT_EVENT_TIMEOUT:
        return timeout(p, event->u.timer);
    case PBFT_EVENT_SYNCED:
        return decide_synced(p, &event->u.synced);
    case PBFT_EVENT_STOP:
        record_unused(p);
        p->stopped = true;
        return PBFT_OK;
    }
    assert(false && "no such event");
    return PBFT_REFUSED;
}

enum pbft_status pbft_step(struct pbft *p, struct pbft_actions *actions,
                           const struct pbft_event *event)
{
    assert(p->started ? !p->stopped : event->type == PBFT_EVENT_START);
    assert(event->now_ms >= p->now_ms);
    p->now_ms = event->now_ms;
    p->clock_ms = event->clock_ms;
    p->decisions = 0;
    actions_begin(p, actions);
    enum pbft_status status = dispatch(p, event);
    if (status == PBFT_OK && !p->stopped) {
        pbft_advance(p);
    }
    actions_end(p);
    return status;
}

static bool wants_vote(const struct pbft *p, const struct vote *vote)
{
    const struct height_log *log = vote->height == pbft_height(p) ? &p->log : &p->next;
    enum log_result result;
    if (vote->type == VOTE_ROUND_CHANGE) {
        const struct change_slot *slot = &log->changes[vote->sender];
        const struct vote_slot known = {slot->present, slot->vote};
        result = log_compare(&known, vote);
    } else {
        result = log_compare(vote->type == VOTE_PREPARE ? &log->prepares[vote->sender]
                                                        : &log->commits[vote->sender],
                             vote);
    }
    return result == LOG_NEW || (result == LOG_CONFLICT && !log->reported[vote->sender]);
}

/* Who has sent COMMIT in this round, and who never will, needs no more PREPAREs of it. */
static bool prepares_suffice(const struct pbft *p, const struct vote *vote)
{
    if (vote->height != pbft_height(p)) {
        return !pbft_votes(p);
    }
    return !pbft_votes(p) ||
           (p->committed && vote->round == p->round && !p->log.prepares[vote->sender].present);
}

static bool wants_proposal(const struct pbft *p, const struct vote *vote)
{
    bool now = vote->height == pbft_height(p);
    const struct height_log *log = now ? &p->log : &p->next;
    const struct proposal *known = &log->proposal;
    if (now && vote->round < p->round) {
        return false;
    }
    return !known->present || vote->round > known->vote.round ||
           (vote->round == known->vote.round && !hash_equal(&vote->digest, &known->vote.digest) &&
            !log->reported[vote->sender]);
}

bool pbft_wants(const struct pbft *p, const struct vote *vote)
{
    if (vote->type == VOTE_STATUS) {
        return true;
    }
    const struct electorate *electorate = electorate_of(p, vote->height);
    if (electorate == NULL || vote->sender >= electorate->count ||
        vote->sender == electorate->self) {
        return false;
    }
    bool inside = check_window(p, vote) == PBFT_OK;
    bool over = false;
    switch ((enum vote_type)vote->type) {
    case VOTE_GET_BODY:
        return vote->height <= pbft_height(p);
    case VOTE_BODY:
        return inside && p->fetch.active && hash_equal(&p->fetch.digest, &vote->digest);
    case VOTE_PROPOSE:
        return inside && wants_proposal(p, vote);
    case VOTE_PREPARE:
        over =
            prepares_suffice(p, vote) || (vote->height == pbft_height(p) && vote->round < p->round);
        return inside && !over && wants_vote(p, vote);
    case VOTE_ROUND_CHANGE:
        over = vote->height == pbft_height(p) && vote->round < p->round;
        return inside && !over && wants_vote(p, vote);
    case VOTE_COMMIT:
        return inside && wants_vote(p, vote);
    case VOTE_PREPARED:
    case VOTE_COMMITTED:
        return inside && collect_wants(p, vote);
    case VOTE_STATUS:
    case VOTE_TYPE_COUNT:
        break;
    }
    return false;
}

bool pbft_ahead(const struct pbft *p, const struct vote *vote)
{
    return vote->height >= pbft_height(p) &&
           vote->round > (vote->height == pbft_height(p) ? p->round : 0);
}

const struct certificate *pbft_last_commit(const struct pbft *p)
{
    return p->decided == 0 ? NULL : &p->last_commit;
}

static uint8_t said(const struct pbft *p, uint32_t validator)
{
    const struct vote_slot *prepare = &p->log.prepares[validator];
    const struct vote_slot *commit = &p->log.commits[validator];
    const struct change_slot *change = &p->log.changes[validator];
    unsigned bits = 0;
    bool collected = collect_on(p) && p->log.prepared->present &&
                     certificate_has(&p->log.prepared->certificate, validator);
    bits |=
        collected || (prepare->present && prepare->vote.round == p->round) ? PBFT_SAID_PREPARE : 0U;
    bits |= commit->present && commit->vote.round == p->round ? PBFT_SAID_COMMIT : 0U;
    bits |= change->present && change->vote.round >= p->round ? PBFT_SAID_CHANGE : 0U;
    return (uint8_t)bits;
}

void pbft_summarize(const struct pbft *p, struct pbft_summary *out)
{
    *out = (struct pbft_summary){.height = pbft_height(p),
                                 .self = p->present.self,
                                 .validators = p->present.count,
                                 .round = p->round,
                                 .leader = electorate_leader(p),
                                 .collected = collect_on(p),
                                 .decided = p->decided,
                                 .executed = p->executed,
                                 .logged = p->logged,
                                 .work = p->work,
                                 .has_proposal = p->log.proposal.present,
                                 .prepared = p->has_prepared,
                                 .changes = log_change_count(&p->log, p->present.count, p->round)};
    for (uint32_t i = 0; i < p->present.count; i++) {
        out->said[i] = said(p, i);
        out->prepares += (out->said[i] & PBFT_SAID_PREPARE) != 0 ? 1 : 0;
        out->commits += (out->said[i] & PBFT_SAID_COMMIT) != 0 ? 1 : 0;
        out->seen_height[i] = p->seen_height[i];
    }
}
