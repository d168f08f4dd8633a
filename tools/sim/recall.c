/* The question behind every write that must come before a send: if the power failed at this very
 * moment, would the next life of the host still stand by what it is saying now? */
#include <stdlib.h>

#include "base/memory.h"
#include "tools/sim/sim_state.h"

/* NULL where no block has settled it. */
static const struct validators *set_of(const struct sim *sim, uint64_t height)
{
    const struct sim_set *found = membership_at(&sim->membership, height);
    return found == NULL ? NULL : &found->set->validators;
}

/* A core that starts from the durable part of the log, and what it says first. */
static struct pbft *next_life(const struct sim *sim, const struct host *host,
                              struct pbft_actions *actions)
{
    struct pbft_config config = {.rules = sim->rules,
                                 .signer = &host->signer.with_key,
                                 .round_timeout_ms = sim->options.round_timeout_ms,
                                 .status_interval_ms = 500,
                                 .time_drift_ms = 500};
    const struct disk_block *head = host->height > 0 ? &host->chain[host->height - 1] : NULL;
    struct bytes *records = memory_new((host->record_count + 1) * sizeof(*records));
    struct demotions demotions;
    host_demotions(host, &demotions);
    struct pbft_event event = {
        .type = PBFT_EVENT_START,
        .u.start = {.height = host->height,
                    .digest = head == NULL ? sim->rules.chain_id : head->digest,
                    .certificate = head == NULL ? NULL : &head->certificate,
                    .executed_height = host->height,
                    .last_validators = set_of(sim, host->height),
                    .validators = set_of(sim, host->height + 1),
                    .next_validators = set_of(sim, host->height + 2),
                    .demotions = &demotions,
                    .records = records}};
    size_t count = 0;
    while (count < host->record_count && host->records[count].sequence <= host->durable) {
        records[count] = buffer_bytes(&host->records[count].bytes);
        count++;
    }
    event.u.start.record_count = count;
    struct pbft *pbft = pbft_new(&config);
    enum pbft_status status = pbft_step(pbft, actions, &event);
    (void)status;
    free(records);
    return pbft;
}

/* Does it stand by a vote: say it again, or speak of a later round? */
static bool repeats(const struct pbft_actions *actions, const struct vote *said, struct bytes wire)
{
    struct vote vote;
    for (size_t i = 0; i < actions->count; i++) {
        const struct pbft_action *action = &actions->list[i];
        if (action->type == PBFT_ACTION_BROADCAST && message_peek(&vote, action->bytes) &&
            (bytes_equal(action->bytes, wire) || vote.round > said->round)) {
            return true;
        }
    }
    return false;
}

static bool tempted(struct pbft *pbft, struct pbft_actions *actions, struct pbft_event *event,
                    const struct vote *said)
{
    enum pbft_status status = pbft_step(pbft, actions, event);
    bool voted = status == PBFT_OK && event->type == PBFT_EVENT_BUILT;
    for (size_t i = 0; i < actions->count; i++) {
        const struct pbft_action *action = &actions->list[i];
        struct vote vote;
        voted = voted || (action->type == PBFT_ACTION_BUILD && action->round == said->round) ||
                ((action->type == PBFT_ACTION_BROADCAST || action->type == PBFT_ACTION_SEND) &&
                 message_peek(&vote, action->bytes) && vote.type == said->type &&
                 vote.round == said->round);
    }
    return voted;
}

/* Would it vote for another block in the same round? The temptation is all that could lead to it: a
 * quorum in the round, work, and a rival proposal that the application accepts. */
static bool votes_anew(const struct sim *sim, const struct host *host, struct pbft *pbft,
                       struct pbft_actions *actions, const struct vote *said)
{
    const struct disk_block *head = host->height > 0 ? &host->chain[host->height - 1] : NULL;
    struct pbft_event event = {.type = PBFT_EVENT_MESSAGE};
    struct message *message = memory_new(sizeof(*message));
    bool voted = false;
    event.u.message = message;
    const struct validators *set = &pbft_validators(pbft, said->height)->validators;
    for (uint32_t i = 0; i < set->count && said->round > 0; i++) {
        message->vote = (struct vote){
            .type = VOTE_ROUND_CHANGE, .sender = i, .height = said->height, .round = said->round};
        voted = tempted(pbft, actions, &event, said) || voted;
    }
    struct block *rival = &message->block;
    rival->header.height = said->height;
    rival->header.parent = head == NULL ? sim->rules.chain_id : head->digest;
    rival->header.time_ms = 1;
    rival->header.next_validators_hash = pbft_validators(pbft, said->height + 1)->hash;
    rival->demotions = *pbft_demotions(pbft);
    demotions_hash(&rival->header.demotions_hash, &rival->demotions);
    message->vote.type = VOTE_PROPOSE;
    message->vote.round = said->round;
    message->vote.height = said->height;
    message->vote.sender = membership_leader(&sim->membership, said->height, said->round);
    message->has_block = true;
    block_digest(&message->vote.digest, &rival->header);
    if (message->vote.sender != said->sender) {
        voted = tempted(pbft, actions, &event, said) || voted;
        event.type = PBFT_EVENT_CHECKED;
        event.u.checked = (struct pbft_checked){message->vote.digest, true};
        voted = tempted(pbft, actions, &event, said) || voted;
    }
    event.type = PBFT_EVENT_WORK;
    event.u.work = true;
    voted = tempted(pbft, actions, &event, said) || voted;
    free(message);
    return voted;
}

void recall_check(struct sim *sim, const struct host *host, struct bytes wire)
{
    struct vote said;
    struct pbft_actions actions = {0};
    if (!message_peek(&said, wire) || said.height != host->height + 1) {
        return;
    }
    sim_met(sim, SIM_RECALLED);
    struct pbft *pbft = next_life(sim, host, &actions);
    bool once = said.type == VOTE_PROPOSE || said.type == VOTE_PREPARE;
    bool stands = repeats(&actions, &said, wire);
    if (!stands && (!once || votes_anew(sim, host, pbft, &actions, &said))) {
        sim_fail(sim, "host %u: a restart would not know its %s of height %llu round %u",
                 host->index, vote_type_text((enum vote_type)said.type),
                 (unsigned long long)said.height, said.round);
    }
    pbft_free(pbft);
    pbft_actions_close(&actions);
}
