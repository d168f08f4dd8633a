#include "node/simulate.h"

#include "base/checked.h"
#include "base/memory.h"
#include "market/accounts.h"
#include "market/ledger.h"

#include <stdlib.h>

struct job {
    struct job *next;
    uv_work_t work;
    struct simulator *simulator;
    struct buffer envelope;
    simulate_done *on_done;
    void *context;
    struct state_head head;
    struct ledger_results results;
};

struct simulator {
    struct simulator_options options;
    struct job *first; /* waiting */
    struct job *last;
    uint32_t waiting;
    bool running;
    bool closing;
    void (*closed)(void *context);
    void *closed_context;
};

struct simulator *simulator_new(const struct simulator_options *options)
{
    struct simulator *simulator = memory_new(sizeof(*simulator));
    simulator->options = *options;
    return simulator;
}

/* Give the sender the transaction's nonce, and the fee of its whole gas limit on top of what it has:
 * so only the program decides, and a wallet may ask with all the gas that it could pay for. */
static void fit_sender(struct state *state, const struct transaction *tx)
{
    struct address sender;
    struct account account;
    struct chain_record chain;
    uint64_t fee = 0;
    uint64_t supply = 0;
    address_of(&sender, &tx->sender);
    account_load(state, &sender, &account);
    chain_load(state, &chain);
    if (checked_mul(&fee, tx->gas_limit, tx->gas_price) &&
        checked_add(&supply, chain.supply, fee)) {
        account.balance += fee; /* below the supply, which fits */
        chain.supply = supply;
        chain_store(state, &chain);
    }
    account.nonce = tx->nonce;
    account_store(state, &sender, &account);
}

static void execute(struct job *job, struct state_snapshot *snapshot, struct bytes body,
                    struct blob_reading *reading)
{
    const struct genesis_file *genesis = job->simulator->options.genesis;
    struct transaction tx;
    struct bytes sidecar;
    struct state_source source = state_snapshot_source(snapshot);
    struct state *state = state_new(&source);
    enum transaction_status status =
        transaction_decode(&tx, &sidecar, buffer_bytes(&job->envelope), NULL, 0);
    assert(status == TRANSACTION_OK && "the caller decoded it");
    (void)status;
    fit_sender(state, &tx);
    struct block_context context = {.chain_id = genesis->chain_id,
                                    .height = job->head.height + 1,
                                    .time_ms = job->head.time_ms + 1,
                                    .parent_digest = job->head.digest,
                                    .blobs = blob_reading_source(reading)};
    address_of(&context.proposer, &genesis->validators.list[0].key);
    ledger_execute(state, &context, body, &job->results);
    state_free(state);
}

static void run_job(uv_work_t *work)
{
    struct job *job = work->data;
    const struct simulator_options *options = &job->simulator->options;
    struct buffer body = {0};
    struct blob_reading reading;
    struct hash missing;
    uint32_t size;
    struct state_snapshot *snapshot = state_snapshot_open(options->store);
    state_snapshot_head(snapshot, &job->head);
    ledger_append_envelope(&body, buffer_bytes(&job->envelope));
    blob_reading_open(&reading, snapshot, options->blocks, options->blobs);
    if (blob_reading_take(&reading, buffer_bytes(&body), &missing, &size)) {
        execute(job, snapshot, buffer_bytes(&body), &reading);
    }
    blob_reading_close(&reading);
    buffer_close(&body);
    state_snapshot_close(snapshot);
}

static void free_job(struct job *job)
{
    ledger_results_close(&job->results);
    buffer_close(&job->envelope);
    free(job);
}

static struct job *take_job(struct simulator *simulator)
{
    struct job *job = simulator->first;
    simulator->first = job->next;
    simulator->last = simulator->first == NULL ? NULL : simulator->last;
    simulator->waiting--;
    return job;
}

static void finish_close(struct simulator *simulator)
{
    if (simulator->closing && !simulator->running) {
        void (*closed)(void *) = simulator->closed;
        void *context = simulator->closed_context;
        free(simulator);
        closed(context);
    }
}

static void start_job(struct simulator *simulator);

static void after_job(uv_work_t *work, int status)
{
    struct job *job = work->data;
    struct simulator *simulator = job->simulator;
    simulator->running = false;
    if (!simulator->closing && status == 0) {
        struct bytes receipt = {0};
        if (job->results.count > 0) {
            receipt = ledger_receipt(&job->results, 0);
        }
        job->on_done(job->context, &job->head, receipt);
    }
    free_job(job);
    if (simulator->closing) {
        finish_close(simulator);
    } else {
        start_job(simulator);
    }
}

static void start_job(struct simulator *simulator)
{
    if (simulator->first == NULL || simulator->running) {
        return;
    }
    struct job *job = take_job(simulator);
    simulator->running = true;
    int status = uv_queue_work(simulator->options.loop, &job->work, run_job, after_job);
    assert(status == 0);
}

bool simulator_submit(struct simulator *simulator, struct bytes envelope, simulate_done *on_done,
                      void *context)
{
    if (simulator->closing || simulator->waiting >= SIMULATE_WAITING_MAX) {
        return false;
    }
    struct job *job = memory_new(sizeof(*job));
    job->simulator = simulator;
    job->work.data = job;
    job->on_done = on_done;
    job->context = context;
    buffer_append(&job->envelope, envelope);
    *(simulator->last == NULL ? &simulator->first : &simulator->last->next) = job;
    simulator->last = job;
    simulator->waiting++;
    start_job(simulator);
    return true;
}

void simulator_close(struct simulator *simulator, void (*closed)(void *context), void *context)
{
    simulator->closing = true;
    simulator->closed = closed;
    simulator->closed_context = context;
    while (simulator->first != NULL) {
        free_job(take_job(simulator));
    }
    finish_close(simulator);
}
