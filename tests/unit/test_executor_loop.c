/* An executor on its loop: what it reports in which order, and that no death of the process loses
 * anything decided. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/disk.h"
#include "tests/lib/check_run.h"
#include "tests/lib/executor_fixture.h"

static struct executor_fixture fixture;

static void set_up(void)
{
    executor_fixture_init(&fixture);
}

static void tear_down(void)
{
    executor_fixture_close(&fixture);
}

/* Which blocks the log of consensus holds; the others wait for the block store. */
static bool is_logged(uint64_t height)
{
    return height % 3 > 0;
}

/* Reports as the loop sees them. */
struct watch {
    uint64_t executed;
    uint64_t committed;
    uint64_t kept;
    bool wrong;
};

static void watch_executed(void *context, const struct executor_report *report)
{
    struct watch *watch = context;
    watch->wrong |= report->head.height != watch->executed + 1;
    watch->executed = report->head.height;
}

static void watch_committed(void *context, const struct executor_report *report)
{
    struct watch *watch = context;
    watch->wrong |= report->head.height != watch->committed + 1 ||
                    watch->executed < report->head.height ||
                    (!is_logged(report->head.height) &&
                     block_store_durable_height(fixture.blocks) < report->head.height);
    watch->committed = report->head.height;
    struct state_snapshot *snapshot = state_snapshot_open(fixture.states);
    struct state_head head;
    state_snapshot_head(snapshot, &head);
    state_snapshot_close(snapshot);
    watch->wrong |= head.height < report->head.height;
}

static void watch_kept(void *context, uint64_t height)
{
    struct watch *watch = context;
    watch->wrong |= height != watch->kept + 1 || watch->committed < height ||
                    block_store_durable_height(fixture.blocks) < height;
    watch->kept = height;
}

/* A running executor with all that is stored; returns the head. */
static struct state_head begin(uv_loop_t *loop, struct watch *watch)
{
    const struct executor_options options = {.context = watch,
                                             .on_executed = watch_executed,
                                             .on_committed = watch_committed,
                                             .on_kept = watch_kept};
    uv_loop_init(loop);
    executor_fixture_open_on(&fixture, loop, &options);
    struct state_head head = executor_fixture_replay(&fixture);
    watch->executed = head.height;
    watch->committed = head.height;
    watch->kept = head.height;
    executor_start(fixture.executor);
    return head;
}

/* The stores as a process that came back finds them: what they hold is whole. */
static struct state_head recovered(void)
{
    executor_fixture_open(&fixture);
    struct state_head head = executor_fixture_replay(&fixture);
    struct hash root = executor_fixture_root(&fixture);
    ck_assert(hash_equal(&root, &head.state_root));
    executor_fixture_shut(&fixture);
    return head;
}

/* Submit `count` blocks to a running executor, each as soon as the one before is executed. */
static void run_on_loop(struct watch *watch, uint64_t count, int report_descriptor)
{
    uv_loop_t loop;
    struct state_head head = begin(&loop, watch);
    struct block *block = malloc(sizeof *block);
    struct certificate *certificate = malloc(sizeof *certificate);
    for (uint64_t i = 0; i < count; i++) {
        struct buffer body = {0};
        executor_fixture_body(&fixture, &body, head.height + 1);
        fixture.chain.head = head;
        chain_block(&fixture.chain, block, certificate, buffer_bytes(&body));
        executor_submit(fixture.executor, block, certificate, is_logged(head.height + 1));
        buffer_close(&body);
        while (watch->executed <= head.height) {
            uv_run(&loop, UV_RUN_ONCE);
        }
        executor_head(fixture.executor, &head);
        chain_advance(&fixture.chain, &head, certificate);
        if (report_descriptor >= 0) {
            ssize_t size = pwrite(report_descriptor, &watch->committed, 8, 0);
            assert(size == 8);
        }
    }
    executor_close(fixture.executor, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    state_store_close(fixture.states);
    block_store_close(fixture.blocks);
    free(certificate);
    free(block);
}

START_TEST(reports_executed_then_committed_in_order)
{
    struct watch watch = {0};
    run_on_loop(&watch, 40, -1);
    ck_assert(!watch.wrong);
    ck_assert_uint_eq(watch.executed, 40);
    ck_assert_uint_eq(watch.kept, 40);
    ck_assert_uint_eq(watch.committed, 40);
}
END_TEST

/* A chain that was made before, handed over faster than the disk can follow, as in catching up. */
#define BURST 50

struct burst {
    struct block blocks[BURST]; /* bodies borrowed from `storage` */
    struct certificate certificates[BURST];
    struct buffer storage[BURST];
    struct state_head last;
};

static struct burst *make_burst(void)
{
    struct burst *burst = calloc(1, sizeof *burst);
    executor_fixture_open(&fixture);
    executor_fixture_run_many(&fixture, BURST);
    for (uint64_t i = 0; i < BURST; i++) {
        struct block_record record;
        ck_assert_int_eq(block_store_read(fixture.blocks, i + 1, &burst->storage[i], &record),
                         BLOCK_STORE_OK);
        ck_assert(
            block_decode(&burst->blocks[i], record.block, fixture.error, sizeof fixture.error));
        ck_assert(certificate_decode(&burst->certificates[i], record.certificate, fixture.error,
                                     sizeof fixture.error));
    }
    executor_head(fixture.executor, &burst->last);
    executor_fixture_shut(&fixture);
    fixture_remove(fixture.blocks_path);
    fixture_remove(fixture.state_path);
    return burst;
}

static void free_burst(struct burst *burst)
{
    for (uint64_t i = 0; i < BURST; i++) {
        buffer_close(&burst->storage[i]);
    }
    free(burst);
}

/* Submit what the stores lack, all at once. */
static void submit_burst(const struct burst *burst, struct watch *watch)
{
    uv_loop_t loop;
    struct state_head head = begin(&loop, watch);
    for (uint64_t i = head.height; i < BURST; i++) {
        executor_submit(fixture.executor, &burst->blocks[i], &burst->certificates[i],
                        is_logged(i + 1));
    }
    executor_close(fixture.executor, NULL, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    struct state_snapshot *snapshot = state_snapshot_open(fixture.states);
    state_snapshot_head(snapshot, &head);
    state_snapshot_close(snapshot);
    watch->wrong |= !hash_equal(&head.state_root, &burst->last.state_root) ||
                    !hash_equal(&head.receipts_root, &burst->last.receipts_root);
    state_store_close(fixture.states);
    block_store_close(fixture.blocks);
}

START_TEST(commits_together_what_waits)
{
    struct burst *burst = make_burst();
    struct watch watch = {0};
    fixture.map_size = (size_t)256 * 1024; /* the group outgrows it, and is done again */
    submit_burst(burst, &watch);
    fixture.map_size = 0;
    ck_assert(!watch.wrong);
    ck_assert_uint_eq(watch.committed, BURST);
    free_burst(burst);
}
END_TEST

struct burst_death {
    const struct burst *burst;
    uint64_t operations;
};

static void burst_and_die(void *context)
{
    const struct burst_death *death = context;
    disk_inject(death->operations, 0);
    struct watch watch = {0};
    submit_burst(death->burst, &watch);
    if (watch.wrong) {
        _exit(6);
    }
}

/* Class 35 of docs/testing.md: Besu issue 4862. */
START_TEST(recovers_from_a_crash_amid_a_group)
{
    struct burst *burst = make_burst();
    int crashes = 0;
    struct buffer output = {0};
    for (uint64_t operations = 0; operations < 60; operations += 3) {
        struct burst_death death = {burst, operations};
        int code = fixture_child(burst_and_die, &death, &output);
        ck_assert_msg(code == 0 || code == DISK_CRASH_CODE, "code %d: %s", code,
                      buffer_text(&output));
        crashes += code == DISK_CRASH_CODE;
        (void)recovered();
    }
    ck_assert_int_gt(crashes, 5);
    buffer_close(&output);
    free_burst(burst);
}
END_TEST

struct death {
    uint64_t operations;
    int report;
};

/* The chain's own memory is lost with the process: nonces are those of the state. */
static void load_nonces(void)
{
    executor_fixture_open(&fixture);
    struct state_head head = executor_fixture_replay(&fixture);
    struct state_snapshot *snapshot = state_snapshot_open(fixture.states);
    struct state_source source = state_snapshot_source(snapshot);
    struct state *state = state_new(&source);
    for (uint32_t i = 0; i < EXECUTOR_USERS; i++) {
        struct market_key key;
        struct account account;
        key_account(&key, &fixture.chain.addresses[i]);
        bool found = record_load(state, &key, &account_schema, &account);
        assert(found);
        fixture.chain.nonces[i] = account.nonce;
    }
    state_free(state);
    state_snapshot_close(snapshot);
    if (head.height > 0) {
        struct buffer storage = {0};
        struct block_record record;
        if (block_store_read(fixture.blocks, head.height, &storage, &record) != BLOCK_STORE_OK ||
            !certificate_decode(fixture.chain.decided, record.certificate, fixture.error,
                                sizeof fixture.error)) {
            _exit(5);
        }
        buffer_close(&storage);
    }
    executor_fixture_shut(&fixture);
}

static void live_and_die(void *context)
{
    const struct death *death = context;
    load_nonces();
    disk_inject(death->operations, 0);
    struct watch watch = {0};
    run_on_loop(&watch, 6, death->report);
    if (watch.wrong) {
        _exit(6);
    }
}

/* Class 35 of docs/testing.md: Besu issue 4862. */
START_TEST(recovers_from_a_crash_at_any_operation)
{
    char path[FIXTURE_PATH_MAX];
    fixture_path(path, fixture.home, "report");
    int report = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int crashes = 0;
    struct buffer output = {0};
    for (uint64_t operations = 0; operations < 20; operations++) {
        struct death death = {operations, report};
        int code = fixture_child(live_and_die, &death, &output);
        ck_assert_msg(code == 0 || code == DISK_CRASH_CODE, "code %d: %s", code,
                      buffer_text(&output));
        crashes += code == DISK_CRASH_CODE;
        uint64_t committed = 0;
        ck_assert_int_ge(pread(report, &committed, 8, 0), 0);
        ck_assert_uint_ge(recovered().height, committed);
    }
    ck_assert_int_gt(crashes, 10);
    buffer_close(&output);
    close(report);
}
END_TEST

START_TEST(recovers_from_being_killed_at_any_time)
{
    uint64_t height = 0;
    for (int i = 0; i < 12 || (height == 0 && i < 200); i++) { /* a slow disk needs longer lives */
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            struct death death = {UINT64_MAX, -1};
            for (;;) {
                live_and_die(&death);
            }
        }
        usleep((useconds_t)(20000 + i * 9000));
        kill(child, SIGKILL);
        int status = 0;
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFSIGNALED(status));
        height = recovered().height;
    }
    /* And what came out of it is the same as an execution from nothing. */
    struct hash before = recovered().state_root;
    ck_assert_uint_gt(height, 0);
    fixture_remove(fixture.state_path);
    struct hash after = recovered().state_root;
    ck_assert(hash_equal(&after, &before));
}
END_TEST

static void submit_wrong_root(void *context)
{
    (void)context;
    uv_loop_t loop;
    uv_loop_init(&loop);
    executor_fixture_open_on(&fixture, &loop, NULL);
    executor_start(fixture.executor);
    struct block *block = malloc(sizeof *block);
    struct certificate *certificate = malloc(sizeof *certificate);
    fixture.chain.head.state_root.bytes[0] ^= 1;
    chain_block(&fixture.chain, block, certificate, (struct bytes){0});
    executor_submit(fixture.executor, block, certificate, true);
    uv_run(&loop, UV_RUN_DEFAULT);
}

/* Class 36 of docs/testing.md: Tendermint issue 350. */
START_TEST(a_certified_root_that_differs_stops_the_process)
{
    struct buffer output = {0};
    ck_assert_int_eq(fixture_child(submit_wrong_root, NULL, &output), 1);
    ck_assert_ptr_nonnull(strstr(buffer_text(&output), "kind=diverged"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&output), "state root"));
    buffer_close(&output);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("executor on a loop");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, reports_executed_then_committed_in_order);
    tcase_add_test(tests, commits_together_what_waits);
    tcase_add_test(tests, recovers_from_a_crash_amid_a_group);
    tcase_add_test(tests, recovers_from_a_crash_at_any_operation);
    tcase_add_test(tests, recovers_from_being_killed_at_any_time);
    tcase_add_test(tests, a_certified_root_that_differs_stops_the_process);
    return check_run("executor on a loop", tests);
}
