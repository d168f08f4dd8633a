#include "node/stall.h"

#include <inttypes.h>

#include "node/consensus_glue.h"
#include "node/log.h"
#include "node/node_state.h"
#include "node/peers.h"

static const char *const step_texts[] = {"execute", "round_change", "propose", "prepare", "commit"};

const char *stall_step_text(enum stall_step step)
{
    return (size_t)step < ARRAY_COUNT(step_texts) ? step_texts[step] : "unknown";
}

static uint32_t count_said(const struct pbft_summary *summary, uint32_t validator_count,
                           enum pbft_said bit)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < validator_count; i++) {
        count += (summary->said[i] & bit) != 0 ? 1 : 0;
    }
    return count;
}

enum stall_step stall_step_of(const struct pbft_summary *summary, uint32_t validator_count)
{
    uint32_t quorum = validators_quorum(validator_count);
    if (summary->executed < summary->decided) {
        return STALL_EXECUTE;
    }
    if (summary->round > 0 && !summary->has_proposal &&
        count_said(summary, validator_count, PBFT_SAID_CHANGE) < quorum) {
        return STALL_ROUND_CHANGE;
    }
    if (!summary->has_proposal) {
        return STALL_PROPOSE;
    }
    return summary->prepares < quorum ? STALL_PREPARE : STALL_COMMIT;
}

/* Who votes to a leader that collects learns of other votes by that leader alone. */
static bool waits_for_collector(const struct pbft_summary *summary, enum stall_step step)
{
    return summary->collected && summary->self != summary->leader &&
           (step == STALL_PREPARE || step == STALL_COMMIT);
}

bool stall_missing(const struct pbft_summary *summary, enum stall_step step, uint32_t validator)
{
    if (waits_for_collector(summary, step)) {
        return validator == summary->leader;
    }
    switch (step) {
    case STALL_EXECUTE:
        return false;
    case STALL_ROUND_CHANGE:
        return (summary->said[validator] & PBFT_SAID_CHANGE) == 0;
    case STALL_PROPOSE:
        return validator == summary->leader;
    case STALL_PREPARE:
        return (summary->said[validator] & PBFT_SAID_PREPARE) == 0;
    case STALL_COMMIT:
        return (summary->said[validator] & PBFT_SAID_COMMIT) == 0;
    case STALL_STEP_COUNT:
        break;
    }
    return false;
}

enum stall_event stall_tick(struct stall *stall, uint64_t now_ms, bool work, uint64_t decided)
{
    if (decided != stall->decided || !work) {
        bool over = decided != stall->decided && stall->told_ms > 0;
        *stall = (struct stall){.decided = decided, .since_ms = now_ms};
        return over ? STALL_OVER : STALL_NOTHING;
    }
    if (now_ms - stall->since_ms < STALL_AFTER_MS ||
        (stall->told_ms > 0 && now_ms - stall->told_ms < STALL_AGAIN_MS)) {
        return STALL_NOTHING;
    }
    stall->told_ms = now_ms;
    return STALL_TELL;
}

static uint32_t count_connected(const enum stall_link *links, uint32_t validator_count)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < validator_count; i++) {
        count += links[i] == STALL_CONNECTED ? 1 : 0;
    }
    return count;
}

void stall_name_missing(struct buffer *out, const struct pbft_summary *summary,
                        enum stall_step step, const struct validators *validators,
                        const enum stall_link *links)
{
    static const char *const texts[] = {" (offline)", " (silent)", " (observing)"};
    bool few = count_connected(links, validators->count) < validators_quorum(validators->count);
    bool first = true;
    for (uint32_t i = 0; i < validators->count; i++) {
        if (stall_missing(summary, step, i) || (few && links[i] != STALL_CONNECTED)) {
            buffer_append(out, bytes_of_text(first ? "" : ", "));
            buffer_append(out, validators->list[i].name);
            buffer_append(out, bytes_of_text(texts[links[i]]));
            first = false;
        }
    }
}

static enum stall_link link_to(const struct node *node, uint32_t validator)
{
    if (validator == peers_self(node)) {
        return validator == node->self ? STALL_CONNECTED : STALL_OBSERVING;
    }
    return node->peer_up[node->validator_peer[validator]] ? STALL_CONNECTED : STALL_OFFLINE;
}

static void tell(const struct node *node, const struct pbft_summary *summary, uint64_t stood_ms)
{
    const struct validators *validators = &node->validators->validators;
    enum stall_link links[VALIDATORS_MAX];
    char quoted[1024];
    struct buffer names = {0};
    enum stall_step step = stall_step_of(summary, validators->count);
    for (uint32_t i = 0; i < validators->count; i++) {
        links[i] = link_to(node, i);
    }
    stall_name_missing(&names, summary, step, validators, links);
    log_write(LOG_LEVEL_WARN, "stalled",
              "height=%" PRIu64 " round=%" PRIu32 " waits_for=%s quorum=%" PRIu32
              " connected=%" PRIu32 " voting=%d stood_ms=%" PRIu64 " missing=%s",
              summary->height, summary->round, stall_step_text(step),
              validators_quorum(validators->count), node_connected_validators(node),
              node->self == VALIDATORS_NONE ? 0 : 1, stood_ms,
              log_quote(quoted, sizeof(quoted), buffer_text(&names)));
    buffer_close(&names);
}

void stall_watch(struct node *node)
{
    struct pbft_summary summary;
    uint64_t now_ms = node_now_ms();
    uint64_t since_ms = node->stall.since_ms;
    glue_summarize(node->glue, &summary);
    switch (stall_tick(&node->stall, now_ms, glue_has_work(node->glue), summary.decided)) {
    case STALL_TELL:
        tell(node, &summary, now_ms - since_ms);
        break;
    case STALL_OVER:
        log_write(LOG_LEVEL_INFO, "moving_again", "height=%" PRIu64 " stood_ms=%" PRIu64,
                  summary.decided, now_ms - since_ms);
        break;
    case STALL_NOTHING:
        break;
    }
}
