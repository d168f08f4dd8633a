#include "node/signer.h"

#include "base/memory.h"
#include "node/consensus_glue.h"
#include "node/fault.h"
#include "node/home.h"
#include "node/node_state.h"
#include "node/signer_mark.h"
#include "node/sync_driver.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ERROR_MAX 512

struct signer {
    struct node *node;
    struct signer_mark mark; /* as it is on disk */
    bool signs;              /* as a validator that votes */
    bool observes;           /* a validator that must not vote yet */
    uint64_t safe_height;    /* that the chain must have decided before it may; 0: not known yet */
    uv_work_t work;
    bool writing;
    struct signer_mark next; /* being written */
    bool good;
    char error[ERROR_MAX];
    bool finishing; /* the log is closed, the last mark waits for the one being written */
    uint64_t last_record;
    /* Votes are missing in the log, and none is known to be above this height; 0: none is missing. */
    uint64_t lost_height;
};

/* Put a mark on disk that allows votes up to `height`. */
static bool store(struct signer *signer, uint64_t height, uint64_t sequence, char *error,
                  size_t error_size)
{
    struct signer_mark mark = {.height = height, .sequence = sequence};
    mark.chain_id = signer->node->genesis->chain_id;
    if (!signer_mark_identify(&mark, signer->node->home, error, error_size) ||
        !signer_mark_store(signer->node->home, &mark, error, error_size)) {
        return false;
    }
    signer->mark = mark;
    return true;
}

/* Nothing is known of what was signed below the height that the others are at, and a little above. */
static void observe(struct signer *signer, enum signer_trust trust)
{
    struct node *node = signer->node;
    signer->observes = true;
    signer->safe_height = trust == SIGNER_NO_MARK ? 0 : signer->mark.height;
    node->votes = false;
    node->self = VALIDATORS_NONE;
    log_write(LOG_LEVEL_WARN, "observing", "until_height=%" PRIu64 " text=\"%s\"",
              signer->safe_height, signer_trust_text(trust));
}

/* Whatever copy was made before this start lacks this record, and so is told apart from the log even where it is
 * put back into the same files. */
static uint64_t note_start(const struct node *node)
{
    uint64_t sequence =
        wal_append(node->wal, SIGNER_WAL_TYPE, node->committed.height, (struct bytes){0});
    wal_wait(node->wal, sequence);
    return sequence;
}

/* A home that has signed and lost its key would be an observer without a word. */
static void warn_without_key(const struct node *node)
{
    char path[HOME_PATH_MAX];
    char error[ERROR_MAX];
    if (home_path(path, node->home, HOME_SIGNER_MARK, error, sizeof(error)) &&
        access(path, F_OK) == 0) {
        log_write(LOG_LEVEL_WARN, "no_key",
                  "text=\"" HOME_SIGNER_MARK " is here and " KEYS_VALIDATOR
                  " is not: this node does not vote. Put the key back; where it was moved to "
                  "another home, move the mark there too\"");
    }
}

bool signer_open(struct signer **out, struct node *node, char *error, size_t error_size)
{
    struct signer *signer = memory_new(sizeof(*signer));
    bool found;
    enum signer_trust trust;
    *out = signer;
    signer->node = node;
    signer->work.data = signer;
    if (node->voter.remote != NULL) {
        signer->mark.height =
            UINT64_MAX; /* souk-signer has a memory of its own, and says no itself */
        return true;
    }
    if (!node->votes) {
        warn_without_key(node);
        return true;
    }
    uint64_t sequence = wal_appended(node->wal);
    uint64_t decided = node->committed.height;
    if (!signer_mark_load(&signer->mark, &found, node->home, error, error_size) ||
        !signer_mark_judge(&trust, found ? &signer->mark : NULL, &node->genesis->chain_id,
                           node->home, sequence, error, error_size)) {
        return false;
    }
    bool known = trust != SIGNER_TRUSTED && trust != SIGNER_NO_MARK;
    if (trust != SIGNER_TRUSTED && !(known && decided >= signer->mark.height)) {
        observe(signer, trust);
        return true;
    }
    signer->signs = true;
    bool same = hash_equal(&signer->mark.chain_id, &node->genesis->chain_id);
    uint64_t height = decided + SIGNER_MARK_STEP;
    height = same && signer->mark.height > height ? signer->mark.height : height;
    return store(signer, height, note_start(node), error, error_size);
}

void signer_free(struct signer *signer)
{
    free(signer);
}

uint64_t signer_height(const struct signer *signer)
{
    return signer->lost_height != 0 ? 0 : signer->mark.height;
}

bool signer_observing(const struct signer *signer)
{
    return signer->observes;
}

/* Votes that the log lacks. */

static void give_up_log(struct signer *signer)
{
    char error[ERROR_MAX];
    if (!store(signer, signer->lost_height, SIGNER_MARK_NEVER, error, sizeof(error))) {
        fault_stop(FAULT_DISK, "%s", error);
    }
    if (signer->observes) {
        signer->safe_height = signer->lost_height;
    } else if (!signer->node->closing) {
        signer->node->begin_anew = true;
        node_stop(signer->node);
    }
}

/* What others have decided bounds what this key has signed, but for the few heights that they may not have told. */
void signer_forgot(struct signer *signer, uint64_t height)
{
    bool mark_old = signer->observes && signer->safe_height != 0 && height > signer->safe_height;
    if (!signer->signs && !mark_old) {
        return;
    }
    uint64_t target = sync_driver_target(signer->node->sync);
    uint64_t lost = (target > height ? target : height) + SIGNER_MARK_STEP;
    signer->signs = false;
    signer->lost_height = lost > signer->mark.height ? lost : signer->mark.height;
    log_write(LOG_LEVEL_ERROR, "votes_missing",
              "height=%" PRIu64
              " text=\"the chain has a vote of this key that %s does not know: an old copy, or "
              "the key is in use elsewhere\"",
              height, mark_old ? HOME_SIGNER_MARK : HOME_WAL);
    if (!signer->writing) {
        give_up_log(signer);
    }
}

/* Marking ahead. */

static void run_write(uv_work_t *work)
{
    struct signer *signer = work->data;
    const char *home = signer->node->home;
    signer->good = signer_mark_identify(&signer->next, home, signer->error, ERROR_MAX) &&
                   signer_mark_store(home, &signer->next, signer->error, ERROR_MAX);
}

static void after_write(uv_work_t *work, int status)
{
    struct signer *signer = work->data;
    signer->writing = false;
    if (status != 0) {
        return; /* the node stops */
    }
    if (!signer->good) {
        fault_stop(FAULT_DISK, "%s", signer->error);
    }
    signer->mark = signer->next;
    if (signer->lost_height != 0) {
        give_up_log(signer);
    } else if (signer->finishing) {
        signer_finish(signer, signer->last_record);
    } else {
        /* Many may have been decided meanwhile, and the next may need the vote that waits for the mark. */
        signer_decided(signer, glue_decided(signer->node->glue));
        glue_durable(signer->node->glue);
    }
}

void signer_decided(struct signer *signer, uint64_t height)
{
    if (!signer->signs || signer->writing || height + SIGNER_MARK_STEP / 2 < signer->mark.height) {
        return;
    }
    signer->writing = true;
    signer->next = signer->mark;
    signer->next.height = height + SIGNER_MARK_STEP;
    signer->next.sequence = wal_durable(signer->node->wal);
    int status = uv_queue_work(&signer->node->loop, &signer->work, run_write, after_write);
    assert(status == 0);
}

/* Observing. */

/* Without a mark: what others have decided bounds what this key can have signed, but for the few
 * heights that they may not have told yet. */
static void find_safe_height(struct signer *signer)
{
    struct node *node = signer->node;
    if (!sync_driver_located(node->sync)) {
        return;
    }
    signer->safe_height = sync_driver_target(node->sync) + SIGNER_MARK_STEP;
    char error[ERROR_MAX];
    if (!store(signer, signer->safe_height, SIGNER_MARK_NEVER, error, sizeof(error))) {
        fault_stop(FAULT_DISK, "%s", error);
    }
    log_write(LOG_LEVEL_WARN, "observing", "until_height=%" PRIu64, signer->safe_height);
}

void signer_watch(struct signer *signer)
{
    struct node *node = signer->node;
    if (!signer->observes || node->closing) {
        return;
    }
    if (signer->safe_height == 0) {
        find_safe_height(signer);
    }
    if (signer->safe_height == 0 || node->committed.height < signer->safe_height) {
        return;
    }
    log_write(LOG_LEVEL_INFO, "observing_ends", "height=%" PRIu64, node->committed.height);
    signer->observes = false;
    node->begin_anew = true;
    node_stop(node);
}

void signer_finish(struct signer *signer, uint64_t sequence)
{
    char error[ERROR_MAX];
    signer->finishing = signer->writing;
    signer->last_record = sequence;
    if (signer->writing) {
        return;
    }
    /* The replica votes in the height after the last decided one at most. */
    if (signer->signs &&
        !store(signer, glue_decided(signer->node->glue) + 1, sequence, error, sizeof(error))) {
        fault_stop(FAULT_DISK, "%s", error);
    }
}
