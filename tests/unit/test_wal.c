#include "node/wal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "node/disk.h"
#include "node/segment.h"
#include "tests/lib/check_run.h"
#include "tests/lib/storage_fixture.h"

/* A log with its loop, and what was read at opening. */
struct bench {
    char directory[FIXTURE_PATH_MAX];
    uv_loop_t loop;
    struct wal *wal;
    size_t segment_size;
    uint64_t durable;
    uint64_t count; /* records seen at opening */
    uint64_t first; /* sequence of the first one */
    bool wrong;
    char error[512];
};

/* Record number s has a content that depends on s alone. */
static struct bytes payload_of(uint64_t sequence, uint8_t storage[512])
{
    uint64_t random = sequence;
    size_t size = (size_t)(check_random(&random) % 200);
    check_random_fill(&random, storage, size);
    return (struct bytes){storage, size};
}

static bool on_record(void *context, const struct wal_record *record)
{
    struct bench *bench = context;
    uint8_t storage[512];
    if (bench->count == 0) {
        bench->first = record->sequence;
    }
    bench->wrong |= record->sequence != bench->first + bench->count ||
                    record->type != (uint8_t)record->sequence ||
                    record->height != record->sequence / 4 ||
                    !bytes_equal(record->payload, payload_of(record->sequence, storage));
    bench->count++;
    return true;
}

static void on_durable(void *context, uint64_t sequence)
{
    struct bench *bench = context;
    assert(sequence > bench->durable);
    bench->durable = sequence;
}

static enum wal_status bench_open(struct bench *bench)
{
    bench->durable = 0;
    bench->count = 0;
    bench->first = 0;
    bench->wrong = false;
    int failure = uv_loop_init(&bench->loop);
    assert(failure == 0);
    struct wal_options options = {.directory = bench->directory,
                                  .segment_size = bench->segment_size,
                                  .loop = &bench->loop,
                                  .context = bench,
                                  .on_record = on_record,
                                  .on_durable = on_durable};
    return wal_open(&bench->wal, &options, bench->error, sizeof bench->error);
}

static void bench_close(struct bench *bench)
{
    if (bench->wal != NULL) {
        wal_close(bench->wal, NULL, NULL);
    }
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    int failure = uv_loop_close(&bench->loop);
    assert(failure == 0);
    bench->wal = NULL;
}

static uint64_t bench_append(struct bench *bench)
{
    uint8_t storage[512];
    uint64_t sequence = wal_appended(bench->wal) + 1;
    uint64_t given =
        wal_append(bench->wal, (uint8_t)sequence, sequence / 4, payload_of(sequence, storage));
    assert(given == sequence);
    wal_flush(bench->wal);
    return sequence;
}

static void bench_wait(struct bench *bench, uint64_t sequence)
{
    wal_flush(bench->wal);
    while (bench->durable < sequence) {
        uv_run(&bench->loop, UV_RUN_ONCE);
    }
}

/* Make a log of `count` records, each in a group of its own. */
static void bench_fill(struct bench *bench, uint64_t count)
{
    ck_assert_int_eq(bench_open(bench), WAL_OK);
    for (uint64_t i = 0; i < count; i++) {
        bench_wait(bench, bench_append(bench));
    }
    bench_close(bench);
}

static void expect(struct bench *bench, uint64_t count)
{
    ck_assert_msg(bench_open(bench) == WAL_OK, "%s", bench->error);
    ck_assert(!bench->wrong);
    ck_assert_uint_eq(bench->count, count);
    bench_close(bench);
}

static struct bench bench;

static void set_up(void)
{
    bench = (struct bench){.segment_size = 32768};
    fixture_directory(bench.directory);
}

static void tear_down(void)
{
    fixture_remove(bench.directory);
}

START_TEST(gives_back_what_was_appended)
{
    bench_fill(&bench, 100);
    expect(&bench, 100);
}
END_TEST

START_TEST(merges_appends_into_groups)
{
    bench.segment_size = 0;
    ck_assert_int_eq(bench_open(&bench), WAL_OK);
    for (int i = 0; i < 1000; i++) {
        bench_append(&bench);
    }
    bench_wait(&bench, 1000);
    ck_assert_uint_eq(wal_pending_size(bench.wal), 0);
    struct wal_statistics statistics;
    wal_read_statistics(bench.wal, &statistics);
    ck_assert_uint_eq(statistics.record_count, 1000);
    ck_assert_uint_lt(statistics.sync_count, 500);
    uint64_t total = 0;
    for (size_t i = 0; i < WAL_BUCKET_COUNT; i++) {
        total += statistics.buckets[i];
    }
    ck_assert_uint_eq(total, statistics.sync_count);
    bench_close(&bench);
    expect(&bench, 1000);
}
END_TEST

/* A writer that took the first as soon as it is there would sync twice. */
START_TEST(writes_with_one_sync_what_one_flush_covers)
{
    bench.segment_size = 0;
    ck_assert_int_eq(bench_open(&bench), WAL_OK);
    for (uint64_t last = 2; last <= 20; last += 2) {
        uint8_t storage[512];
        (void)wal_append(bench.wal, 1, 1, payload_of(last - 1, storage));
        (void)usleep(2000);
        ck_assert_uint_eq(wal_durable(bench.wal), last - 2);
        (void)wal_append(bench.wal, 2, 2, payload_of(last, storage));
        wal_flush(bench.wal);
        bench_wait(&bench, last);
    }
    struct wal_statistics statistics;
    wal_read_statistics(bench.wal, &statistics);
    ck_assert_uint_eq(statistics.sync_count, 10);
    bench_close(&bench);
}
END_TEST

START_TEST(closing_makes_everything_durable)
{
    ck_assert_int_eq(bench_open(&bench), WAL_OK);
    for (int i = 0; i < 50; i++) {
        bench_append(&bench);
    }
    bench_close(&bench);
    expect(&bench, 50);
}
END_TEST

/* Where each record of the only segment begins and ends, and where the copy of the last ends. */
struct layout {
    uint64_t offsets[64];
    uint64_t ends[64];
    size_t count;
    uint64_t end;
    char path[FIXTURE_PATH_MAX];
    struct buffer content;
};

static bool note_record(void *context, const struct segment_record *record)
{
    struct layout *layout = context;
    layout->ends[layout->count] = record->offset + SEGMENT_FRAME_SIZE + record->content.size;
    layout->offsets[layout->count++] = record->offset;
    return true;
}

/* Between a group of one record and its copy. */
static bool is_padding(const struct layout *layout, uint64_t at)
{
    bool padding = false;
    for (size_t i = 0; i < layout->count; i++) {
        padding |= at >= layout->ends[i] && at < segment_copy_offset(layout->ends[i]);
    }
    return padding;
}

static void read_layout(struct layout *layout)
{
    *layout = (struct layout){0};
    bool found = fixture_file(layout->path, bench.directory, ".log", 0);
    ck_assert(found);
    fixture_read_file(layout->path, &layout->content);
    struct segment_header header;
    struct segment_scan scan;
    ck_assert(segment_read_header(&header, buffer_bytes(&layout->content), SEGMENT_WAL));
    ck_assert_int_eq(
        segment_scan(&scan, &header, buffer_bytes(&layout->content), note_record, layout),
        SEGMENT_GOOD);
    layout->end = scan.end;
}

/* Class 34 of docs/testing.md: Tendermint issues 3295 and 4578. */
START_TEST(drops_a_tail_torn_at_any_byte)
{
    bench_fill(&bench, 3);
    struct layout layout;
    read_layout(&layout);
    ck_assert_uint_eq(layout.count, 3);
    for (uint64_t cut = layout.offsets[2]; cut < layout.end; cut++) {
        /* As the disk may leave it: nothing after the cut, or what was allocated. */
        uint64_t end = layout.ends[2];
        fixture_write_file(layout.path, (struct bytes){layout.content.data, (size_t)cut});
        expect(&bench, cut < end ? 2 : 3);
        struct buffer padded = {0};
        buffer_append(&padded, (struct bytes){layout.content.data, (size_t)cut});
        for (uint64_t i = cut; i < bench.segment_size; i++) {
            buffer_append(&padded, (struct bytes){(const uint8_t *)"", 1});
        }
        fixture_write_file(layout.path, buffer_bytes(&padded));
        buffer_close(&padded);
        bool whole = cut >= end || (layout.content.data[end - 1] == 0 && cut == end - 1);
        expect(&bench, whole ? 3 : 2);
        cut += cut > end ? 60 : 0;
    }
    buffer_close(&layout.content);
}
END_TEST

/* What rotted while a later record says that it was durable is refused. The last group has a copy. */
START_TEST(a_flipped_bit_is_refused_or_mended)
{
    bench_fill(&bench, 4);
    struct layout layout;
    read_layout(&layout);
    for (uint64_t at = layout.offsets[0]; at < layout.end; at++) {
        at += is_padding(&layout, at) ? 50 : 0;
        uint8_t bit = (uint8_t)(1 << at % 8);
        layout.content.data[at] ^= bit;
        fixture_write_file(layout.path, buffer_bytes(&layout.content));
        layout.content.data[at] ^= bit;
        if (at >= layout.offsets[3] || is_padding(&layout, at)) {
            expect(&bench, 4);
            continue;
        }
        ck_assert_int_eq(bench_open(&bench), WAL_CORRUPT);
        ck_assert_ptr_nonnull(strstr(bench.error, layout.path));
        ck_assert_ptr_nonnull(strstr(bench.error, "damaged"));
        bench_close(&bench);
    }
    buffer_close(&layout.content);
}
END_TEST

/* Class 8 of docs/testing.md: Tendermint issues 10108 and 3418. A sector, of the last group or of its copy; and it is
 * durable again where it belongs. */
START_TEST(a_lost_sector_of_the_last_group_is_forgotten_by_nobody)
{
    bench_fill(&bench, 5);
    struct layout layout;
    read_layout(&layout);
    for (uint64_t at = layout.offsets[4] / 512 * 512; at < layout.end; at += 512) {
        struct buffer spoilt = {0};
        buffer_append(&spoilt, buffer_bytes(&layout.content));
        uint64_t begin = at < layout.offsets[4] ? layout.offsets[4] : at;
        memset(spoilt.data + begin, 0, (size_t)(at + 512 - begin));
        fixture_write_file(layout.path, buffer_bytes(&spoilt));
        expect(&bench, 5);
        fixture_read_file(layout.path, &spoilt);
        ck_assert_mem_eq(spoilt.data, layout.content.data, (size_t)layout.ends[4]);
        buffer_close(&spoilt);
    }
    buffer_close(&layout.content);
}
END_TEST

/* Its sector and that of the copy: as after a power cut before the sync returned. */
START_TEST(a_group_torn_with_its_copy_is_dropped)
{
    bench_fill(&bench, 3);
    struct layout layout;
    read_layout(&layout);
    layout.content.data[layout.offsets[2] + 20] ^= 1;
    layout.content.data[layout.end - 1] ^= 1;
    fixture_write_file(layout.path, buffer_bytes(&layout.content));
    expect(&bench, 2);
    buffer_close(&layout.content);
}
END_TEST

/* A large group has no copy, but the word that it was durable. */
START_TEST(rot_in_a_large_last_group_is_refused)
{
    struct buffer large = {0};
    struct layout layout;
    bench.segment_size = 4 * WAL_COPY_MAX;
    buffer_reserve(&large, WAL_COPY_MAX);
    memset(large.data, 7, WAL_COPY_MAX);
    large.size = WAL_COPY_MAX;
    ck_assert_int_eq(bench_open(&bench), WAL_OK);
    bench_wait(&bench, wal_append(bench.wal, 1, 1, buffer_bytes(&large)));
    bench_close(&bench);
    read_layout(&layout);
    ck_assert_uint_lt(layout.end, WAL_COPY_MAX + 2 * SEGMENT_COPY_ALIGN);
    layout.content.data[layout.ends[0] - 1] ^= 1;
    fixture_write_file(layout.path, buffer_bytes(&layout.content));
    ck_assert_int_eq(bench_open(&bench), WAL_CORRUPT);
    ck_assert_ptr_nonnull(strstr(bench.error, "damaged"));
    bench_close(&bench);
    /* The word itself may rot. */
    layout.content.data[layout.ends[0] - 1] ^= 1;
    layout.content.data[layout.end - 1] ^= 1;
    fixture_write_file(layout.path, buffer_bytes(&layout.content));
    ck_assert_int_eq(bench_open(&bench), WAL_OK);
    ck_assert_uint_eq(bench.count, 1);
    bench_close(&bench);
    buffer_close(&layout.content);
    buffer_close(&large);
}
END_TEST

/* Two records of one group: the first torn, the second whole. No fsync covered either. */
START_TEST(drops_a_whole_group_with_a_torn_beginning)
{
    bench_fill(&bench, 2);
    struct layout layout;
    read_layout(&layout);
    struct segment_header header;
    ck_assert(segment_read_header(&header, buffer_bytes(&layout.content), SEGMENT_WAL));
    struct buffer group = {0};
    static const uint8_t content[30] = {1};
    segment_write_record(&group, &header, layout.end, layout.end, BYTES_OF(content));
    size_t second = group.size;
    segment_write_record(&group, &header, layout.end + second, layout.end, BYTES_OF(content));
    memcpy(layout.content.data + layout.end, group.data, group.size);
    layout.content.data[layout.end + 20] ^= 1;
    fixture_write_file(layout.path, buffer_bytes(&layout.content));
    expect(&bench, 2);
    /* And the second record must not come back when a new one ends where it began. */
    ck_assert_int_eq(bench_open(&bench), WAL_OK);
    while (wal_appended(bench.wal) < 30) {
        bench_wait(&bench, bench_append(&bench));
    }
    bench_close(&bench);
    expect(&bench, 30);
    buffer_close(&group);
    buffer_close(&layout.content);
}
END_TEST

/* The start of a validator waits for its record while no loop runs yet. */
START_TEST(waits_for_a_record_without_the_loop)
{
    ck_assert_int_eq(bench_open(&bench), WAL_OK);
    uint64_t sequence = bench_append(&bench);
    wal_wait(bench.wal, sequence);
    ck_assert_uint_eq(wal_durable(bench.wal), sequence);
    wal_wait(bench.wal, 0);
    bench_close(&bench);
    expect(&bench, 1);
}
END_TEST

START_TEST(rotates_and_deletes_what_is_decided)
{
    bench_fill(&bench, 400);
    ck_assert_int_eq(bench_open(&bench), WAL_OK);
    struct wal_statistics before;
    struct wal_statistics after;
    wal_read_statistics(bench.wal, &before);
    ck_assert_uint_gt(before.segment_count, 8);
    wal_truncate_before(bench.wal, 50);
    bench_wait(&bench, bench_append(&bench));
    bench_wait(&bench, bench_append(&bench));
    bench_close(&bench);
    ck_assert_int_eq(bench_open(&bench), WAL_OK);
    ck_assert(!bench.wrong);
    wal_read_statistics(bench.wal, &after);
    ck_assert_uint_lt(after.segment_count, before.segment_count);
    ck_assert_uint_gt(bench.first, 100);
    ck_assert_uint_le(bench.first, 200);
    ck_assert_uint_eq(bench.first + bench.count - 1, 402);
    wal_truncate_before(bench.wal, 100000);
    bench_wait(&bench, bench_append(&bench));
    bench_close(&bench);
    ck_assert_int_eq(bench_open(&bench), WAL_OK);
    ck_assert(!bench.wrong);
    wal_read_statistics(bench.wal, &after);
    ck_assert_uint_eq(after.segment_count, 1);
    ck_assert_uint_eq(bench_append(&bench), 404);
    bench_close(&bench);
}
END_TEST

START_TEST(refuses_a_missing_segment)
{
    bench_fill(&bench, 200);
    char path[FIXTURE_PATH_MAX];
    ck_assert(fixture_file(path, bench.directory, ".log", 1));
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(bench_open(&bench), WAL_CORRUPT);
    ck_assert_ptr_nonnull(strstr(bench.error, "missing"));
    bench_close(&bench);
}
END_TEST

/* Its remedy is not to remove the log. */
START_TEST(names_a_stray_file)
{
    char path[FIXTURE_PATH_MAX];
    bench_fill(&bench, 2);
    fixture_path(path, bench.directory, "wal-0000000000000001 (copy).log");
    fixture_write_file(path, bytes_of_text("x"));
    ck_assert_int_eq(bench_open(&bench), WAL_CORRUPT);
    ck_assert_ptr_nonnull(
        strstr(bench.error, "(copy).log: this is no name of a log segment: move"));
    bench_close(&bench);
}
END_TEST

START_TEST(refuses_a_torn_segment_that_others_follow)
{
    bench_fill(&bench, 200);
    char path[FIXTURE_PATH_MAX];
    ck_assert(fixture_file(path, bench.directory, ".log", 1));
    struct buffer content = {0};
    fixture_read_file(path, &content);
    fixture_write_file(path, (struct bytes){content.data, content.size / 2});
    ck_assert_int_eq(bench_open(&bench), WAL_CORRUPT);
    bench_close(&bench);
    content.data[20] ^= 1;
    fixture_write_file(path, buffer_bytes(&content));
    ck_assert_int_eq(bench_open(&bench), WAL_CORRUPT);
    bench_close(&bench);
    buffer_close(&content);
}
END_TEST

START_TEST(takes_records_larger_than_a_segment)
{
    ck_assert_int_eq(bench_open(&bench), WAL_OK);
    struct buffer large = {0};
    buffer_reserve(&large, 100000);
    memset(large.data, 7, 100000);
    large.size = 100000;
    for (int i = 0; i < 3; i++) {
        bench_append(&bench);
        wal_append(bench.wal, 1, 1, buffer_bytes(&large));
    }
    bench_close(&bench);
    ck_assert_int_eq(bench_open(&bench), WAL_OK);
    ck_assert_uint_eq(bench.count, 6);
    bench_close(&bench);
    buffer_close(&large);
}
END_TEST

START_TEST(scanning_changes_nothing)
{
    bench_fill(&bench, 3);
    struct layout layout;
    read_layout(&layout);
    struct wal_options options = {
        .directory = bench.directory, .context = &bench, .on_record = on_record};
    for (int spoilt = 1; spoilt <= 2; spoilt++) {
        uint64_t torn = 0;
        struct buffer again = {0};
        layout.content.data[spoilt == 1 ? layout.offsets[2] + 3 : layout.end - 1] ^= 1;
        fixture_write_file(layout.path, buffer_bytes(&layout.content));
        bench.count = 0;
        ck_assert_int_eq(wal_scan(&options, &torn, bench.error, sizeof bench.error), WAL_OK);
        ck_assert_uint_eq(bench.count, spoilt == 1 ? 3 : 2); /* by the copy, and without it */
        ck_assert(spoilt == 1 ? torn == 0 : torn > 0);
        fixture_read_file(layout.path, &again);
        ck_assert(bytes_equal(buffer_bytes(&again), buffer_bytes(&layout.content)));
        buffer_close(&again);
    }
    buffer_close(&layout.content);
}
END_TEST

/* A process that dies in its n-th disk operation. It writes the last durable sequence to a file. */
struct death {
    uint64_t operations;
    int error;
    int report;
};

static void live_and_die(void *context)
{
    const struct death *death = context;
    disk_inject(death->operations, death->error);
    if (bench_open(&bench) != WAL_OK) {
        _exit(death->error == 0 ? 3 : 1);
    }
    for (int i = 0; i < 60; i++) {
        uint64_t sequence = bench_append(&bench);
        if (i % 3 == 0) {
            bench_wait(&bench, sequence);
            ssize_t size = pwrite(death->report, &sequence, sizeof sequence, 0);
            assert(size == (ssize_t)sizeof sequence);
        }
        if (i % 20 == 0 && sequence > 40) {
            wal_truncate_before(bench.wal, (sequence - 40) / 4);
        }
    }
    bench_close(&bench);
}

START_TEST(keeps_what_was_durable_through_a_crash_at_any_operation)
{
    char path[FIXTURE_PATH_MAX];
    fixture_path(path, bench.directory, "report");
    int report = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(report, 0);
    int crashes = 0;
    for (uint64_t operations = 0; operations < 70; operations++) {
        struct death death = {operations, 0, report};
        int code = fixture_child(live_and_die, &death, NULL);
        ck_assert_msg(code == 0 || code == DISK_CRASH_CODE, "exit code %d", code);
        crashes += code == DISK_CRASH_CODE;
        uint64_t durable = 0;
        ck_assert_int_ge(pread(report, &durable, sizeof durable, 0), 0);
        ck_assert_msg(bench_open(&bench) == WAL_OK, "%s", bench.error);
        ck_assert(!bench.wrong);
        ck_assert_uint_ge(wal_appended(bench.wal), durable);
        bench_close(&bench);
    }
    ck_assert_int_gt(crashes, 40);
    close(report);
}
END_TEST

START_TEST(a_failed_disk_operation_stops_the_process)
{
    static const int errors[] = {EIO, ENOSPC};
    struct buffer output = {0};
    bench_fill(&bench, 10);
    int stopped = 0;
    for (uint64_t operations = 0; operations < 30; operations++) {
        struct death death = {operations, errors[operations % 2], open("/dev/null", O_WRONLY)};
        int code = fixture_child(live_and_die, &death, &output);
        close(death.report);
        ck_assert_int_eq(code, 1);
        if (output.size > 0) {
            const char *text = buffer_text(&output);
            ck_assert_ptr_nonnull(strstr(text, "event=fault kind=disk"));
            ck_assert_ptr_nonnull(strstr(text, "failed"));
            stopped++;
        }
    }
    ck_assert_int_gt(stopped, 10);
    buffer_close(&output);
}
END_TEST

/* Class 35 of docs/testing.md: Besu issue 4862. */
START_TEST(a_full_disk_stops_the_process)
{
    if (!fixture_mount_small(bench.directory, (size_t)96 * 1024)) {
        return;
    }
    struct buffer output = {0};
    bench.segment_size = (size_t)64 * 1024;
    struct death death = {UINT64_MAX, 0, open("/dev/null", O_WRONLY)};
    int code = 0;
    for (int i = 0; i < 100 && code == 0; i++) {
        code = fixture_child(live_and_die, &death, &output);
    }
    ck_assert_int_eq(code, 1);
    ck_assert_ptr_nonnull(strstr(buffer_text(&output), "No space left"));
    close(death.report);
    buffer_close(&output);
    fixture_unmount(bench.directory);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("wal");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, gives_back_what_was_appended);
    tcase_add_test(tests, merges_appends_into_groups);
    tcase_add_test(tests, writes_with_one_sync_what_one_flush_covers);
    tcase_add_test(tests, closing_makes_everything_durable);
    tcase_add_test(tests, drops_a_tail_torn_at_any_byte);
    tcase_add_test(tests, a_flipped_bit_is_refused_or_mended);
    tcase_add_test(tests, a_lost_sector_of_the_last_group_is_forgotten_by_nobody);
    tcase_add_test(tests, a_group_torn_with_its_copy_is_dropped);
    tcase_add_test(tests, rot_in_a_large_last_group_is_refused);
    tcase_add_test(tests, drops_a_whole_group_with_a_torn_beginning);
    tcase_add_test(tests, waits_for_a_record_without_the_loop);
    tcase_add_test(tests, rotates_and_deletes_what_is_decided);
    tcase_add_test(tests, refuses_a_missing_segment);
    tcase_add_test(tests, names_a_stray_file);
    tcase_add_test(tests, refuses_a_torn_segment_that_others_follow);
    tcase_add_test(tests, takes_records_larger_than_a_segment);
    tcase_add_test(tests, scanning_changes_nothing);
    tcase_add_test(tests, keeps_what_was_durable_through_a_crash_at_any_operation);
    tcase_add_test(tests, a_failed_disk_operation_stops_the_process);
    tcase_add_test(tests, a_full_disk_stops_the_process);
    return check_run("wal", tests);
}
