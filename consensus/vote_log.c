#include <stdlib.h>

#include "base/memory.h"
#include "consensus/pbft_state.h"

/* Room for the largest set; memory that no set has used yet stays untouched. */
void log_init(struct height_log *log)
{
    *log = (struct height_log){0};
    log->reported = memory_new(VALIDATORS_MAX * sizeof(*log->reported));
    log->prepares = memory_new(VALIDATORS_MAX * sizeof(*log->prepares));
    log->commits = memory_new(VALIDATORS_MAX * sizeof(*log->commits));
    log->changes = memory_new(VALIDATORS_MAX * sizeof(*log->changes));
    log->prepared = memory_new(sizeof(*log->prepared));
    log->committed = memory_new(sizeof(*log->committed));
}

void log_close(struct height_log *log)
{
    free(log->reported);
    free(log->prepares);
    free(log->commits);
    free(log->changes);
    free(log->prepared);
    free(log->committed);
}

void log_clear(struct height_log *log)
{
    for (uint32_t i = 0; i < log->count; i++) {
        log->reported[i] = false;
        log->prepares[i].present = false;
        log->commits[i].present = false;
        log->changes[i].present = false;
    }
    log->prepared->present = false;
    log->committed->present = false;
    log->proposal.present = false;
    log->count = 0;
}

enum log_result log_compare(const struct vote_slot *slot, const struct vote *vote)
{
    if (!slot->present || vote->round > slot->vote.round) {
        return LOG_NEW;
    }
    if (vote->round < slot->vote.round) {
        return LOG_OLD;
    }
    return hash_equal(&vote->digest, &slot->vote.digest) ? LOG_KNOWN : LOG_CONFLICT;
}

enum log_result log_add(struct vote_slot *slots, const struct vote *vote)
{
    struct vote_slot *slot = &slots[vote->sender];
    enum log_result result = log_compare(slot, vote);
    if (result == LOG_NEW) {
        slot->present = true;
        slot->vote = *vote;
    }
    return result;
}

static bool slot_like(const struct vote_slot *slot, const struct vote *like)
{
    return slot->present && slot->vote.round == like->round &&
           hash_equal(&slot->vote.digest, &like->digest);
}

uint32_t log_count(const struct vote_slot *slots, uint32_t count, const struct vote *like)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++) {
        found += slot_like(&slots[i], like) ? 1 : 0;
    }
    return found;
}

const struct vote *log_quorum(const struct vote_slot *slots, uint32_t count, uint32_t quorum,
                              const uint32_t *round)
{
    /* A quorum leaves out at most count - quorum senders, so one of the first that many and one is
     * in it. */
    for (uint32_t i = 0; i + quorum <= count; i++) {
        const struct vote *vote = &slots[i].vote;
        if (slots[i].present && (round == NULL || vote->round == *round) &&
            log_count(slots, count, vote) >= quorum) {
            return vote;
        }
    }
    return NULL;
}

void log_certify(struct certificate *out, const struct vote_slot *slots, uint32_t count,
                 const struct vote *like)
{
    certificate_init(out, like->height, like->round, &like->digest);
    for (uint32_t i = 0; i < count; i++) {
        if (slot_like(&slots[i], like)) {
            certificate_add(out, i, &slots[i].vote.signature);
        }
    }
}

uint32_t log_change_count(const struct height_log *log, uint32_t count, uint32_t round)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < count; i++) {
        found += log->changes[i].present && log->changes[i].vote.round == round ? 1 : 0;
    }
    return found;
}
