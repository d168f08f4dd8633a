/* What the disk and the executor take: group commits of the log, and blocks of transfers. */
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

#define SYNCS        1000
#define BLOCKS       20
#define TRANSACTIONS 1000

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
    (void)printf("%-46s p50 %8.3f ms  p99 %8.3f ms  max %8.3f ms\n", name, seconds[count / 2] * 1e3,
                 seconds[count * 99 / 100] * 1e3, seconds[count - 1] * 1e3);
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
};

static void open_bench(struct bench *bench, const char *directory)
{
    char error[512];
    char blocks[FIXTURE_PATH_MAX];
    char states[FIXTURE_PATH_MAX];
    fixture_path(blocks, directory, "blocks");
    fixture_path(states, directory, "state");
    chain_init(&bench->chain, CHAIN_USERS_MAX);
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

static void bench_blocks(const char *directory)
{
    struct bench bench;
    static double execute[BLOCKS];
    static double trie[BLOCKS];
    static double commit[BLOCKS];
    static double whole[BLOCKS];
    struct block *block = memory_new(sizeof *block);
    struct certificate *certificate = memory_new(sizeof *certificate);
    open_bench(&bench, directory);
    uint32_t user = 0;
    for (size_t i = 0; i < BLOCKS; i++) {
        char error[512];
        const struct executor_report *report;
        struct buffer body = {0};
        for (uint32_t k = 0; k < TRANSACTIONS; k++) {
            user = (user + 1) % CHAIN_USERS_MAX;
            chain_transfer(&bench.chain, &body, user, (user * 7 + 3) % CHAIN_USERS_MAX, 5,
                           (struct bytes){0});
        }
        chain_block(&bench.chain, block, certificate, buffer_bytes(&body));
        double begin = now();
        bool good = executor_run(bench.executor, block, certificate, &report, error, sizeof error);
        whole[i] = now() - begin;
        assert(good && report->transaction_count == TRANSACTIONS);
        execute[i] = (double)(report->execute_ns - report->trie_ns) / 1e9;
        trie[i] = (double)report->trie_ns / 1e9;
        commit[i] = (double)report->commit_ns / 1e9;
        chain_advance(&bench.chain, &report->head, certificate);
        buffer_close(&body);
    }
    print_quantiles("block of 1000 transfers: ledger", execute, BLOCKS);
    print_quantiles("block of 1000 transfers: trie", trie, BLOCKS);
    print_quantiles("block of 1000 transfers: fsync and LMDB", commit, BLOCKS);
    print_quantiles("block of 1000 transfers: all", whole, BLOCKS);
    struct state_store_usage usage;
    state_store_read_usage(bench.states, &usage);
    (void)printf("%-46s %.1f MiB blocks, %.1f MiB LMDB\n", "on disk after 20 blocks",
                 (double)block_store_size(bench.blocks) / 1048576.0,
                 (double)usage.used_bytes / 1048576.0);
    executor_close(bench.executor, NULL, NULL);
    state_store_close(bench.states);
    block_store_close(bench.blocks);
    chain_close(&bench.chain);
    free(certificate);
    free(block);
}

int main(void)
{
    char directory[FIXTURE_PATH_MAX];
    fixture_directory(directory);
    bench_disk(directory);
    bench_wal(directory);
    bench_blocks(directory);
    fixture_remove(directory);
    return 0;
}
