/* The question behind every write that must come before a send: if the power failed at this very
 * moment, would the next life of the host still stand by what it is saying now? */
#include <stdlib.h>

#include "base/memory.h"
#include "tools/sim/sim_state.h"

/* What a core says when it starts from the durable part of the log. */
static void next_life(const struct sim *sim, const struct host *host, struct pbft_actions *actions)
{
    struct pbft_config config = {.rules = sim->rules,
                                 .self = host->validator,
                                 .round_timeout_ms = sim->options.round_timeout_ms,
                                 .status_interval_ms = 500,
                                 .time_drift_ms = 500};
    const struct disk_block *head = host->height > 0 ? &host->chain[host->height - 1] : NULL;
    struct bytes *records = memory_new((host->record_count + 1) * sizeof(*records));
    struct pbft_event event = {
        .type = PBFT_EVENT_START,
        .u.start = {.height = host->height,
                    .digest = head == NULL ? sim->rules.chain_id : head->digest,
                    .certificate = head == NULL ? NULL : &head->certificate,
                    .executed_height = host->executed,
                    .records = records}};
    size_t count = 0;
    while (count < host->record_count && host->records[count].sequence <= host->durable) {
        records[count] = buffer_bytes(&host->records[count].bytes);
        count++;
    }
    event.u.start.record_count = count;
    sim_secret(host->validator, &config.key);
    struct pbft *pbft = pbft_new(&config);
    secret_key_close(&config.key);
    enum pbft_status status = pbft_step(pbft, actions, &event);
    (void)status;
    pbft_free(pbft);
    free(records);
}

void recall_check(struct sim *sim, const struct host *host, struct bytes wire)
{
    struct vote said;
    struct vote vote;
    struct pbft_actions actions = {0};
    bool repeated = false;
    bool later = false;
    if (!message_peek(&said, wire) || said.height != host->height + 1) {
        return;
    }
    sim_met(sim, SIM_RECALLED);
    next_life(sim, host, &actions);
    for (size_t i = 0; i < actions.count; i++) {
        const struct pbft_action *action = &actions.list[i];
        if (action->type == PBFT_ACTION_BROADCAST && message_peek(&vote, action->bytes)) {
            repeated = repeated || bytes_equal(action->bytes, wire);
            later = later || vote.round > said.round;
        }
    }
    if (!repeated && !later) {
        sim_fail(sim, "host %u: a restart would not know its %s of height %llu round %u",
                 host->index, vote_type_text((enum vote_type)said.type),
                 (unsigned long long)said.height, said.round);
    }
    pbft_actions_close(&actions);
}
