#include "tools/server/vault.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/check_run.h"
#include "tests/lib/scratch.h"
#include "tools/client/file.h"

static struct scratch scratch;
static struct aggregation_server server;
static const struct vault_round name = {7, 2};
static const struct address owner = {{1, 2, 3}};

static void open_scratch(void)
{
    struct fault fault;
    scratch_open(&scratch);
    memset(&server, 0, sizeof(server));
    server.home = scratch.folder;
    ck_assert_msg(spool_open(server.home, &fault), "%s", fault.text);
}

static void close_scratch(void)
{
    scratch_close(&scratch);
}

static struct spool_file *file_with(const char *text)
{
    struct spool_file *file = spool_new(server.home);
    ck_assert_ptr_nonnull(file);
    ck_assert(spool_write(file, bytes_of_text(text)));
    return file;
}

static bool keep_delivery(const struct vault_round *round, const char *text)
{
    struct fault fault;
    struct spool_file *file = file_with(text);
    bool kept = vault_keep_delivery(&server, round, VAULT_X, &owner, file, &fault);
    spool_close(file);
    return kept;
}

START_TEST(a_delivery_is_kept_and_read_in_pieces)
{
    static const struct address other = {{1, 2, 4}};
    struct vault_reader reader;
    char piece[16] = "";
    struct fault fault;
    ck_assert(!vault_has_delivery(&server, &name, VAULT_X, &owner));
    ck_assert(keep_delivery(&name, "roots and ciphertext"));
    ck_assert(keep_delivery(&name, "roots and ciphertext"));
    ck_assert(vault_has_delivery(&server, &name, VAULT_X, &owner));
    ck_assert(!vault_has_delivery(&server, &name, VAULT_AUX, &owner));
    ck_assert(!vault_has_delivery(&server, &name, VAULT_PAD_X, &owner));
    ck_assert(!vault_has_delivery(&server, &name, VAULT_X, &other));
    ck_assert(vault_reader_open(&reader, &server, &name, VAULT_X, &owner, &fault));
    ck_assert(vault_reader_at(&reader, 0, piece, 5, &fault));
    ck_assert_uint_eq(reader.size, 20);
    ck_assert_str_eq(piece, "roots");
    ck_assert(vault_reader_at(&reader, 5, piece, 15, &fault));
    ck_assert_str_eq(piece, " and ciphertext");
    ck_assert(!vault_reader_at(&reader, 20, piece, 1, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "the file is too short"));
    vault_reader_close(&reader);
    ck_assert(!vault_reader_open(&reader, &server, &name, VAULT_X, &other, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "No such file"));
}
END_TEST

START_TEST(what_is_posted_is_kept_by_name)
{
    struct buffer out = {0};
    struct fault fault;
    ck_assert(!vault_has_post(&server, &name, "BATCH_DECIDE-7"));
    ck_assert(vault_put_post(&server, &name, "BATCH_DECIDE-7", bytes_of_text("value"), &fault));
    ck_assert(vault_has_post(&server, &name, "BATCH_DECIDE-7"));
    ck_assert(!vault_has_post(&server, &name, "BATCH_DECIDE-8"));
    ck_assert(vault_get_post(&server, &name, "BATCH_DECIDE-7", &out, &fault));
    ck_assert_str_eq(buffer_text(&out), "value");
    buffer_close(&out);
}
END_TEST

START_TEST(sums_are_kept_by_server)
{
    char out[16] = "";
    struct vault_reader reader;
    struct fault fault;
    struct spool_file *file = file_with("sum of 3");
    ck_assert(vault_keep_sum(&server, &name, 3, file, &fault));
    spool_close(file);
    ck_assert(vault_has_sum(&server, &name, 3));
    ck_assert(!vault_has_sum(&server, &name, 1));
    ck_assert(vault_reader_open_sum(&reader, &server, &name, 3, &fault));
    ck_assert(vault_reader_at(&reader, 0, out, 8, &fault));
    ck_assert_str_eq(out, "sum of 3");
    vault_reader_close(&reader);
    ck_assert(!vault_reader_open_sum(&reader, &server, &name, 1, &fault));
}
END_TEST

static bool is_empty(const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, NULL);
    for (int i = 0; i < count; i++) {
        free(entries[i]);
    }
    free(entries);
    return count == 2;
}

START_TEST(what_is_not_kept_is_removed)
{
    char folder[256];
    char out[4];
    struct fault fault;
    struct spool_file *closed = file_with("a");
    struct spool_file *left = file_with("bc");
    (void)snprintf(folder, sizeof(folder), "%s/rounds/incoming", scratch.folder);
    ck_assert_uint_eq(left->size, 2);
    ck_assert(spool_read(left, 1, out, 1));
    ck_assert_int_eq(out[0], 'c');
    ck_assert(!spool_read(left, 1, out, 2));
    spool_close(closed);
    ck_assert(!is_empty(folder));
    ck_assert(spool_open(server.home, &fault)); /* as after a crash */
    ck_assert(is_empty(folder));
    spool_close(left);
    spool_close(NULL);
}
END_TEST

START_TEST(a_spool_that_cannot_be_made_says_so)
{
    struct fault fault;
    const char *path = scratch_path(&scratch, "file");
    ck_assert(file_write(path, bytes_of_text("x"), 0600, &fault));
    ck_assert(!spool_open(path, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "Not a directory"));
    ck_assert_ptr_null(spool_new(path));
    struct http_sink sink = spool_sink(path);
    ck_assert_ptr_null(sink.open(sink.context, 1));
}
END_TEST

START_TEST(a_round_is_erased_whole_and_alone)
{
    static const struct vault_round other = {7, 3};
    struct fault fault;
    ck_assert(keep_delivery(&name, "a"));
    ck_assert(vault_put_post(&server, &name, "BATCH_ACK-1", bytes_of_text("b"), &fault));
    ck_assert(keep_delivery(&other, "c"));
    vault_erase(&server, &name);
    ck_assert(!file_exists(scratch_path(&scratch, "rounds/7-2")));
    ck_assert(vault_has_delivery(&server, &other, VAULT_X, &owner));
    vault_erase(&server, &name); /* nothing is there: nothing happens */
}
END_TEST

START_TEST(a_home_that_is_no_folder_is_told)
{
    struct fault fault;
    const char *home = scratch_path(&scratch, "file");
    ck_assert(file_write(home, bytes_of_text("no folder"), 0600, &fault));
    struct spool_file *file = file_with("a");
    server.home = home;
    ck_assert(!vault_keep_delivery(&server, &name, VAULT_X, &owner, file, &fault));
    spool_close(file);
    ck_assert_ptr_nonnull(strstr(fault.text, "Not a directory"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("vault");
    tcase_add_checked_fixture(tests, open_scratch, close_scratch);
    tcase_add_test(tests, a_delivery_is_kept_and_read_in_pieces);
    tcase_add_test(tests, what_is_posted_is_kept_by_name);
    tcase_add_test(tests, sums_are_kept_by_server);
    tcase_add_test(tests, what_is_not_kept_is_removed);
    tcase_add_test(tests, a_spool_that_cannot_be_made_says_so);
    tcase_add_test(tests, a_round_is_erased_whole_and_alone);
    tcase_add_test(tests, a_home_that_is_no_folder_is_told);
    return check_run("vault", tests);
}
