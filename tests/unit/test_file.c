#include "tools/client/file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/check_run.h"
#include "tests/lib/scratch.h"

static struct scratch scratch;

static void open_scratch(void)
{
    scratch_open(&scratch);
}

static void close_scratch(void)
{
    scratch_close(&scratch);
}

static void check_content(const char *path, const char *expected)
{
    struct buffer content = {0};
    struct fault fault;
    ck_assert_msg(file_read(&content, path, 100, &fault), "%s", fault.text);
    ck_assert_str_eq(buffer_text(&content), expected);
    buffer_close(&content);
}

START_TEST(writes_and_replaces_a_file)
{
    struct fault fault;
    struct stat status;
    const char *path = scratch_path(&scratch, "a");
    ck_assert(!file_exists(path));
    ck_assert(file_write(path, bytes_of_text("one"), 0600, &fault));
    check_content(path, "one");
    ck_assert(file_write(path, bytes_of_text("twofold"), 0600, &fault));
    check_content(path, "twofold");
    ck_assert(file_exists(path));
    ck_assert(!file_exists(scratch_path(&scratch, "a.new")));
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0600);
}
END_TEST

START_TEST(a_left_over_of_a_crash_is_overwritten)
{
    struct fault fault;
    const char *path = scratch_path(&scratch, "a");
    ck_assert(file_write(scratch_path(&scratch, "a.new"), bytes_of_text("torn, and longer"), 0600,
                         &fault));
    ck_assert(file_write(path, bytes_of_text("whole"), 0600, &fault));
    check_content(path, "whole");
}
END_TEST

START_TEST(a_failed_write_keeps_the_old_file)
{
    struct fault fault;
    const char *folder = scratch_path(&scratch, "folder");
    ck_assert(file_make_folder(folder, &fault));
    ck_assert(!file_write(folder, bytes_of_text("x"), 0600, &fault)); /* a folder is in its place */
    ck_assert_ptr_nonnull(strstr(fault.text, folder));
    ck_assert(!file_exists(scratch_path(&scratch, "folder.new")));
    ck_assert(!file_write(scratch_path(&scratch, "missing/a"), bytes_of_text("x"), 0600, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "No such file"));
}
END_TEST

START_TEST(reading_is_bounded_and_appends)
{
    struct fault fault;
    struct buffer content = {0};
    const char *path = scratch_path(&scratch, "a");
    ck_assert(file_write(path, bytes_of_text("12345"), 0600, &fault));
    buffer_append_text(&content, "0");
    ck_assert(file_read(&content, path, 6, &fault));
    ck_assert_str_eq(buffer_text(&content), "012345");
    buffer_clear(&content);
    ck_assert(file_read(&content, path, 5, &fault));
    buffer_clear(&content);
    ck_assert(!file_read(&content, path, 4, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "larger than the 4 bytes allowed"));
    buffer_clear(&content);
    ck_assert(!file_read(&content, scratch_path(&scratch, "none"), 4, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "No such file"));
    ck_assert(!file_read(&content, scratch.folder, 4, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, scratch.folder));
    buffer_close(&content);
}
END_TEST

START_TEST(the_bound_counts_the_file_and_not_what_was_in_the_buffer)
{
    struct fault fault;
    struct buffer content = {0};
    const char *path = scratch_path(&scratch, "a");
    ck_assert(file_write(path, bytes_of_text("12345"), 0600, &fault));
    buffer_append_text(&content, "before");
    ck_assert_msg(file_read(&content, path, 5, &fault), "%s", fault.text);
    ck_assert_str_eq(buffer_text(&content), "before12345");
    buffer_close(&content);
}
END_TEST

START_TEST(makes_folders_with_their_parents)
{
    struct fault fault;
    struct stat status;
    const char *deep = scratch_path(&scratch, "a/b/c");
    ck_assert(file_make_folder(deep, &fault));
    ck_assert(file_make_folder(deep, &fault));
    ck_assert_int_eq(stat(deep, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0700);
    ck_assert(file_write(scratch_path(&scratch, "file"), bytes_of_text("x"), 0600, &fault));
    ck_assert(!file_make_folder(scratch_path(&scratch, "file/b"), &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "Not a directory"));
    ck_assert(!file_make_folder(scratch_path(&scratch, "file"), &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "Not a directory"));
    ck_assert(!file_make_folder("", &fault));
}
END_TEST

START_TEST(makes_the_folder_that_a_file_is_in)
{
    struct fault fault;
    const char *path = scratch_path(&scratch, "a/b/file");
    ck_assert(file_make_folder_of(path, &fault));
    ck_assert(file_write(path, bytes_of_text("x"), 0600, &fault));
    check_content(path, "x");
    ck_assert(file_make_folder_of("file", &fault));
    ck_assert(file_make_folder_of("/file", &fault));
    ck_assert_int_eq(chdir(scratch.folder), 0);
    ck_assert(file_write("here", bytes_of_text("x"), 0600, &fault));
    check_content(scratch_path(&scratch, "here"), "x");
}
END_TEST

START_TEST(paths_that_are_too_long_are_refused_and_not_cut)
{
    char path[5000];
    struct fault fault;
    memset(path, 'a', sizeof(path));
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    ck_assert(!file_write(path, bytes_of_text("x"), 0600, &fault));
    ck_assert(!file_make_folder(path, &fault));
}
END_TEST

/* Reading a FIFO would wait for ever, a device has no end. */
START_TEST(what_is_no_regular_file_is_refused)
{
    struct fault fault;
    struct buffer content = {0};
    const char *fifo = scratch_path(&scratch, "fifo");
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    ck_assert(!file_read(&content, fifo, 100, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "/fifo: not a regular file"));
    ck_assert(!file_read(&content, "/dev/zero", 100, &fault));
    ck_assert_str_eq(fault.text, "/dev/zero: not a regular file");
    ck_assert(!file_read(&content, scratch.folder, 100, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "Is a directory"));
    buffer_close(&content);
}
END_TEST

/* As a shell gives the output of a command: --password-file <(command). */
START_TEST(a_pipe_that_was_given_open_is_read)
{
    int ends[2];
    char path[32];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "whispered", 9), 9);
    ck_assert_int_eq(close(ends[1]), 0);
    (void)snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
    check_content(path, "whispered");
    ck_assert_int_eq(close(ends[0]), 0);
}
END_TEST

START_TEST(a_link_to_a_file_is_read)
{
    struct fault fault;
    ck_assert(file_write(scratch_path(&scratch, "a"), bytes_of_text("far"), 0600, &fault));
    ck_assert_int_eq(symlink("a", scratch_path(&scratch, "b")), 0);
    check_content(scratch_path(&scratch, "b"), "far");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("file");
    tcase_add_checked_fixture(tests, open_scratch, close_scratch);
    tcase_add_test(tests, writes_and_replaces_a_file);
    tcase_add_test(tests, a_left_over_of_a_crash_is_overwritten);
    tcase_add_test(tests, a_failed_write_keeps_the_old_file);
    tcase_add_test(tests, reading_is_bounded_and_appends);
    tcase_add_test(tests, the_bound_counts_the_file_and_not_what_was_in_the_buffer);
    tcase_add_test(tests, makes_folders_with_their_parents);
    tcase_add_test(tests, makes_the_folder_that_a_file_is_in);
    tcase_add_test(tests, paths_that_are_too_long_are_refused_and_not_cut);
    tcase_add_test(tests, what_is_no_regular_file_is_refused);
    tcase_add_test(tests, a_pipe_that_was_given_open_is_read);
    tcase_add_test(tests, a_link_to_a_file_is_read);
    return check_run("file", tests);
}
