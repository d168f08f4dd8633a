#include "node/verify.h"

#include "base/memory.h"
#include "node/budget.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SET_SLOTS       (1u << 17) /* ids remembered; 4 MiB */
#define JOBS_MAX        2          /* batches at once */
#define JOB_COUNT_MIN   16         /* that wait, before a second batch is worth a thread */
#define INLINE_SIZE_MAX 4096       /* bytes of an envelope that is checked by the caller */
#define INLINE_RATE_MAX 1000       /* of them in a second: about 5 % of it */

struct verified_set {
    uv_mutex_t mutex;
    struct hash slots[SET_SLOTS];
};

struct verified_set *verified_set_new(void)
{
    struct verified_set *set = memory_new(sizeof(*set));
    int status = uv_mutex_init(&set->mutex);
    assert(status == 0);
    return set;
}

void verified_set_free(struct verified_set *set)
{
    if (set != NULL) {
        uv_mutex_destroy(&set->mutex);
        free(set);
    }
}

/* Ids are hashes of what their makers chose; colliding on purpose only evicts. */
static struct hash *slot_of(struct verified_set *set, const struct hash *id)
{
    uint32_t index;
    memcpy(&index, id->bytes, sizeof(index));
    return &set->slots[index % SET_SLOTS];
}

void verified_set_add(void *context, const struct hash *id)
{
    struct verified_set *set = context;
    uv_mutex_lock(&set->mutex);
    *slot_of(set, id) = *id;
    uv_mutex_unlock(&set->mutex);
}

bool verified_set_has(void *context, const struct hash *id)
{
    struct verified_set *set = context;
    uv_mutex_lock(&set->mutex);
    bool has = hash_equal(slot_of(set, id), id);
    uv_mutex_unlock(&set->mutex);
    return has;
}

struct item {
    struct item *next;
    void *tag;
    struct verify_result result;
};

struct job {
    uv_work_t work;
    struct verifier *verifier;
    struct item *items[VERIFY_BATCH_MAX];
    size_t count;
};

struct verifier {
    struct verify_options options;
    struct item *first; /* waiting */
    struct item *last;
    uint32_t waiting;
    size_t waiting_bytes;
    uint32_t running; /* jobs */
    struct budget inline_budget;
    bool closing;
    void (*closed)(void *context);
    void *closed_context;
};

struct verifier *verifier_new(const struct verify_options *options)
{
    struct verifier *verifier = memory_new(sizeof(*verifier));
    verifier->options = *options;
    return verifier;
}

void verify_tell_chains(char *out, size_t out_size, const struct hash *got, const struct hash *want)
{
    char got_text[65];
    char want_text[65];
    hex_encode(got_text, BYTES_OF(got->bytes));
    hex_encode(want_text, BYTES_OF(want->bytes));
    (void)snprintf(out, out_size, "chain_id is %s, %s is expected", got_text, want_text);
}

/* Last, so that nobody's blob is asked for who cannot pay for it. */
static void check_blob(const struct verify_options *options, const struct transaction *tx,
                       struct verify_result *result)
{
    result->blob_root = tx->sidecar_root;
    result->blob_size = tx->sidecar_size;
    if (!blob_store_has(options->blobs, &tx->sidecar_root, tx->sidecar_size)) {
        char root[65];
        hex_encode(root, BYTES_OF(tx->sidecar_root.bytes));
        result->status = TRANSACTION_NO_BLOB;
        (void)snprintf(result->error, sizeof(result->error),
                       "blob %s of %u bytes is not here: upload it first", root,
                       (unsigned)tx->sidecar_size);
    }
}

static void check_transaction(const struct verify_options *options, struct state *state,
                              struct verify_result *result)
{
    struct transaction tx;
    struct bytes sidecar;
    result->status =
        transaction_decode(&tx, &sidecar, result->envelope, result->error, sizeof(result->error));
    if (result->status != TRANSACTION_OK) {
        return;
    }
    transaction_id(&result->id, &tx);
    /* An id does not cover the sidecar's bytes, so it spares the check only where there are none. */
    bool known = sidecar.size == 0 && tx.sidecar_size == 0 && hash_is_zero(&tx.sidecar_root) &&
                 verified_set_has(options->verified, &result->id);
    if (!known) {
        result->status = transaction_check(&tx, sidecar, &options->chain_id);
    }
    if (result->status == TRANSACTION_WRONG_CHAIN) {
        verify_tell_chains(result->error, sizeof(result->error), &tx.chain_id, &options->chain_id);
    }
    if (result->status != TRANSACTION_OK) {
        return;
    }
    verified_set_add(options->verified, &result->id);
    address_of(&result->sender, &tx.sender);
    result->nonce = tx.nonce;
    result->gas_limit = tx.gas_limit;
    result->gas_price = tx.gas_price;
    result->expires_at = tx.expires_at;
    struct market_key key;
    struct account account;
    key_account(&key, &result->sender);
    (void)record_load(state, &key, &account_schema, &account);
    result->next_nonce = account.nonce;
    if (!ledger_admit(state, &tx, result->height + 1, VERIFY_NONCE_WINDOW, &result->refusal)) {
        assert(result->refusal.code != 0);
        return;
    }
    if (transaction_has_blob(&tx)) {
        check_blob(options, &tx, result);
    }
}

static void check_items(const struct verify_options *options, struct item **items, size_t count)
{
    struct state_snapshot *snapshot = state_snapshot_open(options->store);
    struct state_source source = state_snapshot_source(snapshot);
    struct state *state = state_new(&source);
    struct state_head head;
    state_snapshot_head(snapshot, &head);
    for (size_t i = 0; i < count; i++) {
        items[i]->result.height = head.height;
        check_transaction(options, state, &items[i]->result);
    }
    state_free(state);
    state_snapshot_close(snapshot);
}

static void run_job(uv_work_t *work)
{
    struct job *job = work->data;
    check_items(&job->verifier->options, job->items, job->count);
}

static void finish_close(struct verifier *verifier)
{
    if (verifier->closing && verifier->running == 0) {
        void (*closed)(void *) = verifier->closed;
        void *context = verifier->closed_context;
        free(verifier);
        closed(context);
    }
}

static void start_jobs(struct verifier *verifier);

static void after_job(uv_work_t *work, int status)
{
    struct job *job = work->data;
    struct verifier *verifier = job->verifier;
    verifier->running--;
    for (size_t i = 0; i < job->count; i++) {
        if (!verifier->closing && status == 0) {
            verifier->options.on_done(verifier->options.context, job->items[i]->tag,
                                      &job->items[i]->result);
        }
        free(job->items[i]);
    }
    free(job);
    if (!verifier->closing) {
        verifier->options.on_batch(verifier->options.context);
    }
    if (verifier->closing) {
        finish_close(verifier);
    } else {
        start_jobs(verifier);
    }
}

static struct item *take_item(struct verifier *verifier)
{
    struct item *item = verifier->first;
    verifier->first = item->next;
    verifier->last = verifier->first == NULL ? NULL : verifier->last;
    verifier->waiting--;
    verifier->waiting_bytes -= item->result.envelope.size;
    return item;
}

static bool worth_a_job(const struct verifier *verifier)
{
    return verifier->first != NULL &&
           (verifier->running == 0 ||
            (verifier->running < JOBS_MAX && verifier->waiting >= JOB_COUNT_MIN));
}

static void start_jobs(struct verifier *verifier)
{
    while (worth_a_job(verifier)) {
        struct job *job = memory_new(sizeof(*job));
        job->verifier = verifier;
        job->work.data = job;
        while (verifier->first != NULL && job->count < VERIFY_BATCH_MAX) {
            job->items[job->count++] = take_item(verifier);
        }
        verifier->running++;
        int status = uv_queue_work(verifier->options.loop, &job->work, run_job, after_job);
        assert(status == 0);
    }
}

/* Handing one transaction to a thread and back costs as much as checking it. A few are checked where
 * they came in; a stream of them is worth a thread. */
static bool check_now(struct verifier *verifier, struct bytes envelope, void *tag)
{
    if (verifier->running > 0 || verifier->first != NULL || envelope.size > INLINE_SIZE_MAX ||
        !budget_take(&verifier->inline_budget, uv_hrtime() / 1000000, INLINE_RATE_MAX)) {
        return false;
    }
    struct item item = {.tag = tag, .result = {.envelope = envelope}};
    struct item *items[] = {&item};
    check_items(&verifier->options, items, 1);
    verifier->options.on_done(verifier->options.context, tag, &item.result);
    verifier->options.on_batch(verifier->options.context);
    return true;
}

bool verifier_submit(struct verifier *verifier, struct bytes envelope, void *tag)
{
    if (!verifier->closing && check_now(verifier, envelope, tag)) {
        return true;
    }
    if (verifier->closing || verifier->waiting >= VERIFY_WAITING_MAX ||
        verifier->waiting_bytes + envelope.size > VERIFY_BYTES_MAX) {
        return false;
    }
    struct item *item = memory_new(sizeof(*item) + envelope.size);
    uint8_t *copy = (uint8_t *)(item + 1);
    if (envelope.size > 0) {
        memcpy(copy, envelope.data, envelope.size);
    }
    item->tag = tag;
    item->result.envelope = (struct bytes){copy, envelope.size};
    *(verifier->last == NULL ? &verifier->first : &verifier->last->next) = item;
    verifier->last = item;
    verifier->waiting++;
    verifier->waiting_bytes += envelope.size;
    start_jobs(verifier);
    return true;
}

uint32_t verifier_waiting(const struct verifier *verifier)
{
    return verifier->waiting;
}

void verifier_close(struct verifier *verifier, void (*closed)(void *context), void *context)
{
    verifier->closing = true;
    verifier->closed = closed;
    verifier->closed_context = context;
    while (verifier->first != NULL) {
        free(take_item(verifier));
    }
    finish_close(verifier);
}
