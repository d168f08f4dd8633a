#include "node/log_guard.h"

#include <string.h>

#include "node/disk.h"
#include "node/home.h"
#include "tests/lib/check_run.h"
#include "tests/lib/storage_fixture.h"

static char home[FIXTURE_PATH_MAX];
static char error[512];
static const struct hash chain = {{1, 2, 3}};
static const struct hash other = {{9}};

static void make(const char *name)
{
    char path[HOME_PATH_MAX];
    ck_assert(home_path(path, home, name, error, sizeof error));
    ck_assert_int_eq(disk_make_directory(path), 0);
}

static void set_up(void)
{
    fixture_directory(home);
    make(HOME_CONFIG);
    make(HOME_DATA);
}

static void tear_down(void)
{
    fixture_remove(home);
}

static void put_log(void)
{
    char path[HOME_PATH_MAX];
    make(HOME_WAL);
    ck_assert(home_path(path, home, HOME_WAL "/wal-0000000000000001.log", error, sizeof error));
    ck_assert_int_eq(disk_create(path, bytes_of_text("x"), 0), 0);
}

static bool check(const struct hash *chain_id, uint64_t height)
{
    return log_guard_check(home, chain_id, height, error, sizeof error);
}

static void mark(const struct hash *chain_id)
{
    ck_assert_msg(log_guard_mark(home, chain_id, error, sizeof error), "%s", error);
}

START_TEST(lets_a_new_validator_begin_once)
{
    ck_assert_msg(check(&chain, 0), "%s", error);
    ck_assert_msg(check(&chain, 0), "%s", error); /* stopped before there was a log */
    mark(&chain);
    mark(&chain);
    ck_assert(!check(&chain, 0));
    ck_assert_ptr_nonnull(strstr(error, "data/wal: no log"));
    put_log();
    ck_assert_msg(check(&chain, 0), "%s", error);
    ck_assert_msg(check(&chain, 7), "%s", error);
}
END_TEST

START_TEST(refuses_blocks_without_a_log)
{
    ck_assert(!check(&chain, 30));
    ck_assert_ptr_nonnull(strstr(error, "blocks here: 30"));
}
END_TEST

/* Class 8 of docs/testing.md: Tendermint issues 10108 and 3418, BSC issue 2598. */
START_TEST(refuses_an_emptied_home)
{
    put_log();
    ck_assert_msg(check(&chain, 30), "%s", error);
    mark(&chain);
    char data[FIXTURE_PATH_MAX];
    fixture_path(data, home, HOME_DATA);
    fixture_remove(data);
    make(HOME_DATA);
    ck_assert(!check(&chain, 0));
}
END_TEST

START_TEST(forgets_the_mark_of_another_chain)
{
    mark(&other);
    ck_assert_msg(check(&chain, 0), "%s", error);
    mark(&chain);
    ck_assert(!check(&chain, 0));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("log_guard");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, lets_a_new_validator_begin_once);
    tcase_add_test(tests, refuses_blocks_without_a_log);
    tcase_add_test(tests, refuses_an_emptied_home);
    tcase_add_test(tests, forgets_the_mark_of_another_chain);
    return check_run("log_guard", tests);
}
