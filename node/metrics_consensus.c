/* The metrics of consensus: how rounds go, and what each validator contributes. */
#include "node/consensus_glue.h"
#include "node/node_state.h"
#include "node/statesync.h"
#include "node/sync_driver.h"

#include <inttypes.h>
#include <string.h>

void metrics_note_signers(struct metrics *metrics, const struct validators *set,
                          const struct certificate *certificate, uint64_t height)
{
    for (uint32_t i = 0; i < set->count; i++) {
        metrics->last_signed[i] =
            certificate_has(certificate, i) ? height : metrics->last_signed[i];
    }
}

void metrics_count_signers(struct metrics *metrics, const struct validators *set,
                           const struct certificate *certificate, uint64_t height)
{
    metrics_note_signers(metrics, set, certificate, height);
    for (uint32_t i = 0; i < set->count; i++) {
        metrics->missed[i] += certificate_has(certificate, i) ? 0 : 1;
    }
}

void metrics_count_evidence(struct metrics *metrics, const struct validators *set,
                            const struct public_key *key)
{
    uint32_t index = validators_find(set, key);
    metrics->evidence++;
    if (index != VALIDATORS_NONE) {
        metrics->byzantine[index] = true;
    }
}

void metrics_move_validators(struct metrics *metrics, const struct validators *from,
                             const struct validators *to)
{
    uint64_t missed[VALIDATORS_MAX] = {0};
    uint64_t last_signed[VALIDATORS_MAX] = {0};
    bool byzantine[VALIDATORS_MAX] = {false};
    for (uint32_t i = 0; i < to->count; i++) {
        uint32_t before = validators_find(from, &to->list[i].key);
        missed[i] = before == VALIDATORS_NONE ? 0 : metrics->missed[before];
        last_signed[i] = before == VALIDATORS_NONE ? 0 : metrics->last_signed[before];
        byzantine[i] = before != VALIDATORS_NONE && metrics->byzantine[before];
    }
    memcpy(metrics->missed, missed, sizeof(missed));
    memcpy(metrics->last_signed, last_signed, sizeof(last_signed));
    memcpy(metrics->byzantine, byzantine, sizeof(byzantine));
}

static void print_byzantine(const struct metrics *metrics, uint32_t count, struct buffer *out)
{
    uint64_t byzantine = 0;
    for (uint32_t i = 0; i < count; i++) {
        byzantine += metrics->byzantine[i] ? 1 : 0;
    }
    metrics_print_value(out, "consensus_byzantine_validators", "gauge",
                        "Validators that this process saw sign two values.", byzantine);
    metrics_print_value(out, "consensus_equivocations_total", "counter",
                        "Times that a validator signed two values.", metrics->evidence);
}

/* A summary for each step: its sum and count give the mean, and the rest would be many lines. */
static void print_steps(struct buffer *out, const struct histogram *steps)
{
    static const char *const names[METRICS_STEP_COUNT] = {"propose", "prepare", "commit", "execute",
                                                          "store"};
    static const char metric[] = "consensus_step_duration_seconds";
    metrics_print_head(out, metric, "summary", "What a block passes through on this node.");
    for (size_t i = 0; i < METRICS_STEP_COUNT; i++) {
        buffer_format(out, "%s_sum{step=\"%s\"} ", metric, names[i]);
        buffer_format(out, "%" PRIu64 ".%06" PRIu64, steps[i].sum_us / 1000000,
                      steps[i].sum_us % 1000000);
        buffer_format(out, "\n%s_count{step=\"%s\"} %" PRIu64 "\n", metric, names[i],
                      steps[i].count);
    }
}

static void print_view_changes(const struct metrics *metrics, struct buffer *out)
{
    static const char name[] = "consensus_view_changes_total";
    metrics_print_head(out, name, "counter", "Rounds given up here, by what they waited for.");
    for (unsigned i = 0; i < STALL_STEP_COUNT; i++) {
        buffer_format(out, "%s{reason=\"%s\"} %" PRIu64 "\n", name,
                      stall_step_text((enum stall_step)i), metrics->view_changes[i]);
    }
}

/* Proposals in short form (consensus/compact.h). */
static void print_shorts(const struct metrics *metrics, struct buffer *out)
{
    static const char name[] = "consensus_short_proposals_total";
    metrics_print_head(out, name, "counter",
                       "Proposals that came in short form, by what was lacking.");
    buffer_format(out, "%s{from=\"pool\"} %" PRIu64 "\n", name, metrics->shorts_pool);
    buffer_format(out, "%s{from=\"peers\"} %" PRIu64 "\n", name, metrics->shorts_fetched);
    buffer_format(out, "%s{from=\"whole\"} %" PRIu64 "\n", name, metrics->shorts_whole);
    metrics_print_value(out, "consensus_short_proposals_sent_total", "counter",
                        "Own proposals that left in short form.", metrics->shorts_sent);
    metrics_print_value(out, "consensus_short_items_fetched_total", "counter",
                        "Transactions of short proposals that a peer had to send.",
                        metrics->short_items_fetched);
}

static void print_late_votes(const struct metrics *metrics, struct buffer *out)
{
    static const enum vote_type types[] = {VOTE_PREPARE, VOTE_COMMIT, VOTE_ROUND_CHANGE};
    static const char *const labels[] = {"prepare", "commit", "round_change"};
    static const char name[] = "consensus_late_votes_total";
    metrics_print_head(out, name, "counter", "Votes for a height that was decided already.");
    for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
        buffer_format(out, "%s{type=\"%s\"} %" PRIu64 "\n", name, labels[i],
                      metrics->late_votes[types[i]]);
    }
}

static void print_of_validator(struct buffer *out, const char *name, struct bytes validator,
                               uint64_t value)
{
    buffer_format(out, "%s{validator=\"", name);
    metrics_print_label(out, validator);
    buffer_format(out, "\"} %" PRIu64 "\n", value);
}

static void print_validators(const struct node *node, struct buffer *out)
{
    static const char signed_height[] = "consensus_validator_last_signed_height";
    static const char missed[] = "consensus_validator_missed_blocks";
    const struct validators *set = &node->validators->validators;
    metrics_print_head(out, signed_height, "gauge",
                       "Last block whose certificate here has the validator's signature.");
    for (uint32_t i = 0; i < set->count; i++) {
        print_of_validator(out, signed_height, set->list[i].name, node->metrics.last_signed[i]);
    }
    metrics_print_head(out, missed, "counter",
                       "Blocks decided here whose certificate lacks the validator's signature.");
    for (uint32_t i = 0; i < set->count; i++) {
        print_of_validator(out, missed, set->list[i].name, node->metrics.missed[i]);
    }
}

static uint32_t count_demoted(const struct node *node)
{
    const struct validators *set = &node->validators->validators;
    uint8_t mask[VALIDATORS_MASK_SIZE];
    uint32_t demoted = 0;
    demotions_mask(mask, glue_demotions(node->glue), set, node->committed.height + 1);
    for (uint32_t i = 0; i < set->count; i++) {
        demoted += validators_masked(mask, i) ? 1 : 0;
    }
    return demoted;
}

void metrics_print_consensus(struct node *node, struct buffer *out)
{
    struct pbft_summary summary;
    uint32_t count = node->validators->validators.count;
    uint32_t jailed = 0;
    for (uint32_t i = 0; i < count; i++) {
        jailed += node->validators->validators.list[i].jailed ? 1 : 0;
    }
    const struct metrics *m = &node->metrics;
    glue_summarize(node->glue, &summary);
    metrics_print_value(out, "consensus_height", "gauge", "Last committed height.",
                        node->committed.height);
    metrics_print_value(out, "consensus_rounds", "gauge", "Round of the present height.",
                        summary.round);
    metrics_print_value(out, "consensus_voting", "gauge",
                        "1 where this node votes as one of the validators.",
                        node->self == VALIDATORS_NONE ? 0 : 1);
    metrics_print_value(out, "consensus_validators", "gauge", "Validators of the chain.", count);
    metrics_print_value(out, "consensus_jailed_validators", "gauge",
                        "Validators that keep their vote and do not lead.", jailed);
    metrics_print_value(out, "consensus_demoted_validators", "gauge",
                        "Validators that failed as leaders and do not lead for a while.",
                        count_demoted(node));
    metrics_print_value(out, "consensus_missing_validators", "gauge",
                        "Validators that are not connected.",
                        count - node_connected_validators(node));
    print_view_changes(m, out);
    print_byzantine(m, count, out);
    print_shorts(m, out);
    metrics_print_value(out, "consensus_messages_refused_total", "counter",
                        "Messages of consensus that do not verify.", m->messages_refused);
    metrics_print_value(out, "consensus_messages_ignored_total", "counter",
                        "Messages of consensus beyond what one validator may send at once.",
                        m->messages_ignored);
    metrics_print_value(out, "consensus_blocks_total", "counter", "Blocks committed here.",
                        m->blocks_committed);
    metrics_print_value(out, "blocksync_syncing", "gauge", "1 while catching up.",
                        sync_driver_active(node->sync) ? 1 : 0);
    metrics_print_value(out, "statesync_syncing", "gauge", "1 while a snapshot is fetched.",
                        statesync_active(node->statesync) ? 1 : 0);
    metrics_print_value(out, "blocksync_blocks_total", "counter", "Blocks obtained by catching up.",
                        m->blocks_synced);
    histogram_print(&m->block_interval, out, "consensus_block_interval_seconds",
                    "Time between two commits.");
    print_steps(out, m->steps);
    histogram_print(&m->block_processing, out, "state_block_processing_seconds",
                    "Execution of a block, ledger and trie.");
    histogram_print(&m->round_duration, out, "consensus_round_duration_seconds",
                    "From work to a decision, however many rounds.");
    metrics_print_head(out, "consensus_quorum_prepare_delay_seconds", "gauge",
                       "From our PREPARE of the last block to a quorum of them.");
    buffer_format(out, "consensus_quorum_prepare_delay_seconds %" PRIu64 ".%06" PRIu64 "\n",
                  m->prepare_quorum_us / 1000000, m->prepare_quorum_us % 1000000);
    print_late_votes(m, out);
    print_validators(node, out);
}
