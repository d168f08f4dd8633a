#include "tools/server/vault.h"

#include <stdio.h>
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
    scratch_open(&scratch);
    memset(&server, 0, sizeof(server));
    server.home = scratch.folder;
}

static void close_scratch(void)
{
    scratch_close(&scratch);
}

START_TEST(a_delivery_is_kept_and_read_in_pieces)
{
    static const struct address other = {{1, 2, 4}};
    struct vault_reader reader;
    char piece[16] = "";
    struct fault fault;
    struct bytes content = bytes_of_text("roots and ciphertext");
    ck_assert(!vault_has_delivery(&server, &name, VAULT_X, &owner));
    ck_assert(vault_put_delivery(&server, &name, VAULT_X, &owner, content, &fault));
    ck_assert(vault_put_delivery(&server, &name, VAULT_X, &owner, content, &fault));
    ck_assert(vault_has_delivery(&server, &name, VAULT_X, &owner));
    ck_assert(!vault_has_delivery(&server, &name, VAULT_AUX, &owner));
    ck_assert(!vault_has_delivery(&server, &name, VAULT_PAD_X, &owner));
    ck_assert(!vault_has_delivery(&server, &name, VAULT_X, &other));
    ck_assert(vault_reader_open(&reader, &server, &name, VAULT_X, &owner, &fault));
    ck_assert(vault_reader_next(&reader, piece, 5, &fault));
    ck_assert_str_eq(piece, "roots");
    ck_assert(vault_reader_next(&reader, piece, 15, &fault));
    ck_assert_str_eq(piece, " and ciphertext");
    ck_assert(!vault_reader_next(&reader, piece, 1, &fault));
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
    struct buffer out = {0};
    struct fault fault;
    ck_assert(vault_put_sum(&server, &name, 3, bytes_of_text("sum of 3"), &fault));
    ck_assert(vault_has_sum(&server, &name, 3));
    ck_assert(!vault_has_sum(&server, &name, 1));
    ck_assert(vault_get_sum(&server, &name, 3, &out, &fault));
    ck_assert_str_eq(buffer_text(&out), "sum of 3");
    buffer_close(&out);
}
END_TEST

START_TEST(a_round_is_erased_whole_and_alone)
{
    static const struct vault_round other = {7, 3};
    struct fault fault;
    ck_assert(vault_put_delivery(&server, &name, VAULT_X, &owner, bytes_of_text("a"), &fault));
    ck_assert(vault_put_sum(&server, &name, 1, bytes_of_text("b"), &fault));
    ck_assert(vault_put_delivery(&server, &other, VAULT_X, &owner, bytes_of_text("c"), &fault));
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
    server.home = home;
    ck_assert(!vault_put_delivery(&server, &name, VAULT_X, &owner, bytes_of_text("a"), &fault));
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
    tcase_add_test(tests, a_round_is_erased_whole_and_alone);
    tcase_add_test(tests, a_home_that_is_no_folder_is_told);
    return check_run("vault", tests);
}
