/* What the disk and the executor take: group commits of the log, and blocks of transfers between many
 * accounts, beside the verification of their signatures. A block goes the way that it goes in a node, but
 * on one thread: a node executes the next block while it keeps the last ones, several at once. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "node/disk.h"
#include "node/executor.h"
#include "node/wal.h"
#include "tests/lib/chain_fixture.h"
#include "tests/lib/storage_fixture.h"

#define SYNCS      1000
#define USERS      10000
#define FUNDS      1000000000u /* units that a user gets who is not in the genesis */
#define BLOCKS_MAX 20
#define LARGE      5000 /* transfers */

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
    const double *first = a;
    const double *second = b;
    return *first < *second ? -1 : *first > *second;
}

static void print_quantiles(const char *name, double *seconds, size_t count)
{
    qsort(seconds, count, sizeof *seconds, by_value);
    (void)printf("%-46s min %8.3f ms  p50 %8.3f ms  p99 %8.3f ms  max %8.3f ms\n", name,
                 seconds[0] * 1e3, seconds[count / 2] * 1e3, seconds[count * 99 / 100] * 1e3,
                 seconds[count - 1] * 1e3);
}

/* The disk alone: 4 KiB behind 4 KiB, each with fdatasync, in a file allocated ahead. */
static void bench_disk(const char *directory)
{
    char path[FIXTURE_PATH_MAX];
    static double seconds[SYNCS];
    static const uint8_t page[4096] = {1};
    fixture_path(path, directory, "raw");
    int descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    int error = disk_allocate(descriptor, WAL_SEGMENT_SIZE);
    for (uint64_t i = 0; i < SYNCS && error == 0; i++) {
        double begin = now();
        error = disk_write(descriptor, BYTES_OF(page), i * sizeof page);
        if (error == 0) {
            error = disk_sync(descriptor);
        }
        seconds[i] = now() - begin;
    }
    assert(error == 0);
    close(descriptor);
    print_quantiles("disk: 4 KiB pwrite + fdatasync", seconds, SYNCS);
}

static uint64_t durable;

static void on_durable(void *context, uint64_t sequence)
{
    (void)context;
    durable = sequence;
}

/* The log as consensus sees it: from wal_append() to on_durable on the loop. */
static void bench_wal(const char *directory)
{
    char path[FIXTURE_PATH_MAX];
    char error[512];
    static double seconds[SYNCS];
    static const uint8_t payload[4000] = {1};
    uv_loop_t loop;
    uv_loop_init(&loop);
    fixture_path(path, directory, "wal");
    struct wal *wal;
    struct wal_options options = {.directory = path, .loop = &loop, .on_durable = on_durable};
    enum wal_status status = wal_open(&wal, &options, error, sizeof error);
    assert(status == WAL_OK);
    for (uint64_t i = 0; i < SYNCS; i++) {
        double begin = now();
        uint64_t sequence = wal_append(wal, 1, 1, BYTES_OF(payload));
        wal_flush(wal);
        while (durable < sequence) {
            uv_run(&loop, UV_RUN_ONCE);
        }
        seconds[i] = now() - begin;
    }
    print_quantiles("log: 4 KiB append until durable", seconds, SYNCS);
    wal_close(wal, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
}

struct bench {
    struct chain chain;
    struct executor *executor;
    struct block_store *blocks;
    struct state_store *states;
    struct block *block;
    struct certificate *certificate;
    uint64_t random;
};

static void open_bench(struct bench *bench, const char *directory)
{
    char error[512];
    char blocks[FIXTURE_PATH_MAX];
    char states[FIXTURE_PATH_MAX];
    fixture_path(blocks, directory, "blocks");
    fixture_path(states, directory, "state");
    *bench = (struct bench){.block = memory_new(sizeof *bench->block),
                            .certificate = memory_new(sizeof *bench->certificate)};
    chain_init(&bench->chain, USERS);
    bench->chain.genesis->parameters.block_transactions_max = LARGE;
    genesis_chain_id(&bench->chain.chain_id, bench->chain.genesis);
    struct block_store_options block_options = {.directory = blocks};
    struct state_store_options state_options = {.directory = states,
                                                .genesis = bench->chain.genesis};
    enum block_store_status opened =
        block_store_open(&bench->blocks, &block_options, error, sizeof error);
    assert(opened == BLOCK_STORE_OK);
    enum state_store_status status =
        state_store_open(&bench->states, &state_options, error, sizeof error);
    assert(status == STATE_STORE_OK);
    struct executor_options options = {.state_store = bench->states,
                                       .block_store = bench->blocks,
                                       .chain_id = bench->chain.chain_id};
    bench->executor = executor_new(&options);
    executor_head(bench->executor, &bench->chain.head);
}

static void close_bench(struct bench *bench)
{
    executor_close(bench->executor, NULL, NULL);
    state_store_close(bench->states);
    block_store_close(bench->blocks);
    chain_close(&bench->chain);
    free(bench->certificate);
    free(bench->block);
}

/* Seconds from a decided block until it is executed and on disk. */
static double run_block(struct bench *bench, struct bytes body,
                        const struct executor_report **report)
{
    char error[512];
    chain_block(&bench->chain, bench->block, bench->certificate, body);
    double begin = now();
    bool good = executor_run(bench->executor, bench->block, bench->certificate, report, error,
                             sizeof error);
    double seconds = now() - begin;
    assert(good && (*report)->gas_used > 0);
    chain_advance(&bench->chain, &(*report)->head, bench->certificate);
    return seconds;
}

/* Those in the genesis pay the others. */
static void fund_users(struct bench *bench)
{
    const struct executor_report *report;
    struct buffer body = {0};
    for (uint32_t user = CHAIN_FUNDED_MAX; user < USERS; user++) {
        chain_transfer(&bench->chain, &body, user % CHAIN_FUNDED_MAX, user, FUNDS,
                       (struct bytes){0});
        if (user % CHAIN_FUNDED_MAX == CHAIN_FUNDED_MAX - 1 || user == USERS - 1) {
            (void)run_block(bench, buffer_bytes(&body), &report);
            buffer_clear(&body);
        }
    }
    buffer_close(&body);
}

static uint32_t random_user(struct bench *bench)
{
    bench->random = bench->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(bench->random >> 33) % USERS;
}

/* Seconds until one thread has checked what a block's transactions say of themselves. */
static double check_body(const struct bench *bench, struct bytes body)
{
    size_t offset = 0;
    bool malformed;
    struct bytes envelope;
    double begin = now();
    while (ledger_next_envelope(body, &offset, &envelope, &malformed)) {
        struct transaction transaction;
        struct bytes sidecar;
        enum transaction_status status =
            transaction_decode(&transaction, &sidecar, envelope, NULL, 0);
        assert(status == TRANSACTION_OK);
        status = transaction_check(&transaction, sidecar, &bench->chain.chain_id);
        assert(status == TRANSACTION_OK);
    }
    return now() - begin;
}

static void print_stage(uint32_t transactions, const char *stage, double *seconds, size_t count)
{
    char name[64];
    (void)snprintf(name, sizeof name, "block of %u transfers: %s", transactions, stage);
    print_quantiles(name, seconds, count);
}

static void bench_blocks(struct bench *bench, uint32_t transactions, size_t count)
{
    double check[BLOCKS_MAX];
    double execute[BLOCKS_MAX];
    double trie[BLOCKS_MAX];
    double commit[BLOCKS_MAX];
    double whole[BLOCKS_MAX];
    struct buffer body = {0};
    assert(count <= BLOCKS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct executor_report *report;
        buffer_clear(&body);
        for (uint32_t k = 0; k < transactions; k++) {
            uint32_t from = random_user(bench);
            uint32_t to = random_user(bench);
            chain_transfer(&bench->chain, &body, from, to, 5, (struct bytes){0});
        }
        check[i] = check_body(bench, buffer_bytes(&body));
        whole[i] = run_block(bench, buffer_bytes(&body), &report);
        assert(report->transaction_count == transactions);
        execute[i] = (double)(report->execute_ns - report->trie_ns) / 1e9;
        trie[i] = (double)report->trie_ns / 1e9;
        commit[i] = (double)report->commit_ns / 1e9;
    }
    buffer_close(&body);
    print_stage(transactions, "verification", check, count);
    print_stage(transactions, "ledger", execute, count);
    print_stage(transactions, "trie", trie, count);
    print_stage(transactions, "fsync and LMDB", commit, count);
    print_stage(transactions, "all but verification", whole, count);
    (void)printf("%-46s min %8.2f     p50 %8.2f\n", "... for one of verification",
                 whole[0] / check[0], whole[count / 2] / check[count / 2]);
}

static void bench_chain(const char *directory)
{
    struct bench bench;
    struct state_store_usage usage;
    open_bench(&bench, directory);
    fund_users(&bench);
    bench_blocks(&bench, 1000, BLOCKS_MAX);
    bench_blocks(&bench, LARGE, 7);
    state_store_read_usage(bench.states, &usage);
    (void)printf("%-46s %.1f MiB blocks, %.1f MiB LMDB\n", "on disk after them",
                 (double)block_store_size(bench.blocks) / 1048576.0,
                 (double)usage.used_bytes / 1048576.0);
    close_bench(&bench);
}

int main(void)
{
    char directory[FIXTURE_PATH_MAX];
    fixture_directory(directory);
    bench_disk(directory);
    bench_wal(directory);
    bench_chain(directory);
    fixture_remove(directory);
    return 0;
}
