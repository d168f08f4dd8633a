#include "node/consensus_state.h"

#include "base/memory.h"
#include "node/blob_driver.h"
#include "node/frames.h"

#include <stdlib.h>

/* STATUS, GET_BODY and ASK of one validator in a second. */
#define ASKS_MAX 50

/* Each may cost a body. So one is looked at only while fewer bytes than OWED_MAX that this validator was sent alone are
 * not made up for by time: then it gets two of the largest bodies in a second, after the first eight. Whoever is honest
 * asks once in an interval, by STATUS and by GET_BODY. */
#define OWED_MAX        (8 * (uint64_t)BLOCK_BODY_SIZE_MAX)
#define OWED_PER_SECOND (2 * (uint64_t)BLOCK_BODY_SIZE_MAX)

/* Votes of one validator in a second for rounds that are still to come here: time-outs are far between. */
#define AHEAD_MAX 50

#define JOBS_MAX 6 /* messages of one validator under verification: a round needs five at most */

/* A thread and back costs some 0.1 ms, and far more where others want the core. What is cheaper than
 * that is done here. */
#define INLINE_SIGNATURES_MAX 16     /* in the certificate of a proposal */
#define INLINE_PROPOSAL_MAX   16384u /* bytes */
#define INLINE_BODY_MAX       8192u  /* bytes; some 40 transactions, most of them verified before */

/* Messages: verified here where that costs one signature, on a worker where it costs a block. */

struct message_job {
    uv_work_t work;
    struct glue *glue;
    struct glue_rules rules;
    uint32_t peer;
    bool rebuilt; /* out of its short form: what is wrong may be our pool's */
    struct buffer wire;
    struct message *message;
    char error[160];
};

/* No honest validator sends what does not verify: who does is sent away, before it costs more. */
void glue_refuse(struct glue *glue, uint32_t peer, const char *error)
{
    char quoted[200];
    glue->node->metrics.messages_refused++;
    log_write(LOG_LEVEL_WARN, "message_refused", "peer=%s text=%s", glue->node->peers[peer].label,
              log_quote(quoted, sizeof(quoted), error));
    network_drop(glue->node->network, peer);
}

static void feed_message(struct glue *glue, const struct message *message)
{
    struct pbft_event event = {.type = PBFT_EVENT_MESSAGE, .u.message = message};
    if (message->vote.type == VOTE_PROPOSE) {
        glue_note_proposal(glue, message);
    }
    glue_feed(glue, &event);
}

/* The message of a peer does not verify. */
static void refuse_wrong(struct glue *glue, uint32_t peer, bool rebuilt, struct bytes wire,
                         const char *error)
{
    struct vote vote;
    if (rebuilt && message_peek(&vote, wire)) {
        glue_rebuilt_wrong(glue, vote.height);
    } else {
        glue_refuse(glue, peer, error);
    }
}

static void run_message_job(uv_work_t *work)
{
    struct message_job *job = work->data;
    if (!message_verify(&job->message, &job->rules.rules, buffer_bytes(&job->wire), job->error,
                        sizeof(job->error))) {
        job->message = NULL;
    }
}

static void after_message_job(uv_work_t *work, int status)
{
    struct message_job *job = work->data;
    job->glue->jobs[job->peer]--;
    if (status == 0 && !job->glue->stopped) {
        if (job->message == NULL) {
            refuse_wrong(job->glue, job->peer, job->rebuilt, buffer_bytes(&job->wire), job->error);
        } else {
            feed_message(job->glue, job->message);
        }
    }
    message_free(job->message);
    glue_rules_close(&job->rules);
    buffer_close(&job->wire);
    free(job);
}

static void queue_message(struct glue *glue, uint32_t peer, uint64_t height, bool rebuilt,
                          struct bytes wire)
{
    if (glue->jobs[peer] >= JOBS_MAX) {
        glue->node->metrics.messages_ignored++;
        return; /* the sender will repeat what matters */
    }
    struct message_job *job = memory_new(sizeof(*job));
    job->glue = glue;
    job->peer = peer;
    job->rebuilt = rebuilt;
    bool known = glue_rules_at(glue, height, &job->rules);
    assert(known && "the core wants no message of a height that it does not know");
    job->work.data = job;
    buffer_append(&job->wire, wire);
    glue->jobs[peer]++;
    int status = uv_queue_work(&glue->node->loop, &job->work, run_message_job, after_message_job);
    assert(status == 0);
}

/* A replica takes messages of its height, and of the next where it knows who votes there. */
static uint64_t height_taken(const struct glue *glue)
{
    uint64_t next = glue->decided + 2;
    return pbft_validators(glue->pbft, next) != NULL ? next : next - 1;
}

/* Further ahead than the core takes, but likely to be wanted in a moment. */
static bool is_early(const struct glue *glue, const struct vote *vote)
{
    uint64_t taken = height_taken(glue);
    bool timely = vote->type == VOTE_PROPOSE || vote->type == VOTE_PREPARE ||
                  vote->type == VOTE_COMMIT || vote->type == VOTE_ROUND_CHANGE ||
                  vote->type == VOTE_PREPARED || vote->type == VOTE_COMMITTED;
    return timely && vote->height > taken && vote->height - taken <= HELD_DISTANCE_MAX;
}

void glue_take_held(uv_timer_t *timer)
{
    struct glue *glue = timer->data;
    struct held_message *message;
    while (!glue->stopped && (message = held_take(&glue->held, height_taken(glue))) != NULL) {
        if (message->type == FRAME_SHORT) {
            glue_receive_short(glue, message->peer, message->type, buffer_bytes(&message->wire));
        } else {
            glue_receive(glue, message->peer, buffer_bytes(&message->wire));
        }
        held_free(message);
    }
}

/* What costs one signature is verified here. */
static void take_message(struct glue *glue, uint32_t peer, uint64_t height, bool rebuilt,
                         struct bytes wire)
{
    char error[160];
    struct message *message = NULL;
    struct glue_rules rules;
    bool known = glue_rules_at(glue, height, &rules);
    assert(known && "the core wants no message of a height that it does not know");
    rules.rules.known = pbft_last_commit(glue->pbft);
    if (message_verify(&message, &rules.rules, wire, error, sizeof(error))) {
        feed_message(glue, message);
        message_free(message);
    } else {
        refuse_wrong(glue, peer, rebuilt, wire, error);
    }
    glue_rules_close(&rules);
}

enum claim { CLAIM_GOOD, CLAIM_UNKNOWN, CLAIM_FALSE };

/* Is the sender the validator whose node this connection is with? Of a STATUS its key says who it is,
 * and who is not in the present set means nothing by it. */
static enum claim check_sender(const struct glue *glue, uint32_t peer, const struct vote *vote,
                               struct bytes wire)
{
    const struct validator_set *set =
        pbft_validators(glue->pbft, pbft_rules_height(glue->pbft, vote));
    uint32_t sender = vote->sender;
    struct public_key key;
    if (set == NULL) {
        return CLAIM_UNKNOWN;
    }
    if (vote->type == VOTE_STATUS) {
        if (!message_peek_key(&key, wire)) {
            return CLAIM_FALSE;
        }
        sender = validators_find(&set->validators, &key);
        if (sender == VALIDATORS_NONE) {
            return CLAIM_UNKNOWN;
        }
    }
    return sender < set->validators.count &&
                   bytes_equal(BYTES_OF(set->validators.list[sender].node_key),
                               BYTES_OF(glue->node->peers[peer].key))
               ? CLAIM_GOOD
               : CLAIM_FALSE;
}

void glue_owe(struct glue *glue, uint32_t peer, size_t size)
{
    debt_add(&glue->owed[peer], node_now_ms(), OWED_PER_SECOND, size);
}

bool glue_may_ask(struct glue *glue, uint32_t peer)
{
    return debt_left(&glue->owed[peer], node_now_ms(), OWED_PER_SECOND) < OWED_MAX &&
           budget_take(&glue->asks[peer], node_now_ms(), ASKS_MAX);
}

/* What may come so often only, as each costs something anew. */
static bool within_budget(struct glue *glue, uint32_t peer, const struct vote *vote)
{
    if (vote->type == VOTE_STATUS || vote->type == VOTE_GET_BODY) {
        return glue_may_ask(glue, peer);
    }
    return !pbft_ahead(glue->pbft, vote) ||
           budget_take(&glue->ahead[peer], node_now_ms(), AHEAD_MAX);
}

enum glue_wish glue_wish(struct glue *glue, uint32_t peer, const struct vote *vote,
                         struct bytes wire)
{
    enum claim claim = check_sender(glue, peer, vote, wire);
    if (claim == CLAIM_FALSE) {
        glue_refuse(glue, peer, "sender: not the validator of this connection");
        return GLUE_UNWANTED;
    }
    if (!outbox_full(&glue->outbox) && is_early(glue, vote)) {
        return GLUE_EARLY;
    }
    if (outbox_full(&glue->outbox) || !within_budget(glue, peer, vote)) {
        glue->node->metrics.messages_ignored++;
        return GLUE_UNWANTED;
    }
    if (vote->height <= glue->decided && claim != CLAIM_UNKNOWN) {
        glue->node->metrics.late_votes[vote->type]++;
    }
    return claim == CLAIM_UNKNOWN || !pbft_wants(glue->pbft, vote) ? GLUE_UNWANTED : GLUE_WANTED;
}

bool glue_leads(const struct glue *glue, const struct vote *vote)
{
    struct block_rules rules;
    return pbft_rules(glue->pbft, vote->height, &rules) &&
           vote->sender ==
               validators_leader(rules.validators, rules.demoted, vote->height, vote->round);
}

static void receive(struct glue *glue, uint32_t peer, bool rebuilt, struct bytes wire)
{
    struct vote vote;
    if (!message_peek(&vote, wire)) {
        glue_refuse(glue, peer, "too short for a message");
        return;
    }
    enum glue_wish wish = glue_wish(glue, peer, &vote, wire);
    if (wish == GLUE_EARLY) {
        held_add(&glue->held, peer, FRAME_CONSENSUS, vote.height, wire);
    }
    if (wish != GLUE_WANTED) {
        return;
    }
    bool of_leader =
        vote.type == VOTE_PROPOSE || vote.type == VOTE_PREPARED || vote.type == VOTE_COMMITTED;
    if (of_leader && !glue_leads(glue, &vote)) { /* before it costs a copy or a signature */
        glue_refuse(glue, peer, "sender: does not lead this round");
        return;
    }
    uint64_t height = pbft_rules_height(glue->pbft, &vote);
    bool small = vote.type == VOTE_PROPOSE && vote.round == 0 && wire.size <= INLINE_PROPOSAL_MAX &&
                 glue->node->validators->validators.count <= INLINE_SIGNATURES_MAX;
    bool large = vote.type == VOTE_PROPOSE || vote.type == VOTE_BODY ||
                 vote.type == VOTE_ROUND_CHANGE || vote.type == VOTE_PREPARED ||
                 vote.type == VOTE_COMMITTED;
    if (large && !small) {
        queue_message(glue, peer, height, rebuilt, wire);
        return;
    }
    take_message(glue, peer, height, rebuilt, wire);
}

void glue_receive(struct glue *glue, uint32_t peer, struct bytes wire)
{
    if (!glue->stopped) {
        receive(glue, peer, false, wire);
    }
}

void glue_receive_rebuilt(struct glue *glue, uint32_t peer, struct bytes wire)
{
    receive(glue, peer, true, wire);
}

/* CHECK: may this body be executed? */

struct check_job {
    uv_work_t work;
    struct check_job *next; /* of those that wait for a blob */
    struct glue *glue;
    struct hash digest;
    struct parameters parameters; /* of the block's height */
    struct buffer body;
    bool valid;
    char error[160];
};

static void check(struct check_job *job)
{
    const struct node *node = job->glue->node;
    struct hash root;
    const struct ledger_body_rules rules = {.parameters = &job->parameters,
                                            .chain_id = &node->genesis->chain_id,
                                            .verified = verified_set_has,
                                            .context = node->verified,
                                            .remember = verified_set_add};
    job->valid =
        ledger_check_body(buffer_bytes(&job->body), &rules, &root, job->error, sizeof(job->error));
}

static void run_check_job(uv_work_t *work)
{
    check(work->data);
}

static void free_check(struct check_job *job)
{
    buffer_close(&job->body);
    free(job);
}

/* Those whose answer is of no use any more, or is that of `job` (NULL: of none). */
static void forget_waiting(struct glue *glue, const struct check_job *job)
{
    struct check_job **at = &glue->waiting;
    while (*at != NULL) {
        struct check_job *old = *at;
        bool same = job != NULL && hash_equal(&old->digest, &job->digest);
        if (!glue->stopped && !same && pbft_checks(glue->pbft, &old->digest)) {
            at = &old->next;
        } else {
            *at = old->next;
            free_check(old);
        }
    }
}

void glue_forget_waiting(struct glue *glue)
{
    forget_waiting(glue, NULL);
}

/* A vote says that this body can be executed: also here, so its blobs must be here. The core may have
 * moved on when they are; then nobody needs the answer. Each that waits is a block that the core holds, so they are
 * few, and none pushes out another. */
static void wait_for_blobs(struct check_job *job)
{
    struct glue *glue = job->glue;
    forget_waiting(glue, job);
    job->next = glue->waiting;
    glue->waiting = job;
}

static void finish_check(struct check_job *job, bool wanted)
{
    struct glue *glue = job->glue;
    bool waits = wanted && job->valid && pbft_checks(glue->pbft, &job->digest);
    if (waits && !blob_driver_holds(glue->node->blob_driver, buffer_bytes(&job->body))) {
        wait_for_blobs(job);
        return;
    }
    if (wanted) {
        if (!job->valid) {
            char quoted[200];
            log_write(LOG_LEVEL_WARN, "body_refused", "text=%s",
                      log_quote(quoted, sizeof(quoted), job->error));
        }
        struct pbft_event event = {.type = PBFT_EVENT_CHECKED};
        event.u.checked.digest = job->digest;
        event.u.checked.valid = job->valid;
        glue_feed(glue, &event);
    }
    free_check(job);
}

void glue_answer_waiting(struct glue *glue)
{
    struct check_job *list = glue->waiting;
    glue->waiting = NULL;
    while (list != NULL) { /* those that still lack one come back */
        struct check_job *job = list;
        list = job->next;
        finish_check(job, !glue->stopped);
    }
}

static void after_check_job(uv_work_t *work, int status)
{
    struct check_job *job = work->data;
    finish_check(job, status == 0 && !job->glue->stopped);
}

/* The actions of a step are performed while the core's answer to CHECK would begin the next one. */
void glue_answer_check(struct glue *glue)
{
    struct check_job *job = glue->checked;
    glue->checked = NULL;
    if (job != NULL) {
        finish_check(job, !glue->stopped);
    }
}

void glue_queue_check(struct glue *glue, const struct pbft_action *action)
{
    struct check_job *job = memory_new(sizeof(*job));
    job->glue = glue;
    job->work.data = job;
    job->digest = action->digest;
    job->parameters = *node_parameters(glue->node, action->block->header.height);
    buffer_append(&job->body, action->block->body);
    if (glue->checked == NULL && job->body.size <= INLINE_BODY_MAX) {
        check(job);
        glue->checked = job;
        return;
    }
    int status = uv_queue_work(&glue->node->loop, &job->work, run_check_job, after_check_job);
    assert(status == 0);
}
