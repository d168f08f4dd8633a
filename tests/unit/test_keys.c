#include "node/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/home.h"
#include "tests/lib/check_run.h"
#include "tests/lib/storage_fixture.h"

static char home[FIXTURE_PATH_MAX];
static char error[512];
static struct keys keys;

static void set_up(void)
{
    fixture_directory(home);
    ck_assert(home_create(home, error, sizeof(error)));
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread */
    ck_assert_int_eq(unsetenv("SOUK_PASSWORD_FILE"), 0);
}

static void tear_down(void)
{
    keys_close(&keys);
    fixture_remove(home);
}

static void path_of(char out[HOME_PATH_MAX], const char *name)
{
    ck_assert(home_path(out, home, name, error, sizeof(error)));
}

static void write_text(const char *name, const char *text)
{
    char path[HOME_PATH_MAX];
    path_of(path, name);
    FILE *file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, 0600), 0);
}

static void refused(const char *expected)
{
    ck_assert(!keys_load(&keys, home, "", error, sizeof(error)));
    ck_assert_msg(strstr(error, expected) != NULL, "%s", error);
}

START_TEST(loads_what_it_made)
{
    struct public_key shown;
    struct public_key loaded;
    struct point shown_node;
    struct point loaded_node;
    ck_assert_msg(keys_make(home, true, "tsouk", error, sizeof(error)), "%s", error);
    ck_assert_msg(keys_load(&keys, home, "", error, sizeof(error)), "%s", error);
    ck_assert(keys.has_validator);
    ck_assert(keys_show_validator(&shown, home, error, sizeof(error)));
    ck_assert(keys_show_node(&shown_node, home, error, sizeof(error)));
    public_key_of(&loaded, &keys.validator);
    point_of(&loaded_node, &keys.node);
    ck_assert_mem_eq(&shown, &loaded, sizeof(shown));
    ck_assert_mem_eq(&shown_node, &loaded_node, sizeof(shown_node));
}
END_TEST

START_TEST(leaves_existing_keys_alone)
{
    struct point first;
    struct point second;
    ck_assert(keys_make(home, false, "tsouk", error, sizeof(error)));
    ck_assert(keys_show_node(&first, home, error, sizeof(error)));
    ck_assert(keys_make(home, true, "tsouk", error, sizeof(error)));
    ck_assert(keys_show_node(&second, home, error, sizeof(error)));
    ck_assert_mem_eq(&first, &second, sizeof(first));
}
END_TEST

START_TEST(is_an_observer_without_a_validator_key)
{
    ck_assert(keys_make(home, false, "tsouk", error, sizeof(error)));
    ck_assert_msg(keys_load(&keys, home, "", error, sizeof(error)), "%s", error);
    ck_assert(!keys.has_validator);
}
END_TEST

START_TEST(refuses_files_that_others_may_read)
{
    char path[HOME_PATH_MAX];
    ck_assert(keys_make(home, true, "tsouk", error, sizeof(error)));
    path_of(path, KEYS_NODE);
    ck_assert_int_eq(chmod(path, 0644), 0);
    refused("readable by other users");
}
END_TEST

START_TEST(refuses_a_wrong_password)
{
    ck_assert(keys_make(home, true, "tsouk", error, sizeof(error)));
    write_text(KEYS_PASSWORD, "another\n");
    refused("wrong password");
}
END_TEST

START_TEST(refuses_files_that_are_missing_or_no_keys)
{
    refused("config/node_key");
    write_text(KEYS_NODE, "0102\n");
    refused("64 hexadecimal digits of a key are expected");
    write_text(KEYS_NODE, "0000000000000000000000000000000000000000000000000000000000000000\n");
    refused("64 hexadecimal digits of a key are expected");
    write_text(KEYS_NODE, "0000000000000000000000000000000000000000000000000000000000000001\n");
    write_text(KEYS_VALIDATOR, "version = 2\n");
    write_text(KEYS_PASSWORD, "x\n");
    refused("config/validator_key");
}
END_TEST

START_TEST(refuses_what_is_no_regular_file)
{
    char path[HOME_PATH_MAX];
    ck_assert(keys_make(home, true, "tsouk", error, sizeof(error)));
    ck_assert(!keys_load(&keys, home, "/dev/zero", error, sizeof(error)));
    ck_assert_str_eq(error, "/dev/zero: not a regular file");
    path_of(path, KEYS_VALIDATOR);
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    refused("config/validator_key: not a regular file");
}
END_TEST

/* As a shell gives the output of a command. */
START_TEST(takes_the_password_from_a_pipe_that_was_given_open)
{
    int ends[2];
    char path[32];
    char password[HOME_PATH_MAX];
    struct buffer content = {0};
    ck_assert(keys_make(home, true, "tsouk", error, sizeof(error)));
    path_of(password, KEYS_PASSWORD);
    fixture_read_file(password, &content);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], content.data, content.size), (ssize_t)content.size);
    ck_assert_int_eq(close(ends[1]), 0);
    (void)snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
    ck_assert_msg(keys_load(&keys, home, path, error, sizeof(error)), "%s", error);
    ck_assert(keys.has_validator);
    ck_assert_int_eq(close(ends[0]), 0);
    buffer_close(&content);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("keys");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, loads_what_it_made);
    tcase_add_test(tests, leaves_existing_keys_alone);
    tcase_add_test(tests, is_an_observer_without_a_validator_key);
    tcase_add_test(tests, refuses_files_that_others_may_read);
    tcase_add_test(tests, refuses_a_wrong_password);
    tcase_add_test(tests, refuses_files_that_are_missing_or_no_keys);
    tcase_add_test(tests, refuses_what_is_no_regular_file);
    tcase_add_test(tests, takes_the_password_from_a_pipe_that_was_given_open);
    return check_run("keys", tests);
}
