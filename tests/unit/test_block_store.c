#include "node/block_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "node/disk.h"
#include "tests/lib/check_run.h"
#include "tests/lib/storage_fixture.h"

static char directory[FIXTURE_PATH_MAX];
static char error[512];
static size_t segment_size;

static void set_up(void)
{
    fixture_directory(directory);
    segment_size = 4096;
}

static void tear_down(void)
{
    fixture_remove(directory);
}

static enum block_store_status try_open(struct block_store **store, bool read_only)
{
    struct block_store_options options = {directory, segment_size, read_only};
    return block_store_open(store, &options, error, sizeof error);
}

static struct block_store *must_open(void)
{
    struct block_store *store;
    enum block_store_status status = try_open(&store, false);
    ck_assert_msg(status == BLOCK_STORE_OK, "%s", error);
    return store;
}

/* A block that depends on its height alone. */
static struct block_record record_of(uint64_t height, uint8_t storage[1024])
{
    uint64_t random = height;
    check_random_fill(&random, storage, 1024);
    size_t size = (size_t)(check_random(&random) % 700);
    return (struct block_record){height, {storage, size}, {storage + size, 100}};
}

static void append(struct block_store *store, uint64_t height)
{
    uint8_t storage[1024];
    struct block_record record = record_of(height, storage);
    block_store_append(store, &record);
}

static void fill(uint64_t from, uint64_t to)
{
    struct block_store *store = must_open();
    for (uint64_t height = from; height <= to; height++) {
        append(store, height);
        block_store_sync(store);
    }
    block_store_close(store);
}

static void check_blocks(struct block_store *store, uint64_t from, uint64_t to)
{
    struct buffer buffer = {0};
    for (uint64_t height = from; height <= to; height++) {
        uint8_t storage[1024];
        struct block_record expected = record_of(height, storage);
        struct block_record found;
        ck_assert_int_eq(block_store_read(store, height, &buffer, &found), BLOCK_STORE_OK);
        ck_assert_uint_eq(found.height, height);
        ck_assert(bytes_equal(found.block, expected.block));
        ck_assert(bytes_equal(found.certificate, expected.certificate));
    }
    buffer_close(&buffer);
}

static void expect(uint64_t last)
{
    struct block_store *store = must_open();
    ck_assert_uint_eq(block_store_last_height(store), last);
    check_blocks(store, 1, last);
    block_store_close(store);
}

START_TEST(reads_what_was_appended)
{
    struct block_store *store = must_open();
    ck_assert_uint_eq(block_store_first_height(store), 0);
    ck_assert_uint_eq(block_store_last_height(store), 0);
    for (uint64_t height = 1; height <= 60; height++) {
        append(store, height);
        ck_assert_uint_eq(block_store_last_height(store), height);
        ck_assert_uint_lt(block_store_durable_height(store), height);
        if (height % 7 == 0) {
            block_store_sync(store);
            ck_assert_uint_eq(block_store_durable_height(store), height);
        }
        check_blocks(store, height, height);
    }
    check_blocks(store, 1, 60);
    struct buffer buffer = {0};
    struct block_record record;
    ck_assert_int_eq(block_store_read(store, 61, &buffer, &record), BLOCK_STORE_ABSENT);
    ck_assert_int_eq(block_store_read(store, 0, &buffer, &record), BLOCK_STORE_ABSENT);
    buffer_close(&buffer);
    ck_assert_uint_eq(block_store_first_height(store), 1);
    block_store_close(store);
    expect(60);
}
END_TEST

START_TEST(limits_a_range_by_count_and_size)
{
    fill(1, 50);
    struct block_store *store = must_open();
    ck_assert_uint_eq(block_store_range(store, 1, 10, SIZE_MAX), 10);
    ck_assert_uint_eq(block_store_range(store, 45, 10, SIZE_MAX), 6);
    ck_assert_uint_eq(block_store_range(store, 51, 10, SIZE_MAX), 0);
    ck_assert_uint_eq(block_store_range(store, 1, 10, 1), 1);
    uint32_t count = block_store_range(store, 1, 50, 4000);
    ck_assert_uint_gt(count, 3);
    ck_assert_uint_lt(count, 30);
    block_store_close(store);
}
END_TEST

START_TEST(drops_a_tail_torn_at_any_byte)
{
    fill(1, 2);
    char path[FIXTURE_PATH_MAX];
    ck_assert(fixture_file(path, directory, ".seg", 0));
    struct buffer before = {0};
    struct buffer after = {0};
    fixture_read_file(path, &before);
    fill(3, 3);
    fixture_read_file(path, &after);
    for (size_t cut = before.size; cut < after.size; cut += 1) {
        fixture_write_file(path, (struct bytes){after.data, cut});
        expect(2);
    }
    /* And goes on behind it. */
    fill(3, 10);
    expect(10);
    buffer_close(&before);
    buffer_close(&after);
}
END_TEST

START_TEST(a_flipped_bit_is_a_torn_tail_only_at_the_end)
{
    fill(1, 2);
    char path[FIXTURE_PATH_MAX];
    ck_assert(fixture_file(path, directory, ".seg", 0));
    struct buffer before = {0};
    struct buffer after = {0};
    fixture_read_file(path, &before);
    fill(3, 3);
    fixture_read_file(path, &after);
    for (size_t at = 0; at < after.size; at += 3) {
        after.data[at] ^= (uint8_t)(1 << at % 8);
        fixture_write_file(path, buffer_bytes(&after));
        after.data[at] ^= (uint8_t)(1 << at % 8);
        if (at >= before.size) {
            expect(2);
            continue;
        }
        struct block_store *store;
        ck_assert_int_eq(try_open(&store, false), BLOCK_STORE_CORRUPT);
        ck_assert_ptr_null(store);
        ck_assert_ptr_nonnull(strstr(error, path));
    }
    buffer_close(&before);
    buffer_close(&after);
}
END_TEST

START_TEST(finds_a_bit_that_flips_in_a_finished_segment)
{
    fill(1, 60);
    char path[FIXTURE_PATH_MAX];
    ck_assert(fixture_file(path, directory, ".seg", 1));
    struct buffer content = {0};
    fixture_read_file(path, &content);
    content.data[content.size / 2] ^= 4;
    fixture_write_file(path, buffer_bytes(&content));
    struct block_store *store = must_open();
    struct buffer buffer = {0};
    struct block_record record;
    int corrupt = 0;
    for (uint64_t height = 1; height <= 60; height++) {
        enum block_store_status status = block_store_read(store, height, &buffer, &record);
        corrupt += status == BLOCK_STORE_CORRUPT;
        if (status == BLOCK_STORE_CORRUPT) {
            block_store_explain(store, height, status, error, sizeof error);
            ck_assert_ptr_nonnull(strstr(error, ".seg: byte "));
            ck_assert_ptr_nonnull(
                strstr(error, "remove data/blocks and data/state, keep data/wal"));
        }
    }
    ck_assert_int_eq(corrupt, 1);
    block_store_close(store);
    buffer_close(&buffer);
    buffer_close(&content);
}
END_TEST

START_TEST(makes_a_lost_or_damaged_index_anew)
{
    fill(1, 60);
    char path[FIXTURE_PATH_MAX];
    ck_assert(fixture_file(path, directory, ".idx", 0));
    ck_assert_int_eq(unlink(path), 0);
    expect(60);
    struct buffer content = {0};
    fixture_read_file(path, &content);
    for (size_t at = 0; at < content.size; at++) {
        content.data[at] ^= 1;
        fixture_write_file(path, buffer_bytes(&content));
        content.data[at] ^= 1;
        expect(60);
        struct buffer again = {0};
        fixture_read_file(path, &again);
        ck_assert(bytes_equal(buffer_bytes(&content), buffer_bytes(&again)));
        buffer_close(&again);
    }
    buffer_close(&content);
}
END_TEST

START_TEST(refuses_a_missing_or_short_segment)
{
    fill(1, 60);
    char path[FIXTURE_PATH_MAX];
    ck_assert(fixture_file(path, directory, ".seg", 1));
    struct buffer content = {0};
    struct block_store *store;
    fixture_read_file(path, &content);
    fixture_write_file(path, (struct bytes){content.data, content.size - 1});
    ck_assert_int_eq(try_open(&store, false), BLOCK_STORE_CORRUPT);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(try_open(&store, false), BLOCK_STORE_CORRUPT);
    ck_assert_ptr_nonnull(strstr(error, "missing"));
    buffer_close(&content);
}
END_TEST

/* Its remedy is not to remove the blocks. */
START_TEST(a_stray_file_is_named)
{
    struct block_store *store;
    char path[FIXTURE_PATH_MAX];
    fixture_path(path, directory, "blocks-0000000000000001 (copy).seg");
    fixture_write_file(path, bytes_of_text("x"));
    ck_assert_int_eq(try_open(&store, false), BLOCK_STORE_CORRUPT);
    ck_assert_ptr_nonnull(strstr(error, "(copy).seg: this is no name of a block segment: move"));
}
END_TEST

START_TEST(reading_only_changes_nothing)
{
    fill(1, 20);
    char path[FIXTURE_PATH_MAX];
    size_t count = 0;
    while (fixture_file(path, directory, ".seg", count)) {
        count++;
    }
    ck_assert(fixture_file(path, directory, ".seg", count - 1));
    struct buffer content = {0};
    struct buffer again = {0};
    fixture_read_file(path, &content);
    content.size -= 5;
    fixture_write_file(path, buffer_bytes(&content));
    struct block_store *store;
    ck_assert_int_eq(try_open(&store, true), BLOCK_STORE_OK);
    ck_assert_uint_eq(block_store_last_height(store), 19);
    check_blocks(store, 1, 19);
    block_store_close(store);
    fixture_read_file(path, &again);
    ck_assert(bytes_equal(buffer_bytes(&content), buffer_bytes(&again)));
    buffer_close(&content);
    buffer_close(&again);
}
END_TEST

START_TEST(refuses_a_record_that_is_not_canonical)
{
    uint8_t storage[1024];
    struct block_record record = record_of(7, storage);
    struct block_record found;
    struct buffer content = {0};
    block_record_write(&content, &record);
    ck_assert(block_record_read(&found, buffer_bytes(&content)));
    ck_assert_uint_eq(found.height, 7);
    for (size_t size = 0; size < content.size; size++) {
        ck_assert(!block_record_read(&found, (struct bytes){content.data, size}));
    }
    buffer_append(&content, (struct bytes){storage, 1});
    ck_assert(!block_record_read(&found, buffer_bytes(&content)));
    buffer_close(&content);
}
END_TEST

START_TEST(opens_a_hundred_thousand_blocks_quickly)
{
    segment_size = 0;
    struct block_store *store = must_open();
    for (uint64_t height = 1; height <= 100000; height++) {
        append(store, height);
    }
    block_store_close(store);
    struct timespec begin;
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    store = must_open();
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds =
        (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    ck_assert_uint_eq(block_store_last_height(store), 100000);
    check_blocks(store, 99990, 100000);
    ck_assert_msg(seconds < 30.0, "%f s", seconds);
    block_store_close(store);
}
END_TEST

struct death {
    uint64_t operations;
    int error;
    int report;
};

static void live_and_die(void *context)
{
    const struct death *death = context;
    disk_inject(death->operations, death->error);
    struct block_store *store;
    if (try_open(&store, false) != BLOCK_STORE_OK) {
        _exit(death->error == 0 ? 3 : 1);
    }
    for (int i = 0; i < 30; i++) {
        append(store, block_store_last_height(store) + 1);
        if (i % 3 == 2) {
            block_store_sync(store);
            uint64_t durable = block_store_durable_height(store);
            ssize_t size = pwrite(death->report, &durable, sizeof durable, 0);
            assert(size == (ssize_t)sizeof durable);
        }
    }
    block_store_close(store);
}

START_TEST(keeps_what_was_durable_through_a_crash_at_any_operation)
{
    char path[FIXTURE_PATH_MAX];
    fixture_path(path, directory, "report");
    int report = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(report, 0);
    int crashes = 0;
    for (uint64_t operations = 0; operations < 60; operations++) {
        struct death death = {operations, 0, report};
        int code = fixture_child(live_and_die, &death, NULL);
        ck_assert_msg(code == 0 || code == DISK_CRASH_CODE, "exit code %d", code);
        crashes += code == DISK_CRASH_CODE;
        uint64_t durable = 0;
        ck_assert_int_ge(pread(report, &durable, sizeof durable, 0), 0);
        struct block_store *store = must_open();
        ck_assert_uint_ge(block_store_last_height(store), durable);
        check_blocks(store, 1, block_store_last_height(store));
        block_store_close(store);
    }
    ck_assert_int_gt(crashes, 40);
    close(report);
}
END_TEST

START_TEST(a_failed_disk_operation_stops_the_process)
{
    static const int errors[] = {EIO, ENOSPC};
    struct buffer output = {0};
    fill(1, 3);
    for (uint64_t operations = 2; operations < 30; operations++) {
        struct death death = {operations, errors[operations % 2], open("/dev/null", O_WRONLY)};
        int code = fixture_child(live_and_die, &death, &output);
        close(death.report);
        ck_assert_int_eq(code, 1);
        ck_assert_ptr_nonnull(strstr(buffer_text(&output), "event=fault kind=disk"));
    }
    buffer_close(&output);
}
END_TEST

START_TEST(a_full_disk_stops_the_process)
{
    if (!fixture_mount_small(directory, (size_t)128 * 1024)) {
        return;
    }
    struct buffer output = {0};
    struct death death = {UINT64_MAX, 0, open("/dev/null", O_WRONLY)};
    int code = 0;
    for (int i = 0; i < 100 && code == 0; i++) {
        code = fixture_child(live_and_die, &death, &output);
    }
    ck_assert_int_eq(code, 1);
    ck_assert_ptr_nonnull(strstr(buffer_text(&output), "No space left"));
    close(death.report);
    buffer_close(&output);
    fixture_unmount(directory);
}
END_TEST

/* Or the commands that make room would not begin. */
START_TEST(an_index_that_finds_no_room_is_done_without)
{
    char path[FIXTURE_PATH_MAX];
    static const uint8_t page[4096];
    if (!fixture_mount_small(directory, (size_t)256 * 1024)) {
        return;
    }
    fill(1, 30);
    ck_assert(fixture_file(path, directory, ".idx", 0));
    ck_assert_int_eq(unlink(path), 0);
    fixture_path(path, directory, "filler");
    int filler = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    while (write(filler, page, sizeof(page)) > 0) {
    }
    ck_assert_int_eq(errno, ENOSPC);
    close(filler);
    struct block_store *store = must_open();
    check_blocks(store, 1, 30);
    block_store_drop_before(store, 20);
    ck_assert_uint_gt(block_store_first_height(store), 1);
    block_store_close(store);
    fixture_unmount(directory);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("block_store");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, reads_what_was_appended);
    tcase_add_test(tests, limits_a_range_by_count_and_size);
    tcase_add_test(tests, drops_a_tail_torn_at_any_byte);
    tcase_add_test(tests, a_flipped_bit_is_a_torn_tail_only_at_the_end);
    tcase_add_test(tests, finds_a_bit_that_flips_in_a_finished_segment);
    tcase_add_test(tests, makes_a_lost_or_damaged_index_anew);
    tcase_add_test(tests, refuses_a_missing_or_short_segment);
    tcase_add_test(tests, a_stray_file_is_named);
    tcase_add_test(tests, reading_only_changes_nothing);
    tcase_add_test(tests, refuses_a_record_that_is_not_canonical);
    tcase_add_test(tests, opens_a_hundred_thousand_blocks_quickly);
    tcase_add_test(tests, keeps_what_was_durable_through_a_crash_at_any_operation);
    tcase_add_test(tests, a_failed_disk_operation_stops_the_process);
    tcase_add_test(tests, a_full_disk_stops_the_process);
    tcase_add_test(tests, an_index_that_finds_no_room_is_done_without);
    return check_run("block_store", tests);
}
