#include "node/blob_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include "base/memory.h"
#include "node/disk.h"
#include "tests/lib/check_run.h"
#include "tests/lib/storage_fixture.h"

#define SIZE  700000u /* three segments */
#define QUOTA 2000000u

static char directory[FIXTURE_PATH_MAX];
static struct blob_store *store;
static struct hash wanted; /* of the only blob that somebody waits for */
static char error[200];

static bool is_wanted(void *context, const struct hash *root)
{
    (void)context;
    return hash_equal(root, &wanted);
}

static bool open_store(void)
{
    const struct blob_store_options options = {
        .directory = directory, .quota = QUOTA, .wanted = is_wanted};
    return blob_store_open(&store, &options, error, sizeof(error));
}

static void start(void)
{
    char parent[FIXTURE_PATH_MAX];
    fixture_directory(parent);
    fixture_path(directory, parent, "blobs");
    memset(&wanted, 0, sizeof(wanted));
    ck_assert_msg(open_store(), "%s", error);
}

static void stop(void)
{
    disk_inject(UINT64_MAX, EIO);
    blob_store_close(store);
    fixture_remove(directory);
}

/* Bytes that depend on a number, and their root. */
static struct bytes make(uint32_t size, uint8_t number, struct hash *root)
{
    uint8_t *data = memory_new(size);
    for (uint32_t i = 0; i < size; i++) {
        data[i] = (uint8_t)((i / 4096 + i) * 7 + number);
    }
    merkle_blob_root(root, (struct bytes){data, size});
    return (struct bytes){data, size};
}

static void release(struct bytes blob)
{
    void *data;
    memcpy(&data, &blob.data, sizeof(data));
    free(data);
}

static enum blob_status write_blob(const struct hash *root, struct bytes blob, bool needed)
{
    struct blob_writer *writer;
    enum blob_status status = blob_writer_open(&writer, store, root, (uint32_t)blob.size, needed);
    if (status == BLOB_OK) {
        /* The end first: the order does not matter. */
        uint32_t half = (uint32_t)blob.size / 2;
        status = blob_writer_put(writer, half, (struct bytes){blob.data + half, blob.size - half});
        ck_assert_int_eq(status, BLOB_OK);
        ck_assert_int_eq(blob_writer_put(writer, 0, (struct bytes){blob.data, half}), BLOB_OK);
        ck_assert(!blob_store_has(store, root, 0));
        status = blob_writer_finish(writer);
        blob_writer_close(writer);
    }
    return status;
}

static enum blob_status put(uint32_t size, uint8_t number, struct hash *root)
{
    struct bytes blob = make(size, number, root);
    enum blob_status status = write_blob(root, blob, false);
    release(blob);
    return status;
}

static struct blob_usage usage(void)
{
    struct blob_usage out;
    blob_store_read_usage(store, &out);
    return out;
}

/* As if it had been there for as many seconds. */
static void age(const struct hash *root, int seconds)
{
    char name[65];
    char path[FIXTURE_PATH_MAX];
    hex_encode(name, BYTES_OF(root->bytes));
    fixture_path(path, directory, name);
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    const struct utimbuf times = {status.st_mtime - seconds, status.st_mtime - seconds};
    ck_assert_int_eq(utime(path, &times), 0);
    blob_store_close(store);
    ck_assert_msg(open_store(), "%s", error);
}

static void check_held(const struct hash *root, struct bytes blob)
{
    struct bytes mapped;
    struct buffer list = {0};
    struct hash found;
    ck_assert(blob_store_has(store, root, (uint32_t)blob.size));
    ck_assert(!blob_store_has(store, root, (uint32_t)blob.size + 1));
    ck_assert(blob_store_map(store, root, &mapped));
    ck_assert(bytes_equal(mapped, blob));
    blob_store_unmap(mapped);
    ck_assert(blob_store_segments(store, root, &list));
    ck_assert_uint_eq(list.size, merkle_segment_count(blob.size) * sizeof(struct hash));
    merkle_segments_root(&found, (struct hash *)(void *)list.data, blob.size);
    ck_assert(hash_equal(&found, root));
    buffer_close(&list);
}

/* Otherwise it would be fetched for ever. */
START_TEST(a_blob_that_was_cut_off_or_grew_is_replaced)
{
    static const off_t sizes[] = {50000, 150000};
    struct hash root;
    char name[65];
    char path[FIXTURE_PATH_MAX];
    struct bytes blob = make(100000, 1, &root);
    ck_assert_int_eq(write_blob(&root, blob, false), BLOB_OK);
    hex_encode(name, BYTES_OF(root.bytes));
    fixture_path(path, directory, name);
    blob_store_close(store);
    ck_assert_int_eq(truncate(path, sizes[_i]), 0);
    ck_assert_msg(open_store(), "%s", error);
    ck_assert(!blob_store_has(store, &root, 100000));
    struct blob_writer *writer;
    ck_assert_int_eq(blob_writer_open(&writer, store, &root, 100000, true), BLOB_OK);
    ck_assert_int_eq(blob_writer_put(writer, 0, blob), BLOB_OK);
    ck_assert_int_eq(blob_writer_finish(writer), BLOB_OK);
    blob_writer_close(writer);
    ck_assert(blob_store_has(store, &root, 100000));
    ck_assert_uint_eq(usage().count, 1);
    ck_assert_uint_eq(usage().bytes, 100000);
    ck_assert_uint_eq(usage().unused_bytes, 100000);
    check_held(&root, blob);
    release(blob);
}
END_TEST

START_TEST(holds_what_is_whole_also_after_a_restart)
{
    struct hash root;
    struct bytes blob = make(SIZE, 1, &root);
    ck_assert_int_eq(write_blob(&root, blob, false), BLOB_OK);
    check_held(&root, blob);
    blob_store_close(store);
    ck_assert_msg(open_store(), "%s", error);
    check_held(&root, blob);
    ck_assert_uint_eq(usage().bytes, SIZE);
    release(blob);
}
END_TEST

START_TEST(drops_wrong_bytes_and_what_was_not_finished)
{
    struct hash root;
    struct hash other;
    struct bytes blob = make(SIZE, 1, &root);
    char path[FIXTURE_PATH_MAX];
    other = root;
    other.bytes[0] ^= 1;
    ck_assert_int_eq(write_blob(&other, blob, false), BLOB_WRONG);
    ck_assert(!blob_store_has(store, &other, 0));
    struct blob_writer *writer;
    ck_assert_int_eq(blob_writer_open(&writer, store, &root, SIZE, false), BLOB_OK);
    ck_assert_uint_eq(usage().open_bytes, SIZE);
    ck_assert(fixture_file(path, directory, ".part", 0));
    blob_writer_close(writer);
    ck_assert(!fixture_file(path, directory, ".part", 0));
    ck_assert_uint_eq(usage().open_bytes, 0);
    release(blob);
}
END_TEST

START_TEST(a_part_of_a_process_that_died_is_removed)
{
    struct hash root;
    struct bytes blob = make(SIZE, 1, &root);
    char path[FIXTURE_PATH_MAX];
    char hex[65];
    char name[80];
    release(blob);
    blob_store_close(store);
    hex_encode(hex, BYTES_OF(root.bytes));
    (void)snprintf(name, sizeof(name), "%s.7.part", hex);
    fixture_path(path, directory, name);
    fixture_write_file(path, bytes_of_text("torn"));
    ck_assert_msg(open_store(), "%s", error);
    ck_assert(!fixture_file(path, directory, ".part", 0));
    ck_assert_uint_eq(usage().count, 0);
}
END_TEST

static void write_in_child(void *context)
{
    struct hash root;
    disk_inject(*(uint64_t *)context, 0);
    (void)put(SIZE, 1, &root);
}

/* Whichever operation of the disk it dies in, the blob is whole or not there. */
START_TEST(a_crash_leaves_a_whole_blob_or_none)
{
    struct hash root;
    struct bytes blob = make(SIZE, 1, &root);
    bool seen[2] = {false, false};
    bool died = true;
    for (uint64_t operation = 0; died; operation++) {
        blob_store_close(store);
        ck_assert_msg(open_store(), "%s", error);
        died = fixture_child(write_in_child, &operation, NULL) == DISK_CRASH_CODE;
        blob_store_close(store);
        ck_assert_msg(open_store(), "%s", error);
        bool held = blob_store_has(store, &root, 0);
        seen[held] = true;
        if (held) {
            check_held(&root, blob);
        }
    }
    ck_assert(seen[false] && seen[true]);
    release(blob);
}
END_TEST

START_TEST(a_full_disk_refuses_one_blob)
{
    struct hash root;
    struct bytes blob = make(SIZE, 1, &root);
    struct blob_writer *writer;
    disk_inject(0, ENOSPC);
    ck_assert_int_eq(blob_writer_open(&writer, store, &root, SIZE, false), BLOB_DISK_FULL);
    ck_assert_ptr_null(writer);
    disk_inject(UINT64_MAX, 0);
    ck_assert_int_eq(blob_writer_open(&writer, store, &root, SIZE, false), BLOB_OK);
    disk_inject(0, ENOSPC);
    ck_assert_int_eq(blob_writer_put(writer, 0, blob), BLOB_DISK_FULL);
    disk_inject(UINT64_MAX, 0);
    ck_assert_int_eq(blob_writer_put(writer, 0, blob), BLOB_OK);
    disk_inject(0, EDQUOT);
    ck_assert_int_eq(blob_writer_finish(writer), BLOB_DISK_FULL);
    disk_inject(UINT64_MAX, 0);
    blob_writer_close(writer);
    ck_assert_uint_eq(usage().count, 0);
    ck_assert_int_eq(write_blob(&root, blob, false), BLOB_OK);
    release(blob);
}
END_TEST

START_TEST(two_write_the_same_at_once)
{
    struct hash root;
    struct bytes blob = make(SIZE, 1, &root);
    struct blob_writer *writers[2];
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(blob_writer_open(&writers[i], store, &root, SIZE, false), BLOB_OK);
        ck_assert_int_eq(blob_writer_put(writers[i], 0, blob), BLOB_OK);
    }
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(blob_writer_finish(writers[i]), BLOB_OK);
        blob_writer_close(writers[i]);
        check_held(&root, blob);
    }
    ck_assert_uint_eq(usage().count, 1);
    ck_assert_uint_eq(usage().bytes, SIZE);
    ck_assert_uint_eq(usage().open_bytes, 0);
    release(blob);
}
END_TEST

START_TEST(refuses_sizes_out_of_bounds)
{
    const struct hash root = {{1}};
    struct blob_writer *writer;
    ck_assert_int_eq(blob_writer_open(&writer, store, &root, 0, true), BLOB_SIZE);
    ck_assert_int_eq(blob_writer_open(&writer, store, &root, BLOB_SIZE_MAX + 1, true), BLOB_SIZE);
}
END_TEST

START_TEST(the_quota_bounds_what_no_block_names)
{
    struct hash first;
    struct hash second;
    struct hash third;
    struct hash fourth;
    ck_assert_int_eq(put(SIZE, 1, &first), BLOB_OK);
    ck_assert_int_eq(put(SIZE, 2, &second), BLOB_OK);
    ck_assert_int_eq(put(SIZE, 3, &third), BLOB_QUOTA); /* the others had no time yet */
    blob_store_keep(store, &first);
    ck_assert_uint_eq(usage().unused_bytes, SIZE);
    ck_assert_int_eq(put(SIZE, 3, &third), BLOB_OK);
    struct bytes blob = make(SIZE, 4, &fourth);
    ck_assert_int_eq(write_blob(&fourth, blob, false), BLOB_QUOTA);
    ck_assert_int_eq(write_blob(&fourth, blob, true), BLOB_OK); /* a block waits for it */
    release(blob);
}
END_TEST

START_TEST(an_old_unused_blob_gives_way_unless_somebody_waits)
{
    struct hash first;
    struct hash second;
    struct hash third;
    ck_assert_int_eq(put(SIZE, 1, &first), BLOB_OK);
    ck_assert_int_eq(put(SIZE, 2, &second), BLOB_OK);
    age(&first, BLOB_UNUSED_S_MIN + 20);
    age(&second, BLOB_UNUSED_S_MIN + 10);
    wanted = first;
    ck_assert_int_eq(put(SIZE, 3, &third), BLOB_OK);
    ck_assert(blob_store_has(store, &first, SIZE));
    ck_assert(!blob_store_has(store, &second, SIZE));
    wanted = (struct hash){{0}};
    ck_assert_int_eq(put(SIZE, 4, &second), BLOB_QUOTA); /* its time began anew */
}
END_TEST

static void map_changed(void *context)
{
    struct bytes blob;
    (void)!blob_store_map(store, context, &blob);
}

START_TEST(a_file_that_changed_ends_the_process)
{
    struct hash root;
    char path[FIXTURE_PATH_MAX];
    struct buffer bytes = {0};
    struct buffer output = {0};
    ck_assert_int_eq(put(SIZE, 1, &root), BLOB_OK);
    char name[65];
    hex_encode(name, BYTES_OF(root.bytes));
    fixture_path(path, directory, name);
    fixture_read_file(path, &bytes);
    bytes.data[300000] ^= 1;
    fixture_write_file(path, buffer_bytes(&bytes));
    blob_store_close(store);
    ck_assert_msg(open_store(), "%s", error);
    ck_assert_int_eq(fixture_child(map_changed, &root, &output), 1);
    ck_assert_ptr_nonnull(strstr(buffer_text(&output), "do not have this root"));
    buffer_close(&bytes);
    buffer_close(&output);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("blob_store");
    tcase_add_checked_fixture(tests, start, stop);
    tcase_add_loop_test(tests, a_blob_that_was_cut_off_or_grew_is_replaced, 0, 2);
    tcase_add_test(tests, holds_what_is_whole_also_after_a_restart);
    tcase_add_test(tests, drops_wrong_bytes_and_what_was_not_finished);
    tcase_add_test(tests, a_part_of_a_process_that_died_is_removed);
    tcase_add_test(tests, a_crash_leaves_a_whole_blob_or_none);
    tcase_add_test(tests, a_full_disk_refuses_one_blob);
    tcase_add_test(tests, two_write_the_same_at_once);
    tcase_add_test(tests, refuses_sizes_out_of_bounds);
    tcase_add_test(tests, the_quota_bounds_what_no_block_names);
    tcase_add_test(tests, an_old_unused_blob_gives_way_unless_somebody_waits);
    tcase_add_test(tests, a_file_that_changed_ends_the_process);
    return check_run("blob store", tests);
}
