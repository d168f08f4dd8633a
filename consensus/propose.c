#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "consensus/pbft_state.h"

static bool leads(const struct pbft *p)
{
    return pbft_speaks(p) && electorate_leader(p) == p->present.self;
}

static bool is_current(const struct pbft *p, const struct change_slot *slot)
{
    return slot->present && slot->vote.round == p->round;
}

/* Does it show a block of a higher round than `top`, or any, where that is NULL? */
static bool is_above(const struct change_slot *slot, const struct change_slot *top)
{
    return slot->prepared.present && (top == NULL || slot->prepared.round > top->prepared.round);
}

/* How many changed to the current round with nothing above `top`: a quorum of them justifies that its block is
 * repeated, or a new one where it is NULL. */
static uint32_t count_up_to(const struct pbft *p, const struct change_slot *top)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < p->present.count; i++) {
        const struct change_slot *slot = &p->log.changes[i];
        found += is_current(p, slot) && !is_above(slot, top) ? 1 : 0;
    }
    return found;
}

/* SPEC 3.5: A leader need not quote who shows a block that it cannot get: any quorum of round changes will do. */
static bool choose_top(struct pbft *p, const struct change_slot **top)
{
    *top = NULL;
    bool found = count_up_to(p, NULL) >= p->present.quorum;
    for (uint32_t i = 0; i < p->present.count; i++) {
        const struct change_slot *slot = &p->log.changes[i];
        if (is_current(p, slot) && is_above(slot, *top) &&
            count_up_to(p, slot) >= p->present.quorum &&
            slot_find(p, &slot->prepared.digest) != NULL) {
            *top = slot;
            found = true;
        }
    }
    return found;
}

/* Ask for a block that could be repeated; for another one after each interval, as liars may show some that nobody
 * has. Who shows it is asked first: the honest hold what they show. */
static void fetch_top(struct pbft *p)
{
    const struct change_slot *list[VALIDATORS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->present.count; i++) {
        const struct change_slot *slot = &p->log.changes[i];
        if (is_current(p, slot) && slot->prepared.present &&
            count_up_to(p, slot) >= p->present.quorum) {
            list[count++] = slot;
        }
    }
    assert(count > 0);
    const struct change_slot *wanted = list[p->fetch_turn % count];
    uint8_t holders[CERTIFICATE_BITMAP_SIZE];
    memcpy(holders, wanted->certificate.signers, sizeof(holders));
    holders[wanted->vote.sender / 8] |= (uint8_t)(1U << wanted->vote.sender % 8);
    fetch_need(p, &wanted->prepared.digest, holders, wanted->vote.sender);
}

static void quote_change(struct message *message, const struct change_slot *slot)
{
    message->changes[message->change_count++] =
        (struct message_change){.sender = slot->vote.sender,
                                .prepared = slot->prepared.present,
                                .prepared_round = slot->prepared.round,
                                .prepared_digest = slot->prepared.digest,
                                .signature = slot->vote.signature};
}

/* Exactly a quorum of round changes, `top` first. */
static void justify(const struct pbft *p, struct message *message, const struct change_slot *top)
{
    if (top != NULL) {
        quote_change(message, top);
        message->has_certificate = true;
        message->certificate = top->certificate;
    }
    for (uint32_t i = 0; i < p->present.count && message->change_count < p->present.quorum; i++) {
        const struct change_slot *slot = &p->log.changes[i];
        if (slot != top && is_current(p, slot) && !is_above(slot, top)) {
            quote_change(message, slot);
        }
    }
}

static bool propose_block(struct pbft *p, struct stored_block *stored,
                          const struct change_slot *top)
{
    struct vote vote;
    if (!pbft_sign(p, &vote, VOTE_PROPOSE, &stored->digest)) {
        return false;
    }
    struct message *message = memory_new(sizeof(*message));
    message->vote = vote;
    message->block = stored->block;
    message->has_block = true;
    if (p->round > 0) {
        justify(p, message, top);
    }
    buffer_clear(&p->own_proposal);
    message_encode(&p->own_proposal, message);
    p->proposed = true;
    p->log.proposal = (struct proposal){
        .present = true, .justified = message->has_certificate, .vote = message->vote};
    free(message);
    pbft_trace(p, "propose", &stored->digest);
    action_broadcast(p, buffer_bytes(&p->own_proposal));
    return true;
}

static bool build(struct pbft *p, bool required)
{
    if (p->building || p->executed != p->decided) {
        return false;
    }
    p->building = true;
    p->work_again = false;
    record_permit(p);
    pbft_trace(p, "build", NULL);
    action_build(p, required);
    return true;
}

static bool propose_again(struct pbft *p, const struct change_slot *top)
{
    p->building = false;
    record_permit(p);
    return propose_block(p, slot_find(p, &top->prepared.digest), top);
}

bool propose_advance(struct pbft *p)
{
    /* SPEC 3.6: After a restart a replica sends neither PROPOSE nor PREPARE in a round for which it
     * finds a permit, for it may have sent one before. */
    if (!leads(p) || p->proposed || p->log.proposal.present || p->spent) {
        return false;
    }
    if (p->round == 0) {
        return p->work && build(p, false);
    }
    if (log_change_count(&p->log, p->present.count, p->round) < p->present.quorum) {
        return false;
    }
    const struct change_slot *top;
    if (!choose_top(p, &top)) {
        fetch_top(p);
        return false;
    }
    return top != NULL ? propose_again(p, top) : build(p, true);
}

static void make_header(const struct pbft *p, const struct pbft_built *built,
                        struct block_header *header)
{
    *header = (struct block_header){
        .version = BLOCK_VERSION,
        .chain_id = p->config.rules.chain_id,
        .height = pbft_height(p),
        .time_ms = p->clock_ms > p->decided_time_ms ? p->clock_ms : p->decided_time_ms + 1,
        .proposer = p->present.self,
        .parent = p->decided_digest,
        .tx_root = built->tx_root,
        .state_root = p->state_root,
        .receipts_root = p->receipts_root,
        .validators_hash = p->present.set->hash,
        .next_validators_hash = p->coming.set->hash};
}

enum pbft_status propose_built(struct pbft *p, const struct pbft_built *built)
{
    if (!p->building || built->height != pbft_height(p) || built->round != p->round) {
        return PBFT_UNWANTED;
    }
    if (built->nothing) {
        if (p->round > 0) {
            return PBFT_REFUSED;
        }
        p->building = false;
        p->work = p->work_again;
        return PBFT_OK;
    }
    /* Meanwhile some may have changed to a higher round, and their newest word is all that is kept. */
    if (p->round > 0 && count_up_to(p, NULL) < p->present.quorum) {
        p->building = false;
        return PBFT_STALE;
    }
    assert(built->body.size <= BLOCK_BODY_SIZE_MAX);
    struct block block = {.body = built->body};
    make_header(p, built, &block.header);
    if (p->decided > 0) {
        block.has_last_commit = true;
        block.last_commit = p->last_commit;
        certificate_hash(&block.header.last_commit_hash, &block.last_commit);
    }
    electorate_demote(p, &block.demotions, block.has_last_commit ? &block.last_commit : NULL);
    demotions_hash(&block.header.demotions_hash, &block.demotions);
    struct hash digest;
    block_digest(&digest, &block.header);
    struct stored_block *stored = slot_store(p, SLOT_PROPOSAL, &digest, &block);
    stored->verdict = VERDICT_VALID;
    p->building = false;
    (void)propose_block(p, stored, NULL); /* Without a signature another block is built later. */
    return PBFT_OK;
}

/* SPEC 3.4: A new block must follow the last decided one, be later than it, and its time may differ
 * from the replica's clock by no more than the drift allowed, and on the past side by the time its
 * round may take besides. A block that was prepared before is not measured against the clock again. */
enum pbft_status propose_check(const struct pbft *p, const struct proposal *proposal,
                               const struct block *block)
{
    const struct block_header *header = &block->header;
    if (!hash_equal(&header->parent, &p->decided_digest) || header->time_ms <= p->decided_time_ms) {
        return PBFT_REFUSED;
    }
    if (proposal->justified) {
        return PBFT_OK;
    }
    uint64_t drift = p->config.time_drift_ms;
    uint64_t past = drift + round_timeout_ms(p, proposal->vote.round);
    bool early = header->time_ms > p->clock_ms && header->time_ms - p->clock_ms > drift &&
                 header->time_ms != p->decided_time_ms + 1;
    bool late = header->time_ms < p->clock_ms && p->clock_ms - header->time_ms > past;
    return early || late ? PBFT_REFUSED : PBFT_OK;
}

void propose_accept(struct pbft *p, const struct proposal *proposal, struct stored_block *stored)
{
    if (proposal->vote.round > p->round) {
        round_change_enter(p, proposal->vote.round);
    }
    if (stored != &p->blocks[SLOT_PREPARED]) {
        slot_move(p, stored, SLOT_PROPOSAL);
    }
    p->log.proposal = *proposal;
    pbft_trace(p, "proposal", &proposal->vote.digest);
}

static enum pbft_status compare(struct pbft *p, const struct proposal *known,
                                const struct vote *vote)
{
    if (!known->present || vote->round > known->vote.round) {
        return PBFT_OK;
    }
    if (vote->round < known->vote.round || hash_equal(&vote->digest, &known->vote.digest)) {
        return PBFT_STALE;
    }
    action_evidence(p, &known->vote, vote);
    return PBFT_CONFLICT;
}

/* A proposal of the next height also tells how this one ended. */
static void wait_for_height(struct pbft *p, const struct message *message,
                            const struct proposal *proposal)
{
    p->next.proposal = *proposal;
    (void)slot_store(p, SLOT_NEXT, &message->vote.digest, &message->block);
}

enum pbft_status propose_receive(struct pbft *p, const struct message *message)
{
    const struct vote *vote = &message->vote;
    bool now = vote->height == pbft_height(p);
    struct height_log *log = now ? &p->log : &p->next;
    struct proposal proposal = {
        .present = true, .justified = message->prepared.present, .vote = *vote};
    if (now && vote->round < p->round) {
        return PBFT_STALE;
    }
    enum pbft_status status = compare(p, &log->proposal, vote);
    if (status != PBFT_OK) {
        return status;
    }
    if (!now) {
        wait_for_height(p, message, &proposal);
        return PBFT_OK;
    }
    status = propose_check(p, &proposal, &message->block);
    if (status != PBFT_OK) {
        pbft_trace(p, "refuse proposal", &vote->digest);
        return status;
    }
    struct stored_block *stored = slot_find(p, &vote->digest);
    if (stored == NULL) {
        stored = slot_store(p, SLOT_PROPOSAL, &vote->digest, &message->block);
    }
    propose_accept(p, &proposal, stored);
    return PBFT_OK;
}
