#include "node/home_lock.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/disk.h"
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

static void take_on_a_full_disk(void *context)
{
    (void)context;
    const struct rlimit none = {0, 0};
    (void)signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &none) != 0) {
        _exit(2);
    }
    take_too(NULL);
}

/* Otherwise no command could make room. */
START_TEST(is_taken_on_a_full_disk)
{
    struct buffer output = {0};
    ck_assert(home_create(home, error, sizeof error));
    ck_assert_int_eq(fixture_child(take_on_a_full_disk, NULL, &output), 0);
    ck_assert_str_eq(buffer_text(&output), "");
    buffer_close(&output);
}
END_TEST

static void make_directory(const char *name)
{
    char path[HOME_PATH_MAX];
    ck_assert(home_path(path, home, name, error, sizeof error));
    ck_assert_int_eq(disk_make_directory(path), 0);
}

static void make_file(const char *name)
{
    char path[HOME_PATH_MAX];
    ck_assert(home_path(path, home, name, error, sizeof error));
    *strrchr(path, '/') = '\0';
    ck_assert_int_eq(disk_make_directory(path), 0);
    ck_assert(home_path(path, home, name, error, sizeof error));
    ck_assert_int_eq(disk_create(path, bytes_of_text("x"), 0), 0);
}

static bool there(const char *name)
{
    char path[HOME_PATH_MAX];
    return home_path(path, home, name, error, sizeof error) && access(path, F_OK) == 0;
}

START_TEST(sweeps_what_was_left_half_made)
{
    static const char *const half[] = {HOME_DATA "/verify-x1Y2z3", HOME_DATA "/compact.part",
                                       HOME_RESTORE ".part", HOME_SNAPSHOTS "/40.part"};
    ck_assert(home_create(home, error, sizeof error));
    make_file(HOME_STATE "/data.mdb");
    make_directory(HOME_SNAPSHOTS);
    make_directory(HOME_RESTORE ".part");
    make_file(HOME_SNAPSHOTS "/00000000000000000040/manifest");
    make_file(HOME_DATA "/verify-x1Y2z3/data.mdb");
    make_file(HOME_DATA "/compact.part/data.mdb");
    make_file(HOME_RESTORE ".part/state/data.mdb");
    make_file(HOME_RESTORE ".part/blocks/blocks-0000000000000001.seg");
    make_file(HOME_SNAPSHOTS "/40.part/00001.chunk");
    home_sweep(home);
    for (size_t i = 0; i < ARRAY_COUNT(half); i++) {
        ck_assert_msg(!there(half[i]), "%s", half[i]);
    }
    ck_assert(there(HOME_STATE "/data.mdb"));
    ck_assert(there(HOME_SNAPSHOTS "/00000000000000000040/manifest"));
}
END_TEST

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
    tcase_add_test(tests, is_taken_on_a_full_disk);
    tcase_add_test(tests, sweeps_what_was_left_half_made);
    tcase_add_test(tests, refuses_a_second_process_and_names_the_first);
    tcase_add_test(tests, needs_a_data_directory);
    return check_run("home_lock", tests);
}
