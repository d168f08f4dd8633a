#include "node/executor.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "node/execution.h"
#include "node/fault.h"
#include "node/prune.h"
#include "node/state_freeze.h"

#define PENDING_USUAL (EXECUTOR_PENDING_MAX - 8)
#define PENDING_BYTES (32u << 20) /* of submitted blocks, beyond which no more are taken */
/* What is shown waits for others to be kept with it: so long, for so many, or until so much is
 * pending. Each time costs two syncs, and the disk has those of the log to do. */
#define KEEP_DELAY_NS  250000000u
#define KEEP_COUNT     128
#define KEEP_BYTES     (8u << 20)
#define REPORT_AT_ONCE 64 /* transactions: larger blocks report their roots before the rest */
#define REPLAY_GROUP   64 /* blocks of a replay in one commit */

static_assert(EXECUTOR_PENDING_MAX <= STATE_LAYERS_MAX, "what waits has room in the state store");

/* One submitted block. Jobs stand in one list, in order; the threads work on them, the loop reports
 * and removes them. */
struct job {
    struct job *next;
    struct buffer encoded;
    struct buffer certificate;
    struct block block; /* body borrowed from `encoded` */
    bool logged;
    struct execution execution;
    uint64_t executed_ns; /* when */
    bool reported;        /* the loop's: on_executed was called */
    bool shown;           /* the loop's: on_committed was called */
};

struct executor {
    struct executor_options options;
    struct execution_setting setting; /* the executing thread's */
    struct state_head head;           /* the loop's: last block reported as executed */
    struct job *last_run;             /* of executor_run(): keeps what its report points to */
    uv_async_t async;
    uv_thread_t thread;
    uv_thread_t keeper;
    bool started;
    void (*on_closed)(void *context);
    void *closed_context;

    uv_mutex_t mutex; /* guards what follows */
    uv_cond_t wake;   /* the executing thread */
    uv_cond_t keep;   /* the keeping thread */
    struct job *first;
    struct job *last;
    struct job *next_work; /* first job that the thread has not begun */
    uint64_t next_height;  /* of the next block to submit */
    bool stopping;
    bool freeze_next;
    uint64_t pruned; /* blocks below it are forgotten, and their files may go; 0: nothing to do */
    bool finished;   /* the executing thread has ended */
    uint32_t pending;
    size_t pending_bytes;
    uint64_t executed; /* heights: roots are known, */
    uint64_t added;    /* lies over the state, */
    uint64_t shown;    /* is seen by snapshots, */
    uint64_t kept;     /* and is in block store and database */
    uint64_t added_ns; /* when the oldest that is not kept was added */
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static struct job *job_new(const struct block *block, const struct certificate *certificate)
{
    struct job *job = memory_new(sizeof *job);
    block_encode(&job->encoded, block);
    certificate_encode(&job->certificate, certificate);
    char error[256];
    bool good = block_decode(&job->block, buffer_bytes(&job->encoded), error, sizeof error);
    assert(good);
    return job;
}

static void job_free(struct job *job)
{
    if (job == NULL) {
        return;
    }
    execution_close(&job->execution);
    buffer_close(&job->encoded);
    buffer_close(&job->certificate);
    free(job);
}

struct executor *executor_new(const struct executor_options *options)
{
    struct executor *executor = memory_new(sizeof *executor);
    executor->options = *options;
    const struct execution_stores stores = {options->state_store, options->block_store,
                                            options->blob_store};
    execution_setting_init(&executor->setting, &stores, &options->chain_id);
    uv_mutex_init(&executor->mutex);
    uv_cond_init(&executor->wake);
    uv_cond_init(&executor->keep);
    executor->head = executor->setting.head;
    executor->next_height = executor->head.height + 1;
    return executor;
}

void executor_head(const struct executor *executor, struct state_head *out)
{
    *out = executor->head;
}

bool executor_ended(const struct executor *executor, char *error, size_t error_size)
{
    return execution_ends(&executor->setting, executor->setting.head.height + 1, error, error_size);
}

/* Store the block and execute it; nothing is durable yet. */
static bool execute(struct executor *executor, struct job *job, char *error, size_t error_size)
{
    struct bytes encoded = buffer_bytes(&job->encoded);
    struct block_record record = {job->block.header.height, encoded,
                                  buffer_bytes(&job->certificate)};
    if (record.height > block_store_last_height(executor->options.block_store)) {
        block_store_append(executor->options.block_store, &record);
    }
    job->execution.certificate = buffer_bytes(&job->certificate);
    return execution_run(&job->execution, &executor->setting, &job->block, encoded, error,
                         error_size);
}

/* The block first: a state without its block could not be explained after a crash. */
static uint64_t commit(struct executor *executor, struct job *job)
{
    uint64_t begin = now_ns();
    block_store_sync(executor->options.block_store);
    execution_commit(&job->execution, &executor->setting);
    return now_ns() - begin;
}

static void note(struct executor *executor, uint64_t *height, uint64_t reached)
{
    uv_mutex_lock(&executor->mutex);
    *height = reached;
    uv_mutex_unlock(&executor->mutex);
}

/* Is there a reason to keep what was added before its time has come? Under the mutex. */
static bool keeps_now(const struct executor *executor)
{
    uint64_t count = executor->added - executor->kept;
    return executor->shown < executor->added || count >= KEEP_COUNT ||
           (count > 0 && executor->pending_bytes >= KEEP_BYTES);
}

/* The block lies over the state. It is shown at once where the log of consensus keeps it. The keeping
 * thread is woken only where it has something to do, or a time to wait for. */
static void note_added(struct executor *executor, const struct job *job)
{
    uint64_t height = job->block.header.height;
    uv_mutex_lock(&executor->mutex);
    bool first = executor->kept == executor->added;
    if (first) {
        executor->added_ns = now_ns();
    }
    executor->added = height;
    executor->next_work = job->next;
    if (job->logged && executor->shown + 1 == height) {
        state_store_show(executor->options.state_store, height);
        executor->shown = height;
    }
    if (first || keeps_now(executor)) {
        uv_cond_signal(&executor->keep);
    }
    uv_mutex_unlock(&executor->mutex);
    uv_async_send(&executor->async);
}

/* The block's changes are made, those of the next one are not. */
static void freeze_if_due(struct executor *executor)
{
    const struct state_head *head = &executor->setting.head;
    uint64_t interval = executor->options.snapshot_interval;
    uv_mutex_lock(&executor->mutex);
    bool due = executor->freeze_next || (interval > 0 && head->height % interval == 0);
    uv_mutex_unlock(&executor->mutex);
    if (due && state_freeze_begin(executor->options.state_store, head)) {
        uv_mutex_lock(&executor->mutex);
        executor->freeze_next = false;
        uv_mutex_unlock(&executor->mutex);
    }
}

static struct job *await_work(struct executor *executor)
{
    uv_mutex_lock(&executor->mutex);
    while (executor->next_work == NULL && !executor->stopping) {
        uv_cond_wait(&executor->wake, &executor->mutex);
    }
    struct job *job = executor->next_work;
    if (job == NULL) {
        executor->finished = true;
        uv_cond_signal(&executor->keep);
    }
    uv_mutex_unlock(&executor->mutex);
    return job;
}

/* Files of blocks that the keeper has forgotten. */
static void drop_pruned(struct executor *executor)
{
    uv_mutex_lock(&executor->mutex);
    uint64_t until = executor->pruned;
    executor->pruned = 0;
    uv_mutex_unlock(&executor->mutex);
    if (until > 0) {
        block_store_drop_before(executor->options.block_store, until);
    }
}

static void executor_main(void *argument)
{
    struct executor *executor = argument;
    struct job *job;
    while ((job = await_work(executor)) != NULL) {
        char error[FAULT_LINE_MAX];
        if (executor_ended(executor, error, sizeof error)) {
            fault_stop(FAULT_UPGRADE, "%s", error);
        }
        if (!execute(executor, job, error, sizeof error)) {
            fault_stop(FAULT_DIVERGED, "%s", error);
        }
        freeze_if_due(executor);
        job->executed_ns = now_ns();
        note(executor, &executor->executed, job->block.header.height);
        if (job->execution.report.transaction_count > REPORT_AT_ONCE) {
            uv_async_send(&executor->async);
        }
        execution_add(&job->execution, &executor->setting);
        note_added(executor, job);
        drop_pruned(executor);
    }
}

/* Wait until something is to be kept, and a little longer for what can be kept with it; not where
 * somebody waits to be shown. Returns the height to keep, 0 at the end. */
static uint64_t await_added(struct executor *executor)
{
    uv_mutex_lock(&executor->mutex);
    for (;;) {
        uint64_t count = executor->added - executor->kept;
        uint64_t waited_ns = count == 0 ? 0 : now_ns() - executor->added_ns;
        if (executor->finished || keeps_now(executor) || waited_ns >= KEEP_DELAY_NS) {
            break;
        }
        if (count == 0) {
            uv_cond_wait(&executor->keep, &executor->mutex);
        } else {
            (void)uv_cond_timedwait(&executor->keep, &executor->mutex, KEEP_DELAY_NS - waited_ns);
        }
    }
    uint64_t height = executor->added == executor->kept ? 0 : executor->added;
    executor->added_ns = now_ns();
    uv_mutex_unlock(&executor->mutex);
    return height;
}

/* A step at a time, so that no block waits for long. */
static void prune(struct executor *executor, uint64_t height)
{
    const struct executor_options *options = &executor->options;
    uint64_t until = options->keep_blocks == 0
                         ? 0
                         : prune_step(options->state_store, options->block_store, height,
                                      options->keep_blocks, options->window_max);
    if (until > 0) {
        note(executor, &executor->pruned, until);
    }
}

/* Block store, then database: the state on disk is never ahead of the blocks. */
static void keeper_main(void *argument)
{
    struct executor *executor = argument;
    uint64_t height;
    while ((height = await_added(executor)) != 0) {
        block_store_sync(executor->options.block_store);
        uv_mutex_lock(&executor->mutex);
        bool hidden = executor->shown < height;
        if (hidden) {
            state_store_show(executor->options.state_store, height);
            executor->shown = height;
        }
        uv_mutex_unlock(&executor->mutex);
        if (hidden) {
            uv_async_send(&executor->async);
        }
        state_store_flush(executor->options.state_store);
        note(executor, &executor->kept, height);
        uv_async_send(&executor->async);
        prune(executor, height);
    }
}

static void report_executed(struct executor *executor, struct job *job)
{
    job->reported = true;
    struct executor_report report = job->execution.report;
    executor->head = report.head;
    if (executor->options.on_executed != NULL) {
        executor->options.on_executed(executor->options.context, &report);
    }
}

static void report_committed(struct executor *executor, struct job *job)
{
    job->shown = true;
    struct executor_report report = job->execution.report;
    report.commit_ns = now_ns() - job->executed_ns;
    if (executor->options.on_committed != NULL) {
        executor->options.on_committed(executor->options.context, &report);
    }
}

/* Take the job out of the list, which it leads. */
static void remove_kept(struct executor *executor, struct job *job)
{
    uint64_t height = job->block.header.height;
    uv_mutex_lock(&executor->mutex);
    executor->first = job->next;
    if (executor->first == NULL) {
        executor->last = NULL;
    }
    executor->pending--;
    executor->pending_bytes -= job->encoded.size;
    uv_mutex_unlock(&executor->mutex);
    job_free(job);
    if (executor->options.on_kept != NULL) {
        executor->options.on_kept(executor->options.context, height);
    }
}

/* Everything there is to report, in order. */
static void report_all(struct executor *executor)
{
    uv_mutex_lock(&executor->mutex);
    uint64_t executed = executor->executed;
    uint64_t shown = executor->shown;
    uint64_t kept = executor->kept;
    struct job *first = executor->first;
    uv_mutex_unlock(&executor->mutex);
    for (struct job *job = first; job != NULL && job->block.header.height <= executed;
         job = job->next) {
        if (!job->reported) {
            report_executed(executor, job);
        }
        if (!job->shown && job->block.header.height <= shown) {
            report_committed(executor, job);
        }
    }
    while (first != NULL && first->block.header.height <= kept) {
        struct job *next = first->next;
        remove_kept(executor, first);
        first = next;
    }
}

static void on_async(uv_async_t *async)
{
    report_all(async->data);
}

void executor_start(struct executor *executor)
{
    assert(executor->options.loop != NULL && !executor->started);
    executor->async.data = executor;
    int failure = uv_async_init(executor->options.loop, &executor->async, on_async);
    assert(failure == 0);
    executor->executed = executor->head.height;
    executor->added = executor->head.height;
    executor->shown = executor->head.height;
    executor->kept = executor->head.height;
    failure = uv_thread_create(&executor->thread, executor_main, executor);
    assert(failure == 0);
    failure = uv_thread_create(&executor->keeper, keeper_main, executor);
    assert(failure == 0);
    executor->started = true;
}

void executor_submit(struct executor *executor, const struct block *block,
                     const struct certificate *certificate, bool logged)
{
    assert(executor->started && !executor->stopping);
    assert(block->header.height == executor->next_height);
    struct job *job = job_new(block, certificate);
    job->logged = logged;
    executor->next_height++;
    uv_mutex_lock(&executor->mutex);
    assert(executor->pending < EXECUTOR_PENDING_MAX);
    executor->pending++;
    executor->pending_bytes += job->encoded.size;
    if (executor->last == NULL) {
        executor->first = job;
    } else {
        executor->last->next = job;
    }
    executor->last = job;
    if (executor->next_work == NULL) {
        executor->next_work = job;
    }
    uv_cond_signal(&executor->wake);
    uv_mutex_unlock(&executor->mutex);
}

void executor_freeze_next(struct executor *executor)
{
    uv_mutex_lock(&executor->mutex);
    executor->freeze_next = true;
    uv_mutex_unlock(&executor->mutex);
}

uint32_t executor_pending(const struct executor *executor)
{
    return executor->pending;
}

bool executor_full(const struct executor *executor)
{
    return executor->pending >= PENDING_USUAL || executor->pending_bytes >= PENDING_BYTES;
}

bool executor_run(struct executor *executor, const struct block *block,
                  const struct certificate *certificate, const struct executor_report **report,
                  char *error, size_t error_size)
{
    assert(!executor->started);
    struct job *job = job_new(block, certificate);
    if (!execute(executor, job, error, error_size)) {
        job_free(job);
        return false;
    }
    job->execution.report.commit_ns = commit(executor, job);
    executor->head = executor->setting.head;
    executor->next_height = executor->head.height + 1;
    job_free(executor->last_run);
    executor->last_run = job;
    if (report != NULL) {
        *report = &job->execution.report;
    }
    return true;
}

/* Blocks and state must be of one history. */
static bool check_base(struct executor *executor, uint64_t last, char *error, size_t error_size)
{
    const struct state_head *head = &executor->head;
    if (head->height > last) {
        (void)snprintf(error, error_size,
                       "the state is at height %llu, the stored blocks end at %llu: remove "
                       "data/blocks and data/state, keep data/wal, and the node catches up",
                       (unsigned long long)head->height, (unsigned long long)last);
        return false;
    }
    if (!prune_blocks_fit(executor->options.state_store, executor->options.block_store, error,
                          error_size)) {
        return false;
    }
    if (head->height == 0) {
        return true;
    }
    struct buffer storage = {0};
    struct block_record record;
    struct block *block = memory_new(sizeof *block);
    enum block_store_status status =
        block_store_read(executor->options.block_store, head->height, &storage, &record);
    char why[160] = "";
    bool good = status == BLOCK_STORE_OK && block_decode(block, record.block, why, sizeof(why));
    struct hash digest = {{0}};
    if (good) {
        block_digest(&digest, &block->header);
    }
    buffer_close(&storage);
    free(block);
    if (status != BLOCK_STORE_OK) {
        block_store_explain(executor->options.block_store, head->height, status, error, error_size);
        return false;
    }
    if (good && hash_equal(&digest, &head->digest)) {
        return true;
    }
    (void)snprintf(
        error, error_size,
        "block %llu of the block store is not the one that the state comes from (%s): remove "
        "data/blocks and data/state, keep data/wal, and the node catches up",
        (unsigned long long)head->height, good ? "other digest" : why);
    return false;
}

static bool replay_one(struct executor *executor, uint64_t height, char *error, size_t error_size)
{
    struct buffer storage = {0};
    struct block_record record;
    enum block_store_status status =
        block_store_read(executor->options.block_store, height, &storage, &record);
    if (status != BLOCK_STORE_OK) {
        block_store_explain(executor->options.block_store, height, status, error, error_size);
        buffer_close(&storage);
        return false;
    }
    struct block *block = memory_new(sizeof *block);
    struct execution execution = {.certificate = record.certificate};
    bool good =
        block_decode(block, record.block, error, error_size) &&
        execution_run(&execution, &executor->setting, block, record.block, error, error_size);
    if (good) {
        execution_add(&execution, &executor->setting);
        state_store_show(executor->options.state_store, height);
    }
    execution_close(&execution);
    free(block);
    buffer_close(&storage);
    return good;
}

bool executor_replay(struct executor *executor,
                     void (*progress)(void *context, uint64_t height, uint64_t last), char *error,
                     size_t error_size)
{
    assert(!executor->started);
    uint64_t last = block_store_last_height(executor->options.block_store);
    if (!check_base(executor, last, error, error_size)) {
        return false;
    }
    for (uint64_t height = executor->head.height + 1; height <= last; height++) {
        if (!replay_one(executor, height, error, error_size)) {
            return false;
        }
        if (height % REPLAY_GROUP == 0 || height == last) {
            state_store_flush(executor->options.state_store);
        }
        executor->head = executor->setting.head;
        executor->next_height = height + 1;
        if (progress != NULL) {
            progress(executor->options.context, height, last);
        }
    }
    return true;
}

static void executor_free(struct executor *executor)
{
    void (*on_closed)(void *context) = executor->on_closed;
    void *context = executor->closed_context;
    job_free(executor->last_run);
    uv_cond_destroy(&executor->wake);
    uv_cond_destroy(&executor->keep);
    uv_mutex_destroy(&executor->mutex);
    execution_setting_close(&executor->setting);
    free(executor);
    if (on_closed != NULL) {
        on_closed(context);
    }
}

static void on_handle_closed(uv_handle_t *handle)
{
    executor_free(handle->data);
}

void executor_close(struct executor *executor, void (*on_closed)(void *context), void *context)
{
    executor->on_closed = on_closed;
    executor->closed_context = context;
    if (!executor->started) {
        executor_free(executor);
        return;
    }
    uv_mutex_lock(&executor->mutex);
    executor->stopping = true;
    uv_cond_signal(&executor->wake);
    uv_mutex_unlock(&executor->mutex);
    uv_thread_join(&executor->thread);
    uv_thread_join(&executor->keeper);
    report_all(executor);
    uv_close((uv_handle_t *)&executor->async, on_handle_closed);
}
