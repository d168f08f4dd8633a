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

START_TEST(a_ciphertext_is_kept_and_found)
{
    static const struct address other = {{1, 2, 4}};
    struct buffer out = {0};
    struct fault fault;
    ck_assert(!vault_has_share(&server, &name, &owner));
    ck_assert(vault_put_share(&server, &name, &owner, bytes_of_text("cipher"), &fault));
    ck_assert(vault_put_share(&server, &name, &owner, bytes_of_text("cipher"), &fault));
    ck_assert(vault_has_share(&server, &name, &owner));
    ck_assert(!vault_has_share(&server, &name, &other));
    ck_assert(vault_get_share(&server, &name, &owner, &out, &fault));
    ck_assert_str_eq(buffer_text(&out), "cipher");
    ck_assert(!vault_get_share(&server, &name, &other, &out, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "No such file"));
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
    ck_assert(vault_put_share(&server, &name, &owner, bytes_of_text("a"), &fault));
    ck_assert(vault_put_sum(&server, &name, 1, bytes_of_text("b"), &fault));
    ck_assert(vault_put_share(&server, &other, &owner, bytes_of_text("c"), &fault));
    vault_erase(&server, &name);
    ck_assert(!file_exists(scratch_path(&scratch, "rounds/7-2")));
    ck_assert(vault_has_share(&server, &other, &owner));
    vault_erase(&server, &name); /* nothing is there: nothing happens */
}
END_TEST

START_TEST(a_home_that_is_no_folder_is_told)
{
    struct fault fault;
    const char *home = scratch_path(&scratch, "file");
    ck_assert(file_write(home, bytes_of_text("no folder"), 0600, &fault));
    server.home = home;
    ck_assert(!vault_put_share(&server, &name, &owner, bytes_of_text("a"), &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "Not a directory"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("vault");
    tcase_add_checked_fixture(tests, open_scratch, close_scratch);
    tcase_add_test(tests, a_ciphertext_is_kept_and_found);
    tcase_add_test(tests, sums_are_kept_by_server);
    tcase_add_test(tests, a_round_is_erased_whole_and_alone);
    tcase_add_test(tests, a_home_that_is_no_folder_is_told);
    return check_run("vault", tests);
}
