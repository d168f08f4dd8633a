#include "node/home_lock.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/home.h"
#include "tests/lib/check_run.h"
#include "tests/lib/storage_fixture.h"

static char base[FIXTURE_PATH_MAX];
static char home[FIXTURE_PATH_MAX];
static char error[512];

static void set_up(void)
{
    fixture_directory(base);
    fixture_path(home, base, "home");
}

static void tear_down(void)
{
    fixture_remove(base);
}

START_TEST(makes_a_private_home)
{
    ck_assert(home_create(home, error, sizeof error));
    ck_assert(home_create(home, error, sizeof error));
    struct stat status;
    char path[HOME_PATH_MAX];
    ck_assert(home_path(path, home, HOME_DATA, error, sizeof error));
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0700);
    fixture_path(path, base, "missing/home");
    ck_assert(!home_create(path, error, sizeof error));
    ck_assert_ptr_nonnull(strstr(error, "No such file"));
}
END_TEST

START_TEST(refuses_a_path_that_does_not_fit)
{
    char path[HOME_PATH_MAX];
    char large[HOME_PATH_MAX];
    memset(large, 'x', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    ck_assert(!home_path(path, large, HOME_WAL, error, sizeof error));
    ck_assert_ptr_nonnull(strstr(error, "too long"));
}
END_TEST

static void take_too(void *context)
{
    (void)context;
    struct home_lock lock;
    if (!home_lock_take(&lock, home, error, sizeof error)) {
        (void)fprintf(stderr, "%s\n", error);
        _exit(1);
    }
}

START_TEST(refuses_a_second_process_and_names_the_first)
{
    ck_assert(home_create(home, error, sizeof error));
    struct home_lock lock;
    ck_assert_msg(home_lock_take(&lock, home, error, sizeof error), "%s", error);
    struct buffer output = {0};
    char expected[FIXTURE_PATH_MAX + 64];
    (void)snprintf(expected, sizeof expected, "home %s is in use by process %ld\n", home,
                   (long)getpid());
    ck_assert_int_eq(fixture_child(take_too, NULL, &output), 1);
    ck_assert_str_eq(buffer_text(&output), expected);
    home_lock_release(&lock);
    home_lock_release(&lock);
    ck_assert_int_eq(fixture_child(take_too, NULL, &output), 0);
    buffer_close(&output);
}
END_TEST

START_TEST(needs_a_data_directory)
{
    struct home_lock lock;
    ck_assert(!home_lock_take(&lock, home, error, sizeof error));
    ck_assert_ptr_nonnull(strstr(error, "cannot open"));
    home_lock_release(&lock);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("home_lock");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, makes_a_private_home);
    tcase_add_test(tests, refuses_a_path_that_does_not_fit);
    tcase_add_test(tests, refuses_a_second_process_and_names_the_first);
    tcase_add_test(tests, needs_a_data_directory);
    return check_run("home_lock", tests);
}
